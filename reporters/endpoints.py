"""What the addresses answer that other programs ask: files for any web server, `reporters.serve` among them.

`api/health_check.json` and `api/get_error_metrics.json` have the shape in which Frappe answers a method.
`fresh/` and `up/` hold a file named after each stretch of 100 seconds (its number since the epoch) in which
this run's data are not old yet, and in which `/health` is answered 200 besides: none while the site is
unhealthy. So a web server that can only look whether a file exists tells an old state from a present one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporters import health, state, status_view
from reporters.history import reading
from reporters.run import Result, Run

if TYPE_CHECKING:
    from reporters.publish import Told

FRESH, UP = "fresh", "up"
SLOT_SECONDS = 100
STALE_INTERVALS = 3

CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "database": ("database_answers",),
    "redis": ("redis_cache_answers", "redis_queue_answers"),
    "scheduler": ("scheduler_enabled", "scheduler_process_runs"),
    "disk_space": ("disk_usage",),
    "error_rate": ("error_rate",),
}
"""The names that `health_check` answers with -> the checks that stand for each."""

FIGURES: Mapping[str, str] = {
    "errors_1h": "error_rate",
    "errors_24h": "errors_24h",
    "error_percent": "error_rate_percent",
}
"""The names that `get_error_metrics` answers with -> the check whose value each is."""


def report(told: Told) -> None:
    """Write them all."""
    run = told.run
    if not run.full:
        return
    with reading(told.public.parent / "history.sqlite", 5) as connection:
        interval = status_view.interval(connection)
    folder = told.public / "api"
    for name, answer in (("health_check", health_check(run)), ("get_error_metrics", error_metrics(run))):
        state.show(folder / f"{name}.json", json.dumps({"message": answer}, indent=1))
    ended = run.started + run.duration
    up = health.status(run.worst()) != "unhealthy"
    stale_after = ended + STALE_INTERVALS * interval
    mark(told.public / FRESH, ended, stale_after)
    mark(told.public / UP, ended, stale_after if up else ended)


def health_check(run: Run) -> dict[str, Any]:
    """`status`, `checks` and `timestamp`; a check is true when all that stand for it are ok, on all sites.

    One that was not observed is null: it is not true, and it is not known to be false.
    """
    worst = run.worst()
    return {
        "status": health.status(worst),
        "checks": {name: _holds(worst, checks) for name, checks in CONDITIONS.items()},
        "timestamp": health.iso(run.started + run.duration),
    }


def error_metrics(run: Run) -> dict[str, Any]:
    """The figures of errors, all sites together (of percents the worst), and the state of the error rate."""
    worst = run.worst()
    found: dict[str, Any] = dict.fromkeys(FIGURES)
    for name, check in FIGURES.items():
        values = [one.value for one in worst if one.check == check and one.value is not None]
        if values:
            found[name] = max(values) if name.endswith("percent") else sum(values)
    rates = [one for one in worst if one.check == "error_rate"]
    limits = [one.limit for one in run.results if one.check == "error_rate" and one.limit is not None]
    return found | {
        "limit_1h": min(limits, default=None),
        "status": rates[0].status if rates else "unknown",
        "timestamp": health.iso(run.started + run.duration),
    }


def mark(folder: Path, start: float, end: float) -> None:
    """Leave a file for each stretch from the start to the end, and no others."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    wanted = {str(slot) for slot in range(int(start // SLOT_SECONDS), _last(start, end))}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)
    for name in wanted:
        (folder / name).touch()
        (folder / name).chmod(0o644)


def is_fresh(public: Path, at: float) -> bool:
    """Whether the data are not old at this moment."""
    return (public / FRESH / str(int(at // SLOT_SECONDS))).exists()


def _last(start: float, end: float) -> int:
    return int(end // SLOT_SECONDS) + 1 if end > start else int(start // SLOT_SECONDS)


def _holds(worst: Iterable[Result], checks: tuple[str, ...]) -> bool | None:
    found = [one for one in worst if one.check in checks and one.status != "skipped"]
    if any(one.status == "failing" for one in found):
        return False
    return True if found and all(one.status == "ok" for one in found) else None
