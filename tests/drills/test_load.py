"""More than usual: a thousand failing checks, an endless title, settings that change during a run."""

from __future__ import annotations

import contextlib

from tests.conftest import ROOT, run_pytest
from tests.drills.channels import SERVICES
from tests.drills.ledger import drill
from tests.drills.outcome import line, names, said
from tests.drills.world import DEADLINE, small
from tests.steady import until

MANY = "\n".join(
    f"""
@check(host("disk_used_percent"), unit="%", critical=-1)
def test_full_{number}(value, limit):
    '''Never so.'''
    assert value <= limit
"""
    for number in range(1000)
)


@drill(
    "1,000 checks fail at once",
    "one message to each channel, which it takes, with the whole number in it; nothing more with the next run",
)
def test_many(tmp_path):
    with small(tmp_path, MANY) as world, contextlib.ExitStack() as stack:
        services = [stack.enter_context(made(tmp_path / name)) for name, made in SERVICES.items()]
        world.settings(**{key: told for one in services for key, told in one.well().items()})
        bad = world.run()
        told = {one.section: one.came() for one in services}
        assert bad.status == 1
        assert len(names(bad, "failing")) == 1000
        assert "FAILED" not in bad.text, bad.text[-2000:]
        (message,) = [body for body in world.receiver.got if body["incidents"]]
        assert len(set(world.fired())) + message["left_out"] == 1000
        again = world.run()
        assert again.status == 1
        assert "FAILED" not in again.text, again.text[-2000:]
        assert told["slack"] == told["mail"] == 1, told
        assert {one.section: one.came() for one in services} == told | {"heartbeat": 2}
        assert [body for body in world.receiver.got if body["incidents"]] == [message]
    return f"exit {bad.status}; 1000 failing; one message to the webhook, one to Slack, one mail"


@drill(
    "an Error Log row whose title has 10 MB",
    "all is judged in time; no output of the run and no message holds much of it; the report is written",
)
def test_long_title(demo, site):
    with demo.root() as cursor:
        cursor.execute("ALTER TABLE `tabError Log` MODIFY COLUMN `method` LONGTEXT")
        cursor.execute("SET GLOBAL max_allowed_packet = 67108864")
    try:
        with demo.root() as cursor:
            cursor.execute(
                "INSERT INTO `tabError Log` (name, creation, modified, method) SELECT 'drill', creation, modified,"
                " CONCAT('drilled ', REPEAT('x', 10000000)) FROM `tabError Log` ORDER BY creation DESC LIMIT 1"
            )
        outcome = site.run("--all-due", deadline=DEADLINE)
        size = sum(path.stat().st_size for path in (site.state / "runs").glob("*.json"))
        assert names(outcome, "unknown") == set(), outcome.text
        assert len(outcome.text) < 50_000
        assert size < 5_000_000
        report = run_pytest(ROOT, "checks", "--report", "today", "--settings", str(site.file))
        assert report.status == 0, report.text
        pages = [*(site.state / "public" / "reports").glob("*.html")]
        assert pages
        assert all(path.stat().st_size < 5_000_000 for path in pages)
        assert sum("drilled" in path.read_text(encoding="utf-8") for path in pages) <= len(pages)
    finally:
        with demo.root() as cursor:
            cursor.execute("DELETE FROM `tabError Log` WHERE name = 'drill'")
            cursor.execute("ALTER TABLE `tabError Log` MODIFY COLUMN `method` VARCHAR(140)")
    return f"{said(outcome)}; report written"


CONDITION = """
def held(site):
    return False

@check(held, severity="critical")
def test_held(value):
    '''It is held.'''
    assert value
"""


@drill("a condition fails whose value is no number", "recorded and told once, as any other", quick=True)
def test_condition(tmp_path):
    with small(tmp_path, CONDITION) as world:
        for _ in range(2):
            bad = world.run()
            assert bad.status == 1
            assert "FAILED" not in bad.text, bad.text
        assert world.fired() == ["held"]
        assert world.runs() == 2
    return said(bad)


SLOW = """
import time
from pathlib import Path

def slow(site):
    Path("asked").touch()
    while not Path("go").exists():
        time.sleep(0.05)
    return 1.0

@check(slow, unit="m", critical=0)
def test_full(value, limit):
    '''The water stands where it should.'''
    assert value <= limit
"""


@drill(
    "the settings file changes during a run, to one that is wrong",
    "the run ends by those that it began with; the next says in one line what is wrong, exit 4; mended, nothing is lost",
)
def test_settings(tmp_path):
    with small(tmp_path, SLOW) as world:
        right = world.file.read_text(encoding="utf-8")

        def change(_):
            until((tmp_path / "asked").exists, "the run observes")
            world.file.write_text("[slack]\nrubbish = 1\n", encoding="utf-8")
            (tmp_path / "go").touch()

        first = world.run(during=change)
        assert first.status == 1, first.text
        assert "FAILED" not in first.text
        assert world.fired() == ["full"]
        wrong = world.run()
        assert wrong.status == 4
        world.file.write_text(right, encoding="utf-8")
        assert world.run().status == 1
        assert world.fired() == ["full"]
        assert world.runs() == 2
    return f"{said(first)}; then {said(wrong)}; {line(first, 'checks on')}"
