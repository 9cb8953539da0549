"""How each check fared: bars, availability and the time its probe took, out of the history's hours."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from fixtures.declaration import PERIOD_SECONDS, SEVERITIES, Severity
from reporters.archive import HOUR
from reporters.daily.model import MARKS, Counts, Group, Mark, Row
from reporters.daily.spans import Cell, Span
from reporters.run import Result

Name = tuple[str, str]
"""Site and check."""

LOW: tuple[Severity, ...] = ("info", "warning")
PART = 0.5
"""An hour in which less than this share of its observations was made is ok only as far as it was seen."""

LATE = 1.2
"""A check's period may pass by so much before the hours after it are missing."""

HOURS = """
SELECT site, check_id, severity, hour, ok, failing, unknown, duration FROM hourly
WHERE hour >= ? AND hour < ? ORDER BY hour
"""
SUMS = """
SELECT site, check_id, severity, SUM(ok), SUM(failing), SUM(unknown) FROM hourly
WHERE hour >= ? AND hour < ? GROUP BY site, check_id, severity
"""
LONGEST = """
SELECT i.site, i.check_id, MAX(s.microseconds) / 1e6
FROM items AS i CROSS JOIN samples AS s ON s.item = i.id AND s.observed_at >= ? AND s.observed_at < ?
GROUP BY i.site, i.check_id
"""


class Seen(Struct):
    """What one check's hours hold: the worst of each, and the counts of each of its limits."""

    marks: dict[int, Mark]
    counts: dict[str, Counts]
    observed: int = 0
    seconds: float = 0.0
    longest: float = 0.0


def worst(marks: Iterable[Mark]) -> Mark:
    """The one to be shown of several."""
    return max(marks, key=MARKS.index, default="none")


def read(connection: sqlite3.Connection, span: Span, expected: float) -> dict[Name, Seen]:
    """Site and check -> its hours, from a day before the time on: what is daily may have been seen then.

    `expected`: how often a check of every run is observed in an hour.
    """
    first, after = span.hours
    found: dict[Name, Seen] = {}
    for site, check, severity, hour, ok, failing, unknown, seconds in connection.execute(
        HOURS, (first - 26, after)
    ):
        seen = found.get((site, check))
        if seen is None:
            seen = found[site, check] = Seen({}, {})
        mark: Mark = "ok" if ok >= expected * PART else "part"
        if failing:
            mark = "warning" if severity in LOW else "failing"
        elif unknown:
            mark = "unknown"
        seen.marks[hour] = max(seen.marks.get(hour, "none"), mark, key=MARKS.index)
        if hour >= first:
            number = ok + failing + unknown
            seen.counts.setdefault(severity, Counts()).add(ok, failing, unknown)
            seen.observed += number
            seen.seconds += seconds
            seen.longest = max(seen.longest, seconds / number if number else 0.0)
    if span.kind == "day":
        for site, check, longest in connection.execute(LONGEST, (span.begin, span.end)):
            if (site, check) in found:
                found[site, check].longest = longest
    return found


def sums(connection: sqlite3.Connection, span: Span) -> dict[Name, Counts]:
    """Site and check -> the counts of its gravest limit over a whole time."""
    found: dict[Name, dict[str, Counts]] = {}
    for site, check, severity, *counts in connection.execute(SUMS, span.hours):
        found.setdefault((site, check), {})[severity] = Counts(*counts)
    return {name: counts[gravest(counts)] for name, counts in found.items()}


def gravest(severities: Iterable[str]) -> Severity:
    """The worst of some severities."""
    return max((one for one in SEVERITIES if one in set(severities)), key=SEVERITIES.index, default="info")


class Scale(Struct, frozen=True):
    """What bars are drawn over: their cells, the hours in which a run began, and the hour of the present."""

    cells: Sequence[Cell]
    ran: Sequence[int]
    now: int

    def bars(self, seen: Seen, every: str) -> list[Mark]:
        """A mark for each cell."""
        period = PERIOD_SECONDS.get(every, 0)  # type: ignore[call-overload]
        marks = self._with_rests(seen, period) if period else seen.marks
        found: list[Mark] = []
        for cell in self.cells:
            hours = range(cell.first, min(cell.after, self.now + 1))
            own = [self._settled(marks.get(hour, "none"), hour, period) for hour in hours]
            mark: Mark = worst(own) if own else "ahead"
            found.append("part" if mark in ("ok", "rest") and "none" in own else mark)
        return found

    def _settled(self, mark: Mark, hour: int, period: int) -> Mark:
        """The present hour has not all its observations yet, and what is not of every run never has."""
        if mark == "part" and (period or hour == self.now):
            return "ok"
        return "ahead" if mark == "none" and hour == self.now else mark

    def _with_rests(self, seen: Seen, period: int) -> dict[int, Mark]:
        """The hours in which it was not due: runs came, and it was ok within its period."""
        found = dict(seen.marks)
        known = sorted(seen.marks)
        reach = max(1, int(period / HOUR * LATE))
        for hour in self.ran:
            place = bisect_left(known, hour)
            if hour in seen.marks or not place:
                continue
            last = known[place - 1]
            if hour - last <= reach and seen.marks[last] in ("ok", "part"):
                found[hour] = "rest"
        return found


def groups(
    seen: Mapping[Name, Seen], before: Mapping[Name, Counts], told: Mapping[Name, Result], scale: Scale
) -> list[Group]:
    """All checks that were observed, or should have been, by site and subject."""
    members: dict[Name, list[Row]] = {}
    for name in sorted({name for name, one in seen.items() if one.counts} | set(told)):
        one, result = seen.get(name) or Seen({}, {}), told.get(name)
        severity = gravest(one.counts) if one.counts else result.severity if result else "info"
        row = Row(
            site=name[0],
            check=name[1],
            group=result.group if result else "",
            severity=severity,
            every=result.every if result else "run",
            summary=result.summary if result else "",
            runbook=result.runbook if result else "",
            counts=one.counts.get(severity, Counts()),
            before=before.get(name, Counts()),
            bars=scale.bars(one, result.every if result else "run"),
            seconds=(one.seconds / one.observed if one.observed else 0.0, one.longest),
            events=result.events if result else "",
        )
        members.setdefault((row.site, row.group), []).append(row)
    found = []
    for (site, group), rows in sorted(members.items()):
        bars = [worst(marks) for marks in zip(*(row.bars for row in rows), strict=True)]
        total = (pooled(row.counts for row in rows), pooled(row.before for row in rows))
        found.append(Group(site, group, *total, bars, rows))
    return found


def pooled(counts: Iterable[Counts]) -> Counts:
    """All of them together."""
    found = Counts()
    for one in counts:
        found.add(one.ok, one.failing, one.unknown)
    return found
