"""What a slow network adds to a run of all checks, and what servers add that accept and never answer."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.commands import ROUNDS, Cost, checks_on, side_by_side
from bench.results import Goal, Section, at_most, table
from demo.proxy import delayed
from demo.site import Demo

DELAYS_MS = (1, 10, 50, 200)
HANGING = ("cache", "queue", "web")
"""A tenth of all items read from these."""

ROUND_COUNT = max(1, min(ROUNDS, 5))
TIMEOUT_SECONDS = 3.0
"""The demo's read timeout."""


def measure() -> Section:
    """The part `latency`."""
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo, ExitStack() as stack:
        slow = {
            f"{delay}": checks_on(slowed(demo, stack, delay / 1000, Path(name) / f"slow-{delay}.toml"))
            for delay in DELAYS_MS
        }
        found = side_by_side({"0": checks_on(demo.settings)} | slow, ROUND_COUNT)
        for server in HANGING:
            demo.signal(server, signal.SIGSTOP)
        record = Path(name) / "record.json"
        hanging = checks_on(demo.settings, "checks", f"--json-report-file={record}")
        found |= side_by_side({"hanging": hanging}, ROUND_COUNT)
        for server in HANGING:
            demo.signal(server, signal.SIGCONT)
        return section(found, outcomes(record))


def slowed(demo: Demo, stack: ExitStack, delay: float, path: Path) -> Path:
    """Settings in which every server is behind a proxy that adds so many seconds to each round trip."""
    text = demo.settings.read_text(encoding="utf-8")
    web, database = (stack.enter_context(delayed(demo.port(name), delay)) for name in ("https", "database"))
    cache, queue = (stack.enter_context(delayed(demo.port(name), delay)) for name in ("cache", "queue"))
    text = text.replace(f"https://localhost:{demo.port('https')}", f"https://localhost:{web}")
    text = text.replace('user = "checks"', f'user = "checks"\nhost = "127.0.0.1"\nport = {database}')
    text += f'\n[redis]\ncache = "redis://127.0.0.1:{cache}"\nqueue = "redis://127.0.0.1:{queue}"\n'
    path.write_text(text, encoding="utf-8")
    return path


def outcomes(record: Path) -> list[str]:
    """pytest's outcome of each item in a run's record."""
    return [test["outcome"] for test in json.loads(record.read_bytes())["tests"]]


def section(found: Mapping[str, Cost], hung: Sequence[str]) -> Section:
    """The table."""
    base, hanging = found["0"], found["hanging"]
    lost = sum(outcome == "error" for outcome in hung)
    names = {"0": "no delay"} | {f"{delay}": f"{delay} ms more each round trip" for delay in DELAYS_MS}
    names["hanging"] = "both Redis and the web server accept and never answer"
    rows = [
        (
            names[key],
            f"{cost.wall:.2f}",
            f"{cost.wall - base.wall:+.2f}",
            f"{cost.cpu:.2f}",
            f"{cost.memory:.0f}",
        )
        for key, cost in found.items()
    ]
    lines = [
        f"All checks through a proxy that adds the delay to each round trip of each probe; medians of {ROUND_COUNT} rounds."
    ]
    lines += table(("run", "wall s", "more, s", "CPU s", "peak MB"), rows)
    lines += [
        f"With these three hanging, {lost} of {len(hung)} items ({100 * lost / len(hung):.0f} %) are unknown, the others",
        f"judged; the read timeout is {TIMEOUT_SECONDS:g} s.",
    ]
    goals: list[Goal] = [
        at_most("50 ms more each round trip, wall time added", 1, found["50"].wall - base.wall, "s"),
        at_most(
            "a tenth of the probes hang, wall time added: one timeout, not many",
            1.5 * TIMEOUT_SECONDS,
            hanging.wall - base.wall,
            "s",
        ),
    ]
    return Section("Slow and hanging servers", lines, goals)
