"""Runs and pasts for the status page: a healthy association, one in trouble, and one that wants to do harm."""

from __future__ import annotations

import json
import random
import weakref
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from fixtures.schema import Alerts, Document, Silence
from reporters import badge, endpoints, health, metrics, state, status_page
from reporters.history import History
from reporters.metrics import Carried
from reporters.publish import Told
from reporters.run import Result, Run, rooted
from tests.reporters.report_cases import ended

AT = datetime(2026, 11, 5, 13, 5, 12, tzinfo=UTC).timestamp()
SITE = "leden.example.nl"
DAY = 86400

# group: (check, summary, value, limit, unit, direction)
CHECKS = {
    "web": [
        ("site_answers", "The site answers its ping.", None, None, "", None),
        ("login_page_seconds", "The login page comes quickly.", 0.31, 2.0, "s", "<="),
        ("status_page_answers", "The public status page is there.", None, None, "", None),
    ],
    "database": [
        ("database_answers", "The database answers.", None, None, "", None),
        ("database_connections_percent", "Connections are left.", 22.0, 80.0, "%", "<="),
        ("slow_statement_seconds", "No statement takes long.", 0.0, 60.0, "s", "<="),
    ],
    "redis": [
        ("redis_cache_answers", "The cache answers.", None, None, "", None),
        ("redis_queue_answers", "The queue's Redis answers.", None, None, "", None),
    ],
    "jobs": [
        ("rq_workers_alive", "Workers are alive.", 3.0, 1.0, "workers", ">="),
        ("rq_oldest_job_age_seconds", "No job waits long.", 4.0, 600.0, "s", "<="),
        ("rq_failed_jobs_1h", "Few jobs fail.", 0.0, 5.0, "jobs", "<="),
    ],
    "scheduler": [
        ("scheduler_enabled", "The scheduler is on.", None, None, "", None),
        ("scheduler_process_runs", "Its process runs.", None, None, "", None),
    ],
    "errors": [
        ("error_rate", "Few Error Log rows were written in the last hour.", 3.0, 10.0, "errors", "<="),
        ("errors_24h", "Few Error Log rows were written in 24 hours.", 21.0, 50.0, "errors", "<="),
    ],
    "host": [
        ("disk_usage", "Disks have space.", 61.2, 80.0, "%", "<="),
        ("memory_available_percent", "Memory is left.", 48.0, 10.0, "%", ">="),
        ("load_per_core", "The machine is not overloaded.", 0.4, 2.0, "", "<="),
    ],
    "backups": [("backup_age_hours", "The last backup is recent.", 9.1, 26.0, "hours", "<=")],
    "mail": [
        ("email_queue_oldest_minutes", "Mail leaves.", 2.0, 30.0, "minutes", "<="),
        ("email_failed_24h", "Little mail fails.", 1.0, 20.0, "messages", "<="),
    ],
    "sepa_batches": [
        ("sepa_failed_batches_7d", "No direct debit batch failed.", 0.0, 0.0, "batches", "<="),
        ("sepa_batch_overdue_days", "Each batch went to the bank in time.", 0.0, 1.0, "days", "<="),
    ],
    "membership": [("members_active", "Members are there.", 1834.0, 1500.0, "members", ">=")],
    "tls": [("certificate_days_left", "The certificate is valid for long.", 63.0, 14.0, "days", ">=")],
}
GRAVE = {"site_answers", "database_answers", "redis_queue_answers", "rq_workers_alive", "scheduler_enabled"}
DEPENDS = {
    "rq_workers_alive": "redis_queue_answers",
    "rq_oldest_job_age_seconds": "redis_queue_answers",
    "rq_failed_jobs_1h": "redis_queue_answers",
}
HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>\u202egnp.exe\x00\ud800 {{7*7}}"


def results(trouble: bool = False, at: float = AT) -> list[Result]:
    """One result a check; in trouble Redis is down, errors are many and the backup is late."""
    found = []
    for group, members in CHECKS.items():
        for check, summary, value, limit, unit, direction in members:
            one = Result(
                check=check,
                site=SITE,
                group=group,
                severity="critical" if check in GRAVE else "warning",
                status="ok",
                value=value,
                limit=limit,
                direction=direction,
                unit=unit,
                summary=summary,
                observed_at=at - (1900 if group in ("backups", "tls") else 1),
                duration=0.01,
                runbook=f"runbook/{check}.md",
                depends_on=(DEPENDS[check],) if check in DEPENDS else (),
            )
            if trouble and check == "redis_queue_answers":
                one = replace(one, status="failing", reason="connection refused")
            elif trouble and check in DEPENDS:
                one = replace(one, status="unknown", value=None, reason="redis_queue_answers fails")
            elif trouble and check == "error_rate":
                one = replace(one, status="failing", value=23.0)
            elif trouble and check == "backup_age_hours":
                one = replace(one, status="unknown", value=None, reason="the backup folder cannot be read")
            found.append(one)
    return found


