"""Faults of MariaDB and of the two Redis servers."""

from __future__ import annotations

import contextlib
import signal as signals
import threading
import time
from typing import TYPE_CHECKING, Any

import pymysql
import redis

from demo.declared import followers, readers
from demo.fault import Fault, both, fault, kill, nothing, signal, sql, start
from demo.faults_web import APP

if TYPE_CHECKING:
    from demo.site import Demo

ROWS = followers("database_answers")
MAIL = readers("tabEmail Queue")
CACHE = "deferred_errors_waiting redis_cache_memory_percent"
"""What cannot be seen without it; the log-in page only takes longer."""
QUEUE = followers("redis_queue_answers")
SECONDS = 60
"""How long a server may take on a busy machine for what it does at once on an idle one."""


def connection(demo: Demo, **options: Any) -> Any:
    """An administrator's connection to the site's schema, held until `release`."""
    port = demo.port("database")
    client = pymysql.connect(
        host="127.0.0.1", port=port, user="root", database="_demo", ssl_disabled=True, **options
    )
    demo.held.append(client)
    return client


def hold_connections(demo: Demo) -> None:
    """Three of four of 100 connections, idle."""
    sql("SET GLOBAL max_connections = 100")(demo)
    for _ in range(75):
        connection(demo)


def run_on(demo: Demo) -> None:
    """A statement that does not end."""
    cursor = connection(demo).cursor()

    def wait() -> None:
        with contextlib.suppress(pymysql.MySQLError, OSError):
            cursor.execute("SELECT SLEEP(600)")

    threading.Thread(target=wait, daemon=True).start()
    time.sleep(1.2)  # PROCESSLIST counts whole seconds


def stay_open(demo: Demo) -> None:
    """A transaction that does not end, and keeps a row locked."""
    cursor = connection(demo).cursor()
    cursor.execute("START TRANSACTION")
    cursor.execute("SELECT name FROM tabVolunteer WHERE name = 'VOL-00000' FOR UPDATE")
    time.sleep(1.2)  # counted in whole seconds


def release(demo: Demo) -> None:
    """Let go of what was held."""
    with demo.root() as cursor:
        for client in demo.held:
            with contextlib.suppress(pymysql.MySQLError):
                cursor.execute("KILL %s", (client.thread_id(),))
        cursor.execute("SET GLOBAL max_connections = 151")
    for client in demo.held:
        with contextlib.suppress(pymysql.MySQLError, OSError):
            client.close()
    demo.held = []


def fill(name: str) -> Any:
    """A maxmemory that is nearly used up."""

    def act(demo: Demo) -> None:
        demo.redis(name).set("fault-filling", "x" * 20_000_000)
        client: Any = demo.redis(name)
        used, before = client.info()["used_memory"], 0
        end = time.monotonic() + SECONDS
        while used != before and time.monotonic() < end:  # it lets go of what it read the request with
            time.sleep(0.1)
            used, before = client.info()["used_memory"], used
        client.config_set("maxmemory", int(used / 0.99))

    return act


def empty(name: str) -> Any:
    """Room again."""

    def act(demo: Demo) -> None:
        client = demo.redis(name)
        client.config_set("maxmemory", "64mb")
        client.delete("fault-filling")

    return act


def policy(value: str) -> Any:
    """The queue's eviction policy."""
    return lambda demo: demo.redis("queue").config_set("maxmemory-policy", value)


def evict(demo: Demo) -> None:
    """Those that end soonest go first: not the workers' own."""
    client: Any = demo.redis("queue")
    for number in range(40):
        client.set(f"fault-{number}", "x" * 200_000, ex=60)
    client.config_set("maxmemory-policy", "volatile-ttl")
    client.config_set("maxmemory", int(client.info()["used_memory"]) - 1_000_000)
    client.set("fault-last", "x" * 1000, ex=60)
    client.config_set("maxmemory", "64mb")
    client.config_set("maxmemory-policy", "noeviction")
    for key in client.scan_iter("fault-*"):
        client.delete(key)


def forget_counters(demo: Demo) -> None:
    """The queue Redis counts anew."""
    demo.redis("queue").config_resetstat()


def alive_again(name: str) -> Any:
    """A server of Redis that is back: wait for it, then register the workers anew."""

    def act(demo: Demo) -> None:
        end = time.monotonic() + SECONDS
        while True:
            try:
                demo.redis(name).ping()
                break
            except redis.RedisError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        demo.beat()

    return act


