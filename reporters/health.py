"""`health.json`: the state now, for a load balancer, Zabbix or a person with curl."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fixtures import known
from fixtures.declaration import SEVERITIES
from fixtures.known import Left
from reporters import state
from reporters.run import Result, Run

if TYPE_CHECKING:
    from reporters.publish import Told

FORMAT = 1
"""Of the document: counted up when a field's meaning changes or one goes, not when one is added."""


def report(told: Told) -> None:
    """Write `health.json`."""
    if told.run.full:
        left = known.of(told.settings, told.run.results)
        state.show_parts(told.public / "health.json", text(told.run, left))


def text(run: Run, left: Iterable[Left] = ()) -> Iterator[bytes]:
    """The document as JSON, a check a line and at a time: of a thousand sites it has two hundred thousand."""
    worst = run.worst()
    head = json.dumps(_head(run, worst, left) | {"checks": {}}, indent=1)
    yield head.removesuffix("}\n}").encode()
    comma = ""
    for name, told in _checks(run, worst):
        yield f"{comma}\n  {json.dumps(name)}: {json.dumps(told)}".encode()
        comma = ","
    yield b"\n }\n}"


def render(run: Run, left: Iterable[Left] = ()) -> dict[str, Any]:
    """The document: status, checks and timestamp; unknown is shown as unknown.

    `status` is unhealthy when a high or critical check fails, degraded when anything else is not ok
    or nothing was judged. `known` counts what checks leave out. Without evidence and reasons, since the file
    may be public.
    `format` is the document's version. Ages are as of `timestamp`: `age_seconds` of each check, and of the
    oldest. How old the document itself is, only its reader knows.
    """
    worst = run.worst()
    return _head(run, worst, left) | {"checks": dict(_checks(run, worst))}


def _head(run: Run, worst: list[Result], left: Iterable[Left]) -> dict[str, Any]:
    ended = run.started + run.duration
    ages = [age for one in worst if one.status != "skipped" and (age := _age(one, ended)) is not None]
    return {
        "format": FORMAT,
        "status": status(worst),
        "timestamp": iso(ended),
        "oldest_age_seconds": max(ages, default=None),
        "run": {"id": run.id, "duration_seconds": round(run.duration, 3), "counts": run.counts()},
        "known": [_known(one) for one in left],
    }


def _known(left: Left) -> dict[str, Any]:
    """What a check leaves out: how much, until when, and whether that has ended."""
    one, until = left.entry, left.entry.until
    return {
        "check": one.check,
        "items": len(one.items),
        "until": until.isoformat() if until else None,
        "ended": left.ended,
    }


def _checks(run: Run, worst: list[Result]) -> Iterator[tuple[str, dict[str, Any]]]:
    ended, several = run.started + run.duration, len(run.sites()) > 1
    shown = [result for result in worst if result.status != "skipped"]
    for one in sorted(shown, key=lambda one: (one.site, one.group, one.check)):
        yield (f"{one.site}/{one.check}" if several else one.check), _check(one, ended)


def status(worst: list[Result]) -> str:
    """healthy, degraded or unhealthy."""
    grave = SEVERITIES.index("high")
    if any(result.status == "failing" and SEVERITIES.index(result.severity) >= grave for result in worst):
        return "unhealthy"
    judged = [result for result in worst if result.status != "skipped"]
    return "healthy" if judged and all(result.status == "ok" for result in judged) else "degraded"


def _check(result: Result, ended: float) -> dict[str, Any]:
    return {
        "status": "blocked" if result.blocked else result.status,
        "severity": result.severity,
        "group": result.group,
        "value": result.value,
        "limit": result.limit,
        "unit": result.unit,
        "observed_at": iso(result.observed_at) if result.observed_at else None,
        "age_seconds": _age(result, ended),
        "blocked_by": result.root if result.blocked else None,
        "runbook": result.runbook,
    }


def _age(result: Result, ended: float) -> int | None:
    return max(0, round(ended - result.observed_at)) if result.observed_at else None


def iso(at: float) -> str:
    """A moment as in 2026-11-05T13:05:12Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
