"""Every SQL statement of the checks on a large site: how long it takes, and how it reads the large tables."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from fixtures import clock
from fixtures.catalogue import declared
from fixtures.observe import source_of
from fixtures.probes.sql import Sql, parameters, statements

FILE = Path(__file__).parent / "SIZE.md"
SIZES = "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
LARGE_ROWS = 20_000
"""A table with fewer rows may be read as a whole."""

LIMIT_MS = {"run": 100.0, "hourly": 2000.0, "daily": 2000.0}
RUNS = 3
HEAD = f"""# Every statement at fifty times the size

{{where}}
{{rows}}
Warm, medians of {RUNS}; `make bench ARGS=size` measures anew. What runs in each run is served by an index
and ends within 100 ms; a scan is hourly or daily and ends within 2 s.

| query | every | ms | large tables, as they are read | rows looked at | |
| --- | --- | ---: | --- | ---: | --- |
"""


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


def measured(cursor: Any, zone: str) -> Iterator[Measured]:
    """Each statement that a check reads, warm, the median of three."""
    every: dict[str, str] = {}
    for check in declared().values():
        source = source_of(check.probe)
        if isinstance(source, Sql):
            known = every.get(source.name, "daily")
            every[source.name] = min(check.every, known, key=("run", "hourly", "daily").index)
    cursor.execute(SIZES)
    sizes = dict(cursor.fetchall())
    for name, cadence in sorted(every.items()):
        text = statements()[name]
        values = parameters(text, clock.site_now(zone), {})
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
        rows += int(str(count or 0).split()[0])  # a filter by row ids adds its share, like `13 (3%)`
        scans = scans or kind in ("ALL", "index")
    return "; ".join(found), rows, scans


def aliases(text: str) -> dict[str, str]:
    """Alias -> table, of a statement."""
    pairs = re.findall(r"(?:FROM|JOIN)\s+(?:`(tab[^`]+)`|(tab\w+))(?:\s+AS\s+(\w+))?", text)
    return {alias or quoted or bare: quoted or bare for quoted, bare, alias in pairs}


def page(found: Sequence[Measured], where: str, rows: str) -> str:
    """SIZE.md: what breaks the rule first, then the slowest."""
    lines = (
        f"| {one.query} | {one.every} | {one.milliseconds:.1f} | {one.access or 'none'} | {one.rows:,} |"
        f" {'' if one.good else 'too slow'} |\n"
        for one in sorted(found, key=lambda one: (one.good, -one.milliseconds))
    )
    return HEAD.format(where=where, rows=rows) + "".join(lines)
