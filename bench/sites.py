"""What many sites cost on this machine, and how a fleet grows with its workers.

Sites: the demo under many names, all checks, by one process and by a fleet on this machine. Growth: real Redis
and real `rq worker` processes with shards that only wait, so that two cores can stand for many hosts.
$BENCH_SITES for other numbers than 1,10,100,1000.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from msgspec import Struct

from bench.commands import Cost, checks_on
from bench.results import Section, at_least, at_most, table
from bench.workers import SHARD_SITES, SHARDS, WAIT_SECONDS, WORKERS, Growth, by_workers
from demo.site import NAME, Demo
from demo.web import SITE
from fixtures.catalogue import declared

SITES = tuple(int(text) for text in (os.environ.get("BENCH_SITES") or "1,10,100,1000").split(","))
ONE_PROCESS_AT_MOST = 100


class Row(Struct, frozen=True):
    """One run of so many sites.

    `servers`: CPU seconds of the demo meanwhile; `memory`: MB of all the run's processes together, at most.
    """

    count: int
    how: str
    cost: Cost
    servers: float
    memory: float


def measure() -> Section:
    """The part `sites`."""
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        sites = [*by_sites(demo, Path(name), SITES)]
        return section(sites, [*by_workers(Path(name), WORKERS)])


def many(demo: Demo, folder: Path, count: int) -> Path:
    """Settings with the demo under so many names, a file a site."""
    sites = folder / f"sites-{count}"
    sites.mkdir()
    text = (
        f'[web]\nurl = "https://localhost:{demo.port("https")}"\nhost = "{SITE}"\ntls_ca = "{demo.folder}/tls/ca.pem"\n'
        f'[database]\nhost = "127.0.0.1"\nport = {demo.port("database")}\nname = "{NAME}"\nuser = "checks"\n'
        f'password_file = "{demo.folder}/checks-password"\n'
        f'[redis]\ncache = "redis://127.0.0.1:{demo.port("cache")}"\nqueue = "redis://127.0.0.1:{demo.port("queue")}"\n'
    )
    for number in range(count):
        (sites / f"site{number:04}.test.toml").write_text(text)
    path = folder / f"many-{count}.toml"
    own = demo.settings.read_text(encoding="utf-8")
    head = (
        f'state = "{folder / "state"}"\ndeadline = 600\nsites_folder = "{sites}"\n[fleet]\ndeadline = 1200\n'
    )
    path.write_text(head + own[own.index("[checks.") :], encoding="utf-8")
    return path


def by_sites(demo: Demo, folder: Path, counts: Sequence[int]) -> Iterator[Row]:
    """By a fleet on this machine, one that is published besides, and by one process."""
    for count in counts:
        path = many(demo, folder, count)
        ways = {
            "fleet": ("--fleet", "local"),
            "fleet, published": ("--fleet", "local", "--publish", "--all-due"),
        }
        if count <= ONE_PROCESS_AT_MOST:
            ways["one process"] = ()
        for how, more in ways.items():
            before, seen = servers_cpu(), Watched()
            cost = checks_on(path, "checks", *more)()
            yield Row(count, how, cost, servers_cpu() - before, seen.stop())


def servers_cpu() -> float:
    """CPU seconds so far of what this process started and is still there: the demo's servers."""
    times = [one.cpu_times() for one in psutil.Process().children(recursive=True)]
    return sum(one.user + one.system for one in times)


class Watched:
    """The most memory that pytest processes below this one had together, looked at four times a second."""

    def __init__(self) -> None:
        self._most, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            found = 0
            for one in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if "pytest" in one.cmdline():
                        found += one.memory_info().rss
            self._most = max(self._most, found)

    def stop(self) -> float:
        """In MB."""
        self._over.set()
        self._thread.join()
        return self._most / 1e6


def section(sites: Sequence[Row], workers: Sequence[Growth]) -> Section:
    """The tables."""
    checks = len(declared())
    lines = [
        f"All {checks} checks of so many sites, each one run. One demo site under many names: its MariaDB, Redis and",
        "web server share the cores with the run.",
    ]
    rows = [
        (
            f"{row.count:,}, {row.how}",
            f"{row.cost.wall:.1f}",
            f"{row.cost.cpu:.1f}",
            f"{row.servers:.1f}",
            f"{row.memory:.0f}",
            f"{row.count * checks / row.cost.wall:,.0f}",
        )
        for row in sites
    ]
    head = (
        "sites",
        "wall s",
        "the run's CPU s",
        "the servers' CPU s",
        "MB, all processes",
        "checks a second",
    )
    lines += table(head, rows)
    fleet = [row for row in sites if row.how == "fleet"]
    first, last = fleet[0], fleet[-1]
    cores = os.cpu_count() or 1
    goals = [
        at_least(
            f"{last.count:,} sites by a fleet on {cores} cores, checks a second",
            2000,
            last.count * checks / last.cost.wall,
        ),
        at_most(f"{last.count:,} sites by a fleet on {cores} cores, wall time", 60, last.cost.wall, "s"),
        at_most(
            f"{last.count:,} sites, CPU of the run alone, spread over {cores} cores",
            60,
            last.cost.cpu / cores,
            "s",
        ),
        at_most(f"{last.count:,} sites, memory of all processes", 600, last.memory, "MB"),
    ]
    if last.count > first.count:
        each = (last.cost.cpu - first.cost.cpu) / (last.count - first.count)
        theirs = (last.servers - first.servers) / (last.count - first.count)
        told = f"One more site costs {each:.3f} CPU seconds, {1000 * each / checks:.2f} ms a check"
        lines += [f"{told}, and its servers {theirs:.3f}.", ""]
    lines += [f"Growth in workers: {SHARDS} shards of {SHARD_SITES} sites that only wait {WAIT_SECONDS:g} s."]
    base = workers[0].seconds
    lines += table(
        ("rq workers", "seconds", "times one worker", "Redis CPU s", "Redis MB on the wire"),
        [
            (
                f"{one.count}",
                f"{one.seconds:.1f}",
                f"{base / one.seconds:.2f}",
                f"{one.cpu:.2f}",
                f"{one.wire:.2f}",
            )
            for one in workers
        ],
    )
    return Section("By the number of sites", lines, goals)
