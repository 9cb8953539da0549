"""What one check is and was, for who debugs it: its query ready to paste, its limits' origin, its past."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures import clock, known
from fixtures.observe import name_of, source_of
from fixtures.probes.sql import Sql, parameters, statements, zone_of
from fixtures.session import DOCUMENT, SITES, SOURCE, TARGET, Target, check_id
from fixtures.settings import nearest
from fixtures.site import Site
from reporters import words
from reporters.history import History, Past
from reporters.run import Result
from reporters.runbook import first_step
from reporters.terminal import Line, figure, wrapped

LAST = 8
"""Results of the past that are shown."""


def explain(session: pytest.Session, name: str, history: Path) -> Iterator[str]:
    """`--explain CHECK`: all that is known without observing; of the site, only its zone is asked."""
    session.perform_collect()
    by_check: dict[str, list[pytest.Item]] = {}
    for item in session.items:
        by_check.setdefault(check_id(item), []).append(item)
    if name not in by_check:
        raise pytest.UsageError(f"--explain = {name!r}: no such check; {nearest(name, [*by_check])}")
    items = by_check[name]
    yield f"{name}: {dict(items[0].user_properties).get('summary', '')}"
    for text, _ in more(items, history):
        yield text


def more(items: list[pytest.Item], history: Path) -> Iterator[Line]:
    """What the items of one check on one site have, besides what was observed."""
    targets = [target for item in items if (target := item.stash.get(TARGET, None))]
    if not targets:
        return
    config, check, site = items[0].config, targets[0].check, targets[0].site
    name = check_id(items[0])
    yield from wrapped("probe", name_of(check.probe))
    for target in targets:
        yield from wrapped("limit", f"{_limit(target)}: {origin(config, name, target)}")
    after = [check.every, *(["smoke"] if check.smoke else []), *([check.metric] if check.metric else [])]
    yield from wrapped("every", ", ".join(after))
    yield from wrapped("follows", ", ".join(check.depends_on))
    source = source_of(check.probe)
    takes = known.taken(statements()[source.name]) if isinstance(source, Sql) else ()
    results = [Result(one, site.name, "", "info", "ok") for one in dict.fromkeys((name, *takes)) if site]
    for left in known.of(config.stash[DOCUMENT], results):
        yield from wrapped("known", words.known(left, unit=check.unit or "items"))
        for item in left.entry.items:
            yield f"           - {item}", ""
    query = _query(check.probe, site, ask=bool(config.option.explain))
    if query:
        yield "  paste", ""
        for line in query.splitlines():
            yield f"    {line}", ""
    past = History.results_of(history, site.name if site else "", name, LAST) if history.exists() else []
    for number, one in enumerate(past):
        yield f"  {'' if number else 'past':<8} {_past(one, check.unit)}", ""
    yield from wrapped("first", first_step(config.rootpath / f"runbook/{name}.md") or "")
    yield f"  {'runbook':<8} runbook/{name}.md", ""


def origin(config: pytest.Config, name: str, target: Target) -> str:
    """Where a limit or a severity comes from: the check's own, or a line of the settings file."""
    override = target.site.checks.get(name) if target.site else None
    said = getattr(override, target.severity, None) if override and target.limit is not None else None
    if override is None or (said is None and override.severity != target.severity):
        return "the check's own"
    path = Path(config.stash[SOURCE])
    key = target.severity if target.limit is not None else "severity"
    sites = [site.name for site in config.stash[SITES]]
    if path.is_file():
        for number, table, line in _lines(path):
            named = table == f"checks.{name}" or any(
                table == f"sites.{quoted}.checks.{name}" for site in sites for quoted in (site, f'"{site}"')
            )
            if named and re.match(rf"\s*{key}\s*=", line):
                return f"{path}:{number}"
    return "the settings"


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    table = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = found[1].strip()
        yield number, table, line


def _limit(target: Target) -> str:
    if target.limit is None:
        return f"a condition, {target.severity}"
    word = "at least" if target.check.at_least else "at most"
    return f"{word} {figure(target.limit, target.check.unit)} ({target.severity})"


def _query(probe: Callable[..., Any], site: Site | None, *, ask: bool) -> str | None:
    """The statement as it can be pasted into a client: with @now, and literal days.

    `ask`: nothing was observed, so the site's zone is asked for now.
    """
    source = source_of(probe)
    if not isinstance(source, Sql):
        return None
    text, zone = statements()[source.name], zone_of(site, ask=ask) if site else None
    now = clock.site_now(zone or clock.FRAPPE_DEFAULT_ZONE)
    given = parameters(text, now, site.known if site else {}, site.collection_days if site else None)
    values = {key: _literal(value) for key, value in given.items()} | {"now": "@now"}
    begin = []
    if "trx_started" in text:  # as in each session of the suite
        begin.append("SET SESSION time_zone = 'SYSTEM';")
    if "%(now)s" in text:
        taken = zone or f"{clock.FRAPPE_DEFAULT_ZONE}, since the site's zone could not be read"
        begin.append(f"SET @now = '{now:%Y-%m-%d %H:%M:%S}';  -- {taken}")
    return "\n".join([*begin, f"{text % values};"])


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))})"
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return f"'{value}'"


def _past(one: Past, unit: str) -> str:
    at = datetime.fromtimestamp(one.observed_at, UTC).astimezone()
    value = figure(one.value, unit) if one.value is not None else one.reason[:40]
    return f"{at:%Y-%m-%d %H:%M} {one.severity:<8} {one.status:<8} {value}"
