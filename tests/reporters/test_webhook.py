"""The webhook: its schema, its signature, and servers that are bad in every way.

`EXAMPLES=write pytest tests/reporters/test_webhook.py -k example` writes what `runbook/examples/` shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from demo import certificates
from fixtures import clock
from fixtures.schema import Secret, SettingsError, Webhook
from reporters import service, webhook
from reporters.outbound import Refused, Undelivered
from reporters.service import deliver
from tests.reporters.receiving import (
    ANSWERS,
    BAD,
    DOWN,
    EVERY,
    NONE_NEW,
    RESOLVED,
    SECRET,
    example,
    fails,
    serving_http,
)
from tests.servers import serving

SCHEMA = json.loads((Path(__file__).parents[2] / "runbook" / "webhook-schema.json").read_text())


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(service, "PAUSE_SECONDS", 0.01)
    with serving_http() as made:
        yield made


def settings(url, /, **changes):
    return Webhook(**{"url": Secret(url), "secret": Secret(SECRET), "timeout": 30, **changes})


@pytest.mark.parametrize("told", EVERY, ids=range(len(EVERY)))
def test_every_message_is_as_the_schema_says(told):
    document = json.loads(json.dumps(webhook.render(told), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert document.keys() == SCHEMA["properties"].keys() == set(SCHEMA["required"])
    for one in document["incidents"]:
        described = SCHEMA["$defs"]["incident"]
        assert one.keys() == described["properties"].keys() == set(described["required"])


def test_what_is_far_too_long_or_much_is_cut_to_the_schema():
    names = ("id", "site", "check", "group", "unit", "summary", "reason", "runbook", "first_step")
    evidence = {f"{n:02}" + "k" * 300: "y" * 9_000 for n in range(80)}
    many = tuple(f"c{n}" for n in range(900))
    one = replace(DOWN.incidents[0], **dict.fromkeys(names, "x" * 9_000), evidence=evidence, blocks=many)
    told = replace(DOWN, id="n" * 900, run="r" * 900, incidents=(one,), lines=("w" * 9_000,))
    document = webhook.render(told)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    (seen,) = document["incidents"]
    assert (len(seen["check"]), len(seen["evidence"]), len(seen["blocks"])) == (200, 50, 500)
    assert webhook.render(replace(DOWN, incidents=DOWN.incidents[:1] * 700))["left_out"] == 200


@pytest.mark.parametrize(
    ("name", "told"), [("database-down", DOWN), ("resolved", RESOLVED), ("no-new-events", NONE_NEW)]
)
def test_examples_are_what_is_sent(name, told):
    example(f"webhook-{name}.json", json.dumps(webhook.render(told), indent=2) + "\n")


def test_numbers_stay_numbers_and_what_is_none_is_told_as_text_or_not_at_all():
    evidence = {
        "n": 3,
        "on": True,
        "none": None,
        "x": 2.5,
        "nan": float("nan"),
        "d": Decimal("1.5"),
        "s": "a\nb",
    }
    one = replace(DOWN.incidents[0], value=9.5, limit=float("inf"), evidence=evidence)
    (told,) = webhook.render(replace(DOWN, incidents=(one,)))["incidents"]
    assert (told["value"], told["limit"]) == (9.5, None)
    assert told["evidence"] | {"s": ""} == evidence | {"nan": None, "d": "1.5", "s": ""}
    assert told["evidence"]["on"] is True
    assert "\n" not in told["evidence"]["s"]


@pytest.mark.parametrize(("given", "seconds"), [(None, webhook.TIMEOUT_SECONDS), (7.5, 7.5)])
def test_it_waits_as_long_as_the_settings_say(receiver, monkeypatch, given, seconds):
    asked = []
    monkeypatch.setattr(
        webhook, "deliver", lambda *words, **more: asked.append(more["timeout"]) or deliver(*words, **more)
    )
    webhook.send(settings(receiver.url("/"), timeout=given), DOWN, {})
    assert asked == [seconds]


def test_a_message_is_signed_and_can_be_told_from_another(receiver, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: 1_750_000_000.4)
    for told in (DOWN, DOWN, RESOLVED):
        assert webhook.send(settings(receiver.url("/hook")), told, {}).detail == "ok"
    first, again, other = receiver.got
    digest = hmac.new(SECRET.encode(), first.body, hashlib.sha256).hexdigest()
    assert first.headers["X-Signature-256"] == f"sha256={digest}"
    assert first.headers["X-Timestamp"] == "1750000000"
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"] == DOWN.id
    assert other.headers["Idempotency-Key"] != DOWN.id
    assert json.loads(first.body) == webhook.render(DOWN)


def test_without_a_secret_nothing_is_signed(receiver):
    webhook.send(settings(receiver.url(), secret=None), DOWN, {})
    assert "X-Signature-256" not in receiver.got[0].headers


@pytest.mark.parametrize("told", EVERY, ids=range(len(EVERY)))
def test_every_message_arrives(receiver, told):
    webhook.send(settings(receiver.url()), told, {})
    assert len(receiver.got[0].body) < 2_000_000


@pytest.mark.parametrize("name", BAD)
def test_a_server_without_an_answer(name, monkeypatch):
    monkeypatch.setattr(service, "SECONDS", 1.5)
    with serving(BAD[name]) as port:
        url = f"http://127.0.0.1:{port}/{SECRET}"
        error = fails(lambda: webhook.send(settings(url, timeout=0.5), DOWN, {}), SECRET)
    assert not isinstance(error, Refused)


@pytest.mark.parametrize("status", ANSWERS)
def test_a_server_that_says_no(receiver, status):
    receiver.replies = [(status, {"Location": "/other"}, f"no /hook/{SECRET}".encode())] * 3
    error = fails(lambda: webhook.send(settings(receiver.url(f"/hook/{SECRET}")), DOWN, {}), SECRET)
    assert isinstance(error, ANSWERS[status])
    assert str(error) == f"the webhook answered {status}"
    assert len(receiver.got) == (3 if status >= 500 else 1)


def test_it_waits_as_long_as_it_is_asked_to(receiver, monkeypatch):
    slept = []
    monkeypatch.setattr(service, "sleep", slept.append)
    receiver.replies = [(429, {"Retry-After": "4"}, b""), (503, {"Retry-After": "3"}, b"")]
    assert webhook.send(settings(receiver.url()), DOWN, {}).detail == "ok"
    assert slept == [4, 3]
    assert len({one.headers["Idempotency-Key"] for one in receiver.got}) == 1


def test_it_does_not_wait_for_long(receiver, monkeypatch):
    slept = []
    monkeypatch.setattr(service, "sleep", slept.append)
    receiver.replies = [(429, {"Retry-After": "6"}, b""), (429, {"Retry-After": "6"}, b"")]
    error = fails(lambda: webhook.send(settings(receiver.url()), DOWN, {}))
    assert slept == [6]
    assert error.retry_after == 6


def test_a_date_says_when_to_come_again(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: 784111770.0)
    for text, seconds in (("Sun, 06 Nov 1994 08:49:37 GMT", 7), ("-1", None), ("soon", None), ("", None)):
        reply = service.Reply(503, {"retry-after": text}, "")
        assert service.retry_after(reply) == seconds


def test_nobody_listens():
    url = f"http://127.0.0.1:1/{SECRET}"
    assert "refused" in str(fails(lambda: webhook.send(settings(url), DOWN, {}), SECRET))


def test_tls_is_verified(tmp_path):
    certificates.make(tmp_path)
    with serving_http(tmp_path / "site.pem") as secure:
        wrong = settings(secure.url(f"/{SECRET}"))
        assert "certificate" in str(fails(lambda: webhook.send(wrong, DOWN, {}), SECRET))
        webhook.send(settings(secure.url(), tls_ca=str(tmp_path / "ca.pem")), DOWN, {})
    assert len(secure.got) == 1


def test_no_log_holds_the_address(receiver, caplog):
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        webhook.send(settings(receiver.url(f"/{SECRET}")), DOWN, {})
    assert SECRET not in caplog.text


def test_a_file_holds_the_address(tmp_path, receiver):
    file = tmp_path / "url"
    file.write_text(receiver.url("/from-file") + "\n")
    made = settings("", url=None, url_file=str(file))
    webhook.check(made)
    webhook.send(made, DOWN, {})
    assert receiver.got[0].path == "/from-file"
    file.unlink()
    assert "url_file" in str(fails(lambda: webhook.send(made, DOWN, {})))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": None}, "webhook: says not where to"),
        ({"url": Secret(f"ftp://{SECRET}")}, "webhook.url: must be http"),
        ({"url": Secret(f"http://a:{SECRET}@host/")}, "webhook.url: must be http"),
        ({"url": Secret(f"http://host/{SECRET}\r\nX: y")}, "webhook.url: must be http"),
        ({"url": Secret(f"http://[{SECRET}")}, "webhook.url: must be http"),
        ({"url": Secret(f"http://host:x/{SECRET}")}, "webhook.url: must be http"),
        ({"url_file": "/no/such"}, "webhook.url: is given twice"),
        ({"url": None, "url_file": "/no/such"}, "webhook.url_file = /no/such"),
        ({"secret": Secret("")}, "webhook.secret: is empty"),
        ({"tls_ca": "/no/such"}, "webhook.tls_ca = /no/such"),
    ],
)
def test_wrong_settings(changes, told):
    with pytest.raises(SettingsError) as caught:
        webhook.check(settings("https://hook.example.nl/x", **changes))
    assert str(caught.value).startswith(told)
    assert SECRET not in str(caught.value)


def test_right_settings():
    webhook.check(settings("https://hook.example.nl/x?token=1"))
    assert webhook.configured(settings("https://hook.example.nl/x"))
    assert not webhook.configured(Webhook())
    assert SECRET not in repr(settings(f"https://hook.example.nl/{SECRET}"))


def test_a_run_out_channel_is_undelivered():
    with pytest.raises(Undelivered):
        webhook.send(replace(settings(""), url=None), DOWN, {})
