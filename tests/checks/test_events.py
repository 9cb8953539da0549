"""A check that counts the events of a time says so: its end is then told as "nothing new", never as resolved."""

import re

import pytest
from msgspec.structs import replace

from fixtures.catalogue import declared
from fixtures.observe import source_of
from fixtures.probes.sql import Sql, statements

HOURS = {"HOUR": 1, "DAY": 24, "h": 1, "d": 24}

OTHERWISE = {
    "active_users_24h": "bad below: somebody who uses the site again is what was missing",
    "applications_waiting_7d": "what is older than that, and still waits",
    "bank_transactions_unreconciled_14d": "what is older than that, and still open",
    "database_growth_percent_7d": "the change of a size",
    "donation_agreements_expiring_30d": "what ends in the time ahead",
    "donations_pending_14d": "what is older than that, and still open",
    "expenses_approved_unclaimed_7d": "what is older than that, and still open",
    "invoices_paid_percent_30d": "bad below: the share of what fell due",
    "members_active_change_percent_1d": "the change of a number",
    "mandates_expiring_30d": "what ends in the time ahead",
    "payments_unallocated_14d": "what is older than that, and still open",
    "terminations_waiting_7d": "what is older than that, and still waits",
    "volunteer_claims_waiting_14d": "what is older than that, and still waits",
    "volunteer_expenses_waiting_14d": "what is older than that, and still waits",
}
"""Checks with a time at the end of their name that count no events of that time, each with what it is."""


def hours(number, unit):
    return int(number) * HOURS[unit]


def windows(probe):
    """The times, in hours, that a statement looks back over."""
    found = source_of(probe)
    text = statements()[found.name] if isinstance(found, Sql) else ""
    back = r"(?:>=?|BETWEEN)\s*(?:DATE\()?%\(now\)s\)?\s*-\s*INTERVAL (\d+) (HOUR|DAY)\b"
    return {hours(*one) for one in re.findall(back, text)}


def ends_in_a_time(name, check):
    named = [name, *([found.name] if isinstance(found := source_of(check.probe), Sql) else [])]
    return next((match for one in named if (match := re.search(r"_(\d+)([hd])$", one))), None)


def missing(name, check):
    """What is wrong with one declaration, or nothing."""
    time = ends_in_a_time(name, check)
    if time is None or name in OTHERWISE:
        return "declares events and is listed as counting none" if check.events and name in OTHERWISE else ""
    told = time[0].lstrip("_")
    if check.events != told:
        return f'counts the events of a time: say events="{told}", or list above what else it counts'
    if isinstance(source_of(check.probe), Sql) and hours(*time.groups()) not in windows(check.probe):
        return f"its statement does not look back over {told}"
    return ""


@pytest.mark.parametrize("name", declared())
def test_a_check_of_events_says_of_which_time(name):
    assert missing(name, declared()[name]) == ""


def test_what_declares_a_time_without_one_in_its_name_looks_back_over_it():
    for name, check in declared().items():
        if check.events and ends_in_a_time(name, check) is None:
            assert hours(check.events[:-1], check.events[-1]) in windows(check.probe), name


def test_what_is_listed_is_there_and_counts_no_events_of_that_time():
    """What looks back over the time of its name passes when that is over, unless it is bad below."""
    checks = declared()
    assert sorted(OTHERWISE.keys() - checks.keys()) == []
    for name in OTHERWISE:
        time = ends_in_a_time(name, checks[name])
        assert time is not None, name
        assert checks[name].at_least or hours(*time.groups()) not in windows(checks[name].probe), name


def test_the_rule_sees_what_it_should():
    errors = declared()["errors_24h"]
    assert 'say events="24h"' in missing("errors_24h", replace(errors, events=""))
    assert 'say events="24h"' in missing("errors_24h", replace(errors, events="1h"))
    assert "does not look back over 7d" in missing("errors_7d", replace(errors, events="7d"))
