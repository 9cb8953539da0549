"""A selection imports nothing that it does not need: seen from outside, in sys.modules when the run ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.startup import HEAVY
from tests.conftest import ROOT, run_pytest

if TYPE_CHECKING:
    from demo.site import Demo

# cryptography comes along with PyMySQL and urllib3 wherever it is installed; an installation does not have it.
WATCHED = {*HEAVY, "statistics"} - {"cryptography"}
CASES = {
    "host": (
        ("checks", "-k", "test_disk_usage or test_load_per_core or test_memory_available_percent"),
        set(),
    ),
    "redis": (("checks", "-k", "test_redis_cache_answers or test_redis_queue_answers"), {"hiredis"}),
    "one_redis": (("checks", "-k", "test_redis_cache_answers"), {"hiredis"}),
    "sql": (("checks", "-k", "test_error_rate_percent"), {"pymysql"}),
    "http": (("checks", "-k", "test_login_page_works"), {"requests"}),
    "node": (("checks/test_host.py::test_disk_usage[critical]",), set()),
    "nothing": (("checks", "--list-checks"), set()),
    "all": (("checks",), {"pymysql", "requests", "hiredis", "statistics"}),
}


@pytest.fixture
def loaded(demo: Demo, tmp_path: Path) -> Callable[..., set[str]]:
    """Which of the heavy libraries a run has imported when it ends; its state is its own."""
    settings, into = tmp_path / "checks.toml", tmp_path / "loaded"
    settings.write_text(
        demo.settings.read_text().replace(f"{demo.folder / 'state'}", f"{tmp_path / 'state'}")
    )

    def run(*arguments: str) -> set[str]:
        env = {"BENCH_LOADED": str(into)}
        seen = run_pytest(ROOT, "-p", "bench.loaded", *arguments, "--settings", str(settings), env=env)
        assert seen.status in (0, 1), seen.text
        modules = {line.partition(".")[0] for line in into.read_text().splitlines()}
        assert "pytest" in modules
        return modules & WATCHED

    return run


@pytest.mark.parametrize("case", CASES)
def test_a_selection_imports_what_it_needs_and_nothing_else(loaded, case):
    arguments, expected = CASES[case]
    assert loaded(*arguments) == expected


def test_what_tells_is_imported_by_a_published_run_only(loaded):
    found = loaded("checks", "--publish")
    assert found == CASES["all"][1] | {"jinja2", "prometheus_client"}
