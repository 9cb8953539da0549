"""The demo's processes, started and stopped with mirakuru; each dies with its owner, however that ends."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mirakuru import TCPExecutor

from demo.setup import PACKAGES

HOST = "127.0.0.1"
START_SECONDS = 60
STARTER = ThreadPoolExecutor(1, "demo-starter")


class Missing(Exception):
    """A program that the demo needs is not installed; the text names its Debian package."""


GIVEN = {"mariadbd": "DEMO_MARIADBD", "redis-server": "DEMO_REDIS"}
"""Programs of which another can be named, to try a version that is elsewhere: `make servers`."""


def program(name: str) -> str:
    """The full path of a program, also of one that only root has in its PATH."""
    if name in GIVEN and (given := os.environ.get(GIVEN[name])):
        return given
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        package = {one: told for group in PACKAGES.values() for one, told in group.items()}.get(name, name)
        raise Missing(f"{name} is not installed: apt-get install {package}")
    return found


BLOCK = 100
"""Ports that one process takes for itself at a time."""

_ports: list[int] = []
os.register_at_fork(after_in_child=_ports.clear)  # they stay the parent's


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, each another one, that stay this process' own as long as it lives.

    A server that is down for a while must find its port free when it comes back. So they are below the range
    from which the kernel takes ports for outgoing connections, and each process has blocks of its own, each
    as long as the process listens on the block's first port.
    """
    found: list[int] = []
    while len(found) < count:
        while not _ports:
            first = random.randrange(20_000, 32_000, BLOCK)
            with contextlib.suppress(OSError):
                socket.create_server((HOST, first)).detach()  # open as long as the process lives
                _ports.extend(range(first + 1, first + BLOCK))
        port = _ports.pop(0)
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            found.append(port)
    return found


def start(executor: TCPExecutor) -> None:
    """Start a server and wait until it is up.

    PR_SET_PDEATHSIG is tied to the thread that forks: one thread, which lasts, starts them all, or
    they would die with a thread of the owner and not with its process.
    """
    STARTER.submit(executor.start).result()


def server(command: list[str], port: int) -> TCPExecutor:
    """A process that is up when its port accepts; it is killed, not asked: its data is thrown away."""
    bound = shutil.which("setpriv")
    wrapper = [bound, "--pdeathsig", "KILL"] if bound else []
    return TCPExecutor(
        [*wrapper, *command],
        host=HOST,
        port=port,
        timeout=START_SECONDS,
        stop_signal=signal.SIGKILL,
        expected_returncode=-signal.SIGKILL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=str(Path(__file__).parents[1]),
    )


def mariadb(data: Path, port: int, log: Path, *options: str) -> TCPExecutor:
    """MariaDB over a fresh data folder; durability is off, since nothing here outlives the demo."""
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    install = [program("mariadb-install-db")]
    if given := os.environ.get(GIVEN["mariadbd"]):  # of a server that is unpacked into a folder of its own
        own = [path for path in Path(given).parents[1].glob("*/mariadb-install-db") if path.is_file()]
        install = [str(own[0]), f"--basedir={Path(given).parents[1]}"] if own else install
    program("my_print_defaults")  # mariadb-install-db calls it
    # A MariaDB that starts takes away all temporary tables in its tmpdir, those of another one as well.
    temporary = data.with_name(f"{data.name}-tmp")
    temporary.mkdir(exist_ok=True)
    subprocess.run(
        [
            install[0],
            "--no-defaults",
            *install[1:],
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            *as_root,
        ],
        check=True,
        capture_output=True,
        timeout=START_SECONDS,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    command = [
        program("mariadbd"),
        "--no-defaults",
        *as_root,
        f"--datadir={data}",
        f"--tmpdir={temporary}",
        f"--port={port}",
        f"--bind-address={HOST}",
        "--socket=mariadb.sock",  # relative to the data folder: a long path would pass the limit of 108
        "--pid-file=mariadb.pid",
        f"--log-error={log}",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=48M",
        "--performance-schema=0",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_unicode_ci",
        *options,
    ]
    return server(command, port)


def redis(folder: Path, port: int, policy: str, log: Path) -> TCPExecutor:
    """A Redis without persistence, as on a bench."""
    folder.mkdir(exist_ok=True)
    options = {
        "port": str(port),
        "bind": HOST,
        "dir": str(folder),
        "logfile": str(log),
        "save": "",
        "appendonly": "no",
        "maxmemory": "64mb",
        "maxmemory-policy": policy,
    }
    command = [program("redis-server")]
    for name, value in options.items():
        command += [f"--{name}", value]
    return server(command, port)


def module(name: str, port: int, log: Path, *arguments: str) -> TCPExecutor:
    """One of the demo's own Python programs, with what it says in a log."""
    command = [sys.executable, "-m", name, *arguments]
    return server(["sh", "-c", 'log=$0; exec "$@" 2>>"$log"', str(log), *command], port)
