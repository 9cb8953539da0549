"""`make drill` (DRILLS=all) runs every drill and writes docs/drills.md; `make test` runs the quick ones."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.site import Demo
from tests.drills import ledger
from tests.drills.ledger import BROKE, HELD, LEFT_OUT, Result
from tests.drills.world import World, real, small

ALL = os.environ.get("DRILLS") == "all"
RESULTS: dict[str, Result] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones are for `make drill`, which runs the quick ones as well, to write the page."""
    for item in items:
        drill = ledger.of(item)
        if drill and (ALL or not drill.quick):
            item.add_marker(pytest.mark.drill)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A drill gives what it observed."""
    if ledger.of(pyfuncitem) is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    observed = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    assert observed, "a drill says what it observed"
    pyfuncitem.user_properties.append(("observed", observed))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (drill := ledger.of(item)) is not None:
        report.drill = drill.what  # type: ignore[attr-defined]
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    what = getattr(report, "drill", None)
    if what is None:
        return
    if report.failed:
        lines = str(getattr(getattr(report.longrepr, "reprcrash", None), "message", report.longrepr))
        RESULTS[what] = Result(BROKE, lines.partition("\n")[0][:200])
    elif report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        RESULTS[what] = Result(LEFT_OUT, reason.removeprefix("Skipped: "))
    elif report.when == "call":
        RESULTS.setdefault(what, Result(HELD, dict(report.user_properties)["observed"]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The page, once every drill has a result."""
    if not ALL or hasattr(session.config, "workerinput"):
        return
    if {row.what for _, rows in ledger.every() for row in rows} <= RESULTS.keys():
        ledger.PAGE.write_text(ledger.render(RESULTS, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, result in RESULTS.items() if ALL else ():
        terminalreporter.write_line(f"{result.verdict}: {what}: {result.observed}")


@pytest.fixture(scope="session")
def primed(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which the demo site was well a moment ago."""
    folder = tmp_path_factory.mktemp("primed")
    with real(folder, demo, folder / "none") as world:
        outcome = world.run()
        assert outcome.status == 0, outcome.text
    return folder / "state"


@pytest.fixture
def site(demo: Demo, primed: Path, tmp_path: Path) -> Iterator[World]:
    """The real checks on the demo site."""
    with real(tmp_path, demo, primed) as world:
        yield world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two checks, of which one fails."""
    with small(tmp_path) as made:
        yield made
