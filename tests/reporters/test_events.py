"""Log events: ECS, whole lines, rotation, alert changes, and nothing that is secret or personal."""

import errno
import io
import json
import os
import re
import stat
import time
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from fixtures.schema import Document, Log
from reporters import events
from reporters.alerts import Alert
from reporters.history import History
from reporters.outbox import Outbox
from tests.reporters.test_run import result, run

AT = 1_790_000_000.5


def seen(*results, **more):
    return run(
        *(replace(one, observed_at=one.observed_at or AT + 0.25) for one in results), started=AT, **more
    )


def read(run_, alerts=(), log=None):
    return [json.loads(line) for line in events.lines(run_, [*alerts], log or Log())]


def alert(since=AT + 1, **more):
    one = replace(result("db", "failing", "critical", reason="down", runbook="runbook/db.md"), observed_at=AT)
    return Alert(one, since, **more)


def test_changes_log_what_is_not_ok_and_the_run():
    found = read(seen(result("a"), result("b", "failing"), result("c", "unknown"), result("d", "skipped")))
    assert [(one["event"]["dataset"], one.get("rule", {}).get("id")) for one in found] == [
        ("verenigingen.result", "b"),
        ("verenigingen.result", "c"),
        ("verenigingen.run", None),
    ]
    everything = read(
        seen(result("a"), result("b", "failing"), result("d", "skipped")), log=Log(results="all")
    )
    assert [one["rule"]["id"] for one in everything if "rule" in one] == ["a", "b"]


def test_what_was_carried_over_is_not_logged_again():
    carried = replace(result("b", "failing"), observed_at=AT - 600)
    assert len(read(seen(carried, result("a", "failing")))) == 2
    now = replace(carried, check="now", observed_at=AT)
    never = replace(carried, check="never", observed_at=0.0)  # it could not be observed at all
    found = read(run(carried, now, never, started=AT))
    assert [one["rule"]["id"] for one in found[:-1]] == ["now", "never"]
    assert found[1]["@timestamp"] == found[0]["@timestamp"]


def test_a_result_has_the_fields_of_the_schema():
    one = result(
        "disk", "failing", "high", value=93.5, limit=90.0, unit="%", duration=0.0125, reason="93.5 <= 90",
        summary="The disk has room.", runbook="runbook/disk.md", evidence={"secret": "hunter2"},
    )  # fmt: skip
    found = read(seen(replace(one, group="database")))[0]
    assert found == {
        "@timestamp": datetime.fromtimestamp(AT + 0.25, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "log.level": "error",
        "message": "disk on one is failing: 93.5 <= 90",
        "ecs.version": found["ecs.version"],
        "event": {
            "kind": "state", "category": ["database"], "type": ["error"], "outcome": "failure", "severity": 3,
            "dataset": "verenigingen.result", "duration": 12_500_000,
        },
        "service": {"name": "verenigingen-checks"},
        "log": {"logger": "verenigingen-checks"},
        "rule": {"id": "disk", "name": "The disk has room.", "ruleset": "database", "reference": "runbook/disk.md"},
        "labels": {"site": "one", "severity": "high", "status": "failing", "run": "r"},
        "verenigingen": {"value": 93.5, "limit": 90.0, "unit": "%"},
    }  # fmt: skip
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["ecs.version"])


CATEGORIES = {
    "api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
    "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session",
    "threat", "vulnerability", "web",
}  # fmt: skip
TYPES = {"access", "change", "end", "error", "info", "start"}
KINDS = {"alert", "event", "metric", "state"}


def test_every_event_uses_the_words_of_the_schema():
    results = [
        replace(result(f"{group}{status}", status, severity), group=group)
        for group in (*events.CATEGORIES, "host", "sepa_batches")
        for status in ("ok", "failing", "unknown")
        for severity in ("info", "warning", "high", "critical")
    ]
    alerts = [alert(), alert(firing=True, fired=AT + 1), alert(firing=True, fired=AT, ended=AT + 2)]
    for one in read(seen(*results), alerts, Log(results="all")):
        event = one["event"]
        assert event["kind"] in KINDS
        assert set(event["category"]) <= CATEGORIES
        assert set(event["type"]) <= TYPES
        assert event["outcome"] in {"success", "failure", "unknown"}
        assert event["severity"] in {1, 2, 3, 4}
        assert all(isinstance(label, str) for label in one["labels"].values())


