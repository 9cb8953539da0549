"""Any document is a run or none of ours; root causes, counts and a fleet's answers are sound for any run."""

import copy
import json
import time
import zlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fixtures.declaration import SEVERITIES
from reporters import health
from reporters.fleet import gather, tasks
from reporters.packed import packed, unpacked
from reporters.run import FORMAT, KEY, Result, Run, from_document, rooted
from tests.properties.inputs import plain, results, written
from tests.properties.profile import share

few = st.sampled_from(["a", "b", "c", "d", "e"])
graph = st.lists(
    st.builds(
        Result,
        check=few,
        site=st.sampled_from(["one", "two"]),
        group=st.just("g"),
        severity=st.sampled_from(SEVERITIES),
        status=st.sampled_from(["ok", "failing", "unknown", "skipped"]),
        depends_on=st.lists(few, max_size=3).map(tuple),
    ),
    max_size=12,
)


def run(found):
    return Run("r", 1.0, 1.0, 0, True, len(found), rooted(found))


def recorded(result):
    """A test as pytest-json-report writes it."""
    told = {
        name: getattr(result, name) for name in Result.__struct_fields__ if name not in ("status", "root")
    }
    outcome = {"ok": "passed", "failing": "failed", "unknown": "error", "skipped": "skipped"}[result.status]
    pairs = [{name: list(value) if isinstance(value, tuple) else value} for name, value in told.items()]
    return {"nodeid": f"checks/test_x.py::test_{result.check}", "outcome": outcome, "user_properties": pairs}


@st.composite
def documents(draw):
    tests = [recorded(one) for one in draw(st.lists(results(), max_size=2))]
    facts = {
        "format": FORMAT,
        "id": "r",
        "started": 1.5,
        "selected": 3,
        "complete": True,
        "whole": True,
        "suite": "full",
    }
    return {KEY: facts, "duration": 1.0, "exitcode": 0, "tests": tests}


def places(value, path=()):
    yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, key))


@st.composite
def mutated(draw):
    made = copy.deepcopy(draw(documents()))
    for _ in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from([one for one in places(made) if one] or [("x",)]))
        inside = made
        for key in path:
            inside = inside[key]
        if draw(st.booleans()) and isinstance(inside, dict):
            inside.pop(last, None)
        else:
            inside[last] = draw(plain)
    return made


@share(0.3)
@given(documents())
def test_a_record_reads_back_as_it_was(document):
    found = from_document(json.loads(json.dumps(document)))
    assert len(found.results) == len(document["tests"])
    for one, test in zip(found.results, document["tests"], strict=True):
        told = {name: value for pair in test["user_properties"] for name, value in pair.items()}
        assert (one.check, one.site, one.reason, one.value) == (
            told["check"],
            told["site"],
            told["reason"],
            told["value"],
        )


@share(0.5)
@given(mutated() | plain)
def test_any_document_is_a_run_or_none_of_ours(document):
    try:
        found = from_document(document)
    except ValueError as error:
        assert "not a run's record" in str(error)
        return
    assert sum(found.counts().values()) == len(found.worst())
    msgspec.convert(msgspec.to_builtins(found), Run)
    health.render(found)


@given(graph)
def test_a_root_is_a_failing_check_that_leads_there(found):
    rooted_ = rooted(found)
    assert rooted(rooted_) == rooted_
    assert [(one.site, one.check, one.status) for one in rooted_] == [
        (one.site, one.check, one.status) for one in found
    ]
    bad = {}
    for one in found:
        if (one.site, one.check) not in bad or one.rank > bad[one.site, one.check].rank:
            bad[one.site, one.check] = one
    for one in rooted_:
        reached, waiting = {one.check}, [*one.depends_on]
        while waiting:
            key = waiting.pop()
            at = bad.get((one.site, key))
            if at is not None and key not in reached and at.status in ("failing", "unknown"):
                reached.add(key)
                waiting += at.depends_on
        failing = {key for key in reached - {one.check} if bad[one.site, key].status == "failing"}
        if one.status in ("failing", "unknown"):
            assert one.root in failing if failing else one.root is None
        else:
            assert one.root is None


@share(0.2)
@given(st.integers(2, 60), st.booleans())
def test_a_root_is_found_soon_however_much_depends_on_each_other(count, deep):
    """With each way tried anew, thirty unknown checks that name each other would take for ever."""
    every = tuple(f"c{number}" for number in range(count))
    chain = [f"c{number}" for number in range(count * 15 if deep else count)]
    found = rooted(
        Result(name, "one", "g", "high", "unknown", depends_on=(f"c{at + 1}",) if deep else every)
        for at, name in enumerate(chain)
    )
    assert {one.root for one in found} == {None}


@given(graph)
def test_counts_add_up_and_the_worst_is_the_worst(found):
    made = run(found)
    worst = made.worst()
    assert sum(made.counts().values()) == len(worst) == len({(one.site, one.check) for one in found})
    assert worst == sorted(worst, key=lambda one: one.rank, reverse=True)
    for one in worst:
        same = [other for other in made.results if (other.site, other.check) == (one.site, one.check)]
        assert one in same
        assert one.rank == max(other.rank for other in same)
    assert sum(len(own.results) for own in made.by_site().values()) == len(made.results)
    assert tuple(made.by_site()) == made.sites()


@given(graph, graph)
def test_what_is_carried_over_replaces_nothing_that_was_judged(found, past):
    made = run(found).with_results(past)
    judged = {(one.site, one.check) for one in found if one.status != "skipped"}
    assert [one for one in made.results if (one.site, one.check) in judged and one.status != "skipped"] == [
        one
        for one in made.results[: len(made.results)]
        if (one.site, one.check) in judged and one.status != "skipped"
    ]
    assert {(one.site, one.check) for one in made.results} == {
        (one.site, one.check) for one in [*found, *past]
    }
    assert sum((one.site, one.check) in judged for one in made.results) == sum(
        (one.site, one.check) in judged for one in found
    )


@share(0.3)
@given(st.lists(results(text=written), max_size=3), st.integers(0, 9), st.booleans())
def test_a_shards_answer_is_unpacked_as_it_was_packed(found, selected, whole):
    run = Run("r", 0.0, 1.0, 0, complete=whole, selected=selected, results=rooted(found))
    answer = unpacked(packed(run), {})
    assert answer.results == [*run.results]
    assert (answer.selected, answer.whole) == (selected, whole)


class Backend:
    """One that gives these bytes for its one shard."""

    def __init__(self, answer):
        self.answer = answer

    def submit(self, task):
        pass

    def answers(self):
        return [(0, self.answer)]

    def lost(self, numbers):
        return []

    def workers(self):
        return 1

    def close(self):
        pass


@share(0.5)
@given(st.binary(max_size=20) | plain.map(lambda one: zlib.compress(json.dumps(one).encode())))
def test_an_answer_that_cannot_be_read_leaves_its_sites_unknown(answer):
    wanted = tasks(["one", "two"], 5, [], 9.0, {})
    found = gather(Backend(answer), wanted, time.monotonic() + 60, 2, lambda come, workers: None)
    assert found.missing.keys() == {"one", "two"}
    assert not found.whole
