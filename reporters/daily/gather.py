"""Everything a report tells, out of the history: plain SELECTs, and nothing is written."""

from __future__ import annotations

import itertools
import sqlite3
import statistics
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES
from fixtures.schema import Alerts
from reporters import quiet
from reporters.archive import HOUR
from reporters.daily import changing, counting
from reporters.daily.counting import Name, Scale
from reporters.daily.figures import figures
from reporters.daily.model import Gap, Incident, Quiet, Report, Row, Unobserved
from reporters.daily.spans import Span
from reporters.history import last_results
from reporters.quiet import Scope
from reporters.run import Result

INTERVAL_SECONDS = 300.0
"""Between runs, as deploy/cron.example has it, where too few are on record to say."""

GAP_INTERVALS = 2.5
"""After so many intervals without a run one was missed."""

INCIDENTS = """
SELECT id, site, check_id, group_name, severity, status, since, ended, root FROM incidents
WHERE since < ? AND coalesce(ended, 1e12) > ? ORDER BY since
"""
REASONS = """
SELECT i.site, i.check_id, coalesce(s.reason, ''), COUNT(*)
FROM items AS i CROSS JOIN samples AS s ON s.item = i.id AND s.observed_at >= ? AND s.observed_at < ?
WHERE s.status = 2 AND i.site = ? AND i.check_id = ? GROUP BY 3 ORDER BY 4 DESC, 3 LIMIT 1
"""
RUNS = """
SELECT started, complete FROM runs WHERE suite = 'full' AND started >= ? AND started < ? ORDER BY started
"""


