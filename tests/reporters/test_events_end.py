"""The end of a check that counts the events of a time: nothing new came, which is not "resolved"."""

import json

import pytest
from msgspec.structs import replace

from reporters import alertmanager, baseline, events, mail, slack, sms, webhook, words
from reporters.alerts import Alert
from reporters.daily import changing, mailing, page, telling
from reporters.daily.model import Incident as Reported
from reporters.run import from_document
from tests.reporters.page_cases import AT as NOW
from tests.reporters.page_cases import SITE, Site, results
from tests.reporters.page_cases import run as page_run
from tests.reporters.report_cases import ALERTS, LAST, Made
from tests.reporters.stories import World, bad, blind, ok
from tests.reporters.test_report import of
from tests.reporters.test_run import TEST, document, result, run
from tests.reporters.test_slack import AT, PASSED, notice

AGAIN = ("well again", "weer in orde")
QUIET = {"en": "errors_timeout_1h: no new errors for 1 h", "nl": "errors_timeout_1h: al 1 u niets nieuws"}
SEEN = {"en": "the last was seen at 13:05", "nl": "de laatste is gezien om 13:05"}


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch, after=1)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    "shown",
    [
        lambda told: json.dumps(slack.render(told)),
        mail.render,
        mail.mail_text.html,
        lambda told: sms.render(told)[1],
        lambda told: json.dumps(webhook.render(told)),
        lambda told: json.dumps(alertmanager.render(told)),
    ],
    ids=["slack", "mail", "mail as a page", "sms", "webhook", "alertmanager"],
)
def test_every_channel_says_that_nothing_new_came(shown, language):
    text = shown(notice(PASSED, language=language))
    assert QUIET[language] in text
    assert not any(word in text for word in AGAIN)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_people_are_told_when_the_last_was_seen(language):
    told = notice(PASSED, language=language)
    for shown in (json.dumps(slack.render(told)), mail.render(told), sms.render(told)[1]):
        assert SEEN[language] in shown
    (one,) = webhook.render(told)["incidents"]
    assert (one["events"], one["last_seen"], one["left"]) == ("1h", "2025-06-09T11:05:00Z", 0.0)


@pytest.mark.parametrize(
    ("change", "english", "dutch"),
    [
        ({}, "no new errors for 1 h", "al 1 u niets nieuws"),
        (
            {"events": "7d", "last_seen": AT - 7 * 86400},
            "no new errors for 7 days",
            "al 7 dagen niets nieuws",
        ),
        ({"unit": "% of mails"}, "no new ones for 1 h", "al 1 u niets nieuws"),
        ({"unit": ""}, "no new ones for 1 h", "al 1 u niets nieuws"),
        ({"left": 9.0}, "down to 9 errors in 1 h", "nog 9 errors in 1 u"),
        ({"left": None}, "not seen any more", "niet meer gezien"),
        ({"last_seen": AT - 600}, "not seen any more", "niet meer gezien"),
    ],
)
def test_it_says_no_more_than_is_known(change, english, dutch):
    one = replace(PASSED, **change)
    assert words.told(one, "en") == f"errors_timeout_1h: {english}"
    assert words.told(one, "nl") == f"errors_timeout_1h: {dutch}"


def test_of_some_that_are_left_it_is_not_told_when_the_last_was_seen():
    assert "seen" not in words.when(replace(PASSED, left=9.0), notice(PASSED))


def test_what_could_not_be_observed_can_be_observed_again():
    one = replace(PASSED, status="unknown", reason="no answer")
    assert words.told(one, "en") == "errors_timeout_1h can be observed again"
    assert words.told(one, "nl") == "errors_timeout_1h is weer waar te nemen"


def test_while_it_is_open_it_is_told_as_any_other():
    assert words.told(replace(PASSED, event="firing", ended=None), "en") == "errors_timeout_1h fails"


def test_a_state_is_well_again():
    assert words.told(replace(PASSED, events=""), "en") == "errors_timeout_1h is well again"


def story(world, *values, **more):
    """The runs of a check with these values, and what was told at its end."""
    for value in values:
        one = bad("e", events="1h", **more) if value else ok("e", events="1h", value=0.0)
        world.run(replace(one, value=float(value)))
    return world.slack.sent[-1].incidents[0]


def test_an_event_that_leaves_its_time_is_told_so_with_when_it_was_seen(world):
    begun = world.at + 300
    end = story(world, *[1] * 12, 0)
    assert (end.event, end.events, end.left, end.last_seen) == ("resolved", "1h", 0.0, begun)
    assert words.told(end, "en") == "e: no new x for 1 h"


