"""A history for reports: 90 days of a run every five minutes, with a bad day at its end; always the same."""

from __future__ import annotations

import contextlib
import json
import math
import random
import sqlite3
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from fixtures.catalogue import declared, functions, group
from fixtures.schema import Alerts, Silence
from reporters import archive
from reporters.history import History
from reporters.run import Result

ZONE = "Europe/Amsterdam"
SITE = "leden.example.nl"
EACH = 300
DAY = 86400
LAST = datetime(2026, 11, 5, tzinfo=ZoneInfo(ZONE))
"""The day that is reported of; clocks went back eleven days before."""

OFTEN = (
    "site_answers",
    "login_page_works",
    "site_answer_seconds",
    "database_answers",
    "database_connections_percent",
    "database_longest_query_seconds",
    "redis_cache_answers",
    "redis_queue_answers",
    "rq_workers_alive",
    "rq_oldest_job_age_seconds",
    "rq_failed_jobs_1h",
    "scheduler_enabled",
    "scheduler_process_runs",
    "error_rate",
    "disk_usage",
    "memory_available_percent",
    "load_per_core",
    "backup_age_hours",
    "mail_oldest_unsent_age_seconds",
    "mail_waiting",
    "sepa_batches_due_without_file",
    "failed_logins_1h",
    "tls_certificate_days_left",
)
QUEUE = ("rq_workers_alive", "rq_oldest_job_age_seconds", "rq_failed_jobs_1h")
ALERTS = Alerts(
    runbook_url="https://docs.example.nl/runbook",
    silences=(Silence(owner="hosting", because="updates of the operating system", every="thu 02:00-04:00"),),
)
USUAL = {
    "active_users_24h": (214, 0.5),
    "errors_24h": (19, 0.7),
    "members_active": (1834, 0.002),
    "database_size_bytes": (3.1e9, 0.01),
    "largest_table_bytes": (6.2e8, 0.01),
    "invoices_today": (40, 0.9),
    "active_sessions": (160, 0.5),
}


def chosen(count: int = 40) -> list[str]:
    """Every check with a named figure, the usual ones, and others up to so many."""
    known = declared()
    named = [name for name, one in known.items() if one.metric]
    rest = [name for name in known if name not in named and name not in OFTEN]
    return [*named, *(name for name in OFTEN if name in known), *rest][:count]


def results(names: list[str], at: float) -> list[Result]:
    """What each check last said of itself."""
    found = []
    for name in names:
        check = declared()[name]
        limits = check.limits or ((check.severity or "warning", None),)
        found += [
            Result(
                check=name,
                site=SITE,
                group=group(name),
                severity=severity,
                status="ok",
                value=1.0 if limit is not None else True,
                limit=limit,
                direction=(">=" if check.at_least else "<=") if limit is not None else None,
                unit=check.unit,
                observed_at=at,
                duration=0.01,
                summary=(functions()[name].__doc__ or "").splitlines()[0],
                runbook=f"runbook/{name}.md",
                every=check.every,
                smoke=check.smoke,
                depends_on=check.depends_on,
                metric=check.metric,
                events=check.events,
            )
            for severity, limit in limits
        ]
    return found


def ended(history: History) -> None:
    """Close it, unless it is another thread that finds it: SQLite allows that to its own alone."""
    with contextlib.suppress(sqlite3.ProgrammingError):
        history.close()


