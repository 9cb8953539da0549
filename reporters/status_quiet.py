"""Silences and maintenance windows for the status page: those that hold, and those that are planned."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from fixtures.schema import Alerts
from reporters import quiet
from reporters.quiet import Scope, Silence

AHEAD_DAYS = 7
SETTINGS = "settings-"
"""How the id of a window of the settings begins: it was planned, and the public may know."""


def begun(connection: sqlite3.Connection, at: float) -> list[Silence]:
    """Those of the command line that hold, or will."""
    rows = connection.execute(
        "SELECT id, scope, owner, because, starts, ends FROM silences WHERE ends > ? ORDER BY starts", (at,)
    )
    return [Silence(str(id_), msgspec.json.decode(scope, type=Scope), *rest) for id_, scope, *rest in rows]


def windows(settings: Alerts, at: float) -> list[Silence]:
    """The windows of the settings that hold, or begin within a week; of each the next."""
    found = []
    zone = ZoneInfo(settings.time_zone)
    here = datetime.fromtimestamp(at, UTC).astimezone(zone)
    for number, one in enumerate(settings.silences):
        times: tuple[float, float] | None = None
        if one.every is None:
            since, until = (
                datetime.fromisoformat(told or "").replace(tzinfo=zone).timestamp()
                for told in (one.since, one.until)
            )
            times = (since, until)
        elif (parsed := quiet.WINDOW.match(one.every)) is not None:
            times = quiet.window(one.every, at, settings.time_zone)
            hour, minute = (int(part) for part in parsed[3].split(":"))
            for ahead in range(AHEAD_DAYS + 1):
                begin = (here + timedelta(days=ahead)).replace(hour=hour, minute=minute, second=0)
                if times is None and begin.timestamp() >= at:
                    times = quiet.window(one.every, begin.timestamp(), settings.time_zone)
        if times and times[0] <= at + AHEAD_DAYS * 86400 and times[1] > at:
            scope = Scope(one.checks, one.groups, one.sites)
            found.append(Silence(f"{SETTINGS}{number}", scope, one.owner, one.because, *times))
    return found
