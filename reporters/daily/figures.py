"""The named figures: a curve with its limits, and what it was at the same hours of the time before."""

from __future__ import annotations

import itertools
import json
import sqlite3
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fixtures.declaration import PERIOD_SECONDS, SEVERITIES, Severity
from reporters.archive import DAY, HOUR, hours_of
from reporters.daily.counting import LOW, gravest
from reporters.daily.model import Figure, Mark
from reporters.daily.spans import Span
from reporters.run import Result

BAND_DAYS = 7
MONTH_BAND_DAYS = 28
MONTH_HOURS = 6
"""Hours that are one point in a month's curve."""

LEAST_DAYS = 4
"""Fewer days before say nothing about what is usual."""

ROOM = 0.5
"""How far beyond the band, in parts of its height, a value still is usual."""

FIRST = (
    "verenigingen_errors_24h",
    "verenigingen_active_users_24h",
    "verenigingen_sepa_failed_batches_7d",
)
"""The figures that the association asked for."""

POINTS = """
SELECT severity, observed_at, value, status FROM results
WHERE site = ? AND check_id = ? AND observed_at >= ? AND observed_at < ? ORDER BY observed_at
"""
HOURLY = """
SELECT site, check_id, severity, hour, average, lowest, highest, failing FROM hourly
WHERE hour >= ? AND hour < ? AND check_id IN (SELECT value FROM json_each(?)) ORDER BY hour
"""
LIMIT = """
SELECT limit_value FROM results WHERE site = ? AND check_id = ? AND severity = ? AND observed_at < ?
ORDER BY observed_at DESC LIMIT 1
"""


def figures(connection: sqlite3.Connection, span: Span, told: Iterable[Result]) -> list[Figure]:
    """Those of all checks with a metric; the ones that were asked for and what stands out come first."""
    named: dict[tuple[str, str], list[Result]] = {}
    for result in told:
        if result.metric:
            named.setdefault((result.site, result.check), []).append(result)
    hours = _hours(connection, span, [check for _, check in named])
    found = [_figure(connection, span, results, hours.get(key, [])) for key, results in named.items()]

    def order(one: Figure) -> tuple[object, ...]:
        asked = FIRST.index(one.metric) if one.metric in FIRST else len(FIRST)
        told = one.mark not in ("failing", "warning"), not one.unusual, one.step >= DAY
        return one.site, asked, *told, one.group, one.check

    return sorted(found, key=order)


def _figure(
    connection: sqlite3.Connection, span: Span, results: list[Result], hours: Sequence[Hour]
) -> Figure:
    one = max(results, key=lambda result: SEVERITIES.index(result.severity))
    points, mark = _points(connection, span, one) if span.kind == "day" else _averages(span, hours)
    values = [value for _, value in points if value is not None]
    before = {hour.hour: hour for hour in hours if hour.average is not None and hour.hour < span.hours[0]}
    band = _band(span, before) if values else []
    usual = float(PERIOD_SECONDS[one.every]) if one.every in PERIOD_SECONDS else 0.0  # type: ignore[index]
    gaps = [late - early for (early, _), (late, _) in itertools.pairwise(points)]
    return Figure(
        site=one.site,
        check=one.check,
        metric=one.metric or "",
        group=one.group,
        summary=one.summary,
        unit=one.unit,
        direction=one.direction,
        runbook=one.runbook,
        points=points,
        limits=_limits(connection, span, results),
        band=band,
        step=max(usual, statistics.median(gaps) if gaps else 0.0),
        last=values[-1] if values else None,
        average=statistics.fmean(values) if values else None,
        before=_before(span, before),
        mark=mark,
        unusual=_is_unusual(points, band),
    )


Points = list[tuple[float, float | None]]


class Hour(NamedTuple):
    """One limit's values in one hour since the epoch."""

    severity: str
    hour: int
    average: float | None
    lowest: float
    highest: float
    failing: int


