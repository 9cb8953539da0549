"""Stories over simulated time: who is told what, once, and nothing is lost."""

import random

import pytest

from fixtures.schema import Alerts, Escalation, SettingsError, Silence
from reporters import quiet, routing, words
from reporters.alerts import advance
from reporters.quiet import Scope
from tests.reporters.stories import Route, Undelivered, World, bad, blind, local, ok, replace
from tests.reporters.test_run import run


class Later(Undelivered):
    """A channel asks for time."""

    retry_after = 1200.0


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


@pytest.fixture
def made(tmp_path, monkeypatch):
    return lambda **alerts: World(tmp_path, monkeypatch, **alerts)


FOLLOWERS = [f"f{number}" for number in range(60)]


def down():
    return [bad("db"), *(blind(name, "high", depends_on=["db"]) for name in FOLLOWERS)]


def up():
    return [ok("db"), *(ok(name, "high", depends_on=["db"]) for name in FOLLOWERS)]


def test_a_database_that_is_down_for_an_hour_is_one_message_and_one_end(world):
    world.run(*up())
    world.runs(12, *down())
    world.runs(3, *up())
    assert world.slack.told() == [("firing", "db"), ("resolved", "db")]
    first, last = world.slack.sent
    assert first.incidents[0].blocks == tuple(sorted(FOLLOWERS))
    assert last.incidents[0].ended - last.incidents[0].since == 3600
    assert first.incidents[0].id == last.incidents[0].id


def test_it_is_told_again_after_four_hours(world):
    world.runs(100, *down())
    assert world.slack.told() == [("firing", "db"), ("reminder", "db"), ("reminder", "db")]


def test_a_warning_is_told_again_too_to_the_minute(world):
    world.runs(2 + 47, bad("w", "warning"))
    assert world.slack.told() == [("firing", "w")]
    world.run(bad("w", "warning"))
    assert world.slack.told() == [("firing", "w"), ("reminder", "w")]


def test_a_follower_that_is_still_bad_when_the_root_is_well_is_told_then(world):
    world.runs(3, bad("db"), bad("f", "high", depends_on=["db"]))
    assert world.slack.sent[0].incidents[0].fails == ("f",)
    assert world.slack.sent[0].incidents[0].blocks == ()
    world.runs(2, ok("db"), bad("f", "high", depends_on=["db"]))
    assert world.slack.told() == [("firing", "db"), ("resolved", "db"), ("firing", "f")] or (
        world.slack.told() == [("firing", "db"), ("firing", "f"), ("resolved", "db")]
    )


def test_what_follows_a_root_is_told_as_failing_or_blocked(world):
    world.run(bad("db"), bad("f", depends_on=["db"]), blind("u", depends_on=["db"]), bad("alone"))
    first, second = world.slack.sent[0].incidents
    assert (first.check, first.fails, first.blocks) in (("db", ("f",), ("u",)), ("alone", (), ()))
    assert {first.check, second.check} == {"db", "alone"}


def test_a_root_that_is_still_pending_holds_its_followers(world):
    world.run(bad("db", "high"), bad("f", "critical", depends_on=["db"]))
    assert world.slack.sent == []
    world.run(ok("db", "high"), ok("f", "critical", depends_on=["db"]))
    assert world.slack.sent == []


@pytest.mark.parametrize(("severity", "runs"), [("critical", 1), ("high", 2), ("warning", 2)])
def test_it_fires_after_so_many_runs_in_a_row(world, severity, runs):
    for number in range(1, runs + 1):
        assert world.slack.sent == []
        world.run(bad("a", severity))
        assert len(world.slack.sent) == (number == runs)
    world.runs(5, bad("a", severity))
    assert len(world.slack.sent) == 1


def test_once_is_not_in_a_row(world):
    for _ in range(5):
        world.run(bad("a", "high"))
        world.run(ok("a", "high"))
    assert world.slack.sent == []


def test_what_cannot_be_observed_is_an_alert_of_its_own_after_longer(world):
    world.runs(2, blind())
    assert world.slack.sent == []
    world.run(blind())
    assert world.slack.told() == [("firing", "a")]
    assert world.slack.sent[0].incidents[0].status == "unknown"
    world.run(bad())
    assert world.slack.told()[-1] == ("worse", "a")
    world.run(ok())
    assert world.slack.told()[-1] == ("resolved", "a")


def test_unknown_does_not_end_an_alert(world):
    world.run(bad())
    world.runs(5, blind())
    assert world.slack.told() == [("firing", "a")]


