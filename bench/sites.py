"""What many sites cost on this machine, and how a fleet grows with its workers.

Sites: the demo under many names, all checks, by one process and by a fleet on this machine. Growth: real Redis
and real `rq worker` processes with shards that only wait, so that two cores can stand for many hosts.
$BENCH_SITES for other numbers than 1,10,100,1000.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from bench.commands import Cost, checks_on
from bench.results import Section, table
from bench.workers import SHARD_SITES, SHARDS, WAIT_SECONDS, WORKERS, Growth, by_workers
from demo.site import NAME, Demo
from demo.web import SITE
from fixtures.catalogue import declared

SITES = tuple(int(text) for text in (os.environ.get("BENCH_SITES") or "1,10,100,1000").split(","))
ONE_PROCESS_AT_MOST = 100


class Row(Struct, frozen=True):
    """So many sites by a fleet, and by one process where that was tried."""

    count: int
    fleet: Cost
    alone: Cost | None


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
    """By a fleet on this machine, and by one process."""
    for count in counts:
        path = many(demo, folder, count)
        fleet = checks_on(path, "checks", "--fleet", "local")()
        yield Row(count, fleet, checks_on(path)() if count <= ONE_PROCESS_AT_MOST else None)


def section(sites: Sequence[Row], workers: Sequence[Growth]) -> Section:
    """The tables."""
    checks = len(declared())
    lines = [
        f"All {checks} checks of so many sites, each one run. One demo site under many names: its MariaDB, Redis and web",
        "server share the cores with the run.",
    ]
    rows = []
    for row in sites:
        one = row.alone
        told = (f"{one.wall:.1f}", f"{one.cpu:.1f}", f"{one.memory:.0f}") if one else ("", "", "")
        fleet = (f"{row.fleet.wall:.1f}", f"{row.fleet.cpu:.1f}", f"{row.fleet.memory:.0f}")
        rows.append((f"{row.count:,}", *fleet, f"{row.count * checks / row.fleet.wall:,.0f}", *told))
    head = ("sites", "fleet local, wall s", "CPU s", "peak MB", "checks a second")
    lines += table((*head, "one process, wall s", "CPU s", "peak MB"), rows)
    first, last = sites[0], sites[-1]
    if last.count > first.count:
        each = (last.fleet.cpu - first.fleet.cpu) / (last.count - first.count)
        lines += [f"One more site costs {each:.2f} CPU seconds, {1000 * each / checks:.2f} ms a check.", ""]
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
    return Section("By the number of sites", lines)
