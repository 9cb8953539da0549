"""What the status page shows: plain figures and times out of the run, the history and the settings."""

from __future__ import annotations

import itertools
import sqlite3
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES
from fixtures.known import Left
from fixtures.schema import Alerts
from reporters import health, quiet, status_quiet
from reporters.days import Mark, Past
from reporters.history import Since, last_results
from reporters.quiet import Silence
from reporters.run import Result, Run
from reporters.runbook import first_step

ROOT = Path(__file__).parents[1]
ENDED_SECONDS = 7 * 86400
INTERVAL_SECONDS = 300.0
"""Between runs, as deploy/cron.example has it, until the record of runs says otherwise."""

State = Literal["ok", "failing", "unknown", "blocked"]
Level = Literal["ok", "warning", "failing", "unknown"]
"""A part for the public: failing is what is high or critical."""


class Ended(Struct, frozen=True):
    """An incident that is over."""

    site: str
    check: str
    severity: str
    since: float
    ended: float
    events: str = ""


LEVELS: tuple[Level, ...] = ("ok", "unknown", "warning", "failing")
"""From well to bad."""


class Problem(Struct, frozen=True):
    """A check that is not well, with what comes from it; `incident` is empty until people were told."""

    result: Result
    since: float
    incident: str
    silenced: bool
    first: str
    blocks: tuple[str, ...]
    fails: tuple[str, ...]


class Row(Struct, frozen=True):
    """One check: its worst result, the limit that is nearest, and its days."""

    result: Result
    state: State
    bars: list[Mark]


class Group(Struct, frozen=True):
    """The checks of one subject on one site; `site` is empty in the public variant, which takes all."""

    site: str
    name: str
    level: Level
    counts: Mapping[str, int]
    bars: list[Mark]
    rows: list[Row]
    since: float | None = None


class View(Struct, frozen=True):
    """All of it; times in epoch seconds. `interval` is the time between runs."""

    at: float
    interval: float
    status: str
    run: Run
    counts: Mapping[str, int]
    problems: list[Problem]
    groups: list[Group]
    parts: list[Group]
    silences: list[Silence]
    ended: list[Ended]
    past: Past
    known: Sequence[Left] = ()


def build(run: Run, connection: sqlite3.Connection, past: Past, settings: Alerts) -> View:
    """Put it together; a run that ended early is shown with the earlier results of what it did not reach."""
    at = run.started + run.duration
    if not run.complete:
        run = run.with_results(last_results(connection))
    worst = run.worst()
    status = health.status(worst)
    since = _since(connection)
    silences = [*status_quiet.begun(connection, at), *status_quiet.windows(settings, at)]
    shown = [result for result in worst if result.status != "skipped"]
    return View(
        at=at,
        interval=interval(connection),
        status="degraded" if status == "healthy" and not run.complete else status,
        run=run,
        counts=run.counts(),
        problems=_problems(shown, connection, since, silences, at),
        groups=_groups(run, shown, past, since, by_site=True),
        parts=_groups(run, shown, past, since, by_site=False),
        silences=silences,
        ended=_ended(connection, at, {(one.site, one.check): one.events for one in worst}),
        past=past,
    )


def sites(view: View) -> list[Group]:
    """Each site as one group without rows, those in trouble first."""
    found = []
    for site, own in itertools.groupby(view.groups, key=lambda group: group.site):
        groups = list(own)
        counts = {key: sum(group.counts[key] for group in groups) for key in groups[0].counts}
        names = [(site, row.result.check) for group in groups for row in group.rows]
        worst = max((group.level for group in groups), key=LEVELS.index)
        began = [group.since for group in groups if group.since is not None]
        found.append(Group(site, "", worst, counts, view.past.bars(names), [], min(began, default=None)))
    return sorted(found, key=lambda one: (-LEVELS.index(one.level), one.site))


def of(view: View, run: Run) -> View:
    """One site's part of it; `run` has that site's results alone."""
    (site,) = run.sites()
    return replace(
        view,
        run=run,
        counts=run.counts(),
        status=health.status(run.worst()),
        problems=[one for one in view.problems if one.result.site == site],
        groups=[one for one in view.groups if one.site == site],
        ended=[one for one in view.ended if one.site == site],
        known=[one for one in view.known if one.entry.site in (None, site)],
    )