def test_what_gets_worse_is_told_and_what_gets_better_is_not(world):
    world.runs(2, bad("a", "warning"))
    world.run(bad("a", "critical"))
    world.runs(3, bad("a", "warning"))
    assert world.slack.told() == [("firing", "a"), ("worse", "a")]


def test_one_run_is_one_message_root_causes_and_the_worst_first(world):
    world.runs(2, bad("w", "warning"), bad("h", "high"), bad("c", "critical"), blind("u", "critical"))
    world.run(bad("w", "warning"), bad("h", "high"), bad("c", "critical"), blind("u", "critical"))
    assert [[one.check for one in notice.incidents] for notice in world.slack.sent] == [
        ["c"],
        ["h", "w"],
        ["u"],
    ]


def test_within_a_message_failing_comes_before_unknown(made):
    world = made(after=1, after_unknown=1)
    world.run(blind("u", "critical"), bad("w", "warning"), bad("h", "high"))
    assert [one.check for one in world.slack.sent[0].incidents] == ["h", "w", "u"]


def test_info_is_told_where_a_route_says_so_and_never_again(made):
    world = made(routes=(Route(channels=("slack",), severity="info"),))
    world.runs(100, bad("i", "info"))
    assert world.slack.told() == [("firing", "i")]


def test_a_follower_that_was_not_looked_at_is_told_when_its_root_is_well(world):
    world.run(bad("db"), bad("f", depends_on=["db"]))
    world.run(ok("db"), complete=False)
    assert world.slack.told() == [("firing", "db"), ("resolved", "db"), ("firing", "f")]


def test_a_check_that_comes_and_goes_does_not_spam(world):
    for _ in range(12):
        world.run(bad())
        world.run(ok())
    assert len(world.slack.sent) <= 6
    assert world.slack.told()[-1][0] != "resolved"
    world.runs(6, ok())
    assert world.slack.told()[-1] == ("resolved", "a")
    before = len(world.slack.sent)
    world.runs(20, ok())
    assert len(world.slack.sent) == before


def test_a_check_that_is_gone_or_no_longer_applies_ends_its_alert(world):
    world.run(bad("a"), bad("b"), ok("c"))
    world.run(ok("c"), replace(bad("b"), status="skipped", reason="no such DocType"), complete=False)
    assert len(world.slack.sent) == 1
    world.run(ok("c"), replace(bad("b"), status="skipped", reason="no such DocType"))
    assert sorted(world.slack.told()[2:]) == [("resolved", "a"), ("resolved", "b")]


def test_a_check_that_is_not_due_keeps_its_alert(world):
    world.run(bad("a"), ok("c"))
    world.run(ok("c"), replace(bad("a"), status="skipped", reason="not due: observed 5 min ago"))
    assert world.slack.told() == [("firing", "a")]


def test_two_groups_go_to_their_channels(made):
    world = made(
        routes=(Route(channels=("slack",), groups=("sepa*",)), Route(channels=("mail",), groups=("web",)))
    )
    mail = world.channel("mail")
    world.runs(2, bad("a", group="sepa_batches"), bad("b", group="web"), bad("c", group="host"))
    assert world.slack.told() == [("firing", "a")]
    assert mail.told() == [("firing", "b")]


def test_an_sms_is_for_what_is_critical_and_info_is_told_to_nobody(world):
    sms = world.channel("apprise")
    world.runs(2, bad("i", "info"), bad("h", "high"), bad("c", "critical"))
    assert sms.told() == [("firing", "c")]
    assert {check for _, check in world.slack.told()} == {"h", "c"}


def test_what_is_not_mended_goes_to_the_next_channel(made):
    world = made(
        routes=(Route(channels=("slack",)),),
        escalation=(Escalation(after="30m", channels=("apprise",)),),
    )
    sms = world.channel("apprise")
    world.runs(6, bad())
    assert sms.sent == []
    world.runs(1, bad())  # half an hour after the first
    assert sms.told() == [("escalated", "a")]
    world.runs(47, bad())
    assert sms.told() == [("escalated", "a")]
    world.runs(1, bad())  # and four hours after that
    assert sms.told() == [("escalated", "a"), ("reminder", "a")]
    world.run(ok())
    assert sms.told()[-1] == ("resolved", "a")
    assert world.slack.told() == [("firing", "a"), ("reminder", "a"), ("resolved", "a")]


