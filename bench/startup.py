"""What a run of all checks costs beside bare pytest on as many empty tests, and what it imports."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.commands import LEAN, PYTHON, ROOT, ROUNDS, Cost, bare, checks_on, items, pytest_on, side_by_side
from bench.results import Section, at_most, table
from demo.site import Demo

ONE = "checks/test_host.py::test_disk_usage[critical]"
HEAVY = (
    *("pymysql", "requests", "hiredis", "jinja2", "prometheus_client"),
    *("apprise", "matplotlib", "playwright", "rq", "cryptography"),
)
"""Libraries that only some selections need; tests/bench/test_imports.py holds which."""

SELECTIONS = {
    "host figures": ("checks", "-k", "disk_usage or load_per_core"),
    "one Redis": ("checks", "-k", "redis_cache_answers"),
    "one statement": ("checks", "-k", "error_rate_percent"),
    "one page": ("checks", "-k", "login_page_works"),
    "all checks": ("checks",),
    "all checks, published": ("checks", "--publish"),
}


def measure() -> Section:
    """The part `startup`."""
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        folder, count = Path(name), items(demo.settings)
        found = side_by_side(
            {
                "bare": bare(folder / "many", count),
                "all": checks_on(demo.settings),
                "published": checks_on(demo.settings, "checks", "--publish"),
                "bare one": bare(folder / "one", 1),
                "one": checks_on(demo.settings, ONE),
            }
        )
        loaded = {what: imported(folder / "loaded", demo.settings, *how) for what, how in SELECTIONS.items()}
        return section(found, count, by_package(demo.settings, folder / "one"), loaded)


def section(
    found: Mapping[str, Cost], count: int, packages: Mapping[str, float], loaded: Mapping[str, set[str]]
) -> Section:
    """The tables."""
    many, one = found["bare"], found["bare one"]
    shown = (
        (f"bare pytest, {count} empty tests", "bare", many),
        (f"all checks, {count} items", "all", many),
        ("all checks, published (a scheduled run: only what is due)", "published", many),
        ("bare pytest, one empty test", "bare one", one),
        ("one check by its node id", "one", one),
    )
    rows = []
    for what, key, base in shown:
        cost = found[key]
        ratios = (f"{cost.wall / base.wall:.2f}", f"{cost.cpu / base.cpu:.2f}")
        rows.append((what, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.memory:.0f}", *ratios))
    lines = [f"Whole processes in turn, medians of {ROUNDS} rounds, peak memory of all rounds."]
    lines += table(("run", "wall s", "CPU s", "peak MB", "wall ratio", "CPU ratio"), rows)
    lines += [*_packages(packages), *_selections(loaded)]
    goals = (
        at_most("all checks, CPU of bare pytest", 1.5, found["all"].cpu / many.cpu),
        at_most("all checks, wall time of bare pytest", 2, found["all"].wall / many.wall),
        at_most("one check, wall time of bare pytest", 1.2, found["one"].wall / one.wall),
    )
    return Section("Start-up", lines, goals)


def _packages(packages: Mapping[str, float]) -> Iterator[str]:
    yield "What a run of all checks imports beyond pytest, by package, its own time in ms, the least of three runs (requests, PyMySQL and"
    yield "hiredis only where a selected check needs them):"
    largest = sorted(packages.items(), key=lambda one: -one[1])[:12]
    rest = sum(packages.values()) - sum(took for _, took in largest)
    rows = [(name, f"{took:.1f}") for name, took in largest]
    yield from table(
        ("package", "ms"), [*rows, ("others", f"{rest:.1f}"), ("all", f"{sum(packages.values()):.1f}")]
    )


def _selections(loaded: Mapping[str, set[str]]) -> Iterator[str]:
    yield "What a selection imports of the libraries that not all need (tests/bench/test_imports.py holds it):"
    rows = [
        (what, f"{len(names)}", ", ".join(name for name in HEAVY if name in names) or "none")
        for what, names in loaded.items()
    ]
    yield from table(("selection", "modules", "libraries"), rows)


def imported(into: Path, settings: Path, *selection: str) -> set[str]:
    """The modules that a run has imported when it ends."""
    subprocess.run(
        pytest_on("-p", "bench.loaded", *selection, "--settings", str(settings)),
        cwd=ROOT,
        env=LEAN | {"BENCH_LOADED": str(into)},
        capture_output=True,
        check=False,
    )
    return set(into.read_text(encoding="utf-8").split("\n"))


def by_package(settings: Path, empty: Path) -> dict[str, float]:
    """Milliseconds of import by package, of what a run of all checks imports and bare pytest does not."""

    def seen(cwd: Path, _: str, *command: str) -> dict[str, float]:
        """Module -> the least of three runs."""
        least: dict[str, float] = {}
        for _round in range(3):
            done = subprocess.run(
                [PYTHON, "-X", "importtime", *command],
                cwd=cwd,
                env=LEAN,
                capture_output=True,
                text=True,
                check=False,
            )
            for own, name in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.M):
                least[name] = min(least.get(name, float("inf")), int(own) / 1000)
        return least

    # With -s: pytest would take what is told of the imports of conftest.py and of the checks.
    base = seen(empty, *pytest_on("-s", "--collect-only"))
    ours = seen(ROOT, *pytest_on("-s", "--collect-only", "checks", "--settings", str(settings)))
    probes = seen(ROOT, "", "-c", "import requests, pymysql, hiredis")  # imported in threads, where times mix
    found: dict[str, float] = {}
    for name, took in (ours | probes).items():
        if name not in base:
            package = name.partition(".")[0]
            found[package] = found.get(package, 0.0) + took
    return found
