"""Each part of the benchmarks measures what it says: once, on tiny inputs, with the demo's real servers."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import (
    checks,
    growing,
    history,
    latency,
    layers,
    peer_exporters,
    peers,
    questions,
    sites,
    size,
    statements,
    workers,
)
from bench.commands import ROOT, bare, checks_on, items, measured, side_by_side
from demo.site import NAME
from reporters.packed import unpacked

PEERS = pytest.mark.skipif(
    not (questions.PLUGINS / "check_mysql_query").exists() or not peer_exporters.SQL.exists(),
    reason="the peers are not installed: monitoring-plugins-standard prometheus-sql-exporter prometheus-blackbox-exporter",
)


def test_bare_pytest_runs_so_many_tests(tmp_path):
    found = side_by_side({"bare": bare(tmp_path / "bare", 7)}, rounds=1)["bare"]
    assert 0.05 < found.cpu < 30
    assert 10 < found.memory < 200
    assert "range(7)" in (tmp_path / "bare" / "test_empty.py").read_text()


def test_a_command_that_does_not_judge_is_no_measurement(tmp_path):
    with pytest.raises(SystemExit, match="ended with 4"):
        checks_on(tmp_path / "missing.toml")()


def test_a_delay_reaches_every_kind_of_server(demo, tmp_path):
    record = tmp_path / "record.json"
    names = "test_redis_cache_answers or test_redis_queue_answers or test_login_page_works or test_error_rate_percent"
    with ExitStack() as stack:
        settings = latency.slowed(demo, stack, 0.1, tmp_path / "slow.toml")
        slow = checks_on(settings, "checks", "-k", names, f"--json-report-file={record}")()
    assert {*latency.outcomes(record)} == {"passed"}
    assert slow.wall > 0.4  # a round trip to connect, one to log in, one to ask


def test_layers_add_up_to_the_whole(demo, tmp_path):
    found = layers.layered(tmp_path, ROOT, "checks", "--settings", str(demo.settings))()
    parts = ("start", "plugins", "collecting", "observing", "judging", "telling", "end")
    assert sum(found[name] for name in parts) == pytest.approx(found["all"])
    assert all(found[name] > 0 for name in (*parts, "sql", "http", "redis", "host", "libraries"))
    inside = ("sql", "http", "redis", "host", "libraries", "threads")
    assert sum(found[name] for name in inside) == pytest.approx(found["observing"])


def test_one_more_site_of_a_shard(demo, tmp_path):
    settings = sites.many(demo, tmp_path, 2)
    found = layers.shard(tmp_path, settings, 2)()
    assert found["observing"] > 0
    answer = unpacked((tmp_path / "shard-2" / "answer").read_bytes(), {})
    assert {one.site for one in answer.results} == {"site0000.test", "site0001.test"}
    assert len(answer.results) == 2 * items(demo.settings)


def test_a_profile_names_pytest_and_the_suite(demo, tmp_path):
    profile = tmp_path / "profile"
    command = ("checks/test_redis.py", "--settings", str(demo.settings))

    def shares() -> dict[str, float]:
        layers.layered(tmp_path, ROOT, *command, profile=profile)()
        return layers.by_package(profile)

    found = shares()
    assert sum(found.values()) == pytest.approx(1)
    assert "fixtures/" in found
    # Where a busy machine stops the process for a while, that while counts for the function it was in.
    assert any(one["pytest"] > 0.2 for one in (found, *(shares() for _ in range(5))))


def test_many_sites_are_one_run(demo, tmp_path):
    settings = sites.many(demo, tmp_path, 3)
    assert items(settings, "checks/test_redis.py") == 3 * items(demo.settings, "checks/test_redis.py")
    assert checks_on(settings, "checks/test_redis.py", "--fleet", "local")().wall > 0


def test_a_fleet_of_two_workers(tmp_path):
    (one,) = workers.by_workers(tmp_path, (2,), shards=2)
    assert 0.9 < one.seconds < 600
    assert one.wire > 0


def test_rows_grow_under_other_names(demo):
    tables = ("Member", "Sales Invoice", "Error Log", "Activity Log", "Singles")
    with demo.root() as cursor:
        cursor.execute("CREATE DATABASE small")
        try:
            for name in tables:
                cursor.execute(f"CREATE TABLE small.`tab{name}` LIKE `{NAME}`.`tab{name}`")
                cursor.execute(f"INSERT INTO small.`tab{name}` SELECT * FROM `{NAME}`.`tab{name}` LIMIT 5")
            cursor.execute("USE small")
            errors, growing.ERRORS = growing.ERRORS, 10
            growing.grow(cursor, 1, 2)
            growing.grow(cursor, 2, 6)
            growing.ERRORS = errors
            assert growing.counted(cursor) == {
                "Member": 30,
                "Sales Invoice": 75,  # 2 x 2.3 is 5 times, then 3
                "Activity Log": 45,
                "Error Log": 65,
            }
            cursor.execute("SELECT COUNT(*) FROM tabSingles")
            assert cursor.fetchone() == (5,)
        finally:
            cursor.execute("DROP DATABASE small")
            cursor.execute(f"USE `{NAME}`")


def test_a_run_is_told_from_the_seconds_of_the_database(demo, monkeypatch):
    monkeypatch.setattr(size, "ROUND_COUNT", 1)
    with demo.root() as cursor:
        cursor.execute("SET GLOBAL userstat = 1")
        try:
            every, each = size.asked(demo, cursor, 1)
        finally:
            cursor.execute("SET GLOBAL userstat = 0")
    assert every.read > 100_000 > each.read > 0
    assert every.busy > each.busy > 0
    assert "[timeouts]" not in (demo.folder / "usual.toml").read_text()


def test_each_statement_is_timed_and_explained(demo, monkeypatch):
    monkeypatch.setattr(statements, "RUNS", 1)
    monkeypatch.setattr(statements, "LARGE_ROWS", 1000)
    with demo.root() as cursor:
        found = [*statements.measured(cursor, "Europe/Amsterdam")]
    assert len(found) > 100
    assert any(one.scans for one in found)
    assert all(one.milliseconds > 0 for one in found)


def test_each_peer_is_asked_the_same(demo, tmp_path):
    asked = questions.questions(demo)
    lines = [*questions.plugin_lines(demo, asked)]
    assert len(lines) == len(asked.checks) > 90
    assert items(demo.settings, "checks", "-k", " or ".join(asked.checks)) >= len(asked.checks)


@PEERS
def test_the_peers_get_their_answers(demo, tmp_path):
    asked = questions.questions(demo)
    short = questions.Questions(dict([*asked.sql.items()][:5]), asked.pages, asked.ports)
    sequence, parallel = peers.plugins([*questions.plugin_lines(demo, short)], tmp_path)
    assert 0 < sequence().memory < 100
    assert parallel().wall > 0
    with peer_exporters.exporters(demo, short, tmp_path / "exporters") as rounds:
        assert rounds(2).memory > 5


def test_a_generated_suite_runs(demo, tmp_path):
    made = checks.generated(tmp_path, 3)
    settings = tmp_path / "checks.toml"
    settings.write_text(demo.settings.read_text().partition("[checks.")[0])
    command = ["--settings", str(settings), "--json-report-file=record.json"]
    measured(checks.pytest_on("checks", *command), made)
    assert latency.outcomes(made / "record.json") == ["passed"] * 3


def test_a_history_is_filled(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(history, "EACH", 4 * 3600)
    connection = history.opened(tmp_path / "history.sqlite")
    begun = time.monotonic()
    wrote, tidied = history.fill(connection, 1)
    connection.close()
    assert len(wrote) == len(tidied) == 6
    assert 0 < sum(wrote) + sum(tidied) < time.monotonic() - begun
