"""Whatever a site answered, each line that is written is one line, and what it says comes back as it was."""

import csv
import io
import json
import logging
import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from fixtures.schema import Log, Pushgateway
from reporters import badge, events, export, github, metrics, pushgateway, status_words, terminal
from reporters.alerts import Alert
from reporters.metrics import Carried
from reporters.outbound import Reply
from reporters.run import Run, rooted
from tests.properties.inputs import results, texts, written
from tests.properties.profile import share

AT = 1_790_000_000.0
made = st.lists(results(), min_size=1, max_size=2).map(
    lambda found: Run("20260921T141320Z-1a2b", AT, 1.5, 1, True, len(found), rooted(found))
)


def labels_of(exposition):
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def expected(run):
    return {
        (one.check, one.severity, one.group, one.site, run.suite)
        for one in run.results
        if one.status != "skipped"
    }


@share(0.5)
@given(made)
def test_labels_come_back_from_the_exposition(run):
    text = b"".join(metrics.render(run, Carried())).decode()
    names = ("check", "severity", "group", "site", "suite")
    found = {
        tuple(dict(labels)[name] for name in names)
        for name, labels in labels_of(text)
        if name == metrics.UNKNOWN
    }
    assert found == expected(run)
    assert all(re.match(r"(# (HELP|TYPE) )?verenigingen_", line) for line in text.split("\n")[:-1])


@share(0.3)
@given(made, st.booleans())
def test_what_is_pushed_holds_the_same_labels(run, complete):
    pushed = []

    def request(method, url, *, body, **_):
        pushed.append((method, url, body.decode()))
        return Reply(200, {}, "")

    run = replace(run, complete=complete)
    told = SimpleNamespace(
        run=run,
        carried=Carried(),
        gone=(),
        settings=SimpleNamespace(pushgateway=Pushgateway(url="http://127.0.0.1:9091")),
    )
    real, pushgateway.request = pushgateway.request, request
    try:
        pushgateway.report(told)
    finally:
        pushgateway.request = real
    assert [method for method, *_ in pushed] == [("PUT" if complete else "POST")] * len(run.sites())
    assert all(url.isascii() and url.isprintable() and " " not in url for _, url, _ in pushed)
    found = {
        tuple(dict(labels)[name] for name in ("check", "severity", "group", "site", "suite"))
        for *_, body in pushed
        for name, labels in labels_of(body)
        if name == metrics.UNKNOWN
    }
    assert found == (expected(run) if complete else set())


@given(st.lists(results(text=texts), min_size=1, max_size=2), st.sampled_from(["all", "changes"]))
def test_each_event_is_one_object_on_one_line(found, which):
    run = Run("r", AT, 1.5, 1, True, len(found), rooted(found))
    alerts = [
        Alert(one, AT, firing=True, fired=AT) for one in run.results if one.status in ("failing", "unknown")
    ]
    alerts += [replace(one, ended=AT + 60) for one in alerts]
    lines = [*events.lines(run, alerts, Log(results=which))]
    assert len(lines) >= 1 + len(alerts)
    for line in lines:
        assert line.isascii()
        assert "\n" not in line
        told = json.loads(line, parse_constant=lambda name: 1 / 0)
        assert told["service"]["name"] == events.SERVICE
        assert len(told["message"]) <= events.LONGEST
        assert "jan@voorbeeld.invalid" not in told["message"]
        assert told["log.level"] in {logging.getLevelName(level).lower() for level in events.LEVELS}


@given(made)
def test_an_annotation_is_one_command_that_says_what_was_said(run):
    for line in github.commands(run):
        kind, title, data = re.fullmatch(r"::(error|warning) title=([^:,\r\n]*)::([^\r\n]*)", line).groups()
        said = [one for one in run.worst() if unescaped(title) == f"{one.severity} {one.check} {one.status}"]
        assert unescaped(data) in [github._said(one) for one in said]
        assert kind == "warning" or said[0].status == "failing"


def unescaped(text):
    for code, char in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


@given(made)
def test_a_step_summary_is_a_table_of_text(run):
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(github.summary(run))
    inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "text_special"}
    assert not any(token.type.startswith(("html", "code", "fence", "bullet", "hr")) for token in tokens)
    rows = sum(token.type == "tr_open" for token in tokens)
    bad = sum(one.status in ("failing", "unknown") for one in run.worst())
    assert rows == (bad + 1 if bad else 0)


@given(made, texts)
def test_no_line_of_ours_is_a_command_of_githubs(run, said):
    lines = [*github.quoted([(said, "")], {"GITHUB_ACTIONS": "true"})]
    token = lines[0][0].removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", token)
    assert lines[-1][0] == f"::{token}::"
    assert token not in said


@given(made)
def test_a_terminal_only_shows_what_a_site_answered(run):
    shown = [*terminal.summary(run, {}, Path("/nowhere")), *terminal.detail(run.results, {})]
    for line, colour in shown:
        text = terminal.printable(line)
        assert text.isprintable()
        assert len(text) == len(line)
        assert colour in ("", "red", "yellow", "blue", "purple", "green")
    reasons = [
        one.reason
        for one in run.worst()
        if one.status == "unknown" and one.root is None and one.reason.split()
    ]
    told = " ".join(" ".join(line for line, _ in shown).split())
    assert all(reason.split()[0][:20] in told for reason in reasons)


@given(texts)
def test_a_line_that_can_be_shown_is_shown_as_it_is(text):
    found = terminal.printable(text)
    assert all(after in (before, "\ufffd") for before, after in zip(text, found, strict=True))
    assert found == text or not text.isprintable()


@given(st.lists(st.lists(written, min_size=3, max_size=3), max_size=4))
def test_a_cell_is_never_a_formula_and_comes_back(rows):
    out = io.BytesIO()
    export._csv(out, iter([rows]))
    found = [*csv.reader(io.StringIO(out.getvalue().decode(), newline=""))]
    assert found[0] == [*export.COLUMNS]
    for cells, before in zip(found[1:], rows, strict=True):
        for cell, text in zip(cells, before, strict=True):
            assert cell in (text, f"'{text}")
            assert not re.match(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)


@given(texts, st.sampled_from([*badge.COLOURS]))
def test_a_badge_is_a_picture_with_that_text(label, level):
    drawn = badge.draw(label, "ok", badge.COLOURS[level])
    assume("\n" not in label and "\t" not in label)
    root = ElementTree.fromstring(drawn)
    assert root.find("{*}title").text == f"{status_words.clean(label, 60)}: ok"
    assert {one.tag.rpartition("}")[2] for one in root.iter()} == {
        "svg",
        "title",
        "rect",
        "path",
        "g",
        "text",
    }
    assert re.fullmatch(r"[a-z0-9_-]{1,60}", badge.file_name(label))
