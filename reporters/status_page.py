"""The status page as static files: `status/index.html` for those who mend, `status/public.html` for all.

One template, without anything from outside: style and script stand in the page and are allowed by their
hashes alone. The public page shows groups, without figures, names of checks or sites.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from fixtures import clock, known
from reporters import days, state, status_quiet, status_view, status_words, words
from reporters.history import reading
from reporters.notice import Language
from reporters.run import FULL
from reporters.runbook import is_web
from reporters.status_view import View
from reporters.terminal import figure

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from fixtures.schema import Alerts
    from reporters.publish import Told

TEMPLATES = Path(__file__).parent / "templates"
STALE_INTERVALS = 3
HISTORY_FORMAT = 1
FEW_SITES = 5
"""Up to so many stand on one page; more have a page each, and the first is their overview."""

SITES_SECONDS = 12.0
"""What the pages of many sites may take of one run."""

LISTED = 100
"""Troubles on one page, the worst first."""


def report(told: Told) -> None:
    """Write the pages and `history.json`; the history is opened anew, since this runs in another thread."""
    if told.run.suite != FULL:
        return
    settings = told.settings.alerts
    with reading(told.public.parent / "history.sqlite", 5) as connection:
        at = told.run.started + told.run.duration
        past = days.past(connection, at, settings.time_zone)
        view = status_view.build(told.run, connection, past, settings)
    view = replace(view, known=known.of(told.settings, told.run.results))
    folder = told.public / "status"
    links = _links(settings, told.public)
    state.show(folder / "index.html", render(view, settings, internal=True, links=links))
    state.show(folder / "public.html", render(view, settings, internal=False))
    if len(told.run.sites()) > FEW_SITES:
        _site_pages(view, settings, folder / "sites")
    if told.run.complete:
        state.show(told.public / "history.json", json.dumps(recent(view), separators=(",", ":")))


def _site_pages(view: View, settings: Alerts, folder: Path) -> None:
    """A page a site: of those in trouble or changed in each run, of the others the oldest, as time allows."""
    until = clock.monotonic() + SITES_SECONDS
    wanted = {file_name(site): site for site in view.run.sites() if site}

    def due(name: str) -> tuple[bool, float]:
        page = folder / name
        return quiet[wanted[name]], page.stat().st_mtime if page.exists() else 0.0

    runs = view.run.by_site()
    quiet = {one.site: one.level == "ok" for one in status_view.sites(view)}
    for name in sorted(wanted, key=due):
        if clock.monotonic() > until:
            break
        state.show(folder / name, render(status_view.of(view, runs[wanted[name]]), settings, internal=True))
    for path in folder.glob("*.html") if folder.is_dir() else ():
        if path.name not in wanted:
            path.unlink()


def file_name(site: str) -> str:
    """Of a site's page: what could lead elsewhere is left out."""
    return f"{re.sub(r'[^a-z0-9.-]', '_', site.lower()).strip('.')[:200]}.html"


def render(view: View, settings: Alerts, *, internal: bool, links: Mapping[str, str] | None = None) -> str:
    """The page, whole; `links` are what its internal part leads to."""
    language = settings.language
    zone = ZoneInfo(settings.time_zone)
    here = datetime.fromtimestamp(view.at, UTC).astimezone(zone)
    (script, script_hash), (style, style_hash) = _asset("status.js"), _asset("status.css")
    named = partial(status_words.group, language)
    groups = view.groups if internal else view.parts
    return (
        _environment()
        .get_template("status.html")
        .render(
            view=view,
            run=view.run,
            internal=internal,
            several=len(view.run.sites()) > 1,
            sites=status_view.sites(view) if internal and len(view.run.sites()) > FEW_SITES else [],
            page_of=lambda site: f"sites/{quote(file_name(site))}",
            listed=LISTED,
            language=language,
            zone=settings.time_zone,
            links=links or {},
            stale_after=round(view.interval * STALE_INTERVALS),
            t=partial(status_words.text, language),
            groups=sorted(groups, key=lambda one: (one.site, named(one.name))),
            group_name=named,
            duration=partial(words.duration, language=language),
            known=partial(words.known, language=language),
            window=partial(words.window, language=language),
            figure=figure,
            moment=_moments(here, zone),
            iso=lambda at: f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}",
            href=lambda page: _runbook(page, settings),
            bars=bars,
            words=_words(language),
            judged=sum(one.status != "skipped" for one in view.run.results),
            planned=[one for one in view.silences if one.id.startswith(status_quiet.SETTINGS)],
            style=style,
            script=script,
            policy=f"default-src 'none'; script-src '{script_hash}'; style-src '{style_hash}';"
            " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
            assets=script_hash[-12:] + style_hash[-12:],
        )
    )


def recent(view: View) -> dict[str, Any]:
    """`history.json`: of each check the worst state of each of the last 24 hours, the oldest first.

    `until` is the end of the last hour in epoch seconds; an hour without a result is "none".
    """
    several = len(view.run.sites()) > 1
    names = sorted({(one.site, one.check) for one in view.run.results if one.status != "skipped"})
    return {
        "format": HISTORY_FORMAT,
        "until": (view.past.hour + 1) * days.HOUR,
        "seconds_each": days.HOUR,
        "checks": {
            (f"{site}/{check}" if several else check): view.past.last_hours((site, check))
            for site, check in names
        },
    }


def bars(marks: list[days.Mark], width: int = 4) -> dict[str, str]:
    """Mark -> an SVG path of one line for each run of days, to be stroked with dashes: one dash a day."""
    found: dict[str, str] = {}
    start = 0
    for index in range(1, len(marks) + 1):
        if index == len(marks) or marks[index] != marks[start]:
            line = f"M{start * width} 12h{(index - start) * width}"
            found[marks[start]] = found.get(marks[start], "") + line
            start = index
    return found


@cache
def _asset(name: str) -> tuple[Markup, str]:
    """Style or script as it stands in the page, and the hash by which the page allows it."""
    from markupsafe import Markup

    text = (TEMPLATES / name).read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 (a file of this suite)


@cache
def _environment() -> Environment:
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


def _moments(now: datetime, zone: ZoneInfo) -> Callable[..., str]:
    def moment(at: float, *, whole: bool = False) -> str:
        """The hour of today, or the date as well."""
        here = datetime.fromtimestamp(at, UTC).astimezone(zone)
        return f"{here:%H:%M}" if here.date() == now.date() and not whole else f"{here:%Y-%m-%d %H:%M}"

    return moment


def _words(language: Language) -> dict[str, str]:
    """What the script says by itself, its places kept: {count}, {rest} and {age}."""
    return {
        key: status_words.TEXTS[key][language == "nl"]
        for key in ("seconds", "minutes", "hours", "age_days", "ago", "now", "stale", "stale_why")
    }


def _runbook(page: str, settings: Alerts) -> str:
    """The address of a runbook page; empty where none is configured."""
    if not page or not is_web(settings.runbook_url):
        return ""
    return f"{(settings.runbook_url or '').rstrip('/')}/{quote(Path(page).name, errors='replace')}"


def _links(settings: Alerts, public: Path) -> dict[str, str]:
    """The reports, once there are some, and Grafana; the first is found from the file and from the server."""
    found = {}
    if (public / "reports" / "index.html").exists():
        found[status_words.text(settings.language, "reports")] = "../reports/index.html"
    if settings.grafana_url and is_web(settings.grafana_url):
        found["Grafana"] = settings.grafana_url
    return found
