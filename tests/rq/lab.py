"""A bench with its queue Redis, and rq of some version that works on it, in an environment of its own.

Environments are made once, by pip and hashes, below .cache/; `make versions` and `make drill` need
them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
from redis import Redis

from demo import servers
from fixtures import rq
from fixtures.observe import Observation, observe
from fixtures.settings import read
from fixtures.site import Site, sites
from tests.conftest import ROOT
from tests.steady import until

HERE = Path(__file__).parent
LOCKED = "locked"
"""The version of the project's own environment: `make test` has no other."""

VERSIONS = sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))
SITE = "one.test"
INSTALL_SECONDS = 300

FIGURES = (
    "waiting_jobs",
    "oldest_job_age_seconds",
    "longest_running_job_seconds",
    "failed_jobs_1h",
    "live_workers",
    "unregistered_workers",
)
"""What `rq` gives of a queue Redis."""


def python(version: str) -> str:
    """The Python of a version's environment, which is made where it is not there."""
    if version == LOCKED:
        return sys.executable
    wanted, folder = HERE / f"requirements-{version}.txt", ROOT / ".cache" / f"rq-{version}"
    ready, mark = folder / "ready", sha256(wanted.read_bytes()).hexdigest()
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"rq-{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not ready.exists() or ready.read_text(encoding="ascii") != mark:
            made = [sys.executable, "-m", "venv", "--clear", str(folder)]
            subprocess.run(made, check=True, timeout=INSTALL_SECONDS)
            install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
            command = [str(folder / "bin" / "python"), *install, str(wanted)]
            subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
            ready.write_text(mark, encoding="ascii")
    return str(folder / "bin" / "python")


class Lab:
    """One bench of one version."""

    def __init__(self, folder: Path, version: str, limit: int = 1000) -> None:
        self.folder, self.version, self.limit = folder, version, limit
        self.python = python(version)
        (self.port,) = servers.free_ports(1)
        self.bench = folder / "bench"
        (self.bench / "sites" / SITE).mkdir(parents=True)
        self.prefix = str(self.bench.resolve()).strip("/").replace("/", "-")
        self._processes: list[subprocess.Popen[bytes]] = []
        self.client: Any = Redis(port=self.port, decode_responses=True)
        self.config = {"redis_queue": f"redis://127.0.0.1:{self.port}", "rq_failed_jobs_limit": limit}
        self._write("common_site_config.json", self.config)
        self._write(f"{SITE}/site_config.json", {})

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.bench / "sites" / name).write_text(json.dumps(content), encoding="utf-8")

    def configure(self, **values: Any) -> None:
        """Keys of the common config."""
        self.config |= values
        self._write("common_site_config.json", self.config)

    def site(self) -> Site:
        """The site as the suite finds it."""
        settings = self.folder / "checks.toml"
        settings.write_text(f'bench = "{self.bench}"\n', encoding="utf-8")
        settings.chmod(0o600)
        return sites(read(settings, {}))[0]

    def seen(self, figure: str) -> Observation:
        """A figure as the next run sees it."""
        return observe(self.site(), rq(figure))

    def queue(self, name: str) -> str:
        return f"{self.prefix}:{name}"

    def job(self, name: str) -> str:
        """A job's id, as Frappe made it for this version; rq 3 takes neither of its signs."""
        if self.version == LOCKED:
            return f"{SITE.replace('.', '-')}--{name}"
        return f"{SITE}{'::' if self.version.startswith('1.') else '||'}{name}"

    def enqueue(self, *jobs: dict[str, Any]) -> None:
        """Jobs {id, call, queue} of the site."""
        named = [
            one
            | {"id": self.job(one["id"]), "queue": self.queue(one.get("queue", "default"))}
            | ({"after": self.job(one["after"])} if "after" in one else {})
            for one in jobs
        ]
        done = self._begin("enqueue", {"port": self.port, "jobs": named})
        assert done.wait(60) == 0, (self.folder / "rq.log").read_text(encoding="utf-8")

    def worker(self, *queues: str, burst: bool = False) -> subprocess.Popen[bytes]:
        """A worker that has registered; with `burst` one that has already ended."""
        before = self.client.scard("rq:workers")
        told = {"port": self.port, "queues": [self.queue(name) for name in queues], "burst": burst}
        process = self._begin("worker", told)
        if burst:
            assert process.wait(60) == 0
        else:
            until(lambda: self.client.scard("rq:workers") > before, "the worker has registered")
        return process

    def pool(self, *queues: str, workers: int, nofork: bool = False) -> subprocess.Popen[bytes]:
        """A pool whose workers have registered."""
        names = [self.queue(name) for name in queues]
        told = {"port": self.port, "queues": names, "workers": workers, "nofork": nofork}
        process = self._begin("pool", told)
        until(lambda: self.client.scard("rq:workers") == workers, "the pool's workers have registered")
        return process

    def _begin(self, action: str, told: dict[str, Any]) -> subprocess.Popen[bytes]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
        with (self.folder / "rq.log").open("ab") as log:
            process = subprocess.Popen(
                [self.python, str(HERE / "inside.py"), action, json.dumps(told)],
                env=kept | {"RQ_LIMIT": str(self.limit)},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def end(self) -> None:
        """All that was begun, with what that began: a job's process is of a group of its own."""
        for process in self._processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait(60)
        self.client.close()

    def hash_of(self, process: subprocess.Popen[bytes]) -> str:
        """The key of a worker's hash."""
        for key in self.client.smembers("rq:workers"):
            if self.client.hget(key, "pid") == str(process.pid):
                return str(key)
        raise KeyError(process.pid)

    def status(self, name: str) -> str | None:
        """What a job's hash says of it."""
        told: str | None = self.client.hget(f"rq:job:{self.job(name)}", "status")
        return told

    def failed(self) -> int:
        return int(self.client.zcard(f"rq:failed:{self.queue('default')}"))


@contextlib.contextmanager
def lab(folder: Path, version: str, limit: int = 1000) -> Iterator[Lab]:
    """A lab, whose processes are gone afterwards."""
    made = Lab(folder, version, limit)
    server = servers.redis(folder / "redis", made.port, "noeviction", folder / "redis.log")
    servers.start(server)
    try:
        yield made
    finally:
        made.end()
        server.stop()