def test_an_alert_waits_for_the_hours_of_its_route(made):
    """A Friday evening; Monday is no holiday."""
    world = made(
        start="2026-11-06T20:00",
        hours={"office": "mon-fri 09:00-17:30, not holiday"},
        routes=(Route(channels=("slack",), hours="office"),),
    )
    for _ in range(80):
        world.run(bad("a", "high"), minutes=60)
        if world.slack.sent:
            break
    assert world.at == local("2026-11-09T09:00")
    world.run(ok("a", "high"), minutes=60 * 10)
    assert world.slack.told() == [("firing", "a"), ("resolved", "a")]  # an end is told at any hour


def test_hours_may_be_named_and_be_all_day(made):
    world = made(
        start="2026-11-07T03:00",
        hours={"night": "always"},
        routes=(Route(channels=("slack",), hours="night"),),
    )
    world.run(bad())
    assert world.slack.told() == [("firing", "a")]


def test_a_country_without_holidays_is_refused_where_it_would_stop_all_messages(made):
    routes = (Route(channels=("slack",), hours="mon-fri 09:00-17:00"),)
    world = made(start="2026-11-02T10:00", holidays="ZZ", routes=routes)
    quiet.check(world.document.alerts)
    world.run(bad())
    assert world.slack.told() == [("firing", "a")]
    for text in ("mon-fri 09:00-17:00, not holiday", "holiday"):
        with pytest.raises(SettingsError, match=r"alerts\.holidays = 'ZZ': no such country"):
            quiet.check(Alerts(holidays="ZZ", hours={"office": text}))
    with pytest.raises(SettingsError, match=r"alerts\.hours\.a = 'b': allowed"):  # a name within a name
        quiet.check(Alerts(hours={"a": "b", "b": "mon 09:00-10:00"}))


def test_easter_monday_and_kings_day_are_no_office_hours(made):
    world = made(
        start="2027-03-29T09:30",
        hours={"office": "mon-fri 09:00-17:30, not holiday"},
        routes=(Route(channels=("slack",), hours="office"),),
    )
    world.runs(3, bad())
    assert world.slack.sent == []
    world.run(bad(), minutes=24 * 60)
    assert world.slack.told() == [("firing", "a")]


def test_the_night_on_which_clocks_go_back(made):
    """01:00 to 04:00 are four hours then; an alert of 02:30 began once."""
    world = made(start="2026-10-25T01:00")
    world.run(bad(), minutes=90)  # 02:30 summer time
    world.run(ok(), minutes=60)  # 02:30 winter time
    assert world.slack.sent[1].incidents[0].ended - world.slack.sent[1].incidents[0].since == 3600
    said = words.when(world.slack.sent[1].incidents[0], world.slack.sent[1])
    assert said == "from 02:30 to 02:30, 1 h 0 min"


def test_a_silence_holds_back_and_tells_at_its_end(world):
    scope = Scope(("sepa*",))
    world.outbox(lambda box: box.silence(scope, "joost", "new bank", world.at, world.at + 3600))
    world.runs(3, bad("sepa_a"), bad("sepa_b"), bad("web"))
    assert world.slack.told() == [("firing", "web")]
    world.runs(3, bad("sepa_a"), ok("sepa_b"), bad("web"))
    world.runs(8, bad("sepa_a"), ok("sepa_b"), bad("web"))
    (digest,) = world.slack.messages("digest")
    assert digest.lines[0] == "Silence sepa* of joost ended (new bank): 2 messages were held back"
    assert digest.lines[1:] == ("sepa_a on one still fails", "sepa_b on one failed meanwhile")
    assert world.slack.told() == [("firing", "web"), ("firing", "sepa_a")]


def test_an_end_passes_a_silence(world):
    world.run(bad())
    world.outbox(lambda box: box.silence(Scope(("*",)), "joost", "quiet", world.at, world.at + 3600))
    world.run(ok())
    assert world.slack.told() == [("firing", "a"), ("resolved", "a")]


def test_a_silence_can_be_ended_before_its_time(world):
    number = world.outbox(lambda box: box.silence(Scope(("*",)), "j", "b", world.at, world.at + 36000))
    world.run(bad())
    assert world.outbox(lambda box: box.end_silence(number, world.at))
    assert not world.outbox(lambda box: box.end_silence(number, world.at))
    world.run(bad())
    assert world.slack.told() == [("firing", "a")]


