"""When a message waits: scopes, silences, windows and hours, to the minute."""

import pytest

from fixtures.schema import Alerts, Route, SettingsError, Silence
from reporters import quiet
from reporters.quiet import Scope
from tests.reporters.stories import bad, local, replace

ZONE = "Europe/Amsterdam"
HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "wanted"), [("30s", 30), ("90m", 5400), ("4h", 14400), ("2d", 172800), ("1.5h", 5400)]
)
def test_a_time_in_seconds(text, wanted):
    assert quiet.seconds(text) == wanted


@pytest.mark.parametrize(
    ("scope", "holds", "text"),
    [
        (Scope(), True, "*"),
        (Scope(("sepa*",)), True, "sepa*"),
        (Scope(("mail*", "sepa_?")), True, "mail* sepa_?"),
        (Scope(("SEPA*",)), False, "SEPA*"),
        (Scope(("sepa*",), ("web",)), False, "sepa* web"),
        (Scope(("*",), ("money",), ("one",)), True, "money one"),
        (Scope(("*",), ("money",), ("two",)), False, "money two"),
        (Scope(("one",), ("*",), ("one",)), False, "one"),
        (Scope(()), False, "*"),
    ],
)
def test_a_scope_is_by_check_group_and_site(scope, holds, text):
    assert scope.holds(bad("sepa_a", group="money")) is holds
    assert str(scope) == text


@pytest.mark.parametrize(
    ("text", "moment", "starts", "ends"),
    [  # 2026-11-02 is a Monday
        ("02:00-04:00", "2026-11-02T01:59", None, None),
        ("02:00-04:00", "2026-11-02T02:00", "2026-11-02T02:00", "2026-11-02T04:00"),
        ("02:00-04:00", "2026-11-02T03:59", "2026-11-02T02:00", "2026-11-02T04:00"),
        ("02:00-04:00", "2026-11-02T04:00", None, None),
        ("02:15-04:45", "2026-11-02T04:44", "2026-11-02T02:15", "2026-11-02T04:45"),
        ("22:00-06:00", "2026-11-02T05:59", "2026-11-01T22:00", "2026-11-02T06:00"),
        ("22:00-06:00", "2026-11-02T06:00", None, None),
        ("22:00-06:00", "2026-11-02T23:00", "2026-11-02T22:00", "2026-11-03T06:00"),
        ("mon 22:00-06:00", "2026-11-03T01:00", "2026-11-02T22:00", "2026-11-03T06:00"),
        ("mon 22:00-06:00", "2026-11-04T01:00", None, None),
        ("mon 00:00-00:00", "2026-11-02T00:00", "2026-11-02T00:00", "2026-11-03T00:00"),
        ("mon 00:00-00:00", "2026-11-02T23:59", "2026-11-02T00:00", "2026-11-03T00:00"),
        ("mon 00:00-00:00", "2026-11-03T00:00", None, None),
        ("tue-thu 09:00-17:00", "2026-11-02T12:00", None, None),
        ("tue-thu 09:00-17:00", "2026-11-03T12:00", "2026-11-03T09:00", "2026-11-03T17:00"),
        ("tue-thu 09:00-17:00", "2026-11-05T12:00", "2026-11-05T09:00", "2026-11-05T17:00"),
        ("tue-thu 09:00-17:00", "2026-11-06T12:00", None, None),
        ("sat-mon 09:00-17:00", "2026-11-02T12:00", "2026-11-02T09:00", "2026-11-02T17:00"),
        ("sat-mon 09:00-17:00", "2026-11-03T12:00", None, None),
        ("sat-mon 09:00-17:00", "2026-11-06T12:00", None, None),
        ("sat-mon 09:00-17:00", "2026-11-07T12:00", "2026-11-07T09:00", "2026-11-07T17:00"),
        ("sun 02:00-04:00", "2026-10-25T03:30", "2026-10-25T02:00", "2026-10-25T04:00"),  # clocks go back
    ],
)
def test_a_weekly_window(text, moment, starts, ends):
    found = quiet.window(text, local(moment), ZONE)
    assert found == ((local(starts), local(ends)) if starts else None)


