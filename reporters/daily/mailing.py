"""A report as a mail: text, a small page with its style in each tag, and pictures that come along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fixtures.schema import Alerts
from reporters.daily import bars, charts, forms, page, telling, words
from reporters.daily.model import Figure, Incident, Report
from reporters.notice import Language
from reporters.runbook import is_web
from reporters.service import plain
from reporters.status_words import group as group_name
from reporters.words import duration, known, window

PICTURES = 5
"""Curves in a mail: Gmail cuts a page of more than 100 kB, and people do not scroll."""

LISTED = 12
SUBJECT = 150
NAME = 120


class Mail(NamedTuple):
    """What reporters/mail.py makes a message of; images by the names that the page calls them by."""

    subject: str
    text: str
    html: str
    images: dict[str, bytes]


def mail_parts(report: Report, settings: Alerts, url: str | None = None) -> Mail:
    """The mail of a report; `url` is where the folder `reports` can be opened."""
    language = settings.language
    shown = [one for one in report.figures if len(one.values) > 1][:PICTURES]
    images = {"overview": bars.overview(report.groups, report.span, language, _named(report, language))}
    for number, one in enumerate(shown):
        images[f"figure{number}"] = charts.png(one, report.span, report.until, language)
    address = f"{url.rstrip('/')}/{report.span.slug}.html" if is_web(url) and url else ""
    context = page.context(report, settings) | {"shown": shown, "address": address, "listed": LISTED}
    html = page.environment().get_template("report_mail.html").render(context)
    title = f"{words.text(language, f'title_{report.span.kind}')}, {forms.stretch(report.span, language)}"
    subject = plain(f"{title}: {telling.verdict(report, language)}", SUBJECT)
    return Mail(subject, text(report, settings, address), html, images)


def text(report: Report, settings: Alerts, address: str = "") -> str:
    """The report in plain text, as much of it as a mail has."""
    language = settings.language
    span = report.span
    title = f"{words.text(language, f'title_{span.kind}')}: {forms.stretch(span, language)}"
    parts = [f"{title}\n{plain(telling.verdict(report, language), 600)}"]
    changed = telling.changed(report, language)
    parts.append(
        "\n".join(f"{one.name}: {one.value} ({one.note})" for one in telling.tiles(report, language))
    )
    for key, lines in (
        ("incidents", list(_incidents(report, language))),
        ("changed", [f"{plain(one.check, NAME)} {one.text}".strip() for one in changed]),
        ("availability", list(_availability(report, language))),
        ("named", [_figure(one, language) for one in report.figures]),
        ("site_says", list(_asked(report, language))),
        ("unobserved", [f"{plain(one.check, NAME)}: {plain(one.reason, NAME)}" for one in report.unobserved]),
        ("missed", list(_missed(report, language))),
        ("known", [plain(known(one, language), 2 * SUBJECT) for one in report.known]),
    ):
        if lines:
            before = words.text(language, f"before_{span.kind}")
            head = words.text(language, key, **({"before": before} if key == "changed" else {}))
            left = len(lines) - LISTED
            more = [words.text(language, "left_out", count=left)] if left > 0 and key != "named" else []
            some = lines if key == "named" else lines[:LISTED]
            parts.append("\n".join([head, *(f"- {line}" for line in some), *more]))
    if address:
        parts.append(f"{words.text(language, 'whole_report')}: {address}")
    return "\n\n".join(parts) + "\n"


def _incidents(report: Report, language: Language) -> Iterator[str]:
    for one in report.incidents:
        said = [plain(one.check, NAME), words.text(language, one.severity), _when(report, one, language)]
        if one.followers:
            names = ", ".join(plain(name, NAME) for name in one.followers[:LISTED])
            said.append(words.text(language, "root_of", names=names))
        elif one.root:
            said.append(f"{words.text(language, 'cause')}: {plain(one.root, NAME)}")
        if one.runbook:
            said.append(plain(one.runbook, NAME))
        yield "; ".join(said)


def _when(report: Report, one: Incident, language: Language) -> str:
    lasted = duration(telling.within(report, one), language)
    since = forms.moment(one.since, report.span, language)
    if one.ended is None:
        begun = words.text(language, "from_on", since=since)
        return f"{lasted}, {begun}, {words.text(language, 'open')}"
    ended = forms.moment(one.ended, report.span, language)
    told = f"{lasted}, {words.text(language, 'from_to', since=since, ended=ended)}"
    if not (one.events and one.status == "failing"):
        return told
    return f"{told}; {words.text(language, 'passed', window=window(one.events, language))}"


def _availability(report: Report, language: Language) -> Iterator[str]:
    for name, share in _named(report, language):
        yield f"{name}: {share}"


def _named(report: Report, language: Language) -> list[tuple[str, str]]:
    """Each group's name, with its site where there are several, and its availability."""
    several = len(report.sites) > 1
    found = []
    for one in report.groups:
        name = group_name(language, one.name) if one.name else words.text(language, "gone_group")
        shown = plain(f"{name} ({one.site})" if several else name, NAME)
        found.append((shown, forms.percent(one.counts.share, language)))
    return found


def _figure(one: Figure, language: Language) -> str:
    told = forms.number(one.last, one.unit, language)
    unusual = f", {words.text(language, 'unusual')}" if one.unusual else ""
    return f"{plain(one.check, NAME)}: {plain(told, NAME)}{unusual}"


def _asked(report: Report, language: Language) -> Iterator[str]:
    for one in report.asked:
        if one.why:
            why = words.text(language, one.why) if one.why in words.TEXTS else plain(one.why, NAME)
            yield f"{plain(one.site, NAME)}: {words.text(language, 'not_asked', why=why)}"
            continue
        yield words.text(language, "distinct_users", count=forms.number(one.users, "", language))
        batches = ", ".join(f"{plain(status, NAME)} {count}" for status, count in one.batches)
        yield f"{words.text(language, 'batches')}: {batches or words.text(language, 'no_batches')}"
        for title, count in one.errors:
            yield f"{forms.number(count, '', language)} x {plain(title, NAME)}"


def _missed(report: Report, language: Language) -> Iterator[str]:
    for gap in report.gaps:
        since, ended = (forms.moment(at, report.span, language) for at in (gap.begin, gap.end))
        lasted = duration(gap.end - gap.begin, language)
        missed = words.text(language, "missed_gap", count=gap.missed, duration=lasted)
        yield f"{words.text(language, 'from_to', since=since, ended=ended)}, {missed}"
