"""MariaDB and Redis that answer, and are not well."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import pymysql
import redis

from demo import servers
from demo.declared import readers
from demo.faults import FAULTS
from demo.faults_servers import connection, release
from tests.drills.ledger import drill
from tests.drills.outcome import because, names, said
from tests.drills.world import DEADLINE
from tests.steady import SECONDS, still, until

NO_DATABASE = FAULTS["db_down"].fails
"""The database's sentinel, and what of the web cannot do without it."""


@drill(
    "MariaDB: out of connections",
    "database_answers fails, and the pages that need a connection; what reads rows is blocked; told once",
)
def test_out_of_connections(site):
    demo = site.demo
    with still(demo):  # or a connection of the scheduler's is free again while the run looks
        with demo.root() as cursor:
            cursor.execute("SET GLOBAL max_connections = 10")
        try:
            with contextlib.suppress(pymysql.MySQLError):
                while True:
                    connection(demo)
            bad = site.run(deadline=DEADLINE)
        finally:
            for client in demo.held:
                client.close()
            demo.held = []
            until(lambda: _root_is_let_in(demo), "a connection is free")
            with demo.root() as cursor:
                cursor.execute("SET GLOBAL max_connections = 151")
    assert bad.status == 1, bad.text
    assert "database_answers" in names(bad, "failing") <= NO_DATABASE, bad.text
    assert not names(bad, "unknown"), bad.text
    assert "Too many connections" in bad.text
    site.recovers()
    return f"{said(bad)}; {because(bad)}"


def _root_is_let_in(demo) -> bool:
    with contextlib.suppress(pymysql.MySQLError), demo.root():
        return True
    return False


@drill("MariaDB: read-only", "the run only reads: all is ok and nobody is told")
def test_read_only(site):
    with site.demo.root() as cursor:
        cursor.execute("SET GLOBAL read_only = 1")
        try:
            well = site.run(deadline=DEADLINE)
        finally:
            cursor.execute("SET GLOBAL read_only = 0")
    assert well.status == 0, well.text
    site.recovers()
    assert site.fired() == []
    return said(well)


@drill(
    "MariaDB: restarts during a run",
    "what was asked meanwhile fails, is blocked or unknown, the rest is ok; the next run is well",
)
def test_restarting(site):
    demo = site.demo

    def restart(process):
        until(lambda: site.connections() or process.poll() is not None, "the run asks the database")
        demo.kill("database")
        time.sleep(0.5)
        demo.start_again("database")

    bad = site.run(deadline=DEADLINE, during=restart)
    assert bad.status in (0, 1), bad.text
    assert names(bad, "failing") <= NO_DATABASE, bad.text
    site.recovers()
    return said(bad)


@drill(
    "MariaDB: an ALTER TABLE waits for a lock, and all that read the table wait behind it",
    "the checks that read it are unknown when the bound of a statement is over, all else is ok; nobody is told yet",
)
def test_metadata_locks(site):
    demo = site.demo
    holder, waiter = connection(demo), connection(demo)
    holder.cursor().execute("START TRANSACTION")
    holder.cursor().execute("SELECT COUNT(*) FROM `tabError Log`")

    def alter():
        with contextlib.suppress(pymysql.MySQLError):
            waiter.cursor().execute("ALTER TABLE `tabError Log` ADD COLUMN drill INT")

    def waits():
        with demo.root() as cursor:
            return cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE state LIKE '%metadata lock%'"
            )

    thread = threading.Thread(target=alter, daemon=True)
    thread.start()
    until(waits, "the ALTER TABLE waits")
    try:
        bad = site.run(deadline=DEADLINE)
    finally:
        release(demo)
        thread.join(SECONDS)
        with demo.root() as cursor:
            cursor.execute("ALTER TABLE `tabError Log` DROP COLUMN IF EXISTS drill")
    assert bad.status == 1, bad.text
    assert not names(bad, "failing"), bad.text
    assert names(bad, "unknown") | names(bad, "blocked") <= {*readers("tabError Log").split()}, bad.text
    assert names(bad, "unknown"), bad.text
    assert site.fired() == []
    site.recovers()
    return f"{said(bad)}; {because(bad)}"


