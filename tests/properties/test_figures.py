"""Whatever a database answers, a probe gives a finite number or says why it gives none."""

import json
import math
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from fixtures.observe import NotApplicable, Observation, Unobservable, plain, redacted
from fixtures.ordinary import SHORT, is_ordinary
from fixtures.probes.rows import IbanFailures, Usual
from fixtures.probes.sql import Sql, _seen
from tests.properties.inputs import evidence, texts

cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(["1E+999999", "-1E-999999", "sNaN", "-NaN", "Infinity", "9" * 65]).map(Decimal),
    texts,
    st.binary(max_size=9),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.sampled_from(
        [date.min, datetime(9999, 12, 31, tzinfo=UTC), timedelta.max, datetime(2026, 1, 1, tzinfo=UTC)]
    ),
)
rows = st.lists(st.lists(cells, max_size=3).map(tuple), max_size=4)
PROBES = [Sql("errors_1h"), Usual("errors_1h", 1), Usual("errors_1h", 7), IbanFailures("errors_1h")]


def finite(value):
    """A number that SQLite, JSON and a message can hold as it is."""
    assert isinstance(value, bool | int | float)
    assert math.isfinite(value)
    with closing(sqlite3.connect(":memory:")) as database:
        assert database.execute("SELECT ?", (value,)).fetchone()[0] == value
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert msgspec.json.decode(msgspec.json.encode(value)) == value
    return True


@given(cells)
def test_a_figure_is_a_finite_number_or_unobservable(value):
    try:
        found = Observation(value).figure()
    except Unobservable as reason:
        assert str(reason).isprintable()
    else:
        assert finite(found)
        assert math.isclose(found, value, rel_tol=1e-9) or abs(found) < 1e-300


@given(st.sampled_from(PROBES), rows, st.integers(0, 3))
def test_any_rows_are_settled(probe, found, columns):
    cursor = SimpleNamespace(fetchall=lambda: found, description=("",) * columns)
    seen = _seen(probe, cursor, 0.0, None)
    assert (seen.error is None) + (seen.skip is None) >= 1
    if not seen.error and not seen.skip:
        assert finite(seen.figure())
    for text in (seen.error, seen.skip):
        assert text is None or text.isprintable()
    assert json.loads(json.dumps(plain(seen.evidence), allow_nan=False)) == plain(seen.evidence)
    assert not any(text in json.dumps(seen.evidence) for text in quoted(found))


def quoted(found):
    """The texts of the rows: none may leave the probe."""
    return [
        cell
        for row in found
        for cell in row
        if isinstance(cell, str) and len(cell) > 30 and cell.isprintable()
    ]


@given(st.lists(st.tuples(st.integers(-3, 70), st.integers(0, 10**6) | st.decimals(0, 10**9)), max_size=70))
def test_the_usual_is_a_share_or_too_little(found):
    try:
        seen = Usual("errors_1h", 1).settle(found, 2, None)
    except NotApplicable:
        return
    assert seen.value >= 0
    number = {int(ago): int(count) for ago, count in found}
    assert seen.evidence["came"] == number.get(1, 0)
    assert seen.value == round(100 * number.get(1, 0) / seen.evidence["usual"], 1)


@given(st.dictionaries(texts, cells, max_size=5) | evidence)
def test_evidence_can_be_held_by_every_file(told):
    found = plain(told)
    assert found.keys() == told.keys()
    for value in found.values():
        assert value.isprintable() and len(value) <= 300 if isinstance(value, str) else finite(value)


@given(st.lists(texts, max_size=4), st.lists(texts.filter(str.strip), min_size=1, max_size=3))
def test_no_secret_stands_in_a_reason(parts, words):
    assume(not any({*word} & {*"*no reasonwgive"} and len(word) < 6 for word in words))
    site = SimpleNamespace(secrets=lambda: words)
    found = redacted(" ".join(one for part in parts for one in (part, words[0], words[-1])), site)
    assert found.isprintable()
    assert 0 < len(found) <= 300
    # A short or ordinary word is blanked where it stands as a value or a word: fixtures/ordinary.py.
    words = [word for word in words if "*" not in word and not is_ordinary(word)]
    assert not any(word in found for word in words if len(word) > SHORT)
    assert not any(word in found.split() for word in words)
