"""When a report is written, where, and what was written before; `--report` writes one on demand.

The first scheduled run after the configured time writes the report of the day before, on a Monday also that
of the week, on the first of a month also that of the month. The table `reports` has what was written.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from fixtures import clock, known
from fixtures.schema import Document, Report, SettingsError
from reporters import state
from reporters.daily.spans import Kind, Span, span
from reporters.quiet import seconds
from reporters.run import FULL

if TYPE_CHECKING:
    from reporters.publish import Told

FOLDER = "reports"
WAIT_SECONDS = 2.0
MAIL_SECONDS = 86400.0
"""After so long a report that could not be mailed is old news."""

CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
PAGE = re.compile(r"\d{4}-(?:\d\d-\d\d|W\d\d|\d\d)\.html")
ALLOWED = "allowed: today, yesterday, week, month, or like 2026-11-05, 2026-W45 or 2026-11"


def report(told: Told) -> None:
    """Write what is due and mail it; the history is opened anew, since this runs in a thread of its own."""
    if told.run.suite != FULL:
        return
    path, now = told.public.parent / "history.sqlite", clock.now()
    settings, zone = told.settings.report, told.settings.alerts.time_zone
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
        day = due(connection, now, settings, zone)
        mails = settings.mail and _mails(told.settings)
        for one in spans(day, zone) if day else []:
            made = write(connection, one, now, told.settings, mails=mails)
            if mails:
                _mail(connection, made, told.settings, now)
        if day is None and mails:
            _mail_again(connection, told.settings, now)
        if day is not None:
            forget(connection, told.public / FOLDER, now - seconds(settings.keep), zone)


def check(document: Document) -> None:
    """SettingsError for settings that cannot work."""
    given = document.report
    if not CLOCK.fullmatch(given.at):
        raise SettingsError(f"report.at = {given.at!r:.40}: allowed: a time like '06:30'")
    if given.url is not None and not given.url.startswith(("http://", "https://")):
        raise SettingsError(f"report.url = {given.url!r:.80}: must be http:// or https:// and a host")


def due(connection: sqlite3.Connection, now: float, settings: Report, zone: str) -> date | None:
    """Yesterday, once its time has come, unless its report is written or nothing is on record of it."""
    here = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    if f"{here:%H:%M}" < settings.at:
        return None
    one = span("day", here.date() - timedelta(days=1), zone)
    row = connection.execute(
        "SELECT (SELECT COUNT(*) FROM reports WHERE kind = 'day' AND day = ? AND written >= ?),"
        " EXISTS (SELECT 1 FROM runs WHERE suite = 'full' AND started < ?)",
        (one.first.isoformat(), one.end, one.end),
    ).fetchone()
    return one.first if row[1] and not row[0] else None


def spans(day: date, zone: str) -> list[Span]:
    """What is written with the report of a day: also the week and the month that ended with it."""
    found = [span("day", day, zone)]
    kinds: tuple[Kind, ...] = ("week", "month")
    return found + [one for kind in kinds if (one := span(kind, day, zone)).after == day + timedelta(days=1)]


def write(
    connection: sqlite3.Connection, one: Span, now: float, document: Document, *, mails: bool = False
) -> Any:
    """Gather a report, write its page and the list of all; gives the report, which is to be mailed or not."""
    from reporters.daily import page, site, telling
    from reporters.daily.gather import gather

    made = gather(connection, one, now, document.alerts)
    made = replace(
        made,
        asked=site.ask(document, made.sites, one, now),
        known=known.of(document, made.rows),
    )
    folder = state.folder(document.state) / "public" / FOLDER
    language = document.alerts.language
    connection.execute(
        "INSERT INTO reports VALUES (?, ?, ?, ?, ?, iif(?, NULL, 0)) ON CONFLICT DO UPDATE SET"
        " written = excluded.written, level = excluded.level, headline = excluded.headline,"
        " mailed = iif(excluded.mailed IS NULL, NULL, mailed)",
        (one.kind, one.first.isoformat(), now, telling.level(made), telling.verdict(made, language), mails),
    )
    html = page.render(made, document.alerts, _links(connection, one))
    state.show(folder / f"{one.slug}.html", html)
    state.show(folder / "index.html", page.index(_written(connection, one.zone), document.alerts))
    return made


def forget(connection: sqlite3.Connection, folder: Path, before: float, zone: str) -> None:
    """Delete the pages of times that ended before a moment, and nothing else."""
    for kind, day in connection.execute("SELECT kind, day FROM reports").fetchall():
        one = span(kind, date.fromisoformat(day), zone)
        if one.end < before and PAGE.fullmatch(name := f"{one.slug}.html"):
            (folder / name).unlink(missing_ok=True)
            connection.execute("DELETE FROM reports WHERE kind = ? AND day = ?", (kind, day))


def command(document: Document, asked: str) -> Iterator[str]:
    """`--report`: write one now and say where it is; nothing is mailed.

    Raises:
        SettingsError: no such time, or no history; one line.
    """
    now = clock.now()
    one = wanted(asked, now, document.alerts.time_zone)
    folder = state.folder(document.state)
    path = folder / "history.sqlite"
    if not path.is_file():
        raise SettingsError(f"--report: there is no history at {path}; a scheduled run begins one")
    try:
        from reporters.daily import telling
        from reporters.history import History

        state.prepare(folder)
        with closing(History(path)) as history:  # it may be of an earlier version
            made = write(history.connection, one, now, document)
    except OSError as error:
        raise SettingsError(f"--report: cannot be written ({error.strerror})") from None
    except sqlite3.Error as error:
        raise SettingsError(f"--report: the history cannot be read ({error})") from None
    yield telling.verdict(made, document.alerts.language)
    for asked_of in made.asked:
        if asked_of.why:
            from reporters.daily import words

            why = words.TEXTS.get(asked_of.why, (asked_of.why,))[0]
            yield f"{asked_of.site} was not asked: {why}"
    yield f"written to {folder / 'public' / FOLDER / f'{one.slug}.html'}"


def wanted(asked: str, now: float, zone: str) -> Span:
    """The time that is asked for; a week or a month is the last that is over.

    Raises:
        SettingsError: it is none, or has not begun; one line.
    """
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone)).date()
    try:
        if asked in ("today", "yesterday"):
            return span("day", today - timedelta(days=asked == "yesterday"), zone)
        if asked in ("week", "month"):
            kind: Kind = "week" if asked == "week" else "month"
            return span(kind, today, zone).before
        if found := re.fullmatch(r"(\d{4})-W(\d\d)", asked):
            one = span("week", date.fromisocalendar(int(found[1]), int(found[2]), 1), zone)
        elif re.fullmatch(r"\d{4}-\d\d", asked):
            one = span("month", date.fromisoformat(f"{asked}-01"), zone)
        else:
            one = span("day", date.fromisoformat(asked), zone)
    except (ValueError, OverflowError):
        raise SettingsError(f"--report = {asked!r:.60}: {ALLOWED}") from None
    if one.first > today:
        raise SettingsError(f"--report = {asked!r:.60}: has not begun; {ALLOWED}")
    return one


def _mails(document: Document) -> bool:
    if not document.mail.said:
        return False
    from reporters import mail

    return mail.configured(document.mail)


def _mail(connection: sqlite3.Connection, made: Any, document: Document, now: float) -> None:
    """Hand it to the mail server; when that fails it is tried again with the next runs."""
    from reporters import mail
    from reporters.daily.mailing import mail_parts

    key = (made.span.kind, made.span.first.isoformat())
    parts = mail_parts(made, document.alerts, document.report.url)
    mail.deliver(document.mail, mail.message(document.mail, *parts, key=f"report {made.span.slug}"))
    connection.execute("UPDATE reports SET mailed = ? WHERE kind = ? AND day = ?", (now, *key))


def _mail_again(connection: sqlite3.Connection, document: Document, now: float) -> None:
    """What could not be mailed, as long as it is news."""
    rows = connection.execute(
        "SELECT kind, day FROM reports WHERE mailed IS NULL AND written > ?", (now - MAIL_SECONDS,)
    ).fetchall()
    for kind, day in rows[:1]:
        from reporters.daily.gather import gather

        one = span(kind, date.fromisoformat(day), document.alerts.time_zone)
        made = gather(connection, one, now, document.alerts)
        _mail(connection, replace(made, known=known.of(document, made.rows)), document, now)


def _written(connection: sqlite3.Connection, zone: str) -> list[tuple[Span, str, str]]:
    rows = connection.execute("SELECT kind, day, level, headline FROM reports ORDER BY day DESC")
    return [(span(kind, date.fromisoformat(day), zone), level, line) for kind, day, level, line in rows]


def _links(connection: sqlite3.Connection, one: Span) -> dict[str, str]:
    found = {}
    for name, other in (("older", one.before), ("newer", one.next)):
        key = (other.kind, other.first.isoformat())
        if connection.execute("SELECT 1 FROM reports WHERE kind = ? AND day = ?", key).fetchone():
            found[name] = f"{other.slug}.html"
    return found
