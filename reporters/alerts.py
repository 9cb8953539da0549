"""A check's state over runs: pending, firing, resolved. Pure: what was, what this run saw -> what is.

Told per channel and not once for all: an alert is due on a channel when its route leads there now and the
channel has not been told yet. So a silence, a root cause, hours and an escalation need no states of their
own: while one holds a message back the channel is not told, and when it ends the channel is, if the alert
is still open. A channel that was told of an alert is always told of its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES, Severity
from reporters.run import Result, Run

Key = tuple[str, str]
"""Site and check."""

FLAP_SECONDS = 3600.0
FLAPS = 4
"""Turns, from bad to good or back, within an hour: then an alert ends after `STEADY` good runs only."""
STEADY = 6


class Policy(Struct, frozen=True):
    """When an alert fires: runs in a row, by severity; `unknown` counts for what cannot be observed."""

    after: int
    after_critical: int
    after_unknown: int

    def runs(self, result: Result) -> int:
        """How many bad runs in a row make an alert of this result."""
        if result.status == "unknown":
            return self.after_unknown
        return self.after_critical if result.severity == "critical" else self.after


class Told(Struct, frozen=True):
    """What a channel was last told of an alert."""

    at: float
    severity: Severity
    status: str


class Alert(Struct, frozen=True):
    """One check's trouble on one site, with its latest result. Times in epoch seconds.

    `turns` are the last hour's turns, `told` what each channel was last told. `past` is what a pending one
    came after: if it was nothing, that is what still stands. `rose` is when its value last rose: a check that
    counts events then saw a new one. `left` is the value when it ended.
    """

    result: Result
    since: float
    bad: int = 1
    good: int = 0
    firing: bool = False
    fired: float = 0.0
    ended: float | None = None
    turns: tuple[float, ...] = ()
    told: Mapping[str, Told] = {}
    past: Alert | None = None
    rose: float = 0.0
    left: float | None = None

    @property
    def key(self) -> Key:
        """Site and check."""
        return self.result.site, self.result.check

    @property
    def id(self) -> str:
        """The incident's id, the same from its first message to its last."""
        return f"{self.result.site}/{self.result.check}/{self.since:.0f}"

    @property
    def state(self) -> Literal["pending", "firing", "resolved"]:
        """Where it stands."""
        return "resolved" if self.ended is not None else "firing" if self.firing else "pending"

    @property
    def flapping(self) -> bool:
        """Whether it comes and goes: its end is then believed after several good runs only."""
        return len(self.turns) >= FLAPS


def rank(severity: Severity) -> int:
    """0 for info to 3 for critical."""
    return SEVERITIES.index(severity)


def advance(before: Mapping[Key, Alert], run: Run, at: float, policy: Policy) -> dict[Key, Alert]:
    """The alerts after a run, with those that ended within the hour: they tell whether one comes and goes.

    `run` holds what was carried over, too. A check that the run did not observe (not due, not selected)
    keeps its alert as it is.
    """
    now = {key: alert for key, alert in before.items() if alert.ended is None}
    past = {
        key: alert
        for key, alert in before.items()
        if alert.ended is not None and alert.ended > at - FLAP_SECONDS
    }
    seen = set()
    for result in run.worst():
        key = (result.site, result.check)
        if result.status == "skipped" and not result.not_due:
            continue
        seen.add(key)
        if result.status == "skipped" or (result.observed_at and result.observed_at < run.started):
            if key in now:  # carried over: its root may have changed, nothing else
                now[key] = replace(now[key], result=replace(now[key].result, root=result.root))
            continue
        known = now.pop(key, None)
        if result.status != "ok":
            now[key] = _bad(known, result, at, policy, past.get(key))
        elif known is not None and known.firing:
            now[key] = _good(known, result, at)
        elif known is not None and known.past is not None:
            past[key] = known.past
    if run.complete:  # what is no longer checked, or no longer applies, is no longer told of
        now |= {key: replace(alert, ended=at, past=None) for key, alert in now.items() if key not in seen}
    return past | now


def _bad(alert: Alert | None, result: Result, at: float, policy: Policy, past: Alert | None) -> Alert:
    rose = at if _more(result, alert.result if alert else None) else alert.rose if alert else 0.0
    if alert is None:
        alert = Alert(result, at, turns=_turned(past, at) if past else (), past=past)
    elif alert.good:
        alert = replace(alert, result=result, bad=1, good=0, turns=_turned(alert, at))
    else:
        alert = replace(alert, result=result, bad=alert.bad + 1)
    if not alert.firing and alert.bad >= policy.runs(result):
        alert = replace(alert, firing=True, fired=at, past=None)
    return replace(alert, rose=rose)


def _more(now: Result, before: Result | None) -> bool:
    if now.status != "failing" or now.value is None:
        return False
    return before is None or before.value is None or now.value > before.value


def _good(alert: Alert, result: Result, at: float) -> Alert:
    """It ends at once, or when it is steady; a pending one never gets here: it was nothing."""
    turns = alert.turns if alert.good else _turned(alert, at)
    alert = replace(alert, good=alert.good + 1, turns=turns)
    needed = STEADY if alert.flapping else 1
    return replace(alert, ended=at, left=result.value) if alert.good >= needed else alert


def _turned(alert: Alert, at: float) -> tuple[float, ...]:
    return (*(one for one in alert.turns if one > at - FLAP_SECONDS), at)


def followers(alerts: Iterable[Alert], root: Alert) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(fails, blocks): the checks of open alerts that come from `root`."""
    own = [
        one.result
        for one in alerts
        if one.ended is None and one.result.site == root.result.site and one.result.root == root.result.check
    ]
    fails = tuple(sorted(one.check for one in own if one.status == "failing"))
    return fails, tuple(sorted(one.check for one in own if one.status == "unknown"))
