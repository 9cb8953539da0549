"""What must not grow: memory and handles of all that lasts, temporary files, and the history past its stated size."""

from __future__ import annotations

import os
import re
import sqlite3
import statistics
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from reporters.archive import RESULTS_DAYS, SPARE_PAGES
from reporters.plugin import KEPT_RUNS
from tests.conftest import ROOT

ROWS = {"samples": 330 * 288, "hours": 330 * 24, "daily": 330}
"""Rows a day of which bench/RESULTS.md states the size."""

MARGIN = 1.5
SPARE_BYTES = 300_000
PAGE = 4096
MB = 1e6
WAL_BYTES = 16 * MB
DAY = 86400.0
LAG_DAYS = 4
"""Results of so many days may wait to be deleted, after a pause in which nothing ran."""

MORE_MB = 12.0
MORE = 6
SHARE = 0.1


def stated() -> dict[str, float]:
    """Table -> bytes a row, as bench/RESULTS.md has it."""
    text = (ROOT / "bench" / "RESULTS.md").read_text(encoding="utf-8")
    return {
        name: float(re.search(rf"^\| {name} \| ([\d.]+) \|", text, re.M)[1]) * MB / rows  # type: ignore[index]
        for name, rows in ROWS.items()
    }


@dataclass(frozen=True)
class Size:
    """The history file in bytes: what it takes, what its rows may take, what else is in it, and the oldest result."""

    file: float
    wal: float
    rows: float
    bound: float
    other: float
    oldest: float

    def wrong(self, at: float) -> str:
        """Which bound is passed."""
        if self.rows > self.bound:
            return f"the rows take {self.rows / MB:.1f} MB, stated are {self.bound / MB:.1f}"
        spare = 2 * SPARE_PAGES * PAGE
        if self.file > self.rows + self.other + spare:
            return f"the file takes {self.file / MB:.1f} MB for {(self.rows + self.other) / MB:.1f}"
        if self.wal > WAL_BYTES:
            return f"the write-ahead log takes {self.wal / MB:.1f} MB"
        if at - self.oldest > (RESULTS_DAYS + LAG_DAYS) * DAY:
            return f"a result is {(at - self.oldest) / DAY:.0f} days old"
        return ""


def size(state: Path) -> Size:
    """The history file as it is."""
    path, each = state / "history.sqlite", stated()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=60)) as file:
        taken = dict(file.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name").fetchall())
        counts = {name: file.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in ROWS}
        (oldest,) = file.execute("SELECT MIN(observed_at) FROM samples").fetchone()
    wal = path.with_name(path.name + "-wal")
    rows = sum(taken.pop(name) for name in ROWS)
    bound = SPARE_BYTES + MARGIN * sum(counts[name] * each[name] for name in ROWS)
    bytes_ = wal.stat().st_size if wal.exists() else 0
    return Size(path.stat().st_size, bytes_, rows, bound, sum(taken.values()), oldest)


def files_wrong(state: Path, temporary: Path) -> str:
    """What lies about that should have been taken away."""
    if found := [*temporary.iterdir()]:
        return f"temporary files: {found[:5]}"
    if (count := len([*(state / "runs").glob("*.json")])) > KEPT_RUNS:
        return f"{count} records"
    if (count := len([*(state / "public" / "reports").glob("????-??-??.html")])) > 32:
        return f"{count} pages of days"
    return ""


class Series:
    """Figures that are taken again and again; only their first and last tenth is kept, and between them a few."""

    def __init__(self) -> None:
        self._found: dict[str, list[float]] = {}

    def take(self, processes: Mapping[str, int], more: Mapping[str, float]) -> None:
        """One more figure of each, and of the memory and handles of some processes."""
        for name, value in (*_of(processes), *more.items()):
            self._found.setdefault(name, []).append(value)

    def ends(self) -> Iterator[tuple[str, float, float, float]]:
        """(name, first, last, most): the medians of the second and the last tenth, since servers fill up at first."""
        for name, found in self._found.items():
            tenth = max(1, len(found) // 10)
            first = statistics.median(found[tenth : 2 * tenth] or found)
            yield name, first, statistics.median(found[-tenth:]), max(found)

    def wrong(self) -> str:
        """What grew."""
        for name, first, last, _ in self.ends():
            more = MORE_MB if name.endswith("MB") else MORE
            if last > first * (1 + SHARE) + more:
                return f"{name} grew from {first:g} to {last:g}"
        return ""


def _of(processes: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    for name, pid in processes.items():
        process = psutil.Process(pid)
        yield f"{name}, MB", process.memory_info().rss / MB
        yield f"{name}, files", float(process.num_fds())
        yield f"{name}, threads", float(process.num_threads())


def children() -> int:
    """Processes below this one."""
    return len(psutil.Process(os.getpid()).children(recursive=True))
