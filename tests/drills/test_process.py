"""The run's own process: signals at every stage, too little memory, too few file descriptors, two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from tests.conftest import run_pytest
from tests.drills.inside import HOOKS, STAGES
from tests.drills.ledger import Drill, drill, drills
from tests.drills.outcome import names, said
from tests.drills.world import INSIDE
from tests.steady import until

STAGED = (*HOOKS, *STAGES)
SENT = "it marks a message as sent"
QUICK = {("it observes", "SIGTERM"), (SENT, "SIGKILL")}
EXPECTED = {
    "SIGTERM": "the deadline is now: it judges and records what it has, tells, and exits as ever; told once",
    "SIGKILL": "the next run finds all whole, takes away what was left, and tells; told once",
    "SIGSTOP": "another run ends at once meanwhile; the first one goes on afterwards; told once",
}


def _expected(name: str, stage: str) -> str:
    if name == "SIGKILL" and stage == SENT:
        return "it was sent and that is not on record: the next run tells once more, and no further one"
    return EXPECTED[name]


@drills(
    Drill(f"{name} when {stage}", _expected(name, stage), (name, stage), quick=(stage, name) in QUICK)
    for name in EXPECTED
    for stage in STAGED
)
def test_signal(row, world):
    name, stage = row.given
    number = getattr(signal, name)
    env = {"DRILL_STAGE": stage, "DRILL_SIGNAL": str(int(number))}
    others = []

    def stopped(process: subprocess.Popen[str]) -> None:
        seen = psutil.Process(process.pid)
        until(lambda: seen.status() == psutil.STATUS_STOPPED, "it is stopped")
        if stage not in HOOKS:
            others.append(_second(world))
        process.send_signal(signal.SIGCONT)

    hit = world.run(*INSIDE, env=env, during=stopped if name == "SIGSTOP" else None, tidy=name != "SIGKILL")
    if name == "SIGKILL":
        assert hit.status == -signal.SIGKILL
        _age(world)
    else:
        assert hit.status == 1, hit.text
        assert names(hit, "failing") | names(hit, "unknown") >= {"full"}, hit.text
        assert "FAILED" not in hit.text, hit.text
    for other in others:
        assert other.status == 0
        assert "another scheduled run is under way" in other.text
    for _ in range(2):
        assert world.run().status == 1
    twice = name == "SIGKILL" and stage == SENT
    assert world.fired() == ["full"] * (2 if twice else 1)
    assert world.waiting("webhook") == 0
    assert world.runs() >= 2 + (hit.status == 1)
    told = said(hit) if hit.status == 1 else f"ended by {name}"
    return f"{told}; told {len(world.fired())} x"


def _second(world):
    return run_pytest(world.project, "checks", "--publish", "--settings", str(world.file))


def _age(world) -> None:
    """What a kill left is taken away when it is surely nobody's: an hour later."""
    for path in world.state.rglob(".*"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))


@drill(
    "the run itself stands still for ever",
    "the system kills it three minutes after its deadline (here two seconds); the next run tells; told once",
)
def test_stands_still(world):
    world.settings(deadline=1)
    stage = "it decides what to tell"
    hit = world.run(*INSIDE, env={"DRILL_STAGE": stage, "DRILL_LAST": "2"}, tidy=False)
    assert hit.status == -signal.SIGALRM
    world.settings()
    for _ in range(2):
        assert world.run().status == 1
    assert world.fired() == ["full"]
    return f"ended by SIGALRM; told {len(world.fired())} x"


@drills(
    Drill(
        f"address space of {megabytes} MB (RLIMIT_AS)",
        "it says what failed, or judges with what it has, or the system ends it in time; then it is told once",
        megabytes,
    )
    for megabytes in (40, 66, 70, 80, 120, 250)
)
def test_little_memory(row, world):
    world.settings(deadline=5)
    bound = ["prlimit", f"--as={row.given * 2**20}"]
    bad = world.run(*INSIDE, under=bound, env={"DRILL_LAST": "20"}, tidy=False)
    assert bad.status != 0, bad.text
    _age(world)
    world.settings()
    for _ in range(2):
        assert world.run().status == 1
    assert world.fired() == ["full"]
    assert world.waiting("webhook") == 0
    return said(bad)


@drills(
    Drill(
        f"{count} file descriptors (RLIMIT_NOFILE)",
        "it says what failed, or judges with what it has; then it is told once",
        count,
    )
    for count in (5, 8, 10, 12, 16, 24)
)
def test_few_descriptors(row, world):
    bad = world.run(under=["prlimit", f"--nofile={row.given}"], tidy=False)
    assert bad.status != 0, bad.text
    _age(world)
    for _ in range(2):
        assert world.run().status == 1
    assert world.fired() == ["full"]
    return said(bad)


@drill(
    "the real checks with 15 file descriptors",
    "what cannot be asked fails, is blocked or is unknown, and nothing is ok that was not seen to be; then all is well",
)
def test_few_descriptors_on_a_site(site):
    bad = site.run(under=["prlimit", "--nofile=15"], tidy=False)
    assert bad.status != 0, bad.text
    site.recovers()
    return said(bad)


@drill(
    "five runs at once", "one runs, the others end at once with exit 0; told once, recorded once", quick=True
)
def test_at_once(world):
    world.run()
    world.receiver.got.clear()
    world.settings(deadline=120, timeouts={"probe": 120})
    level = world.project / "level"
    level.unlink()
    os.mkfifo(level)  # the one that runs waits for it, so that however late the others start, it still runs
    with ThreadPoolExecutor(5) as pool:
        runs = [pool.submit(_second, world) for _ in range(5)]
        until(lambda: sum(one.done() for one in runs) == 4, "all but one have ended")
        world.level(1)
        found = [one.result() for one in runs]
    ran = [one for one in found if one.document.get("tests")]
    assert len(ran) == 1, [one.text for one in found]
    assert {one.status for one in found if one not in ran} == {0}
    assert world.runs() == 1 + len(ran)
    assert world.fired() == []
    return f"{len(ran)} ran, {5 - len(ran)} ended at once; told {len(world.fired())} x more"
