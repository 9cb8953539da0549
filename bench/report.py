"""What a report and the status page cost on 90 days of 100 checks, a run every five minutes.

Each in a process of its own: `python -m bench.report HISTORY KIND`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.commands import ROOT
from bench.results import Section, at_most, table
from reporters.daily.spans import Kind, span
from tests.reporters.report_cases import ALERTS, LAST, ZONE, troubled

KINDS: tuple[Kind, ...] = ("day", "week", "month")
STATUS = "status page"


class Row(Struct, frozen=True):
    """Seconds of its steps, the size of what was drawn in kB, and peak memory in MB."""

    what: str
    gathering: float
    drawing: float
    rest: float
    size: float
    peak: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.gathering + self.drawing + self.rest


def report(path: Path, kind: Kind) -> Row:
    """A report is gathered, drawn as a page and as a mail."""
    import sqlite3

    started = time.perf_counter()
    from reporters.daily import mailing, page
    from reporters.daily.gather import gather

    connection = sqlite3.connect(path)
    when = LAST.date() if kind == "day" else LAST.date().replace(day=1)
    one = span(kind, when, ZONE) if kind == "day" else span(kind, when, ZONE).before
    made = gather(connection, one, LAST.timestamp() + 110_000, ALERTS)
    gathered = time.perf_counter()
    text = page.render(made, ALERTS)
    drawn = time.perf_counter()
    mailing.mail_parts(made, ALERTS)
    return _row(
        f"report of a {kind}", gathered - started, drawn - gathered, time.perf_counter() - drawn, text
    )


def status(path: Path) -> Row:
    """Both status pages of a run that ends the history."""
    begun = time.perf_counter()
    import jinja2  # noqa: F401 (as imports: a run has it from its first page on)

    from reporters import days, status_page, status_view
    from reporters.history import last_results, reading
    from reporters.run import Run

    started = time.perf_counter()
    with reading(path) as connection:
        results = tuple(last_results(connection))
        run = Run("bench", LAST.timestamp() + 86_000, 1.0, 0, True, len(results), results)
        past = days.past(connection, run.started, ZONE)
        view = status_view.build(run, connection, past, ALERTS)
    gathered = time.perf_counter()
    pages = [status_page.render(view, ALERTS, internal=internal) for internal in (True, False)]
    drawn = time.perf_counter()
    return _row(STATUS, gathered - started, drawn - gathered, started - begun, "".join(pages))


def _row(what: str, gathering: float, drawing: float, rest: float, text: str) -> Row:
    # getrusage would give the peak of whoever started this process, where that is higher.
    peak = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.M)
    return Row(what, gathering, drawing, rest, len(text) / 1000, int(peak[1]) / 1024 if peak else 0.0)


def measure() -> Section:
    """The part `report`."""
    with tempfile.TemporaryDirectory() as folder:
        made = troubled(Path(folder), count=100)
        count = made.connection.execute("SELECT COUNT(*) FROM samples").fetchone()[0]
        size = made.path.stat().st_size / 1e6
        made.settle()
        made.history.close()
        rows = [
            msgspec.json.decode(
                subprocess.run(
                    [sys.executable, "-m", "bench.report", str(made.path), kind],
                    check=True,
                    stdout=subprocess.PIPE,
                    cwd=ROOT,
                ).stdout,
                type=Row,
            )
            for kind in (*KINDS, "status")
        ]
    return section(rows, f"{count:,} results of {len(made.results)} limits in 90 days ({size:.0f} MB)")


def section(rows: Sequence[Row], history: str) -> Section:
    """The table."""
    told = [
        (
            row.what,
            *(f"{seconds:.2f}" for seconds in (row.seconds, row.gathering, row.drawing, row.rest)),
            f"{row.size:.0f}",
            f"{row.peak:.0f}",
        )
        for row in rows
    ]
    reports = [row for row in rows if row.what != STATUS]
    page = next(row for row in rows if row.what == STATUS)
    head = ("what", "seconds", "of them gathering", "drawing", "mail, or imports", "kB", "peak MB")
    goals = (
        at_most("the slowest report", 5, max(row.seconds for row in reports), "s"),
        at_most("the largest report, memory", 300, max(row.peak for row in reports), "MB"),
        at_most("the status page after its imports", 0.2, page.gathering + page.drawing, "s"),
    )
    lines = [f"{history}, a run every 5 minutes; each in a process of its own, its imports included."]
    return Section("A report and the status page", [*lines, *table(head, told)], goals)


if __name__ == "__main__":
    path, kind = Path(sys.argv[1]), sys.argv[2]
    row = status(path) if kind == "status" else report(path, kind)  # type: ignore[arg-type]
    print(msgspec.json.encode(row).decode())
