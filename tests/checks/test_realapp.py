"""The checks on rows that the real app wrote: at each moment what is truly wrong is seen, and nothing else.

What is truly wrong is in ../shared/realapp/truth.md; each line here names why a check may fail there.
"""

from __future__ import annotations

import pytest

from tests.checks import realapp

MOMENTS = {one.name: one for one in realapp.moments()}

pytestmark = pytest.mark.skipif(not MOMENTS, reason="../shared/realapp, rows of the real app, is not at hand")

ONLY_SOME_TABLES = {"doctypes_have_tables"}
"""The rows are of 51 tables; DocType names all."""

HALF_APPROVED = {"memberships_of_pending_members"}
HALF_APPROVED_A_WEEK_AGO = HALF_APPROVED | {"applications_waiting_7d"}
NO_MANDATE = {"direct_debit_members_without_mandate"}
NOT_BILLED = {"dues_not_generated_in_time"}
LEFT_WITH_A_SCHEDULE = {"dues_of_inactive_members", "dues_blocked_by_ended_member"}
TERMINATION_NOT_EXECUTED = {"terminations_overdue"}
REJOINED_AND_STILL_TERMINATED = {"memberships_of_ended_members"}
LATER = HALF_APPROVED_A_WEEK_AGO | NO_MANDATE | LEFT_WITH_A_SCHEDULE | TERMINATION_NOT_EXECUTED
LATER |= REJOINED_AND_STILL_TERMINATED

WRONG: dict[str, set[str]] = {
    "01-fresh": {"mail_outgoing_account"},
    "02-set-up": HALF_APPROVED,
    "03-billed": HALF_APPROVED | NOT_BILLED,
    "05-draft-batch": HALF_APPROVED_A_WEEK_AGO | NOT_BILLED,
    "06-day-before-collection": HALF_APPROVED_A_WEEK_AGO | NO_MANDATE,
    "07-collection-day": HALF_APPROVED_A_WEEK_AGO | NO_MANDATE,
    "09-memberships-expired": LATER,
    "11-a-month-later": LATER
    | NOT_BILLED
    | {"dues_past_invoice_dates", "dues_oldest_past_invoice_days", "errors_of_money_code_26h"}
    | {"sepa_batches_past_date_uncollected"}  # the three forgotten drafts
    # Four weeks without billing or booking show in what is paid, in arrears and in the bank account.
    | {"invoices_paid_percent_30d", "members_overdue_percent", "bank_last_transaction_late_days"}
    # The app's own hourly alert job has failed since it has an alert to give.
    | {"scheduler_failing_jobs", "scheduler_jobs_always_failing"},
}
"""Moment -> the checks that must fail there."""

MAY = {"01-fresh": set(), "11-a-month-later": {"memberships_expired_but_active"}}
"""Moment -> a note of severity info that is true and calls nobody."""

SICK: dict[str, set[str]] = {
    "01-mandate-cancelled": {"sepa_batch_rows_without_active_mandate"},
    "04-invoice-in-two-batches": {"sepa_invoices_in_two_batches"},
    "07-terminated-in-batch": {
        "sepa_batch_rows_of_ended_members",
        "sepa_batch_rows_without_active_mandate",
        "dues_of_inactive_members",
    },
    "10-schedule-without-next-date": {"dues_without_next_invoice_date"},
    "12-collection-on-closing-day": {"sepa_batch_date_closing_day", "sepa_batches_wrong_sequence_type"},
    "15-suspended": set(),  # only a note in his record tells: not observable
    "18-draft-two-days-before": {"sepa_batches_due_without_file"},
    "22-forgotten-app-drafts": set(),  # nothing added to its base
}
"""Sick moment -> what fails besides what fails at its base."""


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    with realapp.Life(tmp_path_factory.mktemp("life")) as life:
        yield life


@pytest.fixture(scope="module")
def verdicts(life):
    """Moment -> (failing, unknown), each moment judged once."""
    kept = {}

    def of(name):
        if name not in kept:
            kept[name] = realapp.verdict(life, MOMENTS[name])
        failing, unknown = kept[name]
        return set(failing) - ONLY_SOME_TABLES, unknown

    return of


@pytest.mark.parametrize("name", [one for one in MOMENTS if not one.startswith("sick/")])
def test_a_moment_shows_what_is_truly_wrong_and_nothing_else(verdicts, name):
    failing, unknown = verdicts(name)
    assert failing - MAY.get(name, set()) == WRONG.get(name, set())
    assert unknown == {}


@pytest.mark.parametrize("name", [one for one in MOMENTS if one.startswith("sick/")])
def test_a_fault_is_seen_by_the_right_check_and_by_no_wrong_one(verdicts, name):
    failing, unknown = verdicts(name)
    base, _ = verdicts(MOMENTS[name].base)
    assert failing - base == SICK[name.removeprefix("sick/")]
    assert base <= failing
    assert unknown == {}


def test_every_moment_at_hand_is_judged():
    assert {one.removeprefix("sick/") for one in MOMENTS} <= WRONG.keys() | SICK.keys()
