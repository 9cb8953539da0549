"""Alerts against a simple model, step by step: what is told, to which channel, and what of it arrives.

`tests/reporters/stories.py` has the world: each run is a process of its own on the same file. Here processes
die, too: before what they found is on record, before it is sent, and before it is marked as sent.
"""

import contextlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fixtures.declaration import SEVERITIES
from fixtures.schema import Escalation
from reporters.outbox import Outbox
from reporters.quiet import Scope
from tests.properties.profile import LONG, TRIED, share
from tests.reporters.stories import Route, Undelivered, World, bad, blind, ok

CHECKS = ("db", "follower", "other")
CHANNELS = ("slack", "apprise")
MAKERS = {"ok": ok, "failing": bad, "unknown": blind}
HOUR = 3600


class Died(BaseException):
    """The process was killed."""


class Open:
    """One check's trouble, as the model has it."""

    def __init__(self, at, turns):
        self.since, self.turns = at, turns
        self.bad, self.good, self.fired, self.ended = 0, 0, None, None
        self.severity, self.status, self.rooted, self.told = "", "", False, {}

    def turn(self, at):
        self.turns = [one for one in self.turns if one > at - HOUR] + [at]

    @property
    def quiet(self):
        """Neither told nor a reason to hold back others: it ended, or seems to."""
        return self.ended is not None or self.good > 0


class Model:
    """What should be told: an alert a check, held back by its root, by a silence or by the hour."""

    def __init__(self):
        self.open, self.ended, self.silences, self.held = {}, {}, {}, {}

    def run(self, at, seen, *, complete):
        """{channel: [(event, check, incident)]} that a run puts on its way; `seen`: check -> (status, severity)."""
        over = []
        for check, (status, severity) in seen.items():
            if status == "ok":
                over += self.well(check, at)
                continue
            one = self.trouble(check, at)
            one.bad += 1
            one.status, one.severity = status, severity
            one.rooted = check == "follower" and seen.get("db", ("",))[0] == "failing"
            needed = 3 if status == "unknown" else 1 if severity == "critical" else 2
            if one.fired is None and one.bad >= needed:
                one.fired = at
        over += [check for check in self.open if complete and check not in seen]
        told = self.tell(at, over)
        for check in dict.fromkeys(over):
            self.ended[check] = self.open.pop(check)
            self.ended[check].ended = at
        return told

    def well(self, check, at):
        """The check itself, where its alert ends by this."""
        one = self.open.get(check)
        if one is not None and one.fired is None:
            del self.open[check]
        elif one is not None:
            if not one.good:
                one.turn(at)
            one.good += 1
            if one.good >= (6 if len(one.turns) >= 4 else 1):
                return [check]
        return []

    def trouble(self, check, at):
        """What is open of a check, or is from now on."""
        one = self.open.get(check)
        if one is None:
            past = self.ended.get(check)
            one = self.open[check] = Open(at, [])
            if past is not None and past.ended > at - HOUR:
                one.turns = past.turns
                one.turn(at)
        elif one.good:
            one.bad, one.good = 0, 0
            one.turn(at)
        return one

    def tell(self, at, over):
        found = {channel: [] for channel in CHANNELS}
        for check, one in self.open.items():
            for channel in CHANNELS:
                if check in over:
                    event = "resolved" if channel in one.told else None
                else:
                    event = self.due(one, channel, at)
                    if event and (held := self.holds(check, at, over)):
                        if held != "root":
                            self.held.setdefault(held, set()).add(check)
                        continue
                if event:
                    one.told[channel] = (at, one.severity, one.status)
                    found[channel].append((event, check, f"one/{check}/{one.since:.0f}"))
        return found

    def holds(self, check, at, over):
        root = self.open.get("db")
        if self.open[check].rooted and root is not None and not root.quiet and "db" not in over:
            return "root"
        return next(
            (id_ for id_, (name, ends) in self.silences.items() if ends > at and name in ("*", check)), None
        )

    def due(self, one, channel, at):
        if one.fired is None or one.quiet:
            return None
        hour = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo("Europe/Amsterdam")).hour
        led = channel == "slack" and one.severity != "info" and 6 <= hour < 22
        escalated = channel == "apprise" and one.severity == "critical" and at - one.fired >= 1800
        if channel not in one.told:
            return "firing" if led else "escalated" if escalated else None
        told, severity, status = one.told[channel]
        if SEVERITIES.index(one.severity) > SEVERITIES.index(severity) or (status, one.status) == (
            "unknown",
            "failing",
        ):
            return "worse"
        due = at - told >= 4 * HOUR and one.severity != "info"
        return "reminder" if due and (led or escalated) else None


