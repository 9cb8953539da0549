"""Open incidents to an Alertmanager, which routes and repeats them by its own rules (its API v2).

Each is an alert that ends by itself a few runs ahead, and every run moves that end on: when the runs stop,
the alerts stop as well, and the heartbeat tells. Nothing is remembered here. An alert is what its labels say,
so one whose severity changed is another: the one before is ended here, or it would come up again once the new
one, which hides it, is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from fixtures.schema import Alertmanager, Secret, SettingsError
from reporters import words
from reporters.fence import within
from reporters.notice import Incident, Language, Notice, Receipt
from reporters.outbound import Undelivered
from reporters.service import SECONDS, check_authority, deliver, expect, given, now_given, parts, plain, utc

TIMEOUT_SECONDS = 5.0
INTERVALS = 4
"""How many run intervals an alert lasts that is not posted again: one run that is lost ends none."""

RUN_SECONDS = 300.0
"""The interval that a message counts with; a run that refreshes afterwards knows its own."""

TEXT = 1_000
NAME = 200
TEST = "ChecksTest"

Alert = dict[str, Any]


def configured(settings: Alertmanager) -> bool:
    """Whether there is an address."""
    return bool(settings.url)


def check(settings: Alertmanager) -> None:
    """SettingsError for settings that cannot work."""
    if not settings.url:
        raise SettingsError("alertmanager.url: is missing; needed: http:// or https:// and a host")
    found = parts(settings.url)
    if found is None or found.query:
        told = "" if "@" in settings.url or "?" in settings.url else f" = {settings.url}"
        raise SettingsError(
            f"alertmanager.url{told}: must be http:// or https:// and a host; an account goes into user and"
            " password_file"
        )
    if given(settings, "alertmanager", "password") is not None and not settings.user:
        raise SettingsError("alertmanager.user: is missing; a password is of a user")
    check_authority(settings.tls_ca, "alertmanager")


def render(notice: Notice) -> list[Alert]:
    """The alerts of a message. A test is an alert of its own; a digest or a canary has none."""
    if notice.kind == "test":
        labels = {"alertname": TEST, "severity": "info"}
        notes = {"summary": plain(words.headline(notice), TEXT)}
        ends = utc(notice.at + RUN_SECONDS)
        return [{"labels": labels, "annotations": notes, "startsAt": utc(notice.at), "endsAt": ends}]
    return alerts(notice.incidents, notice.at, RUN_SECONDS, notice.language)


def alerts(
    incidents: Iterable[Incident], at: float, interval: float, language: Language = "en"
) -> list[Alert]:
    """Each incident as an alert that ends when the incident did, or a few run intervals after `at`."""
    return [
        {
            "labels": _labels(one),
            "annotations": _annotations(one, language),
            "startsAt": utc(one.since),
            # An end before the start is refused, and a second is the smallest step that is written here.
            "endsAt": utc(max(one.since, at + INTERVALS * interval if one.ended is None else one.ended)),
        }
        for one in incidents
    ]


def _labels(one: Incident) -> dict[str, str]:
    """An empty label is none: https://prometheus.io/docs/concepts/data_model."""
    found = {
        "alertname": one.check,
        "check": one.check,
        "group": one.group,
        "severity": one.severity,
        "site": one.site,
    }
    return {key: plain(value, NAME) for key, value in found.items() if value}


def _annotations(one: Incident, language: Language) -> dict[str, str]:
    facts = words.facts(replace(one, first_step=""), language)
    about = ". ".join(f"{name}: {plain(text, TEXT // 2)}" for name, text in facts)
    found = {
        "summary": one.summary or words.told(one, language),
        "description": about or words.told(one, language),
        "first_step": one.first_step,
        "runbook_url": one.runbook,
    }
    return {key: plain(value, TEXT) for key, value in found.items() if value}


def send(settings: Alertmanager, notice: Notice, earlier: Mapping[str, str]) -> Receipt:  # noqa: ARG001
    """Post the incidents of a message.

    Raises:
        Later: it is busy or broken. Undelivered: it did not answer. Refused: it says no.
    """

    def work() -> None:
        changed = [one for one in notice.incidents if one.event in ("worse", "resolved")]
        ended = [alert for one in changed for alert in _before(settings, one, notice.at)]
        _post(settings, [*ended, *render(notice)])

    within(SECONDS, work)
    return Receipt(detail="ok")


def refresh(
    settings: Alertmanager,
    incidents: Iterable[Incident],
    at: float,
    seconds: float,
    language: Language = "en",
) -> None:
    """Post all that is open, with an end a few times `seconds`, the runs' interval, ahead.

    Raises:
        Later: it is busy or broken. Undelivered: it did not answer. Refused: it says no.
    """
    if found := alerts((one for one in incidents if one.open), at, seconds, language):
        _post(settings, found)


def _before(settings: Alertmanager, one: Incident, at: float) -> list[Alert]:
    """What Alertmanager still holds of an incident at other severities, ended."""
    labels = _labels(one)
    # Go's quoted strings and JSON's are alike in what a label can hold here.
    matchers = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items()]
    query = urlencode([("filter", text) for text in matchers if not text.startswith("severity=")])
    text = _ask(settings, "GET", f"?{query}")
    found: list[Alert] = []
    try:
        held = msgspec.json.decode(text, type=list[dict[str, Any]])
        for alert in held:
            other = alert["labels"]
            if other != labels and other | {"severity": labels["severity"]} == labels:
                found.append({"labels": other, "startsAt": alert["startsAt"], "endsAt": utc(one.ended or at)})
    except (msgspec.DecodeError, KeyError, TypeError):
        raise Undelivered("what Alertmanager answered is none of its answers") from None
    return found


def _post(settings: Alertmanager, found: list[Alert]) -> None:
    _ask(settings, "POST", "", json.dumps(found).encode())


def _ask(settings: Alertmanager, method: str, query: str, body: bytes = b"") -> str:
    password = now_given(settings, "alertmanager", "password")
    if not settings.url:
        raise Undelivered("alertmanager: says not where to")
    reply = deliver(
        "Alertmanager",
        f"{settings.url.rstrip('/')}/api/v2/alerts{query}",
        method=method,
        timeout=settings.timeout or TIMEOUT_SECONDS,
        body=body,
        headers={"Content-Type": "application/json"},
        account=(settings.user, password or Secret("")) if settings.user else None,
        tls_ca=settings.tls_ca,
    )
    expect(reply, "Alertmanager")
    return reply.text
