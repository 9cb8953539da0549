"""What the history file holds for alerts: their state, messages on their way, silences, how channels fare.

A run's alerts and the messages that follow from them are written in one transaction before anything is
sent, and a message is marked when its channel took it. A process that is killed in between loses nothing,
and repeats one message at most.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

import msgspec
from msgspec import Struct

from reporters.alerts import FLAP_SECONDS, Alert, Key
from reporters.history import transaction
from reporters.notice import Notice, Receipt
from reporters.quiet import Scope, Silence

KEPT_SECONDS = 400 * 86400.0
"""How long what was delivered and what has ended stays on record: a year and a month."""


class Channel(Struct, frozen=True):
    """How a channel fares; times in epoch seconds, 0 for never."""

    name: str
    delivered: float = 0.0
    canary: float = 0.0
    failures: int = 0
    error: str = ""
    warned: float = 0.0
    first: float = 0.0


class Waiting(Struct, frozen=True):
    """A message that its channel has not taken yet."""

    id: str
    notice: Notice
    attempts: int


class Outbox:
    """The tables of alerts in an open history file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing."""
        return transaction(self._connection)

    def alerts(self) -> dict[Key, Alert]:
        """Those that are open, and those that ended within the hour."""
        rows = self._connection.execute("SELECT site, check_id, alert FROM alerts").fetchall()
        return {(site, check): msgspec.json.decode(text, type=Alert) for site, check, text in rows}

    def save(self, alerts: Mapping[Key, Alert], at: float) -> None:
        """The alerts as they are now; what ended longer ago stays in the record of incidents only."""
        self._connection.execute("DELETE FROM alerts")
        for (site, check), alert in alerts.items():
            if alert.ended is None or alert.ended > at - FLAP_SECONDS:
                row = (site, check, msgspec.json.encode(alert))
                self._connection.execute("INSERT INTO alerts VALUES (?, ?, ?)", row)
            if alert.firing:
                one = alert.result
                self._connection.execute(
                    "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        alert.id,
                        site,
                        check,
                        one.group,
                        one.severity,
                        one.status,
                        alert.since,
                        alert.ended,
                        one.root,
                    ),
                )
        self._connection.execute("DELETE FROM incidents WHERE ended < ?", (at - KEPT_SECONDS,))

    def put(self, channel: str, notice: Notice) -> None:
        """A message on its way."""
        self._connection.execute(
            "INSERT OR IGNORE INTO outbox (id, channel, notice, created) VALUES (?, ?, ?, ?)",
            (notice.id, channel, msgspec.json.encode(notice), notice.at),
        )

    def waiting(self, channel: str, at: float) -> list[Waiting]:
        """What a channel is still to take, the oldest first; nothing while it is to be left alone."""
        rows = self._connection.execute(
            "SELECT id, notice, attempts, next_at FROM outbox WHERE channel = ? AND delivered IS NULL"
            " ORDER BY created, id",
            (channel,),
        ).fetchall()
        if any(next_at > at for _, _, _, next_at in rows):
            return []
        return [Waiting(id_, msgspec.json.decode(text, type=Notice), tries) for id_, text, tries, _ in rows]

    def holds_canary(self, channel: str) -> bool:
        """Whether a canary waits for a channel already: one is proof enough once it is back."""
        row = self._connection.execute(
            "SELECT 1 FROM outbox WHERE channel = ? AND delivered IS NULL AND id LIKE '%-canary-' || channel",
            (channel,),
        ).fetchone()
        return row is not None

    def undelivered(self) -> dict[str, int]:
        """Channel -> how many messages wait."""
        rows = self._connection.execute(
            "SELECT channel, COUNT(*) FROM outbox WHERE delivered IS NULL GROUP BY channel"
        )
        return dict(rows.fetchall())

    def delivered(
        self, channel: str, ids: Iterable[str], notice: Notice, receipt: Receipt, at: float
    ) -> None:
        """The channel took them, as this one message."""
        with self.transaction():
            for id_ in ids:
                self._connection.execute(
                    "UPDATE outbox SET delivered = ?, error = '', receipt = ? WHERE id = ?",
                    (at, receipt.id, id_),
                )
            for incident in notice.incidents:
                if not incident.open:
                    self._connection.execute(
                        "DELETE FROM receipts WHERE channel = ? AND incident = ?", (channel, incident.id)
                    )
                elif receipt.id:
                    self._connection.execute(
                        "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)", (channel, incident.id, receipt.id)
                    )
            canary = at if notice.kind == "canary" else None
            self._connection.execute(
                "INSERT INTO channels (name, first, delivered, canary) VALUES (:name, :at, :at, :canary)"
                " ON CONFLICT DO UPDATE SET delivered = :at, failures = 0, error = '',"
                " canary = COALESCE(:canary, canary)",
                {"name": channel, "at": at, "canary": canary},
            )
            self._connection.execute("DELETE FROM outbox WHERE delivered < ?", (at - KEPT_SECONDS,))

    def failed(self, channel: str, ids: Iterable[str], error: str, at: float, next_at: float) -> None:
        """The channel did not take them; they wait."""
        with self.transaction():
            for id_ in ids:
                self._connection.execute(
                    "UPDATE outbox SET attempts = attempts + 1, error = ?, next_at = ? WHERE id = ?",
                    (error, next_at, id_),
                )
            self._connection.execute(
                "INSERT INTO channels (name, first, failures, error) VALUES (:name, :at, 1, :error)"
                " ON CONFLICT DO UPDATE SET failures = failures + 1, error = :error",
                {"name": channel, "at": at, "error": error},
            )

    def receipts(self, channel: str) -> dict[str, str]:
        """Incident id -> what the channel said of its first message."""
        rows = self._connection.execute(
            "SELECT incident, receipt FROM receipts WHERE channel = ?", (channel,)
        )
        return dict(rows.fetchall())

    def channels(self, names: Iterable[str], at: float) -> dict[str, Channel]:
        """How each channel fares; a new one is remembered from now on."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO channels (name, first) VALUES (?, ?)", [(name, at) for name in names]
        )
        rows = self._connection.execute(
            "SELECT name, delivered, canary, failures, error, warned, first FROM channels"
        ).fetchall()
        return {row[0]: Channel(*row) for row in rows if row[0] in set(names)}

    def warned(self, channel: str, at: float) -> None:
        """Others were told that this channel is in trouble."""
        self._connection.execute("UPDATE channels SET warned = ? WHERE name = ?", (at, channel))

    def silence(self, scope: Scope, owner: str, because: str, starts: float, ends: float) -> str:
        """Begin a silence; gives its id."""
        cursor = self._connection.execute(
            "INSERT INTO silences (scope, owner, because, starts, ends) VALUES (?, ?, ?, ?, ?)",
            (msgspec.json.encode(scope), owner, because, starts, ends),
        )
        return str(cursor.lastrowid)

    def end_silence(self, id_: str, at: float) -> bool:
        """End one before its time; False when none of that id holds."""
        cursor = self._connection.execute(
            "UPDATE silences SET ends = ? WHERE id = ? AND ends > ?", (at, id_, at)
        )
        return cursor.rowcount == 1

    def silences(self, at: float) -> list[Silence]:
        """Those of the command line that hold, or will."""
        rows = self._connection.execute(
            "SELECT id, scope, owner, because, starts, ends FROM silences WHERE ends > ?", (at,)
        ).fetchall()
        return [
            Silence(str(id_), msgspec.json.decode(scope, type=Scope), owner, because, starts, ends)
            for id_, scope, owner, because, starts, ends in rows
        ]

    def hold(self, silence: Silence, keys: Iterable[Key]) -> None:
        """Remember what a silence held back, to be told at its end; one of the settings is remembered too."""
        self._connection.execute(
            "INSERT OR IGNORE INTO held_silences VALUES (?, ?, ?, ?, ?)",
            (silence.id, str(silence.scope), silence.owner, silence.because, silence.ends),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO held VALUES (?, ?, ?)", [(silence.id, *key) for key in keys]
        )

    def ended_silences(self, holding: Iterable[str]) -> list[tuple[str, str, str, str, list[Key]]]:
        """(id, scope, owner, because, what it held back) of silences that hold no more; each is told once."""
        still = set(holding)
        found = []
        rows = self._connection.execute("SELECT id, scope, owner, because FROM held_silences").fetchall()
        for id_, scope, owner, because in rows:
            if id_ in still:
                continue
            keys = self._connection.execute("SELECT site, check_id FROM held WHERE silence = ?", (id_,))
            found.append((id_, scope, owner, because, keys.fetchall()))
            self._connection.execute("DELETE FROM held_silences WHERE id = ?", (id_,))
            self._connection.execute("DELETE FROM held WHERE silence = ?", (id_,))
        return found
