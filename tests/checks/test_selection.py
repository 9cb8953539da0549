"""The real checks on the demo site, as a pytest user runs them."""

from contextlib import ExitStack

import pytest

from bench.size import TIMEOUTS
from tests.conftest import ROOT, run_pytest
from tests.servers import serving


def widest(text):
    """The longest line, but for those that hold a path of this machine or what is installed beside the suite."""
    own = ("settings:", "rootdir:", "plugins:")
    return max(len(line) for line in text.splitlines() if not line.startswith(own))


def test_a_selection_by_name(run_checks):
    outcome = run_checks("checks", "-k", "sepa_failed_batch")
    assert outcome.status == 0
    assert outcome.checks("passed") == {"sepa_failed_batches", "sepa_failed_batches_7d"}
    assert run_checks("checks", "-k", "sepa_failed_batches").checks("passed") == {"sepa_failed_batches"}
    assert "a part of all" in outcome.text


def test_one_item_by_its_node_id_with_a_debugger(run_checks):
    outcome = run_checks("checks/test_host.py::test_disk_usage[critical]", "--pdb")
    assert outcome.status == 0
    assert outcome.statuses() == {"passed": {"disk_usage[critical]"}}


def test_one_check_shows_value_limits_evidence_sql_and_page(run_checks):
    text = run_checks("checks/test_errors.py", "-k", "errors_24h").text
    for word in (
        "value    ",
        "warning  ok: at most 50 errors",
        "high     ok: at most 200 errors",
        "left",
        "evidence query errors_24h",
        "    SET @now = '",
        "    SELECT COUNT(*) FROM `tabError Log` WHERE modified > @now - INTERVAL 1 DAY",
        "limit    at most 50 errors (warning): the check's own",
        "runbook/errors_24h.md",
    ):
        assert word in text
    assert widest(text.partition("  paste\n")[0]) <= 80


def test_stop_at_the_first_failure(demo, run_checks):
    with demo.broken("redis_queue_down"):
        outcome = run_checks("checks", "-x")
    assert outcome.status == 1
    assert len(outcome.statuses()["error"]) == 1
    assert "stopping after 1 failures" in outcome.text


def test_smoke_is_a_selection(run_checks):
    outcome = run_checks("checks", "-m", "smoke")
    assert outcome.status == 0
    assert {"site_answers", "database_answers", "scheduler_enabled"} <= outcome.checks("passed")


def test_collect_only_asks_nobody(demo, tmp_path):
    asked, settings = [], tmp_path / "checks.toml"
    with ExitStack() as stack:
        web, database, redis = (stack.enter_context(serving(asked.append)) for _ in range(3))
        text = demo.settings.read_text(encoding="utf-8")
        text = text.replace(f"https://localhost:{demo.port('https')}", f"https://localhost:{web}")
        text = text.replace('user = "checks"', f'user = "checks"\nhost = "127.0.0.1"\nport = {database}')
        text += "\n[redis]\n" + "".join(
            f'{name} = "redis://127.0.0.1:{redis}"\n' for name in ("cache", "queue")
        )
        settings.write_text(text, encoding="utf-8")
        outcome = run_pytest(ROOT, "checks", "--settings", str(settings), "--collect-only", "-q")
        assert outcome.status == 0
        assert "test_disk_usage[critical]" in outcome.text
        assert asked == []
        for name in ("site_answers", "database_answers", "redis_queue_answers"):
            count = len(asked)
            run_pytest(ROOT, "checks", "--settings", str(settings), "-k", name)
            assert len(asked) > count


def test_the_list_of_checks(run_checks):
    outcome = run_checks("checks", "--list-checks")
    assert outcome.status == 0
    assert "disk_usage " in outcome.text
    assert "runbook/disk_usage.md" in outcome.text
    assert outcome.document == {}


@pytest.mark.parametrize("fault", ["web_hangs", "db_hangs", "redis_queue_hangs"])
def test_a_server_that_hangs_costs_one_timeout(demo, tmp_path, fault):
    """A run takes that and its start-up, not a multiple; long enough that a slow start-up does not look like one."""
    settings = tmp_path / "checks.toml"
    with demo.broken(fault):
        text = demo.settings.read_text(encoding="utf-8")
        settings.write_text(f"{TIMEOUTS.sub('', text)}\n[timeouts]\nconnect = 8\nread = 8\nstatement = 8\n")
        outcome = run_pytest(ROOT, "checks", "--settings", str(settings))
    assert 8 <= outcome.document["duration"] < 3 * 8
    assert outcome.document["summary"]["total"] == outcome.document["summary"]["collected"]


def test_wide_output_fits_80_columns(demo, run_checks):
    with demo.broken("db_down"):
        text = run_checks().text
    assert widest(text) <= 80


def test_no_colour_where_there_is_no_terminal(demo, run_checks):
    with demo.broken("error_burst"):
        assert "\x1b[" not in run_checks().text
        assert "\x1b[" not in run_checks("checks", env={"FORCE_COLOR": "", "NO_COLOR": "1"}).text


def test_a_bench_without_a_settings_file_is_enough(demo):
    """What a bench's own config says: the demo's gunicorn address is not served, all else is found."""
    outcome = run_pytest(
        ROOT, "checks", "-k", "sepa or backup or redis or scheduler", env={"CHECKS_BENCH": str(demo.bench)}
    )
    assert outcome.checks("failed") == outcome.checks("error") == set()
    assert "sepa_failed_batches" in outcome.checks("passed")
    assert "backup_offsite_age_hours[warning]" in outcome.statuses()["skipped"]


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("maintenance", "maintenance_mode_off"),
        ("scheduler_paused", "scheduler_enabled"),
        ("web_error", "site_answers"),
        ("login_broken", "login_page_works"),
    ],
)
def test_the_fullest_traceback_tells_no_secret(demo, run_checks, fault, check):
    with demo.broken(fault):
        outcome = run_checks("checks", "-k", check, "--tb=long", "--showlocals", "-vv")
    assert outcome.status == 1
    assert "Traceback" in outcome.text or "def test_" in outcome.text
    told = outcome.text + str(outcome.document)
    assert "demo-only" not in told
    assert "SessionStopped: Session Stopped" not in told  # what the page says
