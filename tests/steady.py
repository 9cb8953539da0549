"""What keeps a test steady on a busy machine: it waits for what must be so, and counts on nothing that others share."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import psutil

from demo.pulse import holding
from tests.conftest import OURS

if TYPE_CHECKING:
    from demo.site import Demo

T = TypeVar("T")
SECONDS = 60.0
"""What something may take that is there at once on an idle machine; who waits goes on as soon as it is there."""


def shell() -> dict[str, str]:
    """The environment of a process that a stranger starts: also without what this suite itself is told."""
    return {name: text for name, text in os.environ.items() if name != "CI" and not name.startswith(OURS)}


def until(seen: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """Wait until something is so, and give it."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, f"within {seconds:g} s not so: {what}"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def still(demo: Demo) -> Iterator[None]:
    """The demo without its scheduler and workers, and at first without a connection to its database.

    Each few seconds they write and connect, at any moment of a test; and what another test left behind may take a
    moment to go.
    """
    running = demo._running["pulse"].process
    assert running is not None
    pulse = psutil.Process(running.pid)

    def stopped() -> bool:
        with holding(demo.folder):  # or a fault would wait for the part that it is in the middle of
            demo.signal("pulse", signal.SIGSTOP)
            until(lambda: pulse.status() == psutil.STATUS_STOPPED, "the scheduler stands still")
        if not _connected(pulse, demo) and not _others(demo):
            return True
        demo.signal("pulse", signal.SIGCONT)  # it was in the middle of something
        return False

    try:
        until(stopped, "the demo stands still")
        yield
    finally:
        demo.signal("pulse", signal.SIGCONT)


def _connected(process: psutil.Process, demo: Demo) -> bool:
    port = demo.port("database")
    return any(one.raddr and one.raddr.port == port for one in process.net_connections("tcp"))


def _others(demo: Demo) -> int:
    """Connections to the database beside the one that asks."""
    with demo.root() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID()"
            " AND user NOT IN ('system user', 'event_scheduler')"
        )
        return int(cursor.fetchone()[0])
