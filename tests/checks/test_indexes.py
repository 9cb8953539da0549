"""What runs in each run is served by an index; the demo's indexes are those of a real site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.statements import aliases
from demo.seed_rest import SCHEMA
from fixtures import clock
from fixtures.catalogue import declared
from fixtures.observe import source_of
from fixtures.probes.sql import Sql, parameters, statements

SMALL = {
    "tabSingles",
    "tabSessions",
    "tabDocType",
    "tabUser",
    "tabHas Role",
    "tabEmail Account",
    "tabScheduled Job Type",
    "tabInstalled Application",
    "tabDirect Debit Batch",
}
"""Tables that stay small on the largest site: a batch a week for ten years is 520 rows."""

REAL = Path(__file__).parents[3] / "shared" / "realsite" / "schema.sql"

EVERY_RUN = sorted(
    {
        probe.name
        for check in declared().values()
        if isinstance(probe := source_of(check.probe), Sql) and check.every == "run"
    }
)


def explained(demo, text):
    with demo.root() as cursor:
        cursor.execute(f"EXPLAIN {text}", parameters(text, clock.site_now("Europe/Amsterdam"), {}))
        return cursor.fetchall()


@pytest.mark.parametrize("name", EVERY_RUN)
def test_a_statement_of_every_run_can_use_an_index(demo, name):
    """The optimizer goes by size and the demo is small: it may scan, but it must have had an index to use."""
    text = statements()[name]
    named = aliases(text)
    large = [
        row for row in explained(demo, text) if named.get(row[2], row[2]) not in SMALL and row[2] in named
    ]
    for row in large:
        assert row[4], f"{row[2]} is read without an index: {row}"


def test_a_statement_without_an_index_would_be_found(demo):
    (row,) = explained(demo, "SELECT COUNT(*) FROM `tabSales Invoice` WHERE grand_total > 0")
    assert not row[4]


def test_there_are_such_statements():
    assert len(EVERY_RUN) > 20


def indexes(text):
    """Table -> its indexes as tuples of columns."""
    found = {}
    for name, body in re.findall(r"^CREATE TABLE (`[^`]+`|\w+) \((.*?)\)\s*ENGINE", text, re.M | re.S):
        keys = re.findall(r"(?:PRIMARY |UNIQUE )?KEY (?:`?\w+`? )?\(([^()]*)\)", body)
        found[name.strip("`")] = {tuple(re.sub(r"[`\s]", "", key).split(",")) for key in keys}
    return found


@pytest.mark.skipif(not REAL.exists(), reason="the real site's table definitions are not here")
def test_the_demo_has_the_indexes_of_a_real_site_and_no_others():
    real, demo = indexes(REAL.read_text(encoding="utf-8")), indexes(SCHEMA.read_text(encoding="utf-8"))
    columns = {
        name.strip("`"): set(
            re.findall(r"(?:^|, )`?(\w+)`? (?:varchar|datetime|int|date|decimal|long|text)", body)
        )
        for name, body in re.findall(
            r"^CREATE TABLE (`[^`]+`|\w+) \((.*?)\)\s*ENGINE", SCHEMA.read_text(), re.M
        )
    }
    for table, keys in demo.items():
        if table not in real:  # Frappe's own, of which no definition was taken: tabLogs To Clear
            continue
        assert keys <= real.get(table, set()), table
        missing = {key for key in real.get(table, set()) - keys if set(key) <= columns[table]}
        assert not missing, f"{table}: {missing}"
