"""What a run costs as the tables grow to fifty times the demo's, and what each statement costs there.

Client and database apart: the database's seconds are its own account of the user `checks` (userstat).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from bench import statements
from bench.commands import ROUNDS, Cost, checks_on, side_by_side
from bench.growing import STEPS, counted, grow
from bench.latency import outcomes
from bench.results import Goal, Section, machine, table
from demo.site import Demo
from fixtures.catalogue import declared, group

TIMEOUTS = re.compile(r"^\[timeouts\]\n(?:\w.*\n)*", re.M)
"""The demo's are short, for its faults; here the suite's defaults hold."""

BUFFER_POOL = 2**31
"""Bytes, as a server for tables of this size has."""

ROUND_COUNT = max(1, min(ROUNDS, 3))


def kinds() -> dict[str, list[str]]:
    """What is selected: every check, and those that a scheduled run asks each time."""
    names = [name for name, check in declared().items() if check.every == "run"]
    return {
        "every check": ["checks"],
        "what each run asks": [f"checks/test_{group(name)}.py::test_{name}" for name in names],
    }


class Row(Struct, frozen=True):
    """One size and kind of run: the client's cost, the database's seconds and rows read for one run."""

    times: int
    kind: str
    cost: Cost
    busy: float
    read: int
    unknown: int


def measure() -> Section:
    """The part `size`; it writes SIZE.md too."""
    rows: list[Row] = []
    counts: dict[int, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        demo.kill("pulse")
        with demo.root(seconds=900) as cursor:
            cursor.execute(f"SET GLOBAL innodb_buffer_pool_size = {BUFFER_POOL}")
            cursor.execute("SET GLOBAL userstat = 1")
            for before, times in zip((1, *STEPS), STEPS, strict=False):
                if times > before:
                    grow(cursor, before, times)
                counts[times] = counted(cursor)
                rows += [*asked(demo, cursor, times)]
            cursor.execute("SET GLOBAL userstat = 0")
            found = [*statements.measured(cursor, "Europe/Amsterdam")]
    told = ", ".join(f"{count:,} rows of {table}" for table, count in counts[STEPS[-1]].items())
    statements.FILE.write_text(statements.page(found, machine(), f"{told}."), encoding="utf-8")
    return section(rows, counts, found)


def asked(demo: Demo, cursor: Any, times: int) -> Iterator[Row]:
    """A row for each kind of run."""
    record, settings = demo.folder / "record.json", demo.folder / "usual.toml"
    text = demo.settings.read_text(encoding="utf-8")
    settings.write_text(TIMEOUTS.sub("", text), encoding="utf-8")
    for kind, arguments in kinds().items():
        run = checks_on(settings, *arguments, f"--json-report-file={record}")
        cursor.execute("FLUSH USER_STATISTICS")
        cost = side_by_side({kind: run}, ROUND_COUNT)[kind]
        cursor.execute(
            "SELECT BUSY_TIME, ROWS_READ FROM information_schema.USER_STATISTICS WHERE USER = 'checks'"
        )
        busy, read = cursor.fetchone()
        runs = ROUND_COUNT + 1
        lost = sum(outcome == "error" for outcome in outcomes(record))
        yield Row(times, kind, cost, float(busy) / runs, int(read) // runs, lost)


def section(
    rows: Sequence[Row], counts: Mapping[int, Mapping[str, int]], found: Sequence[statements.Measured]
) -> Section:
    """The table, and what the statements of SIZE.md come to."""
    bad = [one for one in found if not one.good]
    slowest = max(found, key=lambda one: one.milliseconds)
    base = {row.kind: row for row in rows if row.times == rows[0].times}
    told = [
        (
            f"x{row.times}, {row.kind}",
            f"{counts[row.times]['Member']:,}",
            f"{counts[row.times]['Sales Invoice']:,}",
            f"{row.cost.wall:.2f}",
            f"{row.cost.wall / base[row.kind].cost.wall:.2f}",
            f"{row.cost.cpu:.2f}",
            f"{row.cost.cpu / base[row.kind].cost.cpu:.2f}",
            f"{row.busy:.3f}",
            f"{row.read:,}",
            f"{row.unknown}",
        )
        for row in rows
    ]
    head = ("tables", "members", "invoices", "wall s", "ratio", "client CPU s", "ratio", "database s")
    lines = [
        f"The demo's rows over and over, warm, medians of {ROUND_COUNT} rounds. Database: its own account of the time that",
        "it was busy for a run, of up to four connections side by side, and of the rows that it read. Unknown: not answered",
        "within the statement timeout of 5 s.",
        *table((*head, "rows read", "unknown items"), told),
        f"[Each of the {len(found)} statements at x{rows[-1].times}](SIZE.md): the slowest is {slowest.query}",
        f"({slowest.every}) with {slowest.milliseconds:,.0f} ms.",
    ]
    goal = Goal(
        "at fifty times the size: 100 ms and an index for what each run asks, 2 s for what is hourly or daily",
        f"{len(found) - len(bad)} of {len(found)} statements",
        not bad,
    )
    return Section("By the size of the data", lines, (goal,))
