"""A notice as a mail: its subject, its text, and a small page that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from fixtures.declaration import SEVERITIES
from reporters import words
from reporters.notice import Incident, Notice
from reporters.service import parts, plain

if TYPE_CHECKING:
    from jinja2 import Template

COLOURS = {"info": "#2e7d32", "warning": "#e68a00", "high": "#e64a19", "critical": "#d50000"}
RESOLVED = "#2e7d32"

DETAILED = 20
"""How many incidents are told with all that is known; Gmail cuts a mail of more than about 100 kB."""

LISTED = 100
SUBJECT = 150
FACT = 2_000
URL = 2_000
NAME = 200
NAMES = 12


class Entry(NamedTuple):
    """One incident as it is shown."""

    title: str
    about: str
    colour: str
    facts: tuple[tuple[str, str], ...]
    page: str
    page_url: str


def render(notice: Notice) -> str:
    """The mail as a preview and examples show it: the subject, and the text."""
    return f"Subject: {subject(notice)}\n\n{text(notice)}"


def worst(notice: Notice) -> Incident:
    """The incident that the message is filed under: the worst of those that are open, else of all."""
    return max(notice.incidents, key=lambda one: (one.open, SEVERITIES.index(one.severity)))


def subject(notice: Notice) -> str:
    """The headline, after how bad it is."""
    headline = words.headline(notice)
    if notice.incidents and not notice.resolved:
        headline = f"{words.text(notice.language, notice.severity).upper()} {headline}"
    return plain(headline, SUBJECT)


def text(notice: Notice) -> str:
    """The message in plain text."""
    found = [] if len(notice.incidents) == 1 else [subject(notice)]  # which one incident says itself
    for one in _entries(notice):
        lines = [one.title, one.about, *(f"{name}: {value}" for name, value in one.facts)]
        if one.page:
            lines.append(f"{words.text(notice.language, 'runbook')}: {one.page}")
        found.append("\n".join(lines))
    if lines := _lines(notice):
        found.append("\n".join(lines))
    found.append("\n".join([*(f"{name}: {url}" for name, url in _links(notice)), plain(notice.run, NAME)]))
    return "\n\n".join(found) + "\n"


def html(notice: Notice) -> str:
    """The same as a page that needs nothing from outside; the template escapes all of it."""
    return _template().render(
        title=subject(notice),
        language=notice.language,
        entries=_entries(notice),
        lines=_lines(notice),
        links=_links(notice),
        run=plain(notice.run, NAME),
        runbook=words.text(notice.language, "runbook"),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(autoescape=True, undefined=StrictUndefined, loader=loader).get_template("mail.html")


def _entries(notice: Notice) -> list[Entry]:
    return [_entry(one, notice) for one in notice.incidents[:DETAILED]]


def _entry(one: Incident, notice: Notice) -> Entry:
    severity = [words.text(notice.language, one.severity)] if one.open else []
    about = [*severity, plain(one.site, NAME), words.when(one, notice)]
    brief = replace(one, fails=_some(one.fails, notice), blocks=_some(one.blocks, notice))
    facts = ((name, plain(value, FACT)) for name, value in words.facts(brief, notice.language))
    return Entry(
        title=plain(words.told(one, notice.language), NAME),
        about=", ".join(part for part in about if part),
        colour=COLOURS[one.severity] if one.open else RESOLVED,
        facts=tuple((name, value) for name, value in facts if value),
        page=plain(one.runbook, URL) if one.open else "",
        page_url=_link(one.runbook),
    )


def _some(names: Sequence[str], notice: Notice) -> tuple[str, ...]:
    """A dozen of the names, or what to do first would stand below the edge of a phone."""
    if len(names) <= NAMES:
        return tuple(names)
    return (*names[:NAMES], words.text(notice.language, "left_out", count=len(names) - NAMES))


def _lines(notice: Notice) -> list[str]:
    """Incidents that get a line each, how many get none, and the lines of a digest."""
    rest = notice.incidents[DETAILED:]
    found = [
        ", ".join(
            (plain(words.told(one, notice.language), NAME), plain(one.site, NAME), words.when(one, notice))
        )
        for one in rest[:LISTED]
    ]
    said = [plain(line, FACT) for line in notice.lines]
    if said and said[0] == subject(notice):
        del said[0]
    left = max(0, len(rest) - LISTED) + max(0, len(said) - LISTED)
    return found + said[:LISTED] + ([words.text(notice.language, "left_out", count=left)] if left else [])


def _links(notice: Notice) -> list[tuple[str, str]]:
    return [
        (words.text(notice.language, name) if name in words.TEXTS else plain(name, NAME), _link(url))
        for name, url in notice.links.items()
        if _link(url)
    ]


def _link(url: str) -> str:
    """A URL that may be followed; no other scheme becomes a link."""
    return url if len(url) <= URL and parts(url.partition("#")[0]) and parts(url.replace("#", "")) else ""
