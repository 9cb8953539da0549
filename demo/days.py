"""What comes to a site by chance, day by day: the same for the same day whenever it is asked.

An association is quiet at night, at weekends, on holidays and in summer. Moments are drawn on the real
time line and told in the site's local time, so a night on which clocks change has its gap or its hour twice.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from fixtures.target2 import closing_days

ZONE = "Europe/Amsterdam"
DAY = 86400
WEEKDAY = (1.15, 1.15, 1.1, 1.0, 1.0, 0.85, 0.75)
SUMMER, HOLIDAY = 0.8, 0.55
HOUR = (2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 8, 9, 9, 9, 8, 8, 9, 12, 13, 11, 7, 4)
"""How lively the hours of a day are, against each other; of UTC, which is near enough."""


def weight(day: date) -> float:
    """How lively a day is; an ordinary one is 1."""
    found = WEEKDAY[day.weekday()] * (SUMMER if day.month in (7, 8) else 1)
    return found * (HOLIDAY if day in closing_days(day.year) else 1)


@lru_cache(maxsize=4096)
def _day(kind: str, number: int, per_day: float) -> tuple[tuple[float, datetime], ...]:
    """(epoch, local time) of one UTC day's moments, in order; `number` counts days from 1970."""
    chance = random.Random(f"{kind} {number}")
    mean = per_day * weight(datetime.fromtimestamp(number * DAY, UTC).date())
    count = max(0, round(chance.gauss(mean, mean**0.5)))  # near enough to Poisson
    hours = chance.choices(range(24), HOUR, k=count)
    epochs = sorted(number * DAY + hour * 3600 + chance.randrange(3600) for hour in hours)
    return tuple((at, local(at)) for at in epochs)


def local(at: float) -> datetime:
    """The site's naive local time."""
    return datetime.fromtimestamp(at, ZoneInfo(ZONE)).replace(tzinfo=None)


def moments(kind: str, per_day: float, until: float, days: float) -> list[datetime]:
    """Local times of what came in the `days` up to `until` (in epoch seconds), the newest first."""
    first, last = int((until - days * DAY) // DAY), int(until // DAY)
    found = [one for number in range(first, last + 1) for one in _day(kind, number, per_day)]
    return [moment for at, moment in reversed(found) if until - days * DAY <= at <= until]


def counts(kind: str, per_day: float, until: float, days: int) -> dict[int, int]:
    """Days ago -> how many came on that local day."""
    today = local(until).date()
    found: dict[int, int] = {}
    for moment in moments(kind, per_day, until, days + 1):
        ago = (today - moment.date()).days
        found[ago] = found.get(ago, 0) + 1
    return found
