"""What happened before: runs, results, and each item's present state, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from fixtures import clock
from fixtures.declaration import PERIOD_SECONDS
from reporters.archive_tables import SCHEMA, statements
from reporters.run import Result, Run, result_of

MIGRATIONS = (
    """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, started REAL NOT NULL, duration REAL NOT NULL,
    exit_status INTEGER NOT NULL, complete INTEGER NOT NULL, selected INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE results (
    site TEXT NOT NULL, check_id TEXT NOT NULL, severity TEXT NOT NULL, observed_at REAL NOT NULL,
    run_id TEXT NOT NULL, status TEXT NOT NULL, value REAL, limit_value REAL, duration REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (site, check_id, severity, observed_at)
) WITHOUT ROWID;
CREATE TABLE current (
    site TEXT NOT NULL, check_id TEXT NOT NULL, severity TEXT NOT NULL, status TEXT NOT NULL,
    since REAL NOT NULL, last_success REAL NOT NULL, observed_at REAL NOT NULL, result TEXT NOT NULL,
    PRIMARY KEY (site, check_id, severity)
) WITHOUT ROWID;
""",
    """
CREATE TABLE reporters (
    name TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_success REAL NOT NULL, error TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN suite TEXT NOT NULL DEFAULT 'full';
CREATE TABLE published (site TEXT, suite TEXT, PRIMARY KEY (site, suite)) WITHOUT ROWID;
""",
    """
CREATE TABLE absent (site TEXT, check_id TEXT, PRIMARY KEY (site, check_id)) WITHOUT ROWID;
""",
    """
CREATE TABLE alerts (
    site TEXT, check_id TEXT, alert TEXT NOT NULL, PRIMARY KEY (site, check_id)
) WITHOUT ROWID;
CREATE TABLE incidents (
    id TEXT PRIMARY KEY, site TEXT NOT NULL, check_id TEXT NOT NULL, group_name TEXT NOT NULL,
    severity TEXT NOT NULL, status TEXT NOT NULL, since REAL NOT NULL, ended REAL, root TEXT
) WITHOUT ROWID;
CREATE TABLE outbox (
    id TEXT PRIMARY KEY, channel TEXT NOT NULL, notice TEXT NOT NULL, created REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    delivered REAL, receipt TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX waiting ON outbox (channel) WHERE delivered IS NULL;
CREATE TABLE receipts (
    channel TEXT, incident TEXT, receipt TEXT NOT NULL, PRIMARY KEY (channel, incident)
) WITHOUT ROWID;
CREATE TABLE channels (
    name TEXT PRIMARY KEY, first REAL NOT NULL, delivered REAL NOT NULL DEFAULT 0, canary REAL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', warned REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE silences (
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, because TEXT NOT NULL,
    starts REAL NOT NULL, ends REAL NOT NULL
);
CREATE TABLE held_silences (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, because TEXT NOT NULL, ends REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE held (
    silence TEXT, site TEXT, check_id TEXT, PRIMARY KEY (silence, site, check_id)
) WITHOUT ROWID;
""",
    SCHEMA,
    """
CREATE TABLE reports (
    kind TEXT, day TEXT, written REAL NOT NULL, level TEXT NOT NULL, headline TEXT NOT NULL, mailed REAL,
    PRIMARY KEY (kind, day)
) WITHOUT ROWID;
""",
)
"""What leads from each version of the file to the next; `user_version` counts those that were applied."""

Key = tuple[str, str, str]
"""Site, check and severity."""

Since = tuple[str, str, str, str]
"""Site, check, severity and status: what began may have ended since, unrecorded."""

RESULT = msgspec.json.Decoder(Result)
SLACK = 0.05
"""Cron is never on the dot: a check is due when 95 % of its period has passed."""


def put_aside(path: Path) -> Path:
    """Move a file that is damaged out of the way, with what belongs to it, and give its new name."""
    aside = path.with_name(f"{path.name}.damaged-{clock.now():.0f}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a file itself is wrong: not one that is locked, full, or of a later version."""
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def reading(path: Path, seconds: float = 1.0) -> closing[sqlite3.Connection]:
    """A history file to read only, closed at the end; it waits so long for one that is locked."""
    return closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=seconds))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


class History:
    """The history file, opened; sqlite3.DatabaseError tells what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=5, isolation_level=None)
        try:
            path.chmod(0o600)
            self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def _migrate(self) -> None:
        known = len(MIGRATIONS)
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > known:
            raise sqlite3.DatabaseError(f"it is of version {version}, this suite knows {known}")
        if version < known:
            with transaction(self._connection):
                for migration in MIGRATIONS[version:]:
                    for statement in statements(migration):
                        self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {known}")

    @staticmethod
    def since_of(path: Path) -> dict[Since, float]:
        """`since` of a file that is only read."""
        with reading(path) as connection:
            return _since(connection)

    @staticmethod
    def current_of(path: Path) -> list[Result]:
        """Each item's last result, of a file that is only read."""
        with reading(path) as connection:
            return last_results(connection)

    @staticmethod
    def results_of(path: Path, site: str, check: str, count: int) -> list[Past]:
        """The last results of one check, newest first, of a file that is only read."""
        with reading(path) as connection:
            rows = connection.execute(
                "SELECT observed_at, severity, status, value, reason FROM results"
                " WHERE site = ? AND check_id = ? ORDER BY observed_at DESC LIMIT ?",
                (site, check, count),
            )
            return [Past(*row) for row in rows]

    @staticmethod
    def past_of(path: Path, site: str, check: str, seconds: float) -> list[tuple[float, float]]:
        """(when, value) of one check's results, oldest first, in a file that is only read."""
        try:
            with reading(path) as connection:
                return connection.execute(
                    "SELECT observed_at, MAX(value) FROM results WHERE site = ? AND check_id = ?"
                    " AND observed_at > ? AND value IS NOT NULL GROUP BY observed_at ORDER BY observed_at",
                    (site, check, clock.now() - seconds),
                ).fetchall()
        except sqlite3.Error:
            return []

    @property
    def connection(self) -> sqlite3.Connection:
        """For the tables of alerts, which are in the same file."""
        return self._connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, run: Run) -> None:
        """Record a run and the state that follows from it, all or nothing."""
        judged = [result for result in run.results if result.status != "skipped"]
        with transaction(self._connection):
            execute = self._connection.execute
            execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.id, run.started, run.duration, run.exit_status, run.complete, run.selected, run.suite),
            )
            for result in judged:
                key = (result.site, result.check, result.severity)
                at = result.observed_at or run.started
                execute(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *key,
                        at,
                        run.id,
                        result.status,
                        result.value,
                        result.limit,
                        result.duration,
                        result.reason,
                    ),
                )
                execute(
                    "INSERT INTO current VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " since = iif(status = excluded.status, since, excluded.since), status = excluded.status,"
                    " last_success = max(last_success, excluded.last_success),"
                    " observed_at = excluded.observed_at, result = excluded.result",
                    (
                        *key,
                        result.status,
                        at,
                        at if result.status == "ok" else 0.0,
                        at,
                        msgspec.json.encode(result).decode(),
                    ),
                )
            if run.full:
                self._forget(run)

    def _forget(self, run: Run) -> None:
        """A check or limit that is gone, or no longer applies, has no present state."""
        sites = {result.site for result in run.results}
        declared = {
            (result.site, result.check, result.severity)
            for result in run.results
            if result.status != "skipped" or result.not_due
        }
        for key in self._connection.execute("SELECT site, check_id, severity FROM current").fetchall():
            if key[0] in sites and key not in declared:
                self._connection.execute(
                    "DELETE FROM current WHERE site = ? AND check_id = ? AND severity = ?", key
                )

    def current(self, wanted: Container[tuple[str, str]] | None = None) -> list[Result]:
        """Each item's last result, or of these sites' checks alone."""
        return last_results(self._connection, wanted)

    def since(self) -> dict[Since, float]:
        """When each item's present status began, in epoch seconds."""
        return _since(self._connection)

    def last_success(self) -> dict[Key, float]:
        """When each item was last ok, in epoch seconds; 0 for never."""
        rows = self._connection.execute("SELECT site, check_id, severity, last_success FROM current")
        return {(site, check, severity): at for site, check, severity, at in rows}

    def last_complete(self, suite: str) -> float:
        """When a run of the suite last judged all that it should, in epoch seconds; 0 for never."""
        row = self._connection.execute(
            "SELECT MAX(started + duration) FROM runs WHERE complete AND suite = ?", (suite,)
        ).fetchone()
        return row[0] or 0.0

    def absences(self, run: Run) -> tuple[list[Result], list[str]]:
        """Results that newly do not apply to their site, and checks that apply again: each is told once."""
        now = {
            (one.site, one.check): one for one in run.results if one.status == "skipped" and not one.not_due
        }
        judged = {(one.site, one.check) for one in run.results if one.status != "skipped"}
        known = set(self._connection.execute("SELECT site, check_id FROM absent").fetchall())
        ended = sorted(known & judged)
        with transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO absent VALUES (?, ?)", now)
            self._connection.executemany("DELETE FROM absent WHERE site = ? AND check_id = ?", ended)
        return [one for key, one in now.items() if key not in known], [check for _, check in ended]

    def gone(self, run: Run) -> tuple[str, ...]:
        """The sites that the suite has published before and that a complete run no longer has."""
        if not run.complete:
            return ()
        known = self._connection.execute("SELECT site FROM published WHERE suite = ?", (run.suite,))
        return tuple(sorted({site for (site,) in known} - set(run.sites())))

    def published(self, run: Run, gone: tuple[str, ...]) -> None:
        """Remember which sites others hold something of."""
        with transaction(self._connection):
            self._connection.executemany(
                "DELETE FROM published WHERE site = ? AND suite = ?", [(site, run.suite) for site in gone]
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO published VALUES (?, ?)", [(site, run.suite) for site in run.sites()]
            )

    def told(self, reporter: str, error: str | None) -> None:
        """Count how a reporter fared: an error's text, or None for success."""
        self._connection.execute(
            "INSERT INTO reporters VALUES (:name, :failed, :at, :error) ON CONFLICT DO UPDATE SET"
            " failures = iif(:failed, failures + 1, 0), error = :error,"
            " last_success = iif(:failed, last_success, :at)",
            {
                "name": reporter,
                "failed": int(error is not None),
                "at": clock.now() if error is None else 0.0,
                "error": error or "",
            },
        )

    def reporter_failures(self) -> dict[str, int]:
        """How often in a row each reporter failed; 0 when it worked last time."""
        return dict(self._connection.execute("SELECT name, failures FROM reporters").fetchall())

    def not_due(self, now: float) -> dict[tuple[str, str], float]:
        """(site, check) -> when it was observed, of those whose period has not passed.

        A check that is not ok is due in every run, so that its end is seen soon.
        """
        found: dict[tuple[str, str], float] = {}
        bad = set()
        for result in self.current():
            key = (result.site, result.check)
            period = PERIOD_SECONDS.get(result.every, 0)  # type: ignore[call-overload]
            age = now - result.observed_at
            if result.status != "ok" or not 0 <= age < period * (1 - SLACK):
                bad.add(key)
            found[key] = result.observed_at
        return {key: at for key, at in found.items() if key not in bad}


class Past(Struct, frozen=True):
    """One result of the past."""

    observed_at: float
    severity: str
    status: str
    value: float | None
    reason: str


def _since(connection: sqlite3.Connection) -> dict[Since, float]:
    rows = connection.execute("SELECT site, check_id, severity, status, since FROM current")
    return {(site, check, severity, status): at for site, check, severity, status, at in rows}


def last_results(
    connection: sqlite3.Connection, wanted: Container[tuple[str, str]] | None = None
) -> list[Result]:
    """Each item's last result, as recorded, in the order of their names; or of these sites' checks alone."""
    rows = connection.execute("SELECT site, check_id, result FROM current ORDER BY site, check_id, severity")
    return [_decoded(text) for site, name, text in rows if wanted is None or (site, name) in wanted]


def _decoded(text: str) -> Result:
    """A result as this version or another wrote it: what it lacks has its default."""
    try:
        return RESULT.decode(text)
    except msgspec.ValidationError:
        return result_of(msgspec.json.decode(text))