class Made:
    """A history file with a past up to the end of a day."""

    def __init__(self, folder: Path, days: int = 90, count: int = 40, end: datetime | None = None) -> None:
        self.path = folder / "history.sqlite"
        self.history = History(self.path)
        weakref.finalize(self, ended, self.history)  # not each test that makes one ends it
        self.connection: sqlite3.Connection = self.history.connection
        self.connection.execute("PRAGMA synchronous = OFF")
        self.end = ((end or LAST) + timedelta(days=1)).timestamp()
        self.begin = self.end - days * DAY
        self.results = results(chosen(count), self.end - 60)
        self.ids: dict[tuple[str, str], int] = {}
        with self.connection as file:
            file.execute("BEGIN")
            for number, one in enumerate(self.results, 1):
                self.ids[one.check, one.severity] = number
                key = (one.site, one.check, one.severity)
                file.execute("INSERT INTO items VALUES (?, ?, ?, ?)", (number, *key))
                shown = json.dumps(asdict(one))
                file.execute("INSERT INTO current VALUES (?,?,?,?,0,0,0,?)", (*key, "ok", shown))
            self._fill(days)
            file.execute(
                "INSERT INTO stale_hours SELECT DISTINCT CAST(observed_at / 3600 AS INTEGER) FROM samples"
            )

    def _fill(self, days: int) -> None:
        """A week by a random number generator, and the weeks before it as copies of that."""
        dice = random.Random(7)
        rows, values = [], {}
        for one in self.results:
            period = {"run": EACH, "hourly": 3600, "daily": DAY}[one.every]
            cost = int(1e3 * dice.choice((0.4, 0.9, 2, 5, 12, 40, 90)))
            begin = self.end - min(7, days) * DAY + (6 * 3600 if one.every == "daily" else 0)
            phase = dice.random() * 3
            for step in range(int(min(7, days) * DAY // period)):
                at = begin + step * period + 2
                if (one.check, at) not in values:
                    values[one.check, at] = None if one.limit is None else curve(one, at, phase, dice)
                value = values[one.check, at]
                spent = int(cost * (0.7 + 0.6 * dice.random()))
                rows.append((self.ids[one.check, one.severity], at, 0, value, one.limit, spent, None))
        execute = self.connection.execute
        self.connection.executemany("INSERT INTO samples VALUES (?,?,?,?,?,?,?)", rows)
        for week in range(1, -(-days // 7)):
            execute(
                "INSERT INTO samples SELECT item, observed_at - ?, status, value, limit_value, microseconds,"
                " reason FROM samples WHERE observed_at >= ? AND observed_at - ? >= ?",
                (week * 7 * DAY, self.end - 7 * DAY, week * 7 * DAY, self.begin),
            )
        for step in range(days * DAY // EACH):
            self.run(self.begin + step * EACH)

    def run(self, at: float, *, complete: bool = True) -> None:
        """The record of one run."""
        name = f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}-1a2b"
        self.connection.execute(
            "INSERT INTO runs VALUES (?, ?, 2.0, 0, ?, 300, 'full')", (name, at, complete)
        )

    def change(
        self, check: str, begin: float, end: float, status: str, reason: str = "", value: float | None = None
    ) -> None:
        """Every limit of a check, for a time."""
        number = ("ok", "failing", "unknown").index(status)
        with self.connection as file:
            file.execute(
                "UPDATE samples SET status = ?, reason = ?, value = iif(? = 2, NULL, coalesce(?, value)) WHERE"
                " item IN (SELECT id FROM items WHERE check_id = ?) AND observed_at >= ? AND observed_at < ?",
                (number, reason, number, value, check, begin, end),
            )
            self.stale(begin, end)

    def drop(self, begin: float, end: float) -> None:
        """No run at all for a time."""
        with self.connection as file:
            file.execute("DELETE FROM samples WHERE observed_at >= ? AND observed_at < ?", (begin, end))
            file.execute("DELETE FROM runs WHERE started >= ? AND started < ?", (begin, end))
            file.execute(
                "DELETE FROM hours WHERE hour >= ? AND hour <= ?", (int(begin // 3600), int(end // 3600))
            )
            self.stale(begin, end)

    def stale(self, begin: float, end: float) -> None:
        """What was touched is worked out anew."""
        for hour in range(int(begin // 3600), int(end // 3600) + 1):
            self.connection.execute("INSERT OR IGNORE INTO stale_hours VALUES (?)", (hour,))

    def incident(
        self, number: int, check: str, since: float, ended: float | None, root: str | None = None, **more: str
    ) -> None:
        """A row of the table."""
        one = next(result for result in reversed(self.results) if result.check == check)
        told = {"severity": one.severity, "status": "failing"} | more
        row = (f"i{number}", SITE, check, one.group, told["severity"], told["status"], since, ended, root)
        self.connection.execute("INSERT INTO incidents VALUES (?,?,?,?,?,?,?,?,?)", row)

    def settle(self) -> None:
        """Hours and days as the archive has them after a while."""
        while (done := archive.tidy(self.connection, self.end + 7 * 3600, ZONE)) != archive.Done(
            pages=done.pages
        ):
            pass


def curve(one: Result, at: float, phase: float, dice: random.Random) -> float:
    """A value with a day and a night in it, on the good side of its limit."""
    here = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(ZONE))
    day = math.exp(-(((here.hour + here.minute / 60 - 14 - phase) / 4.5) ** 2))
    if one.check in USUAL:
        usual, swing = USUAL[one.check]
        value = usual * (1 - swing + swing * day + 0.02 * (dice.random() - 0.5))
        if one.check == "database_size_bytes":
            value += (at - LAST.timestamp()) / DAY * 2e6
    elif one.direction == ">=":
        value = (one.limit or 1) * (1.3 + 0.4 * day + 0.05 * dice.random())
    else:
        value = (one.limit or 0) * (0.1 + 0.25 * day + 0.05 * dice.random())
    return round(value, 1) if one.unit in ("%", "s", "seconds", "hours", "") else float(round(value))


def troubled(folder: Path, **options: Any) -> Made:
    """A bad day: Redis was down before noon, errors came with it, a run was missed at night."""
    made = Made(folder, **options)
    day = made.end - DAY
    noon = day + 12 * 3600
    made.change("redis_queue_answers", day + 38400, noon - 300, "failing", "connection refused")
    for name in QUEUE:
        made.change(name, day + 38400, noon - 300, "unknown", "blocked: redis_queue_answers fails")
    made.change("errors_24h", day + 39600, made.end, "failing", "assert 73 <= 50 errors (warning limit)")
    with made.connection as file:
        file.execute(
            "UPDATE samples SET value = 24 + (observed_at - ?) / 900 WHERE item IN (SELECT id FROM items"
            " WHERE check_id = 'errors_24h') AND observed_at >= ? AND observed_at < ?",
            (day + 39600, day + 39600, day + 70000),
        )
        file.execute(
            "UPDATE samples SET value = 58 WHERE item IN (SELECT id FROM items"
            " WHERE check_id = 'errors_24h') AND observed_at >= ?",
            (day + 70000,),
        )
        file.execute(
            "UPDATE samples SET status = 0, reason = NULL WHERE item IN (SELECT id FROM items WHERE"
            " check_id = 'errors_24h') AND value <= limit_value"
        )
    made.change("mail_waiting", day + 61200, day + 63000, "failing", "assert 212 <= 100 mails", value=212.0)
    made.change("backup_age_hours", day - 7200, day + 3000, "failing", "assert 27 <= 26 hours", value=27.0)
    made.drop(day + 12000, day + 17100)
    made.incident(1, "redis_queue_answers", day + 38400, noon - 300)
    for number, name in enumerate(QUEUE):
        made.incident(10 + number, name, day + 38700, noon - 300, "redis_queue_answers", status="unknown")
    made.incident(2, "errors_24h", day + 63000, None, severity="warning")
    made.incident(3, "backup_age_hours", day - 7200, day + 3000, severity="high")
    made.connection.execute(
        "INSERT INTO silences (scope, owner, because, starts, ends) VALUES (?, 'Anna', 'new mail server', ?, ?)",
        ('{"checks":["mail_*"]}', day + 57600, day + 64800),
    )
    made.settle()
    return made
