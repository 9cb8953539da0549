"""The archive: hours and days are what the results say, whatever comes late, twice, or is killed."""

import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from reporters import archive
from reporters.archive_tables import SCHEMA, statements
from reporters.history import MIGRATIONS, History
from tests.reporters.test_run import result, run

DAY, HOUR = 86400, 3600
START = datetime(2026, 10, 20, tzinfo=UTC).timestamp()
"""Five days before clocks go back in Europe."""

INSERT = "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ROOT = Path(__file__).parents[2]


def opened(path):
    """A history file with the archive's tables."""
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("PRAGMA auto_vacuum = INCREMENTAL")
    History(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    if SCHEMA not in MIGRATIONS:
        for statement in statements(SCHEMA):
            connection.execute(statement)
    return connection


@pytest.fixture
def file(tmp_path):
    with closing(opened(tmp_path / "history.sqlite")) as connection:
        yield connection


def row(at, check="a", severity="warning", status="ok", value=1.0, site="one", reason="", duration=0.25):
    return (site, check, severity, at, "r", status, value, 2.0, duration, reason)


def put(connection, *rows):
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")


PATIENT = 60
"""Seconds for one tidying that is to do all that is due, also on a busy machine."""


def settled(connection, at, zone="UTC"):
    """Tidy until there is nothing more to do."""
    while (done := archive.tidy(connection, at, zone)) != archive.Done(pages=done.pages):
        pass


def counted(rows, bucket):
    """The same figures, worked out in plain Python: the last result of a key counts, once."""
    last = {one[:4]: one for one in rows}
    found = defaultdict(list)
    for one in last.values():
        found[(*one[:3], bucket(one[3]))].append(one)
    return {
        key: (
            *(sum(one[5] == status for one in some) for status in ("ok", "failing", "unknown")),
            *figures([one[6] for one in some if one[6] is not None]),
            pytest.approx(sum(one[8] for one in some), abs=1e-4),
        )
        for key, some in found.items()
    }


def figures(values):
    if not values:
        return None, None, None
    return min(values), pytest.approx(sum(values) / len(values)), max(values)


def hours(connection):
    columns = "site, check_id, severity, hour, ok, failing, unknown, lowest, average, highest, duration"
    return {found[:4]: found[4:] for found in connection.execute(f"SELECT {columns} FROM hourly")}


def daily(connection):
    columns = "site, check_id, severity, day, ok, failing, unknown, lowest, average, highest, duration"
    return {found[:4]: found[4:] for found in connection.execute(f"SELECT {columns} FROM daily")}


def local_day(zone):
    """An hour belongs to the day in which it begins."""
    return lambda at: datetime.fromtimestamp(at // HOUR * HOUR, ZoneInfo(zone)).date().isoformat()


ZONES = ("Europe/Amsterdam", "UTC", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "Asia/Beirut")


@pytest.mark.parametrize("zone", ZONES)
def test_the_figures_are_those_of_the_results(file, zone):
    chance = random.Random(zone)
    keys = [(f"site{n % 2}", f"check{n % 5}", ("warning", "critical")[n % 2]) for n in range(10)]
    written, at = [], START
    while at < START + 14 * DAY:
        at += chance.choice((300, 300, 900, 5000, 30_000, 100_000))
        some = []
        for site, check, severity in keys:
            if chance.random() < 0.8:
                when = at - chance.choice((0, 0, 0, 0, 60, 7200, 2 * DAY)) + chance.random()
                value = None if chance.random() < 0.1 else chance.choice((chance.uniform(-5, 5), 7.0))
                status = chance.choice(("ok", "ok", "failing", "unknown"))
                some.append(row(when, check, severity, status, value, site, "x", chance.random()))
        some += chance.sample(written, min(len(written), 3))  # told once more
        if written and chance.random() < 0.2:
            some.append((*chance.choice(written)[:5], "failing", 3.0, 2.0, 0.1, "seen anew"))
        put(file, *some)
        written += some
        if chance.random() < 0.7:
            archive.tidy(file, at, zone)
        if chance.random() < 0.05:
            assert hours(file) == counted(written, lambda when: int(when // HOUR))
    assert hours(file) == counted(written, lambda when: int(when // HOUR))
    settled(file, at + 3 * DAY, zone)
    assert hours(file) == counted(written, lambda when: int(when // HOUR))
    assert daily(file) == counted(written, local_day(zone))
    before = daily(file)
    file.execute("INSERT INTO stale_hours SELECT DISTINCT hour FROM hours")  # once more changes nothing
    settled(file, at + 3 * DAY, zone)
    assert daily(file) == before


@pytest.mark.parametrize("zone", ZONES)
def test_each_hour_of_years_belongs_to_the_day_in_which_it_begins(zone):
    here = ZoneInfo(zone)
    first = int(START // HOUR) - 400 * 24
    days = {}
    for hour in range(first, first + 800 * 24):
        days.setdefault(datetime.fromtimestamp(hour * HOUR, here).date(), []).append(hour)
    for day in [*days][1:-1]:
        assert list(range(*archive.hours_of(day, here))) == days[day]


def test_the_night_on_which_clocks_go_back_has_25_hours(file):
    night = datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp()
    put(file, *(row(night + n * 300) for n in range(25 * 12)))
    settled(file, night + 2 * DAY, "Europe/Amsterdam")
    assert [(key[3], found[0]) for key, found in daily(file).items()] == [("2026-10-25", 300)]


def test_a_day_is_there_when_it_is_over_and_never_in_part(file):
    put(file, *(row(START + n * HOUR) for n in range(48)))
    archive.tidy(file, START + 5 * HOUR, "UTC", PATIENT)
    assert daily(file) == {}
    for _ in range(100):
        archive.tidy(file, START + 47 * HOUR, "UTC", seconds=0)
        assert all(found[0] == 24 for found in daily(file).values())
    assert [key[3] for key in daily(file)] == ["2026-10-20"]
    assert len(hours(file)) == 48  # those of the present hour are in the view


def test_a_day_whose_last_hours_saw_no_run_is_counted_all_the_same(file):
    put(file, row(START + 20 * HOUR))
    archive.tidy(file, START + 22 * HOUR, "UTC", PATIENT)
    archive.tidy(file, START + 40 * HOUR, "UTC", PATIENT)
    assert [(key[3], found[0]) for key, found in daily(file).items()] == [("2026-10-20", 1)]


def test_what_a_run_adds_is_counted_by_its_observation(tmp_path, file):
    history = History(tmp_path / "history.sqlite")
    for at in (START, START, START + 300):  # one record is told twice
        seen = (replace(result(name, value=1.0), observed_at=at + 1, duration=0.5) for name in "ab")
        carried = replace(
            result("c", "skipped", reason="not due: observed 5 min ago"), observed_at=START - 50
        )
        history.add(run(*seen, carried, id=f"r{at}", started=at))
    history.close()
    settled(file, START + 2 * DAY)
    assert {key[1]: found[0] for key, found in daily(file).items()} == {"a": 2, "b": 2}


def test_results_are_deleted_after_90_days_and_hours_after_400(file):
    put(file, *(row(START + day * DAY + 60, check) for day in range(460) for check in "ab"))
    settled(file, START + 459 * DAY + HOUR)
    kept = {
        table: file.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
        for table in ("samples", "hours", "daily")
    }
    assert 2 * 90 <= kept["samples"] <= 2 * 91
    assert 2 * 399 <= kept["hours"] <= 2 * 401
    assert kept["daily"] == 2 * 459  # today is not over
    (oldest,) = file.execute("SELECT MIN(observed_at) FROM results").fetchone()
    assert oldest < START + (459 - 89) * DAY
    settled(file, START + 4200 * DAY)
    assert file.execute("SELECT COUNT(*) FROM daily WHERE day < '2027'").fetchone() == (0,)


def test_no_result_is_deleted_before_it_is_rolled_up(file):
    put(file, *(row(START + n * HOUR) for n in range(500)))
    later = START + 200 * DAY
    for _ in range(400):
        archive.tidy(file, later, "UTC", seconds=0)
        (first,) = file.execute("SELECT MIN(hour) FROM stale_hours").fetchone()
        left = file.execute("SELECT COUNT(*) FROM samples").fetchone()[0]
        rolled = file.execute("SELECT SUM(ok) FROM hours").fetchone()[0]
        assert left == 500 or first is None
        assert rolled is None or rolled <= 500
    settled(file, later)
    assert sum(found[0] for found in daily(file).values()) == 500
    assert file.execute("SELECT COUNT(*) FROM samples").fetchone() == (0,)


def test_a_result_that_comes_after_the_others_were_deleted_takes_nothing_away(file):
    put(file, *(row(START + n * 300) for n in range(12)))
    settled(file, START + 100 * DAY)
    put(file, row(START + 300, status="failing"), row(START + 5, status="failing"))
    put(file, row(START + 5 * HOUR, status="failing"))  # an hour that had none
    settled(file, START + 100 * DAY)
    assert [found[:3] for found in hours(file).values()] == [(12, 0, 0), (0, 1, 0)]
    assert [found[:3] for found in daily(file).values()] == [(12, 1, 0)]
    assert file.execute("SELECT COUNT(*) FROM samples").fetchone() == (0,)


def test_a_clock_that_was_wrong_for_one_run_costs_little(file, monkeypatch):
    monkeypatch.setattr(archive, "ROWS", 10)
    put(file, *(row(START + n * 300) for n in range(300)))
    archive.tidy(file, START + DAY, "UTC", PATIENT)
    wrong = START + 80 * 365 * DAY
    put(file, row(wrong))
    archive.tidy(file, wrong, "UTC", PATIENT)
    assert file.execute("SELECT COUNT(*) FROM samples").fetchone()[0] >= 301 - 10
    put(file, *(row(START + 2 * DAY + n * 300) for n in range(12)))
    settled(file, START + 4 * DAY)
    assert daily(file)["one", "a", "warning", "2026-10-22"][0] == 12


def test_one_run_does_a_bounded_part(file, monkeypatch):
    monkeypatch.setattr(archive, "ROWS", 500)
    put(file, *(row(START + n * 60, f"c{n % 7}") for n in range(6000)))
    assert archive.tidy(file, START + 200 * DAY, "UTC", seconds=0).hours == 1
    while file.execute("SELECT 1 FROM stale_hours").fetchone():
        archive.tidy(file, START + 200 * DAY, "UTC", seconds=0.01)
    deleted = []
    while (done := archive.tidy(file, START + 200 * DAY, "UTC", seconds=60)).deleted:
        deleted.append(done.deleted)
    assert file.execute("SELECT COUNT(*) FROM samples").fetchone() == (0,)
    assert max(deleted) <= 500
    assert len(deleted) >= 10


def test_room_is_given_back_a_part_at_a_time_beside_a_reader(tmp_path, file, monkeypatch):
    monkeypatch.setattr(archive, "SPARE_PAGES", 10)
    monkeypatch.setattr(archive, "PAGES", 20)
    put(file, *(row(START + n * 60, f"c{n % 7}", status="failing", reason="x" * 90) for n in range(20_000)))
    settled(file, START + DAY)
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        seen = reader.execute("SELECT COUNT(*) FROM results").fetchone()
        given = [archive.tidy(file, START + 200 * DAY, "UTC", 60).pages for _ in range(60)]
        assert seen == (20_000,) == reader.execute("SELECT COUNT(*) FROM results").fetchone()
        reader.execute("COMMIT")
    assert 0 < max(given) <= 20
    while archive.tidy(file, START + 200 * DAY, "UTC", 60).pages:
        pass
    assert file.execute("PRAGMA freelist_count").fetchone()[0] <= 10
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (tmp_path / "history.sqlite").stat().st_size < 500_000
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_from_before_is_made_able_to_shrink(tmp_path):
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in (*(one for one in MIGRATIONS if one != SCHEMA), SCHEMA):
            for statement in statements(one):
                connection.execute(statement)
        connection.execute("PRAGMA journal_mode = WAL")
        put(connection, row(START))
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (0,)
        archive.tidy(connection, START + DAY, "UTC", PATIENT)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("SELECT COUNT(*) FROM results").fetchone() == (1,)


def told(path, zone="UTC"):
    alerts = SimpleNamespace(time_zone=zone)
    return SimpleNamespace(public=path.parent / "public", settings=SimpleNamespace(alerts=alerts))


def test_a_file_that_another_keeps_locked_is_an_error_and_no_hang(tmp_path, file, monkeypatch):
    monkeypatch.setattr(archive, "WAIT_SECONDS", 0.2)
    put(file, row(START))
    file.execute("BEGIN IMMEDIATE")
    begin = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        archive.report(told(tmp_path / "history.sqlite"))
    assert time.monotonic() - begin < 30
    file.execute("ROLLBACK")
    archive.report(told(tmp_path / "history.sqlite"))
    assert file.execute("SELECT COUNT(*) FROM hours").fetchone() == (1,)


def test_results_from_before_are_taken_over(tmp_path):
    path = tmp_path / "history.sqlite"
    rows = [
        row(
            START + n * 300,
            f"c{n % 3}",
            status=("ok", "failing", "unknown")[n % 3 - 1],
            reason="why" if n % 3 != 1 else "",
        )
        for n in range(500)
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in itertools.chain(*(statements(one) for one in MIGRATIONS if one != SCHEMA)):
            connection.execute(statement)
        put(connection, *rows)
        order = "SELECT * FROM results ORDER BY observed_at"
        before = connection.execute(order).fetchall()
        connection.execute("BEGIN")
        for statement in statements(SCHEMA):
            connection.execute(statement)
        connection.execute("COMMIT")
        after = connection.execute(order).fetchall()
        assert [one[:4] + one[5:] for one in after] == [one[:4] + one[5:] for one in before]
        settled(connection, START + 30 * DAY)
        assert daily(connection) == counted(rows, local_day("UTC"))


def test_a_statement_ends_where_its_trigger_ends():
    found = [*statements(SCHEMA)]
    assert sum("CREATE TRIGGER" in one for one in found) == 2
    assert "".join(found) == SCHEMA
    assert [one.count(";") for one in found if "CREATE TRIGGER" not in one] == [1] * (len(found) - 2)


KILLED = """
import os, signal, sqlite3, sys
from reporters import archive
left = [int(sys.argv[2])]
def step(*_):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.set_trace_callback(step)
connection.set_progress_handler(step, 100)
connection.execute("BEGIN IMMEDIATE")
for n in range(5):
    row = ("one", "a", "warning", {at} + n, "r", "failing", 1.0, 2.0, 0.25, "late")
    connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
connection.execute("COMMIT")
archive.tidy(connection, {now}, "Europe/Amsterdam", 60)
print(-left[0])
"""


@pytest.mark.parametrize("at", [*range(1, 100, 4), 1_000_000])
def test_killed_at_any_moment_nothing_is_lost_or_counted_twice(tmp_path, at):
    path = tmp_path / "history.sqlite"
    late = [row(START + 7 + n, status="failing") for n in range(5)]
    rows = [row(START + n * 300, check) for n in range(100) for check in "ab"]
    script = KILLED.format(at=START + 7, now=START + 95 * DAY)
    with closing(opened(path)) as file:
        put(file, *rows)
        archive.tidy(file, START + 2 * DAY, "Europe/Amsterdam", 60)
    command = [sys.executable, "-c", script, str(path), str(at)]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert first.returncode == (0 if at == 1_000_000 else -signal.SIGKILL), first.stderr or first.stdout
    again = subprocess.run([*command[:-1], "0"], cwd=ROOT, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert hours(file) == counted(rows + late, lambda when: int(when // HOUR))
        assert daily(file) == counted(rows + late, local_day("Europe/Amsterdam"))
        assert file.execute("SELECT COUNT(*) FROM samples").fetchone() == (0,)


def test_views_are_readable(file):
    put(
        file,
        row(START + 0.5, status="failing", value=3.5, reason="too many", duration=0.125),
        row(START + 300),
    )
    file.execute(
        "INSERT INTO incidents VALUES ('one/a/1', 'one', 'a', 'g', 'high', 'failing', ?, ?, NULL)",
        (START, START + 90),
    )
    file.execute("INSERT INTO runs VALUES ('r', ?, 1.5, 1, 1, 330, 'full')", (START,))
    settled(file, START + 2 * DAY)

    def one(view):
        cursor = file.execute(f"SELECT * FROM {view}")
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))

    assert one("v_results") == {
        "site": "one", "check_id": "a", "severity": "warning", "observed_at": "2026-10-20T00:00:00.500Z",
        "status": "failing", "value": 3.5, "limit_value": 2.0, "duration_seconds": 0.125,
        "reason": "too many", "observed_epoch": START + 0.5,
    }  # fmt: skip
    assert one("v_daily")["ok_percent"] == 50
    assert one("v_daily")["day"] == "2026-10-20"
    assert one("v_hourly")["hour"] == "2026-10-20T00:00:00Z"
    assert one("v_incidents")["began_at"] == "2026-10-20T00:00:00Z"
    assert one("v_incidents")["duration_seconds"] == 90
    assert one("v_runs")["started_at"] == "2026-10-20T00:00:00.000Z"


def test_hostile_text_is_text(file):
    hostile = ["'; DROP TABLE samples; --", 'a"b', "\x1b[31m\n\r\x00", "=1+1", "%s {0}", "ü\u2028😀"]
    rows = [
        row(START + n, text, "warning", "failing", site=text, reason=text) for n, text in enumerate(hostile)
    ]
    put(file, *rows)
    settled(file, START + 2 * DAY)
    found = file.execute("SELECT site, check_id, reason FROM results ORDER BY observed_at").fetchall()
    assert found == [(text, text, text) for text in hostile]
    assert daily(file) == counted(rows, local_day("UTC"))


def test_the_reads_of_others_are_by_key(file):
    def plan(query):
        return [found[3] for found in file.execute(f"EXPLAIN QUERY PLAN {query}")]

    one = "site = 'a' AND check_id = 'b'"
    for query in (
        f"SELECT value FROM results WHERE {one} ORDER BY observed_at DESC LIMIT 5",
        f"SELECT observed_at, MAX(value) FROM results WHERE {one} AND observed_at > 5 GROUP BY observed_at",
        f"SELECT * FROM v_results WHERE {one} AND observed_epoch > 5",
    ):
        assert not any(step.startswith("SCAN") for step in plan(query)), plan(query)
    assert "SEARCH h USING PRIMARY KEY (hour>?)" in plan("SELECT * FROM hourly WHERE hour > 5")


def test_a_quarter_of_a_year_at_a_tenth_of_the_size(file):
    """33 items, a run every two hours for 95 days, tidied after each, as cron would have it."""
    items, each, took, worked, steps = 33, 7200, [], [], [0]

    def step():
        steps[0] += 1

    file.set_progress_handler(step, 1000)
    for number in range(95 * DAY // each):
        at = START + number * each
        put(
            file,
            *(row(at + n / 100, f"check_number_{n // 3}", str(n % 3), value=float(n)) for n in range(items)),
        )
        begin, steps[0] = time.perf_counter(), 0
        archive.tidy(file, at + 5, "Europe/Amsterdam", PATIENT)
        took.append(time.perf_counter() - begin)
        worked.append(steps[0])
        assert file.execute("SELECT COUNT(*) FROM stale_hours").fetchone()[0] <= 1
    samples, worked_out = (
        file.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("samples", "hours")
    )
    assert 90 * 12 * items <= samples <= 91.1 * 12 * items
    assert worked_out == (95 * 12 - 1) * items
    assert len(daily(file)) == 94 * items or len(daily(file)) == 95 * items
    pages = file.execute("PRAGMA page_count").fetchone()[0] * file.execute("PRAGMA page_size").fetchone()[0]
    print(
        f"{pages / samples:.0f} bytes a result with its hour, median {sorted(took)[len(took) // 2] * 1000:.1f} ms"
    )
    assert pages / samples < 140
    assert max(worked) < 150  # thousand steps of SQLite's machine, of some fifty million a second
