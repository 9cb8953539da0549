"""Zabbix' template: what it asks for is in the health document, and what it makes of it is right."""

import json
import re
import shutil
import subprocess
from uuid import UUID

import pytest
import yaml

from reporters import health
from reporters.run import from_document
from tests.conftest import ROOT

TEMPLATE = yaml.safe_load((ROOT / "deploy" / "zabbix-template.yaml").read_text(encoding="utf-8"))[
    "zabbix_export"
]
ONE = TEMPLATE["templates"][0]
RULE = ONE["discovery_rules"][0]
STEPS = {one["key"]: one.get("preprocessing", []) for one in (*ONE["items"], RULE, *RULE["item_prototypes"])}
TEXT = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document():
    """Of a run in which something fails, is blocked and is unknown."""
    facts = {"site": "s", "group": "g", "unit": "things", "runbook": "runbook/x.md", "observed_at": 1.0}
    tests = [
        {"nodeid": f"checks/test_g.py::test_{check}", "outcome": outcome,
         "user_properties": [{"check": check, "severity": severity, "value": value, "depends_on": after, **facts}]}
        for check, outcome, severity, value, after in (
            ("fine", "passed", "critical", 2.5, []),
            ("bad_info", "failed", "info", 1, []),
            ("bad_critical", "failed", "critical", 9, []),
            ("blocked", "error", "high", None, ["bad_critical"]),
            ("unseen", "error", "high", None, []),
        )
    ]  # fmt: skip
    told = {
        "format": 1,
        "id": "r",
        "started": 1e9,
        "selected": 5,
        "whole": True,
        "suite": "full",
        "complete": True,
    }
    return health.render(
        from_document({"verenigingen_checks": told, "duration": 1.0, "exitcode": 1, "tests": tests})
    )


def everything(part):
    """Each table of the template."""
    if isinstance(part, dict):
        yield part
        part = part.values()
    if not isinstance(part, str | int | float | bool):
        for one in part:
            yield from everything(one)


def test_ids_are_those_that_zabbix_takes():
    found = [one["uuid"] for one in everything(TEMPLATE) if "uuid" in one]
    assert len(found) == len(set(found)) > 15
    assert all(UUID(one).version == 4 and UUID(one).hex == one for one in found)


def test_all_items_come_from_the_one_document_and_triggers_from_items():
    keys = [*STEPS]
    assert len(keys) == len(set(keys))
    for one in everything(TEMPLATE):
        if "master_item" in one:
            assert one["master_item"]["key"] == "checks.health"
            assert one["delay"] == "0"
    named = [
        key
        for one in everything(TEMPLATE)
        for key in re.findall(r"/([\w.]+(?:\[.*?\])?)[,)]", str(one.get("expression", "")))
    ]
    assert named
    assert set(named) <= set(keys)


def test_the_page_names_the_items():
    for key in STEPS:
        said = re.sub(r"\[(?:\{#CHECK\}|ok|failing|unknown|blocked)\]", "[", key).partition("[")[0]
        assert key in ("checks.health", "checks.discovery") or f"`{said}" in TEXT, key


def node(code, value):
    """What a step of JavaScript gives, or None where it throws."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    text = f"try {{ process.stdout.write(JSON.stringify((function (value) {{ {code} }})({json.dumps(value)}))) }} catch (e) {{}}"
    done = subprocess.run(["node", "-e", text], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout) if done.stdout else None


def found(key, document, check=""):
    """An item's value, by its steps."""
    value = json.dumps(document)
    for step in STEPS[key]:
        argument = step["parameters"][0]
        if step["type"] == "JSONPATH":
            value = json.loads(value)
            for name in re.findall(r"\.(\w+)|\['(.+?)'\]", argument.replace("{#CHECK}", check)):
                value = value[name[0] or name[1]]
            value = value if isinstance(value, str) else json.dumps(value)
        elif step["type"] == "JAVASCRIPT":
            value = node(argument, value)
    return value


def test_what_it_makes_of_a_document(document):
    assert found("checks.status", document) == "unhealthy"
    assert found("checks.age", document) > 1e8
    assert [found(f"checks.count[{one}]", document) for one in ("ok", "failing", "unknown", "blocked")] == [
        "1",
        "2",
        "1",
        "1",
    ]
    states = {name: found("checks.state[{#CHECK}]", document, name) for name in document["checks"]}
    assert states == {"fine": 0, "bad_info": 1, "bad_critical": 4, "blocked": 8, "unseen": 9}
    assert found("checks.value[{#CHECK}]", document, "fine") == 2.5
    assert found("checks.value[{#CHECK}]", document, "unseen") is None
    discovered = json.loads(found("checks.discovery", document))
    assert {one["{#CHECK}"] for one in discovered} == set(states)
    assert discovered[0] == {
        "{#CHECK}": discovered[0]["{#CHECK}"],
        "{#GROUP}": "g",
        "{#UNIT}": "things",
        "{#RUNBOOK}": "runbook/x.md",
    }
