"""What is deployed: the units, the cron line, the image and what the pages say of them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT
from tests.steady import shell

DEPLOY = ROOT / "deploy"
SERVICE, TIMER = DEPLOY / "verenigingen-checks.service", DEPLOY / "verenigingen-checks.timer"
HOME = "/opt/verenigingen-checks"
PYTHON = f"{HOME}/.venv/bin/python"
COMMAND = ["-m", "pytest", "checks/", "-q", "-p", "no:cacheprovider"]
EXPOSURE = 20
"""What systemd-analyze may find at most, of 100; reading /proc and the network cost most of it."""

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def run(*words, env=None):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=env)


def unit(path):
    """Section -> key -> its values, in order."""
    found, section = {}, {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = found.setdefault(match[1], {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return found


@pytest.fixture
def installed(tmp_path):
    """The units as on a host where what they name is there."""
    for path in (SERVICE, TIMER):
        text = path.read_text(encoding="utf-8").replace(PYTHON, sys.executable).replace(HOME, str(ROOT))
        (tmp_path / path.name).write_text(text)
    return tmp_path


@analyze
def test_systemd_finds_nothing_wrong_with_the_units(installed):
    done = run("systemd-analyze", "verify", str(installed / SERVICE.name), str(installed / TIMER.name))
    ours = [line for line in done.stderr.splitlines() if "verenigingen" in line]
    assert (done.returncode, ours) == (0, [])


@analyze
def test_what_a_browser_needs_is_understood_and_needed(installed):
    """Each key of the drop-in is known to systemd and loosens one that the unit has."""
    folder = installed / f"{SERVICE.name}.d"
    folder.mkdir()
    shutil.copy(DEPLOY / "browser.conf", folder)
    done = run("systemd-analyze", "verify", str(installed / SERVICE.name))
    ours = [line for line in done.stderr.splitlines() if "verenigingen" in line or "browser" in line]
    assert (done.returncode, ours) == (0, [])
    assert unit(DEPLOY / "browser.conf")["Service"].keys() <= unit(SERVICE)["Service"].keys()


@analyze
def test_the_service_is_shut_in(installed):
    words = ("security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}")
    done = run("systemd-analyze", *words, str(installed / SERVICE.name))
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_has_what_it_needs_and_no_more():
    service = unit(SERVICE)["Service"]
    for key, value in {
        "Type": "oneshot",
        "User": "checks",
        "NoNewPrivileges": "yes",
        "PrivateTmp": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "read-only",
        "StateDirectory": "verenigingen-checks",
        "CapabilityBoundingSet": "",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "SuccessExitStatus": "1",
    }.items():
        assert service[key] == [value], key
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert (
        not {"ProtectProc", "ProcSubset", "ReadWritePaths"} & service.keys()
    )  # /proc is read, nothing else written
    assert int(service["TimeoutStartSec"][0]) + int(service["TimeoutStopSec"][0]) < 300
    assert shlex.split(service["ExecStart"][0]) == [PYTHON, *COMMAND]
    assert "CHECKS_PUBLISH=1" in service["Environment"]
    assert f"CHECKS_STATE=/var/lib/{service['StateDirectory'][0]}" in service["Environment"]


def test_the_timer_is_every_five_minutes():
    timer = unit(TIMER)
    assert timer["Timer"]["OnCalendar"] == ["*:0/5"]
    assert timer["Timer"]["Persistent"] == ["yes"]
    assert int(timer["Timer"]["RandomizedDelaySec"][0]) <= 60
    assert timer["Install"]["WantedBy"] == ["timers.target"]
    assert SERVICE.stem == TIMER.stem


def cron():
    """Environment, and the fields of the one line: five of time, user, command."""
    lines = (DEPLOY / "cron.example").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    (line,) = [line for line in lines if not re.match(r"\w+=", line)]
    return dict(one.split("=", 1) for one in lines if one != line), line.split(None, 6)


def test_the_cron_line_is_five_times_a_user_and_a_command_that_sh_understands():
    environ, fields = cron()
    assert fields[:6] == ["*/5", "*", "*", "*", "*", "checks"]
    assert "%" not in fields[6]  # cron would make a line end of it
    assert len(fields[6]) < 900
    done = run("sh", "-n", "-c", fields[6])
    assert (done.returncode, done.stderr) == (0, "")
    assert environ["CHECKS_PUBLISH"] == "1"
    told = dict(one.split("=", 1) for one in unit(SERVICE)["Service"]["Environment"])
    assert {name: environ[name] for name in environ if name.startswith("CHECKS_")}.items() <= told.items()


@pytest.mark.parametrize(("status", "mailed"), [(0, ""), (1, ""), (4, "what it found\n")])
def test_cron_runs_the_units_command_and_mails_only_what_could_not_run(tmp_path, status, mailed):
    command = cron()[1][6]
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$PWD $*" > told\necho "what it found"\nexit {status}\n')
    python.chmod(0o755)
    done = run("sh", "-c", command.replace(HOME, str(tmp_path)))
    assert (done.stdout, done.stderr) == (mailed, "")
    assert (tmp_path / "told").read_text().split() == [str(tmp_path), *COMMAND]


def test_the_cron_line_starts_the_real_suite(tmp_path):
    command = cron()[1][6].replace(".venv/bin/python", sys.executable).replace(HOME, str(ROOT))
    done = run("sh", "-c", command, env=shell() | {"CHECKS_SETTINGS": str(tmp_path / "none.toml")})
    assert "none.toml: no such file; it must be a TOML file" in done.stdout


def instructions():
    """(instruction, its text) of the Containerfile, continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    return [
        (word, " ".join(rest.split()))
        for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)
    ]


