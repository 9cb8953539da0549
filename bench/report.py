"""`python -m bench.report`: what a report and the status page cost on 90 days of 100 checks.

A run every five minutes, each kind in a process of its own; writes bench/REPORT.md.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from reporters.daily.spans import Kind, span
from tests.reporters.report_cases import ALERTS, LAST, ZONE, troubled

FILE = Path(__file__).parent / "REPORT.md"
KINDS: tuple[Kind, ...] = ("day", "week", "month")
HEAD = """# What a report and the status page cost

{today}. {count:,} results of {limits} limits in 90 days, a run every 5 minutes ({size:.0f} MB). Each in a
process of its own, its imports included. `make bench-report` measures anew. Goals: a report in 5 s and
300 MB, the status page in 0.2 s after its imports.

| what | seconds | of them gathering | drawing | mail, or imports | kB | peak MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def report(path: Path, kind: Kind) -> str:
    """A row: a report is gathered, drawn as a page and as a mail."""
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


def status(path: Path) -> str:
    """A row: both status pages of a run that ends the history."""
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
    return _row("status page", gathered - started, drawn - gathered, started - begun, "".join(pages))


def _row(what: str, gathering: float, drawing: float, rest: float, text: str) -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds = f"{gathering + drawing + rest:.2f} | {gathering:.2f} | {drawing:.2f} | {rest:.2f}"
    return f"| {what} | {seconds} | {len(text) / 1000:.0f} | {peak:.0f} |"


def main() -> None:
    """All kinds."""
    if len(sys.argv) == 3:
        path = Path(sys.argv[1])
        print(status(path) if sys.argv[2] == "status" else report(path, sys.argv[2]))  # type: ignore[arg-type]
        return
    with tempfile.TemporaryDirectory() as folder:
        made = troubled(Path(folder), count=100)
        count = made.connection.execute("SELECT COUNT(*) FROM samples").fetchone()[0]
        size = made.path.stat().st_size / 1e6
        made.settle()
        made.history.close()
        rows = [
            subprocess.run(
                [sys.executable, "-m", "bench.report", str(made.path), kind],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            for kind in (*KINDS, "status")
        ]
    head = HEAD.format(
        today=f"{datetime.now(UTC):%Y-%m-%d}", count=count, limits=len(made.results), size=size
    )
    FILE.write_text(head + "".join(rows), encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
