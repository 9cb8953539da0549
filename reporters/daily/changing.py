"""What is not as it was at the end of the time before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from reporters.archive import DAY
from reporters.daily.counting import Name
from reporters.daily.model import Change, Figure, Row

BACK_SECONDS = 2.0 * DAY
"""How old a result may be to say how a check was: one that is daily may be a day old."""

LAST = """
SELECT i.site, i.check_id, (
    SELECT status FROM samples WHERE item = i.id AND observed_at < ? AND observed_at >= ?
    ORDER BY observed_at DESC LIMIT 1) AS state
FROM items AS i WHERE state IS NOT NULL
"""
ORDER = ("broke", "blind", "unusual", "gone", "new", "passed", "mended")


def changes(
    connection: sqlite3.Connection, begin: float, until: float, rows: Iterable[Row], figures: Iterable[Figure]
) -> list[Change]:
    """Newly failing or unobserved, well again, new or gone, and figures that are not as usual.

    Of a check that counts events the time passed: that is not called well again.
    """
    then, now = _states(connection, begin), _states(connection, until)
    found = []
    known = bool(then)
    for row in rows:
        name = row.site, row.check
        was, is_ = then.get(name), now.get(name)
        seen = row.counts.ok + row.counts.failing + row.counts.unknown
        own = row.site, row.check, row.runbook
        if is_ == "failing" and was != "failing" and known:
            found.append(Change("broke", *own))
        elif is_ == "unknown" and was == "ok":
            found.append(Change("blind", *own))
        elif is_ == "ok" and was in ("failing", "unknown"):
            passed = row.events and was == "failing"
            found.append(Change("passed" if passed else "mended", *own))
        elif was is None and known and seen and not _was_ever(connection, name, begin):
            found.append(Change("new", *own))
    present = {(row.site, row.check) for row in rows}
    runs_came = any(row.counts.ok + row.counts.failing for row in rows)
    gone = sorted(name for name in then if runs_came and (name not in present or name not in now))
    found += [Change("gone", *name) for name in gone]
    broke = {(one.site, one.check) for one in found}
    found += [
        Change("unusual", one.site, one.check, one.runbook)
        for one in figures
        if one.unusual and (one.site, one.check) not in broke
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.kind), one.site, one.check))


def _states(connection: sqlite3.Connection, at: float) -> dict[Name, str]:
    """How each check was, the worst of its limits."""
    found: dict[Name, str] = {}
    order = ("ok", "unknown", "failing")
    for site, check, status in connection.execute(LAST, (at, at - BACK_SECONDS)):
        told = ("ok", "failing", "unknown")[status]
        found[site, check] = max(found.get((site, check), "ok"), told, key=order.index)
    return found


def _was_ever(connection: sqlite3.Connection, name: Name, before: float) -> bool:
    row = connection.execute(
        "SELECT 1 FROM results WHERE site = ? AND check_id = ? AND observed_at < ? LIMIT 1", (*name, before)
    ).fetchone()
    return row is not None
