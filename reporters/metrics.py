"""The run as Prometheus gauges, for the text file `metrics.prom` and, later, for a Pushgateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reporters.history import Key
from reporters.run import Result, Run

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

ITEM_LABELS = ("check", "severity", "group", "site")
ITEM_GAUGES: Mapping[str, str] = {
    "verenigingen_check_success": "1 when the check passes, 0 when it fails; absent while unknown",
    "verenigingen_check_unknown": "1 when the check could not be observed",
    "verenigingen_check_value": "The value that was judged",
    "verenigingen_check_limit": "The limit it was judged by",
    "verenigingen_check_duration_seconds": "How long its probe took",
    "verenigingen_check_timestamp_seconds": "When it was observed",
    "verenigingen_check_last_success_timestamp_seconds": "When it last passed; 0 is never",
}


def registry(run: Run, last_success: Mapping[Key, float]) -> CollectorRegistry:
    """Gauges of every item of the run, of the named figures and of the run itself."""
    from prometheus_client import CollectorRegistry, Gauge

    found = CollectorRegistry()
    gauges = {name: Gauge(name, text, ITEM_LABELS, registry=found) for name, text in ITEM_GAUGES.items()}
    for result in run.results:
        if result.status == "skipped":
            continue
        labels = (result.check, result.severity, result.group, result.site)
        for name, value in _values(result, last_success).items():
            if value is not None:
                gauges[name].labels(*labels).set(value)
    named: dict[str, Gauge] = {}
    for result in run.results:
        if result.metric and result.value is not None:
            if result.metric not in named:
                named[result.metric] = Gauge(result.metric, result.summary, ("site",), registry=found)
            named[result.metric].labels(result.site).set(result.value)
    Gauge("verenigingen_run_duration_seconds", "How long the run took", registry=found).set(run.duration)
    Gauge("verenigingen_run_timestamp_seconds", "When the run ended", registry=found).set(
        run.started + run.duration
    )
    counts = Gauge("verenigingen_run_checks", "Checks of the run by status", ("status",), registry=found)
    for status, count in run.counts().items():
        counts.labels(status).set(count)
    return found


def render(run: Run, last_success: Mapping[Key, float]) -> bytes:
    """The exposition text."""
    from prometheus_client import generate_latest

    return generate_latest(registry(run, last_success))


def _values(result: Result, last_success: Mapping[Key, float]) -> dict[str, float | None]:
    judged = result.status in ("ok", "failing")
    key = (result.site, result.check, result.severity)
    return {
        "verenigingen_check_success": float(result.status == "ok") if judged else None,
        "verenigingen_check_unknown": float(result.status == "unknown"),
        "verenigingen_check_value": result.value,
        "verenigingen_check_limit": result.limit,
        "verenigingen_check_duration_seconds": result.duration,
        "verenigingen_check_timestamp_seconds": result.observed_at or None,
        "verenigingen_check_last_success_timestamp_seconds": last_success.get(key, 0.0),
    }
