"""The rules are those of the checks, and fire when they should and only then."""

from __future__ import annotations

import pytest
import yaml

from pushgateway import rules, suite
from reporters import metrics
from tests.pushgateway.cases import CASES
from tests.pushgateway.promtool import ALL, FIRING, PUSHED, RUN, firing, item, run, tool


def test_the_file_is_that_of_the_checks():
    assert rules.RULES.read_text(encoding="utf-8") == rules.render(), "run `make generate`"


def test_every_item_has_one_alert():
    found = [one for group in rules.document()["groups"] for one in group["rules"] if "alert" in one]
    items = [(one["labels"]["check"], one["labels"]["severity"]) for one in found if one["alert"].islower()]
    wanted = [(name, level) for name, one in rules.declared().items() for level in rules.severities(one)]
    assert items == wanted
    assert all(
        one["annotations"].keys() >= {"summary", "description", "first_step", "runbook_url"} for one in found
    )
    assert all(one["labels"].get("severity") for one in found)


def test_pages_can_be_a_whole_address():
    text = rules.render("https://docs.example.nl/runbook")
    assert "runbook_url: https://docs.example.nl/runbook/error_rate.md" in text
    assert "runbook_url: runbook/" not in text


def test_a_dependency_is_found_by_every_step_of_its_way():
    assert rules.causes("login_page_seconds") == (
        "login_page_works",
        "redis_cache_answers",
        "site_answers",
        "dns_resolves",
        "maintenance_mode_off",
    )
    found = {
        one["alert"]: one["labels"]["depends_on"]
        for one in rules.document()["groups"][0]["rules"]
        if one.get("labels", {}).get("check") == "login_page_seconds"
    }
    assert found == {
        "login_page_seconds": ",login_page_works,redis_cache_answers,",
        "CheckUnknown": ",login_page_works,redis_cache_answers,site_answers,dns_resolves,maintenance_mode_off,",
    }


def test_promtool_has_nothing_to_say():
    assert "duplicate" not in tool("promtool", "check", "rules", str(rules.RULES))
    tool("promtool", "check", "config", "prometheus.yml", cwd=rules.FOLDER)
    tool("promtool", "check", "config", str(rules.FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("name", CASES)
def test_an_alert(name, tmp_path):
    given, moments = CASES[name]
    inputs = {one: text for one, text in (ALL | given).items() if text}
    run(tmp_path, inputs, [(minute, FIRING, firing(names)) for minute, names in moments.items()])


def test_a_daily_check_is_stale_and_one_never_passed(tmp_path):
    inputs = {
        **dict.fromkeys((RUN, PUSHED), "now*1560"),
        item("amendments_overdue", name=metrics.OBSERVED): "0*1560",
        item(name=metrics.LAST_SUCCESS): "0*1450 87000*9",
    }
    moments = {
        1439: [],
        1440: ["NeverSucceeded info"],
        1450: [],
        1455: [],
        1456: ["CheckStale warning"],
    }
    expected = [(minute, FIRING, firing(names)) for minute, names in moments.items()]
    run(tmp_path, inputs, expected, groups=["runs"])


ANSWERS = "site_answers critical"
BURNS = {
    "one run burns nothing": ("1*60 0*5 1*60", {64: [ANSWERS], 65: [], 70: []}),
    "three runs in an hour do": (
        "1*60 0*15 1*60",
        {70: [ANSWERS, "ErrorBudgetBurn critical"], 76: ["ErrorBudgetBurn critical"], 81: []},
    ),
    "many short ones do, in six hours": (
        "1*60 0*5 1*60 0*5 1*60 0*5 1*60 0*8 1*100",
        {254: [], 263: ["ErrorBudgetBurn high"], 293: []},
    ),
}


@pytest.mark.parametrize("name", BURNS)
def test_the_budget(name, tmp_path):
    text, moments = BURNS[name]
    inputs = {**dict.fromkeys((RUN, PUSHED), "now*300"), item("site_answers"): text}
    run(tmp_path, inputs, [(minute, FIRING, firing(names)) for minute, names in moments.items()])


def test_availability_counts_only_while_runs_come(tmp_path):
    inputs = {
        RUN: "now*40 2340*60",
        item(severity="info"): "1*30 0*10 stale _*4 0*55",
        item(severity="info", name=metrics.UNKNOWN): "0*40 1*5 0*55",
    }
    base = "site_check_severity:verenigingen_check"
    labels = '{site="a",check="error_rate",severity="info",group="errors"}'

    def sample(series_, value):
        return [{"labels": series_ + labels, "value": value}]

    name = f"{base}_success:avg1h"
    # 30 minutes ok, 10 failing, 5 unknown, 9 failing until the last run is 15 minutes old; then nothing
    run(
        tmp_path,
        inputs,
        [
            (29, name, sample(name, 1)),
            (39, name, sample(name, 0.75)),
            (44, f"{base}_unknown:avg1h", sample(f"{base}_unknown:avg1h", 5 / 45)),
            (53, name, sample(name, 30 / 49)),
            (59, name, sample(name, 30 / 49)),
            (59, f"{base}_success:fresh", []),
        ],
    )


def test_an_alert_says_value_and_limit(tmp_path):
    alerts = yaml.safe_load(rules.RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    notes = next(
        one["annotations"]
        for one in alerts
        if one.get("alert") == "error_rate" and one["labels"]["severity"] == "critical"
    )
    inputs = {
        RUN: "now*20",
        item(): "0*5 stale _*4",
        item(name=metrics.UNKNOWN): "0*5 1*5",
        item(name=metrics.VALUE): "73*5 stale _*4",
        item(name=metrics.LIMIT): "50*20",
        item(name=metrics.VALUE, site="b"): "1*20",
    }
    labels = {"site": "a", "check": "error_rate", "severity": "critical", "group": "errors"}
    labels["depends_on"] = ",database_answers,"

    def fires(minute, words):
        told = {"exp_labels": labels, "exp_annotations": notes | {"description": words}}
        return {"eval_time": f"{minute}m", "alertname": "error_rate", "exp_alerts": [told]}

    run(
        tmp_path,
        inputs,
        annotated=[
            fires(2, "73 errors found. Allowed: at most 50 errors."),
            fires(9, "It cannot be observed now; it failed when it last was. Allowed: at most 50 errors."),
        ],
    )


def test_the_periods_are_those_of_the_checks():
    assert {one.every for one in rules.declared().values()} <= suite.PERIODS.keys()
