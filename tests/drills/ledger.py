"""What a drill is, all that there are, and the table of docs/drills.md that their results make."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "drills.md"
MODULES = ("reaching", "servers", "state", "process", "time", "load")
"""The files of drills, in the order of the page."""

HELD, BROKE, LEFT_OUT = "holds", "DOES NOT HOLD", "left out"

HEAD = """# Drills

Made by `make drill`, which breaks the world of a scheduled run with real servers, proxies, signals and full disks, and
looks from outside at what became of it. In every drill the run ends by its deadline, no process, connection, lock or
temporary file of it is left behind, its history is whole, no secret of its settings is in what it printed, left or
told, and nothing that waits to be told is lost or told twice, but where a row says so.

{summary}
"""


@dataclass(frozen=True)
class Drill:
    """One row: what is broken, and what should come of it. `given` is for the test; the quick ones run in make test."""

    what: str
    expected: str
    given: Any = None
    quick: bool = False


@dataclass(frozen=True)
class Result:
    """How a drill went, in words, and whether what was expected came."""

    verdict: str
    observed: str


Test = Callable[..., str]


def drill(what: str, expected: str, *, quick: bool = False) -> Callable[[Test], Test]:
    """A test that is one drill; it returns what was observed."""

    def mark(test: Test) -> Test:
        test.drills = (Drill(what, expected, None, quick),)  # type: ignore[attr-defined]
        return test

    return mark


def drills(rows: Iterable[Drill]) -> Callable[[Test], Test]:
    """A test that is many drills, each of which it takes as `row`."""
    found = tuple(rows)

    def mark(test: Test) -> Test:
        test.drills = found  # type: ignore[attr-defined]
        made: Test = pytest.mark.parametrize("row", found, ids=[one.what for one in found])(test)
        return made

    return mark


def of(item: pytest.Item) -> Drill | None:
    """The drill that a test item is."""
    rows: tuple[Drill, ...] = getattr(getattr(item, "function", None), "drills", ())
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    row = parameters.get("row")
    return row if isinstance(row, Drill) else next(iter(rows), None)


def every() -> Iterator[tuple[str, list[Drill]]]:
    """(title, its drills) of each file, as in the code."""
    for name in MODULES:
        module = importlib.import_module(f"tests.drills.test_{name}")
        tests = [one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
        assert module.__doc__
        title = module.__doc__.partition("\n")[0].rstrip(".")
        yield title, [row for test in tests for row in getattr(test, "drills", ())]


def render(results: Mapping[str, Result], date: str) -> str:
    """The page: every drill of the code, with its result."""
    verdicts = [one.verdict for one in results.values()]
    counts = ", ".join(f"{verdicts.count(one)} {one}" for one in (HELD, BROKE, LEFT_OUT) if one in verdicts)
    parts = [HEAD.format(summary=f"{len(verdicts)} drills on {date}: {counts}.")]
    for title, rows in every():
        parts.append(f"\n## {title}\n\n| broken | expected | observed | |\n| --- | --- | --- | --- |\n")
        for row in rows:
            found = results[row.what]
            cells = (row.what, row.expected, found.observed, found.verdict)
            parts.append(f"| {' | '.join(map(cell, cells))} |\n")
    return "".join(parts)


def rows(text: str) -> dict[str, tuple[str, str]]:
    """What -> (expected, verdict) of a page."""
    found = re.findall(r"^\| (.*?) \| (.*?) \| (?:.*?) \| (.*?) \|$", text, re.M)
    return {what: (expected, verdict) for what, expected, verdict in found if what not in ("broken", "---")}


def cell(text: str) -> str:
    """A text as it stands in a table, without what is so on one machine and in one run only."""
    here = re.sub(r"localhost:\d+", "localhost:PORT", re.sub(r"(?<![\w:/])(?:/[\w.-]+)+/", ".../", text))
    return " ".join(here.replace("|", "/").replace("<", "&lt;").split())
