"""Canaries: values that stand in for secrets and persons, and the search for any of them in whatever was put out.

A canary begins and ends with the same rare word, so that one search finds them all, whole or in half, however the
rest of them was escaped: plain, in a URL, in JSON, in base64 or hexadecimal, and within gzip or zlib.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import tomllib
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from fixtures.holding import secret_keys

MARK = "k4n4r1e"
HARD = "/@:#\"\\%41'é ?&"
"""What passwords hold and URLs, JSON and TOML do not take as it is."""

PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
LARGEST = 50_000_000


def canary(name: str, middle: str = HARD) -> str:
    """A secret that is found by its name."""
    return f"{MARK}{name}1{middle}{MARK}{name}2"


def _base64(word: bytes) -> Iterator[bytes]:
    """What of a word is certain in base64, at each of the three places where it can begin."""
    for before, lost in enumerate((0, 2, 3)):
        whole = b64encode(b"\0" * before + word)
        yield whole[lost : (before + len(word)) * 8 // 6]


class Search:
    """Looks for words in bytes; `found` says which, with what stands around them."""

    def __init__(self, *words: str) -> None:
        self._forms: set[bytes] = set()
        self._exact: set[bytes] = set()
        for word in words:
            written = (word, quote(word, safe=""), json.dumps(word)[1:-1], word.encode().hex())
            self._forms.update(one.lower().encode() for one in written)
            self._exact.update(_base64(word.encode()))

    def found(self, data: bytes | str, deep: int = 2) -> list[str]:
        """The first places, also within what is packed in the data."""
        data = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        lower = data.lower()
        places = [(at, form) for form in self._forms if (at := lower.find(form)) >= 0]
        places += [(at, form) for form in self._exact if (at := data.find(form)) >= 0]
        told = [repr(data[max(0, at - 60) : at + 60]) for at, _ in places]
        for inner in _unpacked(data) if deep else ():
            told += self.found(inner, deep - 1)
        return told


SECRETS = Search(MARK)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for place in PACKED.finditer(data):
        try:
            yield zlib.decompressobj(47).decompress(data[place.start() :], LARGEST)
        except zlib.error:
            continue


def secrets_of(settings: Path) -> set[str]:
    """What is secret in a settings file and in the files that it names, as words to look for."""
    raw = tomllib.loads(settings.read_text(encoding="utf-8"))
    found: set[str] = set()
    for table in (raw, *raw.get("sites", {}).values()):
        for section, key in secret_keys():
            told = table.get(section, {})
            if (name := told.get(f"{key}_file")) and Path(name).is_file():
                found.add(Path(name).read_text(encoding="utf-8").strip())
            if name := told.get(f"{key}_password_file"):
                found.add(Path(name).read_text(encoding="utf-8").strip())
            given = told.get(key, [])
            found.update(given if isinstance(given, list) else [given])
    parts = {part for one in found if "://" in one for part in _secret_parts(one)}
    return {one for one in {*found, *parts} if len(one) >= 8 and "://" not in one}


def _secret_parts(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    yield from (parts.password or "", parts.path.rpartition("/")[2], parts.query.rpartition("=")[2])


def leaks(search: Search, where: Iterable[tuple[str, bytes | str]]) -> dict[str, list[str]]:
    """Name -> what was found, of those in which something was."""
    return {name: told for name, data in where if (told := search.found(data))}


def left_in(*folders: Path, values: bool = True) -> Iterator[tuple[str, bytes | str]]:
    """Every file of some folders: its name, its bytes, and each value of a database besides."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    for path in files:
        with contextlib.suppress(FileNotFoundError):  # a database's own files go with who opened it
            yield str(path), path.read_bytes()
        yield f"the name of {path}", path.name
    for path in files:
        if values and path.suffix == ".sqlite":
            yield f"values of {path}", b"\n".join(_values(path))


def _values(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in file.execute(f'SELECT * FROM "{name}"'):
                yield b"\t".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
