"""Faults of servers and host that need more than a row: locks, a replica, counters, code, logs."""

from __future__ import annotations

import contextlib
import gzip
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

from demo import servers
from demo.fault import Fault, Overrides, behave, both, fault, idle, lively, sql
from demo.faults_host import narrowed, newest
from demo.faults_servers import connection, release
from demo.faults_web import WELL
from demo.pulse import prefix
from demo.seed_rest import APPS

if TYPE_CHECKING:
    from demo.site import Demo

LOCK = "SELECT name FROM tabVolunteer WHERE name = 'VOL-00000' FOR UPDATE"
RUNNING = "rq:job:fault-running"


def lock_waits(demo: Demo) -> None:
    """Four transactions wait for a row that a fifth holds."""
    connection(demo).cursor().execute(LOCK)
    for _ in range(4):
        cursor = connection(demo).cursor()

        def wait(cursor: Any = cursor) -> None:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                cursor.execute(LOCK)

        threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.5)


def crash_table(demo: Demo) -> None:
    """A MyISAM table whose index file is garbage."""
    with demo.root() as cursor:
        cursor.execute("CREATE TABLE tabFault (a int, KEY a (a)) ENGINE=MyISAM")
        cursor.execute("INSERT INTO tabFault VALUES (1)")
        cursor.execute("GRANT SELECT ON _demo.tabFault TO 'checks'@'%'")
        cursor.execute("FLUSH TABLES tabFault")
        (index,) = (demo.folder / "mariadb").rglob("tabFault.MYI")
        index.write_bytes(b"garbage")


def drop_table(demo: Demo) -> None:
    """It is gone."""
    with demo.root() as cursor, contextlib.suppress(pymysql.MySQLError):
        cursor.execute("DROP TABLE tabFault")
    for file in (demo.folder / "mariadb").rglob("tabFault.*"):
        file.unlink()
    with demo.root() as cursor:
        cursor.execute("REVOKE SELECT ON _demo.tabFault FROM 'checks'@'%'")


def replica_settings(demo: Demo) -> Overrides:
    """Another server's port."""
    return {"database": {"replica_port": demo.port("replica")}}


def start_replica(demo: Demo) -> None:
    """A second server whose newest trace of the scheduler is an hour old."""
    port = demo.port("replica")
    demo.run("replica", servers.mariadb(demo.folder / "replica", port, demo.folder / "log" / "replica.log"))
    client = pymysql.connect(host=servers.HOST, port=port, user="root", autocommit=True, ssl_disabled=True)
    with client, client.cursor() as cursor:
        cursor.execute("CREATE DATABASE _demo")
        cursor.execute("CREATE USER 'checks'@'%%' IDENTIFIED BY %s", ("demo-only-checks",))
        cursor.execute("GRANT SELECT ON _demo.* TO 'checks'@'%'")
        cursor.execute("CREATE TABLE _demo.tabSingles (doctype varchar(99), field varchar(99), value text)")
        cursor.execute("CREATE TABLE _demo.`tabScheduled Job Type` (last_execution datetime)")
        with demo.root() as source:
            source.execute("SELECT MAX(last_execution) - INTERVAL 1 HOUR FROM `tabScheduled Job Type`")
            cursor.execute("INSERT INTO _demo.`tabScheduled Job Type` VALUES (%s)", source.fetchone())


def fake_proc(**files: str) -> Any:
    """The kernel's figures as they are, but for the files that are told."""

    def act(demo: Demo) -> None:
        folder = demo.folder / "proc"
        folder.mkdir(exist_ok=True)
        for name in ("meminfo", "loadavg", "locks", "vmstat", "sys", "self"):
            link = folder / name
            link.unlink(missing_ok=True)
            if name in files:
                link.write_text(files[name])
            elif name == "sys" and "file_nr" in files:
                (link / "fs").mkdir(parents=True)
                (link / "fs" / "file-nr").write_text(files["file_nr"])
            else:
                link.symlink_to(f"/proc/{name}")

    return act


def no_fake_proc(demo: Demo) -> None:
    """The kernel's own again."""
    import shutil

    shutil.rmtree(demo.folder / "proc")


def its_proc(demo: Demo) -> Overrides:
    """Where the told figures are."""
    return {"host": {"proc": str(demo.folder / "proc")}}


def turn_away(demo: Demo) -> None:
    """The queue Redis turned somebody away."""
    client: Any = demo.redis("queue")
    others = [demo.redis("queue") for _ in range(3)]
    for other in others:
        other.ping()
    client.config_set("maxclients", 1)
    with contextlib.suppress(Exception):
        demo.redis("queue").ping()
    client.config_set("maxclients", 1000)
    for other in others:
        other.close()


