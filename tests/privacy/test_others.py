"""Other ways out: addresses that nobody named, the list of processes, a fleet's queue, and options that only look."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import redis

from tests.conftest import ROOT
from tests.privacy.canaries import SECRETS, leaks
from tests.privacy.rig import Rig, canary
from tests.reporters.test_fleet import Redis, Workers
from tests.steady import shell


def heard(file: Path) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, *told = json.loads(line)
        found.setdefault(kind, set()).add(tuple(told))
    return found


def test_nothing_is_asked_that_the_settings_do_not_name(rig, tmp_path):
    """A run that tells everybody: each connection is to a server of the settings, each name that of one."""
    env = rig.settings("inline", alerts={"canary": "1d"})
    watched = {"WATCHED": str(tmp_path / "watched"), "PYTHONPATH": str(ROOT)}
    outcome = rig.run("--publish", "--all-due", "-p", "tests.privacy.watching", env=env | watched)
    assert outcome.status == 0, outcome.text
    found = heard(tmp_path / "watched")
    ports = {str(rig.demo.port(name)) for name in ("database", "cache", "queue", "https", "http")}
    ports |= {str(rig.http.port), str(rig.mail.port)}
    reached = {address[:2] for address in found["address"] if address[1] != "0"}  # 0: to find its own address
    assert {port for _, port in reached} == ports
    assert {host for host, _ in reached} <= {"127.0.0.1", "::1"}
    assert {name for (name,) in found["name"]} <= {"127.0.0.1", "localhost", "None"}
    assert not found.get("path")
    assert found.get("program", {("uname",)}) == {("uname",)}  # which pytest asks for the platform


def others_see() -> list[tuple[str, bytes]]:
    """Command lines of all processes, and environments as far as another account may read them."""
    command = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true"
    as_other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    seen = subprocess.run([*as_other, "sh", "-c", command], capture_output=True, check=True)
    return [("processes", seen.stdout)]


def watch(process: subprocess.Popen[str], found: list, programs: set[str]) -> None:
    while process.poll() is None and len(found) < 400:
        found += others_see()
        for one in psutil.process_iter(["cmdline"]):
            programs.add(" ".join(one.info["cmdline"] or ())[:200])
        time.sleep(0.1)


@pytest.mark.drill
@pytest.mark.root
@pytest.mark.parametrize("way", ["inline", "environment"])
def test_no_other_account_sees_a_secret_of_a_run_or_its_workers(rig, way):
    env = rig.settings(way)
    found, programs = [], set()
    outcome = rig.run(
        "--publish", "--fleet", "local:2", env=env, during=lambda process: watch(process, found, programs)
    )
    assert outcome.status == 0, outcome.text
    assert len(found) > 3
    # As reporters.fleet starts them; the run itself is told `--fleet`.
    workers = [one for one in programs if "-m pytest -q -p no:cacheprovider" in one and "--fleet" not in one]
    assert workers, programs
    assert not leaks(SECRETS, found)
    assert not rig.leaks(outcome)


@pytest.mark.drill
@pytest.mark.parametrize("good", [True, False])
def test_a_fleet_over_a_queue_leaves_no_secret_in_it(rig: Rig, tmp_path, good):
    """All that was ever written into the queue's Redis, plain and as RQ packs it: an answer is there for a moment."""
    server = Redis(tmp_path, "--appendonly", "yes")
    password = canary("queue")
    with closing(redis.Redis(port=server.port)) as client:
        client.config_set("requirepass", password)
    url = f"redis://:{quote(password, safe='')}@127.0.0.1:{server.port}/0"
    rig.secrets["fleet", "url"] = url
    rig.settings("inline")
    rig.accounts(good=good)
    workers = _Workers(url, rig.file)
    try:
        outcome = rig.run("--publish", "--fleet", "-vv", timeout=150)
    finally:
        workers.stop()
        server.stop()
    assert outcome.status == (0 if good else 1), outcome.text
    assert "fleet: 1 of 1 shards" in outcome.text
    wrote = b"".join(path.read_bytes() for path in (tmp_path / "appendonlydir").iterdir())
    assert b":answer" in wrote
    assert b"rq:job:" in wrote
    assert not leaks(SECRETS, [("queue", wrote)])
    assert not rig.leaks(outcome)


class _Workers(Workers):
    """As docs/scale.md has it: the queue's address stands in the environment, where no other account sees it."""

    def __init__(self, url: str, settings: Path) -> None:
        env = shell() | {"CHECKS_SETTINGS": str(settings), "RQ_REDIS_URL": url}
        command = [str(ROOT / ".venv" / "bin" / "rq"), "worker", "verenigingen-checks"]
        self.output = (settings.parent / "out" / "worker.log").open("w")
        self.all = [
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdout=self.output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        ]

    def stop(self) -> None:
        super().stop()
        self.output.close()


LOOKS = {
    "--self-check": (0, 1),
    "--list-checks": (0,),
    "--explain database_answers": (0,),
    "--fixtures": (0,),
    "--markers": (0,),
    "--collect-only -vvv": (0,),
    "--silences": (0,),
    "--notify-test": (0, 1, 4),
    "--notify-preview -k database_answers": (0, 1),
    "--what-if limits.toml": (0,),
    "--export OUT/results.csv": (0,),
    "--report today": (0,),
    "-k redis_queue_answers -q": (0, 1),
    "-k redis_queue_answers -v": (0, 1),
    "-k database_answers --tb=native -l": (0, 1),
    "--wait 1 -m smoke": (0, 1),
    "--baseline new -m smoke": (0, 1),
    "--record OUT/recording": (0, 1),
}


@pytest.mark.drill
@pytest.mark.parametrize("arguments", LOOKS)
def test_what_only_looks_shows_no_secret(rig, arguments):
    """With wrong passwords, which are repeated, and with servers that are not there."""
    (rig.out / "limits.toml").write_text("[checks.error_rate]\nwarning = 5\n")
    words = (
        arguments.replace("OUT", str(rig.out)).replace("limits.toml", str(rig.out / "limits.toml")).split()
    )
    for refused in (False, True):
        env = rig.settings("file", refused=refused)
        rig.accounts(good=refused)
        if any(word in arguments for word in ("report", "export", "what-if")):
            rig.run("--publish", env=env)
        outcome = rig.run(*words, env=env)
        assert outcome.status in LOOKS[arguments], outcome.text
        assert outcome.text
        assert not rig.leaks(outcome)


@pytest.mark.drill
def test_the_log_in_of_the_browser(rig):
    """A journey with a wrong password, its picture included."""
    if not (chromium := shutil.which("chromium")):
        pytest.skip("no chromium")
    env = rig.settings("inline", browser={"chromium": chromium}, checks={"journey_log_in": {"enabled": True}})
    found, programs = [], set()
    outcome = rig.run(
        "-k",
        "journey",
        "--publish",
        "-vvv",
        "-l",
        env=env,
        during=lambda process: watch(process, found, programs),
    )
    assert outcome.status == 1, outcome.text
    assert re.search(r"stopped at|unknown", outcome.text), outcome.text
    assert any("chrom" in one for one in programs)
    assert not leaks(SECRETS, found)
    assert not rig.leaks(outcome)


@pytest.mark.drill
def test_all_servers_refuse(rig):
    env = rig.settings("environment", refused=True)
    outcome = rig.run("-vvv", "-l", "--tb=long", "--publish", "--log-json", "--setup-show", env=env)
    assert outcome.status == 1, outcome.text
    assert {"database_answers", "redis_queue_answers", "site_answers"} <= outcome.checks("failed")
    assert not rig.leaks(outcome)
