"""The words of the status page and the badges, in English and in Dutch, and text that is safe to show."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reporters.notice import Language

TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Status", "Status"),
    "all_well": ("All is well", "Alles in orde"),
    "trouble": ("Some things need attention", "Er zijn aandachtspunten"),
    "disruption": ("Something is broken", "Er is iets stuk"),
    "public_trouble": ("Minor trouble", "Kleine hinder"),
    "public_disruption": ("Disruption", "Storing"),
    "ok": ("ok", "in orde"),
    "failing": ("fails", "faalt"),
    "unknown": ("cannot be observed", "niet waar te nemen"),
    "blocked": ("blocked", "geblokkeerd"),
    "none": ("no data", "geen gegevens"),
    "public_ok": ("Works", "Werkt"),
    "public_failing": ("Disruption", "Storing"),
    "public_warning": ("Minor trouble", "Kleine hinder"),
    "public_unknown": ("Not known", "Niet bekend"),
    "info": ("info", "informatie"),
    "warning": ("warning", "waarschuwing"),
    "high": ("high", "ernstig"),
    "critical": ("critical", "kritiek"),
    "count_ok": ("{count} ok", "{count} in orde"),
    "count_failing": ("{count} failing", "{count} falend"),
    "count_unknown": ("{count} unknown", "{count} onbekend"),
    "count_blocked": ("{count} blocked by them", "{count} daardoor geblokkeerd"),
    "count_skipped": ("{count} do not apply", "{count} niet van toepassing"),
    "nothing_judged": ("Nothing was judged", "Er is niets beoordeeld"),
    "as_of": ("As of", "Stand van"),
    "stale": ("This page is old", "Deze pagina is oud"),
    "stale_why": (
        (
            "Nothing new for {age}. The checks do not run, or their results do not get here: what stands"
            " below may no longer be true."
        ),
        (
            "Al {age} niets nieuws. De controles draaien niet, of hun uitkomst komt hier niet aan: wat"
            " hieronder staat is misschien niet meer waar."
        ),
    ),
    "plain": (
        "Loads again every minute. When the time above is long ago, the checks do not run.",
        "Laadt elke minuut opnieuw. Is het tijdstip hierboven lang geleden, dan draaien de controles niet.",
    ),
    "ended_early": (
        "The last run ended early: it judged {judged} of {selected}. The rest is of an earlier run.",
        "De laatste ronde brak af: {judged} van {selected} beoordeeld. De rest is van een eerdere ronde.",
    ),
    "wrong_now": ("What is wrong now", "Wat er nu mis is"),
    "since": ("since {since}", "sinds {since}"),
    "incident": ("incident {id}", "incident {id}"),
    "not_told": ("no message sent yet", "nog geen bericht verstuurd"),
    "silenced": ("silenced", "stil"),
    "at_most": ("at most {limit}", "ten hoogste {limit}"),
    "at_least": ("at least {limit}", "ten minste {limit}"),
    "value": ("Value", "Waarde"),
    "reason": ("Reason", "Reden"),
    "expected": ("Expected", "Verwacht"),
    "first": ("First", "Eerst"),
    "blocks": ("Blocks", "Blokkeert"),
    "fails_too": ("Fails with it", "Faalt ook"),
    "blocked_by": ("because of {root}", "door {root}"),
    "runbook": ("Runbook", "Handleiding"),
    "reports": ("Reports", "Verslagen"),
    "sites": ("Sites", "Sites"),
    "count_sites": ("{count} sites", "{count} sites"),
    "more_wrong": ("{count} more are not listed here", "{count} andere staan hier niet"),
    "quiet": ("Silences and maintenance", "Stilte en onderhoud"),
    "maintenance": ("Planned maintenance", "Gepland onderhoud"),
    "holds": ("now, until {ends}", "nu, tot {ends}"),
    "planned": ("{starts} to {ends}", "{starts} tot {ends}"),
    "everything": ("everything", "alles"),
    "ended": ("Ended in the last 7 days", "Afgelopen in de laatste 7 dagen"),
    "lasted": ("{since} to {ended}, {duration}", "{since} tot {ended}, {duration}"),
    "known": ("Known defects, left out of the checks", "Bekende gebreken, niet meegeteld"),
    "passed": ("no longer above its limit in {window}", "niet meer boven de grens in {window}"),
    "groups": ("All checks", "Alle controles"),
    "parts": ("Parts", "Onderdelen"),
    "days": ("the last {count} days", "de laatste {count} dagen"),
    "days_told": ("{good} of {known} days ok", "{good} van {known} dagen in orde"),
    "no_days": ("no days on record yet", "nog geen dagen bekend"),
    "legend": ("One bar a day", "Een balk per dag"),
    "run": ("Run {id} took {duration}", "Ronde {id} duurde {duration}"),
    "refreshes": ("Refreshes every minute.", "Ververst elke minuut."),
    "now": ("just now", "zojuist"),
    "ago": ("{age} ago", "{age} geleden"),
    "seconds": ("{count} s", "{count} s"),
    "minutes": ("{count} min", "{count} min"),
    "hours": ("{count} h {rest} min", "{count} u {rest} min"),
    "age_days": ("{count} d {rest} h", "{count} d {rest} u"),
    "skip": ("To what is wrong now", "Naar wat er nu mis is"),
    "badge_healthy": ("healthy", "gezond"),
    "badge_degraded": ("degraded", "verminderd"),
    "badge_unhealthy": ("unhealthy", "ongezond"),
    "badge_unknown": ("unknown", "onbekend"),
    "badge_overall": ("checks", "controles"),
}
"""Key -> English, Dutch."""

GROUPS: Mapping[str, tuple[str, str]] = {
    "backups": ("Backups", "Reservekopieën"),
    "billing": ("Dues and invoices", "Contributie en facturen"),
    "database": ("Database", "Database"),
    "deployment": ("Software versions", "Softwareversies"),
    "donations": ("Donations", "Donaties"),
    "errors": ("Errors", "Fouten"),
    "growth": ("Growth of data", "Groei van gegevens"),
    "host": ("Server", "Server"),
    "integrations": ("Links with other systems", "Koppelingen"),
    "jobs": ("Background jobs", "Achtergrondtaken"),
    "journeys": ("Visits by a browser", "Bezoek met een browser"),
    "mail": ("E-mail", "E-mail"),
    "membership": ("Members", "Leden"),
    "redis": ("Redis", "Redis"),
    "scheduler": ("Scheduler", "Planner"),
    "security": ("Security", "Beveiliging"),
    "sepa_batches": ("Direct debit batches", "Incassobatches"),
    "sepa_mandates": ("Direct debit mandates", "Incassomachtigingen"),
    "tls": ("Certificates", "Certificaten"),
    "volunteers": ("Volunteers", "Vrijwilligers"),
    "web": ("Website", "Website"),
}
"""What a group of checks is called for people; one that is not here is told by its own name."""

LONGEST = 600
ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, marks that turn the direction of text, and halves of surrogate pairs."""


def text(language: Language, key: str, **values: object) -> str:
    """One text with its values filled in; KeyError for a key that is not there."""
    return TEXTS[key][language == "nl"].format(**values)


def group(language: Language, name: str) -> str:
    """A group's name for people."""
    known = GROUPS.get(name)
    return known[language == "nl"] if known else name.replace("_", " ").capitalize()


def clean(told: str, longest: int = LONGEST) -> str:
    """A site's text without what a reader would not see or a file cannot hold; not too long.

    Markup is left as it is: whoever writes it into a page escapes it.
    """
    shown = told if len(told) <= longest else f"{told[: longest - 3]}..."
    return ODD.sub("\N{REPLACEMENT CHARACTER}", shown)
