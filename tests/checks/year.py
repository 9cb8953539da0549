"""A year in an hour: the demo's rows as they are at a moment, judged as they are judged at that moment.

`python -m tests.checks.year [HOURS]` (make year) goes through a year in such steps and ends with 1 when a
healthy site gave an alarm.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from demo.days import ZONE
from demo.site import Demo
from fixtures import clock
from tests.checks.rowwise import CHECKS, judged

STEP_HOURS = 5.07
"""No divisor of a day, nor of an hour: each hour of the day and each minute between two rounds of the scheduler."""

LATER_SECONDS = 240
"""As long as a living site does nothing: from one round of Frappe's scheduler to the next."""

MEMBERS = 500


def moment(text: str, fold: int = 0) -> float:
    """Epoch seconds of a local time of the site; `fold` 1 is the second of an hour that comes twice."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=fold).timestamp()


def alarms(demo: Demo, at: float) -> set[str]:
    """What fails or is unknown on the healthy site at a moment and some minutes later, before it does more."""
    demo.fill(at, MEMBERS)
    found: set[str] = set()
    for moment_ in (at, at + LATER_SECONDS):
        with patch.object(clock, "now", lambda moment_=moment_: moment_):
            found.update(*judged(demo))
    return found


def main(step_hours: float = STEP_HOURS) -> int:
    """A year from now on."""
    started, found = time.time(), 0
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "demo") as demo:
        demo.kill("pulse")
        steps = int(365 * 24 / step_hours)
        for step in range(steps):
            at = started + step * step_hours * 3600
            if wrong := alarms(demo, at):
                found += 1
                print(f"{datetime.fromtimestamp(at, ZoneInfo(ZONE))}: {' '.join(sorted(wrong))}", flush=True)
    took = time.time() - started
    print(f"{steps} runs of {len(CHECKS)} checks: {found} with an alarm; {took:.0f} s")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
