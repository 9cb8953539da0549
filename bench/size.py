"""`make bench-size`: every SQL check on an association fifty times larger than the demo.

250,000 members, 3 million invoices, 2 million rows of the error log and of the activity log: the demo's own
rows over and over under other names. What runs in each run must be served by an index and end within 100 ms;
a scan is hourly or daily and ends within 2 s.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from demo.site import Demo
from fixtures import clock
from fixtures.catalogue import declared
from fixtures.observe import source_of
from fixtures.probes.sql import Sql, moments, statements

RESULTS = Path(__file__).parent / "SIZE.md"
TIMES = 50
MORE = {"tabSales Invoice": 112, "tabActivity Log": 77}
"""Tables that are to have three and two million rows."""

ERRORS = 2_000_000
OWN = frozenset(
    {"tabSingles", "tabDocType", "tabScheduled Job Type", "tabInstalled Application", "tabPatch Log"}
)
"""Tables that are as large on any site."""

REFERENCES = frozenset({"name", "parent", "member", "customer", "invoice", "member_id", "mandate_id"}) | {
    "mandate_reference",
    "sepa_message_id",
}
"""Columns whose values get another name with each copy."""

TABLES = "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"

LARGE_ROWS = 20_000
"""A table with fewer rows may be read as a whole."""

LIMIT_MS = {"run": 100.0, "hourly": 2000.0, "daily": 2000.0}
RUNS = 3


class Measured(Struct, frozen=True):
    """One statement: milliseconds, how each large table is read, and how many rows that may be."""

    query: str
    every: str
    milliseconds: float
    access: str
    rows: int
    scans: bool

    @property
    def good(self) -> bool:
        """Whether it keeps the rule."""
        return self.milliseconds <= LIMIT_MS[self.every] and not (self.scans and self.every == "run")


def grow(cursor: Any, tell: Any = print) -> None:
    """Copy the demo's rows under other names."""
    cursor.execute("SET GLOBAL innodb_buffer_pool_size = 2147483648")
    cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
    cursor.execute(TABLES)
    for table, _ in cursor.fetchall():
        cursor.execute(f"SHOW COLUMNS FROM `{table}`")
        columns = [row[0] for row in cursor.fetchall()]
        if table in OWN or "name" not in columns or table == "tabError Log":
            continue
        started = time.monotonic()
        named = ", ".join(f"`{column}`" for column in columns)
        copied = ", ".join(
            f"CONCAT(t.`{column}`, '-', s.seq)" if column in REFERENCES else f"t.`{column}`"
            for column in columns
        )
        copies = MORE.get(table, TIMES) - 1
        cursor.execute(
            f"INSERT INTO `{table}` ({named}) SELECT {copied} FROM `{table}` AS t, seq_1_to_{copies} AS s"
        )
        if time.monotonic() - started > 5:
            tell(f"{table}: {cursor.rowcount} rows, {time.monotonic() - started:.0f} s")
    cursor.execute(
        "INSERT INTO `tabError Log` (name, creation, modified, method, error)"
        " SELECT CONCAT('copy', seq), at, at, CONCAT('Fault ', seq % 40), 'Traceback' FROM"
        f" (SELECT seq, (SELECT MIN(creation) FROM `tabError Log`) - INTERVAL seq * 10 SECOND AS at"
        f" FROM seq_1_to_{ERRORS}) AS made"
    )
    cursor.execute(TABLES)
    cursor.execute("ANALYZE TABLE " + ", ".join(f"`{row[0]}`" for row in cursor.fetchall()))
    cursor.fetchall()


def measure(cursor: Any, zone: str) -> Iterator[Measured]:
    """Each statement that a check reads, warm, the median of three."""
    every: dict[str, str] = {}
    for check in declared().values():
        source = source_of(check.probe)
        if isinstance(source, Sql):
            known = every.get(source.name, "daily")
            every[source.name] = min(check.every, known, key=("run", "hourly", "daily").index)
    cursor.execute(
        "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
    )
    sizes = dict(cursor.fetchall())
    for name, cadence in sorted(every.items()):
        text = statements()[name]
        values = moments(text, clock.site_now(zone))
        took = []
        for number in range(RUNS + 1):
            started = time.perf_counter()
            cursor.execute(text, values)
            cursor.fetchall()
            if number:
                took.append((time.perf_counter() - started) * 1000)
        access, rows, scans = _explained(cursor, text, values, sizes)
        yield Measured(name, cadence, statistics.median(took), access, rows, scans)


def _explained(cursor: Any, text: str, values: Any, sizes: dict[str, int]) -> tuple[str, int, bool]:
    """How the large tables are read; a scan is type ALL, or an index read from end to end."""
    cursor.execute(f"EXPLAIN {text}", values)
    found, rows, scans = [], 0, False
    named = aliases(text)
    for row in cursor.fetchall():
        alias, kind, key, count = row[2], row[3], row[5], row[8]
        table = named.get(alias, alias)
        if (sizes.get(table) or 0) < LARGE_ROWS:
            continue
        found.append(f"{table.removeprefix('tab')}: {kind}{f' by {key}' if key else ''}")
        rows += int(count or 0)
        scans = scans or kind in ("ALL", "index")
    return "; ".join(found), rows, scans


def aliases(text: str) -> dict[str, str]:
    import re

    pairs = re.findall(r"(?:FROM|JOIN)\s+(?:`(tab[^`]+)`|(tab\w+))(?:\s+AS\s+(\w+))?", text)
    return {alias or quoted or bare: quoted or bare for quoted, bare, alias in pairs}


def table(found: list[Measured], sizes: str) -> list[str]:
    """The results as Markdown, the slowest first."""
    rows = sorted(found, key=lambda one: (one.good, -one.milliseconds))
    return [
        "# Every SQL check at fifty times the size",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. {sizes} Warm, medians of {RUNS}; `make bench-size` measures anew.",
        "What runs in each run is served by an index and ends within 100 ms; a scan is hourly or daily and",
        "ends within 2 s.",
        "",
        "| query | every | ms | large tables, as they are read | rows looked at | |",
        "| --- | --- | ---: | --- | ---: | --- |",
        *(
            f"| {one.query} | {one.every} | {one.milliseconds:.1f} | {one.access or 'none'} | {one.rows:,} |"
            f" {'' if one.good else 'too slow'} |"
            for one in rows
        ),
    ]


def main() -> int:
    """Build, measure, keep; 1 when a statement breaks the rule."""
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "demo") as demo:
        demo.kill("pulse")
        with demo.root(seconds=900) as cursor:
            grow(cursor)
            counts = []
            for name in ("Member", "Sales Invoice", "Error Log", "Activity Log"):
                cursor.execute(f"SELECT COUNT(*) FROM `tab{name}`")
                counts.append(f"{cursor.fetchone()[0]:,} rows of {name}")
            found = [*measure(cursor, "Europe/Amsterdam")]
    lines = table(found, ", ".join(counts) + ".")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    bad = [one for one in found if not one.good]
    print("\n".join(lines[6 : 9 + max(20, len(bad))]))
    print(f"{len(found)} statements, {len(bad)} too slow")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
