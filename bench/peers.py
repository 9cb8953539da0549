"""The same hundred questions of one site by this suite and by others, side by side.

Each is a whole process (the exporters: what they use for one round), in turn over some rounds: CPU seconds of
the client, wall seconds, peak memory. Needs Debian's monitoring-plugins-standard, prometheus-blackbox-exporter
and prometheus-sql-exporter.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from bench import peer_exporters, peer_testinfra, questions
from bench.commands import ROUNDS, Cost, checks_on, measured, side_by_side
from bench.results import Section, table
from demo.site import Demo

PACKAGES = ("monitoring-plugins-basic", "prometheus-sql-exporter", "prometheus-blackbox-exporter")
OWN = "this suite"


def measure() -> Section:
    """The part `peers`."""
    questions.needed()
    peer_exporters.needed()
    with (
        tempfile.TemporaryDirectory() as name,
        Demo(Path(name) / "demo") as demo,
        ExitStack() as stack,
    ):
        folder = Path(name)
        asked = questions.questions(demo)
        lines = [*questions.plugin_lines(demo, asked)]
        sequence, parallel = plugins(lines, folder)
        rounds = stack.enter_context(peer_exporters.exporters(demo, asked, folder / "exporters"))
        selection = " or ".join(asked.checks)
        found = side_by_side(
            {
                OWN: checks_on(demo.settings, "checks", "-k", selection),
                "monitoring plugins, a process a check, one after the other": sequence,
                "monitoring plugins, xargs -P 4": parallel,
                "pytest-testinfra and pytest-xdist -n 2": peer_testinfra.testinfra(
                    demo, asked, folder / "testinfra"
                ),
                "SQL and blackbox exporters, one round": rounds,
            }
        )
        return section(found, len(lines), f"{debian()}, {peer_testinfra.versions()}")


def plugins(lines: list[str], folder: Path) -> tuple[Callable[[], Cost], Callable[[], Cost]]:
    """One process a question: in sequence, and four at once.

    Raises:
        SystemExit: they do not get their answers; what fails early would look cheap.
    """
    script = folder / "plugins.sh"
    script.write_text("\n".join([*lines, "exit 0"]))
    told = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=False).stdout
    good = sum(" OK" in line for line in told.splitlines())
    if good < 0.95 * len(lines):
        raise SystemExit(f"bench: {good} of {len(lines)} monitoring plugins are OK: {told[:1000]}")
    each = folder / "each"
    each.mkdir()
    for number, line in enumerate(lines):
        (each / f"{number}.sh").write_text(f"exec {line}")
    four = ["sh", "-c", "ls | xargs -P 4 -n 1 sh; exit 0"]
    return lambda: measured(["sh", str(script)], folder), lambda: measured(four, each)


def debian() -> str:
    """The versions of the Debian packages."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}, ", *PACKAGES]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.rstrip(", ")


def section(found: Mapping[str, Cost], count: int, versions: str) -> Section:
    """The table."""
    own = found[OWN]
    rows = [
        (
            name,
            f"{cost.cpu:.2f}",
            f"{cost.cpu / own.cpu:.2f}",
            f"{cost.wall:.2f}",
            f"{cost.wall / own.wall:.2f}",
            f"{cost.memory:.0f}",
        )
        for name, cost in found.items()
    ]
    lines = [
        f"The same {count} questions of one site; medians of {ROUNDS} rounds in turn. CPU is the client's, without",
        "MariaDB's and the web server's.",
        f"{versions}.",
        *table(("who", "CPU s", "ratio", "wall s", "ratio", "peak MB"), rows),
        "The exporters stay in memory between rounds and judge nothing: Prometheus does, with rules of its own.",
        "The plugins keep nothing and tell nobody: Nagios does. The suite judges, says why, and starts and ends within",
        "these figures.",
    ]
    return Section("The same questions by others", lines)