@pytest.mark.parametrize(
    ("text", "moment", "within"),
    [
        ("always", "2026-12-25T03:00", True),
        ("mon-fri 09:00-17:30", "2026-12-25T12:00", True),
        ("mon-fri 09:00-17:30, not holiday", "2026-12-25T12:00", False),
        ("mon-fri 09:00-17:30, not holiday", "2026-12-28T12:00", True),
        ("mon-fri 09:00-17:30, not holiday", "2026-12-28T17:30", False),
        ("sat-sun 00:00-00:00, holiday", "2026-12-25T12:00", True),
        ("sat-sun 00:00-00:00, holiday", "2026-12-28T12:00", False),
        ("sat-sun 00:00-00:00, holiday", "2026-12-27T12:00", True),
        ("mon 09:00-10:00, tue 11:00-12:00", "2026-11-03T11:30", True),
        ("mon 09:00-10:00, tue 11:00-12:00", "2026-11-03T09:30", False),
        ("office", "2026-11-02T09:00", True),
        ("office", "2026-11-02T08:59", False),
    ],
)
def test_hours_of_a_route(text, moment, within):
    settings = Alerts(hours={"office": "mon-fri 09:00-17:30"}, time_zone=ZONE)
    assert quiet.in_hours(text, local(moment), settings) is within


def test_a_silence_holds_from_its_beginning_until_its_end():
    silence = quiet.Silence("1", Scope(("a",)), "joost", "why", 100.0, 200.0)
    assert [silence.active(at) for at in (99, 100, 199, 200)] == [False, True, True, False]
    assert quiet.holding([silence], bad("a"), 150.0) is silence
    assert quiet.holding([silence], bad("b"), 150.0) is None
    assert quiet.holding([silence], bad("a"), 250.0) is None


def test_silences_of_the_settings_have_their_times_and_a_name_for_each_time():
    once = Silence(owner="o", because="b", since="2026-11-02T10:00", until="2026-11-02T12:00", checks=("a",))
    weekly = Silence(owner="o", because="b", every="mon 11:00-13:00", sites=("one",))
    settings = Alerts(silences=(once, weekly), time_zone=ZONE)
    begins = local("2026-11-02T10:00")
    seen = [
        [one.id for one in quiet.configured(settings, begins + hours * HOUR)] for hours in (-0.1, 0, 1, 2, 3)
    ]
    first, second = f"settings-0-{begins:.0f}", f"settings-1-{begins + HOUR:.0f}"
    assert seen == [[], [first], [first, second], [second], []]
    one, two = quiet.configured(settings, begins + HOUR)
    assert (one.starts, one.ends, one.scope) == (begins, begins + 2 * HOUR, Scope(("a",)))
    assert (two.starts, two.ends, two.scope) == (begins + HOUR, begins + 3 * HOUR, Scope(sites=("one",)))
    (next_week,) = quiet.configured(settings, local("2026-11-09T11:00"))
    assert next_week.id not in (first, second)


SOUND = Alerts(
    hours={"office": "mon-fri 09:00-17:30, not holiday"},
    routes=(
        Route(channels=("slack",), hours="office"),
        Route(channels=("slack",), hours="always"),
        Route(channels=("slack",), hours="sat 00:00-23:59, holiday"),
    ),
    silences=(
        Silence(owner="o", because="b", every="sun 02:00-04:00"),
        Silence(owner="o", because="b", since="2026-12-01T22:00", until="2026-12-02T06:00"),
    ),
)
ONCE = {"owner": "o", "because": "b"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        ({"time_zone": "Europe/Nowhere"}, "alerts.time_zone = 'Europe/Nowhere': no such time zone"),
        ({"hours": {"x": "monday"}}, "alerts.hours.x = 'monday': allowed"),
        ({"hours": {"x": "mon 09:00-17:30, often"}}, "alerts.hours.x"),
        ({"hours": {"x": "mon 09:00-24:00"}}, "alerts.hours.x"),
        ({"hours": {"x": "mon 09:60-17:00"}}, "alerts.hours.x"),
        ({"hours": {"x": "mon 23:00-23:59"}}, None),
        (
            {"routes": (Route(channels=("a",)), Route(channels=("a",), hours="offfice"))},
            "alerts.routes[1].hours",
        ),
        ({"silences": (Silence(**ONCE, every="sunday"),)}, "alerts.silences[0].every = 'sunday'"),
        ({"silences": (Silence(**ONCE, every="sun 02:00-25:00"),)}, "alerts.silences[0].every"),
        ({"silences": (Silence(**ONCE),)}, "alerts.silences[0].since = None"),
        ({"silences": (Silence(**ONCE, since="2026-12-01T22:00"),)}, "alerts.silences[0].until = None"),
        (
            {"silences": (*SOUND.silences, Silence(**ONCE, since="soon", until="2026-12-01T22:00"))},
            "alerts.silences[2].since = 'soon'",
        ),
    ],
)
def test_hours_and_windows_that_say_nothing_are_refused(change, message):
    settings = replace(SOUND, **change)
    if "hours" in change:
        settings = replace(settings, routes=())
    if message is None:
        quiet.check(settings)
        return
    with pytest.raises(SettingsError) as caught:
        quiet.check(settings)
    assert message in str(caught.value)
