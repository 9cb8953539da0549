"""The set-up: what it installs, what it asks of root, and that it leaves no service behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from demo import setup
from tests.conftest import ROOT

LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-browser.txt", "requirements-dev.txt")


def pinned(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    found = [Requirement(one) for one in re.findall(r"^([\w.-]+==.*?) *\\$", text, re.M)]
    return {one.name: str(one.specifier) for one in found if not one.marker or one.marker.evaluate()}


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Programs by these names alone, each a shell script; what they were called with is in `calls`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "sed", "sort", "comm", "mktemp", "rm", "chmod", "printf"):
        (folder / name).symlink_to(
            next(f"{one}/{name}" for one in ("/bin", "/usr/bin") if Path(one, name).exists())
        )
    monkeypatch.setenv("PATH", str(folder))

    def make(name, script=""):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/calls\n{script}\n')
        path.chmod(0o755)

    make.calls = lambda: (tmp_path / "calls").read_text().splitlines()
    return make


def test_each_lock_file_has_the_versions_of_the_largest():
    largest = pinned("requirements-dev.txt")
    for name in LOCKS:
        found = pinned(name)
        assert found.items() <= largest.items(), name
    assert "playwright" in pinned("requirements-browser.txt")
    assert not {"playwright", "pyarrow", "mypy", "pytest-xdist"} & pinned("requirements-demo.txt").keys()


@pytest.mark.parametrize("name", LOCKS)
def test_the_count_that_it_says_is_what_pip_installs(name):
    counted = setup.locked((ROOT / name).read_text(encoding="utf-8"))
    assert counted >= pinned(name).keys()
    assert len(counted) - len(pinned(name)) <= 2  # markers of Python's versions are not evaluated


def test_the_tests_run_with_what_is_locked():
    wanted = pinned("requirements-dev.txt")
    assert {name: f"=={version(name)}" for name in wanted} == wanted


def test_without_a_right_to_install_it_prints_what_it_would_run(programs, monkeypatch, capsys):
    programs("apt-get")
    programs("sudo", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert setup.main(["packages", "demo"]) == 1
    told = capsys.readouterr().err
    (printed,) = re.findall(r"^  (sudo sh .*)$", told, re.M)
    assert {"mariadb-server-core", "redis-server", "prometheus"} <= set(printed.split())
    assert not {"chromium", "nginx-light"} & set(printed.split())
    programs("sudo", '[ "$1" = -n ] || shift; exit 0')
    assert setup.main(["packages", "demo"]) == 0
    assert programs.calls()[-1] == printed


def test_a_step_that_fails_says_what_was_said(programs, monkeypatch, capsys):
    programs("apt-get", "echo E: no room on the disk; exit 100")
    programs("dpkg-query")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("POLICY_RC_D", str(ROOT / "Makefile"))
    assert setup.main(["packages", "demo"]) == 1
    assert "E: no room on the disk" in capsys.readouterr().err


def test_no_service_of_a_new_package_stays_and_no_other_is_touched(programs, tmp_path):
    policy, done = tmp_path / "policy-rc.d", tmp_path / "installed"
    programs(
        "apt-get",
        f'[ "$2" = update ] || {{ touch {done}; cat={policy}; [ -x "$cat" ] && echo policy >>{tmp_path}/calls; }}',
    )
    programs("touch", f": >{done}")
    programs("dpkg-query", f"echo 'ii there'; [ ! -e {done} ] || printf 'ii redis-server\\nrc gone\\n'")
    files = "/usr/lib/systemd/system/redis-server.service /usr/lib/systemd/system/redis-server@.service /etc/init.d/redis-server"
    programs("dpkg", f"[ $2 = redis-server ] && printf '%s\\n' {files} /usr/bin/redis-server")
    for name in ("systemctl", "deb-systemd-helper", "update-rc.d"):
        programs(name)
    subprocess.run(
        ["sh", ROOT / "demo" / "packages.sh", "redis-server"],
        check=True,
        timeout=60,
        env={**os.environ, "POLICY_RC_D": str(policy)},
    )
    calls = programs.calls()
    assert "policy" in calls
    assert not policy.exists()
    assert [one for one in calls if one.startswith("dpkg ")] == ["dpkg -L redis-server"]
    assert "update-rc.d redis-server disable" in calls
    disabled = [one for one in calls if one.startswith(("systemctl", "deb-systemd-helper"))]
    assert len(disabled) == 1
    assert disabled[0].endswith("redis-server.service")


def test_a_policy_of_the_hosts_own_stays(programs, tmp_path):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("of the host")
    programs("apt-get", "exit 100")
    programs("dpkg-query")
    done = subprocess.run(
        ["sh", ROOT / "demo" / "packages.sh", "x"],
        check=False,
        timeout=60,
        env={**os.environ, "POLICY_RC_D": str(policy)},
    )
    assert done.returncode == 100
    assert policy.read_text() == "of the host"


def test_a_wrong_call_is_one_line(capsys):
    for arguments in ([], ["everything"], ["bench"], ["packages"], ["packages", "demo", "test"]):
        assert setup.main(arguments) == 2
        assert capsys.readouterr().err == f"{setup.USAGE}\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_a_bar_on_a_terminal_and_quarters_in_a_log(terminal, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    bar = setup.Bar()
    bar.note("10 MB to download")
    for _ in range(9):
        bar.step(8)
    bar.end()
    said = capsys.readouterr().out
    if terminal:
        assert "\r  [#####               ]  25 %  10 MB to download" in said
        assert all(len(line) <= 80 for line in said.split("\r"))
    else:
        assert said.splitlines() == ["  10 MB to download", "  25 %", "  50 %", "  75 %", "  100 %"]


def test_help_lists_every_target_in_a_line():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    lines = done.stdout.splitlines()
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert {line.split()[1] for line in lines} == targets
    assert max(map(len, lines)) <= 80
    bare = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert bare.stdout == done.stdout


def test_the_grants_take_no_set_up(tmp_path):
    for name in ("Makefile", "deploy/grants.sql"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    make = ["make", "-s", "grants"]
    done = subprocess.run(
        [*make, "DB=_1bd3"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert "ON `_1bd3`.`tabMember` TO" in done.stdout
    assert "DBNAME" not in done.stdout
    refused = subprocess.run(
        [*make, "DB=a`; DROP"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert refused.returncode
    assert "allowed: letters, digits and _" in refused.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["Makefile", "deploy"]
