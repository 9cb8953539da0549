"""What only a site itself knows, asked once a report: frequent errors, active users, batches by status."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from fixtures import clock
from fixtures.observe import NotApplicable
from fixtures.probes.database import SESSION, connect, of, told
from fixtures.probes.sql import NEEDED_BESIDES, statements
from fixtures.schema import Document, SettingsError
from fixtures.site import Site, sites
from reporters.archive import DAY
from reporters.daily.impersonal import impersonal
from reporters.daily.model import Asked
from reporters.daily.spans import Span

OLD_SECONDS = 2 * DAY
"""A time that ended longer ago is not asked for: a batch has its present status only, logs are cleared."""

SECONDS = 5.0
"""What the sites may take in all; up to three reports are made in one run, which has 30 s."""

TOP = 10
TITLES = {1: "report_top_errors", 7: "report_top_errors_7d"}
USERS = {1: "report_active_users", 7: "report_active_users_7d"}
BATCHES = "report_batches_by_status"
"""Statements of checks/queries.sql, by days."""


def ask(document: Document, names: Sequence[str], span: Span, at: float) -> list[Asked]:
    """Each site's answers, or why there are none; no site is waited for longer than its time."""
    days = 1 if span.kind == "day" else 7
    if at > span.end + OLD_SECONDS:
        return [Asked(name, days, why="too_old") for name in names]
    try:
        known = {site.name: site for site in sites(document)}
    except SettingsError as error:
        return [Asked(name, days, why=str(error)) for name in names]
    answers: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    end = clock.monotonic() + SECONDS
    left = {name for name in names if name in known}
    for name in left:
        work = partial(_answer, answers, known[name], min(span.end, at), days)
        threading.Thread(target=work, daemon=True).start()
    found = {name: Asked(name, days, why="no_site") for name in names if name not in known}
    while left:
        try:
            one = answers.get(timeout=max(0.01, end - clock.monotonic()))
        except queue.Empty:
            break
        found[one.site] = one
        left.discard(one.site)
    return [found.get(name) or Asked(name, days, why="slow") for name in names]


def _answer(answers: queue.SimpleQueue[Asked], site: Site, until: float, days: int) -> None:
    answers.put(_fenced(site, until, days))


def _fenced(site: Site, until: float, days: int) -> Asked:
    try:
        return _asked(site, until, days)
    except NotApplicable:
        return Asked(site.name, days, why="no_database")
    except Exception as error:  # noqa: BLE001 (whatever it is, the report is written and says so)
        return Asked(site.name, days, why=told(error, site))


def _asked(site: Site, until: float, days: int) -> Asked:
    """One connection, one read-only transaction, each statement with the site's timeout."""
    wanted = [TITLES[days], USERS[days], BATCHES]
    with connect(site, of(site)) as client, client.cursor() as cursor:
        cursor.execute(
            SESSION + NEEDED_BESIDES["time_zone"],
            {"statement": site.timeouts.statement, "lock": max(1, int(site.timeouts.statement))},
        )
        while cursor.description is None:
            cursor.nextset()
        row = cursor.fetchone()
        zone = site.time_zone or (row[0] if row and row[0] else clock.FRAPPE_DEFAULT_ZONE)
        here = datetime.fromtimestamp(until, UTC).astimezone(ZoneInfo(zone))
        values = {"now": f"{here:%Y-%m-%d %H:%M:%S}"}
        rows: dict[str, Any] = {}
        for name in wanted:
            cursor.execute(statements()[name], values)
            rows[name] = cursor.fetchall()
    titles, users, batches = (rows[name] for name in wanted)
    return Asked(
        site=site.name,
        days=days,
        errors=top(titles),
        users=int(users[0][0]),
        batches=[(str(status or "-"), int(count)) for status, count in batches],
    )


def top(rows: Sequence[tuple[Any, Any]]) -> list[tuple[str, int]]:
    """The most frequent titles, without what is personal in them: those that are then the same are one."""
    found: dict[str, int] = {}
    for title, count in rows:
        name = impersonal(str(title or "-"))
        found[name] = found.get(name, 0) + int(count)
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))[:TOP]


def answered(asked: Sequence[Asked]) -> Mapping[str, Asked]:
    """Site -> its answers, of those that gave any."""
    return {one.site: one for one in asked if not one.why}
