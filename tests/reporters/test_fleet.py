"""A fleet: real Redis, real `rq worker` processes, workers that die or stand still, and a run that ends all the same."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing

import psutil
import pytest

from demo import servers
from fixtures.catalogue import declared
from fixtures.schema import SettingsError
from fixtures.shard import part
from reporters import fleet
from reporters.packed import packed, unpacked
from reporters.run import Result, Run
from tests.conftest import ROOT, run_pytest
from tests.steady import shell, until

SITES = 200
CHECKS = "site_answers or database_answers or error_rate or (sepa_failed_batches and not 7d) or disk_usage"
QUEUE = "verenigingen-checks"
DEADLINE = 240


class Redis:
    """A server of the test's own, which can be ended and started again."""

    def __init__(self, folder, *options):
        (self.port,) = servers.free_ports(1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder, self.options = folder, options
        self.start()

    def start(self):
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
            *self.options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers, "redis-server answers")

    def _answers(self):
        ping = ["redis-cli", "-p", str(self.port), "ping"]
        return not subprocess.run(ping, capture_output=True, check=False).returncode

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    made = Redis(tmp_path_factory.mktemp("redis"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def settings(demo, tmp_path_factory):
    """The demo under many names, from a folder with a file each; the passwords are in files that workers read."""
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "sites.d").mkdir()
    web = f'[web]\nurl = "https://localhost:{demo.port("https")}"\nhost = "vereniging.demo"\ntls_ca = "{demo.folder}/tls/ca.pem"\n'
    database = f'[database]\nhost = "127.0.0.1"\nport = {demo.port("database")}\nname = "_demo"\nuser = "checks"\npassword_file = "{demo.folder}/checks-password"\n'
    for number in range(SITES):
        (folder / "sites.d" / f"site{number:03}.test.toml").write_text(web + database)
    path = folder / "checks.toml"
    path.write_text(
        f'state = "{folder / "state"}"\nsites_folder = "{folder / "sites.d"}"\n'
        f"[fleet]\nsites = 10\ndeadline = {DEADLINE}\n[checks.disk_usage]\nwarning = 99.5\ncritical = 99.9\n"
    )
    return path


def fewer(settings, folder, count):
    """Settings for the first of these sites, with a state folder of their own."""
    (folder / "sites.d").mkdir()
    for path in sorted((settings.parent / "sites.d").iterdir())[:count]:
        (folder / "sites.d" / path.name).write_text(path.read_text())
    few = folder / "few.toml"
    few.write_text(settings.read_text().replace(str(settings.parent), str(folder)))
    return few


class Workers:
    """`rq worker` processes, each in a process group of its own."""

    def __init__(self, redis, settings, count):
        env = shell()
        command = [str(ROOT / ".venv" / "bin" / "rq"), "worker", "-u", redis.url, QUEUE]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.all = [
            subprocess.Popen(command, cwd=ROOT, env=env | {"CHECKS_SETTINGS": str(settings)}, **quiet)
            for _ in range(count)
        ]

    def signal(self, number, sent):
        """To a worker and the process that does its work."""
        os.killpg(self.all[number].pid, sent)

    def works(self, number):
        """Whether a worker has a process that does its work, as it has for each shard."""
        with contextlib.suppress(psutil.Error):  # it may have ended
            return bool(psutil.Process(self.all[number].pid).children())
        return False

    def stop(self):
        for process in self.all:
            for sent in (signal.SIGCONT, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, sent)
            process.wait(60)


@pytest.fixture
def workers(redis, settings):
    made = Workers(redis, settings, 4)
    yield made
    made.stop()


def recorded(settings):
    with closing(sqlite3.connect(settings.parent / "state" / "history.sqlite")) as file:
        return file.execute(
            "SELECT site, check_id, COUNT(*) FROM results WHERE severity IN ('critical', 'high')"
            " GROUP BY site, check_id, severity"
        ).fetchall()


@pytest.mark.drill
def test_whatever_happens_to_workers_and_redis_each_result_comes_once(redis, settings, workers):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "checks",
        "-k",
        CHECKS,
        "--suite",
        "few",
        "--publish",
        "--fleet",
        redis.url,
    ]
    command += ["-p", "no:cacheprovider", "--settings", str(settings)]
    began = time.monotonic()
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=shell())
    until(lambda: workers.works(0), "the first worker works")
    workers.signal(0, signal.SIGKILL)
    until(lambda: workers.works(1), "the second worker works")
    workers.signal(1, signal.SIGSTOP)
    time.sleep(3)
    redis.stop()
    time.sleep(2)
    redis.start()
    time.sleep(10)
    workers.signal(1, signal.SIGCONT)
    text, _ = run.communicate(timeout=DEADLINE + 120)
    assert run.returncode == 0, text
    assert time.monotonic() - began < DEADLINE + 60
    rows = recorded(settings)
    assert {site for site, _, _ in rows} == {f"site{n:03}.test" for n in range(SITES)}
    assert {count for _, _, count in rows} == {1}
    assert f"on {SITES} sites" in text
    assert "tried again" in text
    until(lambda: not workers.works(1), "the worker that comes late has ended its shard", 120)
    time.sleep(3)
    assert recorded(settings) == rows


