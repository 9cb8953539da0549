"""What a report asks of a site: bounded, read-only, and no reason to fail when there is no answer."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from fixtures import clock
from fixtures.grants import needs
from fixtures.probes.sql import parameters, statements
from fixtures.settings import read
from fixtures.site import sites
from reporters.daily import site
from reporters.daily.spans import span

NAMES = [*site.TITLES.values(), *site.USERS.values(), site.BATCHES]


@pytest.fixture
def document(demo, monkeypatch):
    """The demo's settings, patient with a busy machine."""
    monkeypatch.setattr(site, "SECONDS", 60.0)
    found = read(demo.settings, {})
    return replace(found, timeouts=replace(found.timeouts, connect=30, read=30, statement=30))


@pytest.fixture
def today(document):
    """The day of the demo, and the present, which is in it."""
    at = clock.now()
    zone = document.alerts.time_zone
    return span("day", datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).date(), zone), at


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_reads_what_is_granted_already(name):
    assert set(needs(statements()[name])) <= {"tabError Log", "tabActivity Log", "tabDirect Debit Batch"}
    statements()[name] % parameters(statements()[name], clock.site_now("UTC"), {})


def test_the_demo_answers_as_its_tables_say(demo, document, today):
    (one,) = sites(document)
    with demo.broken("sepa_batch_failed"), demo.root() as cursor:
        (told,) = site.ask(document, [one.name], *today)
        assert told.why == ""
        cursor.execute(
            "SELECT method, COUNT(*) FROM `tabError Log` WHERE creation > UTC_TIMESTAMP() - INTERVAL 3 DAY"
            " GROUP BY method"
        )
        known = {site.impersonal(title) for title, _ in cursor.fetchall()}
        cursor.execute("SELECT status, COUNT(*) FROM `tabDirect Debit Batch` GROUP BY status")
        batches = dict(cursor.fetchall())
    assert {title for title, _ in told.errors} <= known
    assert len(told.errors) <= site.TOP
    assert told.users > 0
    assert told.batches
    assert all(count <= batches[status] for status, count in told.batches)


def test_a_week_asks_for_seven_days(demo, document, today):
    (one,) = sites(document)
    week = span("week", today[0].first, today[0].zone)
    (day,), (told,) = (site.ask(document, [one.name], asked, today[1]) for asked in (today[0], week))
    assert (day.days, told.days) == (1, 7)
    assert told.users >= day.users
    assert sum(count for _, count in told.errors) >= sum(count for _, count in day.errors)


@pytest.mark.parametrize("fault", ["db_down", "db_hangs"])
def test_a_site_that_does_not_answer_says_why(demo, document, today, fault, monkeypatch):
    (one,) = sites(document)
    monkeypatch.setattr(site, "SECONDS", 1.0)
    with demo.broken(fault):
        began = clock.monotonic()
        (told,) = site.ask(document, [one.name], *today)
        assert clock.monotonic() - began < 15  # the server would be given 30 s
    assert told.why
    assert (told.errors, told.batches, told.users) == ((), (), None)


def test_an_unknown_site_and_an_old_day_are_not_asked(document, today):
    one, at = today
    assert [told.why for told in site.ask(document, ["other"], one, at)] == ["no_site"]
    assert site.ask(document, ["other"], one, one.end + 3 * 86400)[0].why == "too_old"
