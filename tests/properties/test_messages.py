"""A message on any channel holds any text as text, keeps its channel's limits, and injects nothing."""

import email
import email.policy
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.schema import Mail, Secret
from reporters import alertmanager, mail, mail_text, slack_blocks, sms, webhook, words
from reporters.notice import Incident, Notice
from reporters.service import plain
from tests.properties.inputs import evidence, numbers, severities, texts
from tests.properties.profile import share
from tests.reporters.slack_double import validate
from tests.reporters.test_slack import assert_inert

AT = 1_790_000_000.0
SCHEMA = json.loads((Path(__file__).parents[2] / "runbook" / "webhook-schema.json").read_text())
SETTINGS = Mail(
    host="127.0.0.1", sender="Checks <checks@example.nl>", to=["a@example.nl", "B <b@example.nl>"]
)

urls = texts | texts.map("https://runbook.example.nl/{}".format)
incidents = st.builds(
    Incident,
    id=texts,
    event=st.sampled_from(["firing", "worse", "reminder", "escalated", "resolved"]),
    site=texts,
    check=texts,
    group=texts,
    severity=severities,
    status=st.sampled_from(["failing", "unknown"]),
    since=st.just(AT - 4000),
    ended=st.sampled_from([None, None, AT]),
    summary=texts,
    value=st.none() | numbers,
    limit=st.none() | numbers,
    direction=st.sampled_from([None, "<=", ">="]),
    unit=texts,
    reason=texts,
    evidence=evidence,
    blocks=st.lists(texts, max_size=3).map(tuple),
    fails=st.lists(texts, max_size=3).map(tuple),
    first_step=texts,
    runbook=urls,
    events=st.sampled_from(["", "", "24h", "7d"]),
    last_seen=st.sampled_from([0.0, AT - 3000, AT - 86400]),
    left=st.none() | numbers,
)


def notice(kinds, told):
    return st.builds(
        Notice,
        id=texts,
        kind=st.sampled_from(kinds),
        at=st.just(AT),
        run=texts,
        incidents=told,
        lines=st.lists(texts, max_size=2).map(tuple),
        links=st.dictionaries(st.sampled_from(["status_page", "grafana"]) | texts, urls, max_size=2),
        zone=st.sampled_from(["UTC", "Europe/Amsterdam", "No/Where"]),
        language=st.sampled_from(["en", "nl"]),
    )


notices = notice(["alert"], st.lists(incidents, min_size=1, max_size=2).map(tuple)) | notice(
    ["digest", "test", "canary"], st.just(())
)


@share(0.5)
@given(notices)
def test_slack_takes_it_and_nothing_of_it_is_markup(notice):
    payload = slack_blocks.render(notice)
    validate(payload)
    assert_inert(payload)
    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= 1.2 * slack_blocks.MESSAGE


@given(texts, st.integers(5, 3000))
def test_slack_shows_the_text_that_it_was_given(text, limit):
    shown = slack_blocks.fit(text, limit)
    assert len(shown.encode()) <= limit
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
    whole = slack_blocks.clean(text)
    if "\u2026" not in shown:
        assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == whole
    else:
        assert (
            whole.startswith(
                shown[:-1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").rstrip()
            )
            or "\u2026" in whole
        )
    assert len(slack_blocks.shown(text, limit).encode()) <= max(limit, 5)


@given(urls, texts)
def test_a_link_of_slack_cannot_be_broken_out_of(url, label):
    found = slack_blocks.link(url, label)
    assert not found or re.fullmatch(r"<https?://[!-;=?-{}~]+\|[^<>|\n]+>", found)


@pytest.fixture
def posted(monkeypatch):
    found = []
    monkeypatch.setattr(
        mail, "hand_over", lambda settings, made, sender, to: found.append((made.as_bytes(), sender, to)) or 0
    )
    return found


@share(0.5)
@given(notices, st.dictionaries(texts, texts | st.just("<a@b>"), max_size=2))
def test_a_mail_has_the_headers_and_the_text_that_it_should(posted, notice, earlier):
    posted.clear()
    receipt = mail.send(SETTINGS, notice, earlier)
    ((raw, sender, to),) = posted
    assert raw.isascii()
    assert (sender, to) == ("checks@example.nl", ["a@example.nl", "b@example.nl"])
    got = email.message_from_bytes(raw, policy=email.policy.default)
    names = [name.lower() for name in got]
    assert len(names) == len({*names})
    assert {*names} <= {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "list-id",
        "x-auto-response-suppress",
        "in-reply-to",
        "references",
        "importance",
        "mime-version",
        "content-type",
    }
    assert got["To"] == "a@example.nl, B <b@example.nl>"
    assert got["Message-ID"] == receipt.id
    assert got["Subject"].strip() == mail_text.subject(notice).strip()  # a line may begin before a long word
    assert re.search(r"\?==\?", raw.partition(b"\r\n\r\n")[0].decode()) is None  # encoded words stand apart
    text = got.get_body(("plain",)).get_content()
    assert text.replace("\r\n", "\n") == mail_text.text(notice).encode("utf-8", "replace").decode()
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    page = got.get_body(("html",)).get_content()
    links = re.findall(r'<(\w+)[^>]*?(?:href|src)="([^"]*)"', page)
    assert all(tag == "a" and link.startswith(("http://", "https://")) for tag, link in links)
    assert {tag.lower() for tag in re.findall(r"<([a-zA-Z]+)", page)} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h",
        "table",
        "tr",
        "td",
        "p",
        "span",
        "code",
        "a",
    }


@share(0.5)
@given(notices)
def test_a_webhook_gets_what_its_schema_says(notice):
    body = json.dumps(webhook.render(notice), allow_nan=False)
    document = json.loads(body)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    for one, incident in zip(document["incidents"], notice.incidents, strict=True):
        assert one["reason"] == plain(incident.reason, webhook.TEXT)
    headers = webhook.headers(notice, body.encode(), Secret("key"))
    assert all(value.isascii() and (value.isprintable()) for value in headers.values())


@given(notices)
def test_an_sms_is_one(notice):
    title, text = sms.render(notice)
    for one, most in ((title, sms.TITLE), (text, sms.LENGTH)):
        assert sms.length(one) <= most
        assert {*one} <= sms.SINGLE | sms.DOUBLE
        assert "\n" not in one


@given(st.lists(incidents, min_size=1, max_size=2))
def test_alertmanager_gets_labels_that_it_takes(found):
    notice = Notice("i", "alert", AT, "r", tuple(found))
    made = json.loads(json.dumps(alertmanager.render(notice), allow_nan=False))
    for one in made:
        for name, value in {**one["labels"], **one["annotations"]}.items():
            assert re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name)
            assert isinstance(value, str)
            value.encode()
    assert all(
        "alertname" in one["labels"] or not plain(told.check, 9)
        for one, told in zip(made, found, strict=True)
    )


@given(notices)
def test_a_headline_says_what_is_wrong(notice):
    found = words.headline(notice)
    assert found or notice.kind == "digest"
    if notice.incidents:
        assert notice.incidents[0].check in found