def forget_turned_away(demo: Demo) -> None:
    """Its counters begin anew."""
    demo.redis("queue").config_resetstat()


def run_long(demo: Demo) -> None:
    """A job that was started two hours ago, and may take one."""
    client, key = demo.redis("queue"), f"rq:wip:{prefix(demo.bench)}:long"
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - 7200))
    client.hset(RUNNING, mapping={"started_at": at, "status": "started", "timeout": "3600"})
    client.zadd(key, {"fault-running": time.time() + 60})


def end_long(demo: Demo) -> None:
    """It ended."""
    client, key = demo.redis("queue"), f"rq:wip:{prefix(demo.bench)}:long"
    client.delete(RUNNING)
    client.zrem(key, "fault-running")


def code(age_days: float) -> Any:
    """An app's code was changed so long ago."""

    def act(demo: Demo) -> None:
        at = time.time() - age_days * 86400
        os.utime(demo.bench / "apps" / "frappe" / "frappe" / "hooks.py", (at, at))

    return act


def hide_app(demo: Demo) -> None:
    """The app's code is not there."""
    (demo.bench / "apps").rename(demo.folder / "apps")


def show_app(demo: Demo) -> None:
    """It is there again."""
    (demo.folder / "apps").rename(demo.bench / "apps")


def web_log(demo: Demo) -> Path:
    """The web server's log."""
    return demo.bench / "logs" / "web.error.log"


def log_tracebacks(demo: Demo) -> None:
    """25 requests of now with a traceback, each of two errors."""
    stamp = time.strftime("[%Y-%m-%d %H:%M:%S +0000]", time.gmtime())
    with web_log(demo).open("a") as log:
        one = f"{stamp} [1] [ERROR] Error handling request /\n" + 2 * "Traceback (most recent call last):\n"
        log.write(one * 25)


def clear_log(demo: Demo) -> None:
    """A new log."""
    web_log(demo).write_text("")


def loop_log(demo: Demo) -> None:
    """A log that is a folder."""
    web_log(demo).rename(demo.folder / "hidden-log")
    web_log(demo).mkdir()


def show_log(demo: Demo) -> None:
    """It is a file again."""
    web_log(demo).rmdir()
    (demo.folder / "hidden-log").rename(web_log(demo))


def cut_off(demo: Demo) -> None:
    """The newest backup unpacks, but ends before its last line."""
    file = newest(demo)
    at, content = file.stat().st_mtime, file.read_bytes()
    (demo.folder / "whole").write_bytes(content)
    file.write_bytes(gzip.compress(gzip.decompress(content)[:-30], 1))
    os.utime(file, (at, at))


def restore(demo: Demo) -> None:
    """It is whole again."""
    file = newest(demo)
    at = file.stat().st_mtime
    file.write_bytes((demo.folder / "whole").read_bytes())
    os.utime(file, (at, at))


PULSE = ("frequent", "jobs", "mail", "logins")
MEMINFO = "MemTotal: 8000000 kB\nMemAvailable: 1500000 kB\nSwapTotal: 1000000 kB\nSwapFree: 100 kB\n"

