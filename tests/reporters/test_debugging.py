"""What helps who debugs: explain, record and replay, what-if; on a small project and on the demo site."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

import conftest
from tests.conftest import ROOT, run_pytest

CHECKS = """
from pathlib import Path

class Told:
    def __call__(self, site):
        return float(Path("value").read_text())
    def __repr__(self):
        return "told()"
    def __hash__(self):
        return 1
    def __eq__(self, other):
        return isinstance(other, Told)

@check(Told(), unit="errors", warning=10, critical=50, smoke=True, metric="verenigingen_told")
def test_told(value, limit):
    '''Few errors.'''
    assert value <= limit

@check(http("/"), severity="high")
def test_page(value):
    '''The page is there.'''
    assert value.status_code == 200
"""


@pytest.fixture
def told(project):
    project.checks(CHECKS)
    (project.folder / "value").write_text("12")
    return project


def test_a_check_is_explained_without_observing(told):
    told.run("checks", "--publish")
    (told.folder / "value").unlink()
    told.settings('[checks.told]\nwarning = 7\n[sites."one.test"]')
    outcome = told.run("checks", "--explain", "told")
    assert outcome.status == 0
    said = " ".join(outcome.text.split())
    assert "told: Few errors." in said
    assert "probe told()" in said
    assert "at most 7 errors (warning): checks.toml:3" in said
    assert "at most 50 errors (critical): the check's own" in said
    assert "every run, smoke, verenigingen_told" in said
    assert "warning failing 12 errors" in said
    assert "runbook runbook/told.md" in said


def test_a_check_that_is_not_there_is_named_with_the_nearest(told):
    outcome = told.run("checks", "--explain", "toldd")
    assert outcome.status == 4
    assert "--explain = 'toldd': no such check; did you mean told?" in outcome.text


def test_a_single_check_shows_its_past(told):
    told.run("checks", "--publish")
    (told.folder / "value").write_text("3")
    outcome = told.run("checks", "-k", "told")
    said = " ".join(outcome.text.split())
    assert "value 3 errors" in said
    assert "warning failing 12 errors" in said


def test_what_was_recorded_is_judged_again_by_other_limits(told):
    folder = told.folder / "kept"
    told.run("checks", "--record", str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    (told.folder / "value").write_text("1000")
    told.settings('[checks.told]\nwarning = 12\ncritical = 13\n[sites."one.test"]')
    outcome = told.run("checks", "--replay", str(folder))
    assert outcome.statuses()["passed"] >= {"told[warning]", "told[critical]"}
    assert outcome.told("told[warning]")["value"] == 12


def test_a_recording_elsewhere_needs_no_other_argument_as_one_word(told, tmp_path_factory):
    """Two words would have pytest look for its project there, before anything of ours is read."""
    folder = tmp_path_factory.mktemp("elsewhere") / "kept"
    told.run("checks", "--record", str(folder))
    (told.folder / "value").write_text("1000")
    outcome = told.run(f"--replay={folder}")
    assert outcome.told("told[warning]")["value"] == 12


@pytest.mark.parametrize(
    "content", [None, "{}", "not json", '{"format": 1, "site": "x", "probes": {"a": 3}}']
)
def test_what_is_no_recording_is_one_line(told, content):
    folder = told.folder / "kept"
    folder.mkdir()
    if content is not None:
        (folder / "one.json").write_text(content)
    outcome = told.run("checks", "--replay", str(folder))
    assert outcome.status == 4
    assert "recording" in outcome.text


def test_a_recording_makes_records_of_this_suite_only(told):
    folder = told.folder / "kept"
    folder.mkdir()
    (folder / "one.json").write_text(
        '{"format": 1, "site": "one.test", "probes": {"told()": {"value": {"type": "os:system", "fields": {}},'
        ' "error": null, "skip": null, "evidence": {}, "observed_at": 0, "duration": 0}}}'
    )
    assert told.run("checks", "--replay", str(folder)).status == 4


def test_the_whole_demo_is_recorded_and_replayed_alike(demo, run_checks, tmp_path):
    """Every value comes back as what it was: the same outcomes, asked of nobody."""
    with demo.broken("sepa_batch_failed"), demo.broken("scheduler_paused"):
        first = run_checks("checks", "--record", str(tmp_path / "kept"))
    again = run_checks("checks", "--replay", str(tmp_path / "kept"))
    assert again.statuses() == first.statuses()
    assert again.checks("failed") == {"sepa_failed_batches", "scheduler_enabled"}


@pytest.mark.parametrize("joined", [True, False], ids=["--x=path", "--x path"])
@pytest.mark.parametrize("first", [True, False], ids=["before checks", "after checks"])
def test_a_path_may_be_in_somebody_elses_project(told, tmp_path_factory, first, joined):
    """Pytest looks for its root before it knows our options, and would take that project for it."""
    other = tmp_path_factory.mktemp("other")
    (other / "pytest.ini").write_text("[pytest]\n")
    told.run("checks", "--publish")
    assert told.run("checks", "--record", str(other / "kept")).status == 1  # a page that is not there
    (other / "limits.toml").write_text("[checks.told]\nwarning = 35\n")
    (other / "results.csv").write_text("of yesterday")
    (other / "own.toml").write_text('state = "state"\n[checks.told]\nwarning = 35\n[sites."one.test"]')
    for option, name, said in (
        ("--replay", "kept", "12 errors"),
        ("--what-if", "limits.toml", "told: 1 results"),
        ("--export", "results.csv", "results.csv"),
        ("--settings", "own.toml", "own.toml"),
        ("--record", "kept", "12 errors"),
    ):
        path = str(other / name)
        words = [f"{option}={path}"] if joined else [option, path]
        outcome = told.run(*(words if first else ()), "checks", *(() if first else words))
        assert said in outcome.text, outcome.text
        assert "INTERNALERROR" not in outcome.text
        assert outcome.status in (0, 1)
    assert (other / "results.csv").read_text().startswith("site,")


def test_a_path_is_one_of_the_callers_folder(told, tmp_path_factory):
    there = tmp_path_factory.mktemp("there")
    (there / "tox.ini").write_text("[pytest]\n")
    settings = ["--settings", str(told.folder / "checks.toml")]
    told.run("checks", "--record", str(there / "kept"))
    outcome = run_pytest(there, "--replay", "kept", *settings, str(told.folder / "checks"))
    assert "12 errors" in outcome.text, outcome.text


def test_every_option_that_takes_a_value_is_known_before_the_plugins_are():
    files = [path for folder in ("fixtures", "reporters") for path in (ROOT / folder).glob("*.py")]
    declared = "".join(path.read_text() for path in files)
    options = re.findall(r'addoption\(\s*("--[^()]*(?:\([^()]*\)[^()]*)*)\)', declared)
    taking = {
        re.match(r'"(--[a-z-]+)"', one)[1]
        for one in options
        if "store_true" not in one and "nargs" not in one
    }
    assert len(options) > 30
    assert taking == set(conftest.TAKE_A_VALUE.split())


def test_other_limits_are_tried_on_the_history(told):
    told.run("checks", "--publish")
    with contextlib.closing(sqlite3.connect(told.folder / "state/history.sqlite")) as file:
        file.execute("DELETE FROM results")
        for number in range(100):  # ten times five runs of 30
            value = 30.0 if number % 10 < 5 else 1.0
            file.execute(
                "INSERT INTO results VALUES ('one.test', 'told', 'warning', ?, 'r', 'ok', ?, 10, 0, '')",
                (time.time() - 300 * (100 - number), value),
            )
        file.commit()
    limits = told.folder / "limits.toml"
    limits.write_text("[checks.told]\nwarning = 35\ncritical = 20\n")
    outcome = told.run("checks", "--what-if", str(limits))
    assert outcome.status == 4
    assert "limits must rise with severity" in outcome.text
    limits.write_text('[checks.told]\nwarning = 35\ncritical = "off"\n')
    assert (
        "warning  10 alerts at 10 errors, 0 alerts at 35 errors"
        in told.run("checks", "--what-if", str(limits)).text
    )
    limits.write_text("[checks.none]\nwarning = 1\n")
    assert "checks.none: no such check" in told.run("checks", "--what-if", str(limits)).text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_watching_writes_each_change_at_once_until_it_is_ended(told, number):
    """Into a pipe too: there Python keeps what is printed, unless a variable of the shell says otherwise."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "checks", "-k", "told", "--watch", "0.3"],
        cwd=told.folder,
        env=clean,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (xdist ignores it)
    ) as process:
        try:
            lines = iter(process.stdout.readline, "")
            assert any("failing told 12" in line for line in lines)
            (told.folder / "value").write_text("3")
            assert any("ok      told 3 (was failing 12)" in line for line in lines)
            process.send_signal(number)
            rest = process.communicate(timeout=60)[0]
        finally:
            process.kill()
    assert process.returncode == 0
    assert "2 passed" in rest
