"""Runs over simulated time, with a channel that remembers what it was sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import Alerts, Document, Route
from reporters import channels, notify
from reporters.history import History
from reporters.notice import Receipt
from reporters.outbound import Undelivered
from reporters.outbox import Outbox
from reporters.routing import Place
from tests.reporters.test_run import result, run

MINUTES = 60
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def local(text: str) -> float:
    """Epoch seconds of a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).timestamp()


class Fake:
    """A channel: `sent` are its notices; `error` is what it answers instead of taking one."""

    def __init__(self) -> None:
        self.sent, self.error, self.earlier = [], None, []

    def send(self, settings, notice, earlier):
        if self.error is not None:
            raise self.error
        self.earlier.append(dict(earlier))
        self.sent.append(notice)
        return Receipt(f"r{len(self.sent)}")

    def told(self, *kinds: str) -> list[tuple[str, str]]:
        """(event, check) of every incident, in the order of the messages."""
        return [
            (incident.event, incident.check)
            for notice in self.sent
            if notice.kind in (kinds or ("alert",))
            for incident in notice.incidents
        ]

    def messages(self, kind: str = "alert") -> list:
        """Its notices of a kind."""
        return [one for one in self.sent if one.kind == kind]


class World:
    """One site's suite, run every five minutes."""

    def __init__(self, folder: Path, monkeypatch, start: str = "2026-11-02T10:00", **alerts) -> None:
        self.path = folder / "history.sqlite"
        self.at = local(start)
        self.channels: dict[str, Fake] = {}
        self.document = Document(alerts=Alerts(**({"canary": "3650d"} | alerts)))
        self.channel("slack")
        self._number = 0
        monkeypatch.setattr(clock, "now", lambda: self.at)
        monkeypatch.setattr(
            channels, "configured", lambda _: {name: (one, None) for name, one in self.channels.items()}
        )
        history = History(self.path)
        proved = Outbox(history.connection)
        for name in ("slack", "mail", "apprise"):  # as if the first canary had been long ago
            empty = SimpleNamespace(incidents=(), kind="canary")
            proved.delivered(name, [], empty, Receipt(), self.at)
        history.close()

    def channel(self, name: str) -> Fake:
        """One more channel."""
        return self.channels.setdefault(name, Fake())

    @property
    def slack(self) -> Fake:
        return self.channels["slack"]

    def outbox(self, use):
        """Something with the outbox, in a process of its own as it were."""
        history = History(self.path)
        try:
            return use(Outbox(history.connection))
        finally:
            history.close()

    def run(self, *results, minutes: float = 5, deliver: bool = True, complete: bool = True) -> None:
        """The next run sees these results."""
        self.at += minutes * MINUTES
        self._number += 1
        seen = [one if one.status == "skipped" else replace(one, observed_at=self.at) for one in results]
        made = run(*seen, id=f"run{self._number}", started=self.at - 1, complete=complete)

        def move(outbox: Outbox) -> list:
            place = Place(self.at, made.id, Path("/nowhere"))
            notify.record(made, self.document, outbox, place)
            if not deliver:
                return []
            sent = [*notify.deliver(self.document, outbox)]
            notify.refresh(self.document, outbox.alerts(), place)
            return sent

        self.sent = self.outbox(move)

    def runs(self, count: int, *results) -> None:
        """The same again and again."""
        for _ in range(count):
            self.run(*results)


def bad(check="a", severity="critical", **more):
    """A failing result."""
    return _made(check, "failing", severity, value=9.0, limit=5.0, direction="<=", unit="x", **more)


def ok(check="a", severity="critical", **more):
    """A good one."""
    return _made(check, "ok", severity, **more)


def blind(check="a", severity="critical", **more):
    """One that could not be observed."""
    return _made(check, "unknown", severity, reason="no answer", **more)


def _made(check, status, severity, group="g", **more):
    return replace(result(check, status, severity, **more), group=group)


__all__ = ["Route", "Undelivered", "World", "bad", "blind", "local", "ok", "replace"]
