"""`--self-check` on the demo site and on installations with something wrong in them."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.settings import read
from reporters import reaching, selfcheck, state
from reporters.history import History
from reporters.run import Run
from tests.conftest import ROOT, run_pytest

HOUR = 3600


def levels(text):
    """What -> level, of the printed lines."""
    found = {}
    for line in text.splitlines():
        level, _, rest = line.partition(" ")
        if level in ("ok", "warning", "wrong"):
            found.setdefault(rest.strip().partition(":")[0], []).append(level)
    return found


def told(found):
    return [(one.level, one.said) for one in found]


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """No crontab, no systemd, no cron files."""
    monkeypatch.setattr(selfcheck, "CRON_FOLDER", tmp_path / "cron.d")
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    (tmp_path / "cron.d").mkdir()

    def command(name, says):
        (commands / name).write_text(f"#!/bin/sh\nprintf '{says}\\n'\n")
        (commands / name).chmod(0o755)

    return SimpleNamespace(command=command, cron=tmp_path / "cron.d")


def test_the_demo_site_has_nothing_wrong(demo):
    state.prepare(demo.folder / "state")  # as the first scheduled run does
    outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(demo.settings))
    assert outcome.status == 0, outcome.text
    found = levels(outcome.text)
    assert found["settings"] == found["state"] == found["database account of vereniging.demo"] == ["ok"], (
        outcome.text
    )
    assert found["clocks of vereniging.demo"] == found["time zone of vereniging.demo"] == ["ok"], outcome.text
    assert found["files"] == ["ok"]
    assert found["channels"] == found["heartbeat"] == ["warning"]
    assert "checks at 127.0.0.1 can only read" in outcome.text
    assert "demo-only" not in outcome.text


def test_a_wrong_password_port_zone_and_channel_are_told_side_by_side(demo, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = silent.getsockname()[1]
        settings = tmp_path / "checks.toml"
        settings.write_text(
            f'bench = "{demo.bench}"\nstate = "/proc/nowhere"\ntime_zone = "Asia/Tokyo"\n'
            '[database]\nuser = "checks"\npassword = "wrong-secret"\n'
            f'[pushgateway]\nurl = "http://127.0.0.1:{mute}"\n'
            '[webhook]\nurl = "http://127.0.0.1:9/path-secret"\n'
            f'[heartbeat]\nurl = "http://127.0.0.1:{mute}/ping-secret"\n'
        )
        started = time.monotonic()
        outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(settings))
    assert time.monotonic() - started < 60  # one of them never answers
    assert outcome.status == 1
    found = levels(outcome.text)
    assert found["settings"] == ["ok"]
    for name in ("database account of vereniging.demo", "state", "pushgateway", "webhook"):
        assert found[name] == ["wrong"], outcome.text
    assert found["heartbeat"] == ["ok"]
    assert "127.0.0.1:9: connection refused" in outcome.text
    assert "secret" not in outcome.text.replace("with secrets", "")


AT_ONCE = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("requests", "urllib3"):
            time.sleep(0.01)

sys.meta_path.insert(0, Slow())
from fixtures.schema import Pushgateway, Secret, Webhook
from reporters import reaching, selfcheck

def later(seconds):
    time.sleep(seconds)
    return reaching.channel("webhook", Webhook(url=Secret("http://127.0.0.1:9/")))

probes = [(f"{number}", lambda wait=number / 50: later(wait)) for number in range(1, 8)]
probes.append(("pushgateway", lambda: reaching.pushgateway(Pushgateway(url="http://127.0.0.1:9"))))
print(*selfcheck.side_by_side(probes, 60), sep="\\n")
"""


def test_two_probes_that_both_need_requests_first_do_not_find_it_half_imported():
    command = [sys.executable, "-c", AT_ONCE]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.count("connection refused") == 8, said


@pytest.mark.parametrize("fault", ["db_down", "db_hangs"])
def test_a_database_that_does_not_answer_is_wrong(demo, fault):
    with demo.broken(fault):
        outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(demo.settings))
    assert outcome.status == 1
    assert levels(outcome.text)["database account of vereniging.demo"] == ["wrong"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("deadlin = 3", "did you mean deadline?"),
        ('[sites."one.test"]\n[checks.eror_rate]\nwarning = 1', "did you mean error_rate?"),
        ('[sites."one.test"]\n[webhook]\nurl = "ftp://x"', "webhook.url: must be http"),
        ("", "no site"),
    ],
)
def test_wrong_settings_are_a_line_and_the_rest_is_still_looked_at(project, text, words):
    project.settings(text)
    outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(project.folder / "checks.toml"))
    assert outcome.status == 1
    found = levels(outcome.text)
    assert found["settings"] == ["wrong"]
    assert "state" in found
    assert words in outcome.text


@pytest.fixture
def public_folder():
    """A folder that everybody may enter, which pytest's own are not."""
    before = os.umask(0o022)  # a developer's may be stricter
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
    os.umask(before)


