"""The wheel: built without a network, installed into an environment of its own, run from an empty folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from types import SimpleNamespace

import pytest

from tests.conftest import ROOT
from tests.steady import shell

pytest.importorskip("hatchling", reason="the build backend is not installed")

CHECK = '''
from fixtures import *
@check(host("disk_used_percent"), unit="%", critical=-1)
def test_full(value, limit):
    """Never so."""
    assert value <= limit
'''


def run(*words, **options):
    return subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=shell(),
        stdin=subprocess.DEVNULL,
        **options,
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The wheel, and an environment that has it over the packages of this one."""
    folder = tmp_path_factory.mktemp("package")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir")
    build = ("wheel", str(ROOT), "--no-build-isolation", "--no-deps", "--no-index", "-w", str(folder))
    done = run(*pip, *build)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("verenigingen_checks-*.whl")
    done = run(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    assert done.returncode == 0, done.stderr
    python = folder / "venv" / "bin" / "python"
    (own,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (own / "tests.pth").write_text(sysconfig.get_path("purelib"))
    done = run(*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    assert done.returncode == 0, done.stdout + done.stderr
    return SimpleNamespace(
        wheel=wheel, python=python, own=own, command=python.with_name("verenigingen-checks")
    )


def test_the_wheel_has_what_a_clone_has_and_no_more(package):
    names = zipfile.ZipFile(package.wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {name.partition("-")[0] for name in tops} == {"verenigingen_checks"}
    inside = {name.split("/", 1)[1] for name in names}
    for kind in (
        "checks/*.py",
        "checks/*.sql",
        "fixtures/**/*.py",
        "reporters/**/*.py",
        "runbook/*.md",
        "pushgateway/*.yml",
    ):
        missing = {str(path.relative_to(ROOT)) for path in ROOT.glob(kind)} - inside
        assert not missing
    assert {"conftest.py", "pytest.ini", "checks.example.toml", "deploy/grants.sql"} <= inside
    kept = ("checks.toml", "tests/", "demo/", "secrets", "__pycache__", ".sqlite")
    assert [name for name in inside if any(word in name for word in kept)] == []


def test_its_command_lists_the_checks_from_an_empty_folder(package, tmp_path):
    done = run(str(package.command), "--list-checks", cwd=tmp_path)
    here = run(sys.executable, "-m", "pytest", "checks/", "-p", "no:cacheprovider", "--list-checks", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = [line for line in done.stdout.splitlines() if "runbook/" in line]
    assert listed == [line for line in here.stdout.splitlines() if "runbook/" in line]
    assert len(listed) > 100
    assert "warning" not in done.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
    assert not [*package.own.rglob(".pytest_cache")]


def test_its_command_runs_one_file_and_takes_the_settings_of_the_folder(package, tmp_path):
    (tmp_path / "checks.toml").write_text(f'state = "{tmp_path}/state"\n[sites."one.test"]\n')
    done = run(str(package.command), "checks/test_host.py", "-k", "disk_usage", cwd=tmp_path)
    assert "settings: checks.toml" in done.stdout, done.stdout + done.stderr
    assert "disk_usage" in done.stdout
    assert "one.test" in done.stdout
    wrong = run(str(package.command), "--settings", "none.toml", cwd=tmp_path)
    assert wrong.returncode == 4


def test_a_project_of_ones_own_gets_the_plugin(package, tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_own.py").write_text(CHECK)
    (tmp_path / "checks.toml").write_text(f'state = "{tmp_path}/state"\n[sites."one.test"]\n')
    own = (ROOT / "pytest.ini").read_text(encoding="utf-8").replace("pythonpath = .\n", "")
    (tmp_path / "pytest.ini").write_text(own)
    done = run(str(package.python), "-m", "pytest", "-p", "no:cacheprovider", "checks", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "runbook/full.md" in done.stdout
