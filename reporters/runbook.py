"""The runbook pages, as far as reporters quote them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def first_step(page: Path) -> str | None:
    """The first of a page's `## First steps`, or None where there is no such page."""
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, ValueError):  # ValueError: no file can have such a name
        return None
    found = re.search(r"^## First steps\s+1\. (.+)$", text, re.M)
    return found[1].strip() if found else None


def is_web(url: str | None) -> bool:
    """Whether an address can be a link, to a runbook page or another."""
    return bool(re.match("https?://", url or ""))
