"""`make bench-fleet`: what many sites cost on this machine, and how a fleet grows with its workers.

Sites: the demo under many names, all checks, by one process and by a fleet on this machine. Growth: real Redis
and real `rq worker` processes with shards that only wait, so that two cores can stand for many hosts. Writes
bench/FLEET.md; BENCH_SITES=1,10,100,1000 for other numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from redis import Redis
from rq import get_current_job

from bench.__main__ import ENVIRONMENT, ROOT, pytest_on
from bench.peers import Cost, measured
from demo.servers import free_ports
from demo.site import NAME, Demo
from demo.web import SITE
from reporters.fleet import Task, gather, tasks
from reporters.fleet_redis import QUEUE, Rq, answer

FILE = Path(__file__).parent / "FLEET.md"
SITES = [int(text) for text in (os.environ.get("BENCH_SITES") or "1,10,100").split(",")]
WORKERS = (1, 2, 4, 8, 16)
SHARDS, SHARD_SITES, WAIT_SECONDS = 64, 20, 1.0


def settings(demo: Demo, folder: Path, count: int) -> Path:
    """The demo under so many names, a file a site."""
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
    limits = own[own.index("[checks.") :]
    head = (
        f'state = "{folder / "state"}"\ndeadline = 600\nsites_folder = "{sites}"\n[fleet]\ndeadline = 1200\n'
    )
    path.write_text(f"{head}{limits}", encoding="utf-8")
    return path


def by_sites(demo: Demo, folder: Path) -> Iterator[tuple[int, int, Cost, Cost | None]]:
    """Sites, items, by a fleet on this machine, and by one process (up to 100 sites)."""
    for count in SITES:
        path = settings(demo, folder, count)
        run = pytest_on("checks", "--settings", str(path))
        fleet = measured([*run, "--fleet", "local"], ROOT, ENVIRONMENT)
        alone = measured(run, ROOT, ENVIRONMENT) if count <= 100 else None
        yield count, 0, fleet, alone


def wait(run: str, text: str) -> None:
    """A shard that only waits, with the answer of as many sites."""
    task = msgspec.json.decode(text, type=Task)
    job = get_current_job()
    assert job is not None
    time.sleep(WAIT_SECONDS)
    results = [
        {"check": "waits", "site": site, "group": "g", "severity": "info", "status": "ok"}
        for site in task.shard.sites
    ]
    answer(job.connection, run, task, zlib.compress(json.dumps((results, len(results), True)).encode()))


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, Redis]]:
    """One of its own."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    client = Redis(port=port, retry_on_timeout=True)
    try:
        for _ in range(100):
            try:
                client.ping()
                break
            except Exception:  # noqa: BLE001 (it is starting)
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", client
    finally:
        process.kill()
        process.wait()


def by_workers(folder: Path) -> Iterator[tuple[int, float, float, float]]:
    """Workers, seconds for all shards, Redis' CPU seconds and megabytes on the wire."""
    with redis_server(folder) as (url, client):
        for count in WORKERS:
            command = [str(Path(sys.executable).parent / "rq"), "worker", "-u", url, QUEUE]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            workers = [subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, **quiet) for _ in range(count)]  # type: ignore[call-overload]
            try:
                backend = Rq(url, f"bench-{count}", wait)
                while backend.workers() < count:
                    time.sleep(0.1)
                before = client.info()
                begun = time.monotonic()
                wanted = tasks([f"s{n}" for n in range(SHARDS * SHARD_SITES)], SHARD_SITES, [], 60.0, {})
                found = gather(backend, wanted, begun + 600, 20, lambda *_: None)
                took = time.monotonic() - begun
                after = client.info()
            finally:
                for worker in workers:
                    worker.terminate()
                for worker in workers:
                    worker.wait(20)
            if len(found.results) != SHARDS * SHARD_SITES:
                raise SystemExit(f"{len(found.results)} of {SHARDS * SHARD_SITES} results came")
            cpu = sum(after[key] - before[key] for key in ("used_cpu_sys", "used_cpu_user"))
            wire = (
                sum(after[key] - before[key] for key in ("total_net_input_bytes", "total_net_output_bytes"))
                / 1e6
            )
            yield count, took, cpu, wire


def main() -> None:
    """Measure, print and keep."""
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        sites = [*by_sites(demo, Path(name))]
        workers = [*by_workers(Path(name))]
    text = "\n".join(report(sites, workers)) + "\n"
    FILE.write_text(text, encoding="utf-8")
    print(text)


def report(
    sites: list[tuple[int, int, Cost, Cost | None]], workers: list[tuple[int, float, float, float]]
) -> Iterator[str]:
    """The tables."""
    from fixtures.catalogue import declared

    checks = len(declared())
    yield "# Many sites\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, Python {sys.version.split()[0]}; `make bench-fleet` measures anew.\n"
    yield f"## All {checks} checks of so many sites, each one run\n"
    yield "One demo site under many names: its MariaDB, Redis and web server share the two cores with the run.\n"
    yield "| sites | fleet local, wall s | CPU s | peak MB | checks a second | one process, wall s | CPU s | peak MB |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for count, _, fleet, alone in sites:
        one = f"{alone.wall:.1f} | {alone.cpu:.1f} | {alone.memory:.0f}" if alone else " | | "
        rate = count * checks / fleet.wall
        yield f"| {count:,} | {fleet.wall:.1f} | {fleet.cpu:.1f} | {fleet.memory:.0f} | {rate:,.0f} | {one} |"
    (few, _, first, _), (many, _, last, _) = sites[0], sites[-1]
    if many > few:
        each = (last.cpu - first.cpu) / (many - few)
        yield f"\nOne more site costs {each:.2f} CPU seconds, {1000 * each / checks:.2f} ms a check."
    yield f"\n## Growth in workers: {SHARDS} shards of {SHARD_SITES} sites that only wait {WAIT_SECONDS:g} s\n"
    yield "| rq workers | seconds | times one worker | ideal | Redis CPU s | Redis MB on the wire |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    base = workers[0][1]
    for count, took, cpu, wire in workers:
        yield f"| {count} | {took:.1f} | {base / took:.2f} | {count} | {cpu:.2f} | {wire:.2f} |"


if __name__ == "__main__":
    from bench import fleet  # noqa: PLW0406 (by this name `rq worker` imports it)

    fleet.main()
