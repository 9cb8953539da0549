"""How each check fared by hour and by day, for the bars of the status page and for `history.json`.

Whole days come from the table `daily`, which is kept small; what is not in it yet is counted from `results`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

SHOWN = 90
"""Days in the bars."""

HOUR = 3600
DAY = 86400

Mark = Literal["ok", "unknown", "failing", "none"]
Name = tuple[str, str]
"""Site and check."""


class Counts(Struct):
    """Results of a time by status."""

    ok: int = 0
    failing: int = 0
    unknown: int = 0

    def add(self, ok: int, failing: int, unknown: int) -> None:
        """Count more."""
        self.ok += ok
        self.failing += failing
        self.unknown += unknown

    @property
    def mark(self) -> Mark:
        """The worst of it; none where nothing was counted."""
        if self.failing:
            return "failing"
        if self.unknown:
            return "unknown"
        return "ok" if self.ok else "none"


class Past(Struct, frozen=True):
    """`days` and `hours`: (site, check) -> what was counted in each; an hour is one since the epoch."""

    today: date
    hour: int
    days: Mapping[Name, Mapping[date, Counts]]
    hours: Mapping[Name, Mapping[int, Counts]]

    def bars(self, names: Iterable[Name]) -> list[Mark]:
        """The worst of these checks on each day, the oldest first."""
        found: list[Mark] = ["none"] * SHOWN
        last = self.today.toordinal()
        for own in (self.days[name] for name in names if name in self.days):
            for day, counts in own.items():
                back = last - day.toordinal()
                if 0 <= back < SHOWN:
                    found[-1 - back] = worst((found[-1 - back], counts.mark))
        return found

    def last_hours(self, name: Name, count: int = 24) -> list[Mark]:
        """The worst of each hour, the oldest first; the last is the present one."""
        own = self.hours.get(name, {})
        return [
            own[hour].mark if hour in own else "none" for hour in range(self.hour - count + 1, self.hour + 1)
        ]


ORDER: tuple[Mark, ...] = ("none", "ok", "unknown", "failing")


def worst(marks: Iterable[Mark]) -> Mark:
    """Failing before unknown before ok."""
    return max(marks, key=ORDER.index, default="none")


def past(connection: sqlite3.Connection, at: float, zone: str) -> Past:
    """The hours and days up to a moment, days by the clock of a time zone."""
    here = ZoneInfo(zone)
    today = datetime.fromtimestamp(at, UTC).astimezone(here).date()
    first = today - timedelta(days=SHOWN - 1)
    days: dict[Name, dict[date, Counts]] = {}
    hours: dict[Name, dict[int, Counts]] = {}
    counted = _daily(connection, first, today, days)
    begin = datetime.combine(counted, datetime.min.time(), here).timestamp()
    known: dict[int, date] = {}
    for site, check, hour, *counts in connection.execute(HOURS, (min(begin, at - DAY), at)):
        name = site, check
        hours.setdefault(name, {}).setdefault(hour, Counts()).add(*counts)
        day = known.get(hour)
        if day is None:
            day = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(here).date()
            known[hour] = day
        if day >= counted:
            days.setdefault(name, {}).setdefault(day, Counts()).add(*counts)
    return Past(today, int(at // HOUR), days, hours)


HOURS = """
SELECT r.site, r.check_id, CAST(r.observed_at / 3600 AS INTEGER),
    SUM(r.status = 'ok'), SUM(r.status = 'failing'), SUM(r.status = 'unknown')
FROM current AS c CROSS JOIN results AS r
    ON r.site = c.site AND r.check_id = c.check_id AND r.severity = c.severity AND r.observed_at >= ?
WHERE r.observed_at <= ?
GROUP BY 1, 2, 3
"""
"""As much is read as is new, however large the table is: CROSS JOIN keeps SQLite from scanning `results`."""


def _daily(
    connection: sqlite3.Connection, first: date, today: date, days: dict[Name, dict[date, Counts]]
) -> date:
    """Read the days that are counted already; gives the first that is not."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'daily'")
    if known.fetchone() is None:
        return first
    last = None
    rows = connection.execute(
        "SELECT site, check_id, day, SUM(ok), SUM(failing), SUM(unknown) FROM daily"
        " WHERE day >= ? AND day < ? GROUP BY site, check_id, day",
        (first.isoformat(), today.isoformat()),
    )
    for site, check, told, *counts in rows:
        day = date.fromisoformat(told)
        days.setdefault((site, check), {}).setdefault(day, Counts()).add(*counts)
        last = max(last or day, day)
    return last + timedelta(days=1) if last else first
