"""What the demo's checks found in the eight days before it was made: figures that hardly change."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from demo.seed import MEMBERS
from demo.web import SITE
from reporters.history import History
from reporters.run import Result, Run

DAYS = 8
FIGURES = ("disk_usage", "database_size_bytes", "oom_kills_since_boot", "members_active")
NOTHING = ("redis_queue_evicted_since_start", "redis_rejected_since_start")
"""Counters of servers that were just started."""


def write(state: Path, **said: float) -> None:
    """A history of today's figures, or of those that are `said`."""
    state.mkdir(mode=0o700, exist_ok=True)
    history = History(state / "history.sqlite")
    figures = now(state) | said
    try:
        for quarter in range(4 * DAYS, 0, -1):
            at = time.time() - quarter * 6 * 3600
            history.add(run(at, figures))
    finally:
        history.close()


def now(folder: Path) -> dict[str, float]:
    """The figures of this machine, and about what the demo's database takes."""
    disk = os.statvfs(folder)
    taken = disk.f_blocks - disk.f_bfree
    kills = re.search(r"^oom_kill (\d+)$", Path("/proc/vmstat").read_text(encoding="ascii"), re.M)
    used = 100 * taken / (taken + disk.f_bavail)
    killed = float(kills[1]) if kills else 0.0
    found = dict(zip(FIGURES, (used, DATABASE_BYTES, killed, ACTIVE), strict=True))
    return found | dict.fromkeys(NOTHING, 0.0)


DATABASE_BYTES = 86e6
ACTIVE = 0.96 * MEMBERS
"""Of 25 members one has left."""


def run(at: float, figures: dict[str, float]) -> Run:
    """One run in which all was well."""
    results = tuple(
        Result(
            check=check, site=SITE, group="past", severity="info", status="ok", value=value, observed_at=at
        )
        for check, value in figures.items()
    )
    return Run(
        id=f"past-{at:.0f}",
        started=at,
        duration=1.0,
        exit_status=0,
        complete=False,
        selected=len(figures),
        results=results,
    )
