"""The history: since when, last success, what is due, and files that are damaged or too new."""

import itertools
import random
import sqlite3

import pytest
from msgspec.structs import replace

from reporters.history import History
from tests.reporters.test_run import result, run


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "history.sqlite")
    yield made
    made.close()


def observed(at, *results, **more):
    return run(*(replace(one, observed_at=at) for one in results), id=f"r{at}", started=at, **more)


def test_since_is_when_the_present_status_began(history):
    for at, status in ((1000, "ok"), (1300, "failing"), (1600, "failing"), (1900, "failing")):
        history.add(observed(at, result("a", status)))
    assert history.since() == {("one", "a", "warning", "failing"): 1300}
    assert history.last_success() == {("one", "a", "warning"): 1000}
    history.add(observed(2200, result("a", "ok")))
    assert history.since() == {("one", "a", "warning", "ok"): 2200}
    assert history.last_success() == {("one", "a", "warning"): 2200}


def test_never_ok_is_a_last_success_of_zero(history):
    history.add(observed(1000, result("a", "unknown")))
    assert history.last_success() == {("one", "a", "warning"): 0}


def test_the_last_result_comes_back_whole(history):
    one = result("a", "failing", depends_on=["b"], value=3.5, limit=2.0, evidence={"query": "a"}, unit="x")
    history.add(observed(1000, one))
    assert history.current() == [replace(one, observed_at=1000)]


def test_what_is_gone_has_no_present_state(history):
    history.add(observed(1000, result("a"), result("b"), result("c")))
    history.add(observed(1300, result("a"), result("b", "skipped", reason="not due: observed 5 min ago")))
    assert {one.check for one in history.current()} == {"a", "b"}
    history.add(observed(1600, result("a"), result("b", "skipped", reason="no such table")))
    assert {one.check for one in history.current()} == {"a"}


def test_a_part_of_all_checks_forgets_nothing(history):
    history.add(observed(1000, result("a"), result("b")))
    history.add(observed(1300, result("a"), complete=False))
    assert {one.check for one in history.current()} == {"a", "b"}


@pytest.mark.parametrize(
    ("every", "status", "age", "due"),
    [
        ("run", "ok", 1, True),
        ("hourly", "ok", 3300, False),
        ("hourly", "ok", 3500, True),
        ("daily", "ok", 3600, False),
        ("daily", "ok", 86_300, True),
        ("hourly", "failing", 300, True),
        ("daily", "unknown", 300, True),
        ("hourly", "ok", -500, True),  # the clock stepped back
    ],
)
def test_what_is_due(history, every, status, age, due):
    history.add(observed(10_000, result("a", status, every=every)))
    assert (("one", "a") not in history.not_due(10_000 + age)) is due


def test_one_severity_that_is_not_ok_makes_the_check_due(history):
    history.add(
        observed(
            1000, result("a", "failing", "warning", every="daily"), result("a", "ok", "high", every="daily")
        )
    )
    assert history.not_due(1300) == {}


def test_a_newer_file_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "history.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError, match="version 99"):
        History(path)


def test_a_damaged_file_is_an_error_that_a_reporter_can_tell(tmp_path):
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        History(path)


def test_the_file_is_private(tmp_path):
    History(tmp_path / "h").close()
    assert (tmp_path / "h").stat().st_mode & 0o777 == 0o600


def test_a_run_that_breaks_off_leaves_nothing(history):
    broken = replace(observed(1000, result("a"), result("b")), id=None)
    with pytest.raises(sqlite3.IntegrityError):
        history.add(broken)
    assert history.current() == []


@pytest.mark.parametrize(("every", "period"), [("run", 0), ("hourly", 3600), ("daily", 86400)])
def test_a_fault_is_seen_within_one_cadence(history, every, period):
    """Cron every five minutes, never on the dot: the longest time between two looks is the period and a run."""
    chance, looked, now = random.Random(every), [], 1_000_000.0
    for _ in range(900):
        now += 300 + chance.uniform(-20, 20)
        if ("one", "a") not in history.not_due(now):
            looked.append(now)
            history.add(observed(now, result("a", every=every)))
    assert len(looked) > 2
    assert max(after - before for before, after in itertools.pairwise(looked)) <= period + 320
