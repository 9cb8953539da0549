"""The run as Prometheus gauges: the text file `metrics.prom` and what is pushed have the same series.

The one place where metrics are named: rules and dashboards take the names from here. Gauges only, no free
text in labels, and no type ever changes, since a Pushgateway refuses a name whose type does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from reporters import state
from reporters.history import Key
from reporters.run import Result, Run, batched

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

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

FIELDS: Mapping[str, str] = {VALUE: "value", LIMIT: "limit", DURATION: "duration"}
"""What is a result's own figure as it stands."""

PIECE_SITES = 20
"""Of so many sites a family is made at once."""

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


def registry(run: Run, carried: Carried, *, items: bool = True) -> CollectorRegistry:
    """Gauges of the run and, unless it ended early, of every item."""
    from prometheus_client import CollectorRegistry

    found = CollectorRegistry()
    figures = _figures(run) if items else {}
    names = [*RUN_GAUGES, *(ITEM_GAUGES if items else ()), *figures]
    found.register(_Families(run.by_site(), carried, figures, names))
    return found


def report(told: Told) -> None:
    """Write `metrics.prom`."""
    if told.run.full:
        state.show_parts(told.public / "metrics.prom", render(told.run, told.carried))


def render(run: Run, carried: Carried) -> Iterator[bytes]:
    """The exposition text of a full run, piece by piece: of a thousand sites it is hundreds of megabytes."""
    from prometheus_client import CollectorRegistry, generate_latest

    sites, figures = run.by_site(), _figures(run)
    for name in (*RUN_GAUGES, *ITEM_GAUGES, *figures):
        for number, some in enumerate(batched(sites.items(), PIECE_SITES)):
            one = CollectorRegistry()
            one.register(_Families(dict(some), carried, figures, [name]))
            text = generate_latest(one)
            # Of a family that goes on, without its two lines of help and type.
            yield text.split(b"\n", 2)[2] if number else text


class _Families:
    """What prometheus_client collects: so many of the gauges of these sites, in this order."""

    def __init__(
        self, sites: Mapping[str, Run], carried: Carried, figures: Mapping[str, str], names: Iterable[str]
    ) -> None:
        self._sites, self._carried, self._figures, self._names = sites, carried, figures, names

    def describe(self) -> Iterable[Metric]:
        """Asked at registering, where collecting would be work for nothing."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """A family a name."""
        for name in self._names:
            yield (
                self._of_runs(name)
                if name in RUN_GAUGES
                else self._figure(name)
                if name in self._figures
                else self._of_items(name)
            )

    def _of_runs(self, name: str) -> Metric:
        """The run's own gauges for each site: a site's checks are counted by themselves."""
        from prometheus_client.core import GaugeMetricFamily

        text, labels = RUN_GAUGES[name]
        found = GaugeMetricFamily(name, text, labels=labels)
        for site, run in self._sites.items():
            for more, value in _of_run(name, run, self._carried):
                found.add_metric((*more, site, run.suite), value)
        return found

    def _of_items(self, name: str) -> Metric:
        from prometheus_client.core import GaugeMetricFamily

        found = GaugeMetricFamily(name, ITEM_GAUGES[name], labels=ITEM_LABELS)
        for run in self._sites.values():
            for one in run.results:
                if one.status == "skipped":
                    continue
                if (value := _of_item(name, one, self._carried.last_success)) is not None:
                    found.add_metric((one.check, one.severity, one.group, one.site, run.suite), value)
        return found

    def _figure(self, name: str) -> Metric:
        """A figure with a name of its own: the same at each severity."""
        from prometheus_client.core import GaugeMetricFamily

        found = GaugeMetricFamily(name, self._figures[name], labels=RUN_LABELS)
        for site, run in self._sites.items():
            judged = (one for one in run.results if one.metric == name and one.status != "skipped")
            for value in [one.value for one in judged if one.value is not None][:1]:
                found.add_metric((site, run.suite), value)
        return found


def _figures(run: Run) -> dict[str, str]:
    """The figures with names of their own, and what they are."""
    judged = (one for one in run.results if one.status != "skipped" and one.value is not None)
    return {one.metric: one.summary for one in judged if one.metric}


def _of_run(name: str, run: Run, carried: Carried) -> Iterator[tuple[tuple[str, ...], float]]:
    """Values of one gauge, each with what stands before the site among its labels."""
    ended = run.started + run.duration
    if name == RUN_CHECKS:
        for status, count in run.counts().items():
            yield (status,), float(count)
    elif name == REPORTER_FAILURES:
        for reporter, failures in carried.reporter_failures.items():
            yield (reporter,), float(failures)
    elif name == RUN_JUDGED:
        judged = (one.status != "skipped" and one.observed_at >= run.started for one in run.results)
        yield (), float(sum(judged))
    else:
        facts = {
            RUN_DURATION: run.duration,
            RUN_ENDED: ended,
            RUN_COMPLETE: float(run.complete),
            RUN_LAST_COMPLETE: ended if run.complete else carried.last_complete,
        }
        yield (), facts[name]


def _of_item(name: str, result: Result, last_success: Mapping[Key, float]) -> float | None:
    if name == SUCCESS:
        return float(result.status == "ok") if result.status in ("ok", "failing") else None
    if name == UNKNOWN:
        return float(result.status == "unknown")
    if name == LAST_SUCCESS:
        return last_success.get((result.site, result.check, result.severity), 0.0)
    if name == OBSERVED:
        return result.observed_at or None
    found: float | None = getattr(result, FIELDS[name])
    return found
