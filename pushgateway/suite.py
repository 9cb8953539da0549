"""Alerts that no single check can give: that runs come, arrive, are whole, and observe what they should.

Data that is missing resolves alerts (prometheus/prometheus#17482), so whatever can stop them silently
fires here.
"""

from __future__ import annotations

from collections.abc import Iterator

from fixtures.catalogue import declared
from pushgateway.common import CADENCE, CONFIRM, DAY, ITEM, LATE, PAGE, SUITE, Rule, alert
from reporters import metrics

GATEWAY = "pushgateway"
"""The scrape job in prometheus.yml."""

PUSHED = f'job="{metrics.JOB}",{SUITE}'
"""Times of pushes are the gateway's own and tell its groups of others apart by `job` alone."""

SHARE = 0.2
"""More unknown checks than this have one cause: the deadline, an account, a network."""

FAILURES = 3
"""In a row: the first may be the other side's restart; every run tries again."""

PERIODS = {"run": 0, "hourly": 60, "daily": DAY}
"""Minutes between observations; LATE comes on top. Settings that make a check rarer need their own rule."""


def _series(name: str, more: str = "") -> str:
    return f"{name}{{{SUITE}{more}}}"


def _age(series: str, by: str = "site") -> str:
    return f"time() - max by ({by}) ({series})"


def _stale() -> str:
    """Observations older than their checks' period; what is in no list is observed by every run."""
    rare = {
        every: "|".join(sorted(name for name, check in declared().items() if check.every == every))
        for every in ("hourly", "daily")
    }
    matchers = {every: f',check=~"{names}"' for every, names in rare.items()}
    matchers["run"] = f',check!~"{"|".join(rare.values())}"'
    return "\nor ".join(
        f"{_age(_series(metrics.OBSERVED, matchers[every]), 'site, check, group')} > {(minutes + LATE) * 60}"
        for every, minutes in PERIODS.items()
    )


