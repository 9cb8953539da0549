"""Every check passes on the healthy demo site, fails for its fault, and is unknown when it cannot observe."""

import json

import pytest

from demo.faults import FAULTS, ROWS
from fixtures.session import check_ids
from tests.checks.rowwise import CHECKS as READ_BY_SQL
from tests.checks.rowwise import judged
from tests.conftest import ROOT

PRIVATE = ("demo-only", "@voorbeeld.invalid", "Voorbeeld", "TEST000", "192.0.2.7")
"""The demo's passwords, users, names, accounts and addresses: none may leave it."""

CHECKS = set(check_ids(ROOT / "checks"))
JOURNEYS = {name for name in CHECKS if name.startswith("journey_")}
WALKED = ("journey_login_broken", "journey_form_broken", "web_down", "login_broken", "no_time")
"""Faults for which a browser is started; each is some seconds, and the others tell it nothing more."""

BY_PYTEST = (
    "sepa_batch_failed",
    "invoice_in_two_batches",
    "mandate_iban_impossible",
    "log_ins_stopped",
    "login_attack",
    "members_gone",
    "deferred_errors",
)
"""Faults in rows that go through a whole run as well; the others are judged within this process."""

WHOLE = [name for name in FAULTS if name not in ROWS or name in BY_PYTEST]


@pytest.mark.usefixtures("browsing")
def test_the_healthy_site_passes_every_check(run_checks):
    """But for what this machine has not, swap space, and what Verenigingen 0.9.0 cannot do: mark a batch as sent."""
    outcome = run_checks()
    assert outcome.status == 0, outcome.text
    assert outcome.checks("passed") | {"swap_used_percent", "sepa_batches_due_unsent"} == CHECKS
    assert outcome.checks("skipped") <= {"swap_used_percent", "sepa_batches_due_unsent"}
    assert set(outcome.statuses()) <= {"passed", "skipped"}


@pytest.mark.parametrize("name", WHOLE)
def test_a_fault_fails_exactly_its_checks(demo, run_checks, name, request):
    """That the one before left nothing behind is proved by each next one, and by the last test."""
    fails, blocks = FAULTS[name].fails, FAULTS[name].blocks
    if name in WALKED:
        request.getfixturevalue("browsing")
    else:
        fails, blocks = fails - JOURNEYS, blocks - JOURNEYS
    with demo.broken(name):
        outcome = run_checks()
    assert outcome.checks("failed") == fails, outcome.text
    # Without swap space that check does not even apply, whatever else goes wrong.
    assert outcome.checks("error") | outcome.checks("skipped") & blocks == blocks, outcome.text
    assert outcome.status == (1 if fails or blocks else 0)
    told = outcome.text + json.dumps(outcome.document)
    assert [word for word in PRIVATE if word in told] == []
    every = CHECKS - fails - blocks - outcome.checks("skipped")
    assert outcome.checks("passed") >= every


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_in_rows_fails_exactly_its_checks(demo, name):
    """Judged by the checks' own functions on what the real probes saw, without starting pytest each time."""
    with demo.broken(name):
        failing, unknown = judged(demo)
    assert (failing, unknown) == (ROWS[name].fails & set(READ_BY_SQL), set())


def test_rows_that_are_read_by_other_probes_fail_in_a_whole_run():
    """What the test above does not look at is looked at by the one before."""
    other = {name for name, fault in ROWS.items() if not fault.fails <= set(READ_BY_SQL)}
    assert other <= set(WHOLE)


def test_an_app_that_is_not_installed_does_not_apply(demo, run_checks):
    with demo.broken("app_not_installed"):
        outcome = run_checks("checks", "-k", "mollie_failures_1h")
    assert outcome.checks("skipped") == {"mollie_failures_1h"}
    assert "this site has no DocType Mollie Audit Log" in outcome.text


def test_all_faults_are_healed(run_checks):
    outcome = run_checks()
    assert outcome.status == 0, outcome.text


def test_no_check_lacks_a_fault():
    assert {check for fault in FAULTS.values() for check in fault.fails} == CHECKS


def test_each_fault_of_a_journey_is_walked():
    assert {check for name in WALKED for check in FAULTS[name].fails & JOURNEYS} == JOURNEYS


def test_no_check_lacks_a_way_to_be_unknown():
    """Besides the deadline, which makes everything unknown, each has an outage of its own where one is possible."""
    own = {check for name, fault in FAULTS.items() if name != "no_time" for check in fault.blocks}
    assert FAULTS["no_time"].blocks == CHECKS
    assert CHECKS - own == {"dns_resolves", "site_config_readable"}


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
