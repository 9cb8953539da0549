"""A fleet over RQ: any number of plain `rq worker` processes, on any hosts, with the suite installed.

On the queue are sites' names and pytest's arguments, never a secret. While a shard is worked on its worker
beats; one that stops beating (killed, paused, cut off) is lost. An answer is taken once, and only while its
run is open: a worker that wakes up late adds nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker, get_current_job
from rq.exceptions import NoSuchJobError
from rq.job import Job

from reporters.fleet import GRACE_SECONDS, Task, work

T = TypeVar("T")
QUEUE = "verenigingen-checks"
BEAT_SECONDS, SILENT_SECONDS = 1.0, 10
"""A worker beats each second; after ten silent ones, more than a busy host needs, its shard is lost."""

TIMEOUT_SECONDS = 5.0
ANSWER = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) and 1 or 0
"""
"""The first answer, while the run is open."""


def key(run: str, name: str, number: int | str = "") -> str:
    """A key of a run."""
    return f"{QUEUE}:{run}:{name}:{number}"


def judge(run: str, text: str) -> None:
    """What `rq worker` calls: judge one shard and leave its answer, unless it came or the run is over."""
    task = msgspec.json.decode(text, type=Task)
    job = get_current_job()
    assert job is not None
    connection: Redis = job.connection
    if not connection.exists(key(run, "open")) or connection.exists(key(run, "answer", task.number)):
        return
    with _beating(connection, key(run, "beat", task.number)):
        answer(connection, run, task, work(task))


def answer(connection: Redis, run: str, task: Task, packed: bytes) -> None:
    """Leave it, if it is the first and the run is open."""
    kept = int(task.seconds + GRACE_SECONDS) + 60
    connection.eval(ANSWER, 2, key(run, "open"), key(run, "answer", task.number), packed, kept)


@contextlib.contextmanager
def _beating(connection: Redis, name: str) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.is_set():
            with contextlib.suppress(RedisError):
                connection.set(name, 1, ex=SILENT_SECONDS)
            ended.wait(BEAT_SECONDS)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(TIMEOUT_SECONDS)
        with contextlib.suppress(RedisError):
            connection.delete(name)


class Rq:
    """One run's shards on the queue; while Redis is away nothing comes, and what it forgot is sent again."""

    def __init__(self, url: str, run: str, function: Callable[[str, str], None] = judge) -> None:
        options: dict[str, Any] = {
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
        }
        self._redis = Redis.from_url(url, **options)
        self._queue = Queue(QUEUE, connection=self._redis)
        self._run, self._function = run, function
        self._jobs: dict[int, str] = {}
        self._heard: dict[int, float] = {}
        self._redis.ping()

    def submit(self, task: Task) -> None:
        """Put it on the queue."""
        self._heard[task.number] = time.monotonic()
        seconds = int(task.seconds + 2 * GRACE_SECONDS)

        def put() -> None:
            self._redis.set(key(self._run, "open"), 1, ex=seconds + 600)
            job = self._queue.enqueue_call(
                self._function,
                args=(self._run, msgspec.json.encode(task).decode()),
                timeout=seconds,
                result_ttl=0,
                failure_ttl=60,
                ttl=seconds + 600,
            )
            self._jobs[task.number] = job.id

        self._safely(put, None)

    def answers(self) -> list[tuple[int, bytes]]:
        """What came; each is there once."""

        def take() -> list[tuple[int, bytes]]:
            numbers = list(self._heard)
            found = (
                self._redis.mget([key(self._run, "answer", number) for number in numbers]) if numbers else []
            )
            come = [
                (n, packed) for n, packed in zip(numbers, found, strict=True) if isinstance(packed, bytes)
            ]
            for number, _ in come:
                del self._heard[number]
            return come

        return self._safely(take, [])

    def lost(self, numbers: Iterable[int]) -> list[int]:
        """Those that are not in line, and whose worker has been silent for too long."""

        def look() -> list[int]:
            open_ = [number for number in numbers if number in self._heard]
            beats = self._redis.mget([key(self._run, "beat", number) for number in open_]) if open_ else []
            waiting = set(self._queue.job_ids)
            now = time.monotonic()
            for number, beat in zip(open_, beats, strict=True):
                if beat or self._jobs.get(number) in waiting:
                    self._heard[number] = now
            return [number for number in open_ if now - self._heard[number] > SILENT_SECONDS]

        return self._safely(look, [])

    def workers(self) -> int:
        """Those that listen to the queue."""
        return self._safely(lambda: Worker.count(queue=self._queue), 0)

    def close(self) -> None:
        """Close the run: its jobs leave the line, and what comes now is dropped."""

        def end() -> None:
            self._redis.delete(key(self._run, "open"))
            for id_ in set(self._queue.job_ids) & set(self._jobs.values()):
                with contextlib.suppress(NoSuchJobError):
                    Job.fetch(id_, connection=self._redis).delete()
            self._redis.delete(*(key(self._run, "answer", number) for number in self._jobs))

        if self._jobs:
            self._safely(end, None)
        self._redis.close()

    @staticmethod
    def _safely(ask: Callable[[], T], otherwise: T) -> T:
        """Redis may be away for a while: the run waits for it, to its deadline."""
        try:
            return ask()
        except RedisError:
            return otherwise
