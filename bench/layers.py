"""Where the CPU time of a run goes, layer by layer and package by package, beside bare pytest on as many empty tests."""

from __future__ import annotations

import json
import pstats
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.commands import EMPTY, LEAN, ROOT, ROUNDS, in_turn, items, measured, pytest_on
from bench.results import Section, table
from bench.sites import many
from demo.site import Demo
from fixtures.settings import read
from fixtures.shard import VARIABLE, Shard
from fixtures.site import names

Layers = Mapping[str, float]
"""Layer -> CPU milliseconds."""

MORE_SITES = 10
ROUND_COUNT = max(1, min(ROUNDS, 5))
PACKAGES = {
    "_pytest": "pytest",
    "pluggy": "pytest",
    "iniconfig": "pytest",
    "pytest_jsonreport": "pytest-json-report",
}
NAMES = {
    "start": "Python starts, pytest is imported",
    "plugins": "plugins, options, settings",
    "collecting": "collecting",
    "observing": "observing",
    "sql": "- SQL",
    "http": "- HTTP, TLS, DNS",
    "redis": "- Redis and its queues",
    "host": "- host, files, backups",
    "libraries": "- imports of its libraries",
    "threads": "- threads and the rest",
    "judging": "judging: the loop over all items",
    "telling": "recording and telling",
    "end": "between these, and the end",
    "all": "all",
    "imports": "of all of it: imports beyond pytest's own start",
}
"""In the order in which they are shown; those with a dash are parts of observing."""


def measure() -> Section:
    """The part `layers`."""
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        folder = Path(name)
        count = items(demo.settings)
        settings = many(demo, folder, 1 + MORE_SITES)
        runs = {
            "bare": empty(folder / "bare", count),
            "bare more": empty(folder / "more", count * (1 + MORE_SITES)),
            "all": layered(folder, ROOT, "checks", "--settings", str(demo.settings)),
            "published": layered(folder, ROOT, "checks", "--publish", "--settings", str(demo.settings)),
            "one": shard(folder, settings, 1),
            "more": shard(folder, settings, 1 + MORE_SITES),
        }
        seen = in_turn(runs, ROUND_COUNT)
        shares = {}
        for key, cwd, arguments in (
            ("bare", folder / "bare", ("test_empty.py",)),
            ("all", ROOT, ("checks", "--settings", str(demo.settings))),
        ):
            profile = folder / f"{key}.profile"
            layered(folder, cwd, *arguments, profile=profile)()
            shares[key] = by_package(profile)
        return section({key: median(found) for key, found in seen.items()}, count, shares)


def empty(folder: Path, count: int) -> Callable[[], Layers]:
    """Bare pytest with the borders."""
    folder.mkdir()
    (folder / "test_empty.py").write_text(EMPTY.format(count))
    return layered(folder, folder, "test_empty.py")


def shard(folder: Path, settings: Path, count: int) -> Callable[[], Layers]:
    """What a fleet starts for so many sites, as it starts it."""
    told = folder / f"shard-{count}"
    told.mkdir()
    path = told / "shard.json"
    path.write_bytes(msgspec.json.encode(Shard(tuple(names(read(settings))[:count]))))
    return layered(folder, ROOT, "checks", "--settings", str(settings), env={VARIABLE: str(path)})


def layered(
    folder: Path, cwd: Path, *arguments: str, profile: Path | None = None, env: Mapping[str, str] = LEAN
) -> Callable[[], Layers]:
    """A run of pytest whose layers are told."""
    into = folder / "borders.json"
    # The plugin is found by this path, which is then no part of what is measured in either.
    env = {**LEAN, **env, "BENCH_BORDERS": str(into), "PYTHONPATH": str(ROOT)}
    env |= {"BENCH_PROFILE": str(profile)} if profile else {}

    def run() -> Layers:
        cost = measured(pytest_on("-p", "bench.borders", *arguments), cwd, env)
        return layers(json.loads(into.read_text(encoding="utf-8")), cost.cpu)

    return run


