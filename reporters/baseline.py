"""`--baseline`: what a deployment broke, apart from what failed before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from reporters.history import History
from reporters.run import Result, Run

Line = tuple[str, str]


class Compared(Struct, frozen=True):
    """(site, check) of what is not ok, by what it was in the last scheduled run, and of what ended.

    `passed` is what ended because the time passed whose events it counts.
    """

    broken: tuple[tuple[str, str], ...]
    before: tuple[tuple[str, str], ...]
    mended: tuple[tuple[str, str], ...]
    passed: tuple[tuple[str, str], ...] = ()


class NoBaseline(Exception):
    """There is nothing to compare with; the text says why."""


def last(path: Path) -> dict[tuple[str, str], bool]:
    """(site, check) -> whether it was ok in the last scheduled runs."""
    try:
        results = History.current_of(path)
    except sqlite3.Error:
        results = []
    if not results:
        raise NoBaseline("no scheduled run to compare with; `pytest checks/ --publish` makes one")
    found: dict[tuple[str, str], bool] = {}
    for result in results:
        key = (result.site, result.check)
        found[key] = found.get(key, True) and result.status == "ok"
    return found


def compare(run: Run, baseline: Mapping[tuple[str, str], bool]) -> Compared:
    """A check that the baseline does not know was ok: whatever is wrong with it is new."""
    bad = {_key(one) for one in run.worst() if one.status in ("failing", "unknown")}
    good = {_key(one) for one in run.worst() if one.status == "ok"}
    events = {_key(one) for one in run.results if one.events}
    known_bad = {key for key, ok in baseline.items() if not ok}
    return Compared(
        broken=tuple(sorted(bad - known_bad)),
        before=tuple(sorted(bad & known_bad)),
        mended=tuple(sorted((good & known_bad) - events)),
        passed=tuple(sorted(good & known_bad & events)),
    )


def lines(found: Compared) -> Iterator[Line]:
    """What to read at the end of a run."""
    for keys, words, colour in (
        (found.broken, "broken since the last scheduled run", "red"),
        (found.before, "failed before it too", "yellow"),
        (found.mended, "mended", "green"),
        (found.passed, "no longer above its limit", ""),
    ):
        if keys:
            yield f"{words}: {', '.join(check for _, check in keys)}", colour
    if not found.broken:
        yield "nothing is broken that was ok in the last scheduled run", "green"


def _key(result: Result) -> tuple[str, str]:
    return result.site, result.check
