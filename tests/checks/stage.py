"""Where stories are told: what changes in the association's rows at a moment, and what the checks then say.

All are told on one connection, each in a transaction of which nothing stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pymysql
from pymysql.constants import CLIENT

from demo import servers
from demo.seed_rest import SCHEMA
from fixtures import known
from fixtures.observe import NotApplicable
from fixtures.probes.sql import parameters, statements
from fixtures.schema import Document
from fixtures.settings import read
from fixtures.site import sites
from tests.checks.association import Life
from tests.checks.rowwise import CHECKS, _items, _passes

OF_BENCH = ("JobsMissing", "PatchesPending", "TablesMissing", "VersionsDiffer")
"""Probes that hold rows against the bench's files."""


def _of_rows(name: str) -> bool:
    """Whether a check is of the site's rows alone; others ask the server and the bench's files too."""
    probe = CHECKS[name].probe
    ours = name == "sepa_index_missing" or not any(
        word in statements()[probe.name] for word in ("information_schema", "@@")
    )
    return ours and type(probe).__name__ not in OF_BENCH


JUDGED = {name: check for name, check in CHECKS.items() if _of_rows(name)}

TABLE = r"(?:`(tab[^`]+)`|\b(tab[A-Z]\w+))"


def _tables(pattern: str, text: str) -> set[str]:
    return {quoted or plain for quoted, plain in re.findall(pattern, text)}


READS = {name: _tables(TABLE, statements()[check.probe.name]) for name, check in JUDGED.items()}
"""The tables of each."""

CHANGED = rf"^(?:INSERT INTO|UPDATE|DELETE FROM) {TABLE}"

Verdict = tuple[float | None, tuple[str, ...]]
"""The value, None where the check does not apply, and the severities that fail at it."""

Changes = str | Iterable["Changes"]
"""Statements, nested as they come."""


@dataclass(frozen=True)
class Story:
    """Something that happens to the association, and all that the checks say of it.

    `told` is check -> value, or (value, "warning", "high") where these severities fail. What it does not name must say
    the same as without the story.
    """

    title: str
    at: datetime
    told: dict[str, Any]
    changes: Changes = ()
    wrong: str = ""
    """What a check says that is not so."""


class Stage:
    """A MariaDB with the association's rows at the moment of the story that is told."""

    def __init__(self, folder: Path) -> None:
        port = servers.free_ports(1)[0]
        self._server = servers.mariadb(folder / "mariadb", port, folder / "mariadb.log")
        servers.start(self._server)
        self._client = pymysql.connect(
            host=servers.HOST, port=port, user="root", client_flag=CLIENT.MULTI_STATEMENTS, ssl_disabled=True
        )
        self._cursor = self._client.cursor()
        self._run("SET SESSION group_concat_max_len = 16777216")
        self._run("CREATE DATABASE story CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE story")
        # MyISAM, which the Error Log is, keeps what a transaction takes back.
        self._run(SCHEMA.read_text(encoding="utf-8").replace("ENGINE=MyISAM", "ENGINE=InnoDB"))
        settings = folder / "story.toml"
        settings.write_text(
            f'[sites.story]\ntime_zone = "Europe/Amsterdam"\n[sites.story.database]\nhost = "{servers.HOST}"\nport = {port}\n'
            'name = "story"\nuser = "root"\npassword = ""\n'
        )
        self._site = sites(read(settings, {}))[0]
        self._at: datetime | None = None
        self.before: dict[str, Verdict] = {}

    def close(self) -> None:
        self._client.close()
        self._server.stop()

    def set(self, at: datetime) -> None:
        """Have the association as it is at a moment; what the checks say of it is in `before`."""
        if at == self._at:
            return
        self._client.rollback()
        self._client.begin()
        for table, rows in Life(at).rows.items():
            self._fill(table, rows)
        self._run("SAVEPOINT association")
        self._at, self.before = at, self._judge(at, list(JUDGED))

    def tell(self, story: Story) -> dict[str, Verdict]:
        """What the checks say when the story has happened."""
        self.set(story.at)
        try:
            changed: set[str] = set()
            for statement in flat(story.changes):
                self._cursor.execute(statement)
                changed |= _tables(CHANGED, statement)
            # What reads none of these tables says what it said.
            return self.before | self._judge(story.at, [name for name in JUDGED if READS[name] & changed])
        finally:
            self._run("ROLLBACK TO SAVEPOINT association")

    def _run(self, text: str) -> None:
        self._cursor.execute(text)
        while self._cursor.nextset():
            pass

    def _fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        shapes: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for row in rows:
            shapes.setdefault(tuple(row), []).append(tuple(row.values()))
        for columns, values in shapes.items():
            names, places = ", ".join(f"`{column}`" for column in columns), ", ".join(["%s"] * len(columns))
            self._cursor.executemany(f"INSERT INTO `{table}` ({names}) VALUES ({places})", values)

    def _judge(self, now: datetime, names: list[str]) -> dict[str, Verdict]:
        if not names:
            return {}
        leaves_out = known.items(Document(), "story")
        text = ";\n".join(statements()[JUDGED[name].probe.name] for name in names)
        self._cursor.execute(text, parameters(text, now, leaves_out))
        found: dict[str, Verdict] = {}
        for name in names:
            rows, columns = self._cursor.fetchall(), len(self._cursor.description)
            self._cursor.nextset()
            found[name] = self._verdict(name, rows, columns)
        return found

    def _verdict(self, name: str, rows: Any, columns: int) -> Verdict:
        """A check's value and the severities at which its own function fails it."""
        check = JUDGED[name]
        try:
            value = check.probe.settle(rows, columns, self._site).value
        except NotApplicable:
            return None, ()
        return value, tuple(
            severity for severity, limit in _items(check) if not _passes(name, check, value, severity, limit)
        )


def flat(changes: Changes) -> Iterator[str]:
    """The statements, one by one."""
    if isinstance(changes, str):
        yield changes
    else:
        for one in changes:
            yield from flat(one)
