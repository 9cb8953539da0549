"""From a run to messages: the alerts move on, what follows is put into the outbox, and is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import Document
from reporters import channels, quiet, routing, words
from reporters.alerts import Alert, Key, advance
from reporters.channels import Module
from reporters.fence import within
from reporters.notice import Incident, Kind, Language, Notice, Receipt
from reporters.outbound import Undelivered
from reporters.outbox import Channel, Outbox
from reporters.routing import Place
from reporters.run import Run

SECONDS = 40.0
"""What delivering on one channel may take, all its messages together."""

BACKOFF = (0.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds that a channel is left alone after so many failures in a row; the last for all further ones."""

TROUBLE = 3
"""Failures of a channel in a row of which the others are told."""

UNPROVED = 1.5
"""A channel that delivered nothing for so many canary periods is one that has not proved itself."""

WARN_SECONDS = 86400.0
"""How long the others are not told again."""

RUN_SECONDS = 300.0
"""From one run to the next: Alertmanager keeps an alert for a few of these that no run refreshes."""

MACHINES = ("alertmanager",)
"""Channels that take alerts only."""

WITHOUT_LINES = (*MACHINES, "apprise")
"""Channels that are not bothered with what is over: an SMS is for what cannot wait."""


class Sent(Struct, frozen=True):
    """How one channel fared: how many messages it took, or why not."""

    channel: str
    messages: int
    error: str = ""


def record(run: Run, document: Document, outbox: Outbox, place: Place) -> None:
    """The alerts after this run and the messages that follow, in one transaction; nothing is sent yet.

    `run` holds what was carried over.
    """
    configured = channels.configured(document)
    settings, at = document.alerts, place.at
    with outbox.transaction():
        silences = outbox.silences(at)
        after = advance(outbox.alerts(), run, at, routing.policy(settings))
        found = routing.plan(after, settings, configured, silences, place)
        outbox.save(found.alerts, at)
        for channel, notice in found.notices.items():
            outbox.put(channel, notice)
        known = {one.id: one for one in (*silences, *quiet.configured(settings, at))}
        for id_, keys in found.held.items():
            if id_ in known:
                outbox.hold(known[id_], keys)
        names = [*configured]
        for channel, notice in _digests(document, outbox, place, names, [*known]):
            outbox.put(channel, notice)
        for channel, notice in _proofs(document, outbox, place, names):
            outbox.put(channel, notice)


def _digests(
    document: Document, outbox: Outbox, place: Place, names: list[str], holding: list[str]
) -> Iterator[tuple[str, Notice]]:
    """What silences that ended have held back."""
    language, alerts = document.alerts.language, outbox.alerts()
    for id_, pattern, owner, because, keys in outbox.ended_silences(holding):
        facts = {"pattern": pattern, "owner": owner, "because": because, "count": len(keys)}
        lines = [words.text(language, "silence_ended", **facts)]
        for site, check in sorted(keys):
            alert = alerts.get((site, check))
            open_ = alert is not None and alert.ended is None
            status = words.text(language, alert.result.status) if alert and open_ else ""
            key = "still_failing" if open_ else "was_failing"
            lines.append(words.text(language, key, check=check, site=site, status=status))
        for channel in names:
            if channel not in WITHOUT_LINES:
                yield channel, notice(document, place, "digest", f"{id_}-{channel}", tuple(lines))


def _proofs(
    document: Document, outbox: Outbox, place: Place, names: list[str]
) -> Iterator[tuple[str, Notice]]:
    """Canaries that are due, the first at once, and channels that are in trouble, told on the others."""
    settings, at = document.alerts, place.at
    period = quiet.seconds(settings.canary)
    for name, fare in outbox.channels(names, at).items():
        if name not in MACHINES and at - fare.canary >= period and not outbox.holds_canary(name):
            yield name, notice(document, place, "canary", f"canary-{name}")
        line = _trouble(fare, at, period, settings.language)
        if line and at - fare.warned >= WARN_SECONDS:
            outbox.warned(name, at)
            for other in names:
                if other not in (name, *MACHINES):
                    yield other, notice(document, place, "digest", f"{name}-trouble-{other}", (line,))


