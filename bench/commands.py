"""Whole processes, measured side by side: wall and CPU seconds with all children, and peak memory."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("BENCH_PYTHON") or sys.executable
"""Runs the suite and bare pytest: of an environment that has what an installation has, and no tools beside it."""
ROUNDS = int(os.environ.get("BENCH_RUNS") or 7)
PLUGINS = frozenset({"pytest-json-report", "pytest-metadata"})
"""Distributions whose pytest plugins an installation has; what only development needs is left out of each run."""

ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("CHECKS_", "PYTHON", "PYTEST"))
}
LEFT_OUT = sorted(
    one.name for one in entry_points(group="pytest11") if one.dist and one.dist.name not in PLUGINS
)
LEAN = ENVIRONMENT | {"PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in LEFT_OUT)}
EMPTY = "import pytest\n@pytest.mark.parametrize('number', range({}))\ndef test_empty(number):\n    pass\n"


class Cost(Struct, frozen=True):
    """CPU and wall seconds, and peak memory in MB; of some rounds medians, and the highest memory."""

    cpu: float
    wall: float
    memory: float

    def times(self, count: float) -> Cost:
        """What so many in a row cost."""
        return Cost(self.cpu * count, self.wall * count, self.memory)


def measured(command: Sequence[str], cwd: Path, env: Mapping[str, str] = LEAN) -> Cost:
    """One run of a whole process with all that it starts.

    Raises:
        SystemExit: it ended with something else than 0 or 1, pytest's own for a run that judged.
    """
    small = [sys.executable, "-I", "-S", str(ROOT / "bench" / "measure.py"), *command]
    done = subprocess.run(small, cwd=cwd, env=env, capture_output=True, text=True, check=True)
    status, wall, memory, cpu = done.stdout.split()
    if status not in ("0", "1"):
        raise SystemExit(f"{shlex.join(command)[:200]} ended with {status}")
    return Cost(float(cpu), float(wall), float(memory))


def in_turn(runs: Mapping[str, Callable[[], T]], rounds: int = ROUNDS) -> dict[str, list[T]]:
    """What each gave, one after the other, over and over, after one round that does not count."""
    seen: dict[str, list[T]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            one = run()
            if number:
                seen[name].append(one)
    return seen


def side_by_side(commands: Mapping[str, Callable[[], Cost]], rounds: int = ROUNDS) -> dict[str, Cost]:
    """The cost of each, in turn."""
    return {
        name: Cost(
            statistics.median(one.cpu for one in costs),
            statistics.median(one.wall for one in costs),
            max(one.memory for one in costs),
        )
        for name, costs in in_turn(commands, rounds).items()
    }


def pytest_on(*arguments: str) -> list[str]:
    """A pytest command."""
    return [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def checks_on(settings: Path, *arguments: str) -> Callable[[], Cost]:
    """A run of the suite with these settings; without arguments, of all checks."""
    command = pytest_on(*(arguments or ("checks",)), "--settings", str(settings))
    return lambda: measured(command, ROOT)


def bare(folder: Path, count: int) -> Callable[[], Cost]:
    """Bare pytest on so many empty tests."""
    folder.mkdir()
    (folder / "test_empty.py").write_text(EMPTY.format(count))
    return lambda: measured(pytest_on("test_empty.py"), folder)


def items(settings: Path, *selection: str) -> int:
    """How many items a selection has."""
    command = pytest_on("--collect-only", "--settings", str(settings), *(selection or ("checks",)))
    done = subprocess.run(command, cwd=ROOT, env=LEAN, capture_output=True, text=True, check=True)
    return sum("::" in line for line in done.stdout.splitlines())
