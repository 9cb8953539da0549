"""The site that is soaked: a demo on the soak's clock, a choice of the checks, and who is told."""

from __future__ import annotations

import shutil
import sqlite3
import time
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from demo import fault
from demo.days import local
from demo.site import Demo
from demo.web import SITE
from fixtures.catalogue import declared
from fixtures.session import check_ids
from reporters.alerts import Alert
from tests.conftest import CONFTEST, INI, ROOT
from tests.drills.world import merged, toml
from tests.soak.model import Channel, Facts, Model, Seen, Trouble
from tests.soak.receivers import Hook, Mailbox, Receiver

FILES = ("database", "errors", "host", "jobs", "mail", "redis", "security", "sepa_batches", "web")
CHOICE = (
    "database_answers",
    "database_answer_seconds",
    "database_connections_percent",
    "database_longest_query_seconds",
    "database_lock_waits",
    "error_rate",
    "errors_24h",
    "deferred_errors_waiting",
    "errors_same_title_1h",
    "errors_timeout_1h",
    "errors_new_titles_24h",
    "disk_usage",
    "inodes_used_percent",
    "memory_available_percent",
    "load_per_core",
    "open_files_percent",
    "rq_waiting_jobs",
    "rq_oldest_job_age_seconds",
    "rq_failed_jobs_1h",
    "mail_errors_24h",
    "mail_oldest_unsent_age_seconds",
    "mail_refused_since_last_sent",
    "mail_waiting",
    "mail_error_percent_24h",
    "mail_stuck_sending",
    "mail_unhandled_7d",
    "mail_outgoing_account",
    "redis_cache_answers",
    "redis_queue_answers",
    "redis_cache_memory_percent",
    "redis_queue_memory_percent",
    "failed_logins_1h",
    "failed_logins_one_address_1h",
    "blocked_api_calls_1h",
    "critical_api_events_1h",
    "impersonations_24h",
    "sepa_failed_batches",
    "sepa_failed_batches_7d",
    "dns_resolves",
    "site_answers",
    "site_answer_seconds",
    "login_page_works",
    "login_page_seconds",
    "static_assets_served",
    "unknown_host_refused",
    "https_redirect",
    "maintenance_mode_off",
    "guest_api_refused",
    "security_headers",
    "app_health_endpoint",
    "realtime_answers",
    "health_page_public",
)
"""Checks of all cadences and severities that stay well for months without a site that lives: no streams, no ages."""

PATIENT = {
    name: {"warning": 20, "critical": 25}
    for name in ("site_answer_seconds", "login_page_seconds", "database_answer_seconds")
}
"""Others use this machine too."""

TIMEOUTS = {"connect": 4, "read": 6, "statement": 6}
"""What a server that hangs costs a run."""


