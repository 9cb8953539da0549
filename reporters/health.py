"""`health.json`: the state now, for a load balancer, Zabbix or a person with curl."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fixtures.declaration import SEVERITIES
from reporters import state
from reporters.run import Result, Run

if TYPE_CHECKING:
    from reporters.publish import Told

FORMAT = 1
"""Of the document: counted up when a field's meaning changes or one goes, not when one is added."""


def report(told: Told) -> None:
    """Write `health.json`."""
    if told.run.full:
        state.show(told.public / "health.json", json.dumps(render(told.run), indent=1))


def render(run: Run) -> dict[str, Any]:
    """The document: status, checks and timestamp; unknown is shown as unknown.

    `status` is unhealthy when a high or critical check fails, degraded when anything else is not ok
    or nothing was judged. Without evidence and reasons, since the file may be public.
    `format` is the document's version. Ages are as of `timestamp`: `age_seconds` of each check, and of the
    oldest. How old the document itself is, only its reader knows.
    """
    ended = run.started + run.duration
    several = len({result.site for result in run.results}) > 1
    worst = run.worst()
    shown = [result for result in worst if result.status != "skipped"]
    ages = [age for result in shown if (age := _age(result, ended)) is not None]
    return {
        "format": FORMAT,
        "status": status(worst),
        "timestamp": iso(ended),
        "oldest_age_seconds": max(ages, default=None),
        "run": {"id": run.id, "duration_seconds": round(run.duration, 3), "counts": run.counts()},
        "checks": {
            f"{result.site}/{result.check}" if several else result.check: _check(result, ended)
            for result in sorted(shown, key=lambda one: (one.site, one.group, one.check))
        },
    }


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
