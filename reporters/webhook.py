"""Messages as JSON to a URL, as `runbook/webhook-schema.json` describes them.

With a secret each body is signed: `X-Signature-256: sha256=` and the hexadecimal HMAC-SHA256 of the body's
bytes. The body holds the message's id and time, so that a receiver can tell an old one that is sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from typing import Any

from fixtures import clock
from fixtures.schema import Secret, Webhook
from reporters import words
from reporters.notice import Incident, Notice, Receipt
from reporters.outbound import Undelivered
from reporters.service import (
    check_authority,
    check_url,
    deliver,
    expect,
    given,
    now_given,
    plain,
    utc,
)

VERSION = 1
"""Goes up when a key changes its meaning or goes; new keys may come without."""

TIMEOUT_SECONDS = 5.0
TEXT = 2_000
NAME = 200
MANY = 500
EVIDENCE = 50


def configured(settings: Webhook) -> bool:
    """Whether there is a URL."""
    return bool(settings.url or settings.url_file)


def check(settings: Webhook) -> None:
    """SettingsError for settings that cannot work."""
    check_url(settings, "webhook")
    given(settings, "webhook", "secret")
    check_authority(settings.tls_ca, "webhook")


def render(notice: Notice) -> dict[str, Any]:
    """The document that is sent."""
    return {
        "version": VERSION,
        "id": plain(notice.id, NAME),
        "kind": notice.kind,
        "at": utc(notice.at),
        "run": plain(notice.run, NAME),
        "language": notice.language,
        "severity": notice.severity,
        "resolved": notice.resolved,
        "headline": plain(words.headline(notice), TEXT),
        "sites": [plain(site, NAME) for site in notice.sites[:MANY]],
        "incidents": [_incident(one, notice) for one in notice.incidents[:MANY]],
        "left_out": max(0, len(notice.incidents) - MANY),
        "lines": [plain(line, TEXT) for line in notice.lines[:MANY]],
        "links": {plain(name, NAME): plain(url, TEXT) for name, url in notice.links.items()},
    }


def _incident(one: Incident, notice: Notice) -> dict[str, Any]:
    return {
        "id": plain(one.id, NAME),
        "event": one.event,
        "open": one.open,
        "site": plain(one.site, NAME),
        "check": plain(one.check, NAME),
        "group": plain(one.group, NAME),
        "severity": one.severity,
        "status": one.status,
        "since": utc(one.since),
        "ended": None if one.ended is None else utc(one.ended),
        "headline": plain(words.told(one, notice.language), TEXT),
        "summary": plain(one.summary, TEXT),
        "value": _number(one.value),
        "limit": _number(one.limit),
        "direction": one.direction,
        "unit": plain(one.unit, NAME),
        "reason": plain(one.reason, TEXT),
        "evidence": {
            plain(key, NAME): _evidence(value) for key, value in list(one.evidence.items())[:EVIDENCE]
        },
        "blocks": [plain(name, NAME) for name in one.blocks[:MANY]],
        "fails": [plain(name, NAME) for name in one.fails[:MANY]],
        "first_step": plain(one.first_step, TEXT),
        "runbook": plain(one.runbook, TEXT),
        "events": plain(one.events, NAME),
        "last_seen": utc(one.last_seen) if one.last_seen else None,
        "left": _number(one.left),
    }


def send(settings: Webhook, notice: Notice, earlier: Mapping[str, str]) -> Receipt:  # noqa: ARG001
    """Deliver it; the same message always has the same Idempotency-Key.

    Raises:
        Later: it is busy or broken. Undelivered: it did not answer. Refused: it says no.
    """
    url, key = now_given(settings, "webhook", "url"), now_given(settings, "webhook", "secret")
    if url is None:
        raise Undelivered("webhook: says not where to")
    # ASCII alone: some servers read no other, and no line is too long for a proxy that logs it.
    body = json.dumps(render(notice), allow_nan=False).encode()
    reply = deliver(
        "the webhook",
        url.reveal(),
        timeout=settings.timeout or TIMEOUT_SECONDS,
        body=body,
        headers=headers(notice, body, key),
        tls_ca=settings.tls_ca,
    )
    expect(reply, "the webhook")
    return Receipt(detail="ok")


def headers(notice: Notice, body: bytes, key: Secret | None) -> dict[str, str]:
    """What stands above the body."""
    found = {
        "Content-Type": "application/json",
        "X-Timestamp": f"{clock.now():.0f}",
        "Idempotency-Key": plain(notice.id, NAME).encode("ascii", "backslashreplace").decode(),
    }
    if key is not None:
        digest = hmac.new(key.reveal().encode(), body, hashlib.sha256).hexdigest()
        found["X-Signature-256"] = f"sha256={digest}"
    return found


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _evidence(value: object) -> object:
    if value is None or isinstance(value, (bool, int)):
        return value
    return _number(value) if isinstance(value, float) else plain(str(value), TEXT)
