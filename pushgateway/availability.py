"""How much of the time checks pass, and whether what members see fails too much of the time.

A Pushgateway repeats the last value for ever. So every share here is of the `fresh` series alone, which has
samples only while runs come: time without runs is neither good nor bad, and `NoRun` tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pushgateway.common import FRESH, ITEM, LATE, SUITE, Rule, alert, record
from reporters import metrics

FRESH_UNKNOWN = f"site_check_severity:{metrics.UNKNOWN}:fresh"

VISIBLE = ("site_answers", "login_page_works")
"""What members see: critical conditions that every run judges. Other checks explain these or are about
work that waits; a budget for each of them would tell one outage many times."""

TARGET = 0.99
"""The share of 30 days in which these pass: 7.2 h are left, enough for the updates and migrations of a
month. It cannot be much stricter with a run every five minutes: one failing run is 8.3 % of an hour, and
above 99.42 % that alone would burn 14.4 times too fast."""

WINDOWS = {"5m": 5, "30m": 30, "1h": 60, "2h": 120, "6h": 360, "1d": 1440, "3d": 4320}
"""Minutes of each."""

BURNS = (
    ("1h", "5m", 14.4, "critical"),
    ("6h", "30m", 6, "high"),
    ("1d", "2h", 3, "warning"),
    ("3d", "6h", 1, "warning"),
)
"""Long window, short window, how many times too fast: 2 % of the budget gone in an hour, 5 % in six hours,
10 % in one day and in three (Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate
Alerts"). The short window ends the alert soon after the trouble ended."""


def _ratio(window: str) -> str:
    return f"site_check:verenigingen_check_failing:ratio{window}"


def fresh() -> Iterator[Rule]:
    """What was judged, while runs come."""
    come = f"and on (site) time() - max by (site) ({metrics.RUN_ENDED}{{{SUITE}}}) < {LATE * 60}"
    yield record(FRESH, f"min by ({ITEM}) ({metrics.SUCCESS}{{{SUITE}}})\n{come}")
    yield record(FRESH_UNKNOWN, f"max by ({ITEM}) ({metrics.UNKNOWN}{{{SUITE}}})\n{come}")


def budget(pages: str) -> Iterator[Rule]:
    """Shares of time in which a check that members feel has failed, and alerts on them.

    A share of the whole window, not of what is recorded of it: a Prometheus that is an hour old must not
    take one failing run for a bad month.
    """
    yield from fresh()
    failing = f'{FRESH}{{check=~"{"|".join(VISIBLE)}",severity="critical"}} == bool 0'
    for window, minutes in WINDOWS.items():
        expr = f"sum by (site, check, group) (sum_over_time(({failing})[{window}:1m])) / {minutes}"
        yield record(_ratio(window), expr)
    for long_, short, factor, severity in BURNS:
        limit = f"{factor:g} * {1 - TARGET:.4g}"
        yield alert(
            "ErrorBudgetBurn",
            f"{_ratio(long_)} > {limit}\nand {_ratio(short)} > {limit}",
            severity=severity,
            window=long_,
            notes={
                "summary": f"{{{{ $labels.check }}}} fails {factor:g} times what {TARGET * 100:g} % allows.",
                "description": f"It failed for {{{{ $value | humanizePercentage }}}} of the last {long_}.",
                "first_step": "Follow its page; where it passes now, look for what comes back at even times.",
                "runbook_url": f"{pages}/{{{{ $labels.check }}}}.md",
            },
        )


def long() -> Iterator[Rule]:
    """Availability of every item over an hour, a day and 30 days; unknown is a share of its own.

    `success` is a share of what was observed. A day and 30 days are averages of hours: a window of raw
    samples would be read whole at each evaluation. The group's interval stays below the five minutes
    after which Prometheus takes a series for gone. 30 days need `--storage.tsdb.retention.time=35d`.
    """
    for series, name in ((FRESH, metrics.SUCCESS), (FRESH_UNKNOWN, metrics.UNKNOWN)):
        base = f"site_check_severity:{name}"
        yield record(f"{base}:avg1h", f"avg_over_time({series}[1h])")
        yield record(f"{base}:avg1d", f"avg_over_time({base}:avg1h[1d])")
        yield record(f"{base}:avg30d", f"avg_over_time({base}:avg1h[30d])")