def _hours(
    connection: sqlite3.Connection, span: Span, checks: Sequence[str]
) -> dict[tuple[str, str], list[Hour]]:
    """Site and check -> the hours of the time itself, and of those days before it that say what is usual."""
    days = MONTH_BAND_DAYS if span.kind == "month" else BAND_DAYS
    begin = hours_of(span.first - timedelta(days=days), ZoneInfo(span.zone))[0]
    begin, after = min(begin, span.before.hours[0]), span.hours[1]
    found: dict[tuple[str, str], list[Hour]] = {}
    for site, check, *hour in connection.execute(HOURLY, (begin, after, json.dumps(checks))):
        found.setdefault((site, check), []).append(Hour(*hour))
    return found


def _points(connection: sqlite3.Connection, span: Span, one: Result) -> tuple[Points, Mark]:
    rows = connection.execute(POINTS, (one.site, one.check, span.begin, span.end)).fetchall()
    values: dict[float, float | None] = {}
    for _, at, value, _ in rows:  # every limit judged the same value
        values[at] = value if value is not None else values.get(at)
    return sorted(values.items()), _mark((severity, status == "failing") for severity, _, _, status in rows)


def _averages(span: Span, hours: Sequence[Hour]) -> tuple[Points, Mark]:
    own = [hour for hour in hours if hour.hour >= span.hours[0]]
    width = MONTH_HOURS if span.kind == "month" else 1
    values: dict[int, list[float]] = {}
    for hour in own:
        some = values.setdefault((hour.hour - span.hours[0]) // width, [])
        if hour.average is not None:
            some.append(hour.average)
    points: Points = [
        ((span.hours[0] + (place + 0.5) * width) * HOUR, statistics.fmean(some) if some else None)
        for place, some in sorted(values.items())
    ]
    return points, _mark((hour.severity, bool(hour.failing)) for hour in own)


def _mark(judged: Iterable[tuple[str, bool]]) -> Mark:
    """The worst limit that was passed; none where nothing was judged."""
    found = {(severity, failed) for severity, failed in judged}
    failed = [severity for severity, bad in found if bad]
    if not failed:
        return "ok" if found else "none"
    return "warning" if gravest(failed) in LOW else "failing"


def _limits(
    connection: sqlite3.Connection, span: Span, results: list[Result]
) -> list[tuple[Severity, float]]:
    """As they were at the end; what was never observed has those of the check."""
    found = []
    for one in sorted(results, key=lambda result: SEVERITIES.index(result.severity)):
        row = connection.execute(LIMIT, (one.site, one.check, one.severity, span.end)).fetchone()
        limit = row[0] if row else one.limit
        if limit is not None:
            found.append((one.severity, float(limit)))
    return found


def _band(span: Span, before: Mapping[int, Hour]) -> list[tuple[float, float, float]]:
    """For each hour the lowest and the highest value of the days before at that hour of the day."""
    zone = ZoneInfo(span.zone)

    def clock(hour: int) -> int:
        return datetime.fromtimestamp(hour * HOUR, UTC).astimezone(zone).hour

    at: dict[int, list[tuple[float, float]]] = {}
    days = MONTH_BAND_DAYS if span.kind == "month" else BAND_DAYS
    begin = hours_of(span.first - timedelta(days=days), zone)[0]
    for hour, one in before.items():
        if hour >= begin:
            at.setdefault(clock(hour), []).append((one.lowest, one.highest))
    found = []
    width = MONTH_HOURS if span.kind == "month" else 1
    for hour in range(*span.hours, width):
        some = [pair for one in range(hour, hour + width) for pair in at.get(clock(one), [])]
        if len(some) >= LEAST_DAYS:
            found.append((float(hour * HOUR), min(low for low, _ in some), max(high for _, high in some)))
    return found


def _before(span: Span, before: Mapping[int, Hour]) -> float | None:
    """What it was at the end of the day, week or month before."""
    first, after = span.before.hours
    known = [hour for hour in before if first <= hour < after]
    return before[max(known)].average if known else None


def _is_unusual(points: Points, band: list[tuple[float, float, float]]) -> bool:
    """Whether a value is far from what the days before had at that hour."""
    around = {int(begin // HOUR): (low, high) for begin, low, high in band}
    for at, value in points:
        if value is None or int(at // HOUR) not in around:
            continue
        low, high = around[int(at // HOUR)]
        room = max(ROOM * (high - low), abs(high) * 0.1, 1e-9)
        if not low - room <= value <= high + room:
            return True
    return False
