"""The soak itself: run after run on a clock of its own, with faults, kills, pauses and channels that are down."""

from __future__ import annotations

import random
import re
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo.site import Demo
from tests.soak import growth
from tests.soak.forks import Ended
from tests.soak.receivers import UP
from tests.soak.running import PAGES, Runner
from tests.soak.site import Kept, Site, make
from tests.soak.verdict import Judge, Wrong, record_of, seen_of
from tests.soak.weather import Weather

STEP, JITTER = 300, 15
KILL, PAUSE, OUTAGE = 0.05, 0.008, 0.02
PAUSE_HOURS, PAUSE_MOST = 24.0, 60.0
OUTAGES = ((1, 2), (3, 12), (13, 80))
"""Runs that a channel is down, from and to."""
WHOLE = 100
"""Each so manieth run is a process from its very start, and one of all checks, as a suite of its own, follows it."""

ASK, SAMPLE, SIZE = 50, 25, 500
UNREACHABLE = {"db_down", "db_hangs", "redis_queue_down", "redis_queue_hangs"}
CALM_SECONDS = 3900
"""Between the runs of the end: longer than any channel is left alone."""
CALM_RUNS = 200

FAILED = re.compile(r"^.* FAILED: .*$", re.M)
HIDDEN_SECONDS = 3600.0
"""After so long what a killed run left is swept."""


