"""The same hundred questions of one site, as each peer can ask them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from demo.site import NAME, PASSWORD, Demo
from demo.web import SITE
from fixtures import clock
from fixtures.catalogue import declared
from fixtures.probes.sql import Sql, parameters, statements

PLUGINS = Path("/usr/lib/nagios/plugins")
COUNT = 100
HOST = {
    "disk_usage": "check_disk -w 1% -c 1% -p /",
    "load_per_core": "check_load -w 99,99,99 -c 99,99,99",
}
PAGES = {
    "site_answers": "/api/method/ping",
    "login_page_works": "/login",
    "status_page_answers": "/system-status",
}


class Questions(Struct, frozen=True):
    """SQL text, address or port by the suite's check that asks the same."""

    sql: dict[str, str]
    pages: dict[str, str]
    ports: dict[str, int]

    @property
    def checks(self) -> list[str]:
        """The suite's checks."""
        return [*self.sql, *self.pages, *self.ports, *HOST]


def questions(demo: Demo) -> Questions:
    """Statements that give one number, as the suite asks them, and some pages, ports and host figures."""
    now = clock.site_now("Europe/Amsterdam")
    ports = {
        "redis_cache_answers": demo.port("cache"),
        "redis_queue_answers": demo.port("queue"),
        "database_answers": demo.port("database"),
    }
    found: dict[str, str] = {}
    with demo.root() as cursor:
        for name, check in declared().items():
            if type(check.probe) is Sql and len(found) < COUNT - len(PAGES) - len(ports) - len(HOST):
                text = statements()[check.probe.name]
                found[name] = " ".join(cursor.mogrify(text, parameters(text, now, {})).split())
    return Questions(found, {name: path for name, path in PAGES.items() if name in declared()}, ports)


def account(demo: Demo) -> dict[str, Any]:
    """How the peers log in to the database."""
    return {
        "host": "127.0.0.1",
        "port": demo.port("database"),
        "user": "checks",
        "password": f"{PASSWORD}-checks",
        "database": NAME,
    }


def mysql_query(demo: Demo) -> str:
    """check_mysql_query, up to its options."""
    told = account(demo)
    return (
        f"{PLUGINS}/check_mysql_query -H {told['host']} -P {told['port']} -u {told['user']}"
        f" -p {told['password']} -d {told['database']}"
    )


def plugin_lines(demo: Demo, asked: Questions) -> Iterator[str]:
    """A command of the monitoring plugins for each question."""
    for text in asked.sql.values():
        yield f"{mysql_query(demo)} -w 0:9999999999 -c 0:9999999999 -q {shlex.quote(text)}"
    for path in asked.pages.values():
        yield f"{PLUGINS}/check_http -S --sni -H {SITE} -I 127.0.0.1 -p {demo.port('https')} -u {path}"
    for port in asked.ports.values():
        yield f"{PLUGINS}/check_tcp -H 127.0.0.1 -p {port}"
    for command in HOST.values():
        yield f"{PLUGINS}/{command}"


def needed() -> None:
    """Refuse to measure without the monitoring plugins.

    Raises:
        SystemExit: they are not installed; the text says how.
    """
    if not (PLUGINS / "check_mysql_query").exists():
        raise SystemExit("bench: missing the monitoring plugins: apt-get install monitoring-plugins-standard")