@drill(
    "MariaDB: in the middle of a migration: maintenance mode, a column renamed",
    "maintenance_mode_off and the pages fail, readers of the column are unknown; one message, all else is held back",
)
def test_migrating(site):
    demo = site.demo
    fault = FAULTS["maintenance"]
    rename = "ALTER TABLE `tabError Log` CHANGE COLUMN `{}` `{}` VARCHAR(140)"
    demo.set_config(maintenance_mode=1)
    try:
        with demo.root() as cursor:
            cursor.execute(rename.format("method", "drill_method"))
        bad = site.run(deadline=DEADLINE)
    finally:
        with demo.root() as cursor:
            cursor.execute(rename.format("drill_method", "method"))
        demo.set_config(maintenance_mode=0)
    assert bad.status == 1, bad.text
    assert "maintenance_mode_off" in names(bad, "failing") <= fault.fails, bad.text
    assert names(bad, "unknown") <= {*readers("tabError Log").split()}, bad.text
    assert len(site.receiver.got) <= 2, "one message and the canary"
    told = site.fired()
    site.recovers()
    return f"{said(bad)}; told of {', '.join(told) or 'nothing'}"


@drill(
    "Redis: loading its data",
    "redis_queue_answers fails and says so, what depends on it is blocked; told once",
)
def test_loading(site, tmp_path):
    (port,) = servers.free_ports(1)
    folder = tmp_path / "redis"
    folder.mkdir()
    slowly = ("--key-load-delay", "200000", "--loading-process-events-interval-bytes", "1024")
    command = [servers.program("redis-server"), "--port", str(port), "--dir", str(folder), "--save", ""]
    first = servers.server(command, port)
    servers.start(first)
    client = redis.Redis(port=port)
    for number in range(300):
        client.set(f"key-{number}", os.urandom(5000))
    client.save()
    client.close()
    first.stop()
    loading = servers.server([*command, *slowly], port)
    servers.start(loading)
    try:
        site.settings(redis={"queue": f"redis://127.0.0.1:{port}"})
        bad = site.run(deadline=DEADLINE)
    finally:
        loading.stop()
    assert names(bad, "failing") == {"redis_queue_answers"}, bad.text
    assert not names(bad, "unknown"), bad.text
    assert "still loading" in bad.text
    site.settings()
    site.recovers()
    return f"{said(bad)}; {because(bad)}"


@drill("Redis: out of memory", "redis_queue_memory_percent fails, all else can still be read")
def test_out_of_memory(site):
    client = site.demo.redis("queue")
    client.config_set("maxmemory", "1mb")
    try:
        bad = site.run(deadline=DEADLINE)
    finally:
        client.config_set("maxmemory", "64mb")
        client.close()
    assert bad.status == 1, bad.text
    assert names(bad, "failing") == {"redis_queue_memory_percent"}, bad.text
    assert not names(bad, "unknown") | names(bad, "blocked"), bad.text
    site.recovers()
    return said(bad)


@drill(
    "Redis: a password is asked for",
    "redis_queue_answers fails and says so; with the password in a file all is ok",
)
def test_password(site, tmp_path):
    client = site.demo.redis("queue")
    client.config_set("requirepass", "drill-only")
    (tmp_path / "password").write_text("drill-only\n")
    try:
        bad = site.run(deadline=DEADLINE)
        site.settings(redis={"queue_password_file": str(tmp_path / "password")})
        site.recovers()
    finally:
        client.execute_command("AUTH", "drill-only")
        client.config_set("requirepass", "")
        client.close()
    assert names(bad, "failing") == {"redis_queue_answers"}, bad.text
    assert not names(bad, "unknown"), bad.text
    return f"{said(bad)}; {because(bad)}"
