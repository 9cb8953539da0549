"""`--export`: every result once, cells that no spreadsheet runs, flat memory, one clear line when it cannot."""

import csv
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.schema import Alerts, Document, SettingsError
from reporters import export
from tests.reporters.test_archive import DAY, START, opened, put, row

ROOT = Path(__file__).parents[2]


@pytest.fixture
def document(tmp_path):
    return Document(state=str(tmp_path), alerts=Alerts(time_zone="Europe/Amsterdam"))


@pytest.fixture
def file(tmp_path):
    with closing(opened(tmp_path / "history.sqlite")) as connection:
        yield connection


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def written(document, tmp_path, start=None, end=None, name="out.csv"):
    (line,) = export.command(document, tmp_path / name, start, end)
    assert "results written to" in line
    return read(tmp_path / name) if name.endswith(".csv") else line


def test_every_result_is_there_once(document, tmp_path, file, monkeypatch):
    monkeypatch.setattr(export, "PIECE", 7)
    rows = [
        row(START + n * 300 + 0.25, f"c{n % 3}", value=n / 3, status="failing", reason="x")
        for n in range(100)
    ]
    put(file, *rows)
    found = written(document, tmp_path)
    assert [*found[0]] == [*export.COLUMNS]
    assert sorted((one["check_id"], float(one["value"]), one["observed_at"]) for one in found) == sorted(
        (one[1], one[6], datetime.fromtimestamp(one[3], UTC).strftime("%Y-%m-%dT%H:%M:%S.250Z"))
        for one in rows
    )
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_days_are_those_of_the_settings_clock_and_both_are_included(document, tmp_path, file):
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)  # the day of 25 hours in Amsterdam
    put(file, *(row((midnight + timedelta(hours=n)).timestamp(), value=n) for n in range(-1, 27)))
    found = written(document, tmp_path, "2026-10-25", "2026-10-25")
    assert [float(one["value"]) for one in found] == [*range(25)]
    found = written(document, tmp_path, "2026-10-24T23:00", "2026-10-25T01:00:00+02:00")
    assert [float(one["value"]) for one in found] == [-1, 0]


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\uff1d1",
    '=HYPERLINK("http://x")',
    "\u00a0=2",
]


def test_no_cell_is_a_formula(document, tmp_path, file):
    put(file, *(row(START + n, status="failing", reason=text, value=-5.0) for n, text in enumerate(FORMULAS)))
    put(file, row(START + 99, text := "=cmd|' /C calc'!A0", site=text, severity=text))
    found = written(document, tmp_path)
    assert {one["reason"] for one in found} == {f"'{text}" for text in FORMULAS} | {""}
    assert "'=cmd|' /C calc'!A0" in {one["check_id"] for one in found}
    assert {one["value"] for one in found} == {"-5.0", "1.0"}  # a number is a number


def test_hostile_text_comes_back(document, tmp_path, file):
    hostile = ['a","b', "line\nbreak\r\n", "\x00\x1b[31m", "ü😀\u2028", "'; DROP TABLE samples; --"]
    put(file, *(row(START + n, status="failing", reason=text, site=text) for n, text in enumerate(hostile)))
    found = written(document, tmp_path)
    assert sorted(one["reason"] for one in found) == sorted(hostile)
    assert sorted(one["site"] for one in found) == sorted(hostile)


def test_parquet_has_types(document, tmp_path, file, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(export, "PIECE", 30)
    put(
        file,
        *(
            row(
                START + n + 0.5,
                f"c{n % 2}",
                value=None if n % 9 == 0 else float(n),
                reason="=x",
                status="failing",
            )
            for n in range(100)
        ),
    )
    assert written(document, tmp_path, name="out.parquet").startswith("100 results")
    table = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert {one["observed_at"].timestamp() for one in table} == {START + n + 0.5 for n in range(100)}
    assert table[1]["reason"] == "=x"  # no spreadsheet runs what is in Parquet
    assert sum(one["value"] is None for one in table) == 12
    assert parquet.ParquetFile(tmp_path / "out.parquet").num_row_groups > 1
    assert written(document, tmp_path, end="2020-01-01", name="none.parquet").startswith("0 results")
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_without_pyarrow_one_line_says_so(document, tmp_path, file, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SettingsError, match="pip install pyarrow") as error:
        [*export.command(document, tmp_path / "out.parquet", None, None)]
    assert "\n" not in str(error.value)
    assert [one.name for one in tmp_path.glob("*out*")] == []
    assert written(document, tmp_path) == []


@pytest.mark.parametrize(
    ("name", "start", "end", "said"),
    [
        ("out.xlsx", None, None, "ends in .csv or .parquet"),
        ("out.csv", "yesterday", None, "--from = 'yesterday': allowed: a date"),
        ("out.csv", "2026-11-02", "2026-11-01", "not after --to .2026-11-01"),
        ("out.csv", "2200-01-01", None, "not after --to .now"),
        ("no/such/folder/out.csv", None, None, "cannot be written"),
    ],
)
def test_what_cannot_be_is_one_line(document, tmp_path, file, name, start, end, said):
    with pytest.raises(SettingsError, match=said) as error:
        [*export.command(document, tmp_path / name, start, end)]
    assert "\n" not in str(error.value)


def test_no_history_is_one_line(tmp_path):
    with pytest.raises(SettingsError, match="there is no history"):
        [*export.command(Document(state=str(tmp_path)), tmp_path / "out.csv", None, None)]


def test_a_damaged_history_is_one_line_and_leaves_the_file_before_it(document, tmp_path):
    (tmp_path / "history.sqlite").write_bytes(b"no database" * 999)
    (tmp_path / "out.csv").write_text("before")
    with pytest.raises(SettingsError, match="cannot be read"):
        [*export.command(document, tmp_path / "out.csv", None, None)]
    assert (tmp_path / "out.csv").read_text() == "before"
    assert not list(tmp_path.glob(".out*"))


def test_a_run_may_write_meanwhile(document, tmp_path, file, monkeypatch):
    monkeypatch.setattr(export, "PIECE", 10)
    put(file, *(row(START + n, f"c{n % 3}") for n in range(300)))
    real, began = export.safe, []

    def safe(text):
        if not began:
            began.append(time.monotonic())
            put(file, row(START + DAY, "zz"))
            file.execute("DELETE FROM samples WHERE observed_at < ?", (START + 1,))
        return real(text)

    monkeypatch.setattr(export, "safe", safe)
    assert len(written(document, tmp_path)) >= 300


MEMORY = """
import json, re, sys
from pathlib import Path
from fixtures.schema import Document
from reporters import export
document = Document(state=sys.argv[1])
lines = [*export.command(document, Path(sys.argv[1]) / sys.argv[2], sys.argv[3], None)]
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps([lines[0].split()[0], int(peak[1])]))
"""


@pytest.mark.drill
def test_memory_stays_flat(tmp_path, file):
    put(
        file, *(row(START + n / 10, "c", status="failing", reason=f"reason {n} " * 5) for n in range(200_000))
    )

    def peak(name, start):
        command = [sys.executable, "-c", MEMORY, str(tmp_path), name, start]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        count, kilobytes = json.loads(done.stdout)
        return int(count), kilobytes / 1024

    names = ["out.csv", "out.parquet"] if importlib.util.find_spec("pyarrow") else ["out.csv"]
    for name in names:
        few, small = peak(name, datetime.fromtimestamp(START + 16_000, UTC).isoformat())
        many, large = peak(name, "2026-01-01")
        print(f"{name}: {few} results {small:.0f} MB, {many} results {large:.0f} MB")
        assert (few, many) == (40_000, 200_000)
        assert large - small < 25
