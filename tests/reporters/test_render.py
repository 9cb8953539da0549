"""What is told: terminal lines, health.json, Prometheus text."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fixtures.schema import Document
from reporters import health, metrics, terminal
from reporters.metrics import Carried
from reporters.runbook import first_step
from tests.reporters.test_run import result, run

DOWN = run(
    result(
        "db",
        "failing",
        "critical",
        reason="connection refused",
        evidence={"server": "h:1"},
        runbook="runbook/db.md",
        observed_at=900.0,
    ),
    result("sql", "unknown", "high", depends_on=["db"], limit=3.0),
    result("late", "failing", "high", depends_on=["db"], value=7.25, limit=5.0, direction="<=", unit="s"),
    result(
        "errors",
        "failing",
        "warning",
        value=73,
        limit=50.0,
        direction="<=",
        unit="errors",
        observed_at=990.0,
        metric="verenigingen_errors_24h",
        summary="Errors.",
    ),
    result("errors", "ok", "high", value=73, limit=200.0, direction="<=", unit="errors"),
    result("fine"),
)


def text(lines):
    return "\n".join(line for line, _ in lines)


def test_the_summary_tells_each_root_cause_once(tmp_path):
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook/db.md").write_text(
        "# db\nWhat.\n\n## First steps\n1. `systemctl status mariadb`\n2. Then.\n"
    )
    told = text(
        terminal.summary(
            DOWN,
            {("one", "db", "critical", "failing"): 800.0, ("one", "errors", "warning", "ok"): 1.0},
            tmp_path,
        )
    )
    assert told == (
        "CRITICAL db since 1970-01-01 00:13\n"
        "  reason   connection refused\n"
        "  evidence server h:1\n"
        "  fails    late\n"
        "  blocks   sql\n"
        "  first    `systemctl status mariadb`\n"
        "  runbook  runbook/db.md\n"
        "\n"
        "WARNING  errors\n"
        "  value    73 errors, at most 50 errors is allowed\n"
        "  runbook  \n"
        "\n"
        "5 checks on one: 1 ok, 3 failing, 1 blocked; 1.0 s"
    )


def test_lines_fit_80_columns(tmp_path):
    long = run(result("a", "failing", "high", reason="word " * 60, evidence={"query": "x " * 80}))
    assert max(len(line) for line, _ in terminal.summary(long, {}, tmp_path)) <= 80


def test_one_check_shows_value_limits_and_headroom():
    errors = [one for one in DOWN.results if one.check == "errors"]
    told = text(terminal.detail(errors, {}))
    assert "  value    73 errors\n" in told
    assert "warning  failing: at most 50 errors is allowed, 23 beyond" in told
    assert "high     ok: at most 200 errors is allowed, 127 left" in told


def test_health_shows_unknown_as_unknown_and_nothing_private():
    told = health.render(DOWN)
    assert told["status"] == "unhealthy"
    assert told["checks"]["sql"]["status"] == "blocked"
    assert told["checks"]["sql"]["blocked_by"] == "db"
    assert told["timestamp"] == "1970-01-01T00:16:41Z"
    assert "refused" not in json.dumps(told)


def test_health_is_degraded_for_warnings_unknowns_and_nothing_judged():
    for results, status in (
        ([result("a")], "healthy"),
        ([result("a"), result("b", "skipped")], "healthy"),
        ([result("a", "failing", "warning")], "degraded"),
        ([result("a", "unknown", "critical")], "degraded"),
        ([result("a", "failing", "high")], "unhealthy"),
        ([result("b", "skipped")], "degraded"),
        ([], "degraded"),
    ):
        assert health.status(run(*results).worst()) == status


def test_metrics_leave_out_success_while_unknown_and_name_the_figures():
    carried = Carried({("one", "late", "high"): 500.0}, 100.0, {"pushgateway": 2})
    text = b"".join(metrics.render(DOWN, carried)).decode()
    late = 'check="late",group="g",severity="high",site="one",suite="full"'
    assert 'verenigingen_check_success{check="sql"' not in text
    assert 'check_unknown{check="sql",group="g",severity="high",site="one",suite="full"} 1.0' in text
    assert f"verenigingen_check_success{{{late}}} 0.0" in text
    assert f"verenigingen_check_last_success_timestamp_seconds{{{late}}} 500.0" in text
    assert 'verenigingen_errors_24h{site="one",suite="full"} 73.0' in text
    assert 'verenigingen_run_checks{site="one",status="blocked",suite="full"} 1.0' in text
    assert 'verenigingen_reporter_failures{reporter="pushgateway",site="one",suite="full"} 2.0' in text
    assert 'verenigingen_run_last_complete_timestamp_seconds{site="one",suite="full"} 1001.0' in text


def test_metrics_tell_each_items_own_figures_where_it_has_some():
    seen = result("late", "failing", "high", value=7.25, limit=5.0, duration=0.5, observed_at=900.0)
    text = b"".join(metrics.render(run(seen, result("bare", value=None)), Carried())).decode()
    late = '{check="late",group="g",severity="high",site="one",suite="full"}'
    for name, value in (("value", 7.25), ("limit", 5.0), ("duration_seconds", 0.5)):
        assert f"verenigingen_check_{name}{late} {value}\n" in text
    assert 'verenigingen_check_value{check="bare"' not in text
    assert 'verenigingen_check_limit{check="bare"' not in text


def test_a_figure_is_left_out_of_the_sites_that_did_not_see_it():
    seen = result("errors", value=3, metric="verenigingen_errors_24h", summary="Errors.")
    unseen = elsewhere(result("errors", "unknown", metric="verenigingen_errors_24h"))
    text = b"".join(metrics.render(run(unseen, seen), Carried())).decode()
    assert [line for line in text.splitlines() if line.startswith("verenigingen_errors_24h")] == [
        'verenigingen_errors_24h{site="one",suite="full"} 3.0'
    ]


def test_a_run_cut_short_has_its_own_gauges_alone():
    text = generate_latest(
        metrics.registry(replace(DOWN, complete=False), Carried(last_complete=7.0), items=False)
    ).decode()
    assert "verenigingen_check" not in text
    assert 'verenigingen_run_complete{site="one",suite="full"} 0.0' in text
    assert 'verenigingen_run_last_complete_timestamp_seconds{site="one",suite="full"} 7.0' in text


def test_names_and_types_of_metrics_are_frozen():
    """A Pushgateway refuses a name whose type changes: a change here is a decision."""
    text = b"".join(metrics.render(DOWN, Carried())).decode()
    types = {line.split()[2]: line.split()[3] for line in text.splitlines() if line.startswith("# TYPE")}
    assert types == dict.fromkeys(
        [*metrics.ITEM_GAUGES, *metrics.RUN_GAUGES, "verenigingen_errors_24h"], "gauge"
    )
    assert set(metrics.ITEM_GAUGES) | set(metrics.RUN_GAUGES) == {
        "verenigingen_check_success",
        "verenigingen_check_unknown",
        "verenigingen_check_value",
        "verenigingen_check_limit",
        "verenigingen_check_duration_seconds",
        "verenigingen_check_timestamp_seconds",
        "verenigingen_check_last_success_timestamp_seconds",
        "verenigingen_run_duration_seconds",
        "verenigingen_run_timestamp_seconds",
        "verenigingen_run_complete",
        "verenigingen_run_last_complete_timestamp_seconds",
        "verenigingen_run_checks",
        "verenigingen_run_judged_items",
        "verenigingen_reporter_failures",
    }


def test_a_page_without_first_steps_gives_none(tmp_path):
    page = tmp_path / "x.md"
    page.write_text("# x\n")
    assert first_step(page) is None
    assert first_step(Path("/nowhere.md")) is None


def elsewhere(one):
    return replace(one, site="two")


def test_health_has_ages_as_of_its_timestamp():
    old = result("old", observed_at=400.4)
    early = result("early", observed_at=1001.5)  # a clock that is set back must not give an age below 0
    told = health.render(run(old, early, result("never"), result("off", "skipped", observed_at=1.0)))
    assert told["format"] == 1
    assert set(told["checks"]) == {"old", "early", "never"}
    assert told["checks"]["old"]["age_seconds"] == 601
    assert told["checks"]["old"]["observed_at"] == "1970-01-01T00:06:40Z"
    assert told["checks"]["early"]["age_seconds"] == 0
    assert told["checks"]["never"]["age_seconds"] is None
    assert told["checks"]["never"]["observed_at"] is None
    assert told["oldest_age_seconds"] == 601
    assert told["run"]["duration_seconds"] == 1.0
    assert health.render(run(duration=1.23456))["run"]["duration_seconds"] == 1.235


def test_health_of_two_sites_names_them():
    told = health.render(run(result("a"), elsewhere(result("a", "unknown"))))
    assert {name: one["status"] for name, one in told["checks"].items()} == {
        "one/a": "ok",
        "two/a": "unknown",
    }
    assert set(health.render(run(result("a")))["checks"]) == {"a"}


def test_files_are_those_of_full_runs(tmp_path):
    for reporter, name in ((health, "health.json"), (metrics, "metrics.prom")):
        for number, change in enumerate(({"complete": False}, {"suite": "smoke"}, {})):
            public = tmp_path / name / str(number)
            public.parent.mkdir(exist_ok=True)
            made = replace(DOWN, **change)
            reporter.report(SimpleNamespace(run=made, public=public, carried=Carried(), settings=Document()))
            assert (public / name).exists() is (not change)
    assert json.loads((tmp_path / "health.json/2/health.json").read_text()) == health.render(DOWN)
    assert (tmp_path / "metrics.prom/2/metrics.prom").read_bytes() == b"".join(
        metrics.render(DOWN, Carried())
    )


def test_metrics_are_of_the_sites_that_are_asked_for_and_of_what_was_judged():
    made = run(
        result("a", observed_at=1000.0),
        result("b", observed_at=999.0),
        result("c", "skipped", observed_at=1000.5),
        result("d", "failing", observed_at=1000.2),
        elsewhere(result("a", "unknown", observed_at=1000.5)),
    )
    text = generate_latest(metrics.registry(made.by_site()["one"], Carried())).decode()
    assert 'site="two"' not in text
    assert 'check="c"' not in text
    assert 'verenigingen_run_judged_items{site="one",suite="full"} 2.0' in text
    labels = 'check="b",group="g",severity="warning",site="one",suite="full"'
    assert f"verenigingen_check_timestamp_seconds{{{labels}}} 999.0" in text
    assert f"verenigingen_check_last_success_timestamp_seconds{{{labels}}} 0.0" in text
    assert (
        'verenigingen_check_timestamp_seconds{check="fine"'
        not in b"".join(metrics.render(DOWN, Carried())).decode()
    )
    never = b"".join(metrics.render(replace(made, complete=False), Carried())).decode()
    assert 'verenigingen_run_last_complete_timestamp_seconds{site="two",suite="full"} 0.0' in never


def figures(site, *, value=1.0, metric="verenigingen_errors_24h"):
    """A figure at two severities, one that was left out, one that was not seen, and one without a name."""
    told = {"value": value, "metric": metric, "summary": f"About {metric}."}
    found = (
        result("a", **told),
        result("a", severity="critical", **told),
        result("b", "skipped", value=5.0, metric="verenigingen_left_out"),
        result("c", "unknown", metric="verenigingen_not_seen"),
        result("d", value=7.0),
    )
    return [replace(one, site=site) for one in found]


@pytest.mark.parametrize("piece", [1, 2, 5, 20])
def test_many_sites_are_written_piece_by_piece_and_make_the_same_text(monkeypatch, piece):
    monkeypatch.setattr(metrics, "PIECE_SITES", piece)
    found = [one for n in range(5) for one in figures(f"s{n}", value=float(n))]
    found += figures("last", metric="verenigingen_users")
    made = run(*found)
    pieces = [*metrics.render(made, Carried())]
    text = b"".join(pieces).decode()
    assert text == generate_latest(metrics.registry(made, Carried())).decode()
    assert len(pieces) == -(-6 // piece) * (len(metrics.RUN_GAUGES) + len(metrics.ITEM_GAUGES) + 2)
    families = {one.name: one for one in text_string_to_metric_families(text)}
    assert [*families] == [
        *metrics.RUN_GAUGES,
        *metrics.ITEM_GAUGES,
        "verenigingen_errors_24h",
        "verenigingen_users",
    ]
    own = families["verenigingen_errors_24h"]
    assert own.documentation == "About verenigingen_errors_24h."
    assert [(one.labels["site"], one.value) for one in own.samples] == [(f"s{n}", float(n)) for n in range(5)]
    assert [one.labels["site"] for one in families["verenigingen_users"].samples] == ["last"]