def rules(pages: str) -> Iterator[Rule]:
    """The alerts, in the order in which data comes: gateway, push, run, check, reporter."""

    def notes(summary: str, description: str, first_step: str) -> dict[str, str]:
        return {
            "summary": summary,
            "description": description,
            "first_step": first_step,
            "runbook_url": f"{pages}/{PAGE}.md",
        }

    run = _series(metrics.RUN_ENDED)
    pushed = f"push_time_seconds{{{PUSHED}}}"
    cron = "See whether cron runs and what it mailed; run `pytest checks/` as its user."
    yield alert(
        "Watchdog",
        "vector(1)",
        severity="none",
        notes=notes(
            "Prometheus and Alertmanager work.",
            "Always fires. Whoever is told must raise the alarm when it is not told any more.",
            "Nothing is to be done.",
        ),
    )
    yield alert(
        "GatewayDown",
        f'up{{job="{GATEWAY}"}} == 0',
        minutes=CADENCE,
        severity="critical",
        notes=notes(
            "The Pushgateway cannot be scraped.",
            "No result of any check arrives here, on no site.",
            "See whether its process runs and its port answers from this host.",
        ),
    )
    yield alert(
        "NoData",
        f"absent({run})",
        minutes=LATE,
        severity="critical",
        notes=notes(
            "There is no data of any run at all.",
            "The Pushgateway or the text file lost it and no run has filled it since: nothing is watched.",
            cron,
        ),
    )
    yield alert(
        "NoPushes",
        f'absent({pushed})\nand on () up{{job="{GATEWAY}"}} == 1',
        minutes=LATE,
        severity="high",
        notes=notes(
            "The Pushgateway answers and holds no group of these checks.",
            "Either nothing was pushed since it lost its data, or runs push to another one.",
            "Compare `pushgateway.url` of the settings with the scraped address; read the end of a run.",
        ),
    )
    yield alert(
        "SiteGone",
        f"max by (site) (present_over_time({run}[1d])) unless on (site) {run}",
        minutes=LATE,
        severity="high",
        notes=notes(
            "A site that was checked within the last day is not checked any more.",
            "Its alerts are gone with its data. It ends by itself after a day.",
            "Was it taken out of the settings on purpose? Then silence this; else `pytest checks/` tells.",
        ),
    )
    yield alert(
        "NoRun",
        f"{_age(run)} > {LATE * 60}",
        severity="critical",
        notes=notes(
            "The checks do not run.",
            "The last run ended {{ $value | humanizeDuration }} ago; one is due every "
            f"{CADENCE} minutes. What is shown is as old.",
            cron,
        ),
    )
    yield alert(
        "NoPush",
        f"{_age(pushed)} > {LATE * 60}\nand on (site) {_age(run)} <= {LATE * 60}",
        severity="high",
        notes=notes(
            "The checks run, and do not reach the Pushgateway.",
            "The last push arrived {{ $value | humanizeDuration }} ago.",
            "Read the end of a run: it says why the push failed.",
        ),
    )
    yield alert(
        "PushRefused",
        f"max by (site) (push_failure_time_seconds{{{PUSHED}}} > {pushed})",
        severity="high",
        notes=notes(
            "The Pushgateway refused the last push.",
            "It holds what it had before: most often a metric's type or text differs from another push.",
            "Read the Pushgateway's log, which names the metric.",
        ),
    )
    yield alert(
        "RunIncomplete",
        f"min by (site) ({_series(metrics.RUN_COMPLETE)}) == 0",
        minutes=CONFIRM,
        severity="high",
        notes=notes(
            "Two runs in a row ended early.",
            "What they did not judge is as old as the last whole run.",
            "Look for a host that is short of memory or time, and for `timeout` in the cron line.",
        ),
    )
    yield alert(
        "RunJudgedNothing",
        f"max by (site) ({_series(metrics.RUN_JUDGED)}) == 0",
        minutes=CONFIRM,
        severity="critical",
        notes=notes(
            "Runs end and judge no check.",
            "All that is shown was judged by an earlier run.",
            "Run `pytest checks/ --list-checks` with the settings that cron uses.",
        ),
    )
    unknown = _series(metrics.RUN_CHECKS, ',status="unknown"')
    counted = _series(metrics.RUN_CHECKS, ',status!="skipped"')
    yield alert(
        "ManyUnknown",
        f"max by (site) ({unknown})\n/ sum by (site) (max by (site, status) ({counted})) > {SHARE:g}",
        minutes=CONFIRM,
        severity="high",
        notes=notes(
            "Many checks cannot be observed.",
            "{{ $value | humanizePercentage }} of the checks are unknown, and no failing check explains it.",
            "Run `pytest checks/` where the checks run; the reasons will be alike.",
        ),
    )
    yield alert(
        "CheckStale",
        _stale(),
        severity="warning",
        notes=notes(
            "{{ $labels.check }} is not observed any more, though runs come.",
            "It was last observed {{ $value | humanizeDuration }} ago, longer than its period.",
            "Run it alone: `pytest checks/ -k {{ $labels.check }}`; compare the clocks of the hosts.",
        ),
    )
    yield alert(
        "NeverSucceeded",
        f"max by ({ITEM}) ({_series(metrics.LAST_SUCCESS)}) == 0",
        minutes=DAY,
        severity="info",
        notes=notes(
            "{{ $labels.check }} has not passed once.",
            "For a day, as {{ $labels.severity }}: a limit that does not fit, or something not in use.",
            "Mend it, set a limit of its own in the settings, or switch it off there.",
        ),
    )
    yield alert(
        "ReporterFailing",
        f"max by (site, reporter) ({_series(metrics.REPORTER_FAILURES)}) >= {FAILURES}",
        severity="high",
        notes=notes(
            "The reporter {{ $labels.reporter }} fails.",
            "{{ $value }} times in a row: what it should tell is not told.",
            "Read the end of a run: it says why.",
        ),
    )
