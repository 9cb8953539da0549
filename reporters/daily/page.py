"""A report as a page: one file without a script, with everything in it and nothing from outside."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.schema import Alerts
from reporters import status_words
from reporters.daily import bars, charts, forms, telling, words
from reporters.daily.model import TARGET, Report
from reporters.daily.spans import Span
from reporters.runbook import is_web
from reporters.words import duration, known, window

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parents[1] / "templates"

DRAWN = 36
"""Figures that get a chart; of more the numbers alone are shown."""

LISTED = 25
"""Lines of a list; how many more there are is told."""

SLOWEST = 10
RUNBOOK = re.compile(r"runbook/[\w.-]{1,100}\.md", re.ASCII)


def render(report: Report, settings: Alerts, links: dict[str, str] | None = None) -> str:
    """The page, whole; `links`: the pages before and after it (older, newer), as far as they are there."""
    language = settings.language
    return (
        environment()
        .get_template("report.html")
        .render(context(report, settings) | _paper(links or {}, language))
    )


def index(entries: Sequence[tuple[Span, str, str]], settings: Alerts) -> str:
    """The list of all reports: span, level and headline of each, the newest first."""
    language = settings.language
    shown = [
        {
            "href": f"{span.slug}.html",
            "kind": span.kind,
            "name": forms.stretch(span, language),
            "level": level,
            "headline": headline,
        }
        for span, level, headline in entries
    ]
    listed = {"entries": shown, "language": language, "t": partial(words.text, language)}
    return environment().get_template("report_index.html").render(_paper({}, language) | listed)


def _paper(links: dict[str, str], language: str) -> dict[str, Any]:
    style, digest = _style()
    return {
        "style": style,
        "links": {"older": "", "newer": ""} | links,
        "language": language,
        "policy": f"default-src 'none'; style-src '{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'",
    }


def context(report: Report, settings: Alerts) -> dict[str, Any]:
    """What the templates of the page and of the mail read."""
    language, span = settings.language, report.span
    t = partial(words.text, language)
    judged, missed = telling.objective(report)
    usual = t(f"usual_{span.kind}")
    return {
        "report": report,
        "language": language,
        "span": span,
        "t": t,
        "title": t(f"title_{span.kind}"),
        "stretch": forms.stretch(span, language),
        "level": telling.level(report),
        "verdict": telling.verdict(report, language),
        "changes": telling.changed(report, language),
        "tiles": telling.tiles(report, language),
        "before": t(f"before_{span.kind}"),
        "usual": usual,
        "several": len(report.sites) > 1,
        "judged": judged,
        "missed": missed,
        "target": forms.number(TARGET, "%", language),
        "budget": duration(telling.budget(report), language),
        "trend": partial(telling.trend, language=language),
        "duration": lambda seconds: duration(seconds, language),
        "seconds": lambda seconds: _seconds(seconds, forms.number, language),
        "percent": lambda share: forms.percent(share, language),
        "number": lambda value, unit="": forms.number(value, unit, language),
        "moment": lambda at: forms.moment(at, span, language),
        "known": lambda one: known(one, language),
        "window": lambda events: window(events, language),
        "within": partial(telling.within, report),
        "group_name": lambda name: status_words.group(language, name) if name else t("gone_group"),
        "href": partial(runbook, settings=settings),
        "bars": bars.paths,
        "bars_told": partial(telling.bars_told, language=language),
        "axis": bars.axis(span, language),
        "usually": lambda figure: _usually(figure, t, language),
        "chart": lambda figure, name: _chart(report, figure, settings, name),
        "drawn": DRAWN,
        "listed": LISTED,
        "slowest": sorted(report.rows, key=lambda row: -row.seconds[1])[:SLOWEST],
    }


def runbook(page: str, settings: Alerts) -> str:
    """The address of a runbook page; empty where none is configured."""
    base = settings.runbook_url
    if not base or not is_web(base) or not RUNBOOK.fullmatch(page):
        return ""
    return f"{base.rstrip('/')}/{page.removeprefix('runbook/')}"


def _chart(report: Report, figure: Any, settings: Alerts, name: str) -> Markup:
    from markupsafe import Markup

    drawn = charts.svg(figure, report.span, report.until, settings.language, name)
    return Markup(drawn)  # noqa: S704 (numbers, and words of our own)


def _usually(figure: Any, t: Callable[..., str], language: Any) -> str:
    """`usually 12 to 30`, of the same hours."""
    if not figure.band:
        return ""
    low, high = min(one[1] for one in figure.band), max(one[2] for one in figure.band)
    told = [
        forms.number(value, "", language)
        if figure.unit != "bytes"
        else forms.number(value, "bytes", language)
        for value in (low, high)
    ]
    return t("usual_one", low=told[0]) if told[0] == told[1] else t("usual_range", low=told[0], high=told[1])


def _seconds(seconds: float, number: Callable[..., str], language: Any) -> str:
    return (
        number(round(seconds * 1000, 1), "ms", language)
        if seconds < 1
        else number(round(seconds, 2), "s", language)
    )


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet, and the hash by which the page allows it."""
    from markupsafe import Markup

    text = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 (a file of this suite)


@cache
def environment() -> Environment:
    """Where the templates are: all they are given is escaped, and cleaned of what nobody sees."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    def shown(value: Any) -> Any:
        return value if hasattr(value, "__html__") else status_words.clean(str(value))

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