def test_a_secret_that_everybody_can_read_is_named(public_folder):
    password, settings = public_folder / "password", public_folder / "checks.toml"
    password.write_text("very-secret")
    settings.write_text(f'[sites."one.test"]\n[mail]\npassword_file = "{password}"\n')
    for path in (password, settings):
        path.chmod(0o644)

    def found():
        return told(selfcheck.files(read(settings, {}), settings, ()))

    assert found() == [("warning", f"everybody can read {password}, which holds secrets (mode 644)")]
    password.chmod(0o640)
    assert found() == [("ok", "1 files with secrets, closed to others")]
    settings.write_text('[sites."one.test".database]\npassword = "very-secret"\n')
    assert found() == [("warning", f"everybody can read {settings}, which holds secrets (mode 644)")]
    settings.chmod(0o602)
    assert found() == [("warning", f"everybody can change {settings}, which holds secrets (mode 602)")]
    public_folder.chmod(0o750)
    assert found()[0][0] == "ok"


def test_the_state_folder_must_be_private(tmp_path):
    folder = tmp_path / "state"
    assert told(selfcheck.kept(folder)) == [("ok", f"{folder} is made by the first scheduled run")]
    state.prepare(folder)
    assert [level for level, _ in told(selfcheck.kept(folder))] == ["ok"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    (folder / "history.sqlite").touch(0o644)
    (folder / "history.sqlite").chmod(0o644)
    folder.chmod(0o755)
    ((level, said),) = told(selfcheck.kept(folder))
    assert level == "warning"
    assert f"{folder} has mode 755" in said
    assert "history.sqlite has mode 644" in said


def test_cron_and_the_timer_are_seen(alone):
    assert [one.level for one in selfcheck.schedule()] == ["warning"]
    alone.command("systemctl", "inactive")
    alone.command("crontab", "# pytest checks/ --publish")
    assert [one.level for one in selfcheck.schedule()] == ["warning"]
    alone.command("systemctl", "active")
    assert told(selfcheck.schedule()) == [("ok", "the timer starts the checks")]
    line = (ROOT / "deploy/cron.example").read_text()
    (alone.cron / "verenigingen-checks").write_text(line)
    assert told(selfcheck.schedule()) == [("warning", "both cron and the timer start the checks")]
    alone.command("systemctl", "inactive")
    assert told(selfcheck.schedule()) == [("ok", "cron starts the checks")]
    (alone.cron / "verenigingen-checks").write_text(line.replace("CHECKS_PUBLISH=1", ""))
    assert told(selfcheck.schedule()) == [("wrong", "cron's runs do not publish")]


def test_the_last_scheduled_run_has_an_age(tmp_path):
    def ran(seconds_ago, **more):
        at = time.time() - seconds_ago
        facts = {"duration": 1.0, "exit_status": 0, "complete": True, "selected": 1, "results": ()} | more
        history = History(tmp_path / "history.sqlite")
        history.add(Run(id=f"run-{at}", started=at, **facts))
        history.close()
        return [one.level for one in selfcheck.last(tmp_path)]

    assert [one.level for one in selfcheck.last(tmp_path)] == ["warning"]
    assert ran(60, complete=False) == ["warning"]
    assert ran(2 * HOUR) == ["wrong"]
    assert ran(60) == ["ok"]
    (tmp_path / "history.sqlite").write_text("this is no database, and long enough to be seen as none" * 50)
    assert [one.level for one in selfcheck.last(tmp_path)] == ["wrong"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Call <name of the treasurer>, <phone>", "warning"),
        ("Call Jo, see <https://example.org> and <jo@example.org>", "ok"),
        ("<!-- <who> -->\n```\ncurl <url>\n```\n1 < 2 > 0", "ok"),
    ],
)
def test_blanks_of_the_escalation_page_are_told(tmp_path, text, level):
    page = tmp_path / "escalation.md"
    assert told(selfcheck.placeholders(page)) == []
    page.write_text(text)
    ((found, said),) = told(selfcheck.placeholders(page))
    assert found == level
    assert ("<name of the treasurer>, <phone>" in said) == (level == "warning")


def test_a_probe_that_hangs_or_breaks_harms_no_other():
    def breaks():
        raise ValueError("secret words")

    over = threading.Event()
    found = list(
        selfcheck.side_by_side(
            [
                ("hangs", lambda: over.wait(60) and ()),
                ("breaks", breaks),
                ("works", lambda: [reaching.Found("ok", "works", "well")]),
            ],
            2,
        )
    )
    over.set()
    assert [(one.what, one.level) for one in found] == [
        ("hangs", "wrong"),
        ("breaks", "wrong"),
        ("works", "ok"),
    ]
    assert "secret" not in str(found)


def test_a_history_of_another_shape_is_wrong(tmp_path):
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as connection:
        connection.execute("CREATE TABLE runs (x)")
    ((level, _),) = told(selfcheck.last(tmp_path))
    assert level == "wrong"
