"""How a fleet grows with its workers: real Redis, real `rq worker` processes, shards that only wait."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from redis import Redis
from redis.exceptions import RedisError
from rq import get_current_job

from bench.commands import ENVIRONMENT, ROOT
from demo.servers import free_ports
from reporters.fleet import Task, gather, tasks
from reporters.fleet_redis import QUEUE, Rq, answer
from reporters.packed import packed
from reporters.run import Result, Run

WORKERS = (1, 2, 4, 8, 16)
SHARDS, SHARD_SITES, WAIT_SECONDS = 32, 20, 1.0


class Growth(Struct, frozen=True):
    """So many workers: seconds for all shards, Redis' CPU seconds and megabytes on the wire."""

    count: int
    seconds: float
    cpu: float
    wire: float


def wait(run: str, text: str) -> None:
    """A shard that only waits, with the answer of as many sites; `rq worker` calls it."""
    task = msgspec.json.decode(text, type=Task)
    job = get_current_job()
    assert job is not None
    time.sleep(WAIT_SECONDS)
    results = tuple(Result("waits", site, "g", "info", "ok") for site in task.shard.sites)
    told = Run(run, time.time(), WAIT_SECONDS, 0, True, len(results), results)
    answer(job.connection, run, task, packed(told))


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, Redis]]:
    """One of its own."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        client = Redis(port=port)
        end = time.monotonic() + 60
        while True:
            try:
                client.ping()
                break
            except RedisError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", client
    finally:
        process.kill()
        process.wait()


def by_workers(folder: Path, counts: Sequence[int], shards: int = SHARDS) -> Iterator[Growth]:
    """A row for each number of workers."""
    with redis_server(folder) as (url, client):
        for count in counts:
            command = [str(Path(sys.executable).parent / "rq"), "worker", "-u", url, QUEUE]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            workers = [subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, **quiet) for _ in range(count)]  # type: ignore[call-overload]
            try:
                yield _grown(Rq(url, f"bench-{count}", wait), client, count, shards)
            finally:
                for worker in workers:
                    worker.terminate()
                for worker in workers:
                    worker.wait(20)


def _grown(backend: Rq, client: Redis, count: int, shards: int) -> Growth:
    until = time.monotonic() + 60
    while backend.workers() < count:
        if time.monotonic() > until:
            raise SystemExit(f"bench: {backend.workers()} of {count} rq workers came up")
        time.sleep(0.1)
    before, begun = client.info(), time.monotonic()
    wanted = tasks([f"s{n}" for n in range(shards * SHARD_SITES)], SHARD_SITES, [], 60.0, {})
    found = gather(backend, wanted, begun + 600, 20, lambda *_: None)
    took, after = time.monotonic() - begun, client.info()
    if len(found.results) != shards * SHARD_SITES:
        raise SystemExit(f"bench: {len(found.results)} of {shards * SHARD_SITES} results came")
    cpu = sum(after[key] - before[key] for key in ("used_cpu_sys", "used_cpu_user"))
    sent = ("total_net_input_bytes", "total_net_output_bytes")
    return Growth(count, took, cpu, sum(after[key] - before[key] for key in sent) / 1e6)
