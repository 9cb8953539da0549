"""What a run costs by the number of checks, beside bare pytest and one process of a plugin for each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from bench.commands import ROOT, ROUNDS, Cost, bare, measured, pytest_on, side_by_side
from bench.questions import mysql_query, needed
from bench.results import Section, at_most, table
from demo.site import Demo

SIZES = (10, 100, 1000, 10_000)
PLUGINS_AT_MOST = 1000
"""More plugins are so many times these."""

GENERATED = '''"""Generated."""
from fixtures import check, sql
'''
ONE = '''
@check(sql("made_{n}"), unit="rows", warning=1000)
def test_made_{n}(value, limit):
    """Few of kind {n}."""
    assert value <= limit

'''


class Row(Struct, frozen=True):
    """So many checks: bare pytest on as many empty tests, the suite, and as many processes of a plugin."""

    count: int
    bare: Cost
    suite: Cost
    plugins: Cost


def measure() -> Section:
    """The part `checks`."""
    needed()
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        return section([*growth(demo, Path(name), SIZES)])


def generated(folder: Path, count: int) -> Path:
    """A copy of the suite with so many checks, each with a statement of its own."""
    made = folder / f"suite-{count}"
    (made / "checks").mkdir(parents=True)
    for name in ("fixtures", "reporters", "runbook"):
        shutil.copytree(ROOT / name, made / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, made / name)
    for part in range(0, count, 100):
        numbers = range(part, min(part + 100, count))
        (made / "checks" / f"test_made_{part}.py").write_text(
            GENERATED + "".join(ONE.format(n=n) for n in numbers)
        )
    shutil.copy(ROOT / "checks" / "known.toml", made / "checks")
    queries = (
        f"-- name: made_{n}\nSELECT COUNT(*) FROM tabUser WHERE enabled = {n + 2}\n" for n in range(count)
    )
    (made / "checks" / "queries.sql").write_text("\n".join(queries))
    return made


def growth(demo: Demo, folder: Path, sizes: Sequence[int]) -> Iterator[Row]:
    """A row for each size; above 1,000 plugins the figures of 1,000 stand for more."""
    settings = folder / "generated.toml"
    settings.write_text(demo.settings.read_text(encoding="utf-8").partition("[checks.")[0])
    many: Cost | None = None
    for count in sizes:
        suite = generated(folder, count)
        command = pytest_on("checks", "--settings", str(settings))
        commands = {
            "bare": bare(folder / f"bare-{count}", count),
            "suite": lambda command=command, suite=suite: measured(command, suite),  # type: ignore[misc]
        }
        if count <= PLUGINS_AT_MOST:
            script = folder / f"plugins-{count}.sh"
            query = "SELECT COUNT(*) FROM tabUser WHERE enabled ="
            lines = (f"{mysql_query(demo)} -q '{query} {n + 2}'" for n in range(count))
            script.write_text("\n".join([*lines, "exit 0"]))
            commands["plugins"] = lambda script=script: measured(["sh", str(script)], folder)  # type: ignore[misc]
        found = side_by_side(commands, ROUNDS if count < 1000 else max(1, ROUNDS // 2))
        if many and count > PLUGINS_AT_MOST:
            plugins = many.times(count / PLUGINS_AT_MOST)
        else:
            plugins = many = found["plugins"]
        yield Row(count, found["bare"], found["suite"], plugins)


def break_even(rows: Sequence[Row]) -> float:
    """From how many checks on one run costs less CPU than one process a check: lines through 10 and 1,000."""
    few, many = rows[0], next((row for row in rows if row.count == 1000), rows[-1])
    more = many.count - few.count
    slope = (many.suite.cpu - few.suite.cpu) / more
    each = (many.plugins.cpu - few.plugins.cpu) / more
    return (few.suite.cpu - slope * few.count) / (each - slope) if each > slope else float("inf")


def section(rows: Sequence[Row]) -> Section:
    """The table."""
    told = [
        (
            f"{row.count:,}",
            f"{row.bare.cpu:.2f}",
            f"{row.suite.cpu:.2f}",
            f"{row.suite.cpu / row.bare.cpu:.2f}",
            f"{row.plugins.cpu:.2f}",
            f"{row.suite.cpu / row.plugins.cpu:.2f}",
            f"{row.suite.wall:.2f}",
            f"{row.suite.memory:.0f}",
        )
        for row in rows
    ]
    head = ("checks", "bare pytest, CPU s", "suite, CPU s", "ratio", "plugins, CPU s", "suite / plugins")
    lines = [
        f"Each check has a statement of its own; medians of {ROUNDS} rounds, from 1,000 on of {max(1, ROUNDS // 2)}.",
        "10,000 plugins are ten times 1,000.",
        *table((*head, "suite, wall s", "suite, MB"), told),
        f"One run costs less CPU than one process a check from {break_even(rows):.0f} checks on.",
    ]
    thousand = next((row for row in rows if row.count == 1000), rows[-1])
    goals = (
        at_most("break-even with one process a check, checks", 300, break_even(rows)),
        at_most(
            f"{thousand.count:,} checks, CPU of one process each",
            0.5,
            thousand.suite.cpu / thousand.plugins.cpu,
        ),
    )
    return Section("By the number of checks", lines, goals)