def test_a_weekly_window_and_one_with_dates(made):
    world = made(
        start="2026-11-08T01:50",
        silences=(
            Silence(owner="host", because="updates", every="sun 02:00-04:00", checks=("a",)),
            Silence(
                owner="joost",
                because="move",
                since="2026-11-08T02:00",
                until="2026-11-08T03:00",
                checks=("b",),
            ),
        ),
    )
    world.run(ok("a"), ok("b"), minutes=15)  # 02:05
    world.runs(10, bad("a"), bad("b"))  # until 02:55
    assert world.slack.told() == []
    world.run(bad("a"), bad("b"), minutes=10)
    assert world.slack.told() == [("firing", "b")]
    world.run(bad("a"), bad("b"), minutes=60)
    assert world.slack.told()[-1] == ("firing", "a")
    assert len(world.slack.messages("digest")) == 2


def test_a_site_in_maintenance_says_so_and_nothing_else(world):
    world.runs(3, bad("maintenance_mode_off", "high"), bad("web"), bad("jobs"))
    assert world.slack.told() == [("firing", "maintenance_mode_off")]
    world.runs(2, ok("maintenance_mode_off", "high"), ok("web"), bad("jobs"))
    assert world.slack.told()[1:] in (
        [("firing", "jobs"), ("resolved", "maintenance_mode_off")],
        [("resolved", "maintenance_mode_off"), ("firing", "jobs")],
    )


def test_a_channel_that_is_down_gets_one_message_of_all_when_it_is_back(world):
    world.slack.error = Undelivered("connection refused")
    world.run(bad("a"))
    assert [(one.channel, one.error) for one in world.sent] == [("slack", "connection refused")]
    world.run(bad("a"), bad("b"))
    world.run(ok("a"), bad("b"))
    world.slack.error = None
    world.runs(20, ok("a"), bad("b"))
    (notice,) = world.slack.sent
    assert {(one.event, one.check) for one in notice.incidents} == {("resolved", "a"), ("firing", "b")}


def test_a_channel_that_asks_for_time_gets_it(world):
    world.slack.error = Later("slack answered 429")
    world.run(bad())
    world.slack.error = None
    world.runs(3, bad())
    assert world.slack.sent == []
    world.runs(2, bad())
    assert world.slack.told() == [("firing", "a")]


def test_a_channel_in_trouble_is_told_on_another_once_a_day(world):
    mail = world.channel("mail")
    world.slack.error = Undelivered("connection refused")
    for _ in range(60):
        world.run(bad(), minutes=30)
    lines = [notice.lines for notice in mail.messages("digest")]
    assert len(lines) == 2
    assert lines[0] == ("The channel slack has failed 3 times in a row: connection refused",)


def test_a_canary_goes_through_each_channel_on_its_own_schedule(made):
    world = made(canary="7d")
    for _ in range(24 * 15):
        world.run(ok(), minutes=60)
    assert len(world.slack.messages("canary")) == 2
    assert world.slack.told() == []


def test_a_channel_that_was_down_when_its_canary_was_due_gets_one(made):
    world = made(canary="7d")
    world.slack.error = Undelivered("connection refused")
    for _ in range(24 * 9):
        world.run(ok(), minutes=60)
    world.slack.error = None
    world.runs(30, ok())
    assert len(world.slack.messages("canary")) == 1


def test_a_receipt_leads_to_the_thread_until_the_end(world):
    world.run(bad())
    world.runs(50, bad())
    world.run(ok())
    world.run(bad())
    incident = world.slack.sent[0].incidents[0].id
    assert world.slack.earlier[1] == {incident: "r1"}
    assert world.slack.earlier[-1] == {}


def test_dying_between_record_and_delivery_loses_nothing(world):
    world.run(bad(), deliver=False)
    world.run(bad())
    assert world.slack.told() == [("firing", "a")]


def test_whatever_happens_each_channel_hears_of_a_beginning_before_an_end_and_of_each_end(made):
    """Random runs, silences, outages: a model of what must hold of the messages."""
    chance = random.Random(7)
    world = made()
    names = ["db", *(f"c{number}" for number in range(6))]
    for _ in range(600):
        results = [
            chance.choices([ok, bad, blind], [8, 2, 1])[0](
                name,
                chance.choice(["warning", "critical"]),
                depends_on=["db"] if name in ("c1", "c2") else [],
            )
            for name in names
        ]
        if chance.random() < 0.02:
            pattern = Scope((chance.choice(names),))
            world.outbox(lambda box, at=world.at, one=pattern: box.silence(one, "x", "y", at, at + 1800))
        world.slack.error = Undelivered("down") if chance.random() < 0.2 else None
        world.run(*results, minutes=chance.choice([1, 5, 60]), deliver=chance.random() < 0.9)
    world.slack.error = None
    for _ in range(30):
        world.run(*(ok(name) for name in names), minutes=30)
    story: dict[str, list[str]] = {}
    for notice in world.slack.messages():
        for incident in notice.incidents:
            story.setdefault(incident.id, []).append(incident.event)
    assert len(story) > 50
    for events in story.values():
        assert events[-1] == "resolved"
        assert events.count("resolved") == 1
        assert events[0] in ("firing", "resolved", "worse")  # what waited is told as it is by then
        assert events.count("firing") <= 1
    assert world.outbox(lambda box: box.undelivered()) == {}