statuses = st.fixed_dictionaries(
    {},
    optional={
        check: st.tuples(
            st.sampled_from(["ok", "failing", "failing", "unknown"]), st.sampled_from(SEVERITIES)
        )
        for check in CHECKS
    },
)
steady = st.fixed_dictionaries(
    {check: st.sampled_from([("failing", "critical"), ("ok", "critical")]) for check in CHECKS}
)
minutes = st.sampled_from([1, 5, 5, 20, 60, 250])


class Stories(RuleBasedStateMachine):
    """Steps of a world and of the model beside it."""

    @initialize(start=st.sampled_from(["2026-11-02T10:00", "2026-10-24T21:00", "2026-03-28T20:00"]))
    def begin(self, start):
        TRIED.one()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.world = World(
            Path(self.folder.name),
            self.patch,
            start,
            routes=(Route(channels=("slack",), hours="06:00-22:00"),),
            escalation=(Escalation(after="30m", channels=("apprise",)),),
        )
        self.world.channel("apprise")
        self.model, self.told = Model(), {channel: [] for channel in CHANNELS}
        self.runs, self.repeats, self.was_down = 0, dict.fromkeys(CHANNELS, 0), set()
        self.digests, self.merged = 0, False

    def teardown(self):
        if not hasattr(self, "world"):
            return
        try:
            self.ending()
        finally:
            self.patch.undo()
            self.folder.cleanup()

    def step(self, seen, minutes, *, complete=True, deliver=True, ending=None):
        """A run of the world; it may end before it did its work, by `ending`."""
        self.runs += 1
        results = [
            MAKERS[status](check, severity, depends_on=["db"] if check == "follower" else [])
            for check, (status, severity) in seen.items()
        ]
        if ending is None:
            self.world.run(*results, minutes=minutes, deliver=deliver, complete=complete)
            return
        before = getattr(Outbox, ending)

        def die(outbox, *arguments):
            if ending == "save":
                before(outbox, *arguments)
            raise Died

        with self.patch.context() as patch:
            patch.setattr(Outbox, ending, die)
            with contextlib.suppress(Died):
                self.world.run(*results, minutes=minutes, complete=complete)

    @rule(
        seen=statuses | steady,
        minutes=minutes,
        complete=st.booleans(),
        deliver=st.sampled_from([True, True, True, False]),
    )
    def run(self, seen, minutes, complete, deliver):
        self.step(seen, minutes, complete=complete, deliver=deliver)
        self.merged |= not deliver
        self.compare(seen, complete)

    @rule(seen=steady, count=st.integers(2, 8), minutes=minutes)
    def the_same_for_a_while(self, seen, count, minutes):
        for _ in range(count):
            self.run(seen, minutes, True, True)

    @rule(seen=statuses, minutes=minutes)
    def die_before_it_is_on_record(self, seen, minutes):
        self.step(seen, minutes, ending="save")

    @rule(seen=statuses | steady, minutes=minutes)
    def die_before_it_is_marked(self, seen, minutes):
        counts = {name: len(one.sent) for name, one in self.world.channels.items()}
        self.step(seen, minutes, ending="delivered")
        for name, one in self.world.channels.items():
            assert len(one.sent) - counts[name] <= 1
            self.repeats[name] += len(one.sent) > counts[name]
        self.merged = True  # a process that died over one channel's message sent none to the next
        self.compare(seen, True)

    @rule(channel=st.sampled_from(CHANNELS))
    def go_down(self, channel):
        self.world.channels[channel].error = Undelivered("down")
        self.was_down.add(channel)

    @rule(channel=st.sampled_from(CHANNELS))
    def come_back(self, channel):
        self.world.channels[channel].error = None

    @rule(name=st.sampled_from(["*", *CHECKS]), hours=st.sampled_from([0.2, 1, 9]))
    def silence(self, name, hours):
        at = self.world.at
        id_ = self.world.outbox(lambda box: box.silence(Scope((name,)), "x", "y", at, at + hours * HOUR))
        self.model.silences[id_] = (name, at + hours * HOUR)

    @precondition(lambda self: any(ends > self.world.at for _, ends in self.model.silences.values()))
    @rule(data=st.data())
    def end_a_silence(self, data):
        at = self.world.at
        id_ = data.draw(st.sampled_from([key for key, (_, ends) in self.model.silences.items() if ends > at]))
        assert self.world.outbox(lambda box: box.end_silence(id_, at))
        self.model.silences[id_] = (self.model.silences[id_][0], at)

    def compare(self, seen, complete):
        """What this run put on its way is what the model says, on each channel."""
        at = self.world.at
        expected = self.model.run(at, seen, complete=complete)
        for channel, found in expected.items():
            rows = self.world.outbox(
                lambda box, id_=f"run{self.runs}-{channel}": box._connection.execute(
                    "SELECT notice FROM outbox WHERE id = ?", (id_,)
                ).fetchall()
            )
            put = [
                (one["event"], one["check"], one["id"])
                for (text,) in rows
                for one in json.loads(text)["incidents"]
            ]
            assert sorted(put) == sorted(found), (channel, self.runs)
            self.told[channel] += found
        ended = [id_ for id_ in self.model.held if self.model.silences[id_][1] <= at]
        self.digests += len(ended)
        for id_ in ended:
            del self.model.held[id_]

    def ending(self):
        """All is well again, and every channel is up: whatever was told has arrived, and its end."""
        for one in self.world.channels.values():
            one.error = None
        for _ in range(8):
            self.run(dict.fromkeys(CHECKS, ("ok", "critical")), 70, True, True)
        assert self.world.outbox(lambda box: box.undelivered()) == {}
        for channel, fake in self.world.channels.items():
            arrived = [
                (one.event, one.check, one.id) for notice in fake.messages() for one in notice.incidents
            ]
            most = 1 + self.repeats[channel]
            for incident in {id_ for _, _, id_ in self.told[channel]}:
                should = [event for event, _, id_ in self.told[channel] if id_ == incident]
                found = [event for event, _, id_ in arrived if id_ == incident]
                assert should[-1] == "resolved"
                assert should.count("resolved") == 1
                assert should.count("firing") + should.count("escalated") <= 1
                assert found[-1] == "resolved"
                assert 1 <= found.count("resolved") <= most
                assert set(found) <= set(should)
                assert all(found.count(event) <= should.count(event) * most for event in set(found))
            if channel not in self.was_down and not self.repeats[channel] and not self.merged:
                assert sorted(arrived) == sorted(self.told[channel])
            assert {id_ for _, _, id_ in arrived} == {id_ for _, _, id_ in self.told[channel]}
        digests = [one for one in self.world.slack.messages("digest") if one.lines[0].startswith("Silence")]
        assert len({one.id for one in digests}) == self.digests
        assert len(digests) - self.digests <= self.repeats["slack"]


def test_a_story_is_told_as_the_model_says():
    bounds = settings(share(0.1), stateful_step_count=30 if LONG else 15)
    run_state_machine_as_test(Stories, settings=bounds)