def gather(connection: sqlite3.Connection, span: Span, at: float, settings: Alerts) -> Report:
    """All but what the sites themselves are asked."""
    until = max(span.begin, min(span.end, at))
    results = last_results(connection)
    told = {(one.site, one.check): one for one in results}
    runs = [(when, whole) for when, whole in connection.execute(RUNS, (span.begin, until))]
    starts = [when for when, _ in runs]
    interval = usual(starts)
    seen = counting.read(connection, span, HOUR / interval)
    sums = counting.sums(connection, span.before)
    scale = Scale(span.cells(), sorted({int(when // HOUR) for when in starts}), int(at // HOUR))
    groups = counting.groups(seen, sums, told, scale)
    rows = [row for group in groups for row in group.rows]
    named = figures(connection, span, results)
    found = _incidents(connection, span.begin, until, told)
    return Report(
        span=span,
        at=at,
        until=until,
        sites=tuple(sorted({row.site for row in rows})),
        interval=interval,
        runs=len(runs),
        expected=max(len(runs), round((until - span.begin) / interval)) if until > span.begin else 0,
        broken_off=sum(not whole for _, whole in runs),
        counts=counting.pooled(group.counts for group in groups),
        before=counting.pooled(group.before for group in groups),
        runs_before=len(connection.execute(RUNS, (span.before.begin, span.before.end)).fetchall()),
        groups=groups,
        incidents=found,
        incidents_before=len(_incidents(connection, span.before.begin, span.before.end, told)),
        changes=changing.changes(connection, span.begin, until, rows, named),
        figures=named,
        unobserved=_unobserved(connection, span.begin, until, rows),
        gaps=_gaps(connection, span.begin, until, starts, interval),
        silences=_silences(connection, span, until, settings),
    )


def usual(starts: list[float]) -> float:
    """The usual time between two runs, from a minute to an hour."""
    gaps = [late - early for early, late in itertools.pairwise(starts)]
    return min(max(statistics.median(gaps), 60.0), 3600.0) if len(gaps) > 2 else INTERVAL_SECONDS


def _incidents(
    connection: sqlite3.Connection, begin: float, until: float, told: Mapping[Name, Result]
) -> list[Incident]:
    """Root causes, each with what failed because of it; the worst first, then in order of time."""
    found = []
    for row in connection.execute(INCIDENTS, (until, begin)):
        result = told.get((row[1], row[2]))
        one = Incident(*row)
        if result:
            one = replace(one, summary=result.summary, runbook=result.runbook, events=result.events)
        found.append(one)
    followers: dict[Name, list[Incident]] = {}
    for one in found:
        if one.root is not None:
            followers.setdefault((one.site, one.root), []).append(one)
    kept: list[Incident] = []
    covered: set[str] = set()
    for one in (one for one in found if one.root is None):
        own = [other for other in followers.get((one.site, one.check), ()) if _overlap(one, other)]
        covered |= {other.id for other in own}
        kept.append(replace(one, followers=tuple(dict.fromkeys(other.check for other in own))))
    kept += [one for one in found if one.root is not None and one.id not in covered]
    return sorted(kept, key=lambda one: (-SEVERITIES.index(one.severity), one.since))


def _overlap(one: Incident, other: Incident) -> bool:
    slack = HOUR  # a follower may be told a few runs later, and end later
    return other.since <= (one.ended or 1e12) + slack and one.since <= (other.ended or 1e12) + slack


def _unobserved(
    connection: sqlite3.Connection, begin: float, until: float, rows: list[Row]
) -> list[Unobserved]:
    """Checks with unknown results, and those with no bar at all; the longest first."""
    found = []
    for row in rows:
        total = row.counts.ok + row.counts.failing + row.counts.unknown
        if row.counts.unknown:
            why = connection.execute(REASONS, (begin, until, row.site, row.check)).fetchone()
            share = 100 * row.counts.unknown / total
            reason = why[2] if why else ""
            found.append(Unobserved(row.site, row.check, row.counts.unknown, share, reason, row.runbook))
        elif not total and not set(row.bars) & {"rest", "ok"} and set(row.bars) != {"ahead"}:
            found.append(Unobserved(row.site, row.check, 0, 100.0, "", row.runbook))
    return sorted(found, key=lambda one: (-one.share, one.site, one.check))


def _gaps(
    connection: sqlite3.Connection, begin: float, until: float, starts: list[float], interval: float
) -> list[Gap]:
    """Times without runs, also those that began before or have not ended; none before the first run ever."""
    first, last = connection.execute(
        "SELECT MIN(started), MAX(iif(started < ?, started, NULL)) FROM runs WHERE suite = 'full'", (begin,)
    ).fetchone()
    if first is None or first >= until:
        return []
    edges = [max(begin, first) if last is None else begin, *starts, until]
    found = []
    for number, (early, late) in enumerate(itertools.pairwise(edges)):
        real = last if number == 0 and last is not None else early
        if late - real > GAP_INTERVALS * interval:
            found.append(Gap(early, late, max(1, round((late - early) / interval) - bool(number))))
    return found


def _silences(connection: sqlite3.Connection, span: Span, until: float, settings: Alerts) -> list[Quiet]:
    """Those of the command line, and the windows of the settings as they are now."""
    rows = connection.execute(
        "SELECT scope, owner, because, starts, ends FROM silences WHERE starts < ? AND ends > ?",
        (until, span.begin),
    )
    found = [Quiet(str(msgspec.json.decode(scope, type=Scope)), *rest) for scope, *rest in rows]
    zone = ZoneInfo(span.zone)
    days = [span.first + timedelta(days=n) for n in range(-1, (span.after - span.first).days)]
    for one in settings.silences:
        moments = [span.begin]
        if one.every and (parsed := quiet.WINDOW.match(one.every)):
            hour, minute = (int(part) for part in parsed[3].split(":"))
            moments = [_at(day.isoformat(), hour, minute, zone) for day in days]
        elif one.since:
            moments = [max(span.begin, _at(one.since, None, 0, zone))]
        held = {
            (window.starts, window.ends)
            for at in moments
            for window in quiet.configured(replace(settings, silences=(one,)), at)
        }
        scope = str(Scope(one.checks, one.groups, one.sites))
        found += [
            Quiet(scope, one.owner, one.because, *times)
            for times in held
            if times[0] < until and times[1] > span.begin
        ]
    return sorted(found, key=lambda one: one.starts)


def _at(told: str, hour: int | None, minute: int, zone: ZoneInfo) -> float:
    here = datetime.fromisoformat(told)
    if hour is not None:
        here = here.replace(hour=hour, minute=minute)
    return here.replace(tzinfo=zone).timestamp()
