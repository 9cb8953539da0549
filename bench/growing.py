"""The demo's rows over and over under other names, up to an association fifty times as large.

250,000 members, some 2.5 million invoices, two million rows of the error log and of the activity log.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.statements import SIZES

STEPS = (1, 10, 50)
MORE = {"tabSales Invoice": 2.3, "tabActivity Log": 1.6}
"""Tables that are to have so many times more than the others, for two million rows at fifty times."""

ERRORS = 40_000
"""Rows of the error log for each time: the demo has hardly any."""

OWN = frozenset(
    {"tabSingles", "tabDocType", "tabScheduled Job Type", "tabInstalled Application", "tabPatch Log"}
)
"""Tables that are as large on any site."""

REFERENCES = frozenset({"name", "parent", "member", "customer", "invoice", "member_id", "mandate_id"}) | {
    "mandate_reference",
    "sepa_message_id",
}
"""Columns whose values get another name with each copy."""


def grow(cursor: Any, before: int, times: int, tell: Callable[[str], object] = print) -> None:
    """From `before` times the demo's rows to so many times."""
    cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
    cursor.execute(SIZES)
    for table, _ in cursor.fetchall():
        cursor.execute(f"SHOW COLUMNS FROM `{table}`")
        columns = [row[0] for row in cursor.fetchall()]
        if table in OWN or "name" not in columns or table == "tabError Log":
            continue
        started = time.monotonic()
        named = ", ".join(f"`{column}`" for column in columns)
        copied = ", ".join(
            f"CONCAT(t.`{column}`, '-{times}-', s.seq)" if column in REFERENCES else f"t.`{column}`"
            for column in columns
        )
        more = MORE.get(table, 1.0) if before == 1 else 1.0
        copies = round(times / before * more) - 1
        cursor.execute(
            f"INSERT INTO `{table}` ({named}) SELECT {copied} FROM `{table}` AS t, seq_1_to_{copies} AS s"
        )
        if time.monotonic() - started > 5:
            tell(f"{table}: {cursor.rowcount} rows, {time.monotonic() - started:.0f} s")
    have = ERRORS * before if before > 1 else 0
    cursor.execute(
        "INSERT INTO `tabError Log` (name, creation, modified, method, error)"
        " SELECT CONCAT('copy', seq), at, at, CONCAT('Fault ', seq % 40), 'Traceback' FROM"
        f" (SELECT seq, (SELECT MIN(creation) FROM `tabError Log`) - INTERVAL (seq - {have}) * 10 SECOND AS at"
        f" FROM seq_{have + 1}_to_{ERRORS * times}) AS made"
    )
    cursor.execute(SIZES)
    cursor.execute("ANALYZE TABLE " + ", ".join(f"`{row[0]}`" for row in cursor.fetchall()))
    cursor.fetchall()


def counted(cursor: Any) -> dict[str, int]:
    """DocType -> rows, of the large tables."""
    found = {}
    for name in ("Member", "Sales Invoice", "Error Log", "Activity Log"):
        cursor.execute(f"SELECT COUNT(*) FROM `tab{name}`")
        found[name] = int(cursor.fetchone()[0])
    return found
