"""What should have been told: the rules of alerts once more, from the docs and in a few lines, with no code of the suite.

docs/architecture.md (the life of an alert) and docs/reference/settings.md (alerts) say them; the soak holds each
message and the state in the history against what comes out here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
RANKS = ("info", "warning", "high", "critical")
REMIND, CANARY, WARN = 4 * HOUR, 7 * DAY, DAY
BACKOFF = (0.0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE)
PERIODS = {"run": 0.0, "hourly": HOUR, "daily": DAY}
MAINTENANCE = "maintenance_mode_off"


@dataclass(frozen=True)
class Facts:
    """What a check declares."""

    every: str = "run"
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What a run saw of a check, at its worst: ok, failing or unknown."""

    status: str
    severity: str = "info"


@dataclass(frozen=True)
class Trouble:
    """An alert; `told`: channel -> when, with which severity and status."""

    seen: Seen
    root: str | None
    since: float
    bad: int = 1
    good: int = 0
    firing: bool = False
    ended: float | None = None
    turns: tuple[float, ...] = ()
    told: dict[str, tuple[float, str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One incident in a message."""

    id: str
    check: str
    event: str
    severity: str
    status: str
    open: bool
    fails: tuple[str, ...]
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """What a channel is to take: `ids` of the outbox that it stands for, the last of them its own."""

    ids: tuple[str, ...]
    kind: str
    lines: tuple[Line, ...] = ()


@dataclass
class Channel:
    """What waits for a channel, and how it fares."""

    waiting: dict[str, Message] = field(default_factory=dict)
    next_at: dict[str, float] = field(default_factory=dict)
    failures: int = 0
    canary: float = 0.0
    delivered: float = 0.0
    warned: float = 0.0
    first: float = 0.0

    def messages(self, at: float) -> list[Message]:
        """What is sent now: alerts that wait as one, anything else by itself, nothing while it is left alone."""
        if any(self.next_at.get(id_, 0.0) > at for id_ in self.waiting):
            return []
        queue = [self.waiting[id_] for id_ in sorted(self.waiting)]  # an id begins with the time of its run
        alerts = [one for one in queue if one.kind == "alert"]
        rest = [one for one in queue if one.kind != "alert"]
        if not alerts:
            return rest
        latest = {line.id: line for one in alerts for line in one.lines}
        ids = tuple(id_ for one in alerts for id_ in one.ids)
        return [Message(ids, "alert", tuple(latest.values())), *rest]

    def took(self, message: Message, at: float) -> None:
        """It has been marked as delivered."""
        for id_ in message.ids:
            self.waiting.pop(id_)
            self.next_at.pop(id_, None)
        self.failures, self.delivered = 0, at
        if message.kind == "canary":
            self.canary = at

    def failed(self, message: Message, at: float, later: float) -> None:
        """It was not taken; the channel is then left alone for a while."""
        wait = max(later, BACKOFF[min(self.failures, len(BACKOFF) - 1)])
        self.next_at |= dict.fromkeys(message.ids, at + wait)
        self.failures += 1


class Model:
    """The alerts and channels of one site as they should be."""

    def __init__(self, site: str, checks: dict[str, Facts], channels: tuple[str, ...]) -> None:
        self.site, self.checks = site, checks
        self.channels = {name: Channel() for name in channels}
        self.open: dict[str, Trouble] = {}
        self.past: dict[str, Trouble] = {}
        self.last: dict[str, tuple[float, Seen]] = {}
        self.told: Counter[str] = Counter()
        """`channel begun` and `channel ended`: incidents of which it is to be told so."""

    def due(self, at: float) -> set[str]:
        """The checks that a run must observe: not ok, or 95 % of the period has passed."""
        return {
            name
            for name, facts in self.checks.items()
            if name not in self.last
            or self.last[name][1].status != "ok"
            or at - self.last[name][0] >= 0.95 * PERIODS[facts.every]
        }

    def observe(self, seen: dict[str, Seen], at: float) -> None:
        """What a run saw goes on record."""
        self.last |= {name: (at, one) for name, one in seen.items()}

    def root(self, check: str, above: tuple[str, ...] = ()) -> str | None:
        """The failing check that a check's trouble comes from."""
        for name in self.checks[check].depends_on:
            if name not in self.last or name in above or self.last[name][1].status == "ok":
                continue
            deeper = self.root(name, (*above, check))
            if deeper or self.last[name][1].status == "failing":
                return deeper or name
        return None

    def advance(self, seen: dict[str, Seen], at: float, run: str) -> None:
        """The alerts move on, and what follows waits to be sent."""
        self.past = {name: one for name, one in self.past.items() if (one.ended or 0.0) > at - HOUR}
        for check, one in seen.items():
            if one.status != "ok":
                self.open[check] = self._bad(check, one, at)
            elif check in self.open:
                self._good(check, self.open.pop(check), at)
        for check in self.open.keys() - seen.keys():  # it was ok an hour ago, say, and waits for more of that
            self.open[check] = replace(self.open[check], root=None)
        self._tell(at, run)
        self._proofs(at, run)

    def _bad(self, check: str, one: Seen, at: float) -> Trouble:
        known, before = self.open.get(check), self.past.get(check)
        root = self.root(check)
        if known is None:
            turned = _turned(before.turns, at) if before else ()
            known = Trouble(one, root, at, turns=turned)
        elif known.good:
            known = replace(known, seen=one, root=root, bad=1, good=0, turns=_turned(known.turns, at))
        else:
            known = replace(known, seen=one, root=root, bad=known.bad + 1)
        needed = 3 if one.status == "unknown" else 1 if one.severity == "critical" else 2
        return replace(known, firing=known.firing or known.bad >= needed)

    def _good(self, check: str, known: Trouble, at: float) -> None:
        if not known.firing:
            return
        turns = known.turns if known.good else _turned(known.turns, at)
        known = replace(known, good=known.good + 1, turns=turns)
        if known.good >= (6 if len(turns) >= 4 else 1):
            self.past[check] = replace(known, ended=at)
        else:
            self.open[check] = known

    def _tell(self, at: float, run: str) -> None:
        every = {**self.past, **self.open}
        events: dict[str, list[Line]] = {}
        told: dict[str, dict[str, tuple[float, str, str]]] = {}
        for check, one in every.items():
            for channel in self.channels:
                event = self._event(one, channel, at)
                if event is None or (event != "resolved" and self._held(check, one)):
                    continue
                events.setdefault(channel, []).append(self._line(check, one, event))
                self.told[f"{channel} begun"] += channel not in one.told
                self.told[f"{channel} ended"] += event == "resolved"
                told.setdefault(check, {})[channel] = (at, one.seen.severity, one.seen.status)
        for check, more in told.items():
            home = self.open if check in self.open else self.past
            home[check] = replace(home[check], told=home[check].told | more)
        for channel, lines in events.items():
            self._put(channel, f"{run}-{channel}", "alert", tuple(lines))

    def _event(self, one: Trouble, channel: str, at: float) -> str | None:
        told = one.told.get(channel)
        if one.ended is not None:
            return "resolved" if told and one.ended == at else None
        if not one.firing or one.good:
            return None
        rank = RANKS.index(one.seen.severity)
        if told is None:
            return "firing" if rank > 0 else None
        if rank > RANKS.index(told[1]) or (one.seen.status, told[2]) == ("failing", "unknown"):
            return "worse"
        return "reminder" if rank > 0 and at - told[0] >= REMIND else None

    def _held(self, check: str, one: Trouble) -> bool:
        root, off = self.open.get(one.root or ""), self.open.get(MAINTENANCE)
        if root is not None and not root.good:
            return True
        return check != MAINTENANCE and off is not None and not off.good and off.seen.status == "failing"

    def _line(self, check: str, one: Trouble, event: str) -> Line:
        below = {name: two.seen.status for name, two in self.open.items() if two.root == check}
        fails = tuple(sorted(name for name, status in below.items() if status == "failing"))
        blocks = tuple(sorted(name for name, status in below.items() if status == "unknown"))
        id_ = f"{self.site}/{check}/{one.since:.0f}"
        severity, status = one.seen.severity, one.seen.status
        return Line(id_, check, event, severity, status, one.ended is None, fails, blocks)

    def _put(self, channel: str, id_: str, kind: str, lines: tuple[Line, ...] = ()) -> None:
        self.channels[channel].waiting[id_] = Message((id_,), kind, lines)

    def _proofs(self, at: float, run: str) -> None:
        for name, channel in self.channels.items():
            channel.first = channel.first or at
            if at - channel.canary >= CANARY and all(
                one.kind != "canary" for one in channel.waiting.values()
            ):
                self._put(name, f"{run}-canary-{name}", "canary")
            silent = at - max(channel.delivered, channel.first)
            if (channel.failures >= 3 or silent > 1.5 * CANARY) and at - channel.warned >= WARN:
                channel.warned = at
                for other in self.channels.keys() - {name}:
                    self._put(other, f"{run}-{name}-trouble-{other}", "digest")


def _turned(turns: tuple[float, ...], at: float) -> tuple[float, ...]:
    return (*(one for one in turns if one > at - HOUR), at)
