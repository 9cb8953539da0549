"""`make bench`: what a run of the checks costs, against bare pytest and against a slow network."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.proxy import delayed
from demo.site import Demo

ROOT = Path(__file__).parents[1]
RUNS = int(os.environ.get("BENCH_RUNS") or 9)
DELAY_SECONDS = 0.05
EMPTY = "import pytest\n@pytest.mark.parametrize('number', range({}))\ndef test_empty(number):\n    pass\n"
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("CHECKS_", "PYTHON"))}


@dataclass(frozen=True)
class Cost:
    """Medians of one command over some runs: wall seconds, and the peak memory in MB."""

    wall: float
    memory: float


def cost(command: list[str], cwd: Path) -> tuple[float, float]:
    """One run of a whole process: wall seconds and peak megabytes."""
    small = [sys.executable, "-I", "-S", str(ROOT / "bench" / "measure.py"), *command]
    done = subprocess.run(small, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    status, wall, memory = done.stdout.split()
    if status not in ("0", "1"):
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return float(wall), float(memory)


def side_by_side(commands: dict[str, tuple[list[str], Path]]) -> dict[str, Cost]:
    """The commands in turn, over and over, after one round that does not count."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(RUNS + 1):
        for name, (command, cwd) in commands.items():
            one = cost(command, cwd)
            if number:
                seen[name].append(one)
    return {
        name: Cost(statistics.median(wall for wall, _ in runs), max(memory for _, memory in runs))
        for name, runs in seen.items()
    }


def pytest_on(*arguments: str) -> list[str]:
    """A pytest command."""
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def count(settings: Path, *selection: str) -> int:
    """How many items a selection has."""
    command = pytest_on("--collect-only", "--settings", str(settings), *selection)
    text = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
    return sum("::" in line for line in text.splitlines())


def slowed(demo: Demo, stack: ExitStack) -> Path:
    """Settings in which every server is behind a proxy that adds to each round trip."""
    text = demo.settings.read_text(encoding="utf-8")
    web, database = (
        stack.enter_context(delayed(demo.port(name), DELAY_SECONDS)) for name in ("https", "database")
    )
    cache, queue = (
        stack.enter_context(delayed(demo.port(name), DELAY_SECONDS)) for name in ("cache", "queue")
    )
    text = text.replace(f"https://localhost:{demo.port('https')}", f"https://localhost:{web}")
    text = text.replace('user = "checks"', f'user = "checks"\nhost = "127.0.0.1"\nport = {database}')
    text += f'\n[redis]\ncache = "redis://127.0.0.1:{cache}"\nqueue = "redis://127.0.0.1:{queue}"\n'
    path = demo.folder / "slow.toml"
    path.write_text(text, encoding="utf-8")
    return path


def main(tell: Callable[[str], object] = print) -> None:
    """Measure, print the table, and keep it in RESULTS.md."""
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "demo") as demo, ExitStack() as stack:
        single = "checks/test_host.py::test_disk_usage[critical]"
        items = count(demo.settings, "checks")
        bare = Path(folder) / "bare"
        bare.mkdir()
        (bare / "test_many.py").write_text(EMPTY.format(items))
        (bare / "test_one.py").write_text(EMPTY.format(1))
        slow = slowed(demo, stack)
        found = side_by_side(
            {
                "bare": (pytest_on("test_many.py"), bare),
                "checks": (pytest_on("checks", "--settings", str(demo.settings)), ROOT),
                "bare one": (pytest_on("test_one.py"), bare),
                "one check": (pytest_on(single, "--settings", str(demo.settings)), ROOT),
                "published": (pytest_on("checks", "--publish", "--settings", str(demo.settings)), ROOT),
                "slow network": (pytest_on("checks", "--settings", str(slow)), ROOT),
            }
        )
    lines = table(found, items)
    tell("\n".join(lines))
    (ROOT / "bench" / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(found: dict[str, Cost], items: int) -> list[str]:
    """The results as Markdown."""
    bare, one = found["bare"], found["bare one"]
    rows = [
        ("bare pytest, as many empty tests", bare, "1.00"),
        (f"all checks, {items} items", found["checks"], f"{found['checks'].wall / bare.wall:.2f} (goal 2)"),
        (
            "all checks, published (a scheduled run)",
            found["published"],
            f"{found['published'].wall / bare.wall:.2f}",
        ),
        ("bare pytest, one empty test", one, "1.00"),
        (
            "one check by its node id",
            found["one check"],
            f"{found['one check'].wall / one.wall:.2f} (goal 1.2)",
        ),
        (
            f"all checks, {DELAY_SECONDS * 1000:.0f} ms more a round trip",
            found["slow network"],
            f"{found['slow network'].wall - found['checks'].wall:+.2f} s (goal +1 s)",
        ),
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine}. Whole processes in turn, medians of {RUNS} runs,",
        "peak memory of all runs. `make bench` measures anew.",
        "",
        "| run | wall s | peak MB | ratio |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {one.wall:.2f} | {one.memory:.0f} | {ratio} |" for name, one, ratio in rows),
    ]


if __name__ == "__main__":
    main()
