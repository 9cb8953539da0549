"""What goes wrong by chance: faults of the demo that come, stay for a while, come and go, and are healed."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterable

from demo.faults import FAULTS
from demo.site import Demo

SLOTS = {
    "database": ("db_wrong_password", "db_down", "db_hangs", "db_table_missing"),
    "errors": ("error_burst", "errors_day"),
    "log-ins": ("login_attack",),
    "mail": ("mail_errors", "mail_refused", "mail_backlog", "mail_stuck"),
    "batches": ("sepa_batch_failed", "sepa_batches_failed_week"),
    "web": (
        *("web_error", "web_wrong_content", "login_broken", "assets_missing", "redirect_off", "maintenance"),
        *("web_down", "web_hangs"),
    ),
    "cache": ("redis_cache_down", "redis_cache_hangs", "redis_cache_memory_full", "deferred_errors"),
    "queue": ("redis_queue_down", "redis_queue_hangs", "redis_queue_memory_full", "redis_queue_evicts"),
    "host": ("disk_full", "memory_full", "load_high", "host_unreadable"),
    "deadline": ("no_time",),
}
"""Where a fault is -> the faults of which there is one at a time, as each works on the same rows or server."""

LATER = dict.fromkeys(("mail_refused", "mail_backlog"), ("mail_oldest_unsent_age_seconds",))
"""What a fault brings about as well when it stays."""

HANGS = ("db_hangs", "web_hangs", "redis_cache_hangs", "redis_queue_hangs")
"""They cost seconds a run, so they do not stay."""

COME = 0.12
AT_ONCE = 4
FLAPS = 0.08
STAY = ((1, 1), (2, 6), (7, 30), (50, 120))
"""Runs that a fault stays, from and to."""
STAY_WEIGHTS = (30, 40, 22, 8)


class Weather:
    """The faults of one demo, drawn from a seed."""

    def __init__(self, demo: Demo, chance: random.Random) -> None:
        self._demo, self._chance = demo, chance
        self._plan: list[tuple[int, int, str, bool]] = []
        self._number = 0
        self._made = 0
        self.injected: Counter[str] = Counter()
        self.new: set[str] = set()
        self._lasting()

    @property
    def active(self) -> set[str]:
        """The faults that are there."""
        return set(self._demo.active)

    def step(self) -> bool:
        """Before a run: what comes and goes; whether anything did."""
        self._number += 1
        if self._chance.random() < COME and len(self._busy()) < AT_ONCE:
            self._draw()
        self.new = set()
        due = []
        while self._plan and self._plan[0][0] <= self._number:
            due.append(heapq.heappop(self._plan))
        for one in due:
            self._apply(*one)
        self.new &= self.active  # what waited for the database may come and go at once
        return bool(due)

    def _apply(self, at: int, order: int, name: str, comes: bool) -> None:
        if self.active & {*SLOTS["database"]} and name not in SLOTS["database"]:
            heapq.heappush(self._plan, (self._number + 1, order, name, comes))  # its rows cannot be reached
        elif comes:
            self._demo.break_(name)
            self.injected[name] += 1
            self.new.add(name)
        else:
            self._demo.heal(name)
            if name == "db_down":
                self._lasting()

    def _lasting(self) -> None:
        """A MariaDB that is killed would forget the last second, and with it that a fault was healed."""
        with self._demo.root() as cursor:
            cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")

    def _busy(self) -> set[str]:
        return {slot for slot, names in SLOTS.items() if any(name in names for _, _, name, _ in self._plan)}

    def _draw(self) -> None:
        slot = self._chance.choice([slot for slot in SLOTS if slot not in self._busy()])
        name, at = self._chance.choice(SLOTS[slot]), self._number
        times = 1
        if self._chance.random() < FLAPS and name not in HANGS:
            times = self._chance.randint(3, 7)
        for _ in range(times):
            low, high = self._chance.choices(STAY, STAY_WEIGHTS)[0]
            stays = (
                self._chance.randint(1, 2) if times > 1 or name in HANGS else self._chance.randint(low, high)
            )
            self._schedule(at, name, comes=True)
            self._schedule(at + stays, name, comes=False)
            at += stays + self._chance.randint(1, 3)

    def _schedule(self, at: int, name: str, *, comes: bool) -> None:
        self._made += 1
        heapq.heappush(self._plan, (at, self._made, name, comes))

    def clear(self) -> None:
        """All is well from now on."""
        self._plan, self.new = [], set()
        for name in sorted(self.active, key=lambda one: one not in SLOTS["database"]):
            self._demo.heal(name)

    def wrong(self, seen: Iterable[str], bad: set[str]) -> str:
        """What cannot be of a run that saw these checks and found some of them bad; nothing when all is right."""
        seen = set(seen)
        for name in self.new:
            if missed := FAULTS[name].fails & seen - bad:
                return f"{name} should fail {sorted(missed)}"
        allowed = set().union(*(_brings(name) for name in self.active))
        if more := bad - allowed:
            return f"with {sorted(self.active)} nothing should be wrong with {sorted(more)}"
        return ""


def _brings(name: str) -> set[str]:
    return {*FAULTS[name].fails, *FAULTS[name].blocks, *LATER.get(name, ())}
