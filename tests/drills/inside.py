"""A pytest plugin for the process that is drilled: another time, no time zones, a signal to itself at a stage.

DRILL_CLOCK: seconds that its clock is off. DRILL_STAGE and DRILL_SIGNAL: where it sends itself which signal; without
a signal it stands still there for ever, and DRILL_LAST is when the system then kills it, in seconds.
DRILL_ZONES=none: there is no time zone database, neither the system's nor the package's.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

STAGES = {
    "it observes": ("fixtures.observe", "Observer.observe"),
    "it judges": ("fixtures.observe", "Observer.of"),
    "it writes its record": ("reporters.plugin", "Recorder._save"),
    "it writes its history": ("reporters.history", "History.add"),
    "it decides what to tell": ("reporters.notify", "record"),
    "it sends a message": ("reporters.notify", "sent"),
    "it marks a message as sent": ("reporters.outbox", "Outbox.delivered"),
    "it writes a file that others read": ("reporters.state", "os.fsync"),
    "its reporters tell": ("reporters.history", "History.told"),
    "it ends": ("reporters.publish", "end"),
}
"""Stage -> the function that begins it; the plugin's own hooks are two more."""

HOOKS = ("it starts", "it collects")


def _act(stage: str) -> None:
    if os.environ.get("DRILL_STAGE") == stage:
        os.environ["DRILL_STAGE"] = ""
        while "DRILL_SIGNAL" not in os.environ:
            time.sleep(1)
        os.kill(os.getpid(), int(os.environ["DRILL_SIGNAL"]))


def _before(owner: Any, name: str, stage: str) -> None:
    real: Callable[..., Any] = getattr(owner, name)
    left = [2 if name == "fsync" else 1]  # the first file is the one that the drill asked for

    def wrapped(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            _act(stage)
        return real(*arguments, **named)

    setattr(owner, name, wrapped)


def pytest_configure() -> None:
    if last := os.environ.get("DRILL_LAST"):
        from reporters import plugin

        plugin.LAST_SECONDS = float(last)
    stage = os.environ.get("DRILL_STAGE")
    if stage in STAGES:
        home, path = STAGES[stage]
        owner: Any = importlib.import_module(home)
        *holders, name = path.split(".")
        for holder in holders:
            owner = getattr(owner, holder)
        _before(owner, name, stage)
    _act("it starts")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems() -> None:
    _act("it collects")


if off := float(os.environ.get("DRILL_CLOCK", "0")):
    from fixtures import clock

    real_now = clock.now
    clock.now = lambda: real_now() + off

if os.environ.get("DRILL_ZONES") == "none":
    import zoneinfo

    zoneinfo.reset_tzpath(to=[])
    sys.modules["tzdata"] = None  # type: ignore[assignment]
