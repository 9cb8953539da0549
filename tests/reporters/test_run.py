"""The record as results: statuses, worst of a check, root causes, carried results."""

import pytest

from reporters.run import FORMAT, KEY, NOT_DUE, Result, Run, batched, from_document, result_of, rooted, stamp


def result(check="a", status="ok", severity="warning", depends_on=(), **more):
    return Result(check, "one", "g", severity, status, depends_on=tuple(depends_on), **more)


def run(*results, **more):
    facts = {"id": "r", "started": 1000.0, "duration": 1.0, "exit_status": 0, "complete": True, "selected": 1}
    return Run(**(facts | more), results=rooted(results))


FACTS = {"id": "r", "started": 1000.0, "selected": 2, "whole": True, "suite": "full"}
TEST = {
    "nodeid": "checks/test_a.py::test_a[critical]",
    "outcome": "failed",
    "user_properties": [
        {"check": "a", "site": "one", "group": "g", "severity": "critical"},
        {"value": 7, "depends_on": ["db"], "runbook": "runbook/a.md"},
        {"of_a_later_version": 1},
    ],
}


def document(*tests, status=1, **facts):
    whole = {"tests": list(tests), "exitcode": status, "duration": 2.5, "environment": {"TOKEN": "secret"}}
    stamp(whole, FACTS | {"selected": len(tests)} | facts)
    return whole


@pytest.mark.parametrize(
    ("status", "facts", "complete"),
    [
        (0, {}, True),
        (1, {}, True),
        (2, {}, False),
        (3, {}, False),
        (0, {"selected": 3}, False),
        (0, {"selected": 1}, True),
        (0, {"whole": False}, False),
        (2, {"whole": False, "selected": 3}, False),
    ],
)
def test_complete_is_all_of_the_suite_judged_and_not_interrupted(status, facts, complete):
    written = document(TEST, TEST, status=status, **facts)
    assert from_document(written).complete is complete
    del written["tests"]
    stamp(written, FACTS | facts, judged=2)  # where the document does not hold them itself
    assert written[KEY]["complete"] is complete


def test_a_record_holds_nothing_of_the_environment():
    assert "secret" not in str(document(TEST))


def test_a_record_is_read_as_it_was_written():
    assert document(TEST)[KEY]["format"] == 1  # as in the records that hosts keep
    found = from_document(document(TEST, suite="smoke"))
    assert (found.id, found.started, found.duration, found.exit_status) == ("r", 1000.0, 2.5, 1)
    assert (found.suite, found.whole, found.selected, found.full) == ("smoke", True, 1, False)
    assert from_document(document(TEST)).full
    assert not from_document(document(TEST, whole=False)).full
    (one,) = found.results
    assert one == Result(
        "a", "one", "g", "critical", "failing", 7, depends_on=("db",), runbook="runbook/a.md"
    )


@pytest.mark.parametrize(("seen", "kept"), [(True, 1), (False, 0), (3.5, 3.5), (None, None)])
def test_the_value_of_a_condition_is_a_number_too(seen, kept):
    told = [{"site": "one", "value": seen}]
    (one,) = from_document(document(TEST | {"user_properties": told})).results
    assert one.value == kept
    assert type(one.value) is type(kept)


def test_an_ordinary_test_is_recorded_by_its_name():
    bare = {"nodeid": "checks/test_own.py::test_it[1]", "outcome": "xfailed"}
    (one,) = from_document(document(bare)).results
    assert one == Result("test_it[1]", "", "", "warning", "unknown")
    assert (one.observed_at, one.duration, one.smoke) == (0, 0, False)


def test_a_result_of_another_version_is_read():
    told = {name: getattr(result("a", depends_on=["db"]), name) for name in Result.__struct_fields__}
    assert result_of(told | {"later": 1, "depends_on": ["db"]}) == result("a", depends_on=["db"])
    del told["depends_on"]
    assert result_of(told) == result("a")
    with pytest.raises(AttributeError):
        result("a").status = "ok"


@pytest.mark.parametrize(
    ("status", "reason", "left_out"),
    [
        ("skipped", f"{NOT_DUE}: hourly", True),
        ("skipped", "no such DocType", False),
        ("failing", NOT_DUE, False),
        ("ok", "", False),
    ],
)
def test_not_due_is_skipped_for_that_reason(status, reason, left_out):
    assert result(status=status, reason=reason).not_due is left_out


def test_a_run_is_taken_apart_by_site():
    both = run(result("a"), Result("a", "two", "g", "high", "failing"))
    assert both.sites() == ("one", "two")
    assert [one.site for one in both.by_site()["two"].results] == ["two"]
    assert run().whole
    with pytest.raises(AttributeError):
        both.complete = False


def test_a_document_that_is_none_of_ours_is_refused():
    for other in ({}, {KEY: {"format": FORMAT + 1}}, {KEY: 3}, [], "text"):
        with pytest.raises(ValueError, match=f"^not a run's record of format {FORMAT}$"):
            from_document(other)


@pytest.mark.parametrize(
    "broken",
    [{"duration": "long"}, {"exitcode": None}, {"tests": 3}, {"tests": [{}]}, {"tests": [{"outcome": "x"}]}],
)
def test_a_damaged_document_is_refused_with_the_kind_of_the_error_alone(broken):
    with pytest.raises(ValueError, match=rf"^not a run's record of format {FORMAT}: [A-Za-z]+$"):
        from_document(document(TEST) | broken)


def test_what_was_left_out_is_what_no_item_of_a_check_judged():
    part = run(
        result("a", "skipped", reason=NOT_DUE),
        result("a", "skipped", "high", reason=NOT_DUE),
        result("b", "skipped"),
        result("b", "failing", "high"),
        Result("a", "two", "g", "warning", "ok"),
        result("c", "unknown"),
    )
    assert part.left_out() == {("one", "a")}


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_batches_hold_so_many_in_order_and_the_last_what_is_left(count):
    batches = list(batched(iter(range(5)), count))
    assert [number for batch in batches for number in batch] == list(range(5))
    assert all(len(batch) == count for batch in batches[:-1])
    assert 0 < len(batches[-1]) <= count


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
    ]
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
            result("z", "unknown", depends_on=["x"]),
        ]
    )
    assert {one.check: one.root for one in found} == {
        "dns": None,
        "web": "dns",
        "page": "dns",
        "x": None,
        "y": None,
        "z": None,
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
    assert len(whole.results) == 4  # what is carried takes the place of what was left out
