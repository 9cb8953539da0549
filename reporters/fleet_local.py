"""A fleet on this machine: so many processes at once."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator

from reporters.fleet import Failed, Task, work


class Local:
    """Threads that each wait for the process of one shard."""

    def __init__(self, count: int | None = None) -> None:
        self._count = count or os.cpu_count() or 1
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._failed: queue.SimpleQueue[int] = queue.SimpleQueue()
        for _ in range(self._count):
            threading.Thread(target=self._work, daemon=True).start()

    def submit(self, task: Task) -> None:
        """Put it in line."""
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._answers.put((task.number, work(task)))
            except (Failed, OSError):
                self._failed.put(task.number)

    def answers(self) -> Iterator[tuple[int, bytes]]:
        """What came."""
        while not self._answers.empty():
            yield self._answers.get()

    def lost(self, numbers: Iterable[int]) -> Iterator[int]:
        """Those whose process failed."""
        known = set(numbers)
        while not self._failed.empty():
            if (number := self._failed.get()) in known:
                yield number

    def workers(self) -> int:
        """Processes at once."""
        return self._count

    def close(self) -> None:
        """No more."""
        for _ in range(self._count):
            self._tasks.put(None)
