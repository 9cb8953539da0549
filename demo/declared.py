"""The checks that a server's outage takes along, read from their declarations."""

from __future__ import annotations

from fixtures.catalogue import declared
from fixtures.probes.sql import Sql, statements


def followers(sentinel: str) -> str:
    """The checks that depend on one, in one text."""
    return " ".join(name for name, check in declared().items() if sentinel in check.depends_on)


def readers(table: str) -> str:
    """The checks whose statement reads a table, in one text."""
    return " ".join(
        name
        for name, check in declared().items()
        if isinstance(check.probe, Sql) and table in statements()[check.probe.name]
    )
