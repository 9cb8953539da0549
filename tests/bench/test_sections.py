"""What each part makes of its figures, and how RESULTS.md keeps them."""

from __future__ import annotations

import re

import pytest

from bench import (
    __main__,
    checks,
    history,
    latency,
    layers,
    peers,
    report,
    results,
    sites,
    size,
    startup,
    statements,
    workers,
)
from bench.commands import Cost
from bench.results import Goal, Section, merged

SMALL, LARGE = Cost(1.0, 2.0, 30.0), Cost(1.4, 3.0, 60.0)
STATEMENT = statements.Measured("errors_1h", "run", 12.0, "Error Log: range by modified", 40, scans=False)
LAYERS = dict.fromkeys(layers.NAMES, 10.0)

SECTIONS = {
    "startup": lambda: startup.section(
        {"bare": SMALL, "all": LARGE, "published": LARGE, "bare one": SMALL, "one": SMALL},
        329,
        {f"package{n}": float(n) for n in range(20)},
        {"host figures": {"pytest"}, "all checks": {"pytest", "requests", "pymysql"}},
    ),
    "peers": lambda: peers.section({peers.OWN: SMALL, "others": LARGE}, 99, "others 1.0"),
    "latency": lambda: latency.section(
        {"0": SMALL} | {f"{delay}": LARGE for delay in latency.DELAYS_MS} | {"hanging": LARGE},
        ["passed", "error"],
    ),
    "checks": lambda: checks.section([row(10), row(100), row(1000), row(10_000)]),
    "sites": lambda: sites.section(
        [sites.Row(1, "fleet", SMALL, 0.1, 60.0), sites.Row(1000, "fleet", LARGE, 9.0, 500.0)],
        [workers.Growth(1, 32.0, 0.1, 1.0), workers.Growth(16, 2.0, 0.1, 1.0)],
    ),
    "size": lambda: size.section(
        [size.Row(times, kind, SMALL, 0.1, 1000, 0) for times in (1, 50) for kind in ("all", "each")],
        {times: {"Member": 5000 * times, "Sales Invoice": 20_000 * times} for times in (1, 50)},
        [STATEMENT],
    ),
    "layers": lambda: layers.section(
        dict.fromkeys(("bare", "bare more", "all", "published", "one", "more"), LAYERS),
        329,
        {"bare": {"pytest": 1.0}, "all": {"pytest": 0.75, "fixtures/": 0.25}},
    ),
    "report": lambda: report.section(
        [report.Row(what, 1.0, 1.0, 0.1, 100.0, 90.0) for what in ("report of a day", report.STATUS)],
        "a history",
    ),
    "history": lambda: history.section(
        5.0,
        {"samples": 3.0, "hours": 0.3, "daily": 0.1},
        {"before": [0.1], "now": [0.1, 0.2], "tidy": [0.1]},
    ),
}


def row(count: int) -> checks.Row:
    """A run costs 1 s and 1 ms a check, a plugin 3 ms."""
    return checks.Row(count, SMALL, Cost(1 + count / 1000, 1.0, 60.0), Cost(3 * count / 1000, 1.0, 8.0))


def test_every_part_has_a_section_under_its_title():
    assert {*SECTIONS} == {*__main__.PARTS}
    assert {name: made().title for name, made in SECTIONS.items()} == __main__.PARTS


@pytest.mark.parametrize("part", SECTIONS)
def test_a_section_is_well_formed(part):
    lines = "\n".join(SECTIONS[part]().lines).split("\n")
    tables = re.findall(r"(?:^\|.*\|\n?)+", "\n".join(lines), re.M)
    assert tables
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
    assert not [line for line in lines if line.startswith("## ") or "nan" in line]


def test_goals_are_held_against_their_limits():
    told = {f"{part}: {goal}" for part, made in SECTIONS.items() for goal in made().goals}
    assert "startup: met: all checks, CPU of bare pytest: at most 1.5: 1.40" in told
    assert "checks: NOT MET: break-even with one process a check, checks: at most 300: 500.00" in told
    assert "checks: NOT MET: 1,000 checks, CPU of one process each: at most 0.5: 0.67" in told
    assert "report: NOT MET: the status page after its imports: at most 0.2 s: 2.00 s" in told
    assert "latency: met: 50 ms more each round trip, wall time added: at most 1 s: 1.00 s" in told


def test_a_statement_that_scans_in_each_run_breaks_the_rule():
    found = SECTIONS["size"]().goals
    assert [goal.met for goal in found] == [True]
    slow = statements.Measured("slow", "run", 5.0, "Error Log: ALL", 2_000_000, scans=True)
    assert "| slow | run | 5.0 | Error Log: ALL | 2,000,000 | too slow |" in statements.page([slow], "", "")


def test_a_part_replaces_its_own_section_and_goals_only():
    titles = {"one": "First", "two": "Second"}
    text = merged("", "two", Section("Second", ["old"], [Goal("fast", "9 s", met=False)]), "Then.", titles)
    text = merged(
        text,
        "one",
        Section("First", ["# no heading", "kept"], [Goal("small", "1", met=True)]),
        "Then.",
        titles,
    )
    text = merged(text, "two", Section("Second", ["new"], [Goal("fast", "1 s", met=True)]), "Now.", titles)
    assert "old" not in text
    assert "9 s" not in text
    goals, first, second = text.split("\n## ")[1:]
    assert goals.splitlines()[-2:] == ["| one | small | 1 | met |", "| two | fast | 1 s | met |"]
    assert first == "First\n\nThen.\n\n# no heading\nkept\n"
    assert second == "Second\n\nNow.\n\nnew\n"
    assert (
        merged(text, "two", Section("Second", ["new"], [Goal("fast", "1 s", met=True)]), "Now.", titles)
        == text
    )


def test_what_is_no_part_any_more_goes():
    text = "# Benchmarks\n\n## Goals\n\n| gone | a | 1 | met |\n\n## Gone\n\nlong ago\n"
    assert "one" in (found := merged(text, "one", Section("First", ["now"]), "", {"one": "First"}))
    assert "gone" not in found.lower()


def test_the_machine_is_named():
    told = results.machine()
    assert re.match(
        r"\d{4}-\d\d-\d\d; \d+ cores .+, \d+ GB, load [\d.]+ before; Python 3\.\d+\.\d+, MariaDB \d", told
    )


def test_one_part_that_fails_takes_no_other_along(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(__main__, "FILE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(startup, "measure", lambda: 1 / 0)
    monkeypatch.setattr(history, "measure", SECTIONS["history"])
    assert __main__.main(["startup", "history"]) == 1
    assert "not measured: startup" in capsys.readouterr().err
    assert "## The history's size" in (tmp_path / "RESULTS.md").read_text()


def test_an_unknown_part_is_named_with_those_there_are(capsys):
    assert __main__.main(["peer"]) == 4
    assert capsys.readouterr().err == f"bench: no such part: peer; there are {', '.join(__main__.PARTS)}\n"


def test_the_results_have_every_part():
    text = results.FILE.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == ["Goals", *__main__.PARTS.values()]
