"""The run as Prometheus gauges: the text file `metrics.prom` and what is pushed have the same series.

The one place where metrics are named: rules and dashboards take the names from here. Gauges only, no free
text in labels, and no type ever changes, since a Pushgateway refuses a name whose type does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from reporters import state
from reporters.history import Key
from reporters.run import Result, Run

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Gauge

    from reporters.publish import Told

JOB = "verenigingen_checks"

SUCCESS = "verenigingen_check_success"
UNKNOWN = "verenigingen_check_unknown"
VALUE = "verenigingen_check_value"
LIMIT = "verenigingen_check_limit"
DURATION = "verenigingen_check_duration_seconds"
OBSERVED = "verenigingen_check_timestamp_seconds"
LAST_SUCCESS = "verenigingen_check_last_success_timestamp_seconds"
RUN_DURATION = "verenigingen_run_duration_seconds"
RUN_ENDED = "verenigingen_run_timestamp_seconds"
RUN_COMPLETE = "verenigingen_run_complete"
RUN_LAST_COMPLETE = "verenigingen_run_last_complete_timestamp_seconds"
RUN_CHECKS = "verenigingen_run_checks"
RUN_JUDGED = "verenigingen_run_judged_items"
REPORTER_FAILURES = "verenigingen_reporter_failures"

RUN_LABELS = ("site", "suite")
ITEM_LABELS = ("check", "severity", "group", *RUN_LABELS)
ITEM_GAUGES: Mapping[str, str] = {
    SUCCESS: "1 when the check passes, 0 when it fails; absent while unknown",
    UNKNOWN: "1 when the check could not be observed",
    VALUE: "The value that was judged",
    LIMIT: "The limit it was judged by",
    DURATION: "How long its probe took",
    OBSERVED: "When it was observed",
    LAST_SUCCESS: "When it last passed; 0 is never",
}
RUN_GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    RUN_DURATION: ("How long the run took", RUN_LABELS),
    RUN_ENDED: ("When the run ended", RUN_LABELS),
    RUN_COMPLETE: ("1 when the run judged all that it should, 0 when it ended early", RUN_LABELS),
    RUN_LAST_COMPLETE: ("When a run last judged all that it should; 0 is never", RUN_LABELS),
    RUN_CHECKS: ("Checks by status", ("status", *RUN_LABELS)),
    RUN_JUDGED: ("Items that the run judged itself, carried results left out", RUN_LABELS),
    REPORTER_FAILURES: ("Failures in a row of a reporter, up to the run before", ("reporter", *RUN_LABELS)),
}


class Carried(Struct, frozen=True):
    """What a run's own record does not say: it comes from the history."""

    last_success: Mapping[Key, float] = {}
    last_complete: float = 0.0
    reporter_failures: Mapping[str, int] = {}


def registry(
    run: Run, carried: Carried, *, sites: tuple[str, ...] = (), items: bool = True
) -> CollectorRegistry:
    """Gauges of the run and, unless it ended early, of every item; of all its sites or of these."""
    from prometheus_client import CollectorRegistry, Gauge

    found = CollectorRegistry()
    suite, wanted = run.suite, sites or run.sites()
    _run(run, carried, wanted, found)
    if not items:
        return found
    gauges = {name: Gauge(name, text, ITEM_LABELS, registry=found) for name, text in ITEM_GAUGES.items()}
    named: dict[str, Gauge] = {}
    for result in run.results:
        if result.status == "skipped" or result.site not in wanted:
            continue
        labels = (result.check, result.severity, result.group, result.site, suite)
        for name, value in _values(result, carried.last_success).items():
            if value is not None:
                gauges[name].labels(*labels).set(value)
        if result.metric and result.value is not None:
            if result.metric not in named:
                named[result.metric] = Gauge(result.metric, result.summary, RUN_LABELS, registry=found)
            named[result.metric].labels(result.site, suite).set(result.value)
    return found


def _run(run: Run, carried: Carried, sites: tuple[str, ...], found: CollectorRegistry) -> None:
    """The run's own gauges for each site: a site's checks are counted by themselves."""
    from prometheus_client import Gauge

    gauges = {name: Gauge(name, text, labels, registry=found) for name, (text, labels) in RUN_GAUGES.items()}
    ended, suite = run.started + run.duration, run.suite
    for site in sites:
        own = run.of(site)
        facts = {
            RUN_DURATION: run.duration,
            RUN_ENDED: ended,
            RUN_COMPLETE: float(run.complete),
            RUN_LAST_COMPLETE: ended if run.complete else carried.last_complete,
            RUN_JUDGED: sum(
                result.status != "skipped" and result.observed_at >= run.started for result in own.results
            ),
        }
        for name, value in facts.items():
            gauges[name].labels(site, suite).set(value)
        for status, count in own.counts().items():
            gauges[RUN_CHECKS].labels(status, site, suite).set(count)
        for reporter, failures in carried.reporter_failures.items():
            gauges[REPORTER_FAILURES].labels(reporter, site, suite).set(failures)


def report(told: Told) -> None:
    """Write `metrics.prom`."""
    if told.run.full:
        state.show(told.public / "metrics.prom", render(told.run, told.carried))


def render(run: Run, carried: Carried) -> bytes:
    """The exposition text of a full run, all sites."""
    from prometheus_client import generate_latest

    return generate_latest(registry(run, carried))


def _values(result: Result, last_success: Mapping[Key, float]) -> dict[str, float | None]:
    judged = result.status in ("ok", "failing")
    key = (result.site, result.check, result.severity)
    return {
        SUCCESS: float(result.status == "ok") if judged else None,
        UNKNOWN: float(result.status == "unknown"),
        VALUE: result.value,
        LIMIT: result.limit,
        DURATION: result.duration,
        OBSERVED: result.observed_at or None,
        LAST_SUCCESS: last_success.get(key, 0.0),
    }