POLICY = routing.policy(Alerts())


def seen(*results, at=None, complete=True):
    """A run of these results, observed as it starts."""
    return run(*(replace(one, observed_at=at) for one in results), started=at, complete=complete)


def advanced(*steps, minutes=5):
    """The alerts after runs of one result each, the first at 300 s."""
    alerts, story = {}, []
    for number, one in enumerate(steps, 1):
        at = number * minutes * 60.0
        alerts = advance(alerts, seen(one, at=at), at, POLICY)
        story.append(alerts.get(("one", "a")))
    return story


def test_four_turns_within_an_hour_are_coming_and_going():
    three = advanced(bad(), ok(), bad(), ok())
    assert [one.state for one in three] == ["firing", "resolved", "firing", "resolved"]
    assert [len(one.turns) for one in three] == [0, 1, 2, 3]
    assert not any(one.flapping for one in three)
    four = advanced(bad(), ok(), bad(), ok(), bad(), *[ok()] * 6)
    assert [one.flapping for one in four[3:6]] == [False, True, True]
    assert [one.state for one in four[5:]] == [*["firing"] * 5, "resolved"]  # the sixth good run in a row
    again = advanced(bad(), ok(), bad(), ok(), bad(), *[ok()] * 5, bad(), *[ok()] * 5)
    assert again[10].good == 0
    assert {one.state for one in again[4:]} == {"firing"}


def test_a_trouble_that_was_nothing_leaves_what_was_before_it():
    story = advanced(bad(), ok(), bad("a", "warning"), ok(), bad(), ok(), bad("a", "warning"))
    states = ["firing", "resolved", "pending", "resolved", "firing", "resolved", "pending"]
    assert [one.state for one in story] == states
    assert story[3] == story[1]
    assert [len(one.turns) for one in story] == [0, 1, 2, 1, 2, 3, 4]
    assert [one.past for one in story] == [None, None, story[1], None, None, None, story[5]]
    gone = advance({("one", "a"): story[6]}, seen(at=2400.0), 2400.0, POLICY)
    assert gone["one", "a"].past is None


def test_turns_are_forgotten_after_an_hour():
    slow = advanced(bad(), ok(), bad(), ok(), bad(), ok(), minutes=25)
    assert [one.state for one in slow] == ["firing", "resolved"] * 3
    assert max(len(one.turns) for one in slow) == 3
    half = advanced(bad(), ok(), bad(), ok(), bad(), ok(), minutes=30)
    assert max(len(one.turns) for one in half) == 2  # one of an hour ago does not count
    apart = advanced(bad(), ok(), ok(), bad(), minutes=60)
    assert apart[2] is None
    assert apart[3].turns == ()


def test_one_that_came_and_went_and_stays_is_told_again_after_four_hours(world):
    for _ in range(2):
        world.runs(1, bad())
        world.runs(1, ok())
    world.run(bad())
    world.run(ok())
    before = len(world.slack.sent)
    world.runs(60, bad())
    assert ("reminder", "a") in world.slack.told()
    assert len(world.slack.sent) > before


def test_a_result_of_an_earlier_run_counts_once():
    policy = replace(POLICY, after=3)
    first = seen(bad("a", "high"), at=300.0)
    alerts = advance({}, first, 300.0, policy)
    later = run(
        replace(bad("a", "high", depends_on=["db"]), observed_at=300.0),
        bad("db"),
        started=600.0,
        complete=True,
    )
    alerts = advance(alerts, later, 600.0, policy)
    assert alerts["one", "a"].bad == 1
    assert alerts["one", "a"].result.root == "db"
    assert alerts["one", "a"].ended is None
    carried = run(replace(bad("b"), observed_at=300.0), started=600.0)
    assert advance({}, carried, 600.0, POLICY) == {}


def test_an_alert_is_known_by_site_check_and_beginning():
    (alert,) = advance({}, seen(bad(), at=300.0), 300.0, POLICY).values()
    assert alert.key == ("one", "a")
    assert alert.id == "one/a/300"
    assert advanced(bad("a", "high"))[0].state == "pending"
