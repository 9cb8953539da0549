"""Counts the inputs that each property was tried with, over all processes, and tells at the end."""

from __future__ import annotations

from functools import wraps
from pathlib import Path

import pytest

from tests.properties.profile import LONG, TRIED

HERE = Path(__file__).parent
COUNTED = "inputs"


def _counted(test):
    @wraps(test)
    def counting(*args, **kwargs):
        TRIED.one()
        return test(*args, **kwargs)

    counting.counted = True
    return counting


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        made = getattr(getattr(item, "obj", None), "hypothesis", None)
        if HERE in item.path.parents and made is not None and not hasattr(made.inner_test, "counted"):
            made.inner_test = _counted(made.inner_test)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    before = TRIED.count
    try:
        return (yield)
    finally:
        item.user_properties.append((COUNTED, TRIED.count - before))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = [
        count
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, count in report.user_properties
        if name == COUNTED
    ]
    if LONG and counts:
        terminalreporter.write_line(f"{sum(counts):,} inputs tried by {len(counts)} properties")