def layers(told: Mapping[str, Mapping[str, float]], cpu: float) -> dict[str, float]:
    """From what the borders told, and the CPU seconds of the whole process."""
    spent, observed, imported = told["spent"], told["observed"], told["imported"]
    found = {name: spent.get(name, 0.0) for name in ("start", "plugins", "collecting", "observing")}
    found |= {kind: observed.get(kind, 0.0) for kind in ("sql", "http", "redis", "host")}
    found["libraries"] = imported.get("observing", 0.0)
    found["threads"] = found["observing"] - found["libraries"] - sum(observed.values())
    found |= {name: spent.get(name, 0.0) for name in ("judging", "telling")}
    found["end"] = cpu - sum(
        found[name] for name in ("start", "plugins", "collecting", "observing", "judging", "telling")
    )
    return {name: 1000 * took for name, took in found.items()} | {
        "all": 1000 * cpu,
        "imports": 1000 * sum(imported.values()),
    }


def by_package(profile: Path) -> dict[str, float]:
    """Package -> its share of a profile, by its own time; what is built in belongs to who calls it."""
    found: dict[str, float] = {}
    stats: Any = pstats.Stats(str(profile))
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():
        if file == "~" and callers:
            for (caller, _, _), (_, _, took, _) in callers.items():
                found[_package(caller)] = found.get(_package(caller), 0.0) + took
        else:
            found[_package(file)] = found.get(_package(file), 0.0) + own
    whole = sum(found.values())
    return {name: took / whole for name, took in found.items()}


def _package(file: str) -> str:
    """This suite's folder, or whose code it is."""
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return f"{path.relative_to(ROOT).parts[0]}/"
    if "site-packages" in path.parts:
        name = path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
        return PACKAGES.get(name, name)
    return "Python's library"


def median(found: Sequence[Layers]) -> Layers:
    """Of each layer."""
    return {name: statistics.median(one[name] for one in found) for name in NAMES}


def section(found: Mapping[str, Layers], count: int, shares: Mapping[str, Mapping[str, float]]) -> Section:
    """The table: a run, and one more site of a shard."""

    def more(name: str, few: str, many_: str) -> float:
        return (found[many_][name] - found[few][name]) / MORE_SITES

    rows = [
        (
            shown,
            *(f"{found[key][name]:.0f}" for key in ("bare", "all", "published")),
            f"{more(name, 'bare', 'bare more'):.0f}",
            f"{more(name, 'one', 'more'):.0f}",
        )
        for name, shown in NAMES.items()
    ]
    head = (
        "CPU, ms",
        f"bare pytest, {count} empty tests",
        "all checks",
        "published",
        f"{count} more empty tests",
    )
    largest = sorted(
        ((found["all"][name] - found["bare"][name], NAMES[name]) for name in NAMES if _whole(name)),
        reverse=True,
    )
    beyond = found["all"]["all"] - found["bare"]["all"]
    lines = [
        f"`process_time` at the borders between pytest's phases, all threads included; medians of {ROUND_COUNT} rounds. The parts",
        "of observing are `thread_time`. One more site: a shard of eleven sites less a shard of one, a tenth of it.",
        *table((*head, "one more site"), rows),
        f"Beyond bare pytest a run of all checks needs {beyond:.0f} ms: "
        + ", ".join(f"{name} {took:+.0f}" for took, name in largest)
        + ".",
        "With nothing at all to observe the CPU ratio would be",
        f"{(found['all']['all'] - found['all']['observing']) / found['bare']['all']:.2f}.",
    ]
    return Section("Where the CPU time goes", [*lines, "", *_packages(found, shares)])


def _packages(found: Mapping[str, Layers], shares: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield "Collecting and judging by package: a profile's shares (cProfile, own time) of the CPU measured without it."
    scaled = {
        key: {name: share * (found[key]["collecting"] + found[key]["judging"]) for name, share in own.items()}
        for key, own in shares.items()
    }
    names = sorted({*scaled["bare"], *scaled["all"]}, key=lambda name: -scaled["all"].get(name, 0.0))
    rows = [(name, *(f"{scaled[key].get(name, 0.0):.1f}" for key in ("bare", "all"))) for name in names]
    yield from table(("CPU, ms", "bare pytest", "all checks"), rows[:10])


def _whole(name: str) -> bool:
    return not NAMES[name].startswith(("-", "all", "of all"))
