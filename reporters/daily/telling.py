"""What a report says in sentences and figures: the verdict, the tiles at its top, the objective."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from reporters.daily import forms, words
from reporters.daily.figures import FIRST
from reporters.daily.model import TARGET, Counts, Incident, Mark, Report, Row
from reporters.notice import Language
from reporters.status_words import clean
from reporters.words import duration

Level = Literal["ok", "warning", "failing", "unknown"]
NAMES = 80
MANY = 12
"""More changes of one kind are counted and not named."""

LITTLE = 0.98
"""With a smaller share of the expected runs it cannot be said that all was well."""


FEW = 3
"""So many checks are named in the verdict."""


class Tile(Struct, frozen=True):
    """One figure at the top: its name, its value, and what it was before."""

    name: str
    value: str
    note: str
    mark: Mark = "ok"


class Changed(Struct, frozen=True):
    """A change in words; without a check it stands for many of its kind."""

    kind: str
    text: str
    check: str = ""
    runbook: str = ""
    site: str = ""


class Missed(Struct, frozen=True):
    """A check that missed the objective: how long it failed, and how many per cent of what is allowed."""

    row: Row
    seconds: float
    used: float


def level(report: Report) -> Level:
    """How it was, in one word."""
    if any(one.severity in ("high", "critical") and one.status == "failing" for one in report.incidents):
        return "failing"
    failed = any(row.counts.failing or "warning" in row.bars or "failing" in row.bars for row in report.rows)
    if report.incidents or failed:
        return "warning"
    seen = report.counts.ok + report.counts.failing
    little = report.runs < report.expected * LITTLE
    return "unknown" if not seen or little or report.counts.unknown else "ok"


def verdict(report: Report, language: Language) -> str:
    """All of it in one sentence."""
    return f"{'; '.join(_said(report, language))}."


def _said(report: Report, language: Language) -> list[str]:
    rows, found = report.rows, report.incidents
    failing = [row.check for row in rows if {"failing", "warning"} & set(row.bars)]
    blind = sum(bool(row.counts.unknown) for row in rows)
    if not report.runs and not report.counts.ok + report.counts.failing:
        return [words.text(language, "no_run")]
    said: list[str] = []
    if found:
        key = "one_incident" if len(found) == 1 else "incidents_are"
        worst = found[0]
        said.append(
            words.text(
                language,
                key,
                count=len(found),
                check=clean(worst.check, NAMES),
                site=clean(worst.site, NAMES),
                status=words.text(language, f"status_{worst.status}"),
                duration=duration(within(report, worst), language),
            )
        )
        if still := sum(one.ended is None or one.ended > report.until for one in found):
            said.append(words.text(language, "still_open", count=still))
    elif failing:
        brief = words.text(language, "brief", count=len(failing), all=len(rows))
        names = f": {', '.join(clean(one, NAMES) for one in failing)}" if len(failing) <= FEW else ""
        said.append(brief + names)
    elif blind:
        said.append(words.text(language, "blind", count=blind, all=len(rows)))
    else:
        said.append(words.text(language, "quiet" if report.counts.ok else "nothing_judged"))
    if missing := sum(gap.end - gap.begin for gap in report.gaps):
        said.append(words.text(language, "and_gaps", duration=duration(missing, language)))
    return said


def changed(report: Report, language: Language) -> list[Changed]:
    """What changed; many of a kind are one line, as when a group of checks is added."""
    counts = Counter(one.kind for one in report.changes)
    found = {}
    for one in report.changes:
        many = counts[one.kind] > MANY
        key = one.kind if many else (one.kind, one.site, one.check)
        if not many:
            text = words.text(language, f"change_{one.kind}")
            found[key] = Changed(one.kind, text, one.check, one.runbook, one.site)
        elif key not in found:
            text = words.text(language, f"changes_{one.kind}", count=counts[one.kind])
            found[key] = Changed(one.kind, text)
    return list(found.values())


def within(report: Report, one: Incident) -> float:
    """How long an incident lasted inside the report's time."""
    return min(one.ended or report.until, report.until) - max(one.since, report.span.begin)


def tiles(report: Report, language: Language) -> list[Tile]:
    """Availability, incidents, the three figures that were asked for, and the runs."""
    before = words.text(language, f"before_{report.span.kind}")

    def was(value: str | None) -> str:
        if value is None:
            return words.text(language, "no_before", before=before)
        return words.text(language, "was", value=value, before=before)

    known = report.before.share is not None
    share = report.counts.share
    found = [
        Tile(
            words.text(language, "availability"),
            forms.percent(share, language),
            was(forms.percent(report.before.share, language) if known else None),
            "none" if share is None else "ok" if share >= TARGET else "failing",
        ),
        Tile(
            words.text(language, "incidents"),
            str(len(report.incidents)),
            was(str(report.incidents_before) if report.runs_before else None),
            "failing" if level(report) == "failing" else "warning" if report.incidents else "ok",
        ),
    ]
    for key, metric in zip(("tile_errors", "tile_users", "tile_sepa"), FIRST, strict=True):
        own = [one for one in report.figures if one.metric == metric]
        if len(own) == 1:
            one = own[0]
            value = forms.number(one.last, "", language)
            earlier = None if one.before is None else forms.number(round(one.before), "", language)
            found.append(Tile(words.text(language, key), value, was(earlier), one.mark))
    runs = words.text(language, "runs_of", all=forms.number(report.expected, "", language))
    enough = report.runs >= report.expected * LITTLE and report.runs
    note = was(forms.number(report.runs_before, "", language) if report.runs_before else None)
    count = forms.number(report.runs, "", language)
    return [*found, Tile(runs, count, note, "ok" if enough else "unknown")]


def objective(report: Report) -> tuple[int, list[Missed]]:
    """How many checks with a grave limit were judged, and those that missed the objective."""
    judged = [row for row in report.rows if row.grave and row.counts.share is not None]
    allowed = budget(report)
    found = []
    for row in judged:
        share = row.counts.share
        if share is not None and share < TARGET:
            seconds = (1 - share / 100) * (report.until - report.span.begin)
            found.append(Missed(row, seconds, 100 * seconds / allowed if allowed else 0.0))
    return len(judged), sorted(found, key=lambda one: -one.seconds)


def budget(report: Report) -> float:
    """Seconds of failure that the objective allows in the report's time."""
    return (1 - TARGET / 100) * (report.until - report.span.begin)


def trend(now: Counts, before: Counts, language: Language) -> str:
    """`+0.12 points` against the time before; empty where one of both is not known."""
    if now.share is None or before.share is None:
        return ""
    change = round(now.share - before.share, 2)
    if not change:
        return words.text(language, "the_same")
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    return words.text(language, "points", change=sign + forms.number(abs(change), "", language))


def bars_told(bars: Sequence[Mark], language: Language) -> str:
    """`22 ok, 1 fails, 1 no data`, for those who do not see the bars."""
    counted = {mark: bars.count(mark) for mark in dict.fromkeys(bars)}
    return ", ".join(f"{count} {words.text(language, f'mark_{mark}')}" for mark, count in counted.items())
