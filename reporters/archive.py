"""Keeps the history small: results for 90 days, hours for 400, days for ten years; a little in each run.

It rolls up, and does not count while a run is recorded: an hour is worked out from its results once it has
ended, a day from its hours, and replaces what stood there. So doing it again changes nothing, a kill between
two steps loses nothing, a run writes no rows that it would rewrite eleven times within the hour, and a late
result only makes its hour stale again (`archive_tables`). The view `hourly` has the hours that are not worked
out yet as well, from few rows of `results`. An hour belongs to the day in which it begins.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from fixtures import clock
from reporters.history import transaction

if TYPE_CHECKING:
    from reporters.publish import Told

HOUR = 3600
DAY = 86400

RESULTS_DAYS = 90
HOURS_DAYS = 400
DAILY_DAYS = 3653
RUNS_DAYS = 400

SECONDS = 1.0
"""After so long no further step is begun: what is left waits for the next run."""

WAIT_SECONDS = 2.0
"""How long another who writes is waited for, before it is an error that the run tells."""

ROWS = 5000
"""Rows that one run deletes at most of a table; a run adds some 330."""

PAGES = 500
"""Pages that one run gives back to the file system at most."""

SPARE_PAGES = 1000
"""Free pages that stay in the file for the rows to come."""

SMALL_BYTES = 64 * 2**20
"""A file that cannot shrink yet is rewritten once while it is small; a larger one uses its room again."""


class Done(Struct):
    """What was done: hours and days worked out, rows deleted, pages given back."""

    hours: int = 0
    days: int = 0
    deleted: int = 0
    pages: int = 0


def report(told: Told) -> None:
    """Tidy the history; opened anew, since this runs in a thread of its own."""
    path = told.public.parent / "history.sqlite"
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
        tidy(connection, clock.now(), told.settings.alerts.time_zone)


def tidy(connection: sqlite3.Connection, at: float, zone: str, seconds: float = SECONDS) -> Done:
    """Do what is due, step by step, each step a transaction of its own, until the time is up."""
    end, done = clock.monotonic() + seconds, Done()
    for _ in _steps(connection, at, ZoneInfo(zone), done):
        if clock.monotonic() >= end:
            break
    return done


def _steps(connection: sqlite3.Connection, at: float, zone: ZoneInfo, done: Done) -> Iterator[None]:
    stale = connection.execute(
        "SELECT hour FROM stale_hours WHERE hour < ? ORDER BY hour", (int(at // HOUR),)
    ).fetchall()
    for (hour,) in stale:
        with transaction(connection):
            connection.execute(ROLL_HOUR, (hour, hour * HOUR, (hour + 1) * HOUR))
            connection.execute("INSERT OR IGNORE INTO stale_days VALUES (?)", (_day(hour, zone).isoformat(),))
            connection.execute("DELETE FROM stale_hours WHERE hour = ?", (hour,))
        done.hours += 1
        yield
    # A day is worked out once it is over, and never before its hours: who finds it finds all of it.
    today = datetime.fromtimestamp(at, UTC).astimezone(zone).date().isoformat()
    for (day,) in connection.execute(
        "SELECT day FROM stale_days WHERE day < ? ORDER BY day", (today,)
    ).fetchall():
        with transaction(connection):
            connection.execute(ROLL_DAY, (day, *hours_of(date.fromisoformat(day), zone)))
            connection.execute("DELETE FROM stale_days WHERE day = ?", (day,))
        done.days += 1
        yield
    yield from _forget(connection, at, done)
    yield from _shrink(connection, done)


ROLL_HOUR = """
INSERT INTO hours
SELECT ?, i.id, SUM(s.status = 0), SUM(s.status = 1), SUM(s.status = 2),
    MIN(s.value), SUM(s.value), MAX(s.value), COUNT(s.value), SUM(s.microseconds)
FROM items AS i CROSS JOIN samples AS s ON s.item = i.id AND s.observed_at >= ? AND s.observed_at < ?
GROUP BY i.id
ON CONFLICT DO UPDATE SET ok = excluded.ok, failing = excluded.failing, unknown = excluded.unknown,
    lowest = excluded.lowest, total = excluded.total, highest = excluded.highest, valued = excluded.valued,
    microseconds = excluded.microseconds
