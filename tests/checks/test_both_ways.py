"""Every check passes on the healthy demo site, fails for its fault, and is unknown when it cannot observe."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from demo.faults import FAULTS
from fixtures.declaration import SEVERITIES
from fixtures.session import check_ids
from tests.conftest import ROOT

PRIVATE = ("demo-only", "@voorbeeld.invalid", "Voorbeeld", "TEST000", "192.0.2.7")
"""The demo's passwords, users, names, accounts and addresses: none may leave it."""

CHECKS = set(check_ids(ROOT / "checks"))


def test_the_healthy_site_passes_every_check(run_checks):
    outcome = run_checks()
    assert outcome.status == 0, outcome.text
    assert set(outcome.statuses()) == {"passed"}
    assert outcome.checks("passed") == CHECKS


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_exactly_its_checks(demo, run_checks, name):
    """That the one before left nothing behind is proved by each next one, and by the last test."""
    with demo.broken(name):
        outcome = run_checks()
    assert outcome.checks("failed") == FAULTS[name].fails, outcome.text
    assert outcome.checks("error") == FAULTS[name].blocks, outcome.text
    assert outcome.status == 1
    told = outcome.text + json.dumps(outcome.document)
    assert [word for word in PRIVATE if word in told] == []
    every = CHECKS - FAULTS[name].fails - FAULTS[name].blocks
    assert outcome.checks("passed") >= every


def test_all_faults_are_healed(run_checks):
    outcome = run_checks()
    assert outcome.status == 0, outcome.text


def test_no_check_lacks_a_fault():
    assert {check for fault in FAULTS.values() for check in fault.fails} == CHECKS


def test_no_check_lacks_a_way_to_be_unknown():
    """Besides the deadline, which makes everything unknown, each has an outage of its own where one is possible."""
    own = {check for name, fault in FAULTS.items() if name != "no_time" for check in fault.blocks}
    assert FAULTS["no_time"].blocks == CHECKS
    assert CHECKS - own == {"dns_resolves"}


def test_every_check_has_a_page_with_first_steps():
    from reporters.runbook import first_step

    assert {check for check in CHECKS if not first_step(ROOT / "runbook" / f"{check}.md")} == set()
    pages = {path.stem for path in Path(ROOT / "runbook").glob("*.md")}
    assert pages - CHECKS <= {"index"}


def declared():
    """Check id -> what its function declares."""
    found = {}
    for path in sorted((ROOT / "checks").glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"index_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            for mark in getattr(function, "pytestmark", ()):
                found[name.removeprefix("test_")] = mark.kwargs["declared"]
    return found


def test_the_index_names_every_page_with_its_limits():
    text = (ROOT / "runbook" / "index.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (.+?) \|", text, re.M))
    assert set(rows) == CHECKS
    for name, one in declared().items():
        if one.severity:
            assert (name, rows[name]) == (name, f"= {one.severity}")
            continue
        limits = rows[name].removeprefix("< ").split()[0].split("/")
        told = {level: float(limit) for level, limit in zip(SEVERITIES, limits, strict=True) if limit != "-"}
        assert (name, told) == (name, dict(one.limits))
        assert rows[name].startswith("< ") is one.at_least


def test_dependencies_are_checks_and_have_no_cycle(run_checks):
    outcome = run_checks("checks", "-k", "smoke or not smoke")
    follows = {}
    for test in outcome.document["tests"]:
        told = {key: value for pair in test["user_properties"] for key, value in pair.items()}
        follows[told["check"]] = set(told["depends_on"])
    assert {name for names in follows.values() for name in names} <= CHECKS
    settled: set[str] = set()
    while ready := {check for check, names in follows.items() if check not in settled and names <= settled}:
        settled |= ready
    assert settled == CHECKS
