"""Time: steps of the clock, nights on which it changes, leap day, a missing time zone database, a new host name."""

from __future__ import annotations

import subprocess
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.checks.year import moment
from tests.drills.channels import pushgateway
from tests.drills.ledger import Drill, drill, drills
from tests.drills.outcome import line, names, said
from tests.drills.world import INSIDE

HOUR = 3600.0
DAY = 24 * HOUR


def at(off: float) -> dict[str, str]:
    """The environment of a run whose clock is off by so many seconds."""
    return {"DRILL_CLOCK": f"{off:.0f}"}


@drills(
    [
        Drill(
            "clock steps back an hour between two runs",
            "all is judged and recorded; told once",
            (0, -HOUR, 60),
        ),
        Drill(
            "clock steps back ten days, and is put right",
            "as above; told once, with one reminder at most",
            (0, -10 * DAY, 60),
        ),
        Drill(
            "clock steps forward an hour, and is put right",
            "all is judged and recorded; told once",
            (0, HOUR, 60),
        ),
        Drill(
            "clock steps forward ten days, and is put right",
            "all is judged and recorded; told once, and reminded of once, as the four hours seem to be over",
            (0, 10 * DAY, 60),
        ),
    ]
)
def test_steps(row, world):
    for off in row.given:
        outcome = world.run(*INSIDE, env=at(off))
        assert outcome.status == 1, outcome.text
        assert names(outcome, "failing") == {"full"}, outcome.text
        assert "FAILED" not in outcome.text, outcome.text
    assert world.fired() == ["full"]
    events = [one["event"] for body in world.receiver.got for one in body["incidents"]]
    assert events.count("reminder") <= 1, events
    assert world.runs() == len(row.given)
    world.level(0)
    assert world.run(*INSIDE, env=at(120)).status == 0
    assert world.ended() == ["full"]
    return f"{said(outcome)}; {', '.join(events)}, resolved"


@drills(
    [
        Drill(
            "the night on which clocks go forward, a run each half hour, a report at 02:30, which does not come",
            "each run judges; the report of the day before is written once; told once",
            "2027-03-28T00:30",
        ),
        Drill(
            "the night on which clocks go back, a run each half hour, a report at 02:30, which comes twice",
            "each run judges; the report of the day before is written once; told once",
            "2026-10-25T00:30",
        ),
        Drill(
            "leap day, from the evening before until after midnight, a run each half hour",
            "each run judges; the report of the day before is written once; told once",
            "2028-02-28T23:30",
        ),
        Drill(
            "the night after leap day",
            "each run judges; the report of leap day is written once; told once",
            "2028-02-29T23:30",
        ),
    ]
)
def test_night(row, world):
    zone = ZoneInfo("Europe/Amsterdam")
    begin = datetime.fromisoformat(row.given).replace(tzinfo=zone).timestamp()
    clock = time.time()
    world.settings(report={"at": "00:10" if "leap" in row.what else "02:30"}, alerts={"remind": "2d"})
    assert world.run(*INSIDE, env=at(begin - DAY / 2 - clock)).status == 1
    count = 8 if "clocks" in row.what else 3
    written = []
    for number in range(count):
        outcome = world.run(*INSIDE, env=at(begin + number * HOUR / 2 - clock))
        assert outcome.status == 1, outcome.text
        assert "FAILED" not in outcome.text, outcome.text
        written.append(world.ask("SELECT kind, day, written FROM reports WHERE kind = 'day'"))
    assert world.fired() == ["full"]
    (report,) = written[-1]
    assert [one for one in written if one] == [[report]] * len([one for one in written if one])
    day = (datetime.fromtimestamp(begin + count * HOUR / 2, zone) - timedelta(days=1)).date()
    assert report[1] == day.isoformat()
    here = datetime.fromtimestamp(report[2], zone)
    return (
        f"{count + 1} runs; the report of {day} was written at {here:%H:%M %Z}; told {len(world.fired())} x"
    )


@drill("leap day at a site, noon", "the real checks find a healthy site healthy")
def test_leap_day(demo, site):
    noon = moment("2028-02-29T12:00")
    off = noon - time.time()
    demo.kill("pulse")
    try:
        demo.fill(noon)
        site.settings(checks={key: {"enabled": False} for key in BESIDES})
        outcome = site.run(*INSIDE, "--all-due", env=at(off))
    finally:
        demo.fill(time.time())
        demo.start_again("pulse")
        demo.beat()
    assert names(outcome, "failing") == set(), outcome.text
    assert not names(outcome, "unknown"), outcome.text
    return said(outcome)


BESIDES = (
    "backup_age_hours",
    "backup_files_age_hours",
    "backup_offsite_age_hours",
    "scheduler_process_runs",
    "tls_life_left_percent",
    "tls_days_left",
    "tls_certificate_valid",
    "clock_offset_seconds",
)
"""What holds the wrong clock against files and certificates of today, and the scheduler that stands still."""


@drills(
    [
        Drill(
            "no time zone database on the system",
            "the package of it that is installed with the suite serves; nothing is noticed",
            {"PYTHONTZPATH": ""},
            quick=True,
        ),
        Drill(
            "no time zone database at all",
            "one line says which zone is not known, exit 4; nothing is recorded and nobody is told",
            {"DRILL_ZONES": "none"},
        ),
    ]
)
def test_no_zones(row, world):
    none = "DRILL_ZONES" in row.given
    bad = world.run(*INSIDE, env=row.given)
    assert bad.status == (4 if none else 1), bad.text
    assert "Traceback" not in bad.text
    if none:
        assert world.fired() == []
        assert world.run().status == 1
    assert world.fired() == ["full"]
    return f"{said(bad)}"


@pytest.mark.root
@drill(
    "the host's name changes between two runs",
    "told once; the Pushgateway has each series once",
)
def test_host_name(world, tmp_path):
    if subprocess.run(["unshare", "--uts", "true"], check=False).returncode:
        pytest.skip("needs unshare: it gives the run a host name of its own")
    with pushgateway(tmp_path) as service:
        world.settings(**service.well())
        for name in ("first.example.nl", "second.example.nl"):
            outcome = world.run(under=["unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"])
            assert outcome.status == 1, outcome.text
        assert world.fired() == ["full"]
        assert service.came() == 1
        assert world.runs() == 2
    return f"{said(outcome)}; {line(outcome, 'checks on')}"
