"""A healthy site gives no alarm on the days that are unlike others; `make year` goes through all of them."""

import statistics
from datetime import timedelta
from types import SimpleNamespace

import pytest

from demo.days import counts, local
from demo.seed import LOGINS_A_DAY, MAILS_A_DAY
from demo.seed_association import JOINS_A_DAY
from demo.seed_money import DONATIONS_A_DAY
from demo.site import Demo
from fixtures.observe import NotApplicable
from fixtures.probes.rows import usual
from tests.checks.year import alarms, moment

UNLIKE_OTHERS = {
    "clocks go forward, the minute after": moment("2027-03-28T03:01"),
    "clocks go forward, an hour after": moment("2027-03-28T04:01"),
    "clocks go back, before": moment("2026-10-25T02:58"),
    "clocks go back, the minute after": moment("2026-10-25T02:01", fold=1),
    "clocks go back, an hour after": moment("2026-10-25T03:05"),
    "the day before a collection": moment("2026-12-18T08:30"),
    "the day of a collection": moment("2026-12-21T15:00"),
    "the night of an automatic batch": moment("2026-12-09T02:20"),
    "midnight": moment("2027-01-13T00:00"),
    "the minute after midnight": moment("2027-01-13T00:01"),
    "New Year": moment("2027-01-01T00:03"),
    "New Year's Day, evening": moment("2027-01-01T21:00"),
    "Good Friday": moment("2027-03-26T09:00"),
    "Easter Monday": moment("2027-03-29T14:00"),
    "King's Day": moment("2027-04-27T12:00"),
    "1 May": moment("2027-05-01T08:00"),
    "the day before Christmas": moment("2026-12-24T16:00"),
    "Christmas": moment("2026-12-25T06:30"),
    "the Sunday after Christmas": moment("2026-12-27T05:30"),
    "the last day of a month": moment("2027-02-28T23:59"),
    "the first day of a month": moment("2027-03-01T00:01"),
    "leap day": moment("2028-02-29T12:00"),
    "a Sunday in summer": moment("2027-08-01T06:01"),
}


@pytest.fixture(scope="module")
def still_demo(tmp_path_factory):
    """A demo of its own whose scheduler and workers write nothing of today."""
    with Demo(tmp_path_factory.mktemp("year") / "demo") as made:
        made.kill("pulse")
        yield made


@pytest.mark.parametrize("name", UNLIKE_OTHERS)
def test_a_healthy_site_gives_no_alarm(still_demo, name):
    assert alarms(still_demo, UNLIKE_OTHERS[name]) == set()


def test_the_simulated_site_would_give_one(still_demo):
    """Rows of one moment judged a day later: its scheduler has stopped."""
    at = moment("2027-01-13T12:00")
    still_demo.fill(at, 500)
    from unittest.mock import patch

    from fixtures import clock
    from tests.checks.rowwise import judged

    with patch.object(clock, "now", lambda: at + timedelta(days=1.5).total_seconds()):
        failing, unknown = judged(still_demo)
    assert {"scheduler_last_execution_age_seconds", "silent_stop_logins"} <= failing
    assert unknown == set()


STREAMS = {
    "login": (LOGINS_A_DAY, usual("silent_stop_logins", days=1), 62),
    "mail": (MAILS_A_DAY, usual("silent_stop_mail", days=1), 30),
    "join": (JOINS_A_DAY, usual("silent_stop_members", days=7), 62),
    "donation": (DONATIONS_A_DAY, usual("silent_stop_donations", days=7), 62),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_silent_stop_gives_no_false_alarm_in_the_two_years_of_the_seed(kind):
    """Each day of two years is held against the weeks before it; below 20 % would be an alarm."""
    per_day, probe, days = STREAMS[kind]
    end, shares = moment("2026-11-23T12:00"), []
    for ago in range(730):
        rows = [*counts(kind, per_day, end - ago * 86400, days).items()]
        try:
            shares.append(probe.settle(rows, 2, SimpleNamespace()).value)
        except NotApplicable:
            continue
    assert len(shares) > 600, f"{kind}: judged on {len(shares)} days only"
    assert min(shares) > 20, f"{kind}: {sum(share <= 20 for share in shares)} false alarms"
    assert 80 < statistics.median(shares) < 120


def test_moments_are_of_the_real_time_line():
    """The hour that is skipped has none, the hour that comes twice has those of both."""
    spring = counts_by_hour("2027-03-28T12:00")
    autumn = counts_by_hour("2026-10-25T12:00")
    assert 2 not in spring
    assert autumn[2] > 0


def counts_by_hour(text):
    from demo.days import moments

    at = moment(text)
    found: dict[int, int] = {}
    for one in moments("busy", 20_000, at, 0.5):
        assert one <= local(at)
        found[one.hour] = found.get(one.hour, 0) + 1
    return found
