"""A server of processes: pytest and the suite are imported once, each run is a fork of that.

A run so takes a third of the time, and is a process of its own all the same: it reads its settings, collects, observes,
judges, records, tells and ends. `python -m tests.soak.forks` takes a line of JSON a run and answers with one.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

PATIENCE_SECONDS = 120.0
LAZY = ("pymysql", "requests", "hiredis", "jinja2", "smtplib", "pytest_jsonreport.plugin")
"""What the suite imports where it needs it."""


@dataclass(frozen=True)
class Asked:
    """A run to make: its time, pytest's arguments, where it writes, and after how many seconds it is killed."""

    at: float
    arguments: tuple[str, ...]
    out: str
    kill: float | None = None


@dataclass(frozen=True)
class Ended:
    """How it went: exit status or minus a signal, peak of memory in kB, seconds, and whether it left processes."""

    status: int
    rss: int
    cpu: float
    wall: float
    left: bool


class Forks:
    """The server, from outside."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.forks", str(folder)],
            cwd=Path(__file__).parents[2],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def run(self, asked: Asked) -> Ended:
        """A run, from its start to its end."""
        talk = self._process
        assert talk.stdin
        assert talk.stdout
        talk.stdin.write(json.dumps(asdict(asked)) + "\n")
        talk.stdin.flush()
        line = talk.stdout.readline()
        assert line, "the server of processes has ended"
        return Ended(**json.loads(line))

    def close(self) -> None:
        """End it."""
        with self._process as talk:
            assert talk.stdin
            talk.stdin.close()
            talk.wait(60)


def warm() -> None:
    """Import what each run needs."""
    import fixtures.probes
    from reporters import channels, publish

    for name in (*_conftest(), *publish.REPORTERS.values(), *LAZY):
        import_module(name)
    for name in ("mail", "webhook"):
        channels.module(name)
    for module in pkgutil.iter_modules(fixtures.probes.__path__):
        import_module(f"fixtures.probes.{module.name}")
    gc.collect()
    gc.freeze()


def _conftest() -> tuple[str, ...]:
    import conftest

    return conftest.PLUGINS


def serve(requests: IO[str], answers: IO[str], folder: Path) -> None:
    """A run a line, until there is none."""
    warm()
    os.chdir(folder)
    for line in requests:
        asked = Asked(**json.loads(line))
        began = time.monotonic()
        if not (pid := os.fork()):
            sys.exit(_run(asked))
        status, usage = _waited(pid, PATIENCE_SECONDS if asked.kill is None else asked.kill)
        told = Ended(
            os.waitstatus_to_exitcode(status),
            usage.ru_maxrss,
            usage.ru_utime + usage.ru_stime,
            time.monotonic() - began,
            _left(pid),
        )
        answers.write(json.dumps(asdict(told)) + "\n")
        answers.flush()


def _run(asked: Asked) -> int:
    """In the new process."""
    import pytest

    from fixtures import clock

    os.setsid()
    out = os.open(asked.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for standard in (1, 2):
        os.dup2(out, standard)
    os.close(out)
    clock.now = lambda: asked.at
    return int(pytest.main(list(asked.arguments)))


def _waited(pid: int, seconds: float) -> tuple[int, resource.struct_rusage]:
    """Until it ends, or is killed when its time is up."""
    end = os.pidfd_open(pid)
    if not select.select([end], [], [], seconds)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(end)
    _, status, usage = os.wait4(pid, 0)
    return status, usage


def _left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    os.killpg(group, signal.SIGKILL)
    return True


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout, Path(sys.argv[1]))