def test_on_this_machine(settings, tmp_path):
    """Thirty of the sites: one run, one record, as without a fleet."""
    few = fewer(settings, tmp_path, 30)
    arguments = ("checks", "-k", CHECKS, "--suite", "few", "--publish", "--settings", str(few))
    outcome = run_pytest(ROOT, *arguments, "--fleet", "local:2")
    assert outcome.status == 0, outcome.text
    assert "180 checks on 30 sites: 180 ok" in outcome.text
    assert "fleet: 5 of 5 shards of 30 sites, 2 workers" in outcome.text
    assert "demo-only" not in outcome.text + json.dumps(outcome.document)
    again = run_pytest(ROOT, *arguments)
    assert "180 checks on 30 sites: 180 ok" in again.text
    with closing(sqlite3.connect(tmp_path / "state" / "history.sqlite")) as file:
        runs = file.execute("SELECT complete, suite FROM runs ORDER BY started").fetchall()
        (rows,) = file.execute("SELECT COUNT(*) FROM results").fetchone()
    assert runs == [(1, "few"), (1, "few")]
    assert rows == 2 * 30 * 9


def test_what_does_not_come_back_is_unknown_by_the_deadline(redis, settings, tmp_path):
    """Nobody works."""
    few = fewer(settings, tmp_path, 20)
    few.write_text(few.read_text().replace(f"deadline = {DEADLINE}", "deadline = 3"))
    began = time.monotonic()
    outcome = run_pytest(ROOT, "checks", "--settings", str(few), "--fleet", redis.url, "--publish")
    assert time.monotonic() - began < 90
    assert outcome.status == 1
    assert "UNKNOWN  everything on site000.test, site001.test, site002.test and 17 more" in outcome.text
    assert outcome.text.count("its shard did not come back by the run's deadline") == 1
    assert f"on 20 sites: {len(declared()) * 20} unknown" in outcome.text.replace(",", "")
    left = subprocess.run(
        ["redis-cli", "-p", str(redis.port), "keys", f"{QUEUE}*"], capture_output=True, text=True, check=True
    )
    assert left.stdout.strip() == ""


class Dying:
    """Loses each shard the first time, and number 2 always."""

    def __init__(self):
        self.submitted, self.done, self.closed = [], [], False

    def submit(self, task):
        self.submitted.append(task.number)
        if self.submitted.count(task.number) == 2 and task.number != 2:
            one = Result("c", task.shard.sites[0], "g", "high", "ok", evidence={"query": "q", "n": 1})
            run = Run("r", 0.0, 1.0, 0, complete=True, selected=1, results=(one,))
            self.done += [(task.number, packed(run))] * 2

    def answers(self):
        come, self.done = self.done, []
        return come

    def lost(self, numbers):
        return [n for n in numbers if self.submitted.count(n) == 1 or n == 2]

    def workers(self):
        return 1

    def close(self):
        self.closed = True


