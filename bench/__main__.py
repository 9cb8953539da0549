"""`make bench`: what the suite costs, part by part, each side by side with something else.

`make bench ARGS="startup peers"` measures these parts only. Printed, and kept in bench/RESULTS.md part by part,
so that one that fails takes none of the others along. $BENCH_RUNS is how many rounds there are of each.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module

from bench.results import FILE, Section, machine, merged

PARTS = {
    "startup": "Start-up",
    "peers": "The same questions by others",
    "latency": "Slow and hanging servers",
    "checks": "By the number of checks",
    "sites": "By the number of sites",
    "size": "By the size of the data",
    "layers": "Where the CPU time goes",
    "report": "A report and the status page",
    "history": "The history's size",
}
"""Part, which is a module of this folder with a `measure() -> Section`, and its section's title."""


def main(names: Sequence[str]) -> int:
    """Measure these parts, or all; 1 when one of them could not be measured."""
    if wrong := set(names) - PARTS.keys():
        print(
            f"bench: no such part: {', '.join(sorted(wrong))}; there are {', '.join(PARTS)}", file=sys.stderr
        )
        return 4
    failed = []
    for name in names or PARTS:
        begun, where = time.monotonic(), machine()
        print(f"bench: {name} ...", flush=True)
        try:
            measure: Callable[[], Section] = import_module(f"bench.{name}").measure
            section = measure()
        except (Exception, SystemExit):  # noqa: BLE001 (the other parts are measured all the same)
            traceback.print_exc()
            failed.append(name)
            continue
        known = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
        FILE.write_text(merged(known, name, section, where, PARTS), encoding="utf-8")
        print(*section.lines, *section.goals, sep="\n")
        print(f"bench: {name} took {time.monotonic() - begun:.0f} s\n", flush=True)
    if failed:
        print(f"bench: not measured: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
