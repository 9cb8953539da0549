"""What became of a run, read from its record and its last words."""

from __future__ import annotations

from textwrap import shorten

from reporters.run import Run, from_document
from tests.conftest import Outcome


def run_of(outcome: Outcome) -> Run:
    """The run's own record."""
    return from_document(outcome.document)


def names(outcome: Outcome, status: str) -> set[str]:
    """The checks with a status: failing, blocked, unknown, ok or skipped."""
    found = run_of(outcome).worst()
    return {one.check for one in found if ("blocked" if one.blocked else one.status) == status}


def said(outcome: Outcome) -> str:
    """How a run ended, in a few words."""
    if not outcome.document.get("tests"):
        lines = [line.strip() for line in outcome.text.splitlines() if line.strip()]
        last = next((line for line in reversed(lines) if not line.startswith("=")), "nothing was said")
        return f"exit {outcome.status}: {shorten(last, 200)}"
    counts = run_of(outcome).counts()
    failing = sorted(names(outcome, "failing"))
    shown = ", ".join(failing[:3]) + (f" and {len(failing) - 3} more" if len(failing) > 3 else "")
    more = "".join(f", {counts[status]} {status}" for status in ("blocked", "unknown") if counts[status])
    return f"exit {outcome.status}; {f'{shown} failing' if failing else 'none failing'}{more}"


def because(outcome: Outcome) -> str:
    """Why the first check failed, or else the first one was unknown."""
    found = run_of(outcome).worst()
    return next((one.reason for one in found if one.status in ("failing", "unknown")), "")


def line(outcome: Outcome, word: str) -> str:
    """The first line of a run that has a word in it."""
    return next((one.strip() for one in outcome.text.splitlines() if word in one), "")
