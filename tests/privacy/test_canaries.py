"""The search itself: a canary is found in every form that an output can give it."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from base64 import b64encode
from contextlib import closing
from urllib.parse import quote

import pytest

from tests.privacy.canaries import SECRETS, Search, canary, leaks, left_in

VALUE = canary("x")


FORMS = {
    "plain": str,
    "the second half": lambda value: value[9:],
    "capitals": str.upper,
    "in a URL": quote,
    "JSON": json.dumps,
    "Python": repr,
    "base64": lambda value: b64encode(value.encode()),
    "base64, one later": lambda value: b64encode(f"u{value}".encode()),
    "base64, two later": lambda value: b64encode(f"u:{value}".encode()),
    "hexadecimal": lambda value: value.encode().hex(),
    "gzip": lambda value: gzip.compress(value.encode()),
    "gzip in zlib": lambda value: b"head" + zlib.compress(gzip.compress(value.encode()), 1) + b"tail",
    "zlib": lambda value: zlib.compress(b"x" * 9999 + value.encode(), 9),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_form_is_found(form):
    assert SECRETS.found(form(VALUE))


def test_another_text_is_not():
    assert SECRETS.found("k4n4r1 canary Kanarie" * 1000) == []
    assert Search("hunter2-x").found("hunter2") == []


def test_a_database_is_read_and_so_are_its_freed_pages(tmp_path):
    with closing(sqlite3.connect(tmp_path / "some.sqlite")) as file:
        file.execute("CREATE TABLE one (text, blob)")
        file.execute("INSERT INTO one VALUES (?, ?)", (VALUE, zlib.compress(VALUE.encode())))
        file.commit()
    (tmp_path / "well").write_text("nothing")
    assert {name.partition(" ")[0] for name in leaks(SECRETS, left_in(tmp_path))} == {
        str(tmp_path / "some.sqlite"),
        "values",
    }
    with closing(sqlite3.connect(tmp_path / "some.sqlite")) as file:
        file.execute("PRAGMA secure_delete = OFF")
        file.execute("DELETE FROM one")
        file.commit()
    assert [*leaks(SECRETS, left_in(tmp_path))] == [str(tmp_path / "some.sqlite")]