def test_a_lost_shard_is_tried_again_and_counts_once():
    backend = Dying()
    wanted = fleet.tasks([f"s{n}" for n in range(4)], 1, ["checks"], 5.0, {"s1": {"c": 1.0}})
    assert wanted[1].shard.not_due == {"s1": {"c": 1.0}}
    found = fleet.gather(backend, wanted, time.monotonic() + 60, 3, lambda come, workers: None)
    assert sorted(one.site for one in found.results) == ["s0", "s1", "s3"]
    assert found.missing == {"s2": "its shard was lost 3 times"}
    assert not found.whole
    assert backend.closed
    assert backend.submitted.count(2) == 3
    (told,) = fleet.unknown(found, found.results[:1], 7.0)
    assert (told.site, told.status, told.check, told.reason) == (
        "s2",
        "unknown",
        "c",
        "its shard was lost 3 times",
    )


def test_what_is_packed_comes_out_again():
    """Whatever differs by site or by severity; what all sites share is kept once for all shards."""
    results = [
        Result("a", site, "g", severity, "ok", 1.5, limit, "<=", "x", "", {"query": "q"}, 5.0, 0.1, "S.", "p")
        for site in ("one", "two")
        for severity, limit in (("high", 2.0), ("critical", 3.0 if site == "one" else 4.0))
    ]
    results.append(Result("b", "two", "g", "warning", "unknown", reason="why", root="a", depends_on=("a",)))
    run = Run("r", 0.0, 1.0, 1, complete=True, selected=7, results=tuple(results))
    known = {}
    first, second = unpacked(packed(run), known), unpacked(packed(run), known)
    assert first.results == second.results == results
    assert (first.selected, first.whole) == (7, True)
    assert len(known) == 4
    assert first.results[0].summary is second.results[2].summary


@pytest.mark.parametrize("answer", [b"", b"no answer", zlib.compress(b"[1]"), zlib.compress(b'{"rows": 1}')])
def test_an_answer_of_another_version_is_told(answer):
    found = fleet.Gathered()
    (task,) = fleet.tasks(["s1"], 1, [], 5.0, {})
    found.add(task, answer)
    assert found.missing == {"s1": "its worker has another version of the suite"}
    assert found.results == []


@pytest.mark.parametrize(
    "where", ["nowhere", "local:0", "local:x", "http://x", "redis://127.0.0.1:1/0", "redis://h:port"]
)
def test_a_wrong_fleet_is_one_line(settings, where):
    outcome = run_pytest(ROOT, "checks", "--settings", str(settings), "--fleet", where)
    assert outcome.status == 4, outcome.text
    (line,) = [one for one in outcome.text.splitlines() if "--fleet" in one]
    assert "allowed: local, local:4" in line or "Redis does not answer" in line
    assert "Traceback" not in outcome.text


def test_shards_share_out_all_sites():
    names = [f"s{n}" for n in range(10)]
    parts = [part(f"{n}/3", names) for n in range(3)]
    assert sorted(name for one in parts for name in one) == names
    for wrong in ("3/3", "1", "-1/2", "a/b", "0/0", ""):
        with pytest.raises(SettingsError, match="--shard = "):
            part(wrong, names)


def test_a_shard_judges_its_sites(settings):
    outcome = run_pytest(
        ROOT, "checks", "-k", "site_answers", "--settings", str(settings), "--shard", "7/100"
    )
    assert outcome.status == 0, outcome.text
    assert outcome.text.count("site007.test") == 1
    assert "sites: site007.test, site107.test" in outcome.text
