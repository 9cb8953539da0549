"""What the history keeps for alerts: incidents and messages for 400 days, silences until they are told of."""

from contextlib import closing

import pytest

from reporters.alerts import FLAP_SECONDS, Alert
from reporters.history import History
from reporters.notice import Notice, Receipt
from reporters.outbox import Outbox
from reporters.quiet import Scope, Silence
from tests.reporters.stories import bad

AT = 1_790_000_000.0
YEAR_AND_MONTH = 400 * 24 * 60 * 60.0


@pytest.fixture
def connection(tmp_path):
    with closing(History(tmp_path / "history.sqlite")) as history:
        yield history.connection


@pytest.fixture
def box(connection):
    return Outbox(connection)


def alert(check, **more):
    return Alert(bad(check), AT - 9_000, **more)


def test_what_fired_is_on_record_as_an_incident_for_a_year_and_a_month(connection, box):
    pending, firing = alert("p"), alert("f", firing=True, fired=AT)
    ended = alert("e", firing=True, fired=AT, ended=AT)
    box.save({one.key: one for one in (pending, firing, ended)}, AT)

    def incidents():
        return connection.execute("SELECT check_id, ended FROM incidents ORDER BY check_id").fetchall()

    assert incidents() == [("e", AT), ("f", None)]
    box.save({firing.key: firing}, AT + YEAR_AND_MONTH)
    assert incidents() == [("e", AT), ("f", None)]
    box.save({firing.key: firing}, AT + YEAR_AND_MONTH + 1)
    assert incidents() == [("f", None)]


def test_what_ended_is_remembered_for_an_hour(box):
    ended = alert("e", ended=AT)
    for after, there in ((FLAP_SECONDS - 1, True), (FLAP_SECONDS, False)):
        box.save({ended.key: ended}, AT + after)
        assert (ended.key in box.alerts()) is there


def test_a_message_is_kept_for_a_year_and_a_month_after_its_delivery(connection, box):
    for number, after in enumerate((0.0, YEAR_AND_MONTH, YEAR_AND_MONTH + 1)):
        notice = Notice(f"n{number}", "test", AT + after, "r")
        box.put("mail", notice)
        box.delivered("mail", [notice.id], notice, Receipt(), AT + after)
        kept = [name for (name,) in connection.execute("SELECT id FROM outbox ORDER BY id")]
        assert kept == [["n0"], ["n0", "n1"], ["n1", "n2"]][number]


def test_a_channel_is_left_alone_until_its_time(box):
    notice = Notice("n", "test", AT, "r")
    box.put("mail", notice)
    box.failed("mail", ["n"], "refused", AT, AT + 60)
    assert box.waiting("mail", AT + 59) == []
    assert [(one.id, one.attempts) for one in box.waiting("mail", AT + 60)] == [("n", 1)]


def test_a_channel_is_known_from_the_first_time_that_it_is_named(box):
    new = box.channels(["mail"], AT)["mail"]
    assert (new.first, new.delivered, new.canary, new.failures, new.error, new.warned) == (AT, 0, 0, 0, "", 0)
    box.channels(["mail", "slack"], AT + 5)
    assert {name: one.first for name, one in box.channels(["slack"], AT + 9).items()} == {"slack": AT + 5}
    assert box.channels(["mail"], AT + 9)["mail"].first == AT


def test_what_a_silence_held_is_told_once_also_when_its_name_comes_back(box):
    silence = Silence("1", Scope(("a*",)), "joost", "why", AT, AT + 60)
    box.hold(silence, [("one", "a1"), ("one", "a2")])
    assert box.ended_silences(["1"]) == []
    assert box.ended_silences([]) == [("1", "a*", "joost", "why", [("one", "a1"), ("one", "a2")])]
    assert box.ended_silences([]) == []
    box.hold(silence, [("one", "a3")])
    assert box.ended_silences([])[0][4] == [("one", "a3")]
