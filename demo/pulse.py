"""The demo's scheduler and workers: keeps the site as alive as a real one for as long as it is up.

`python -m demo.pulse FOLDER PORT` beats every few seconds, holds the scheduler's lock file, and listens
on PORT only so that its owner sees that it is up.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pymysql
import redis

from demo.days import ZONE

SECONDS = 10
WAIT_SECONDS = 5
HOLD_SECONDS = 30
"""What one part may keep the others waiting: several statements at a database that hangs."""

HOST = "bench.invalid"
"""Another host than this one: its workers' processes are none of ours."""

WORKERS = {"1" * 32: ("short", "default"), "2" * 32: ("long", "default", "short")}
BACKUPS = 8
BACKUP_BYTES = 120_000


def site_now() -> datetime:
    """The site's naive local time."""
    return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)


def prefix(bench: Path) -> str:
    """How Frappe begins the names of this bench's queues."""
    return os.path.realpath(bench).strip("/").replace("/", "-")


def read_idle(folder: Path) -> set[str]:
    """The parts that a fault keeps from living: frequent, jobs, mail, logins, dues, workers, backups."""
    try:
        return set((folder / "idle").read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[bool]:
    """Whether nothing else changes the site's life meanwhile: no part of a beat, and no fault that stops one.

    Bounded, as who holds it may have been stopped in the middle.
    """
    until = time.monotonic() + HOLD_SECONDS
    with (folder / "idle.lock").open("a") as lock:
        held = False
        while not held and time.monotonic() < until:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                time.sleep(0.02)
        yield held


DUE = "d.status = 'Active' AND d.is_template = 0 AND d.dues_rate > 0 AND d.next_invoice_date = %s"

BILL = f"""
INSERT IGNORE INTO `tabSales Invoice` (
  name, creation, modified, docstatus, customer, member, status, grand_total, outstanding_amount,
  membership_dues_schedule_display, is_membership_invoice, posting_date, due_date,
  custom_coverage_start_date, custom_coverage_end_date)
SELECT CONCAT('SINV-', %s, '-', SUBSTR(m.name, 5)), %s, %s, 1, m.customer, m.name, 'Unpaid', d.dues_rate,
  d.dues_rate, d.name, 1, %s, %s, %s, LAST_DAY(%s)
FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS m ON m.name = d.member
WHERE m.status = 'Active' AND {DUE}
"""

MOVE_ON = f"""
UPDATE `tabMembership Dues Schedule` AS d
SET d.last_invoice_date = d.next_invoice_date, d.modified = %s,
  d.next_invoice_date = d.next_invoice_date + INTERVAL 1 MONTH
WHERE {DUE}
"""


class Pulse:
    """One site's scheduler and workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._config: dict[str, Any] = json.loads((folder / "pulse.json").read_text(encoding="utf-8"))
        self.queue = redis.Redis(
            port=self._config["queue_port"], decode_responses=True, socket_timeout=WAIT_SECONDS
        )
        self.prefix = prefix(folder / "bench")

    def beat(self) -> None:
        """Everything that a healthy bench does once in a while, but what a fault keeps it from.

        A part that fails, as the database's when it is down, does not keep the others from living.
        """
        parts = {
            "frequent": lambda: self._run_jobs(("All", 2)),
            "jobs": lambda: self._run_jobs(("Cron", 10), ("Hourly%", 60), ("Daily%", 1440)),
            "mail": self._mail,
            "logins": self._logins,
            "dues": self._bill,
            "workers": self.workers,
            "backups": self.backups,
        }
        for name, part in parts.items():
            with holding(self.folder) as held:  # a fault that has stopped it by now must not be undone
                if not held or name in read_idle(self.folder):
                    continue
                try:
                    part()
                except (pymysql.MySQLError, redis.RedisError, OSError) as error:
                    print(f"{name}: {error}", file=sys.stderr, flush=True)

    def _execute(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        account = self._config["database"] | {"connect_timeout": WAIT_SECONDS, "read_timeout": WAIT_SECONDS}
        with pymysql.connect(**account, autocommit=True) as client, client.cursor() as cursor:
            for statement, values in statements:
                cursor.execute(statement, values)

    def _run_jobs(self, *frequencies: tuple[str, int]) -> None:
        """Jobs that are due run; the number is their period in minutes."""
        now = site_now()
        due = (
            "UPDATE `tabScheduled Job Type` SET last_execution = %s"
            " WHERE stopped = 0 AND frequency LIKE %s AND last_execution < %s"
        )
        logged = (
            "INSERT IGNORE INTO `tabScheduled Job Log`"
            " (name, creation, modified, status, scheduled_job_type)"
            " SELECT CONCAT('pulse-', DATE(last_execution)), last_execution,"
            " last_execution + INTERVAL 1 SECOND, 'Complete', name"
            " FROM `tabScheduled Job Type` WHERE method LIKE %s"
        )
        self._execute(
            *((due, (now, name, now - timedelta(minutes=one))) for name, one in frequencies),
            *([(logged, ("%.generate_dues_invoices",))] if len(frequencies) > 1 else []),
        )

    def _mail(self) -> None:
        """A mail a minute, sent after four."""
        now = site_now()
        self._execute(
            (
                (
                    "UPDATE `tabEmail Queue` SET status = 'Sent', modified = %s"
                    " WHERE status = 'Not Sent' AND retry = 0 AND creation < %s"
                ),
                (now, now - timedelta(minutes=4)),
            ),
            (
                (
                    "INSERT IGNORE INTO `tabEmail Queue` (name, creation, modified, email_account)"
                    " VALUES (%s, %s, %s, 'Uitgaand')"
                ),
                (f"pulse-{now:%Y%m%d%H%M}", now, now),
            ),
        )

    def _logins(self) -> None:
        """A log-in a minute."""
        now = site_now()
        row = (f"pulse-{now:%Y%m%d%H%M}", now, now, f"lid{now.minute:04}@voorbeeld.invalid")
        self._execute(
            (
                (
                    "INSERT IGNORE INTO `tabActivity Log`"
                    " (name, creation, modified, subject, operation, status, user)"
                    " VALUES (%s, %s, %s, 'logged in', 'Login', 'Success', %s)"
                ),
                row,
            )
        )

    def _bill(self, now: datetime | None = None) -> None:
        """In the first night of a month its dues, as demo/seed_dues.py has those of the months before."""
        now = now or site_now()
        if now.day != 1:
            return
        today, in_a_month = now.date(), now.date() + timedelta(days=30)
        who = (f"{now:%y%m}", now, now, today, in_a_month, today, today, today)
        self._execute((BILL, who), (MOVE_ON, (now, today)))

    def workers(self) -> None:
        """Registered workers with a fresh heartbeat, as rq 1.15 writes them."""
        now = datetime.now(UTC)
        pipe = self.queue.pipeline()
        pipe.sadd("rq:queues", *(f"rq:queue:{self.prefix}:{queue}" for queue in ("short", "default", "long")))
        for number, (name, queues) in enumerate(WORKERS.items()):
            key, names = f"rq:worker:{name}", [f"{self.prefix}:{queue}" for queue in queues]
            pipe.hset(
                key,
                mapping={
                    "state": "idle",
                    "pid": str(4000 + number),
                    "hostname": HOST,
                    "queues": ",".join(names),
                    "birth": _iso(now - timedelta(days=2)),
                    "last_heartbeat": _iso(now),
                    "successful_job_count": "1200",
                    "failed_job_count": "2",
                    "version": "1.15.1",
                },
            )
            pipe.expire(key, 480)
            pipe.sadd("rq:workers", key)
            for queue in names:
                pipe.sadd(f"rq:workers:{queue}", key)
        pipe.execute()

    def backups(self) -> None:
        """A set a day, the newest at most twelve hours old; made once, then added to."""
        folder = self.folder / "bench" / "sites" / "vereniging.demo" / "private" / "backups"
        if not folder.is_dir():
            return
        ages = [time.time() - file.stat().st_mtime for file in folder.glob("*-database.sql.gz")]
        if not ages:
            for day in range(BACKUPS):
                self._backup(folder, timedelta(hours=3 + 24 * day))
        elif min(ages) > 12 * 3600:
            self._backup(folder, timedelta(minutes=5))

    @staticmethod
    def _backup(folder: Path, age: timedelta) -> None:
        at = site_now() - age
        stem = f"{at:%Y%m%d_%H%M%S}-vereniging_demo"
        content = random.Random(stem).randbytes(BACKUP_BYTES + at.day * 100) + b"\n-- Dump completed\n"
        when = time.time() - age.total_seconds()
        for name, data in (
            (f"{stem}-database.sql.gz", gzip.compress(content, 1)),
            (f"{stem}-files.tar", b"\0" * 10240),
            (f"{stem}-private-files.tar", b"\0" * 20480),
            (f"{stem}-site_config_backup.json", b"{}"),
        ):
            (folder / name).write_bytes(data)
            os.utime(folder / name, (when, when))


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def main(folder: Path, port: int) -> None:
    """Beat until killed."""
    pulse = Pulse(folder)
    with (folder / "bench" / "config" / "scheduler_process").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with socket.create_server(("127.0.0.1", port)):  # by then it is up
            while True:
                time.sleep(SECONDS)
                pulse.beat()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
