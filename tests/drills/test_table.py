"""docs/drills.md has every drill of the code with its result, and no other; each holds."""

from __future__ import annotations

from tests.drills import ledger

CODE = [row for _, rows in ledger.every() for row in rows]


def test_each_drill_has_a_name_of_its_own():
    assert len({row.what for row in CODE}) == len(CODE)


def test_the_page_is_of_these_drills():
    page = ledger.rows(ledger.PAGE.read_text(encoding="utf-8"))
    expected = {ledger.cell(row.what): ledger.cell(row.expected) for row in CODE}
    assert {what: words for what, (words, _) in page.items()} == expected, "run `make drill`"


def test_all_held():
    page = ledger.rows(ledger.PAGE.read_text(encoding="utf-8"))
    assert {what for what, (_, verdict) in page.items() if verdict == ledger.BROKE} == set()
    assert sum(verdict == ledger.HELD for _, verdict in page.values()) > 100


def test_a_result_becomes_a_row():
    results = {
        row.what: ledger.Result(ledger.HELD, "exit 1 | <b> /tmp/x-1/state localhost:22") for row in CODE
    }
    results[CODE[0].what] = ledger.Result(ledger.BROKE, "exit 0")
    text = ledger.render(results, "2026-11-24")
    assert "exit 1 / &lt;b> .../state localhost:PORT |" in text
    assert f"{len(CODE)} drills on 2026-11-24: {len(CODE) - 1} {ledger.HELD}, 1 {ledger.BROKE}." in text
    assert ledger.rows(text)[ledger.cell(CODE[0].what)][1] == ledger.BROKE
