"""`health.json`: the state now, for a load balancer, Zabbix or a person with curl."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fixtures.declaration import SEVERITIES
from reporters.run import Result, Run


def render(run: Run) -> dict[str, Any]:
    """The document: status, checks and timestamp; unknown is shown as unknown.

    `status` is unhealthy when a high or critical check fails, degraded when anything else is not ok
    or nothing was judged. Without evidence and reasons, since the file may be public.
    """
    several = len({result.site for result in run.results}) > 1
    worst = run.worst()
    return {
        "status": status(worst),
        "timestamp": _iso(run.started + run.duration),
        "run": {"id": run.id, "duration_seconds": round(run.duration, 3), "counts": run.counts()},
        "checks": {
            f"{result.site}/{result.check}" if several else result.check: _check(result)
            for result in sorted(worst, key=lambda one: (one.site, one.group, one.check))
            if result.status != "skipped"
        },
    }


def status(worst: list[Result]) -> str:
    """healthy, degraded or unhealthy."""
    grave = SEVERITIES.index("high")
    if any(result.status == "failing" and SEVERITIES.index(result.severity) >= grave for result in worst):
        return "unhealthy"
    judged = [result for result in worst if result.status != "skipped"]
    return "healthy" if judged and all(result.status == "ok" for result in judged) else "degraded"


def _check(result: Result) -> dict[str, Any]:
    return {
        "status": "blocked" if result.blocked else result.status,
        "severity": result.severity,
        "group": result.group,
        "value": result.value,
        "limit": result.limit,
        "unit": result.unit,
        "observed_at": _iso(result.observed_at) if result.observed_at else None,
        "blocked_by": result.root if result.blocked else None,
        "runbook": result.runbook,
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
