"""The demo itself: side by side, nothing left behind, data that holds together."""

from __future__ import annotations

import contextlib
import json
import signal
import stat
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import pymysql
import pytest

from demo import seed, servers
from demo.days import ZONE
from demo.pulse import Pulse, site_now
from demo.site import Demo
from fixtures import settings
from tests.conftest import ROOT
from tests.steady import still

OWNER = """
import sys, threading, time
from pathlib import Path
from demo.site import Demo
site = Demo(Path(sys.argv[1]))
starter = threading.Thread(target=site.start)
starter.start()
starter.join()
time.sleep(0.5)
print("up", flush=True)
time.sleep(600)
"""
"""The thread that starts a demo may end before it: the kernel bonds a child to the thread that forked it."""


def children() -> set[psutil.Process]:
    """Every process that this one started, and that is not yet gone."""
    return set(psutil.Process().children(recursive=True))


def gone(processes: Iterable[psutil.Process]) -> bool:
    return not psutil.wait_procs([*processes], timeout=60)[1]


def query(demo: Demo, statement: str, user: str = "root", password: str = "") -> list[tuple]:
    port = demo.port("database")
    with pymysql.connect(
        host="127.0.0.1", port=port, user=user, password=password, database="_demo"
    ) as client:
        cursor = client.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())


def checks_password(demo: Demo) -> str:
    return (demo.folder / "checks-password").read_text().strip()


def test_two_demos_stand_side_by_side_and_stop_apart(site, tmp_path):
    before = children()
    with Demo(tmp_path / "other") as other:
        names = ("database", "cache", "queue", "https", "http", "pulse")
        assert len({demo.port(name) for demo in (site, other) for name in names}) == 12
        for name in ("db_down", "web_hangs", "redis_queue_hangs"):
            other.break_(name)
        assert query(site, "SELECT 1") == [(1,)]
        running = children() - before
        assert len(running) == 4
        started = time.monotonic()
    assert time.monotonic() - started < 30  # for each that is asked and not killed it would wait 60 s
    assert gone(running)
    assert not other.folder.exists()
    assert query(site, "SELECT 1") == [(1,)]


def test_no_process_outlives_its_owner(tmp_path):
    with contextlib.ExitStack() as owned:
        owners = {}
        for number in (signal.SIGKILL, signal.SIGTERM):
            command = [sys.executable, "-c", OWNER, str(tmp_path / number.name)]
            owner = owned.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
            owned.callback(owner.kill)
            owners[number] = owner
        for number, owner in owners.items():
            assert owner.stdout.readline() == b"up\n"
            running = psutil.Process(owner.pid).children(recursive=True)
            assert len(running) == 5
            owner.send_signal(number)
            assert gone(running)


def test_a_start_that_fails_leaves_nothing(tmp_path, monkeypatch):
    before, running = children(), set()

    def broken(demo: Demo) -> None:
        running.update(children() - before)
        raise RuntimeError("settings")

    monkeypatch.setattr(Demo, "write_settings", broken)
    with pytest.raises(RuntimeError, match="settings"):
        Demo(tmp_path / "site").start()
    assert len(running) == 5
    assert gone(running)
    assert not (tmp_path / "site").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="something else"):
        Demo(tmp_path).start()
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_two_faults_of_one_server_come_and_go_apart(site):
    told = site.folder / "behaviour.json"
    with site.broken("assets_missing"):
        with site.broken("login_broken"):
            assert {"no_assets", "replies"} <= json.loads(told.read_text()).keys()
        assert json.loads(told.read_text()) == {"no_assets": True}
    assert json.loads(told.read_text()) == {}


def test_a_fault_that_is_there_already_is_not_made_twice(site):
    with site.broken("sepa_batch_failed"):
        site.break_("sepa_batch_failed")
        assert query(site, "SELECT COUNT(*) FROM `tabDirect Debit Batch` WHERE name LIKE 'fault-%'") == [(1,)]
    assert query(site, "SELECT COUNT(*) FROM `tabDirect Debit Batch` WHERE name LIKE 'fault-%'") == [(0,)]


def test_a_missing_program_names_its_package(monkeypatch):
    monkeypatch.setattr(servers.shutil, "which", lambda *_, **__: None)
    with pytest.raises(servers.Missing, match="mariadb-server-core"):
        servers.program("mariadbd")


def test_the_settings_are_read_by_the_suite_and_change_with_a_fault(site):
    before = site.settings.read_text()
    document = settings.read(site.settings)
    assert document.bench == str(site.bench)
    with site.broken("db_large"):
        changed = tomllib.loads(site.settings.read_text())
        assert changed["checks"]["database_size_bytes"] == {"warning": 1, "high": 2}
        assert site.active
    assert site.settings.read_text() == before
    assert not site.active


