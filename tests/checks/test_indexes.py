"""What runs in each run is served by an index, in Frappe 15 and in 16; the demo's are those of a real site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.statements import aliases
from demo.layouts import frappe_16, kept
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
    "tabPatch Log",
}
"""Tables that stay small on the largest site: a batch a week for ten years is 520 rows."""

REAL = Path(__file__).with_name("indexes_of_15.txt")
"""The demo's tables as a real site of Frappe 15 has them: their indexes, each by its columns."""


def cadences():
    """Statement -> how often it is asked at most."""
    found = {}
    for check in declared().values():
        if isinstance(probe := source_of(check.probe), Sql):
            found[probe.name] = min(
                check.every, found.get(probe.name, "daily"), key=("run", "hourly", "daily").index
            )
    return found


CADENCES = cadences()
EVERY_RUN = sorted(name for name, every in CADENCES.items() if every == "run")
HOURLY = sorted(name for name, every in CADENCES.items() if every == "hourly")


@pytest.fixture(scope="module", params=["15", "16"])
def layout(request, demo):
    """A cursor on a site's tables with the indexes of a version of Frappe."""
    schema = SCHEMA.read_text(encoding="utf-8")
    with demo.root() as cursor:
        cursor.execute("CREATE DATABASE layout")
        try:
            cursor.execute("USE layout")
            for statement in (frappe_16(schema) if request.param == "16" else schema).split(";\n"):
                if re.sub(r"^--.*$", "", statement, flags=re.M).strip():
                    cursor.execute(statement)
            yield cursor
        finally:
            cursor.execute("DROP DATABASE layout")


def explained(cursor, text):
    cursor.execute(f"EXPLAIN {text}", parameters(text, clock.site_now("Europe/Amsterdam"), {}))
    return cursor.fetchall()


def unserved(cursor, text):
    """The large tables that a statement must read as a whole: no index could serve it."""
    named = aliases(text)
    tables = {named[row[2]] for row in explained(cursor, text) if row[2] in named and not row[4]}
    return tables - SMALL


@pytest.mark.parametrize("name", EVERY_RUN)
def test_a_statement_of_every_run_can_use_an_index(layout, name):
    """The optimizer goes by size and these are empty: it may scan, but it must have had an index to use."""
    assert not unserved(layout, statements()[name])


@pytest.mark.parametrize("name", HOURLY)
def test_a_statement_of_every_hour_loses_no_index_by_an_upgrade(demo, layout, name):
    text = statements()[name]
    with demo.root() as cursor:  # as 15 has them
        before = unserved(cursor, text)
    assert unserved(layout, text) <= before


def test_a_statement_without_an_index_would_be_found(layout):
    assert unserved(layout, "SELECT COUNT(*) FROM `tabSales Invoice` WHERE grand_total > 0") == {
        "tabSales Invoice"
    }


def test_the_layout_of_16_is_what_frappe_makes():
    schema = frappe_16(SCHEMA.read_text(encoding="utf-8"))
    found = indexes(schema)
    assert ("creation",) in found["tabError Log"]
    assert ("modified",) not in found["tabError Log"]
    assert {("creation",), ("modified",)} <= found["tabDirect Debit Batch"]
    assert ("creation",) not in found["tabSEPA Mandate Usage"]  # a child table
    assert ("parent",) in found["tabSEPA Mandate Usage"]
    assert kept() <= found.keys()


def test_there_are_such_statements():
    assert len(EVERY_RUN) > 20


def indexes(text):
    """Table -> its indexes as tuples of columns."""
    found = {}
    for name, body in re.findall(r"^CREATE TABLE (`[^`]+`|\w+) \((.*?)\)\s*ENGINE", text, re.M | re.S):
        keys = re.findall(r"(?:PRIMARY |UNIQUE )?KEY (?:`?\w+`? )?\(([^()]*)\)", body)
        found[name.strip("`")] = {tuple(re.sub(r"[`\s]", "", key).split(",")) for key in keys}
    return found


def test_the_demo_has_the_indexes_of_a_real_site_and_no_others():
    lines = [line.partition(": ") for line in REAL.read_text(encoding="utf-8").splitlines()]
    real = {table: {tuple(key.split(",")) for key in keys.split("; ")} for table, _, keys in lines}
    demo = indexes(SCHEMA.read_text(encoding="utf-8"))
    assert len(real) > 60
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