FAULTS: dict[str, Fault] = {
    "db_lock_waits": fault(
        "four transactions wait for a lock", "database_lock_waits", "", lock_waits, release
    ),
    "db_slow_queries": fault(
        "more statements are slow than its narrowed limits",
        "database_slow_queries_share_percent",
        settings=narrowed("database_slow_queries_share_percent", warning=-2, high=-1),
    ),
    "db_reads_from_disk": fault(
        "more is read from the disk than its narrowed limits",
        "database_buffer_pool_miss_percent",
        settings=narrowed("database_buffer_pool_miss_percent", warning=-2, high=-1),
    ),
    "db_read_only": fault(
        "the server takes no writes",
        "database_writable",
        "",
        both(*(idle(part) for part in PULSE), sql("SET GLOBAL read_only = 1")),
        both(sql("SET GLOBAL read_only = 0"), *(lively(part) for part in PULSE)),
    ),
    "db_table_crashed": fault("a table crashed", "database_unreadable_tables", "", crash_table, drop_table),
    "db_replica_behind": fault(
        "the replica is an hour behind",
        "database_replica_lag_seconds",
        "",
        start_replica,
        lambda demo: demo.kill("replica"),
        replica_settings,
    ),
    "db_table_large": fault(
        "a table is larger than its narrowed limits",
        "largest_table_bytes",
        settings=narrowed("largest_table_bytes", warning=1, high=2),
    ),
    "error_log_large": fault(
        "the Error Log is longer than its narrowed limits",
        "error_log_rows",
        settings=narrowed("error_log_rows", warning=1, high=2),
    ),
    "db_grows": fault(
        "the database grew by more than its narrowed limits",
        "database_growth_percent_7d",
        settings=narrowed("database_growth_percent_7d", warning=-99, high=-98),
    ),
    "disk_fills": fault(
        "the disk fills sooner than its narrowed limits",
        "disk_full_in_days",
        settings=narrowed("disk_full_in_days", warning=99999, high=99998),
    ),
    "swap_full": fault(
        "the swap space is full and memory is short",
        "swap_used_percent",
        "",
        fake_proc(meminfo=MEMINFO),
        no_fake_proc,
        its_proc,
    ),
    "files_open": fault(
        "nearly no file can be opened any more",
        "open_files_percent",
        "",
        fake_proc(file_nr="995 0 1000\n"),
        no_fake_proc,
        its_proc,
    ),
    "processes_killed": fault(
        "the kernel killed a million processes",
        "oom_kills_24h oom_kills_since_boot",
        "",
        fake_proc(vmstat="oom_kill 1000001\n"),
        no_fake_proc,
        its_proc,
    ),
    "clock_off": fault(
        "the web server's clock is a minute behind",
        "clock_offset_seconds",
        "",
        behave(clock=-60),
        WELL,
    ),
    "web_tracebacks": fault(
        "the web server writes tracebacks", "web_log_errors_1h", "", log_tracebacks, clear_log
    ),
    "web_log_unreadable": fault(
        "the web server's log cannot be read", "", "web_log_errors_1h", loop_log, show_log
    ),
    "backup_cut_off": fault(
        "the newest backup was broken off",
        "backup_readable",
        "",
        both(idle("backups"), cut_off),
        both(restore, lively("backups")),
    ),
    "redis_turns_away": fault(
        "the queue Redis turned a connection away",
        "redis_rejected_connections",
        "",
        turn_away,
        forget_turned_away,
    ),
    "redis_turned_many_away": fault(
        "the queue Redis turned more away than its narrowed limit",
        "redis_rejected_since_start",
        settings={"checks.redis_rejected_since_start": {"info": -1}},
    ),
    "job_runs_on": fault(
        "a job that may take one hour runs for two", "rq_longest_running_job_seconds", "", run_long, end_long
    ),
    "guests_read_users": fault(
        "a guest may list users",
        "guest_api_refused",
        "",
        behave(replies={"/api/resource/User": [200, "application/json", '{"data": []}']}),
        WELL,
    ),
    "headers_gone": fault(
        "pages may be framed and their types guessed",
        "security_headers",
        "",
        behave(headers={"X-Content-Type-Options": "none", "X-Frame-Options": ""}),
        WELL,
    ),
    "app_unhealthy": fault(
        "the app calls itself unhealthy",
        "app_health_endpoint",
        "",
        behave(
            replies={
                "/api/method/verenigingen.monitoring.zabbix_integration.health_check": [
                    200,
                    "application/json",
                    '{"message": {"status": "unhealthy", "score": 33.3}}',
                ]
            }
        ),
        WELL,
    ),
    "realtime_gone": fault(
        "the realtime server is gone",
        "realtime_answers",
        "",
        behave(replies={"/socket.io/": [502, "text/html", "<h1>Bad Gateway</h1>"]}),
        WELL,
    ),
    "status_page_gone": fault(
        "the status page is a 404",
        "health_page_public",
        "",
        behave(replies={"/system-status": [404, "text/html", "<h1>Not Found</h1>"]}),
        WELL,
    ),
    "workers_old": fault(
        "code was changed under running workers", "workers_older_than_code", "", code(0), code(10)
    ),
    "code_gone": fault(
        "the apps' code is not there",
        "app_versions_expected",
        "migrations_pending scheduled_jobs_registered workers_older_than_code",
        hide_app,
        show_app,
    ),
    "app_on_the_bench_only": fault(
        "the bench has an app that this site has not: nothing is said to be wrong",
        "",
        "",
        sql("DELETE FROM `tabInstalled Application` WHERE app_name = 'erpnext'"),
        sql(
            "INSERT INTO `tabInstalled Application` (name, app_name, app_version, has_setup_wizard, is_setup_complete)"
            " VALUES ('erpnext', 'erpnext', %s, 1, 1)",
            APPS["erpnext"],
        ),
    ),
    "app_not_installed": fault(
        "an app is not installed: its checks do not apply, and nothing is said to be wrong",
        "",
        "",
        both(
            sql("DELETE FROM tabDocType WHERE name = 'Mollie Audit Log'"),
            sql("RENAME TABLE `tabMollie Audit Log` TO `fault`"),
        ),
        both(
            sql("RENAME TABLE `fault` TO `tabMollie Audit Log`"),
            sql("INSERT INTO tabDocType (name, issingle, is_virtual) VALUES ('Mollie Audit Log', 0, 0)"),
        ),
    ),
}
