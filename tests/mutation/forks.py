"""Mutants in forks of one pytest: the tests are collected once, and the living function gets the changed code."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from tests.mutation import inner
from tests.mutation.operators import Mutant

WALL, CPU = 240, 60
"""Seconds after which a mutant hangs: generous, since other work may share the machine."""


class Forks:
    """A pytest plugin: instead of running the tests once, it runs them against each mutant."""

    def __init__(self, path: Path, found: Sequence[Mutant], folder: Path, abreast: int) -> None:
        self.path, self.mutants = path, found
        self.folder, self.abreast = folder, abreast
        self.folder.mkdir(exist_ok=True)
        self.ends: dict[int, str] = {}
        self.failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = session.items
        told = self.folder / "lines.json"
        if _forked(partial(self._trace, items, told)) != 0:
            raise pytest.UsageError("the tests fail without any mutant")
        lines = {name: (set(over), took) for name, (over, took) in json.loads(told.read_text()).items()}
        running: dict[int, int] = {}
        for number, mutant in enumerate(self.mutants):
            if mutant.function is None:
                continue
            over = [one for one in items if lines[one.nodeid][0].intersection(mutant.lines)]
            chosen = over or list(items)  # nothing is seen of what runs in other threads
            chosen.sort(key=lambda one: lines[one.nodeid][1])
            while len(running) >= self.abreast:
                self._reap(running)
            child = os.fork()
            if not child:
                self._judge(number, mutant, chosen)
            running[child] = number
        while running:
            self._reap(running)
        return True

    def _reap(self, running: dict[int, int]) -> None:
        child, _ = os.wait()
        number = running.pop(child)
        end = self.folder / f"end-{number}"
        self.ends[number] = end.read_text(encoding="utf-8") if end.exists() else "broke"
        end.unlink(missing_ok=True)
        print(
            f"{number + 1}/{len(self.mutants)} {self.ends[number]:9.60} {self.mutants[number].key}",
            flush=True,
        )

    def _judge(self, number: int, mutant: Mutant, items: Sequence[pytest.Item]) -> None:
        """In a process of its own: write how the mutant ended."""
        end = "broke"
        try:
            end = self._end(mutant, items)
        finally:
            (self.folder / f"end-{number}").write_text(end, encoding="utf-8")
            os._exit(0)

    def _end(self, mutant: Mutant, items: Sequence[pytest.Item]) -> str:
        if not _replace(mutant, str(self.path)):
            return "disk"
        rest = list(items)
        while rest:
            at = _forked(partial(self._first_failure, rest))
            if at == 0:
                return "survived"
            if at < 0:
                return "killed by time"
            failed = rest[at - 1]
            if _forked(partial(self._first_failure, [failed])):
                return f"killed by {failed.nodeid}"
            rest = rest[at:]
        return "survived"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def _fails(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        self.failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self.failed

    def _first_failure(self, items: Sequence[pytest.Item]) -> int:
        """Which of the tests fails first, from 1; 0 for none."""
        for n, item in enumerate(items):
            if self._fails(item, items[n + 1] if n + 1 < len(items) else None):
                return n + 1
        return 0

    def _trace(self, items: Sequence[pytest.Item], told: Path) -> int:
        """Which lines of the module each test comes over, and how long it takes."""
        over = inner.OVER

        def local(frame: FrameType, event: str, argument: Any) -> Any:
            over.add(frame.f_lineno)
            return local

        def every(frame: FrameType, event: str, argument: Any) -> Any:
            return local(frame, event, argument) if frame.f_code.co_filename == str(self.path) else None

        found: dict[str, tuple[list[int], float]] = {}
        threading.settrace(every)
        for n, item in enumerate(items):
            over.clear()
            begun = time.monotonic()
            sys.settrace(every)
            following = items[n + 1] if n + 1 < len(items) else None
            failed = self._fails(item, following) and self._fails(
                item, following
            )  # a busy machine: once more
            sys.settrace(None)
            if failed:
                print("fails without a mutant:", item.nodeid, file=sys.stderr, flush=True)
                return 1
            found[item.nodeid] = (sorted(over), time.monotonic() - begun)
        told.write_text(json.dumps(found))
        return 0


def _forked(work: Callable[[], int]) -> int:
    """What `work` gives in a process of its own; -1 when it had to be ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(WALL)
            os.write(writer, str(work()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return int(said) if said else -1


def _replace(mutant: Mutant, path: str) -> bool:
    """Give the living function the changed code."""
    new = _inside(mutant.code, mutant)
    if new is None:
        return False
    done = False
    for one in gc.get_objects():
        if type(one) is FunctionType:
            code = one.__code__
            same = (code.co_filename, code.co_firstlineno) == (path, mutant.starts)
            if same and code.co_qualname == mutant.function:
                try:
                    one.__code__ = new
                except ValueError:  # it closes over something else than before
                    return False
                done = True
    return done


def _inside(code: CodeType, mutant: Mutant) -> CodeType | None:
    if (code.co_qualname, code.co_firstlineno) == (mutant.function, mutant.starts):
        return code
    inner = (_inside(one, mutant) for one in code.co_consts if isinstance(one, CodeType))
    return next(filter(None, inner), None)
