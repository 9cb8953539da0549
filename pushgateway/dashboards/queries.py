"""The questions that dashboards ask Prometheus.

A Pushgateway repeats the last value for ever, so what is drawn over time is cut off where no runs came. And
a site may send its series by two ways, by push and by text file: every question aggregates over the labels
that say by which (`job`, `instance`).
"""

from __future__ import annotations

from fixtures.declaration import SEVERITIES
from pushgateway.common import ITEM, LATE, SUITE
from reporters import metrics

SITE = f'{SUITE},site=~"$site"'
CHOSEN = 'group=~"$group",severity=~"$severity"'
"""Matchers of the variables that dashboards over all groups have."""

NEVER = 1e9
"""An age that stands for no run at all: 31 years."""

STALE = LATE * 60
"""Seconds after which the data of a site is too old to be believed."""

OK, UNKNOWN, FAILING = 0, 1, 2
"""Ranks; a failing item's is FAILING and the place of its severity."""


def series(name: str, more: str = "") -> str:
    """The series of a metric of the chosen sites."""
    return f"{name}{{{SITE}{',' if more else ''}{more}}}"


def rank(more: str, by: str = ITEM) -> str:
    """How bad it is, the worst of each `by`: 0 ok, 1 unknown, 2 to 5 failing, by severity."""
    success, unknown = series(metrics.SUCCESS, more), series(metrics.UNKNOWN, more)
    failing = [
        f"{FAILING + place} + ({series(metrics.SUCCESS, _and(more, _is(severity)))} == 0)"
        for place, severity in reversed(list(enumerate(SEVERITIES)))
    ]
    return f"max by ({by}) ({' or '.join([*failing, f'{unknown} == {UNKNOWN}', f'{OK} * {success}'])})"


def condition(more: str) -> str:
    """A check that has no value: 0 ok, 1 unknown, 2 failing."""
    success, unknown = series(metrics.SUCCESS, more), series(metrics.UNKNOWN, more)
    return (
        f"{FAILING} * (1 - min by (site) ({success})) or {UNKNOWN} * max by (site) ({unknown} == {UNKNOWN})"
    )


def while_runs_come(question: str) -> str:
    """The answer, only of times at which its site had a fresh run."""
    return f"({question}) and on (site) ({age()} < {STALE})"


def age() -> str:
    """Seconds since the last run of each site."""
    return f"time() - max by (site) ({series(metrics.RUN_ENDED)})"


def oldest() -> str:
    """The age of the site that waits longest; NEVER when no run is known, which must not look fine."""
    return f"max({age()}) or on () vector({NEVER:.0f})"


def value(more: str, by: str = "site") -> str:
    """What was judged: the same for every severity."""
    return f"max by ({by}) ({series(metrics.VALUE, more)})"


def worst(more: str) -> str:
    """One item of each check that is not ok: the worst."""
    return f"topk by (site, check, group) (1, {rank(more)} > {OK})"


def counted(state: str, more: str) -> str:
    """How many checks are in a state, `failing`, `unknown` or `ok`; 0 where none is."""
    success, unknown = series(metrics.SUCCESS, more), series(metrics.UNKNOWN, more)
    by = "by (site, check)"
    found = {
        "failing": f"count {by} ({success} == 0)",
        "unknown": f"count {by} ({unknown} == 1)",
        "ok": f"(min {by} ({success}) == 1) unless (max {by} ({unknown}) == 1)",
    }
    return f"count({found[state]}) or on () vector(0)"


def _is(severity: str) -> str:
    return f'severity="{severity}"'


def _and(*matchers: str) -> str:
    return ",".join(matcher for matcher in matchers if matcher)