def interval(connection: sqlite3.Connection) -> float:
    """The usual time between complete runs, from a minute to an hour."""
    rows = connection.execute(
        "SELECT started FROM runs WHERE complete AND suite = 'full' ORDER BY id DESC LIMIT 13"
    ).fetchall()
    times = sorted(started for (started,) in rows)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    return min(max(statistics.median(gaps), 60.0), 3600.0) if len(gaps) > 2 else INTERVAL_SECONDS


def state(result: Result) -> State:
    """ok, failing, unknown or blocked."""
    if result.blocked:
        return "blocked"
    return "ok" if result.status == "ok" else "failing" if result.status == "failing" else "unknown"


def level(results: Iterable[Result]) -> Level:
    """How a part fares: failing for what is high or critical, warning for less."""
    found: Level = "ok"
    grave = SEVERITIES.index("high")
    for result in results:
        if result.status == "failing" and SEVERITIES.index(result.severity) >= grave:
            return "failing"
        if result.status == "failing":
            found = "warning"
        elif result.status == "unknown" and found == "ok":
            found = "unknown"
    return found


def _problems(
    shown: list[Result],
    connection: sqlite3.Connection,
    since: Mapping[Since, float],
    silences: list[Silence],
    at: float,
) -> list[Problem]:
    told = {
        (site, check): id_
        for id_, site, check in connection.execute(
            "SELECT id, site, check_id FROM incidents WHERE ended IS NULL"
        )
    }
    bad = [result for result in shown if result.status != "ok"]
    found = []
    for result in (one for one in bad if one.root is None):
        own = [one for one in bad if one.site == result.site and one.root == result.check]
        found.append(
            Problem(
                result=result,
                since=since.get((result.site, result.check, result.severity, result.status), at),
                incident=told.get((result.site, result.check), ""),
                silenced=quiet.holding(silences, result, at) is not None,
                first=first_step(ROOT / result.runbook) or "" if result.runbook else "",
                blocks=tuple(one.check for one in own if one.status == "unknown"),
                fails=tuple(one.check for one in own if one.status == "failing"),
            )
        )
    return found


def _groups(
    run: Run, shown: list[Result], past: Past, since: Mapping[Since, float], *, by_site: bool
) -> list[Group]:
    nearest = _nearest(run)
    members: dict[tuple[str, str], list[Result]] = {}
    for result in shown:
        members.setdefault((result.site if by_site else "", result.group), []).append(result)
    found = []
    for (site, name), own in sorted(members.items()):
        rows = [
            Row(
                nearest[one.site, one.check] if one.status == "ok" else one,
                state(one),
                past.bars([(one.site, one.check)]),
            )
            for one in sorted(own, key=lambda one: (one.check, one.site))
            if by_site
        ]
        counts = dict.fromkeys(("ok", "failing", "unknown", "blocked"), 0)
        for one in own:
            counts[state(one)] += 1
        began = [
            since[key]
            for one in own
            if one.status != "ok" and (key := (one.site, one.check, one.severity, one.status)) in since
        ]
        bars = past.bars([(one.site, one.check) for one in own])
        found.append(Group(site, name, level(own), counts, bars, rows, min(began, default=None)))
    return found


def _nearest(run: Run) -> dict[tuple[str, str], Result]:
    """Of each check the result with the limit that would be passed first."""
    found: dict[tuple[str, str], Result] = {}
    for one in sorted(run.results, key=lambda one: -SEVERITIES.index(one.severity)):
        if one.status != "skipped":
            found[one.site, one.check] = one
    return found


def _since(connection: sqlite3.Connection) -> dict[Since, float]:
    rows = connection.execute("SELECT site, check_id, severity, status, since FROM current")
    return {(site, check, severity, status): at for site, check, severity, status, at in rows}


def _ended(connection: sqlite3.Connection, at: float, events: Mapping[tuple[str, str], str]) -> list[Ended]:
    """What is over; `events` are the times of checks that count those, by site and check."""
    rows = connection.execute(
        "SELECT site, check_id, severity, since, ended, status FROM incidents"
        " WHERE ended > ? AND root IS NULL ORDER BY ended DESC LIMIT 50",
        (at - ENDED_SECONDS,),
    )
    return [
        Ended(
            site, check, severity, since, ended, events.get((site, check), "") if status == "failing" else ""
        )
        for site, check, severity, since, ended, status in rows
    ]
