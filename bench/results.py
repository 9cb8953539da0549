"""bench/RESULTS.md: the goals first, then a section for each part, with its machine and date.

A part that was measured alone replaces its own section and goals and leaves the others as they are.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from msgspec import Struct

from demo.servers import Missing, program

FILE = Path(__file__).parent / "RESULTS.md"
HEAD = """# Benchmarks

Ratios side by side in one run, on the demo site. `make bench` measures anew, `make bench ARGS="startup peers"` these
parts only: {parts}.

## Goals

| part | goal | measured | |
| --- | --- | ---: | --- |
"""


class Goal(Struct, frozen=True):
    """What is to be reached, what was measured, and whether that is enough."""

    what: str
    measured: str
    met: bool

    def __str__(self) -> str:
        return f"{'met' if self.met else 'NOT MET'}: {self.what}: {self.measured}"


class Section(Struct, frozen=True):
    """What one part found: lines of Markdown below a title, and the goals that it measures."""

    title: str
    lines: Sequence[str]
    goals: Sequence[Goal] = ()


def at_most(what: str, limit: float, value: float, unit: str = "") -> Goal:
    """A goal that is met at or below the limit."""
    space = " " if unit else ""
    return Goal(f"{what}: at most {limit:,g}{space}{unit}", f"{value:,.2f}{space}{unit}", value <= limit)


def at_least(what: str, limit: float, value: float) -> Goal:
    """A goal that is met at or above the limit."""
    return Goal(f"{what}: at least {limit:,g}", f"{value:,.0f}", value >= limit)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown: the first column is text, the others are figures."""
    lines = ["", _row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    return [*lines, *map(_row, rows), ""]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Date, cores, CPU, memory, load, and the versions that matter."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.+)$", told, re.M)
    try:
        text = subprocess.run(
            [program("mariadbd"), "--no-defaults", "--version"], capture_output=True, text=True, check=True
        ).stdout
        database = re.search(r"\d+\.\d+\.\d+", text)
    except (Missing, subprocess.CalledProcessError):
        database = None
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores {model[1] if model else platform.machine()},"
        f" {psutil.virtual_memory().total / 2**30:.0f} GB, load {os.getloadavg()[0]:.1f} before;"
        f" Python {platform.python_version()}, MariaDB {database[0] if database else 'none'}."
    )


def merged(text: str, name: str, section: Section, where: str, titles: dict[str, str]) -> str:
    """RESULTS.md with this part's section and goals in the place of what it had of them.

    `titles` are all parts in their order, part -> title: what belongs to none of them is dropped.
    """
    bodies = {
        title: body.strip() for title, body in re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", text, re.M)
    }
    goals: dict[str, list[str]] = {}
    for line in bodies.get("Goals", "").splitlines():
        if (part := line.strip("| ").partition(" |")[0]) in titles:
            goals.setdefault(part, []).append(line)
    goals[name] = [
        _row([name, one.what, one.measured, "met" if one.met else "**not met**"]) for one in section.goals
    ]
    bodies[section.title] = "\n".join([where, "", *section.lines]).strip()
    head = HEAD.format(parts=", ".join(f"`{part}`" for part in titles))
    parts = [f"## {title}\n\n{bodies[title]}\n" for title in titles.values() if title in bodies]
    rows = "".join(f"{line}\n" for part in titles for line in goals.get(part, ()))
    return re.sub(r"\n{3,}", "\n\n", "\n".join([head + rows, *parts]))
