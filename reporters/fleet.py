"""One run by many processes: the sites in shards, each judged by a pytest of its own, gathered as one run.

`pytest checks/ --fleet local` shares them out on this machine, `--fleet redis://...` over the `rq worker`
processes of any number of hosts. A shard is its sites' names, the selection and what is not due: settings and
secrets are read by the process that judges. A shard that is lost is tried again elsewhere, the first answer
counts, and what has not come back by the deadline is unknown: the run ends, and tells once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from fixtures.shard import VARIABLE, Shard
from reporters.packed import Kinds, answer_of, unpacked
from reporters.run import Result

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.1
GRACE_SECONDS = 10.0
"""A shard's process ends by itself at its run's deadline; so much later it is killed."""


class Task(Struct, frozen=True):
    """What a worker is told: the shard, pytest's arguments, and after how many seconds it is given up."""

    number: int
    shard: Shard
    arguments: tuple[str, ...]
    seconds: float


class Failed(Exception):
    """A shard's process ended without a record; the text says how, in one line."""


class Backend(Protocol):
    """Who works on shards."""

    def submit(self, task: Task) -> None:
        """Have it worked on; what cannot be reached now is lost, and submitted again."""

    def answers(self) -> Iterable[tuple[int, bytes]]:
        """(number, packed answer) of what came since it was asked last."""

    def lost(self, numbers: Iterable[int]) -> Iterable[int]:
        """Those that nobody works on any more, nor will."""

    def workers(self) -> int:
        """How many there are."""

    def close(self) -> None:
        """The run is over: what comes now is dropped."""


class Gathered(Struct):
    """All that came, shard by shard, and the sites of those that did not."""

    results: list[Result] = []
    selected: int = 0
    whole: bool = True
    missing: dict[str, str] = {}
    """Site -> why."""
    again: int = 0
    """How many times a shard was lost and tried again."""
    kinds: Kinds = {}

    def add(self, task: Task, packed: bytes) -> None:
        """A shard's answer."""
        try:
            answer = unpacked(packed, self.kinds)
        except ValueError:
            self.missing |= dict.fromkeys(task.shard.sites, "its worker has another version of the suite")
            return
        self.results += answer.results
        self.selected += answer.selected
        self.whole = self.whole and answer.whole


def tasks(
    sites: Sequence[str], size: int, arguments: Sequence[str], seconds: float, not_due: NotDue
) -> list[Task]:
    """The shards, of so many sites each."""
    found = []
    for number, begin in enumerate(range(0, len(sites), size)):
        names = tuple(sites[begin : begin + size])
        due = {site: not_due[site] for site in names if site in not_due}
        found.append(Task(number, Shard(names, due), tuple(arguments), seconds))
    return found


NotDue = Mapping[str, Mapping[str, float]]


def gather(
    backend: Backend, wanted: Sequence[Task], until: float, tries: int, tell: Callable[[int, int], None]
) -> Gathered:
    """Submit all, wait, give up at `until` (monotonic); `tell` hears how many came, and of the workers."""
    found, open_, tried = (
        Gathered(),
        {task.number: task for task in wanted},
        dict.fromkeys(range(len(wanted)), 1),
    )
    try:
        for task in wanted:
            backend.submit(task)
        while open_ and time.monotonic() < until:
            for number, packed in backend.answers():
                if number in open_:
                    found.add(open_.pop(number), packed)
            for number in list(backend.lost(open_)):
                if tried[number] >= tries:
                    task = open_.pop(number)
                    found.missing |= dict.fromkeys(task.shard.sites, f"its shard was lost {tries} times")
                else:
                    tried[number] += 1
                    found.again += 1
                    backend.submit(open_[number])
            tell(len(wanted) - len(open_), backend.workers())
            time.sleep(POLL_SECONDS if open_ else 0)
    finally:
        backend.close()
    for task in open_.values():
        found.missing |= dict.fromkeys(task.shard.sites, "its shard did not come back by the run's deadline")
    found.whole = found.whole and not found.missing
    return found


def unknown(found: Gathered, every: Iterable[Result], at: float) -> Iterator[Result]:
    """Every check of the sites that are missing; `every` are the results of one site that stand for them."""
    for result in every:
        for site, why in found.missing.items():
            yield msgspec.structs.replace(
                result,
                site=site,
                status="unknown",
                value=None,
                reason=why,
                evidence={},
                root=None,
                observed_at=at,
            )


def work(task: Task) -> bytes:
    """Judge a shard in a pytest of its own, with this process' settings; the packed answer.

    Raises:
        Failed: it left no answer, or took too long; it is killed then, with all that it started.
    """
    with tempfile.TemporaryDirectory(prefix="shard-") as name:
        path = Path(name) / "shard.json"
        path.write_bytes(msgspec.json.encode(task.shard))
        environ = {key: text for key, text in os.environ.items() if key != "CHECKS_PUBLISH"}
        process = subprocess.Popen(  # noqa: S603 (this suite)
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *task.arguments],
            cwd=ROOT,
            env=environ | {VARIABLE: str(path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            status = process.wait(task.seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"shard {task.number} took longer than {task.seconds + GRACE_SECONDS:g} s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        try:
            if status < 0:
                raise OSError  # killed, maybe while it wrote
            return answer_of(path).read_bytes()
        except OSError:
            raise Failed(f"shard {task.number} ended with {status} and left no answer") from None
