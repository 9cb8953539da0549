"""One run held against the model: what it saw, what it kept, what each receiver got; `Wrong` names the first difference."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from reporters.run import KEY
from tests.soak.model import RANKS, Line, Message, Model, Seen
from tests.soak.receivers import UP, Came, Hook, Receiver
from tests.soak.site import Kept

STATUSES = {"passed": "ok", "failed": "failing", "error": "unknown"}
BADNESS = ("ok", "unknown", "failing")
TITLE = re.compile(
    r"^(\w+ (?:fails|cannot be observed|got worse|still fails|still cannot be observed|is well again))(?:$|, )"
)
WORDS = {"firing": "{check} {status}", "worse": "{check} got worse", "reminder": "{check} still {status}"}
WORDS |= {"resolved": "{check} is well again"}
ENDS = re.compile(r"^(\w+): (?:no new [\w-]+ for|down to [^,]+ in) \d+ (?:h|days)|^(\w+): not seen any more")
"""How the end of a check that counts events is told: as one end among others here."""


class Wrong(AssertionError):
    """The suite did something else than the model."""


def seen_of(record: dict[str, Any]) -> dict[str, Seen]:
    """Check -> what the record says of it, at its worst; what was not observed is left out."""
    found: dict[str, Seen] = {}
    for test in record["tests"]:
        told = {key: value for pair in test["user_properties"] for key, value in pair.items()}
        if test["outcome"] == "skipped":
            continue
        one = Seen(STATUSES[test["outcome"]], told["severity"])
        if told["check"] not in found or _rank(one) > _rank(found[told["check"]]):
            found[told["check"]] = one
    return found


def _rank(one: Seen) -> tuple[int, int]:
    return BADNESS.index(one.status), RANKS.index(one.severity)


class Judge:
    """Holds run after run against the model, and counts."""

    def __init__(self, model: Model, receivers: dict[str, Receiver]) -> None:
        self.model, self.receivers = model, receivers
        self.told: Counter[str] = Counter()
        """`channel begun` and `channel ended`: the incidents of which it was told so, repeats not counted."""
        self.messages: Counter[str] = Counter()
        self.repeats: Counter[str] = Counter()
        self._heard: dict[str, set[str]] = {name: set() for name in receivers}

    def run(self, at: float, record: dict[str, Any] | None, kept: Kept, *, killed: bool) -> str:
        """One run of the whole; how far it came."""
        run = record[KEY]["id"] if record else ""
        if not killed and (record is None or run not in kept.runs):
            raise Wrong("it left no record, and nobody killed it")
        if record is None or run not in kept.runs:
            self._nothing(kept)
            return "observing"
        seen = seen_of(record)
        if seen.keys() != (due := self.model.due(at)):
            raise Wrong(f"it observed what was not due, or not what was: {sorted(seen.keys() ^ due)}")
        before = copy.deepcopy(self.model)
        before.observe(seen, at)
        after = copy.deepcopy(before)
        after.advance(seen, at, run)
        if killed and self._same(before, kept) and not any(id_.startswith(run) for id_ in kept.messages):
            fresh = any(id_.startswith(run) for one in after.channels.values() for id_ in one.waiting)
            if fresh or not self._same(after, kept):
                self.model = before
                self._nothing(kept)
                return "recording"
        self.model = after
        self._alerts(kept)
        for name, receiver in self.receivers.items():
            self._deliveries(name, receiver, at, kept, killed=killed)
        return "telling"

    def aside(self, at: float, record: dict[str, Any]) -> None:
        """A run of another suite: what it saw goes on record, and nobody is told."""
        seen = {name: one for name, one in seen_of(record).items() if name in self.model.checks}
        if seen.keys() != (due := self.model.due(at)):
            raise Wrong(
                f"another suite observed what was not due, or not what was: {sorted(seen.keys() ^ due)}"
            )
        self.model.observe(seen, at)
        for name, receiver in self.receivers.items():
            if came := receiver.drain():
                raise Wrong(f"{name} was told by another suite: {came}")

    def quiet(self) -> bool:
        """Whether nothing is open and nothing waits."""
        return not self.model.open and not any(one.waiting for one in self.model.channels.values())

    def end(self) -> None:
        """All is well for long: nothing waits, nothing is open, and each beginning had its end."""
        left = {name: [*one.waiting] for name, one in self.model.channels.items() if one.waiting}
        if left or self.model.open or any(self._heard.values()):
            raise Wrong(f"left: {left}, {[*self.model.open]}, {self._heard}")
        if self.told != self.model.told:
            raise Wrong(f"told {self.told}, expected {self.model.told}")

    def _nothing(self, kept: Kept) -> None:
        """A run that was killed early changed nothing and told nobody."""
        if came := [one for receiver in self.receivers.values() for one in receiver.drain()]:
            raise Wrong(f"it told before it was on record: {came}")
        if kept.channels or self.model.open:
            self._alerts(kept)

    def _same(self, model: Model, kept: Kept) -> bool:
        return {**model.past, **model.open} == kept.alerts

    def _alerts(self, kept: Kept) -> None:
        mine, theirs = {**self.model.past, **self.model.open}, kept.alerts
        for check in mine.keys() | theirs.keys():
            if mine.get(check) != theirs.get(check):
                raise Wrong(f"alert {check}: expected {mine.get(check)}, kept {theirs.get(check)}")

    def _deliveries(self, name: str, receiver: Receiver, at: float, kept: Kept, *, killed: bool) -> None:
        channel, came = self.model.channels[name], receiver.drain()
        now, up = kept.channels[name], receiver.mode == UP
        for message in channel.messages(at):
            waits = bool(kept.waiting.get(name, set()) & {*message.ids})
            if killed and waits and now.failures == channel.failures:  # killed before it was marked
                if self._came(name, receiver, message, came, must=False):
                    self._heard_of(name, message, came_unmarked=True)
                break
            if waits == up:
                raise Wrong(f"{name} is {receiver.mode}, and {message.ids} {'waits' if waits else 'is gone'}")
            self._came(name, receiver, message, came, must=up or isinstance(receiver, Hook))
            if not up:
                if receiver.mode == "takes and resets":
                    self._heard_of(name, message, came_unmarked=True)
                channel.failed(message, at, receiver.modes[receiver.mode])
                break
            channel.took(message, at)
            self._heard_of(name, message)
        if came:
            raise Wrong(f"{name} got what nobody expected: {came}")
        if {*channel.waiting} != kept.waiting.get(name, set()) or channel.failures != now.failures:
            raise Wrong(f"{name}: expected {channel}, kept {kept.waiting.get(name)}, {now}")

    def _came(self, name: str, receiver: Receiver, message: Message, came: list[Came], *, must: bool) -> bool:
        """Whether a message came, and as it should be; it is taken off the list with its attempts."""
        id_ = message.ids[-1]
        if name == "mail":
            digest = hashlib.sha256(f"message {id_}".encode()).hexdigest()[:32]
            id_ = f"<{digest}@example.nl>"
        found = [one for one in came if one.id == id_]
        if must and not found:
            raise Wrong(f"{name} did not get {message}, but {came}")
        for one in found:
            came.remove(one)
            differs = (
                _differs_json(one, message) if isinstance(receiver, Hook) else _differs_text(one, message)
            )
            if differs:
                raise Wrong(f"{name}, {message.ids}: {differs}")
        if len(found) > (3 if receiver.mode == "broken" else 1):
            raise Wrong(f"{name} got {message.ids} {len(found)} times in one run")
        return bool(found)

    def _heard_of(self, name: str, message: Message, *, came_unmarked: bool = False) -> None:
        """Count a message; one that came and was not marked comes again, alone or with what is new."""
        self.messages[f"{name} {message.kind}"] += 1
        if came_unmarked:
            self.repeats[name] += 1
            return
        heard = self._heard[name]
        for line in message.lines:
            self.told[f"{name} begun"] += line.id not in heard
            if line.open:
                if line.event == "firing" and line.id in heard:
                    raise Wrong(f"{name} was told twice that {line.id} begins")
                heard.add(line.id)
            else:
                self.told[f"{name} ended"] += 1
                heard.discard(line.id)


def _differs_json(came: Came, message: Message) -> str:
    body = came.content
    lines = {
        Line(
            one["id"], one["check"], one["event"], one["severity"], one["status"], one["open"],
            tuple(one["fails"]), tuple(one["blocks"]),
        )
        for one in body["incidents"]
    }  # fmt: skip
    if (body["kind"], lines, len(body["incidents"])) != (message.kind, {*message.lines}, len(lines)):
        return f"expected {message}, got {json.dumps(body['incidents'])}"
    return ""


def _ended(line: str) -> str:
    return ENDS.sub(lambda found: WORDS["resolved"].format(check=found[1] or found[2]), line)


def _differs_text(came: Came, message: Message) -> str:
    found = Counter(
        match[1] for line in map(_ended, came.content.splitlines()) if (match := TITLE.match(line))
    )
    status = {"failing": "fails", "unknown": "cannot be observed"}
    wanted = Counter(
        WORDS[line.event].format(check=line.check, status=status[line.status]) for line in message.lines
    )
    return "" if found == wanted else f"expected {wanted}, got {came.content}"


def record_of(state: Path, at: str) -> dict[str, Any] | None:
    """The record of the run that began then."""
    for path in (state / "runs").glob(f"{at}-*.json"):
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return None
