"""What is told to people: a notice to one channel, with the incidents it tells of.

Made by the alerts, kept in the outbox as JSON, shown by each channel in its own way. Everything a channel
may show stands here; nothing here is secret or personal, but evidence holds what a site answered, so each
channel escapes all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from fixtures.declaration import SEVERITIES, Severity

Event = Literal["firing", "worse", "reminder", "escalated", "resolved"]
Kind = Literal["alert", "digest", "test", "canary"]
Language = Literal["en", "nl"]


class Incident(Struct, frozen=True):
    """One check's trouble on one site, from when it began to when it ends; times in epoch seconds.

    `id` is the same from the first message to the last. `blocks` cannot be observed because of it, `fails`
    are followers that fail as well. `events` is the time whose events the check counts (24h), empty for a
    state; `last_seen` is when a new one was last seen, `left` how many the time still held at the end.
    `runbook` is a URL where one is configured, else the page's path.
    """

    id: str
    event: Event
    site: str
    check: str
    group: str
    severity: Severity
    status: Literal["failing", "unknown"]
    since: float
    ended: float | None = None
    summary: str = ""
    value: float | None = None
    limit: float | None = None
    direction: str | None = None
    unit: str = ""
    reason: str = ""
    evidence: Mapping[str, Any] = {}
    blocks: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    first_step: str = ""
    runbook: str = ""
    events: str = ""
    last_seen: float = 0.0
    left: float | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


class Notice(Struct, frozen=True):
    """One message. `id` is its idempotency key; `lines` are plain text of a digest, a test or a canary.

    `links`: name -> URL of the status page and Grafana, where they are configured. `zone` is the time zone
    that times are told in.
    """

    id: str
    kind: Kind
    at: float
    run: str
    incidents: tuple[Incident, ...] = ()
    lines: tuple[str, ...] = ()
    links: Mapping[str, str] = {}
    zone: str = "UTC"
    language: Language = "en"

    @property
    def severity(self) -> Severity:
        """The worst of its open incidents, or of all when none is open; info without any."""
        of = [one for one in self.incidents if one.open] or [*self.incidents]
        return max((one.severity for one in of), key=SEVERITIES.index, default="info")

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites it tells of, in order."""
        return tuple(dict.fromkeys(one.site for one in self.incidents))

    @property
    def resolved(self) -> bool:
        """Whether all that it tells of has ended."""
        return bool(self.incidents) and not any(one.open for one in self.incidents)


class Receipt(Struct, frozen=True):
    """What a channel says of a delivered message: an id there, for threads and for proof; often empty."""

    id: str = ""
    detail: str = ""
