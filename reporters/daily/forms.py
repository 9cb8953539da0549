"""How a report tells numbers, shares, dates and times in English and in Dutch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from reporters.daily import words
from reporters.daily.spans import Span
from reporters.notice import Language

DAYS = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
)
MONTHS = (
    (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    (
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ),
)
BYTES = ("bytes", "kB", "MB", "GB", "TB")


def number(value: float | None, unit: str, language: Language) -> str:
    """1,234.5 errors; 1.234,5 errors in Dutch; bytes in the unit that suits them."""
    if value is None:
        return words.text(language, "no_data")
    if unit == "bytes":
        value, unit = _bytes(value)
    told = f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.3g}"
    return f"{_separated(told, language)} {unit}".rstrip()


def percent(share: float | None, language: Language) -> str:
    """99.98 %, and never 100 % for less."""
    if share is None:
        return words.text(language, "no_data")
    if share in (0.0, 100.0):
        return f"{share:.0f} %"
    return _separated(f"{min(max(share, 0.01), 99.99):.2f} %", language)


def _separated(told: str, language: Language) -> str:
    return told.translate(str.maketrans(",.", ".,")) if language == "nl" else told


def _bytes(value: float) -> tuple[float, str]:
    for unit in BYTES[:-1]:
        if abs(value) < 1000:
            return value, unit
        value /= 1000
    return value, BYTES[-1]


def day(when: date, language: Language, *, weekday: bool = True, year: bool = True) -> str:
    """Thursday 5 November 2026."""
    dutch = language == "nl"
    told = f"{when.day} {MONTHS[dutch][when.month - 1]}" + (f" {when.year}" if year else "")
    return f"{DAYS[dutch][when.weekday()]} {told}" if weekday else told


def stretch(span: Span, language: Language) -> str:
    """What a span is called: a day, `week 45, 2 to 8 November 2026`, or a month."""
    if span.kind == "day":
        return day(span.first, language)
    if span.kind == "month":
        return f"{MONTHS[language == 'nl'][span.first.month - 1]} {span.first.year}"
    last = span.after - timedelta(days=1)
    first = day(span.first, language, weekday=False, year=span.first.year != last.year)
    to = "tot en met" if language == "nl" else "to"
    return f"week {span.first:%-V}, {first} {to} {day(last, language, weekday=False)}"


def moment(at: float, span: Span, language: Language) -> str:
    """The time of a day's report, with the date where it is another day's."""
    here = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(span.zone))
    if span.kind == "day" and here.date() == span.first:
        return f"{here:%H:%M}"
    return f"{day(here.date(), language, weekday=False, year=False)} {here:%H:%M}"