def test_a_second_event_is_the_last(world):
    begun = world.at + 300
    end = story(world, *[1] * 5, *[2] * 7, *[1] * 5, 0)
    assert end.last_seen == begun + 5 * 300
    assert words.told(end, "en") == "e: no new x for 1 h"


def test_rows_that_were_put_right_before_the_time_passed_do_not_say_that_nothing_came(world):
    assert words.told(story(world, 1, 1, 0), "en") == "e: not seen any more"


def test_a_check_that_is_gone_is_not_told_as_nothing_new(world):
    story(world, 1)
    world.run(ok("other"))
    assert words.told(world.slack.sent[-1].incidents[0], "en") == "e: not seen any more"


def test_what_was_never_seen_has_no_last_time(world):
    world.runs(4, blind("e", events="1h"))
    world.run(ok("e", events="1h"))
    end = world.slack.sent[-1].incidents[0]
    assert (end.event, end.last_seen) == ("resolved", 0.0)
    assert words.told(end, "en") == "e can be observed again"


def test_the_record_of_a_run_carries_it():
    told = from_document(document(TEST | {"user_properties": [*TEST["user_properties"], {"events": "24h"}]}))
    assert [one.events for one in told.results] == ["24h"]


def test_the_log_says_so():
    failed = replace(result("e", "failing", events="1h"), observed_at=990.0)
    alert = Alert(failed, since=900.0, firing=True, fired=900.0, ended=1000.5)
    (line, _) = events.lines(run(result("e", events="1h")), [alert], events.Log())
    assert json.loads(line)["message"] == "resolved: e on one, not seen any more (it counts 1h)"


def test_after_a_deployment_it_is_not_called_mended():
    found = baseline.compare(
        run(result("e", events="1h"), result("state")), {("one", "e"): False, ("one", "state"): False}
    )
    lines = [line for line, _ in baseline.lines(found)]
    assert lines[:2] == ["mended: state", "no longer above its limit: e"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "no longer above its limit in 24 h"), ("nl", "niet meer boven de grens in 24 u")],
)
def test_the_status_page_says_so_of_what_ended(tmp_path, language, told):
    site = Site(tmp_path, language=language)
    for number, (status, check) in enumerate(
        (("failing", "errors_24h"), ("unknown", "errors_24h"), ("failing", "disk_usage"))
    ):
        row = (f"i{number}", SITE, check, "g", "high", status, NOW - 9000, NOW - 3600, None)
        site.incidents(row)
    site.publish(page_run(*(replace(one, events="24h" * (one.check == "errors_24h")) for one in results())))
    assert site.page().count(told) == 1
    assert told not in site.page("public")


def test_the_report_tells_what_passed_from_what_is_well_again(reported, monkeypatch):
    state = next(row for row in reported.rows if not row.events)
    rows = [*(row for row in reported.rows if row.check == "errors_24h"), state]
    states = {(row.site, row.check): "failing" for row in rows}
    monkeypatch.setattr(
        changing, "_states", lambda _, at: states if at == 1.0 else dict.fromkeys(states, "ok")
    )
    found = changing.changes(None, 1.0, 2.0, rows, [])
    assert [(one.kind, one.check) for one in found] == [("passed", "errors_24h"), ("mended", state.check)]


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    made = Made(tmp_path_factory.mktemp("events"), days=3, count=8)
    yield of(made)
    made.history.close()


@pytest.mark.parametrize(
    ("language", "told", "changed"),
    [
        ("en", "no longer above its limit in 24 h", "is no longer above its limit"),
        ("nl", "niet meer boven de grens in 24 u", "is niet meer boven de grens"),
    ],
)
def test_the_report_says_so(reported, language, told, changed):
    since = LAST.timestamp() + 3600
    one = Reported(
        "i", SITE, "errors_24h", "errors", "high", "failing", since, since + 3600, None, events="24h"
    )
    change = changing.Change("passed", SITE, "errors_24h")
    report = replace(reported, incidents=[one], changes=[change])
    settings = replace(ALERTS, language=language)
    assert [line.text for line in telling.changed(report, language)] == [changed]
    for shown in (page.render, mailing.text, lambda *given: mailing.mail_parts(*given).html):
        assert told in shown(report, settings)
        assert told not in shown(replace(report, incidents=[replace(one, ended=None)]), settings)
        assert told not in shown(replace(report, incidents=[replace(one, status="unknown")]), settings)
