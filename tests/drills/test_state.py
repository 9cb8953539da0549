"""The state folder: full, read-only, another's, and a history that is locked, damaged or of a later version."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.drills.ledger import Drill, drill, drills
from tests.drills.outcome import line, names, said
from tests.drills.world import small
from tests.reporters.receiving import serving_http

NOBODY = 65534


@contextlib.contextmanager
def mounted(path: Path, options: str) -> Iterator[None]:
    """A small file system of its own at `path`."""
    path.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "drill", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(folder: Path) -> None:
    """Use all bytes that are left."""
    with (folder / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def crowd(folder: Path) -> None:
    """Use all inodes that are left."""
    (folder / "filling").mkdir()
    with contextlib.suppress(OSError):
        for number in range(10_000):
            (folder / "filling" / str(number)).touch()


def room(folder: Path) -> None:
    """As it was."""
    filling = folder / "filling"
    shutil.rmtree(filling) if filling.is_dir() else filling.unlink()


FULL = "it judges; says that the record and history failed, and so does the heartbeat; with room again it is told once"


@pytest.mark.root
@drills(
    [
        Drill("disk full", FULL, ("size=2m", fill)),
        Drill("inodes full", FULL, ("size=20m,nr_inodes=60", crowd)),
    ]
)
def test_full(row, world):
    options, use = row.given
    with mounted(world.state, options), serving_http() as service:
        world.settings(heartbeat={"url": service.url("/ping")})
        world.level(0)
        assert world.run().status == 0
        use(world.state)
        world.level(1)
        bad = world.run()
        pings = [one.path.partition("?")[0] for one in service.got]
        assert bad.status == 1, bad.text
        assert names(bad, "failing") == {"full"}
        assert "FAILED" in bad.text
        room(world.state)
        assert world.fired() == [] or use is crowd
        ended = world.fired()
        for _ in range(2):
            again = world.run()
            assert again.status == 1
            assert "FAILED" not in again.text, again.text
        assert world.fired() == ["full"]
        assert world.runs() == 3 + len(ended)
        if not ended:
            assert pings == ["/ping/start", "/ping", "/ping/start", "/ping/fail"]
    return f"{said(bad)}; {line(bad, 'history FAILED') or line(bad, 'FAILED')}"


@drill(
    "files can grow no further (RLIMIT_FSIZE)",
    "it judges, and says what failed; the history stays whole; without the bound it is told once",
    quick=True,
)
def test_file_size(world):
    world.level(0)
    assert world.run().status == 0
    world.level(1)
    bad = world.run(under=["prlimit", "--fsize=2000"])
    assert bad.status == 1, bad.text
    assert "CRITICAL full" in bad.text
    assert "FAILED" in bad.text
    before = world.fired()
    for _ in range(2):
        assert world.run().status == 1
    assert world.fired() == ["full"]
    assert before == []
    return f"exit {bad.status}; {line(bad, 'checks on')}; {line(bad, 'history FAILED')}"


@pytest.mark.root
@drill(
    "state folder on a read-only file system",
    "one line says so, exit 4, and so does the heartbeat",
)
def test_read_only(world):
    with mounted(world.state, "size=2m"), serving_http() as service:
        world.settings(heartbeat={"url": service.url("/ping")})
        assert world.run().status == 1
        pings = len(service.got)
        subprocess.run(["mount", "-o", "remount,ro", str(world.state)], check=True)
        bad = world.run(tidy=False)
        subprocess.run(["mount", "-o", "remount,rw", str(world.state)], check=True)
        assert bad.status == 4, bad.text
        assert "cannot be written" in bad.text
        assert [one.path.partition("?")[0] for one in service.got[pings:]] == ["/ping/fail"]
        assert world.run().status == 1
        assert world.fired() == ["full"]
        assert world.runs() == 2
    return said(bad)


@pytest.mark.root
@drill("state folder belongs to another user", "one line says so, exit 4; nothing in it changes")
def test_another_user():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        with small(Path(name)) as world:
            assert world.run().status == 1
            before = {path: path.stat().st_mtime_ns for path in world.state.rglob("*")}
            (world.folder / "tmp").chmod(0o777)
            as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            readable = subprocess.run([*as_nobody, "test", "-r", str(ROOT / "conftest.py")], check=False)
            if readable.returncode:
                pytest.skip("needs a checkout that other users can read")
            bad = world.run(under=as_nobody, env={"PYTHONDONTWRITEBYTECODE": "1"})
            assert bad.status == 4, bad.text
            assert "cannot be written" in bad.text
            assert {path: path.stat().st_mtime_ns for path in world.state.rglob("*")} == before
            assert world.fired() == ["full"]
        return said(bad)


@drill(
    "history locked by another",
    "it judges, writes its record and says that the history failed, and so does the heartbeat; later it is told once",
)
def test_locked(world):
    with serving_http() as service:
        world.settings(heartbeat={"url": service.url("/ping")})
        world.level(0)
        world.run()
        world.level(1)
        with contextlib.closing(sqlite3.connect(world.state / "history.sqlite")) as file:
            file.execute("BEGIN EXCLUSIVE")
            bad = world.run()
        assert bad.status == 1
        assert world.fired() == []
        assert service.got[-1].path.startswith("/ping/fail")
        for _ in range(2):
            assert world.run().status == 1
        assert world.fired() == ["full"]
        assert world.runs() == 3
        assert len([*(world.state / "runs").glob("*.json")]) == 4
    return f"{said(bad)}; {line(bad, 'history FAILED')}"


@drill(
    "history damaged",
    "it is put aside and a new one begun, which a line says; what is open is told once more, since nothing is remembered",
)
def test_damaged(world):
    world.run()
    path = world.state / "history.sqlite"
    path.write_bytes(os.urandom(path.stat().st_size))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    bad = world.run()
    assert bad.status == 1
    assert len([*world.state.glob("history.sqlite.damaged-*")]) == 1
    assert world.run().status == 1
    assert world.fired() == ["full", "full"]
    assert world.runs() == 2
    return f"{said(bad)}; {line(bad, 'was damaged')}"


@drill(
    "history of a later version of the suite",
    "it is left as it is; the run says so, tells nobody, and so does the heartbeat; the later version goes on with it",
)
def test_later_version(world):
    with serving_http() as service:
        world.settings(heartbeat={"url": service.url("/ping")})
        world.run()
        path = world.state / "history.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as file:
            (version,) = file.execute("PRAGMA user_version").fetchone()
            file.execute("PRAGMA user_version = 99")
            before = [*file.iterdump()]
        bad = world.run()
        assert bad.status == 1
        with contextlib.closing(sqlite3.connect(path)) as file:
            assert [*file.iterdump()] == before
        assert service.got[-1].path.startswith("/ping/fail")
        with contextlib.closing(sqlite3.connect(path)) as file:
            file.execute(f"PRAGMA user_version = {version}")
        assert world.run().status == 1
        assert world.fired() == ["full"]
        assert world.runs() == 2
    return f"{said(bad)}; {line(bad, 'history FAILED')}"
