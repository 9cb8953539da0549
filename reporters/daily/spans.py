"""The time that a report is about; times are in epoch seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from reporters.archive import HOUR, hours_of

Kind = Literal["day", "week", "month"]


class Cell(Struct, frozen=True):
    """One bar's time: hours since the epoch, the second one not included, and what it is called."""

    first: int
    after: int
    label: str


class Span(Struct, frozen=True):
    """A day, a week from Monday, or a month by the clock of a time zone; `after` is the day that follows it.

    An hour belongs to the day in which it begins, as in the archive: a day has 23, 24 or 25.
    """

    kind: Kind
    first: date
    after: date
    zone: str

    @property
    def hours(self) -> tuple[int, int]:
        """Its first hour since the epoch, and the first after it."""
        zone = ZoneInfo(self.zone)
        return hours_of(self.first, zone)[0], hours_of(self.after, zone)[0]

    @property
    def begin(self) -> float:
        """When it begins."""
        return float(self.hours[0] * HOUR)

    @property
    def end(self) -> float:
        """When it ends."""
        return float(self.hours[1] * HOUR)

    @property
    def slug(self) -> str:
        """2026-11-05, 2026-W45 or 2026-11: the page's name."""
        if self.kind == "week":
            return f"{self.first:%G-W%V}"
        return f"{self.first:%Y-%m}" if self.kind == "month" else self.first.isoformat()

    @property
    def before(self) -> Span:
        """The one before it."""
        return span(self.kind, self.first - timedelta(days=1), self.zone)

    @property
    def next(self) -> Span:
        """The one after it."""
        return span(self.kind, self.after, self.zone)

    def cells(self) -> list[Cell]:
        """A bar for each hour of a day, for each day of a week or a month."""
        zone = ZoneInfo(self.zone)
        if self.kind == "day":
            labels = ((hour, datetime.fromtimestamp(hour * HOUR, UTC)) for hour in range(*self.hours))
            return [Cell(hour, hour + 1, f"{at.astimezone(zone):%H:%M}") for hour, at in labels]
        days = [self.first + timedelta(days=n) for n in range((self.after - self.first).days + 1)]
        edges = [hours_of(day, zone)[0] for day in days]
        return [Cell(*edge, day.isoformat()) for edge, day in zip(pairwise(edges), days, strict=False)]


def span(kind: Kind, day: date, zone: str) -> Span:
    """The day, week or month that a day is in."""
    if kind == "day":
        return Span(kind, day, day + timedelta(days=1), zone)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Span(kind, monday, monday + timedelta(days=7), zone)
    first = day.replace(day=1)
    return Span(kind, first, (first + timedelta(days=31)).replace(day=1), zone)
