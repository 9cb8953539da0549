"""How large the history becomes, and what its roll-up costs a run.

330 items, a run every five minutes, for some days on the clock of the past; the rest is multiplied. The same
rows go into the table `results` as it was before `samples`, for comparison.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bench.results import Section, table
from fixtures.catalogue import declared
from fixtures.declaration import SEVERITIES
from reporters import archive
from reporters.archive_tables import SCHEMA, statements
from reporters.history import MIGRATIONS, History

DAYS = int(os.environ.get("BENCH_DAYS") or 6)
ITEMS = 330
EACH = 300
START = 1_780_272_000.0
ZONE = "Europe/Amsterdam"
MB = 1e6

BEFORE = """
CREATE TABLE results (
    site TEXT NOT NULL, check_id TEXT NOT NULL, severity TEXT NOT NULL, observed_at REAL NOT NULL,
    run_id TEXT NOT NULL, status TEXT NOT NULL, value REAL, limit_value REAL, duration REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (site, check_id, severity, observed_at)
) WITHOUT ROWID;
"""
INSERT = "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Row = tuple[object, ...]


def runs(days: int) -> Iterator[tuple[float, list[Row]]]:
    """(when, rows) of each run: three results in a hundred are not ok, half of the values have decimals."""
    chance, names = random.Random(1), sorted(declared())
    keys = [(names[n // 3 % len(names)], SEVERITIES[1 + n % 3]) for n in range(ITEMS)]
    for number in range(days * 86400 // EACH):
        at = START + number * EACH + chance.random()
        run = f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}-beef"
        rows: list[Row] = []
        for place, (check, severity) in enumerate(keys):
            status = "ok" if chance.random() < 0.97 else chance.choice(("failing", "unknown"))
            value = float(chance.randint(0, 200)) if place % 2 else chance.uniform(0, 100)
            reason = "" if status == "ok" else f"assert {value} <= 50 errors (critical limit)"
            own = ("leden.example.nl", check, severity, at + chance.random(), run, status)
            rows.append((*own, value, float(place % 90), chance.uniform(0.0005, 0.05), reason))
        yield at, rows


def size(connection: sqlite3.Connection) -> float:
    """Megabytes of pages in use."""
    facts = ("page_count", "freelist_count", "page_size")
    pages, free, each = (connection.execute(f"PRAGMA {fact}").fetchone()[0] for fact in facts)
    return float((pages - free) * each / MB)


def opened(path: Path) -> sqlite3.Connection:
    """A history file of this suite, archive and all."""
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("PRAGMA auto_vacuum = INCREMENTAL")
    History(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    if SCHEMA not in MIGRATIONS:
        for statement in statements(SCHEMA):
            connection.execute(statement)
    return connection


def fill(connection: sqlite3.Connection, days: int) -> tuple[list[float], list[float]]:
    """Run after run; the seconds that writing and tidying took."""
    wrote, tidied = [], []
    for at, rows in runs(days):
        begin = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, rows)
        connection.execute("COMMIT")
        wrote.append(time.perf_counter() - begin)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'samples'").fetchone():
            begin = time.perf_counter()
            archive.tidy(connection, at, ZONE)
            tidied.append(time.perf_counter() - begin)
    return wrote, tidied


def measure() -> Section:
    """The part `history`."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / "before", isolation_level=None)) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute(BEFORE)
            wrote_before, _ = fill(file, DAYS)
            before = size(file) / DAYS
        with closing(opened(Path(folder) / "history.sqlite")) as file:
            empty = size(file)
            wrote, tidied = fill(file, DAYS)
            archive.tidy(file, START + (DAYS + 1) * 86400, ZONE, 60)
            whole = size(file) - empty
            tables = {}
            for table in ("daily", "hours"):
                with_it = size(file)
                file.execute(f"DELETE FROM {table}")
                tables[table] = (with_it - size(file)) / DAYS
            tables["samples"] = whole / DAYS - sum(tables.values())
    return section(before, tables, {"before": wrote_before, "now": wrote, "tidy": tidied})


def section(before: float, tables: Mapping[str, float], seconds: Mapping[str, list[float]]) -> Section:
    """The table; sizes are megabytes a day."""
    kept = {"samples": archive.RESULTS_DAYS, "hours": archive.HOURS_DAYS, "daily": 365}
    ends = {name: tables[name] * days for name, days in kept.items()}
    took = {name: (statistics.median(all_) * 1000, max(all_) * 1000) for name, all_ in seconds.items()}
    rows = [(name, f"{tables[name]:.3f}", f"{kept[name]}", f"{ends[name]:.0f}") for name in kept]
    rows += [("all, after a year", "", "", f"{sum(ends.values()):.0f}")]
    rows += [("each further year", "", "", f"{ends['daily']:.0f}")]
    old = "results as one table with its texts, nothing deleted"
    rows += [(old, f"{before:.1f}", "365", f"{before * 365:.0f}")]
    lines = [
        f"{ITEMS} items, a run every {EACH // 60} minutes, {DAYS} days of it: the rest is reckoned.",
        *table(("rows", "MB a day", "kept, days", "MB"), rows),
        f"To write a run: {took['now'][0]:.1f} ms, worst {took['now'][1]:.0f}; into one table {took['before'][0]:.1f} ms,",
        f"worst {took['before'][1]:.0f}. To tidy after it: {took['tidy'][0]:.1f} ms, worst {took['tidy'][1]:.0f}.",
    ]
    return Section("The history's size", lines)
