"""`make bench`: what a run of the checks costs, against bare pytest and against a slow network."""

from __future__ import annotations

import os
import platform
import re
import signal
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
DELAYS_SECONDS = (0.001, 0.01, 0.05, 0.2)
EMPTY = "import pytest\n@pytest.mark.parametrize('number', range({}))\ndef test_empty(number):\n    pass\n"
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("CHECKS_", "PYTHON"))}


@dataclass(frozen=True)
class Cost:
    """Medians of one command over some runs: wall and CPU seconds, and the peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def cost(command: list[str], cwd: Path) -> Cost:
    """One run of a whole process."""
    small = [sys.executable, "-I", "-S", str(ROOT / "bench" / "measure.py"), *command]
    done = subprocess.run(small, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    status, wall, memory, cpu = done.stdout.split()
    if status not in ("0", "1"):
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return Cost(float(wall), float(cpu), float(memory))


def side_by_side(commands: dict[str, tuple[list[str], Path]]) -> dict[str, Cost]:
    """The commands in turn, over and over, after one round that does not count."""
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(RUNS + 1):
        for name, (command, cwd) in commands.items():
            one = cost(command, cwd)
            if number:
                seen[name].append(one)
    return {
        name: Cost(
            statistics.median(one.wall for one in runs),
            statistics.median(one.cpu for one in runs),
            max(one.memory for one in runs),
        )
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


def slowed(demo: Demo, stack: ExitStack, delay: float) -> Path:
    """Settings in which every server is behind a proxy that adds so many seconds to each round trip."""
    text = demo.settings.read_text(encoding="utf-8")
    web, database = (stack.enter_context(delayed(demo.port(name), delay)) for name in ("https", "database"))
    cache, queue = (stack.enter_context(delayed(demo.port(name), delay)) for name in ("cache", "queue"))
    text = text.replace(f"https://localhost:{demo.port('https')}", f"https://localhost:{web}")
    text = text.replace('user = "checks"', f'user = "checks"\nhost = "127.0.0.1"\nport = {database}')
    text += f'\n[redis]\ncache = "redis://127.0.0.1:{cache}"\nqueue = "redis://127.0.0.1:{queue}"\n'
    path = demo.folder / f"slow-{delay}.toml"
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
        own = ("checks", "--settings", str(demo.settings))
        found = side_by_side(
            {
                "bare": (pytest_on("test_many.py"), bare),
                "checks": (pytest_on(*own), ROOT),
                "bare one": (pytest_on("test_one.py"), bare),
                "one check": (pytest_on(single, "--settings", str(demo.settings)), ROOT),
                "published": (pytest_on(*own, "--publish"), ROOT),
            }
            | {
                f"slow {delay}": (pytest_on("checks", "--settings", str(slowed(demo, stack, delay))), ROOT)
                for delay in DELAYS_SECONDS
            }
        )
        for server in ("cache", "queue"):
            demo.signal(server, signal.SIGSTOP)
        found |= side_by_side({"hanging": (pytest_on(*own), ROOT)})
        for server in ("cache", "queue"):
            demo.signal(server, signal.SIGCONT)
        imports = imported(demo)
    lines = [*table(found, items), *imports]
    tell("\n".join(lines))
    (ROOT / "bench" / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(found: dict[str, Cost], items: int) -> list[str]:
    """The results as Markdown."""
    bare, one, checks = found["bare"], found["bare one"], found["checks"]

    def row(name: str, cost: Cost, ratio: str = "") -> str:
        return f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.memory:.0f} | {ratio} |"

    def times(cost: Cost, base: Cost) -> str:
        return f"{cost.wall / base.wall:.2f}, CPU {cost.cpu / base.cpu:.2f}"

    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine}. Whole processes in turn, medians of {RUNS} runs,",
        "peak memory of all runs. `make bench` measures anew.",
        "",
        "| run | wall s | CPU s | peak MB | ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
        row("bare pytest, as many empty tests", bare, "1.00"),
        row(f"all checks, {items} items", checks, f"{times(checks, bare)} (goals 2 and 1.5)"),
        row("all checks, published (a scheduled run)", found["published"], times(found["published"], bare)),
        row("bare pytest, one empty test", one, "1.00"),
        row("one check by its node id", found["one check"], f"{times(found['one check'], one)} (goal 1.2)"),
        *(
            row(
                f"all checks, {delay * 1000:.0f} ms more a round trip",
                found[f"slow {delay}"],
                f"{found[f'slow {delay}'].wall - checks.wall:+.2f} s",
            )
            for delay in DELAYS_SECONDS
        ),
        row(
            "all checks, both Redis accept and never answer (a tenth of the probes; read timeout 3 s)",
            found["hanging"],
            f"{found['hanging'].wall - checks.wall:+.2f} s",
        ),
    ]


def imported(demo: Demo) -> list[str]:
    """Milliseconds of import by package, of what a run of all checks imports and bare pytest does not."""

    def seen(*command: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *command],
            cwd=ROOT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        rows = re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.M)
        return {name: int(own) / 1000 for own, name in rows}

    collecting = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "checks")
    bare = seen("-c", "import pytest; pytest.main(['--version'])")
    ours = seen(*collecting, "--settings", str(demo.settings))
    probes = seen("-c", "import requests, pymysql, hiredis")  # imported in threads, where times mix
    by_package: dict[str, float] = {}
    for name, took in (ours | probes).items():
        if name not in bare:
            package = name.partition(".")[0]
            by_package[package] = by_package.get(package, 0.0) + took
    found = sorted(by_package.items(), key=lambda one: -one[1])[:12]
    return [
        "",
        "## Imports",
        "",
        "What a run of all checks imports beyond pytest, its own time by package in ms (requests, PyMySQL and hiredis",
        "only where a selected check needs them; cryptography only where it is installed):",
        "",
        "| package | ms |",
        "| --- | ---: |",
        *(f"| {package} | {took:.1f} |" for package, took in found),
    ]


if __name__ == "__main__":
    main()
