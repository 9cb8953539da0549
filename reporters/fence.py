"""A reporter's work, which may hang or fail and must harm no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fixtures.bounded import begin

T = TypeVar("T")


class Undelivered(Exception):
    """It did not arrive; the text says why, in one line, and never holds the URL's path or a password."""


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
