"""`make soak`: $SOAK_RUNS runs (10,000) from the seed $SOAK_SEED; bench/SOAK.md says how it went.

A line a day of the soak. Each 500 runs .cache/SOAK.md is written with what holds so far, should it be ended early.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import ROOT
from tests.soak import growth
from tests.soak.soak import Soak, soaking

RUNS = int(os.environ.get("SOAK_RUNS") or 10_000)
SEED = int(os.environ.get("SOAK_SEED") or time.time())
RESULT = ROOT / "bench" / "SOAK.md"
SHOWN = 20
SO_FAR = ROOT / ".cache" / "SOAK.md"


def render(soak: Soak, verdict: str) -> str:
    """The page."""
    judge, days = soak.judge, (soak.now - soak.first) / growth.DAY
    receivers = [*judge.receivers]
    counts = {
        "runs": f"{soak.number:,}, {soak.counts['processes from their start']} of them processes from their very start,"
        f" {soak.counts['runs of all checks']} more of all checks",
        "checks of each run, as far as they are due": f"{len(judge.model.checks)}",
        "simulated days": f"{days:.0f}, with {soak.counts['pauses']} pauses",
        "wall time": f"{(time.time() - soak.began) / 60:.0f} min, {soak.cpu / max(1, soak.number):.2f} CPU s a run",
        "faults": f"{sum(soak.weather.injected.values())}",
        "runs killed": f"{sum(soak.kills.values())}: " + _counted(soak.kills),
        "outages of a channel": f"{sum(soak.outages.values())}",
    }
    for name in receivers:
        counts[f"incidents for {name}, expected and told"] = (
            f"{judge.model.told[f'{name} begun']} and {judge.told[f'{name} begun']} that began,"
            f" {judge.model.told[f'{name} ended']} and {judge.told[f'{name} ended']} that ended"
        )
        counts[f"messages to {name}"] = _counted(
            {key.partition(" ")[2]: count for key, count in judge.messages.items() if key.startswith(name)}
        )
        counts[f"repeats to {name}, where a kill or a broken answer permits one"] = f"{judge.repeats[name]}"
    if (size := soak.size) is not None:
        mb = growth.MB
        counts["history, rows of results"] = f"{size.rows / mb:.1f} MB, bound {size.bound / mb:.1f}"
        counts["history, messages, incidents and all else"] = f"{size.other / mb:.1f} MB"
        counts["history, file and write-ahead log"] = f"{size.file / mb:.1f} and {size.wal / mb:.1f} MB"
        counts["oldest single result"] = f"{(soak.now - size.oldest) / growth.DAY:.0f} days"
    lines = [
        "# Soak",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, seed {soak.seed}: {verdict}. `make soak` does it anew.",
        "",
    ]
    lines += [
        "| what | how much |",
        "| --- | --- |",
        *(f"| {name} | {told} |" for name, told in counts.items()),
    ]
    lines += ["", "| what must not grow | first | last | most |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {name} | {first:.1f} | {last:.1f} | {most:.1f} |"
        for name, first, last, most in soak.series.ends()
    ]
    lines += [
        "",
        "| wrong besides |",
        "| --- |",
        *(f"| {_cell(one)} |" for one in soak.surprises[:SHOWN] or ["nothing"]),
    ]
    lines += ["", "| fault | times |", "| --- | ---: |"]
    every = soak.weather.injected | soak.outages
    lines += [f"| {name} | {every[name]} |" for name in sorted(every)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:300]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def main() -> int:
    """Soak, print, keep."""
    verdict = "broken off"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    SO_FAR.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, soaking(Path(folder), SEED, _say) as soak:
        soak.each = lambda: SO_FAR.write_text(
            render(soak, "so far no alert was lost or doubled"), encoding="utf-8"
        )
        try:
            soak.runs(RUNS)
            verdict = "no alert was lost or doubled" + ("" if soak.surprises else ", and nothing grew")
            RESULT.write_text(render(soak, verdict), encoding="utf-8")
        except BaseException as error:
            verdict = f"ended by {type(error).__name__}"
            raise
        finally:
            print(render(soak, verdict), flush=True)
    return int(bool(soak.surprises))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
