"""The health of the suite itself: that its runs come, are whole, and reach those who should hear."""

from __future__ import annotations

from collections.abc import Iterable

from grafana_foundation_sdk.models import dashboard as model

from pushgateway.dashboards import frame, looks, queries
from pushgateway.dashboards.panels import HALF, WHOLE, Panel, lines, number, rows, timeline
from pushgateway.dashboards.queries import series
from pushgateway.suite import GATEWAY, PUSHED
from reporters import metrics

PUSH = f'{PUSHED},site=~"$site"'
SCRAPE = f'job="{GATEWAY}"'
SLOWEST = 20


def dashboard(pages: str) -> model.Dashboard:
    """The dashboard."""
    return frame.dashboard(
        frame.RUNS,
        "Checks: Health of the runs",
        "Whether the checks themselves run, are whole, arrive, and tell.",
        [*_now(), *_over_time(), *_transport(), *_probes()],
        pages=pages,
    )


def _latest(metric: str, more: str = "", by: str = "site") -> str:
    return f"max by ({by}) ({series(metric, more)})"


def _now() -> Iterable[Panel]:
    yield number(
        "Complete",
        "Whether the last run of every chosen site judged all that it should.",
        f"min({series(metrics.RUN_COMPLETE)})",
        unit="bool_yes_no",
        colours=looks.steps(looks.RED, (1, looks.GREEN)),
    )
    yield number(
        "Since a complete run",
        f"Since a run last judged all that it should, of the site that waits longest. Red after"
        f" {queries.STALE // 60} minutes.",
        f"max(time() - {_latest(metrics.RUN_LAST_COMPLETE)})",
        unit="s",
        colours=looks.fresh(),
        names=looks.never("never"),
    )
    yield number(
        "Run duration",
        "How long the last run took; red from the five minutes after which the next one starts.",
        f"max({series(metrics.RUN_DURATION)})",
        unit="s",
        colours=looks.steps(looks.GREEN, (queries.STALE / 3, looks.RED)),
    )


def _over_time() -> Iterable[Panel]:
    yield lines(
        "Checks by status",
        "How many checks had each status; blocked is unknown because of another check's failure.",
        {"{{status}} {{site}}": _latest(metrics.RUN_CHECKS, by="site, status")},
        unit="suffix:checks",
    )
    yield lines(
        "Unknown and blocked checks",
        "Many at once have one cause: the deadline, an account, a network.",
        {"{{status}} {{site}}": _latest(metrics.RUN_CHECKS, 'status=~"unknown|blocked"', "site, status")},
        unit="suffix:checks",
    )
    yield lines(
        "Items judged",
        "Items that the run judged itself. Hourly and daily checks make its steps; a fall without a change"
        " of the checks is a fault.",
        {"{{site}}": _latest(metrics.RUN_JUDGED)},
        unit="suffix:items",
    )
    yield timeline(
        "Runs that judged all",
        "Incomplete is a run that was ended early.",
        queries.while_runs_come(f"min by (site) ({series(metrics.RUN_COMPLETE)})"),
        legend="{{site}}",
        names=looks.words({"1": ("complete", looks.GREEN), "0": ("incomplete", looks.RED)}),
    )
    yield lines(
        "Run duration over time",
        "A run lasts as long as its slowest probe, at most until its deadline.",
        {"{{site}}": _latest(metrics.RUN_DURATION)},
        unit="s",
    )
    yield lines(
        "Age of the data over time",
        "It falls with every run; the threshold is where it becomes too old.",
        {"{{site}}": queries.age()},
        unit="s",
        colours=looks.fresh(),
    )
    yield lines(
        "Failures of reporters",
        "How many times in a row a reporter could not tell, up to the run before; 0 is well.",
        {"{{reporter}} {{site}}": _latest(metrics.REPORTER_FAILURES, by="site, reporter")},
        unit="suffix:runs",
        colours=looks.steps(looks.GREEN, (1, "yellow"), (3, looks.RED)),
        width=WHOLE,
    )


def _transport() -> Iterable[Panel]:
    yield lines(
        "Since the last push",
        "Since the Pushgateway last took a site's metrics, by its own clock.",
        {"{{site}}": f"time() - max by (site) (push_time_seconds{{{PUSH}}})"},
        unit="s",
        colours=looks.fresh(),
    )
    yield timeline(
        "Pushes taken",
        "Refused: the last push of the site was one that the Pushgateway did not take.",
        f"max by (site) (push_failure_time_seconds{{{PUSH}}} > bool push_time_seconds{{{PUSH}}})",
        legend="{{site}}",
        names=looks.words({"0": ("taken", looks.GREEN), "1": ("refused", looks.RED)}),
    )
    yield timeline(
        "Pushgateway is scraped",
        "Whether Prometheus reaches the Pushgateway.",
        f"min by (instance) (up{{{SCRAPE}}})",
        legend="{{instance}}",
        names=looks.words({"1": ("up", looks.GREEN), "0": ("down", looks.RED)}),
    )
    yield lines(
        "Duration of a scrape",
        "How long Prometheus takes to read the Pushgateway; it grows with sites and checks.",
        {"{{instance}}": f"max by (instance) (scrape_duration_seconds{{{SCRAPE}}})"},
        unit="s",
    )
    yield lines(
        "Series of a scrape",
        "How many samples the Pushgateway hands out. A rise without new sites or checks is a group that"
        " nobody took away.",
        {"{{instance}}": f"max by (instance) (scrape_samples_scraped{{{SCRAPE}}})"},
        unit="suffix:samples",
        width=HALF,
    )


def _probes() -> Iterable[Panel]:
    labels = "site, check, group"
    slow = f"topk({SLOWEST}, max by ({labels}) ({series(metrics.DURATION)}))"
    old = f"topk({SLOWEST}, time() - max by ({labels}) ({series(metrics.OBSERVED)}))"
    for title, text, column, question in (
        ("Slowest probes", "The probes that took longest in the last run.", "Duration", slow),
        (
            "Oldest observations",
            "Checks that were not observed for longest. Daily ones reach a day; beyond it is a fault.",
            "Age",
            old,
        ),
    ):
        order = ("check", "group", "site", column)
        yield rows(
            title, text, {column: question}, order=order, worst=column, width=HALF, height=12
        ).unit("s")  # fmt: skip
