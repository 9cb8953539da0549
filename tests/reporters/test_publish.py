"""A scheduled run from outside: what it leaves in the state folder, and what it does not do."""

import contextlib
import fcntl
import json
import sqlite3

import pytest

CHECKS = """
@check(host("load_per_core"), unit="x", warning=1e6, metric="verenigingen_load", smoke=True)
def test_load(value, limit):
    '''The load.'''
    assert value <= limit

@check(host("disk_used_percent"), unit="%", high=-1, every="hourly")
def test_full(value, limit):
    '''Never so.'''
    assert value <= limit

@check(host("inodes_used_percent"), unit="%", high=101, every="hourly")
def test_inodes(value, limit):
    '''Some.'''
    assert value <= limit
"""


@pytest.fixture
def published(project):
    project.checks(CHECKS)

    def run(*arguments, **options):
        return project.run("checks", "--publish", *arguments, **options)

    run.state = project.folder / "state"
    run.health = lambda: json.loads((run.state / "public/health.json").read_text())
    run.metrics = (run.state / "public/metrics.prom").read_text
    return run


def test_a_scheduled_run_leaves_record_history_and_public_files(published):
    outcome = published()
    assert outcome.status == 1
    assert published.health()["status"] == "unhealthy"
    assert set(published.health()["checks"]) == {"load", "full", "inodes"}
    assert "verenigingen_load{" in published.metrics()
    (record,) = (published.state / "runs").glob("*.json")
    assert json.loads(record.read_text())["summary"]["total"] == 3
    with contextlib.closing(sqlite3.connect(published.state / "history.sqlite")) as file:
        assert file.execute("SELECT count(*) FROM results").fetchone() == (3,)
    assert (published.state / "public").stat().st_mode & 0o777 == 0o755
    assert (published.state / "runs").stat().st_mode & 0o777 == 0o700
    assert record.stat().st_mode & 0o777 == 0o600
    assert not list(published.state.rglob(".*"))


def test_cron_sets_a_variable(published, project):
    assert project.run("checks", env={"CHECKS_PUBLISH": "1"}).status == 1
    assert published.health()["status"] == "unhealthy"
    outcome = project.run("checks", env={"CHECKS_PUBLISH": "yes"})
    assert outcome.status == 4
    assert "CHECKS_PUBLISH = 'yes': allowed: 0, 1" in outcome.text


def test_what_is_not_due_is_carried_over_with_its_own_time(published):
    published()
    first = published.health()["checks"]
    outcome = published()
    assert outcome.statuses()["skipped"] == {"inodes[high]"}
    assert outcome.statuses()["failed"] == {"full[high]"}  # not ok, so due in every run
    second = published.health()["checks"]
    assert second["inodes"]["observed_at"] == first["inodes"]["observed_at"]
    assert second["load"]["observed_at"] >= first["load"]["observed_at"]
    assert 'check="inodes"' in published.metrics()
    assert "inodes[high]" in published("--all-due").statuses()["passed"]


def test_a_run_by_hand_observes_all_and_touches_nothing(published, project):
    published()
    before = {path: path.stat().st_mtime_ns for path in published.state.rglob("*") if path.is_file()}
    outcome = project.run("checks")
    assert "inodes[high]" in outcome.statuses()["passed"]
    assert "since" in outcome.text
    after = {path: path.stat().st_mtime_ns for path in published.state.rglob("*") if path.is_file()}
    assert {path: at for path, at in after.items() if "sqlite-" not in path.name} == before


@pytest.mark.parametrize("selection", [["-k", "load"], ["-m", "smoke"], ["-x", "-k", "full or load"]])
def test_a_part_never_replaces_the_whole(published, selection):
    published()
    before = published.health(), published.metrics()
    outcome = published(*selection)
    assert "this run was a part of all checks" in outcome.text
    assert (published.health(), published.metrics()) == before


def test_a_vanished_check_vanishes(published, project):
    published()
    project.checks(CHECKS.partition('@check(host("inodes')[0])
    published()
    assert set(published.health()["checks"]) == {"load", "full"}
    assert "inodes" not in published.metrics()


def test_a_second_scheduled_run_ends_at_once_and_says_so(published):
    published()
    with (published.state / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outcome = published()
    assert outcome.status == 0
    assert "another scheduled run is under way" in outcome.text
    assert outcome.document == {} or outcome.statuses() == {}
    assert len(list((published.state / "runs").glob("*.json"))) == 1


def test_a_state_folder_that_cannot_be_written_is_one_line(published, project):
    (project.folder / "state").write_text("a file is in the way")
    outcome = published()
    assert outcome.status == 4
    assert "state = " in outcome.text
    assert "cannot be written" in outcome.text


def test_a_damaged_history_is_put_aside_and_a_new_one_begun(published):
    published()
    (published.state / "history.sqlite").write_bytes(b"damaged" * 1000)
    for name in ("history.sqlite-wal", "history.sqlite-shm"):
        (published.state / name).unlink(missing_ok=True)
    outcome = published()
    assert outcome.status == 1
    (aside,) = published.state.glob("history.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"damaged")
    assert f"history.sqlite was damaged: kept as {aside.name}" in " ".join(outcome.text.split())
    assert published.health()["status"] == "unhealthy"
    assert "was damaged" not in published().text


def test_a_history_that_breaks_in_the_middle_is_put_aside_too(published):
    """Its first page is good, so that it opens; a page with data is not."""
    published()
    path = published.state / "history.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = file.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[size:] = b"\x55" * (len(content) - size)
    path.write_bytes(content)
    outcome = published()
    assert outcome.status == 1
    assert list(published.state.glob("history.sqlite.damaged-*"))
    assert published.health()["status"] == "unhealthy"


def test_a_history_that_another_holds_is_a_line_and_the_run_goes_on(published):
    published()
    with contextlib.closing(sqlite3.connect(published.state / "history.sqlite")) as file:
        file.execute("BEGIN EXCLUSIVE")
        outcome = published()
    assert outcome.status == 1
    assert "history FAILED: OperationalError: database is locked" in outcome.text
    assert len(list((published.state / "runs").glob("*.json"))) == 2


def test_ci_variables_do_not_reach_the_record(published):
    outcome = published(
        env={"CI": "true", "GITLAB_CI": "true", "CI_REPOSITORY_URL": "https://token:hunter2@x"}
    )
    assert "hunter2" not in json.dumps(outcome.document)


def test_a_full_disk_does_not_keep_the_checks_from_running(published):
    """/dev/full takes the lock and says that the disk is full, whatever is written to it."""
    published()
    (published.state / "lock").unlink()
    (published.state / "lock").symlink_to("/dev/full")
    outcome = published()
    assert outcome.status == 1
    assert outcome.statuses()["failed"] == {"full[high]"}


def test_what_does_not_apply_is_said_once_and_when_it_applies_again(published, project):
    """As of an app that a site has not installed."""
    project.checks(
        CHECKS + "\n@check(backup('count'), unit='backups', high=0, at_least=True)\n"
        "def test_copies(value, limit):\n    '''There are backups.'''\n    assert value >= limit\n"
    )
    said = "does not apply: copies (no backup folder is configured)"
    assert said in " ".join(published().text.split())
    outcome = published()
    assert said not in " ".join(outcome.text.split())
    assert "copies[high]" in outcome.statuses()["skipped"]
    folder = project.folder / "backups"
    folder.mkdir()
    project.settings(f'[backups]\nfolder = "{folder}"\n[sites."one.test"]')
    assert "applies again: copies" in published().text
    assert "applies again" not in published().text
