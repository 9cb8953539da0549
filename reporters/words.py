"""Every text of a message, in English and in Dutch, and how figures and times are told in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fixtures.known import Left
from reporters.notice import Incident, Language, Notice
from reporters.quiet import seconds
from reporters.terminal import evidence, figure

TEXTS: Mapping[str, tuple[str, str]] = {
    "info": ("info", "informatie"),
    "warning": ("warning", "waarschuwing"),
    "high": ("high", "ernstig"),
    "critical": ("critical", "kritiek"),
    "failing": ("fails", "faalt"),
    "unknown": ("cannot be observed", "is niet waar te nemen"),
    "firing": ("{check} {status}", "{check} {status}"),
    "worse": ("{check} got worse", "{check} is verergerd"),
    "reminder": ("{check} still {status}", "{check} {status} nog steeds"),
    "escalated": ("{check} {status}, nobody has mended it yet", "{check} {status}, nog niet verholpen"),
    "resolved": ("{check} is well again", "{check} is weer in orde"),
    "quiet": ("{check}: no new {unit} for {window}", "{check}: al {window} niets nieuws"),
    "fewer": ("{check}: down to {value} in {window}", "{check}: nog {value} in {window}"),
    "unseen": ("{check}: not seen any more", "{check}: niet meer gezien"),
    "observed_again": ("{check} can be observed again", "{check} is weer waar te nemen"),
    "ones": ("ones", "ones"),
    "last_seen": (
        "the last was seen at {last}, {lasted}",
        "de laatste is gezien om {last}, {lasted}",
    ),
    "window_h": ("{count} h", "{count} u"),
    "window_d": ("{count} days", "{count} dagen"),
    "known": ("{check} leaves out {items}: {because}", "{check} telt {items} niet mee: {because}"),
    "known_until": ("{known} (until {until})", "{known} (tot en met {until})"),
    "known_ended": (
        "{check} counts {items} again since the entry ended on {until}: {because}",
        "{check} telt {items} weer mee, want de uitzondering liep tot en met {until}: {because}",
    ),
    "and_more": ("{first} and {count} more", "{first} en {count} andere"),
    "since": ("since {since}", "sinds {since}"),
    "lasted": ("from {since} to {ended}, {duration}", "van {since} tot {ended}, {duration}"),
    "at_most": ("{value}, at most {limit} is allowed", "{value}, ten hoogste {limit} is toegestaan"),
    "at_least": ("{value}, at least {limit} is needed", "{value}, ten minste {limit} is nodig"),
    "value": ("Value", "Waarde"),
    "reason": ("Reason", "Reden"),
    "evidence": ("Evidence", "Waarneming"),
    "blocks": ("Cannot be observed because of it", "Hierdoor niet waar te nemen"),
    "fails_too": ("Fails with it", "Faalt ook"),
    "first": ("First", "Eerst"),
    "runbook": ("Runbook", "Handleiding"),
    "status_page": ("Status page", "Statuspagina"),
    "grafana": ("Grafana", "Grafana"),
    "left_out": ("{count} more are left out here", "nog {count} zijn hier weggelaten"),
    "test": ("Test message: this channel works", "Testbericht: dit kanaal werkt"),
    "canary": ("Canary: proof that this channel works", "Kanarie: bewijs dat dit kanaal werkt"),
    "digest": ("Held back, and told now", "Tegengehouden, en nu gemeld"),
    "silence_ended": (
        "Silence {pattern} of {owner} ended ({because}): {count} messages were held back",
        "De stilte {pattern} van {owner} is voorbij ({because}): {count} berichten zijn tegengehouden",
    ),
    "still_failing": ("{check} on {site} still {status}", "{check} op {site} {status} nog steeds"),
    "was_failing": ("{check} on {site} failed meanwhile", "{check} op {site} faalde intussen"),
    "channel_failing": (
        "The channel {channel} has failed {count} times in a row: {error}",
        "Het kanaal {channel} is {count} keer achter elkaar mislukt: {error}",
    ),
    "channel_unproved": (
        "The channel {channel} has delivered nothing for {duration}",
        "Het kanaal {channel} heeft {duration} niets afgeleverd",
    ),
    "seconds": ("{count} s", "{count} s"),
    "minutes": ("{count} min", "{count} min"),
    "hours": ("{count} h {rest} min", "{count} u {rest} min"),
    "days": ("{count} d {rest} h", "{count} d {rest} u"),
}
"""Key -> English, Dutch."""

EARLY = 0.9
"""So much of the time must have passed to say that nothing new came in it: runs are minutes apart."""


def text(language: Language, key: str, **values: object) -> str:
    """One text with its values filled in; KeyError for a key that is not there."""
    return TEXTS[key][language == "nl"].format(**values)


def headline(notice: Notice) -> str:
    """One line that says it all: what fails where, the worst first."""
    if not notice.incidents:
        first = notice.lines[0] if notice.lines and notice.kind == "digest" else ""
        return first or text(notice.language, notice.kind)
    found = told(notice.incidents[0], notice.language)
    if len(notice.incidents) > 1:
        found = text(notice.language, "and_more", first=found, count=len(notice.incidents) - 1)
    where = ", ".join(notice.sites[:2]) + (", ..." if len(notice.sites) > 2 else "")
    return f"{where}: {found}" if where else found


def told(incident: Incident, language: Language) -> str:
    """What an incident's event says: `errors_1h still fails`."""
    if incident.events and not incident.open:
        return _passed(incident, language)
    status = text(language, incident.status)
    return text(language, incident.event, check=incident.check, status=status)