class Site:
    """A demo, its settings, and its state folder."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.demo, self.folder, self.now = demo, folder, 0.0
        self.state, self.file, self.clock = folder / "state", folder / "checks.toml", folder / "clock"
        self.temporary = folder / "tmp"
        self.project = folder / "project"
        self.receivers: dict[str, Receiver] = {one.name: one for one in (Mailbox(), Hook())}
        (self.project / "checks").mkdir(parents=True)
        self.temporary.mkdir()
        (self.project / "conftest.py").write_text(CONFTEST)
        (self.project / "pytest.ini").write_text(INI)
        (self.project / "runbook").symlink_to(ROOT / "runbook")
        for name in FILES:
            (self.project / "checks" / f"test_{name}.py").symlink_to(ROOT / "checks" / f"test_{name}.py")
        self._site_now = fault.__dict__["site_now"]
        fault.__dict__["site_now"] = lambda: local(self.now)  # what rows of a fault are as old as
        demo.beat = lambda: None  # type: ignore[method-assign]
        demo.kill("pulse")
        self.at(float(int(time.time())))
        self.write_settings()
        with demo.root() as cursor:
            cursor.execute("UPDATE `tabEmail Queue` SET status = 'Sent' WHERE status = 'Not Sent'")

    def model(self) -> Model:
        """What holds before the first run."""
        every = declared()
        facts = {name: Facts(every[name].every, every[name].depends_on) for name in CHOICE}
        facts = {
            name: Facts(one.every, tuple(two for two in one.depends_on if two in facts))
            for name, one in facts.items()
        }
        return Model(SITE, facts, tuple(self.receivers))

    def at(self, now: float) -> None:
        """What time it is."""
        self.now = now
        self.clock.write_text(f"{now}", encoding="ascii")

    def write_settings(self) -> None:
        """The demo's settings as its faults have them, with the choice of checks and the receivers."""
        every = tomllib.loads(self.demo.settings.read_text(encoding="utf-8"))
        told: dict[str, Any] = {one.name: one.settings for one in self.receivers.values()}
        told |= {"state": str(self.state), "report": {"mail": False, "keep": "30d"}}
        told |= {"deadline": 90, "timeouts": TIMEOUTS}
        told |= {"serve": {"allow": ["127.0.0.1"]}, "checks": {name: PATIENT[name] for name in PATIENT}}
        every = merged(every, told)
        (self.folder / "everything.toml").write_text(toml(every), encoding="utf-8")
        chosen = {name: every["checks"].get(name, {}) for name in CHOICE}
        chosen |= {name: {"enabled": False} for name in check_ids(self.project / "checks").keys() - {*CHOICE}}
        self.file.write_text(toml(every | {"checks": chosen}), encoding="utf-8")

    def arguments(self, *more: str, settings: str = "checks.toml") -> tuple[str, ...]:
        """A scheduled run's."""
        quiet = "ignore::pytest.PytestAssertRewriteWarning"  # a fork has imported the plugins before
        plugins = ("-p", "no:cacheprovider", "-p", "pytest_jsonreport.plugin", "-W", quiet)
        return (*plugins, "checks", "--publish", "--settings", str(self.folder / settings), *more)

    def connections(self) -> int:
        """How many connections the checks' account has."""
        with self.demo.root() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'checks'")
            return int(cursor.fetchone()[0])

    def close(self) -> None:
        """End what listens; faults are as old as they say again."""
        fault.__dict__["site_now"] = self._site_now
        for one in self.receivers.values():
            one.close()


class Kept:
    """What the history says after a run, in the model's words."""

    def __init__(self, state: Path) -> None:
        path = state / "history.sqlite"
        self.alerts: dict[str, Trouble] = {}
        self.waiting: dict[str, set[str]] = {}
        self.channels: dict[str, Channel] = {}
        self.runs, self.messages = set[str](), set[str]()
        if not path.exists():
            return
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=60)) as file:
            if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'channels'").fetchone():
                return
            for check, text in file.execute("SELECT check_id, alert FROM alerts"):
                self.alerts[check] = _trouble(msgspec.json.decode(text, type=Alert))
            self.runs = {id_ for (id_,) in file.execute("SELECT id FROM runs ORDER BY id DESC LIMIT 2")}
            for id_, channel in file.execute("SELECT id, channel FROM outbox WHERE delivered IS NULL"):
                self.waiting.setdefault(channel, set()).add(id_)
            last = file.execute("SELECT id FROM outbox ORDER BY id DESC LIMIT 10")
            self.messages = {id_ for (id_,) in last}
            found = file.execute("SELECT name, failures, canary FROM channels")
            self.channels = {name: Channel(failures=count, canary=at) for name, count, at in found}


def _trouble(alert: Alert) -> Trouble:
    """An alert of the suite in the model's words."""
    result = alert.result
    return Trouble(
        Seen(result.status, result.severity),
        result.root,
        alert.since,
        alert.bad,
        alert.good,
        alert.firing,
        alert.ended,
        alert.turns,
        {name: (one.at, one.severity, one.status) for name, one in alert.told.items()},
    )


def make(demo: Demo, folder: Path) -> Site:
    """A site in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Site(demo, folder)