WHERE excluded.ok + excluded.failing + excluded.unknown >= ok + failing + unknown
"""
"""Never by fewer results than it has: one that comes when the others of its hour are deleted is too late."""

ROLL_DAY = """
INSERT INTO daily
SELECT i.site, i.check_id, i.severity, ?, SUM(h.ok), SUM(h.failing), SUM(h.unknown),
    MIN(h.lowest), SUM(h.total) / SUM(h.valued), MAX(h.highest), SUM(h.microseconds) / 1e6
FROM hours AS h CROSS JOIN items AS i ON i.id = h.item WHERE h.hour >= ? AND h.hour < ?
GROUP BY h.item
ON CONFLICT DO UPDATE SET ok = excluded.ok, failing = excluded.failing, unknown = excluded.unknown,
    lowest = excluded.lowest, average = excluded.average, highest = excluded.highest,
    duration = excluded.duration
WHERE excluded.ok + excluded.failing + excluded.unknown >= ok + failing + unknown
"""


def _day(hour: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(hour * HOUR, UTC).astimezone(zone).date()


def hours_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The first hour since the epoch that begins on a day, and the first that begins after it."""
    midnights = (datetime.combine(one, datetime.min.time(), zone) for one in (day, day + timedelta(days=1)))
    first, after = (-int(-midnight.timestamp() // HOUR) for midnight in midnights)
    return first, after


def _forget(connection: sqlite3.Connection, at: float, done: Done) -> Iterator[None]:
    """Delete what is older than it is kept, whole days of it, and no result that is not rolled up yet."""
    before = (at // DAY - RESULTS_DAYS) * DAY
    (stale,) = connection.execute("SELECT MIN(hour) FROM stale_hours").fetchone()
    before = before if stale is None else min(before, stale * HOUR)
    left = ROWS
    for (item,) in connection.execute("SELECT id FROM items").fetchall():
        deleted = connection.execute(FORGET_SAMPLES, (item, before, left)).rowcount
        left -= deleted
        done.deleted += deleted
        if left <= 0:
            break
        if deleted:
            yield
    day = (datetime.fromtimestamp(at, UTC) - timedelta(days=DAILY_DAYS)).date().isoformat()
    started = at - RUNS_DAYS * DAY
    run = f"{datetime.fromtimestamp(started, UTC):%Y%m%dT%H%M%SZ}"
    for statement, values in (
        (FORGET_HOURS, (int(at // DAY - HOURS_DAYS) * 24,)),
        (FORGET_DAILY, (day,)),
        (FORGET_RUNS, (run, started)),
    ):
        done.deleted += connection.execute(statement, (*values, ROWS)).rowcount
        yield


FORGET_SAMPLES = """
DELETE FROM samples WHERE (item, observed_at) IN (
    SELECT item, observed_at FROM samples WHERE item = ? AND observed_at < ? ORDER BY observed_at LIMIT ?)
"""
FORGET_HOURS = """
DELETE FROM hours WHERE (hour, item) IN (SELECT hour, item FROM hours WHERE hour < ? LIMIT ?)
"""
FORGET_DAILY = """
DELETE FROM daily WHERE (day, site, check_id, severity) IN (
    SELECT day, site, check_id, severity FROM daily WHERE day < ? LIMIT ?)
"""
FORGET_RUNS = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE id < ? AND started < ? LIMIT ?)"
"""A run's id begins with its time, so this reads only what is old."""


def _shrink(connection: sqlite3.Connection, done: Done) -> Iterator[None]:
    """Give room back that is free, some pages a run; others may read meanwhile."""
    facts = ("auto_vacuum", "freelist_count", "page_count", "page_size")
    mode, free, pages, size = (connection.execute(f"PRAGMA {fact}").fetchone()[0] for fact in facts)
    if mode == 0 and pages * size <= SMALL_BYTES:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
        yield
    elif mode != 0 and free > SPARE_PAGES:
        done.pages = min(free - SPARE_PAGES, PAGES)
        connection.execute(f"PRAGMA incremental_vacuum({done.pages})").fetchall()
        yield
