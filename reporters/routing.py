"""Which alerts a run tells of on which channel: root causes first, one notice a channel and run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from fixtures.schema import Alerts, Route
from reporters import quiet
from reporters.alerts import Alert, Key, Policy, Told, followers, rank
from reporters.notice import Event, Incident, Notice
from reporters.quiet import Scope, Silence
from reporters.runbook import first_step

MAINTENANCE = "maintenance_mode_off"
"""The check that fails while a site is in maintenance mode: all else of that site is then held back."""

DEFAULT = (
    Route(channels=("slack", "mail", "webhook")),
    Route(channels=("alertmanager",), severity="info"),
    Route(channels=("apprise",), severity="critical"),
)
"""Where no route is configured: an SMS is for what cannot wait, and info stands in the daily report."""


class Plan(Struct, frozen=True):
    """What a run tells: the alerts as they are then, a notice for each channel, and what was held back.

    `held`: silence id -> checks that would have been told of (site and check).
    """

    alerts: dict[Key, Alert]
    notices: dict[str, Notice]
    held: dict[str, set[Key]]


class Place(Struct, frozen=True):
    """Where a run stands: when it is, its id, and the folder that runbook pages are read from."""

    at: float
    run: str
    root: Path


def policy(settings: Alerts) -> Policy:
    """The settings' numbers."""
    return Policy(settings.after, settings.after_critical, settings.after_unknown)


def plan(
    alerts: Mapping[Key, Alert],
    settings: Alerts,
    channels: Iterable[str],
    silences: Iterable[Silence],
    place: Place,
) -> Plan:
    """Tell each channel what it is due, and remember that it was told."""
    known = dict(alerts)
    silent = [*silences, *quiet.configured(settings, place.at)]
    events: dict[str, list[Incident]] = {}
    held: dict[str, set[Key]] = {}
    for key, alert in sorted(known.items(), key=lambda item: _order(item[1])):
        told = dict(alert.told)
        reason = _held(alert, known, silent, place.at)
        for channel in channels:
            event = _due(alert, channel, settings, place.at)
            if event is None:
                continue
            if reason is not None and event != "resolved":
                held.setdefault(reason, set()).add(key)
                continue
            events.setdefault(channel, []).append(incident(alert, event, known, settings, place.root))
            told[channel] = Told(place.at, alert.result.severity, alert.result.status)
        known[key] = replace(alert, told=told)
    notices = {
        channel: Notice(
            id=f"{place.run}-{channel}",
            kind="alert",
            at=place.at,
            run=place.run,
            incidents=tuple(found),
            links=links(settings),
            zone=settings.time_zone,
            language=settings.language,
        )
        for channel, found in events.items()
    }
    return Plan(known, notices, held)


def incident(
    alert: Alert, event: Event, alerts: Mapping[Key, Alert], settings: Alerts, root: Path
) -> Incident:
    """The alert as it is told."""
    result = alert.result
    fails, blocks = followers(alerts.values(), alert)
    page = result.runbook
    return Incident(
        id=alert.id,
        event=event,
        site=result.site,
        check=result.check,
        group=result.group,
        severity=result.severity,
        status="failing" if result.status == "failing" else "unknown",
        since=alert.since,
        ended=alert.ended,
        summary=result.summary,
        value=result.value,
        limit=result.limit,
        direction=result.direction,
        unit=result.unit,
        reason=result.reason,
        evidence=result.evidence,
        blocks=blocks,
        fails=fails,
        first_step=first_step(root / page) or "",
        events=result.events,
        last_seen=alert.rose,
        left=alert.left,
        runbook=f"{settings.runbook_url.rstrip('/')}/{Path(page).name}" if settings.runbook_url else page,
    )


def links(settings: Alerts) -> dict[str, str]:
    """Names of texts -> URLs, of those that are configured."""
    named = {"status_page": settings.status_url, "grafana": settings.grafana_url}
    return {name: url for name, url in named.items() if url}


def _order(alert: Alert) -> tuple[bool, bool, int, float]:
    """Root causes before what follows, failing before unknown, then the worst, then the oldest."""
    result = alert.result
    return bool(result.root), result.status == "unknown", -rank(result.severity), alert.since


def _held(alert: Alert, alerts: Mapping[Key, Alert], silences: Iterable[Silence], at: float) -> str | None:
    """Why nothing is told of an alert now: a root cause that is open, a silence, maintenance; or None."""
    result = alert.result
    if result.root is not None and _open(alerts.get((result.site, result.root))):
        return "root"
    maintenance = alerts.get((result.site, MAINTENANCE))
    if result.check != MAINTENANCE and _open(maintenance) and maintenance.result.status == "failing":
        return "maintenance"
    silence = quiet.holding(silences, result, at)
    return silence.id if silence else None


def _open(alert: Alert | None) -> TypeGuard[Alert]:
    return alert is not None and alert.ended is None and not alert.good


def _due(alert: Alert, channel: str, settings: Alerts, at: float) -> Event | None:
    """What a channel is to be told of an alert now."""
    told, severity = alert.told.get(channel), alert.result.severity
    if alert.ended is not None:
        return "resolved" if told and alert.ended == at else None
    if not alert.firing or alert.good:
        return None
    if told is None:
        if _led(alert, channel, settings, at):
            return "firing"
        return "escalated" if _escalated(alert, channel, settings, at) else None
    if rank(severity) > rank(told.severity) or (alert.result.status, told.status) == ("failing", "unknown"):
        return "worse"
    remind = rank(severity) > 0 and at - told.at >= quiet.seconds(settings.remind)
    return "reminder" if remind and _led(alert, channel, settings, at, escalated=True) else None


def _led(alert: Alert, channel: str, settings: Alerts, at: float, *, escalated: bool = False) -> bool:
    """Whether a route leads to a channel now; with `escalated`, whether an escalation has, too."""
    routes = settings.routes or DEFAULT
    if escalated and _escalated(alert, channel, settings, at):
        return True
    return any(
        channel in route.channels
        and rank(alert.result.severity) >= rank(route.severity)
        and Scope(route.checks, route.groups, route.sites).holds(alert.result)
        and quiet.in_hours(route.hours, at, settings)
        for route in routes
    )


def _escalated(alert: Alert, channel: str, settings: Alerts, at: float) -> bool:
    return any(
        channel in step.channels
        and rank(alert.result.severity) >= rank(step.severity)
        and at - alert.fired >= quiet.seconds(step.after)
        for step in settings.escalation
    )