class Soak:
    """The state of one soak."""

    def __init__(self, site: Site, runner: Runner, seed: int, say: Callable[[str], object]) -> None:
        self.site, self.runner, self.seed, self._say = site, runner, seed, say
        self.chance = random.Random(seed)
        self.weather = Weather(site.demo, random.Random(seed + 1))
        self.judge = Judge(site.model(), site.receivers)
        self.series, self.counts = growth.Series(), Counter[str]()
        self.kills, self.outages = Counter[str](), Counter[str]()
        self.number, self.cpu = 0, 0.0
        self.began = time.time()
        self.first = self.now = site.now
        self.size: growth.Size | None = None
        self.each: Callable[[], object] = lambda: None
        """Called now and then, to keep what holds so far."""
        self.surprises: list[str] = []
        """What no fault explains, faults that were not seen, bounds that were passed, reporters that failed."""
        self._down: dict[str, int] = {}
        self._asked, self._sampled = 0, 0
        self._killed = False
        self._took = [1.0]
        self._peaks: list[int] = []

    def runs(self, count: int) -> None:
        """So many in a row, then all is mended and each message must have arrived."""
        day = 0
        for _ in range(count):
            self.step(self.chance.randint(-JITTER, JITTER) + STEP)
            if (today := int((self.now - self.first) // growth.DAY)) > day:
                day = today
                self._say(f"day {day}, {self.progress()} of {count:,}")
        self.calm()

    def step(self, seconds: float) -> None:
        """One scheduled run, and what goes wrong with it."""
        self.number += 1
        if self.chance.random() < PAUSE:
            hours = min(self.chance.expovariate(1 / PAUSE_HOURS), PAUSE_MOST)
            seconds += int(hours * 3600)
            self.counts["pauses"] += 1
        self._advance(seconds)
        if self.weather.step():
            self.site.write_settings()
        self._outages()
        kill = None
        if self.chance.random() < KILL:
            early = 0.0 if self.chance.random() < 0.5 else 0.6
            kill = self.chance.uniform(early, 1.05) * statistics.median(self._took)
        self.run(kill)
        if self.number % WHOLE == 0 and "no_time" not in self.weather.active:
            self._everything()
        if self.number - self._sampled >= SAMPLE and not self.weather.active & UNREACHABLE:
            self._sample()
        if (
            self.number - self._asked >= ASK and not self._killed
        ):  # it may be killed before it says that it is fresh
            self._ask()
        if self.number % SIZE == 0:
            self._size()
            self.each()

    def run(self, kill: float | None = None) -> None:
        """One run, held against the model."""
        whole = self.number % WHOLE == 0 and kill is None
        ended = self.runner.process() if whole else self.runner.fork(kill)
        self.counts["processes from their start"] += whole
        self.cpu += ended.cpu
        try:
            self._judge(ended)
        except Wrong as error:
            modes = {name: one.mode for name, one in self.site.receivers.items()}
            where = f"run {self.number} at {self._stamp()}, seed {self.seed}, {sorted(self.weather.active)}, {modes}"
            raise Wrong(f"{where}, {ended}: {error}\n{self.runner.text()}") from None

    def _judge(self, ended: Ended) -> None:
        self._killed = killed = ended.status == -signal.SIGKILL
        if not killed and ended.status not in (0, 1):
            raise Wrong(f"it ended with {ended.status}")
        if ended.left:
            raise Wrong("it left processes behind")
        if killed:
            for receiver in self.site.receivers.values():
                receiver.settle()
        record = record_of(self.site.state, self._stamp())
        came = self.judge.run(self.now, record, Kept(self.site.state), killed=killed)
        for receiver in self.site.receivers.values():
            if receiver.wrong:
                raise Wrong(f"{receiver.name}: {receiver.wrong[:3]}")
        if killed:
            self.kills[came] += 1
            return
        self._took = [*self._took[-20:], ended.wall]
        self._peaks = [*self._peaks[-SAMPLE:], *([ended.rss] if ended.rss else [])]
        seen = seen_of(record or {})
        bad = {name for name, one in seen.items() if one.status != "ok"}
        self._surprised(self.weather.wrong(seen, bad))
        self._surprised(growth.files_wrong(self.site.state, self.site.temporary))
        if all(one.mode == UP for one in self.site.receivers.values()):
            self._surprised("; ".join(FAILED.findall(self.runner.text())))

    def _surprised(self, what: str) -> None:
        """What is wrong and leaves the model as it is: the soak goes on, and does not end well."""
        if what:
            self.surprises.append(f"run {self.number}: {what}")
            self._say(self.surprises[-1])

    def _everything(self) -> None:
        """All checks that there are, as a suite of its own: it is on record, and tells nobody."""
        self._advance(60)
        self.runner.everything()
        record = record_of(self.site.state, self._stamp())
        if record is None:
            raise Wrong(f"the run of all checks left no record\n{self.runner.text()}")
        self.judge.aside(self.now, record)
        self.counts["runs of all checks"] += 1

    def _advance(self, seconds: float) -> None:
        self.now += int(seconds)
        self.site.at(self.now)

    def _stamp(self) -> str:
        return f"{datetime.fromtimestamp(self.now, UTC):%Y%m%dT%H%M%SZ}"

    def _outages(self) -> None:
        for name, receiver in self.site.receivers.items():
            if self._down.get(name, 0) > 0:
                self._down[name] -= 1
            elif receiver.mode != UP:
                receiver.mode = UP
            elif self.chance.random() < OUTAGE:
                receiver.mode = self.chance.choice([*receiver.modes])
                low, high = OUTAGES[0] if receiver.mode == "broken" else self.chance.choice(OUTAGES)
                self._down[name] = self.chance.randint(low, high) - 1
                self.outages[f"{name} {receiver.mode}"] += 1

    def calm(self) -> None:
        """All is mended; after some hours nothing is open and nothing waits."""
        self.weather.clear()
        self.site.write_settings()
        for receiver in self.site.receivers.values():
            receiver.mode = UP
        for _ in range(CALM_RUNS):
            self.number += 1
            self._advance(CALM_SECONDS)
            self.run()
            if self.judge.quiet():
                break
        self.judge.end()
        self._ask()
        self._size()
        hidden = [
            one for one in self.site.state.rglob(".*") if self.now - one.stat().st_mtime > HIDDEN_SECONDS
        ]
        self._surprised(f"left by runs that were killed: {hidden}" if hidden else "")
        self._surprised(self.series.wrong())

    def _ask(self) -> None:
        self._surprised(self.runner.ask())
        self.counts["pages asked for"] += len(PAGES)
        self._asked = self.number

    def _sample(self) -> None:
        redis = self.site.demo.redis("queue").info("clients")
        figures = {
            "processes": growth.children(),
            "database connections": self.site.connections(),
            "Redis clients": redis["connected_clients"],
            "a run at its peak, MB": statistics.median(self._peaks) / 1000,
        }
        self.series.take(self.runner.processes(), figures)
        self._sampled = self.number

    def _size(self) -> None:
        self.size = growth.size(self.site.state)
        self._surprised(self.size.wrong(self.now))

    def progress(self) -> str:
        """What was done and told so far, in a line."""
        told = self.judge.told
        faults, kills = sum(self.weather.injected.values()), sum(self.kills.values())
        return (
            f"{faults} faults, {kills} kills, incidents told: {told['webhook begun']} webhook, {told['mail begun']} mail,"
            f" repeats {sum(self.judge.repeats.values())}, {time.time() - self.began:.0f} s, run {self.number:,}"
        )


@contextmanager
def soaking(folder: Path, seed: int, say: Callable[[str], object] = print) -> Iterator[Soak]:
    """A soak on a demo of its own."""
    with Demo(folder / "demo") as demo:
        site = make(demo, folder / "site")
        try:
            with Runner(site).started() as runner:
                yield Soak(site, runner, seed, say)
        finally:
            site.close()