def given(word):
    return [text for name, text in instructions() if name == word]


def test_the_image_is_small_pinned_and_of_no_root():
    assert given("FROM") == ["${BASE} AS packages", "${BASE}"]
    assert re.fullmatch(r"BASE=docker\.io/library/debian:\w+-slim", given("ARG")[0])
    assert not given("ADD")
    (install,) = [text for text in given("RUN") if "pip install" in text]
    assert "--require-hashes -r /tmp/requirements.txt" in install
    assert all(
        "--no-install-recommends" in text and "rm -rf /var/lib/apt/lists/*" in text
        for text in given("RUN")
        if "apt-get install" in text
    )
    user, group = given("USER")[-1].split(":")
    assert int(user) == int(group) > 1000
    last = max(place for place, (word, _) in enumerate(instructions()) if word in ("RUN", "COPY"))
    assert last < instructions().index(("USER", given("USER")[-1]))
    state = dict(one.split("=") for one in given("ENV")[0].split())["CHECKS_STATE"]
    assert given("VOLUME") == [state]
    assert f"-m 0711 {state}" in " ".join(given("RUN"))


def test_the_image_has_all_that_a_run_needs_and_no_secrets():
    sources = [word for text in given("COPY") if "--from" not in text for word in text.split()[:-1]]
    assert all((ROOT / source).exists() for source in sources)
    plugins = re.findall(r'"(\w+)\.\w+"', (ROOT / "conftest.py").read_text(encoding="utf-8"))
    assert {*plugins, "checks", "runbook", "conftest.py", "pytest.ini"} <= {*sources}
    assert "checks.toml" not in sources
    assert not re.search(r"password|token|secret", " ".join(text for _, text in instructions()), re.I)


def test_the_images_command_is_the_suite():
    start = json.loads(given("ENTRYPOINT")[0]) + json.loads(given("CMD")[0])
    assert start[0] == "/opt/venv/bin/python"
    assert sorted(start[1:]) == sorted(COMMAND)
    assert given("WORKDIR") == [HOME]


def test_the_pages_name_what_is_there():
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    named = set(re.findall(r"deploy/([\w.-]+\w)", text)) | set(re.findall(r"^\| `([\w.-]+)`", text, re.M))
    assert named
    assert [name for name in named if not (DEPLOY / name).exists()] == []
    anchors = {
        re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in re.findall(r"^#+ (.+)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors
    shown = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert [tomllib.loads(one) for one in shown]
    for mode in ("0711", "0750", "0640"):
        assert mode in text
