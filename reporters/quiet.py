"""When a message waits: silences, maintenance windows, and the hours of a route, in the site's local time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from fixtures.schema import Alerts, SettingsError
from reporters.run import Result

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WINDOW = re.compile(
    r"^(?:(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))? )?(\d\d:\d\d)-(\d\d:\d\d)\Z",
    re.ASCII,
)
HOLIDAY, NO_HOLIDAY = "holiday", "not holiday"
"""`mon-fri 09:00-17:30, not holiday` are working hours; `sat-sun 00:00-00:00, holiday` would be the rest."""


class Scope(Struct, frozen=True):
    """Which results something is about: names with * and ?; a prefix `!` is not known."""

    checks: tuple[str, ...] = ("*",)
    groups: tuple[str, ...] = ("*",)
    sites: tuple[str, ...] = ("*",)

    def holds(self, result: Result) -> bool:
        """Whether a result is meant."""
        return (
            any(fnmatchcase(result.check, one) for one in self.checks)
            and any(fnmatchcase(result.group, one) for one in self.groups)
            and any(fnmatchcase(result.site, one) for one in self.sites)
        )

    def __str__(self) -> str:
        named = [*self.checks, *self.groups, *self.sites]
        return " ".join(dict.fromkeys(one for one in named if one != "*")) or "*"


class Silence(Struct, frozen=True):
    """A time in which nothing is told of what it is about; times in epoch seconds."""

    id: str
    scope: Scope
    owner: str
    because: str
    starts: float
    ends: float

    def active(self, at: float) -> bool:
        """Whether it holds now."""
        return self.starts <= at < self.ends


def seconds(text: str) -> float:
    """`90m` in seconds."""
    return float(text[:-1]) * UNITS[text[-1]]


def in_hours(text: str, at: float, settings: Alerts) -> bool:
    """Whether a moment is within hours: a name of `alerts.hours`, `always`, or windows themselves.

    Windows stand with commas between them; `not holiday` leaves out public holidays, and `holiday` adds them.
    """
    said = settings.hours.get(text, text)
    if "always" in (text, said):
        return True
    here = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(settings.time_zone))
    parts = [part.strip() for part in said.split(",")]
    named = {HOLIDAY, NO_HOLIDAY} & {*parts}
    day = bool(named) and here.date() in _holidays(settings.holidays, here.year)
    if NO_HOLIDAY in named and day:
        return False
    return (HOLIDAY in named and day) or any(_within(part, here) for part in parts if WINDOW.match(part))


def window(text: str, at: float, zone: str) -> tuple[float, float] | None:
    """(start, end) of the weekly window that holds a moment, or None."""
    here = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    for back in (0, 1):  # one that began yesterday may last beyond midnight
        day = here - timedelta(days=back)
        days, begins, ends = _parsed(text)
        if day.weekday() not in days:
            continue
        start = day.replace(hour=begins // 60, minute=begins % 60, second=0, microsecond=0)
        length = (ends - begins) % 1440 or 1440
        end = start + timedelta(minutes=length)
        if start <= here < end:
            return start.timestamp(), end.timestamp()
    return None


def _parsed(text: str) -> tuple[set[int], int, int]:
    found = WINDOW.match(text)
    assert found is not None, text
    first, last, begins, ends = found.groups()
    if first is None:
        days = set(range(7))
    else:
        start, stop = DAYS.index(first), DAYS.index(last or first)
        days = {(start + step) % 7 for step in range((stop - start) % 7 + 1)}
    return days, _minutes(begins), _minutes(ends)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _within(text: str, here: datetime) -> bool:
    return window(text, here.timestamp(), str(here.tzinfo)) is not None


@cache
def _holidays(country: str, year: int) -> frozenset[object]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


def configured(settings: Alerts, at: float) -> list[Silence]:
    """The windows of the settings that hold a moment, or are about to: as silences with their times."""
    found = []
    for number, one in enumerate(settings.silences):
        scope = Scope(one.checks, one.groups, one.sites)
        if one.every:
            times = window(one.every, at, settings.time_zone)
        else:
            times = (_moment(one.since, settings), _moment(one.until, settings))
        if times and times[0] <= at < times[1]:
            found.append(Silence(f"settings-{number}-{times[0]:.0f}", scope, one.owner, one.because, *times))
    return found


def holding(silences: Iterable[Silence], result: Result, at: float) -> Silence | None:
    """The silence that holds back what is told of a result."""
    return next((one for one in silences if one.active(at) and one.scope.holds(result)), None)


def check(settings: Alerts) -> None:
    """SettingsError for hours or windows that say nothing."""
    try:
        ZoneInfo(settings.time_zone)
    except (KeyError, ValueError, OSError):
        raise SettingsError(f"alerts.time_zone = {settings.time_zone!r}: no such time zone") from None
    _check_hours(settings)
    for number, one in enumerate(settings.silences):
        where = f"alerts.silences[{number}]"
        if one.every is None:
            for key, said in (("since", one.since), ("until", one.until)):
                if _time(said) is None:
                    raise SettingsError(f"{where}.{key} = {said!r}: allowed: like '2026-12-01T22:00'")
        elif not (WINDOW.match(one.every) and _clock(one.every)):
            raise SettingsError(f"{where}.every = {one.every!r}: allowed: like 'sun 02:00-04:00'")


def _check_hours(settings: Alerts) -> None:
    named = {f"alerts.hours.{name}": (text, text) for name, text in settings.hours.items()}
    named |= {
        f"alerts.routes[{number}].hours": (route.hours, settings.hours.get(route.hours, route.hours))
        for number, route in enumerate(settings.routes)
    }
    for key, (text, said) in named.items():
        if (
            text != "always"
            and said != "always"
            and not all(_sound(part.strip()) for part in said.split(","))
        ):
            raise SettingsError(
                f"{key} = {text!r}: allowed: always, a name of alerts.hours, or like"
                " 'mon-fri 09:00-17:30, not holiday'"
            )
    if any(HOLIDAY in said for _, said in named.values()):
        try:
            _holidays(settings.holidays, 2026)
        except NotImplementedError:
            raise SettingsError(
                f"alerts.holidays = {settings.holidays!r:.60}: no such country; it must be a code like NL"
            ) from None


def _sound(part: str) -> bool:
    return part in (HOLIDAY, NO_HOLIDAY) or bool(WINDOW.match(part) and _clock(part))


def _clock(text: str) -> bool:
    return all(int(hour) < 24 and int(minute) < 60 for hour, minute in re.findall(r"(\d\d):(\d\d)", text))


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def _moment(text: str | None, settings: Alerts) -> float:
    found = _time(text)
    assert found is not None
    return found.replace(tzinfo=ZoneInfo(settings.time_zone)).timestamp()