FAULTS: dict[str, Fault] = {
    "servers_dns_gone": fault(
        "the names of database and Redis do not resolve",
        "dns_resolves",
        f"database_answers {ROWS} redis_cache_answers {CACHE} redis_queue_answers {QUEUE}",
        settings={
            "database": {"host": "db.invalid"},
            "redis": {"cache": "redis://cache.invalid", "queue": "redis://queue.invalid"},
        },
    ),
    "db_down": fault(
        "MariaDB is gone",
        "database_answers site_answers",
        f"{ROWS} site_answer_seconds {APP}",
        kill("database"),
        start("database"),
    ),
    "db_hangs": fault(
        "MariaDB accepts and never answers",
        "database_answers site_answers",
        f"{ROWS} site_answer_seconds {APP} clock_offset_seconds",
        signal("database", signals.SIGSTOP),
        signal("database", signals.SIGCONT),
    ),
    "db_wrong_password": fault(
        "the monitoring account's password was changed",
        "database_answers",
        ROWS,
        sql("SET PASSWORD FOR 'checks'@'%' = PASSWORD('another')"),
        sql("SET PASSWORD FOR 'checks'@'%' = PASSWORD('demo-only-checks')"),
    ),
    "db_slow": fault(
        "every new connection takes 2.3 seconds",
        "database_answer_seconds site_answer_seconds login_page_seconds",
        "",
        sql("SET GLOBAL init_connect = 'DO SLEEP(2.3)'"),
        sql("SET GLOBAL init_connect = ''"),
        {
            "timeouts": {"read": 10, "probe": 28},
            "checks.database_answer_seconds": {"warning": 2},
            "checks.site_answer_seconds": {"warning": 1.5},
            "checks.login_page_seconds": {"warning": 1.5},
        },
    ),
    "db_table_missing": fault(
        "the table Email Queue is gone: its checks cannot be observed",
        "doctypes_have_tables",
        MAIL,
        sql("RENAME TABLE `tabEmail Queue` TO `fault`"),
        sql("RENAME TABLE `fault` TO `tabEmail Queue`"),
    ),
    "db_connections": fault(
        "nearly all connections are taken", "database_connections_percent", "", hold_connections, release
    ),
    "db_long_query": fault(
        "a statement runs on (limits narrowed to 0 and 1 s, so that nobody waits for minutes)",
        "database_longest_query_seconds",
        "",
        run_on,
        release,
        {"checks.database_longest_query_seconds": {"warning": 0, "high": 0.5}},
    ),
    "db_long_transaction": fault(
        "a transaction stays open (limits narrowed to 0 and 1 s, so that nobody waits for minutes)",
        "database_longest_transaction_seconds",
        "",
        stay_open,
        release,
        {"checks.database_longest_transaction_seconds": {"warning": 0, "high": 0.5}},
    ),
    "db_large": fault(
        "the schema is larger than its limits (narrowed to 1 and 2 bytes)",
        "database_size_bytes",
        "",
        nothing,
        nothing,
        {"checks.database_size_bytes": {"warning": 1, "high": 2}},
    ),
    "redis_cache_down": fault(
        "the cache Redis is gone",
        "redis_cache_answers",
        CACHE,
        kill("cache"),
        both(start("cache"), alive_again("cache")),
    ),
    "redis_cache_hangs": fault(
        "the cache Redis accepts and never answers",
        "redis_cache_answers",
        CACHE,
        signal("cache", signals.SIGSTOP),
        signal("cache", signals.SIGCONT),
    ),
    "redis_queue_down": fault(
        "the queue Redis is gone",
        "redis_queue_answers",
        QUEUE,
        kill("queue"),
        both(start("queue"), alive_again("queue")),
    ),
    "redis_queue_hangs": fault(
        "the queue Redis accepts and never answers",
        "redis_queue_answers",
        QUEUE,
        signal("queue", signals.SIGSTOP),
        both(signal("queue", signals.SIGCONT), alive_again("queue")),
    ),
    "redis_cache_memory_full": fault(
        "the cache Redis is full", "redis_cache_memory_percent", "", fill("cache"), empty("cache")
    ),
    "redis_queue_memory_full": fault(
        "the queue Redis is nearly full", "redis_queue_memory_percent", "", fill("queue"), empty("queue")
    ),
    "redis_queue_may_evict": fault(
        "the queue Redis may evict jobs",
        "redis_queue_policy",
        "",
        policy("allkeys-lru"),
        policy("noeviction"),
    ),
    "redis_queue_evicts": fault(
        "the queue Redis was full, and evicted keys",
        "redis_queue_evictions redis_queue_evicted_since_start",
        "",
        evict,
        both(forget_counters, lambda demo: demo.beat()),
    ),
}
