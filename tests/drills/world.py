"""The world of a drilled run: its settings and state folder, who is told, and what must hold after each run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from demo.site import Demo
from tests.conftest import ROOT, Outcome, Project, run_pytest
from tests.privacy.canaries import MARK, Search, canary, leaks, left_in, secrets_of
from tests.servers import Receiver
from tests.steady import until

FAILING = """
from pathlib import Path

def level(site):
    return float(Path("level").read_text())

@check(level, unit="m", critical=0)
def test_full(value, limit):
    '''The water stands where it should.'''
    assert value <= limit

@check(host("load_per_core"), unit="x", warning=1e6)
def test_load(value, limit):
    '''The load.'''
    assert value <= limit
"""
"""Two checks; the first fails while `World.level` is above 0, as it is at first."""

DEADLINE = 30
"""Of a run on the demo site, in seconds."""

INSIDE = ("-p", "tests.drills.inside")
MARGIN_SECONDS = 60.0
"""What a run may take besides observing and the bounds of its channels: to start, judge and write, on a busy machine."""

Table = dict[str, Any]


class World:
    """Runs the real checks on a demo site, or a small project of two checks, as cron does, and looks at what is left.

    The settings are `base` with what a drill changes. A webhook, `receiver`, is always told. After each run all
    that it printed, left and told is searched for what is secret in its settings; `hears` gives more that was told.
    """

    def __init__(self, folder: Path, project: Path, base: Table, demo: Demo | None = None) -> None:
        self.folder, self.project, self.demo = folder, project, demo
        self.state = folder / "state"
        self.receiver = Receiver()
        self.hears: list[Callable[[], str]] = [lambda: json.dumps(self.receiver.got)]
        self.sees: dict[str, Callable[[], int]] = {"webhook": self._told}
        self._base = base
        self._temporary = folder / "tmp"
        self._temporary.mkdir(exist_ok=True)
        self.file = folder / "checks.toml"
        self.settings()

    def settings(self, **changes: Any) -> None:
        """Write the settings: the sections that are named, key by key, over the base."""
        table = merged(
            self._base,
            {
                "state": str(self.state),
                "webhook": {
                    "url": f"{self.receiver.url}?key={canary('hook', '')}",
                    "secret": canary("signing"),
                },
                "serve": {"token": canary("status")},
                **changes,
            },
        )
        self.file.write_text(toml(table), encoding="utf-8")

    def run(
        self,
        *arguments: str,
        deadline: float = 60,
        tidy: bool = True,
        env: dict[str, str] | None = None,
        under: Sequence[str] = (),
        during: Callable[[subprocess.Popen[str]], object] | None = None,
    ) -> Outcome:
        """A scheduled run, which must end by its deadline and leave nothing behind; `tidy` is also of files."""
        sessions: list[int] = []

        def watched(process: subprocess.Popen[str]) -> None:
            sessions.append(process.pid)
            if during:
                during(process)

        where = {"TMPDIR": str(self._temporary), "PYTHONPATH": str(ROOT)}
        outcome = run_pytest(
            self.project,
            "checks",
            "--publish",
            "--settings",
            str(self.file),
            *arguments,
            env=where | (env or {}),
            timeout=deadline + MARGIN_SECONDS,
            under=under,
            during=watched,
        )
        assert not processes(sessions[0]), "it left processes behind"
        self._left(tidy=tidy)
        self._silent(outcome)
        return outcome

    def _silent(self, outcome: Outcome) -> None:
        put_out = [("terminal", outcome.text), ("record", json.dumps(outcome.document))]
        put_out += [(f"messages {number}", said()) for number, said in enumerate(self.hears)]
        found = leaks(
            Search(MARK, *secrets_of(self.file)),
            [*put_out, *left_in(self.state, self._temporary, values=False)],
        )
        assert not found, f"a secret of the settings came out: {found}"

    def _left(self, *, tidy: bool) -> None:
        if (self.state / "lock").exists():
            with (self.state / "lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if tidy:
            found = [*self._temporary.iterdir(), *self.state.rglob(".*")]
            assert not found, f"files were left: {found}"
        if self.demo is not None:
            until(lambda: not self.connections(), "the database was rid of its connections")

    def connections(self) -> list[Any]:
        """What runs have open to the database of the demo."""
        assert self.demo
        with contextlib.suppress(Exception), self.demo.root(2) as cursor:  # it may be the one that is broken
            cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'checks'")
            return list(cursor.fetchall())
        return []

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """What the history says; it must be whole."""
        with contextlib.closing(sqlite3.connect(self.state / "history.sqlite", timeout=60)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return file.execute(statement).fetchall()

    def runs(self) -> int:
        """How many runs are on record, in the history; as many as there are records."""
        (count,) = self.ask("SELECT COUNT(*) FROM runs")[0]
        return int(count)

    def waiting(self, channel: str) -> int:
        """How many messages wait for a channel."""
        rows = self.ask(f"SELECT COUNT(*) FROM outbox WHERE channel = '{channel}' AND delivered IS NULL")
        return int(rows[0][0])

    def _told(self) -> int:
        return len(self.fired())

    def fired(self) -> list[str]:
        """The checks of which the webhook was told that they fail, each as often as it was told."""
        found = [incident for one in self.receiver.got for incident in one["incidents"]]
        return [one["check"] for one in found if one["event"] == "firing"]

    def ended(self) -> list[str]:
        """The checks of which it was told that they are well again."""
        found = [incident for one in self.receiver.got for incident in one["incidents"]]
        return [one["check"] for one in found if one["event"] == "resolved"]

    def level(self, level: float) -> None:
        """What `full` of the small world sees."""
        (self.project / "level").write_text(str(level))

    def recovers(self) -> None:
        """All is well with the next two runs, and of whatever was told, its end is told once."""
        before = self.fired()
        for _ in range(2):
            well = self.run()
            assert well.status == 0, well.text
            assert "FAILED" not in well.text, well.text
        assert sorted(self.fired()) == sorted(before)
        assert len({*before}) == len(before), before
        assert sorted(self.ended()) == sorted(before)

    def close(self) -> None:
        """End what listens."""
        self.receiver.close()


@contextlib.contextmanager
def small(folder: Path, checks: str = FAILING) -> Iterator[World]:
    """A world of a few checks on this machine."""
    project = Project(folder)
    project.checks(checks)
    world = World(folder, folder, {"alerts": {"canary": "9999d"}, "sites": {"one.test": {}}})
    world.level(1)
    try:
        yield world
    finally:
        world.close()


@contextlib.contextmanager
def real(folder: Path, demo: Demo, primed: Path) -> Iterator[World]:
    """The real checks on a demo site that was well a moment ago, as `primed`, a state folder, says."""
    base = tomllib.loads(demo.settings.read_text(encoding="utf-8"))
    more = {
        "deadline": DEADLINE,
        "alerts": {"canary": "9999d"},
        "timeouts": {"connect": 4, "read": 8, "statement": 8, "probe": 18},
    }
    world = World(folder, ROOT, merged(base, more), demo)
    if primed.exists():
        shutil.copytree(primed, world.state)
    try:
        yield world
    finally:
        world.close()


def processes(session: int) -> list[psutil.Process]:
    """What runs of a session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def merged(base: Table, more: Table) -> Table:
    """One table over another, section by section."""
    made = dict(base)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = merged(made[key], value) if both else value
    return made


def toml(table: Table, path: str = "") -> str:
    """A table as a TOML file."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in plain.items()]
    text = (f"[{path}]\n" if path else "") + "\n".join(lines) + "\n"
    for key in table.keys() - plain.keys():
        text += toml(table[key], f"{path}.{json.dumps(key)}" if path else json.dumps(key))
    return text