def _passed(incident: Incident, language: Language) -> str:
    """The end of a check that counts events: no new ones came, which does not say that all is well again.

    What went before its time was over was changed or deleted, so nothing can be said of the whole time.
    """
    if incident.status == "unknown":
        return text(language, "observed_again", check=incident.check)
    if incident.left:
        value = figure(incident.left, incident.unit)
        return text(
            language, "fewer", check=incident.check, value=value, window=window(incident.events, language)
        )
    quiet = (incident.ended or 0.0) - incident.last_seen >= EARLY * seconds(incident.events)
    if incident.left is None or not quiet:
        return text(language, "unseen", check=incident.check)
    unit = incident.unit if incident.unit[:1].isalpha() else text(language, "ones")
    shown = window(incident.events, language)
    return text(language, "quiet", check=incident.check, unit=unit, window=shown)


def window(events: str, language: Language) -> str:
    """The time whose events a check counts: `24 h`, `7 days`."""
    return text(language, f"window_{events[-1]}", count=events[:-1])


def when(incident: Incident, notice: Notice) -> str:
    """`since 14:05`, or from when to when and how long."""
    since = moment(incident.since, notice)
    if incident.ended is None:
        return text(notice.language, "since", since=since)
    lasted = duration(incident.ended - incident.since, notice.language)
    ended = moment(incident.ended, notice)
    told = text(notice.language, "lasted", since=since, ended=ended, duration=lasted)
    if not (incident.events and incident.last_seen) or incident.left:
        return told
    last = moment(incident.last_seen, notice)
    return text(notice.language, "last_seen", last=last, lasted=told)


def facts(incident: Incident, language: Language) -> Iterator[tuple[str, str]]:
    """(name, text) of what is known of an incident, in the order in which it is read."""
    if incident.open:
        if incident.status == "failing" and incident.limit is not None:
            yield text(language, "value"), against(incident, language)
        elif incident.reason:
            yield text(language, "reason"), incident.reason
        if incident.evidence:
            yield text(language, "evidence"), evidence(incident.evidence)
        if incident.fails:
            yield text(language, "fails_too"), ", ".join(incident.fails)
        if incident.blocks:
            yield text(language, "blocks"), ", ".join(incident.blocks)
        if incident.first_step:
            yield text(language, "first"), incident.first_step


def against(incident: Incident, language: Language) -> str:
    """`73 errors, at most 50 errors is allowed`."""
    key = "at_least" if incident.direction == ">=" else "at_most"
    value, limit = figure(incident.value, incident.unit), figure(incident.limit, incident.unit)
    return text(language, key, value=value, limit=limit)


def known(one: Left, language: Language = "en", unit: str = "items") -> str:
    """What a check leaves out, or no longer does, and why."""
    entry, count = one.entry, len(one.entry.items)
    items = f"{count} {unit.removesuffix('s') if count == 1 else unit}"
    check = f"{entry.check} ({entry.site})" if entry.site else entry.check
    facts = {"check": check, "items": items, "because": " ".join(entry.because.split())}
    if one.ended:
        return text(language, "known_ended", until=entry.until, **facts)
    found = text(language, "known", **facts)
    return text(language, "known_until", known=found, until=entry.until) if entry.until else found


def moment(at: float, notice: Notice) -> str:
    """A time in the notice's zone: the hour for one of the same day, else the date as well."""
    try:
        zone = ZoneInfo(notice.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    here, now = (datetime.fromtimestamp(one, UTC).astimezone(zone) for one in (at, notice.at))
    return f"{here:%H:%M}" if here.date() == now.date() else f"{here:%Y-%m-%d %H:%M}"


def duration(seconds: float, language: Language) -> str:
    """`45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return text(language, "seconds", count=whole)
    if whole < 3600:
        return text(language, "minutes", count=whole // 60)
    if whole < 86400:
        return text(language, "hours", count=whole // 3600, rest=whole % 3600 // 60)
    return text(language, "days", count=whole // 86400, rest=whole % 86400 // 3600)