def _trouble(fare: Channel, at: float, period: float, language: Language) -> str:
    """What is wrong with a channel, or nothing."""
    if fare.failures >= TROUBLE:
        facts = {"channel": fare.name, "count": fare.failures, "error": fare.error}
        return words.text(language, "channel_failing", **facts)
    silent = at - max(fare.delivered, fare.first)
    if fare.name not in MACHINES and silent > UNPROVED * period:
        lasting = words.duration(silent, language)
        return words.text(language, "channel_unproved", channel=fare.name, duration=lasting)
    return ""


def notice(document: Document, place: Place, kind: Kind, name: str, lines: tuple[str, ...] = ()) -> Notice:
    """A message without incidents."""
    settings = document.alerts
    return Notice(
        id=f"{place.run}-{name}",
        kind=kind,
        at=place.at,
        run=place.run,
        lines=lines,
        links=routing.links(settings),
        zone=settings.time_zone,
        language=settings.language,
    )


def deliver(document: Document, outbox: Outbox) -> Iterator[Sent]:
    """Send what waits, each channel's messages as one; yields how each channel that had any fared."""
    for name, (module, settings) in channels.configured(document).items():
        waiting = outbox.waiting(name, clock.now())
        for group in _together([one.notice for one in waiting]):
            ids = [one.id for one in group]
            merged = _merged(group)
            receipt, error, later = sent(module, settings, merged, outbox.receipts(name))
            if receipt is not None:
                outbox.delivered(name, ids, merged, receipt, clock.now())
                yield Sent(name, len(ids))
                continue
            failures = outbox.channels([name], clock.now())[name].failures
            wait = max(later, BACKOFF[min(failures, len(BACKOFF) - 1)])
            outbox.failed(name, ids, error, clock.now(), clock.now() + wait)
            yield Sent(name, len(ids), error)
            break  # what comes after would fail as well, and its turn comes in the next run


def refresh(document: Document, alerts: Mapping[Key, Alert], place: Place) -> None:
    """Have Alertmanager keep what is open: it takes an alert to have ended that it hears no more of."""
    if not document.alertmanager.said:
        return
    from reporters import alertmanager

    open_ = tuple(
        routing.incident(alert, "reminder", alerts, document.alerts, place.root)
        for alert in alerts.values()
        if alert.ended is None and "alertmanager" in alert.told
    )
    if open_ and alertmanager.configured(document.alertmanager):
        language = document.alerts.language
        alertmanager.refresh(document.alertmanager, open_, place.at, RUN_SECONDS, language)


def _together(notices: list[Notice]) -> list[list[Notice]]:
    """Alerts that waited go out as one message, anything else by itself."""
    alerts = [one for one in notices if one.kind == "alert"]
    return ([alerts] if alerts else []) + [[one] for one in notices if one.kind != "alert"]


def _merged(group: list[Notice]) -> Notice:
    """One message of several: each incident as it is now, also one that began and ended while they waited."""
    if len(group) == 1:
        return group[0]
    latest: dict[str, Incident] = {}
    for one in group:
        for incident in one.incidents:
            latest[incident.id] = incident
    return replace(group[-1], incidents=tuple(latest.values()))


def sent(
    module: Module, settings: Any, message: Notice, earlier: Mapping[str, str]
) -> tuple[Receipt | None, str, float]:
    """(receipt, error, seconds to wait), in a thread that is left behind if it hangs."""
    try:
        return within(SECONDS, lambda: module.send(settings, message, earlier)), "", 0.0
    except Undelivered as error:
        return None, str(error), float(getattr(error, "retry_after", None) or 0.0)
    except Exception as error:  # noqa: BLE001 (whatever it is, the message waits and the others are sent)
        return None, type(error).__name__, 0.0
