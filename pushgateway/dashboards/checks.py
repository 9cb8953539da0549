"""The panel of one check, and the dashboards of groups, which have one of every check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from fixtures.catalogue import CHECKS, declared, functions, group
from fixtures.index import limits
from pushgateway.dashboards import frame, looks, queries
from pushgateway.dashboards.panels import WHOLE, Panel, lines, number, timeline
from reporters import runbook

MONEY = ("sepa_batches", "sepa_mandates", "billing")
CAPACITY: dict[str, tuple[str, ...]] = {
    "Disks": ("disk_usage", "disk_full_in_days", "inodes_used_percent", "open_files_percent"),
    "Database": (
        "database_size_bytes",
        "database_growth_percent_7d",
        "largest_table_bytes",
        "database_connections_percent",
        "database_buffer_pool_miss_percent",
    ),
    "Rows of logs": ("error_log_rows", "log_rows_past_retention"),
    "Memory and processors": (
        "memory_available_percent",
        "swap_used_percent",
        "redis_queue_memory_percent",
        "redis_cache_memory_percent",
        "load_per_core",
    ),
    "Queues": ("rq_waiting_jobs", "rq_oldest_job_age_seconds", "mail_waiting", "deferred_errors_waiting"),
}
"""What fills up before it fails, from wherever it is checked."""

WIDTH, HEIGHT = 8, 7


def words(name: str) -> str:
    """A group's name as it is written."""
    told = name.replace("_", " ")
    return {"tls": "TLS", "sepa batches": "SEPA batches", "sepa mandates": "SEPA mandates"}.get(
        told, told.capitalize()
    )


def panel(name: str) -> Panel:
    """Value and limits of a check over time, or its states where it has no value."""
    check = declared()[name]
    if check.limits:
        found: Panel = lines(
            name,
            about(name),
            {"{{site}}": queries.while_runs_come(queries.value(f'check="{name}"'))},
            unit=looks.unit(check.unit),
            colours=looks.limits(check),
            width=WIDTH,
            height=HEIGHT,
        ).links([*frame.about(name)])
        return found
    return timeline(
        name,
        about(name),
        queries.while_runs_come(queries.condition(f'check="{name}"')),
        legend="{{site}}",
        names=looks.states(check.severity),
        width=WIDTH,
        height=HEIGHT,
    ).links([*frame.about(name)])


def about(name: str) -> str:
    """What is true when it passes, its limits, how often it is observed, and what to do first."""
    check = declared()[name]
    claim = " ".join((functions()[name].__doc__ or "").split())
    far = (
        f"Limits by severity (info/warning/high/critical), as declared: {limits(check)}; a gap is unknown."
        if check.limits
        else f"Severity: {check.severity}."
    )
    step = runbook.first_step(CHECKS.parent / "runbook" / f"{name}.md")
    every = "" if check.every == "run" else f" Observed {check.every}."
    return f"{claim}\n\n{far}{every}" + (f"\n\nFirst: {step}" if step else "")


def figures(groups: Iterable[str]) -> Iterator[Panel]:
    """The named figures of groups: what is told to people who ask how many."""
    for name, check in declared().items():
        if check.metric and group(name) in groups:
            yield number(
                name,
                about(name),
                f"max by (site) ({queries.series(check.metric)})",
                unit=looks.unit(check.unit),
                colours=looks.limits(check),
                legend="{{site}}",
                trend=True,
            ).links([*frame.about(name)])


def counts(more: str, text: str, width: int = 6) -> Iterator[Panel]:
    """How many of the checks are failing, unknown and ok."""
    colours = {
        "failing": looks.steps(looks.GREEN, (1, looks.RED)),
        "unknown": looks.steps(looks.GREEN, (1, looks.PURPLE)),
        "ok": looks.steps("text"),
    }
    for state, steps in colours.items():
        yield number(
            state.capitalize(),
            f"Checks that are {state}, {text}.",
            queries.counted(state, more),
            unit="suffix:checks",
            colours=steps,
            width=width,
        )


def history(more: str, text: str, height: int, by: str = "check") -> Panel:
    """The states of several checks, or groups, over time."""
    return timeline(
        "States",
        f"{text} No band where runs did not come.",
        queries.while_runs_come(queries.rank(more, f"site, {by}")),
        legend=f"{{{{{by}}}}} {{{{site}}}}",
        names=looks.states(),
        width=WHOLE,
        height=height,
    )


def of_group(name: str, pages: str) -> model.Dashboard:
    """The dashboard of one group."""
    names = [check for check in declared() if group(check) == name]
    more = f'group="{name}",severity=~"$severity"'
    parts: list[Panel] = [
        *counts(more, "of this group and the chosen severities"),
        history(more, "The worst state of each check at each time.", 4 + len(names)),
        *figures([name]),
    ]
    return frame.dashboard(
        f"verenigingen-{name.replace('_', '-')}",
        f"Checks: {words(name)}",
        f"Every check of checks/test_{name}.py.",
        [*parts, build.Row("Checks"), *(panel(check) for check in names)],
        variables=[frame.severities()],
        pages=pages,
    )


def money(pages: str) -> model.Dashboard:
    """SEPA and billing: the association's money."""
    more = f'group=~"{"|".join(MONEY)}",severity=~"$severity"'
    parts: list[Panel | build.Row] = [
        *counts(more, "of SEPA and billing and the chosen severities"),
        history(more, "The worst state of each group at each time.", 6, by="group"),
        build.Row("Figures"),
        *figures(MONEY),
    ]
    for name in MONEY:
        parts += [build.Row(words(name)), *(panel(check) for check in declared() if group(check) == name)]
    return frame.dashboard(
        frame.MONEY,
        "Checks: SEPA and billing",
        "Direct debit, mandates, dues and invoices: every named figure and every check.",
        parts,
        variables=[frame.severities()],
        pages=pages,
    )


def capacity(pages: str) -> model.Dashboard:
    """What fills up."""
    more = f'check=~"{"|".join(name for names in CAPACITY.values() for name in names)}"'
    parts: list[Panel | build.Row] = [
        *counts(more, "of those on this dashboard"),
        history(more, "The worst state of each check at each time.", 4 + sum(map(len, CAPACITY.values()))),
    ]
    for title, names in CAPACITY.items():
        parts += [build.Row(title), *map(panel, names)]
    return frame.dashboard(
        frame.CAPACITY,
        "Checks: Capacity",
        "What fills up before it fails: disks, database, logs, memory, queues.",
        parts,
        pages=pages,
    )
