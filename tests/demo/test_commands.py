"""`python -m demo` as people call it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT
from tests.steady import shell, until

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def command(folder: Path) -> Iterator[Command]:
    env = shell() | {"DEMO_DIR": str(folder / "demo"), "DEMO_HOURS": "0.5"}

    def one(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "demo", *words]
        return subprocess.run(
            line, cwd=ROOT, env=env | more, capture_output=True, text=True, timeout=240, check=False
        )

    yield one
    one("down")


def control(folder: Path) -> tuple[str, int]:
    """Where the supervisor listens, and its process."""
    address, owner = (folder / "demo.control").read_text().split()
    return address, int(owner)


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return (done.stdout + done.stderr).strip().splitlines()


@pytest.mark.parametrize("words", [("break", "web_down"), ("heal",), ("run",), ("down",)])
def test_without_a_demo_one_line_says_how_to_start_one(command, words):
    done = command(*words)
    assert done.returncode != 0
    assert len(lines(done)) == 1
    assert "make demo" in lines(done)[0]


def test_an_unknown_fault_is_told_with_the_nearest_names(command):
    done = command("break", "web_dwn")
    assert done.returncode == 2
    assert len(lines(done)) == 1
    assert "web_down" in lines(done)[0]


def test_the_list_of_faults_fits_a_terminal(command):
    done = command("faults")
    assert len(done.stdout.splitlines()) > 50
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_demo_is_started_broken_healed_and_ended(command, folder):
    assert command("up").returncode == 0
    again = command("up")
    assert (again.returncode, "already" in again.stdout) == (0, True)
    assert command("break", "web_error").returncode == 0
    assert command("run", "-q", "-k", "test_site_answers").returncode == 1
    assert command("heal").returncode == 0
    assert command("run", "-q", "-k", "test_site_answers").returncode == 0
    address, owner = control(folder)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)  # and goes away: that must not end the demo
    assert command("heal").returncode == 0
    running = psutil.Process(owner).children(recursive=True)
    assert command("down").returncode == 0
    assert psutil.wait_procs(running, timeout=60)[1] == []
    until(lambda: not Path(address).parent.exists(), "the supervisor's folder is gone")


def test_a_demo_that_hangs_is_ended_all_the_same(command, folder):
    assert command("up").returncode == 0
    address, owner = control(folder)
    processes = [psutil.Process(owner), *psutil.Process(owner).children(recursive=True)]
    processes[0].suspend()
    assert command("down").returncode == 0
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    until(lambda: not Path(address).parent.exists(), "the supervisor's folder is gone")


def test_a_folder_with_something_else_in_it_is_left_alone(command, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    done = command("up", DEMO_DIR=str(tmp_path))
    assert done.returncode != 0
    assert (tmp_path / "thesis.txt").read_text() == "precious"
