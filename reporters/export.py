"""`--export FILE`: results of the history as CSV or Parquet, for a spreadsheet or a BI tool.

Rows are read in pieces, each by a short transaction of its own, so memory stays flat and no run waits.
"""

from __future__ import annotations

import csv
import importlib
import io
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fixtures import clock
from fixtures.schema import SettingsError
from reporters import state
from reporters.history import reading

if TYPE_CHECKING:
    from fixtures.schema import Document

COLUMNS = (
    "site",
    "check_id",
    "severity",
    "observed_at",
    "status",
    "value",
    "limit_value",
    "duration_seconds",
    "reason",
)
NUMBERS = ("value", "limit_value", "duration_seconds")

PIECE = 20_000
"""Rows that are held at once."""

READ = f"""
SELECT {", ".join(COLUMNS)}, observed_epoch FROM v_results
WHERE site = ? AND check_id = ? AND severity = ? AND observed_epoch > ? AND observed_epoch < ?
ORDER BY observed_epoch LIMIT ?
"""  # noqa: S608 (our own names)

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for a formula at the beginning of a cell, full-width forms as well."""

Row = tuple[Any, ...]


def command(document: Document, target: Path, start: str | None, end: str | None) -> Iterator[str]:
    """Write the results from one date to another, both included, by the clock of `alerts.time_zone`.

    Raises:
        SettingsError: a wrong option, no history, or pyarrow is not installed; one line.
    """
    kind = target.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise SettingsError(f"--export = {str(target)!r}: allowed: a file that ends in .csv or .parquet")
    begin, until = _between(start, end, ZoneInfo(document.alerts.time_zone))
    path = state.folder(document.state) / "history.sqlite"
    if not path.is_file():
        raise SettingsError(f"--export: there is no history at {path}; a scheduled run begins one")
    counted = itertools.count()
    try:
        with reading(path, 5) as file:
            pieces = _pieces(file, begin, until, counted)
            if kind == ".csv":
                state.write(target, lambda out: _csv(out, pieces), binary=True)
            else:
                _parquet(target, pieces)
    except OSError as error:
        raise SettingsError(f"--export = {str(target)!r}: cannot be written ({error.strerror})") from None
    except sqlite3.Error as error:
        raise SettingsError(f"--export: the history cannot be read ({error})") from None
    yield f"{next(counted)} results written to {target}"


def _between(start: str | None, end: str | None, zone: ZoneInfo) -> tuple[float, float]:
    """Epoch seconds: from the begin of one day to the end of another, or exact times."""
    begin = _moment("--from", start, zone, 0) if start else 0.0
    until = _moment("--to", end, zone, 1) if end else clock.now() + 1
    if until <= begin:
        raise SettingsError(f"--from = {start!r}: allowed: not after --to ({end or 'now'})")
    return begin, until


def _moment(option: str, text: str, zone: ZoneInfo, days: int) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        allowed = "a date or time as 2026-11-01 or 2026-11-01T08:00"
        raise SettingsError(f"{option} = {text!r}: allowed: {allowed}") from None
    if len(text) <= len("2026-11-01"):
        found += timedelta(days=days)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def _pieces(
    file: sqlite3.Connection, begin: float, until: float, counted: Iterator[int]
) -> Iterator[list[Row]]:
    """The rows by check and then by time; each piece begins after the last row of the one before."""
    items = file.execute("SELECT site, check_id, severity FROM items ORDER BY 1, 2, 3").fetchall()
    waiting: list[Row] = []
    for item in items:
        after = _before(begin)
        while rows := file.execute(READ, (*item, after, until, PIECE)).fetchall():
            after = rows[-1][-1]
            waiting += [row[:-1] for row in rows]
            if len(waiting) >= PIECE:
                yield _counted(waiting, counted)
                waiting = []
            if len(rows) < PIECE:
                break
    if waiting:
        yield _counted(waiting, counted)


def _before(moment: float) -> float:
    """A little earlier, so that what is exactly then is later than it."""
    return moment - 1e-6


def _counted(rows: list[Row], counted: Iterator[int]) -> list[Row]:
    for _ in rows:
        next(counted)
    return rows


def _csv(out: IO[bytes], pieces: Iterator[list[Row]]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for rows in pieces:
        writer.writerows([safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    text.detach()


def safe(text: str) -> str:
    """A cell that a spreadsheet shows and does not run: an apostrophe goes before what may be a formula."""
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def _parquet(target: Path, pieces: Iterator[list[Row]]) -> None:
    try:
        pyarrow = importlib.import_module("pyarrow")  # it has no types, and may not be there
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise SettingsError(
            "--export: Parquet needs pyarrow: pip install pyarrow (or export to a .csv)"
        ) from None
    moment = pyarrow.timestamp("ms", tz="UTC")
    types = {"observed_at": moment} | dict.fromkeys(NUMBERS, pyarrow.float64())
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS])
    place = COLUMNS.index("observed_at")

    def fill(out: IO[bytes]) -> None:
        with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
            for rows in pieces:
                columns = [list(column) for column in zip(*rows, strict=True)]
                columns[place] = [datetime.fromisoformat(text).astimezone(UTC) for text in columns[place]]
                writer.write_table(pyarrow.table(columns, schema=schema))

    state.write(target, fill, binary=True)
