"""A scheduled run that is killed at any step: no alert is lost, and one message at most comes twice."""

from __future__ import annotations

import os
import signal

import pytest

CHECKS = """
@check(host("disk_used_percent"), unit="%", critical=-1)
def test_full(value, limit):
    '''Never so.'''
    assert value <= limit
"""

KILLER = '''
"""Kills the process at the so-manieth of the steps between observing and marking a delivery."""
import os, signal
from reporters import history, notify, outbox, publish, state

left = [int(os.environ["KILL_AT"])]

def step(owner, name):
    real = getattr(owner, name)
    def wrapped(*arguments, **named):
        die()
        found = real(*arguments, **named)
        die()
        return found
    setattr(owner, name, wrapped)

def die():
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

for owner, name in (
    (state, "write"), (history.History, "add"), (outbox.Outbox, "save"), (outbox.Outbox, "put"),
    (notify, "record"), (notify, "sent"), (outbox.Outbox, "delivered"), (history.History, "told"),
):
    step(owner, name)
'''


STEPS = [at if at % 3 == 1 else pytest.param(at, marks=pytest.mark.drill) for at in range(1, 40)]
"""All of them in `make drill`, each third in `make test`."""


@pytest.mark.parametrize("at", STEPS)
def test_killed_at_each_step(project, receiver, at):
    receiver.got.clear()
    project.checks(CHECKS)
    (project.folder / "killer.py").write_text(KILLER)
    project.settings(f'[webhook]\nurl = "{receiver.url}"\n[alerts]\ncanary = "999d"\n[sites."one.test"]')
    killed = project.run(
        "checks", "--publish", "-p", "killer", env={"KILL_AT": str(at), "PYTHONPATH": str(project.folder)}
    )
    assert killed.status in (-signal.SIGKILL, 1)
    for left in (project.folder / "state").rglob(".*"):
        os.utime(left, (0, 0))  # what was left is taken away once it is surely nobody's
    project.run("checks", "--publish")
    project.run("checks", "--publish")
    fired = [one for one in receiver.got for incident in one["incidents"] if incident["event"] == "firing"]
    assert 1 <= len(fired) <= 2
    if killed.status == 1:
        assert len(fired) == 1
        return  # it ended before that step: there are no more
    assert not list((project.folder / "state").rglob(".*"))