def test_the_folder_and_the_password_are_private(site):
    assert stat.S_IMODE(site.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((site.folder / "checks-password").stat().st_mode) == 0o600


def test_the_account_of_the_checks_reads_and_does_not_write(site):
    account = ("checks", checks_password(site))
    assert query(site, "SELECT COUNT(*) > 4000 FROM tabMember", *account) == [(1,)]
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        query(site, "DELETE FROM tabMember", *account)


def test_the_rows_are_the_same_for_the_same_time():
    at = datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp()
    assert [table.rows for table in seed.tables(at)] == [table.rows for table in seed.tables(at)]


def test_every_iban_has_good_check_digits(site):
    for (iban,) in query(site, "SELECT iban FROM `tabSEPA Mandate`"):
        assert int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def test_every_batch_holds_its_invoices(site):
    wrong = """SELECT COUNT(*) FROM (SELECT 1 FROM `tabDirect Debit Batch` b
        LEFT JOIN `tabDirect Debit Batch Invoice` i ON i.parent = b.name
        LEFT JOIN `tabSales Invoice` s ON s.name = i.invoice
        LEFT JOIN `tabSEPA Mandate` m ON m.mandate_id = i.mandate_reference AND m.iban = i.iban
        WHERE b.status <> 'Failed' AND b.docstatus < 2
        GROUP BY b.name, b.total_amount, b.entry_count
        HAVING SUM(i.amount) <> b.total_amount OR COUNT(s.name) <> b.entry_count
            OR COUNT(m.name) <> b.entry_count OR COUNT(*) <> b.entry_count) t"""
    assert query(site, wrong) == [(0,)]
    assert query(site, "SELECT COUNT(*) >= 7 FROM `tabDirect Debit Batch`") == [(1,)]


def test_no_row_is_of_the_future(site):
    tables = ("Scheduled Job Type", "Scheduled Job Log", "Error Log", "Activity Log", "Email Queue")
    for table in tables:
        newest = query(site, f"SELECT MAX(creation) FROM `tab{table}`")[0][0]
        assert newest <= site_now()


def test_the_error_log_is_of_the_engine_that_frappe_uses(site):
    assert query(
        site,
        "SELECT engine FROM information_schema.TABLES WHERE table_schema = '_demo' AND table_name = 'tabError Log'",
    ) == [("MyISAM",)]


def test_each_database_backup_is_whole(site):
    import gzip

    files = list((site.bench / "sites").glob("*/private/backups/*-database.sql.gz"))
    assert len(files) == 8
    for file in files:
        assert gzip.decompress(file.read_bytes()).endswith(b"-- Dump completed\n")


FREQUENT = "SELECT COUNT(*) FROM `tabScheduled Job Type` WHERE frequency = 'All' AND last_execution > %s"
UNSENT = "SELECT COUNT(*) FROM `tabEmail Queue` WHERE status = 'Not Sent' AND name LIKE 'fault-%%' AND creation < %s"
USERS = "SELECT COUNT(*) FROM `tabActivity Log` WHERE creation > %s"


@pytest.mark.parametrize(
    ("name", "statement", "expected"),
    [
        ("frequent_jobs_stalled", FREQUENT, 0),
        ("mail_stuck", UNSENT, 1),
        ("mail_backlog", UNSENT, 1100),
        ("users_gone", USERS, 0),
    ],
)
def test_the_sites_own_life_does_not_undo_a_fault(site, name, statement, expected):
    """The site beats every few seconds for as long as the demo is up; here when it is told to."""
    with still(site), site.broken(name):
        if name == "mail_backlog":  # as it is an hour later
            with site.root() as cursor:
                cursor.execute(
                    "UPDATE `tabEmail Queue` SET creation = creation - INTERVAL 1 HOUR WHERE name LIKE 'fault-%'"
                )
        site.beat()
        with site.root() as cursor:
            cursor.execute(statement, (site_now() - timedelta(hours=0.5),))
            assert cursor.fetchone() == (expected,)


def test_dead_workers_stay_dead_and_old_backups_old(site):
    with still(site), site.broken("workers_dead"), site.broken("backup_old"):
        site.beat()
        assert list(site.redis("queue").scan_iter("rq:worker:*")) == []
        backups = list(site.bench.glob("sites/*/private/backups/*.sql.gz"))
        assert len(backups) == 8
        assert max(file.stat().st_mtime for file in backups) < time.time() - 50 * 3600
    assert len(list(site.redis("queue").scan_iter("rq:worker:*"))) == 2
    assert max(file.stat().st_mtime for file in backups) < time.time()


def test_a_beat_that_is_under_way_does_not_undo_a_fault(site, monkeypatch):
    """What a fault stops while the beat is at another part is not begun any more."""
    told, pulse = [], Pulse(site.folder)

    def stop():
        site.set_idle("workers", idle=True)
        told.append("stopped")

    stopping = threading.Thread(target=stop)

    def mail():
        stopping.start()
        stopping.join(1)  # it has had the time that it needs where it need not wait

    monkeypatch.setattr(pulse, "_mail", mail)
    monkeypatch.setattr(pulse, "workers", lambda: told.append("workers"))
    with still(site):
        pulse.beat()
        stopping.join(60)
        assert told in (["stopped"], ["workers", "stopped"])
        site.set_idle("workers", idle=False)


def test_the_first_night_of_a_month_bills_the_dues(site):
    """A demo that is up over the end of a month stays healthy."""
    unbilled = (
        "SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d WHERE d.dues_rate > 0 AND d.is_template = 0"
        " AND NOT EXISTS (SELECT 1 FROM `tabSales Invoice` AS s WHERE s.posting_date = %s"
        " AND s.membership_dues_schedule_display = d.name)"
    )
    evening, night = map(datetime.fromisoformat, ("2027-01-31 23:58", "2027-02-01 00:05"))
    with still(site):
        try:
            site.fill(evening.replace(tzinfo=ZoneInfo(ZONE)).timestamp(), 300)
            pulse = Pulse(site.folder)
            for at, left in ((evening, 285), (night, 0), (night, 0)):
                pulse._bill(at)
                with site.root() as cursor:
                    cursor.execute(unbilled, (night.date(),))
                    assert cursor.fetchone() == (left,)
                    cursor.execute(
                        "SELECT COUNT(*) FROM `tabSales Invoice` WHERE posting_date = %s", (night.date(),)
                    )
                    assert cursor.fetchone() == (285 if not left else 0,)
        finally:
            site.fill(time.time())
