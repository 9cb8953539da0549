"""The smoke run after a deployment: valid for GitHub and GitLab, and what is in them runs on the demo site."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import types
from functools import cache

import pytest
import yaml

from demo.seed_rest import APPS
from demo.web import SITE
from tests.conftest import ROOT, run_pytest
from tests.steady import shell

DEPLOY = ROOT / "deploy"
GITHUB, GITLAB, HOOK = DEPLOY / "github-actions.yml", DEPLOY / "gitlab-ci.yml", DEPLOY / "after_migrate.py"
INSTALLED = "/opt/verenigingen-checks"
SMOKE = ["-m smoke", "--wait 180", "--stable 2", "--expect-version", "--baseline new", "--junit-xml="]


def parsed(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def scripts():
    """(where, shell text) of all that a shell is given."""
    for job, told in parsed(GITHUB)["jobs"].items():
        for step in told["steps"]:
            if "run" in step:
                yield f"github {job}: {step['name']}", step["run"]
    for job, told in parsed(GITLAB).items():
        if isinstance(told, dict):
            yield f"gitlab {job}", "\n".join(told["script"])


def smoke_of(where):
    return next(text for name, text in scripts() if name.startswith(where) and "pytest" in text)


@cache
def known_options():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "checks/", "--help", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", done.stdout))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (GITHUB, ["vendor.github-workflows"]),
        (GITHUB, ["custom.github-workflows-require-timeout"]),
        (GITLAB, ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
    ids=["github", "github-timeouts", "gitlab"],
)
@pytest.mark.parametrize("wrong", [False, True], ids=["as it is", "spoiled"])
def test_the_services_own_schema_accepts_it_and_refuses_a_mistake(path, words, wrong, tmp_path):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    file = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    file.write_text(re.sub(r"timeout(-minutes)?: .*", r"timeout\1: [1]", text) if wrong else text)
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *words, str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == int(wrong), done.stdout + done.stderr


@pytest.mark.parametrize(("where", "text"), list(scripts()), ids=[where for where, _ in scripts()])
def test_bash_reads_each_script(where, text):
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), where
    assert "${{" not in text, "what GitHub puts in is read as shell: give it by the environment"


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_the_smoke_run_is_whole_and_its_options_exist(where):
    text = smoke_of(where)
    assert [word for word in SMOKE if word not in text] == []
    used = set(re.findall(r"(?<!\S)--?[a-z][\w-]*", text.partition("-m pytest ")[2]))
    assert used - known_options() == set()


def test_the_hooks_options_exist():
    used = set(re.findall(r'"(--?[a-z][\w-]*)["=]', HOOK.read_text(encoding="utf-8")))
    assert {"--site", "--wait", "--stable", "--expect-version"} <= used
    assert used - known_options() == set()


def test_an_option_that_is_not_there_is_seen():
    assert {"--wait", "--stable", "-m", "-p"} <= known_options()
    assert "--waite" not in known_options()


@pytest.fixture(scope="module")
def watched(demo, tmp_path_factory):
    """The demo's settings with a state folder of their own, in which one scheduled run is recorded."""
    folder = tmp_path_factory.mktemp("ci")
    text = demo.settings.read_text(encoding="utf-8")
    state = json.dumps(str(demo.folder / "state"))
    (folder / "checks.toml").write_text(text.replace(state, json.dumps(str(folder / "state"))))
    run_pytest(ROOT, "checks", "-m", "smoke", "--publish", "--settings", str(folder / "checks.toml"))
    return folder


@pytest.mark.parametrize(("where", "version", "status"), [
    ("github", APPS["verenigingen"], 0),
    ("gitlab", f"v{APPS['verenigingen']}", 0),
    ("github", "99.0.0", 1),
])  # fmt: skip
def test_it_runs_and_fails_for_a_version_that_is_not_there(watched, tmp_path, where, version, status):
    text = smoke_of(where).replace(INSTALLED, str(ROOT)).replace(".venv/bin/python", sys.executable)
    env = shell() | {"CHECKS_SETTINGS": str(watched / "checks.toml"), "VERSION": version}
    env |= {"RUNNER_TEMP": str(tmp_path), "CI_PROJECT_DIR": str(tmp_path)}
    if status:
        text = text.replace("--wait 180", "--wait 3")
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", text],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "test_site_answers" in (tmp_path / "smoke.xml").read_text(encoding="utf-8")


def test_the_hook_starts_the_run_and_returns(demo, tmp_path, monkeypatch, capsys):
    frappe = types.ModuleType("frappe")
    frappe.local = types.SimpleNamespace(site=SITE)
    frappe.get_site_path = lambda *names: str(tmp_path.joinpath(*names))
    frappe.get_attr = {"verenigingen.__version__": APPS["verenigingen"]}.__getitem__
    monkeypatch.setitem(sys.modules, "frappe", frappe)
    for name in {*os.environ} - {*shell()}:
        monkeypatch.delenv(name)
    (tmp_path / "logs").mkdir()
    (tmp_path / "suite" / ".venv" / "bin").mkdir(parents=True)
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "suite" / ".venv" / "bin" / "python").write_text(
        f'#!/bin/sh\ncat {tmp_path}/gate\ncd {ROOT} && exec {sys.executable} "$@"\n'
    )
    (tmp_path / "suite" / ".venv" / "bin" / "python").chmod(0o700)
    hook = runpy.run_path(str(HOOK))["smoke"]
    hook.__globals__["SUITE"], hook.__globals__["SETTINGS"] = tmp_path / "suite", demo.settings
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *words, **more: started.append(popen(*words, **more)) or started[-1]
    )
    hook()
    (process,) = started
    assert process.poll() is None  # it returned, and the run still stands at the gate
    (tmp_path / "gate").write_text("")
    assert process.wait(timeout=300) == 0, (tmp_path / "logs" / "smoke.log").read_text(encoding="utf-8")
    assert "smoke.log" in capsys.readouterr().out
    assert "test_site_answers" in (tmp_path / "logs" / "smoke.xml").read_text(encoding="utf-8")


def test_a_hook_that_cannot_start_it_does_not_fail_the_migration(tmp_path, monkeypatch, capsys):
    frappe = types.ModuleType("frappe")
    frappe.local = types.SimpleNamespace(site=SITE)
    frappe.get_site_path = lambda *names: str(tmp_path.joinpath("none", *names))
    frappe.get_attr = lambda _: "1.0.0"
    monkeypatch.setitem(sys.modules, "frappe", frappe)
    runpy.run_path(str(HOOK))["smoke"]()
    assert "was not started" in capsys.readouterr().out
