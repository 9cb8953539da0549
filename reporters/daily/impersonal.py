"""Titles of the Error Log without what is personal in them, as far as that can be told from other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from fixtures.probes.sql import statements

LONGEST = 120
PERSONAL = (
    (re.compile(r"[^\s<>\"']+@[^\s<>\"']+"), "<mail>"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), "<iban>"),
    (re.compile(r"\+?\d(?:[ .()/-]{0,2}\d){6,}"), "<number>"),
    (re.compile(r"\d{5,}"), "<number>"),
)
"""Addresses, account numbers, telephone and other long numbers."""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w']+", text))


BETWEEN = _words("van de der den het 't te ten ter von zu la le du di da bin el al")
"""What stands within a name."""

BEFORE = _words("for of by to from voor van door aan naar member lid user customer klant donor")
"""After one of these a single capital letter makes a name."""

COMMON = _words(
    """account action address api app application background bank batch cancelled changed check could create
    created creation critical customer data database date debit delete deleted direct document duplicate
    email empty error exception expired failed failure fetch field file found generation has import insert
    integration internal invalid job limit login lookup mail member method missing module monthly not
    notification null payment permission processing queue rate reminder report request required retry
    scheduler send server settings site status submission submit sync system task template timed timeout
    token unable update url user validation value warning webhook workflow wrong"""
)
"""Words that titles write with a capital and that are no names, besides those of the site's tables."""


def impersonal(title: str) -> str:
    """The first line of a title, shortened, without addresses, account numbers, long numbers and names."""
    told = (title[: 20 * LONGEST].strip().splitlines() or [""])[0]
    for pattern, instead in PERSONAL:
        told = pattern.sub(instead, told)
    told = " ".join(_nameless(told.split()))
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 3]}..."


def _nameless(words: list[str]) -> Iterator[str]:
    """The words, with <name> for two or more unusual ones that begin with a capital, or one after `for`."""
    at = 0
    while at < len(words):
        end = names = 0
        for place, word in enumerate(words[at:], at + 1):
            if _is_name(word):
                end, names = place, names + 1
            elif not names or word not in BETWEEN:
                break
            if word[-1] in ",;:)":
                break
        before = words[at - 1].lower() if at else ""
        if names > 1 or (names and before in BEFORE):
            last = words[end - 1]
            yield f"<name>{last[len(last.rstrip(',;:)!.')) :]}"
            at = end
        else:
            yield words[at]
            at += 1


def _is_name(word: str) -> bool:
    bare = word.strip("\"'(),;:!?")
    letters = re.sub(r"[\W\d_]", "", bare)
    capital = letters[:1].isupper() or bare[1:2] == "'"  # d'Hondt
    if not capital or ("." in bare.rstrip(".") and len(letters) > 4):  # or a path of modules
        return False
    initials = len(letters) <= 3 and bare.endswith(".")
    return initials or (not letters.isupper() and letters.lower() not in COMMON | _tables())


@cache
def _tables() -> frozenset[str]:
    """The words of the DocTypes that the statements name."""
    text = " ".join(statements().values())
    return frozenset(
        word.lower()
        for name in re.findall(r"`?tab([A-Z][\w -]*)`?", text)
        for word in re.findall(r"\w+", name)
    )
