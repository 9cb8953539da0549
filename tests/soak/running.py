"""How a run is started: as a fork of a process that has all imported, or from its very start; and what runs beside all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from mirakuru import TCPExecutor

from demo import servers
from tests.conftest import ROOT
from tests.soak.forks import Asked, Ended, Forks
from tests.soak.site import Site

PAGES = (
    "/health",
    "/status",
    "/status/internal",
    "/metrics",
    "/history.json",
    "/reports/",
    "/badges/overall.svg",
)
CLOCKED = ("-p", "tests.soak.inside")
PATIENCE_SECONDS = 300.0


class Runner:
    """Starts the runs of a site, and has a status server beside them for as long as it is open."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._out = site.folder / "out"
        (self._port,) = servers.free_ports(1)
        own = {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # as cron has it: what pytest rewrote is read the next time
            "TMPDIR": str(site.temporary),
            "SOAK_CLOCK": str(site.clock),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
        }
        self._env = {
            key: text for key, text in os.environ.items() if not key.startswith(("CHECKS_", "PYTEST_"))
        }
        self._env |= own
        self._forks: Forks
        self._serve: TCPExecutor

    @contextmanager
    def started(self) -> Iterator[Runner]:
        """With its server of processes and its status server."""
        arguments = (str(self._site.clock), "--settings", str(self._site.file), "--port", str(self._port))
        log = self._site.folder / "serve.log"
        self._serve = servers.module("tests.soak.inside", self._port, log, *arguments)
        servers.start(self._serve)
        try:
            self._forks = Forks(self._site.project, self._env)
            try:
                yield self
            finally:
                self._forks.close()
        finally:
            self._serve.stop()

    def processes(self) -> dict[str, int]:
        """What lasts: name -> process id; the receivers are in this one."""
        assert self._serve.process
        return {
            "status server": self._serve.process.pid,
            "server of forks": self._forks.pid,
            "receivers and model": os.getpid(),
        }

    def fork(self, kill: float | None) -> Ended:
        """A run of the choice of checks, killed after so many seconds."""
        return self._forks.run(Asked(self._site.now, self._site.arguments(), str(self._out), kill))

    def process(self) -> Ended:
        """The same, as cron starts it."""
        return self._started(self._site.arguments(*CLOCKED), self._site.project)

    def everything(self) -> Ended:
        """All checks that there are, as a suite of its own."""
        arguments = self._site.arguments(*CLOCKED, "--suite", "everything", settings="everything.toml")
        return self._started(arguments, ROOT)

    def _started(self, arguments: tuple[str, ...], folder: Path) -> Ended:
        began, command = time.monotonic(), [sys.executable, "-m", "pytest", *arguments]
        with self._out.open("w") as out:
            status = subprocess.run(
                command,
                cwd=folder,
                env=self._env,
                stdout=out,
                stderr=out,
                timeout=PATIENCE_SECONDS,
                check=False,
            ).returncode
        return Ended(status, 0, 0.0, time.monotonic() - began, left=False)

    def text(self) -> str:
        """What the last run said, or the end of it."""
        return self._out.read_text(encoding="utf-8", errors="replace")[-6000:] if self._out.exists() else ""

    def ask(self) -> str:
        """Each page of the status server; what is wrong with one, or nothing."""
        for page in PAGES:
            answer = requests.get(f"http://127.0.0.1:{self._port}{page}", timeout=60)
            if answer.status_code not in (200, 503) or not answer.content:
                return f"{page} answers {answer.status_code}"
            if page == "/health" and json.loads(answer.content)["status"] in ("stale", "missing"):
                return f"{page}: {answer.text}"
        return ""