def run(*results: Result, at: float = AT, **more) -> Run:
    """A complete run that ended then."""
    facts = {"id": f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}-1a2b", "started": at - 0.9}
    facts |= {"duration": 0.9, "exit_status": 0, "complete": True, "selected": len(results)}
    return Run(**(facts | more), results=rooted(results))


class Site:
    """A state folder, with a past, that runs are added to."""

    def __init__(self, folder: Path, **alerts) -> None:
        self.state = folder / "state"
        state.prepare(self.state)
        self.public = self.state / "public"
        self.settings = Document(alerts=Alerts(**alerts))
        self.history = History(self.state / "history.sqlite")
        weakref.finalize(self, ended, self.history)  # not each test that makes one ends it

    def past(self, days: int = 90, each: int = 4 * 3600) -> None:
        """So many days of results, with a bad day here and there, always the same ones."""
        dice = random.Random(5)
        rows = []
        for one in results():
            bad = {dice.randrange(days) for _ in range(dice.choice((0, 0, 0, 1, 2)))}
            for back in range(1, days + 1):
                for step in range(0, DAY, each):
                    at = AT - back * DAY + step
                    status = "failing" if back in bad and step == 0 else "ok"
                    if back == 31 and one.group in ("jobs", "redis") and step < 3 * each:
                        status = "unknown"
                    key = (one.site, one.check, one.severity, at)
                    rows.append((*key, "r", status, 1.0, 2.0, 0.1, ""))
        marks = ", ".join("?" * 10)
        with self.history.connection as file:
            file.execute("BEGIN")
            file.executemany(f"INSERT OR REPLACE INTO results VALUES ({marks})", rows)

    def publish(self, made: Run) -> None:
        """As a scheduled run does, these reporters only."""
        self.history.add(made)
        told = self.told(made)
        (self.public / "health.json").write_text(json.dumps(health.render(made)))
        (self.public / "metrics.prom").write_bytes(b"".join(metrics.render(made, Carried())))
        for reporter in (status_page, badge, endpoints):
            reporter.report(told)

    def told(self, made: Run) -> Told:
        """What a reporter is given."""
        return Told(run=made, carried=Carried(), gone=(), settings=self.settings, public=self.public)

    def incidents(self, *rows: tuple) -> None:
        """Rows of the table."""
        for row in rows:
            self.history.connection.execute("INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def page(self, name: str = "index") -> str:
        """A page's text."""
        return (self.public / "status" / f"{name}.html").read_text(encoding="utf-8")


def troubled(folder: Path, language: str = "en") -> Site:
    """The picture of a bad afternoon."""
    windows = (
        Silence(owner="hosting", because="updates of the operating system", every="sun 02:00-04:00"),
        Silence(
            owner="Anna",
            because="new mail server",
            groups=("mail",),
            since="2026-11-05T13:00",
            until="2026-11-05T16:00",
        ),
    )
    site = Site(folder, language=language, silences=windows, runbook_url="https://docs.example.nl/runbook")
    site.past()
    for back in (3, 2, 1):
        at = AT - 300 * back
        site.history.add(run(*results(trouble=back < 3, at=at), at=at))
    site.incidents(
        ("i-7f3a", SITE, "redis_queue_answers", "redis", "critical", "failing", AT - 600, None, None),
        ("i-7f3b", SITE, "error_rate", "errors", "warning", "failing", AT - 600, None, None),
        (
            "i-6c01",
            SITE,
            "email_queue_oldest_minutes",
            "mail",
            "high",
            "failing",
            AT - 2 * DAY,
            AT - 2 * DAY + 4300,
            None,
        ),
        ("i-6b77", SITE, "disk_usage", "host", "warning", "failing", AT - 5 * DAY, AT - 5 * DAY + 900, None),
    )
    site.publish(run(*results(trouble=True)))
    return site


def healthy(folder: Path, **alerts) -> Site:
    """All is well."""
    site = Site(folder, **alerts)
    site.past()
    site.publish(run(*results()))
    return site