def test_blocked_names_its_root():
    found = read(seen(result("db", "failing"), result("sql", "unknown", depends_on=["db"])))
    assert found[1]["labels"] == {
        "site": "one",
        "severity": "warning",
        "status": "blocked",
        "root": "db",
        "run": "r",
    }


def test_an_alert_begins_fires_and_ends():
    began, fired, ended = (
        read(seen(), [one])[0]
        for one in (
            alert(),
            alert(firing=True, fired=AT + 2),
            alert(AT - 600, firing=True, fired=AT - 300, ended=AT + 3),
        )
    )
    assert [one["event"]["action"] for one in (began, fired, ended)] == [
        "alert-pending",
        "alert-firing",
        "alert-resolved",
    ]
    assert [one["event"]["type"] for one in (began, fired, ended)] == [["info"], ["start"], ["end"]]
    assert fired["event"]["id"] == f"one/db/{AT + 1:.0f}"
    assert fired["message"] == "firing: db on one, down"
    assert ended["event"]["duration"] == 603_000_000_000
    moment = datetime.fromtimestamp(AT + 3, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (ended["event"]["end"], ended["@timestamp"]) == (moment, moment)
    assert "end" not in fired["event"]
    assert fired["event"]["start"] == began["@timestamp"]
    assert ended["message"] == "resolved: db on one"
    assert ended["event"]["outcome"] == "success"
    assert ended["log.level"] == "info"
    assert fired["log.level"] == "critical"


def test_the_run_is_counted():
    found = read(seen(result("a"), result("b", "failing"), complete=False, duration=2.5))[-1]
    assert found["message"] == "full run, not complete: 1 ok, 1 failing"
    assert found["event"]["duration"] == 2_500_000_000
    assert found["event"]["outcome"] == "failure"
    assert found["verenigingen"] == {"checks": {"ok": 1, "failing": 1}}
    assert (found["event"]["severity"], found["log.level"]) == (3, "error")
    assert found["@timestamp"].endswith(":23.000Z")  # when it ended
    whole = read(seen(result("a"), duration=0.4995))[-1]
    assert whole["message"] == "full run, complete: 1 ok"
    assert (whole["event"]["outcome"], whole["event"]["severity"], whole["log.level"]) == (
        "success",
        1,
        "info",
    )
    assert whole["@timestamp"].endswith(":20.999Z")


HOSTILE = [
    "a\nb\r\nc",
    "\x00\x07\x1b[31mred\x9b",
    "\u2028\u2029\u202e",
    '"}\n{"a":1}',
    "\ud800",
    "😀" * 5000,
    "%s %(x)s {}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_is_one_line_whatever_it_says(text):
    one = result(text, "failing", reason=text, summary=text, runbook=text, unit=text)
    for line in events.lines(seen(replace(one, site=text, group=text)), [], Log()):
        assert line.isascii()
        assert line.isprintable()
        assert line.splitlines() == [line]
        json.loads(line)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_has_not_is_left_out(number):
    found = read(seen(result("a", "failing", value=number, limit=1.0)))[0]
    assert found["verenigingen"] == {"limit": 1.0}


@pytest.mark.parametrize(
    "personal",
    [
        "jan.de-vries+x@example.co.nl",
        "NL91ABNA0417164300",
        "NL91 ABNA 0417 1643 00",
        "DE89370400440532013000",
    ],
)
def test_what_is_personal_is_left_out(personal):
    said = read(seen(result("a", "unknown", reason=f"Duplicate entry '{personal}' for key")))[0]["message"]
    assert said == "a on one is unknown: Duplicate entry '(left out)' for key"


def test_what_is_not_personal_stays():
    text = "assert 93.5 <= 90 % at 2026-11-23T10:00:00Z, ACC-SINV-2026-00017, SHA256:AB12CD34"
    assert text in read(seen(result("a", "failing", reason=text)))[0]["message"]


def test_a_message_has_a_thousand_characters_at_most():
    assert len(read(seen(result("a", "failing", reason="word " * 300)))[0]["message"]) == 1000


def test_long_texts_cost_no_more_than_their_length():
    texts = ["x" * 100_000, "x@" * 50_000, "NL91" * 25_000, "a.b+c-" * 20_000 + "@", "NL91 ABNA " * 10_000]
    begin = time.process_time()
    assert len(read(seen(*(result(f"c{n}", "failing", reason=text) for n, text in enumerate(texts))))) == 6
    assert time.process_time() - begin < 10


@pytest.fixture
def told(tmp_path):
    (tmp_path / "log").mkdir()
    History(tmp_path / "history.sqlite").close()

    def make(run_, **log):
        document = Document(log=Log(**log))
        return SimpleNamespace(run=run_, public=tmp_path / "public", settings=document)

    make.file = tmp_path / "log/events.ndjson"
    make.history = tmp_path / "history.sqlite"
    return make


def test_the_log_is_appended_to_and_private(told):
    for _ in range(3):
        events.report(told(seen(result("a", "failing"))))
    assert len(told.file.read_text().splitlines()) == 6
    assert stat.S_IMODE(told.file.stat().st_mode) == 0o600


def test_the_alerts_of_the_history_that_changed_with_this_run_are_logged(told):
    before = alert(AT - 3600, firing=True, fired=AT - 3600)
    fired = replace(alert(AT - 300, firing=True, fired=AT + 2), result=replace(before.result, check="b"))
    ended = replace(
        alert(AT - 900, firing=True, fired=AT - 600, ended=AT + 2), result=replace(before.result, check="c")
    )
    began = replace(alert(AT), result=replace(before.result, check="d"))
    elsewhere = replace(alert(AT + 1), result=replace(before.result, check="e", site="two"))
    with closing(History(told.history)) as history:
        outbox = Outbox(history.connection)
        with outbox.transaction():
            outbox.save({one.key: one for one in (before, fired, ended, began, elsewhere)}, AT + 2)
    events.report(told(seen(result("a"))))
    found = [json.loads(line) for line in told.file.read_text().splitlines()]
    assert [one["message"].split(" on ")[0] for one in found[:-1]] == [
        "pending: d",
        "firing: b",
        "resolved: c",
    ]


def test_the_log_turns_over_and_keeps_so_many_files_of_whole_lines(told):
    many = seen(*(result(f"c{n}", "failing", reason="x" * 900) for n in range(700)))
    for _ in range(6):
        events.report(told(many, megabytes=1, files=2))
    files = sorted(told.file.parent.glob("events.ndjson*"))
    assert [one.name for one in files] == ["events.ndjson", "events.ndjson.1", "events.ndjson.2"]
    for file in files:
        assert file.stat().st_size <= 1_000_000
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_line_that_was_cut_off_is_ended_and_the_next_is_whole(told):
    told.file.write_bytes(b'{"@timestamp": "cut o')
    events.report(told(seen(result("a", "failing"))))
    lines = told.file.read_text().splitlines()
    assert lines[0] == '{"@timestamp": "cut o'
    assert all(json.loads(line) for line in lines[1:])
    assert len(lines) == 3


def test_a_line_is_one_write(told, monkeypatch):
    written = []

    class Raw(io.FileIO):
        def write(self, data):
            written.append(bytes(data))
            return super().write(data)

    monkeypatch.setattr(io, "FileIO", Raw)
    events.report(told(seen(*(result(f"c{n}", "failing", reason="x" * 990) for n in range(50)))))
    assert len(written) == 51
    assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in written)
    assert b"".join(written) == told.file.read_bytes()


def test_a_full_disk_is_an_error_that_the_run_tells(told, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(io, "FileIO", Full)
    with pytest.raises(OSError, match="No space left"):
        events.report(told(seen(result("a", "failing"))))


def test_no_history_is_an_error_and_not_a_new_file(told):
    told.history.unlink()
    with pytest.raises(Exception, match="unable to open"):
        events.report(told(seen(result("a"))))
    assert not told.history.exists()
