"""Work that may hang: in a thread that is left behind, so that the run goes on and the process ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from reporters.outbound import Undelivered

T = TypeVar("T")


def begin(work: Callable[[], T]) -> Future[T]:
    """Work in a thread that dies with the process."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 (whoever waits for the future is told)
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of work; a server that sends a byte now and then would hold it for ever.

    Raises:
        Undelivered: it did not end in time, and is left behind.
    """
    try:
        return begin(work).result(seconds)
    except TimeoutError:
        raise Undelivered(f"did not end within {seconds:g} s") from None


def fenced(call: Callable[[], object], seconds: float) -> str | None:
    """Call it, for so long at most; an error's words, or None."""
    try:
        within(seconds, call)
    except Undelivered as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 (whatever it is, the others must still tell)
        return f"{type(error).__name__}: {error}"
    return None
