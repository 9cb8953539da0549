"""The record as results: statuses, worst of a check, root causes, carried results."""

import pytest

from reporters.run import FORMAT, KEY, Result, Run, from_document, rooted


def result(check="a", status="ok", severity="warning", depends_on=(), **more):
    return Result(check, "one", "g", severity, status, depends_on=tuple(depends_on), **more)


def run(*results, **more):
    facts = {"id": "r", "started": 1000.0, "duration": 1.0, "exit_status": 0, "complete": True, "selected": 1}
    return Run(**(facts | more), results=rooted(results))


def test_a_document_that_is_none_of_ours_is_refused():
    for document in ({}, {KEY: {"format": FORMAT + 1}}, {KEY: 3}):
        with pytest.raises(ValueError, match="not a run's record"):
            from_document(document)


def test_worst_is_failing_before_unknown_and_then_severity():
    found = run(
        result("a", "ok", "critical"),
        result("a", "failing", "warning"),
        result("b", "unknown", "critical"),
        result("c", "failing", "critical"),
        result("d", "skipped"),
    )
    assert [(one.check, one.status) for one in found.worst()] == [
        ("c", "failing"),
        ("a", "failing"),
        ("b", "unknown"),
        ("d", "skipped"),
    ] or [one.check for one in found.worst()] == ["c", "a", "b", "d"]
    assert found.counts() == {"ok": 0, "failing": 2, "unknown": 1, "blocked": 0, "skipped": 1}


def test_what_an_ordinary_test_recorded_under_our_names_is_left_out():
    facts = {"format": FORMAT, "id": "r", "started": 1.0, "selected": 1, "complete": True}
    pairs = [{"value": "many"}, {"severity": "awful"}, {"reason": "why"}]
    test = {"nodeid": "x.py::test_a", "outcome": "failed", "user_properties": pairs}
    (found,) = from_document({KEY: facts, "duration": 1.0, "exitcode": 1, "tests": [test]}).results
    assert (found.check, found.value, found.severity, found.reason) == ("test_a", None, "warning", "why")


def test_blocked_is_unknown_below_a_failing_check():
    found = rooted(
        [
            result("db", "failing"),
            result("sql", "unknown", depends_on=["db"]),
            result("deep", "unknown", depends_on=["sql"]),
            result("late", "failing", depends_on=["db"]),
            result("fine", "ok", depends_on=["db"]),
            result("alone", "unknown", depends_on=["other"]),
        ]
    )
    roots = {one.check: (one.root, one.blocked) for one in found}
    assert roots == {
        "db": (None, False),
        "sql": ("db", True),
        "deep": ("db", True),
        "late": ("db", False),
        "fine": (None, False),
        "alone": (None, False),
    }


def test_the_root_is_the_deepest_failing_check_and_cycles_end():
    found = rooted(
        [
            result("dns", "failing"),
            result("web", "failing", depends_on=["dns"]),
            result("page", "unknown", depends_on=["web"]),
            result("x", "unknown", depends_on=["y"]),
            result("y", "unknown", depends_on=["x"]),
        ]
    )
    assert {one.check: one.root for one in found} == {
        "dns": None,
        "web": "dns",
        "page": "dns",
        "x": None,
        "y": None,
    }


def test_an_unknown_chain_without_a_failing_check_has_no_root():
    found = rooted([result("db", "unknown"), result("sql", "unknown", depends_on=["db"])])
    assert [one.root for one in found] == [None, None]


def test_roots_stay_within_their_site():
    other = Result("db", "two", "g", "high", "failing")
    found = rooted([other, result("db", "ok"), result("sql", "unknown", depends_on=["db"])])
    assert found[2].root is None


def test_carried_results_fill_in_what_was_not_due():
    today = run(
        result("a", "ok"),
        result("b", "skipped", "warning", reason="not due"),
        result("c", "unknown", depends_on=["b"]),
    )
    whole = today.with_results(
        [result("a", "failing"), result("b", "failing", "warning"), result("b", "ok", "high")]
    )
    told = {(one.check, one.severity): (one.status, one.root) for one in whole.results}
    assert told == {
        ("a", "warning"): ("ok", None),
        ("b", "warning"): ("failing", None),
        ("b", "high"): ("ok", None),
        ("c", "warning"): ("unknown", "b"),
    }
