"""Shared by the tests: running pytest from outside, as cron and people do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from demo.site import Demo

ROOT = Path(__file__).parents[1]
CONFTEST = (ROOT / "conftest.py").read_text(encoding="utf-8")
INI = (ROOT / "pytest.ini").read_text(encoding="utf-8").replace("pythonpath = .", f"pythonpath = {ROOT}")


KEPT = frozenset({"CI", "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "USER"})
OURS = (
    "BENCH_",
    "CHECKS_",
    "DEMO_",
    "DRILL",
    "EXAMPLES",
    "FUZZ",
    "INPUTS",
    "MUTA",
    "PYTEST_",
    "SEED",
    "SOAK_",
)
for name in [*os.environ]:
    # Whatever else a developer's shell exports would hide what a stranger meets: buffered pipes, another time zone.
    if name not in KEPT and not name.startswith(OURS):
        del os.environ[name]

SECONDS, DRILL_SECONDS = 400, 1800
"""A test that takes longer hangs; most take less than one second, the longest half a minute."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drill: takes long; `make drill` runs it, `make test` does not")
    config.addinivalue_line("markers", "root: needs root, as other accounts, mounts and bounds do")
    config.addinivalue_line(
        "markers", "timeout(seconds): the most that it may take, where `make test` runs it"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            drill = item.get_closest_marker("drill") is not None
            item.add_marker(pytest.mark.timeout(DRILL_SECONDS if drill else SECONDS))
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root: `make test-root`"))


@dataclass(frozen=True)
class Outcome:
    """How a pytest process ended."""

    status: int
    text: str
    document: dict[str, Any]

    def statuses(self) -> dict[str, set[str]]:
        """pytest outcome -> the names of the tests that had it, without `test_`."""
        found: dict[str, set[str]] = {}
        for test in self.document.get("tests", ()):
            name = test["nodeid"].rpartition("::")[2].removeprefix("test_")
            found.setdefault(test["outcome"], set()).add(name)
        return found

    def checks(self, outcome: str) -> set[str]:
        """The checks of which an item had this outcome."""
        return {name.partition("[")[0] for name in self.statuses().get(outcome, ())}

    def told(self, name: str) -> dict[str, Any]:
        """What the record says of one test."""
        for test in self.document["tests"]:
            if test["nodeid"].rpartition("::")[2] == f"test_{name}":
                return {key: value for pair in test["user_properties"] for key, value in pair.items()}
        raise KeyError(name)


def run_pytest(
    folder: Path,
    *arguments: str,
    env: dict[str, str] | None = None,
    timeout: float = 100,
    under: Sequence[str] = (),
    during: Callable[[subprocess.Popen[str]], object] | None = None,
) -> Outcome:
    """`pytest ARGUMENTS` as a process of its own, with its record.

    `under` is a command that runs it, with other bounds or as another user; `during` is called with its process
    while it runs.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("CHECKS_", "PYTEST_"))}
    record = Path(os.environ.get("TMPDIR", "/tmp")) / f"record-{uuid.uuid4().hex}.json"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--json-report-file={record}"]
    with subprocess.Popen(
        [*under, *command, *arguments],
        cwd=folder,
        env=clean | {"COLUMNS": "80"} | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            if during:
                during(process)
            told = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    document = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    record.unlink(missing_ok=True)
    return Outcome(process.returncode, "".join(told), document)


class Project:
    """A small project around inner checks, with one site whose host figures are real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "pytest.ini").write_text(INI)
        (folder / "checks").mkdir()
        self.settings('[sites."one.test"]')

    def checks(self, source: str, name: str = "test_inner.py") -> None:
        """Write one file of checks."""
        (self.folder / "checks" / name).write_text("from fixtures import *\n" + source)

    def settings(self, text: str) -> None:
        """Write checks.toml, with the state folder inside the project."""
        state = f'state = "{self.folder / "state"}"\n'
        (self.folder / "checks.toml").write_text(state + text)

    def run(self, *arguments: str, **options: Any) -> Outcome:
        """Run pytest on it."""
        return run_pytest(self.folder, *(arguments or ("checks",)), **options)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo site for all tests that only break what they heal."""
    from demo.site import Demo

    with Demo(tmp_path_factory.mktemp("demo") / "site") as site:
        yield site


@pytest.fixture
def browsing(demo: Demo) -> Iterator[None]:
    """The demo's settings have a user for journeys in a browser, which take some seconds of each run."""
    demo.browser = True
    demo.write_settings()
    yield
    demo.browser = False
    demo.write_settings()


@pytest.fixture
def run_checks(demo: Demo) -> Callable[..., Outcome]:
    """The real checks on the demo site."""

    def run(*arguments: str, **options: Any) -> Outcome:
        return run_pytest(ROOT, *(arguments or ("checks",)), "--settings", str(demo.settings), **options)

    return run
