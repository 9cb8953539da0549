"""Incidents in a real Alertmanager, and with servers that are bad in every way."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest
import requests
from msgspec.structs import replace

from demo import certificates, servers, stack
from fixtures.schema import Alertmanager, Secret, SettingsError
from reporters import alertmanager, service
from reporters.outbound import Refused
from tests.reporters.receiving import (
    ANSWERS,
    BAD,
    CANARY,
    DIGEST,
    DOWN,
    HOSTILES,
    SECRET,
    TEST,
    fails,
    serving_http,
)
from tests.reporters.test_slack import DATABASE, ERRORS, notice
from tests.servers import PATIENCE_SECONDS, serving
from tests.steady import until


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(alertmanager, "TIMEOUT_SECONDS", 30.0)


@pytest.fixture
def heard():
    with serving_http() as made:
        yield made


@pytest.fixture
def server(tmp_path, heard):
    config = tmp_path / "alertmanager.yml"
    config.write_text(
        "route: {receiver: r, group_by: [site, check], group_wait: 0s, group_interval: 1s}\n"
        f"receivers: [{{name: r, webhook_configs: [{{url: '{heard.url()}', send_resolved: true}}]}}]\n"
    )
    (port,) = servers.free_ports(1)
    made = stack.alertmanager(port, config, tmp_path / "data")
    servers.start(made)
    yield Alertmanager(url=f"http://127.0.0.1:{port}")
    made.stop()


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(service, "PAUSE_SECONDS", 0.01)
    with serving_http() as made:
        made.replies = []
        yield made


def held(server):
    """What Alertmanager holds as firing, by check and severity."""
    found = requests.get(f"{server.url}/api/v2/alerts", timeout=60).json()
    return {(one["labels"]["check"], one["labels"]["severity"]): one for one in found}


def told_at(incident, at, **changes):
    return notice(replace(incident, since=at - 300), at=at, **changes)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def test_an_incident_is_an_alert():
    (alert,) = alertmanager.render(notice(ERRORS))
    assert alert["labels"] == {
        "alertname": "errors_24h",
        "check": "errors_24h",
        "group": "errors",
        "severity": "warning",
        "site": "leden.example.nl",
    }
    assert alert["annotations"] == {
        "summary": "errors_24h fails",
        "description": "Value: 73 errors, at most 50 errors is allowed. Evidence: newest Timeout, table tabError Log",
        "first_step": "Open the Error Log, newest first.",
        "runbook_url": "runbook/errors_24h.md",
    }
    assert alert["startsAt"] == "2025-06-09T11:00:00Z"
    assert alert["endsAt"] == "2025-06-09T12:25:00Z"


def test_dutch():
    (alert,) = alertmanager.render(notice(ERRORS, language="nl"))
    assert alert["annotations"]["description"].startswith("Waarde: 73 errors, ten hoogste")


def test_from_the_first_message_to_the_last(server, heard):
    at = time.time()
    assert alertmanager.send(server, told_at(DATABASE, at), {}).detail == "ok"
    key = ("database_answers", "critical")
    assert seconds(held(server)[key]["startsAt"]) == int(at - 300)
    assert at + 1100 < seconds(held(server)[key]["endsAt"]) < at + 1300
    alertmanager.refresh(server, [replace(DATABASE, since=at - 300)], at + 300, 3600)
    assert seconds(held(server)[key]["endsAt"]) == int(at + 300 + 4 * 3600)
    until(lambda: heard.got, "the first message came")  # of what ends before that nothing is told
    ended = replace(DATABASE, event="resolved", ended=at)
    alertmanager.send(server, told_at(ended, at, id="r"), {})
    assert held(server) == {}
    until(lambda: len(heard.got) > 1, "the last message came")
    assert [one["status"] for one in heard.json()] == ["firing", "resolved"]


def test_one_that_got_worse_leaves_nothing_behind(server):
    at = time.time()
    mild = replace(ERRORS, severity="warning")
    alertmanager.send(server, told_at(mild, at), {})
    alertmanager.send(server, told_at(replace(DATABASE, check="other"), at, id="o"), {})
    worse = replace(mild, severity="critical", event="worse")
    alertmanager.send(server, told_at(worse, at, id="w"), {})
    assert held(server).keys() == {("errors_24h", "critical"), ("other", "critical")}
    alertmanager.send(server, told_at(replace(mild, event="resolved", ended=at), at, id="r"), {})
    assert held(server).keys() == {("other", "critical")}


def test_only_what_is_open_is_refreshed(server):
    at = time.time()
    alertmanager.refresh(server, [replace(DATABASE, ended=at), replace(ERRORS, since=at)], at, 300)
    assert held(server).keys() == {("errors_24h", "warning")}


def test_nothing_open_asks_nothing():
    alertmanager.refresh(Alertmanager(url="http://127.0.0.1:1"), [replace(DATABASE, ended=1.0)], 1.0, 300)


@pytest.mark.parametrize("told", HOSTILES, ids=range(len(HOSTILES)))
def test_hostile_text_arrives_as_text(server, told):
    at = time.time()
    fresh = [replace(one, since=at, ended=None if one.open else at) for one in told.incidents]
    alertmanager.send(server, replace(told, at=at, incidents=tuple(fresh)), {})
    for alert in held(server).values():
        assert max(len(text) for text in alert["annotations"].values()) <= 1000
        assert "\n" not in json.dumps(alert["labels"], ensure_ascii=False)


def test_other_kinds(server):
    for told in (DIGEST, CANARY):
        alertmanager.send(server, told, {})
    assert requests.get(f"{server.url}/api/v2/alerts", timeout=60).json() == []
    alertmanager.send(server, replace(TEST, at=time.time()), {})
    (alert,) = requests.get(f"{server.url}/api/v2/alerts", timeout=60).json()
    assert alert["labels"] == {"alertname": "ChecksTest", "severity": "info"}
    assert alert["annotations"] == {"summary": "Test message: this channel works"}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("told", [DOWN, notice(replace(DATABASE, event="worse"))], ids=["post", "ask"])
def test_a_server_without_an_answer(name, told, monkeypatch):
    monkeypatch.setattr(alertmanager, "SECONDS", 1.5)
    with serving(BAD[name]) as port:
        here = Alertmanager(url=f"http://127.0.0.1:{port}", user="u", password=Secret(SECRET), timeout=0.5)
        fails(lambda: alertmanager.send(here, told, {}), SECRET)


def test_all_of_it_ends_in_time_however_long_one_request_may_take(monkeypatch):
    monkeypatch.setattr(alertmanager, "SECONDS", 0.5)
    with serving(BAD["hang"]) as port:
        here = Alertmanager(url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS)
        fails(lambda: alertmanager.send(here, DOWN, {}))


@pytest.mark.parametrize("status", ANSWERS)
def test_a_server_that_says_no(receiver, status):
    receiver.replies = [(status, {}, SECRET.encode())] * 3
    here = Alertmanager(url=receiver.url(), user="ü", password=Secret(SECRET))
    error = fails(lambda: alertmanager.send(here, DOWN, {}), SECRET)
    assert str(error) == f"Alertmanager answered {status}"
    assert isinstance(error, Refused)
    assert receiver.got[0].path == "/api/v2/alerts"
    assert receiver.got[0].headers["Authorization"].startswith("Basic ")


def test_a_busy_server_is_asked_again(receiver):
    receiver.replies = [(429, {"Retry-After": "0"}, b""), (503, {}, b"")]
    alertmanager.send(Alertmanager(url=receiver.url("/prefix/")), DOWN, {})
    assert [one.path for one in receiver.got] == ["/prefix/api/v2/alerts"] * 3


@pytest.mark.parametrize("body", [b"OK", b"{}", b"[1]", b'[{"labels": 3}]'])
def test_an_answer_that_is_none(receiver, body):
    receiver.replies = [(200, {}, body)]
    told = notice(replace(DATABASE, event="worse"))
    error = fails(lambda: alertmanager.send(Alertmanager(url=receiver.url()), told, {}))
    assert "none of its answers" in str(error)


def test_nobody_listens():
    assert "refused" in str(
        fails(lambda: alertmanager.send(Alertmanager(url="http://127.0.0.1:1"), DOWN, {}))
    )


def test_tls_is_verified(tmp_path):
    certificates.make(tmp_path)
    with serving_http(tmp_path / "site.pem") as secure:
        wrong = Alertmanager(url=secure.url())
        assert "certificate" in str(fails(lambda: alertmanager.send(wrong, DOWN, {})))
        alertmanager.send(Alertmanager(url=secure.url(), tls_ca=str(tmp_path / "ca.pem")), DOWN, {})


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Alertmanager(user="x"), "alertmanager.url: is missing"),
        (Alertmanager(url="localhost:9093"), "alertmanager.url = localhost:9093: must be http"),
        (Alertmanager(url=f"http://u:{SECRET}@h"), "alertmanager.url: must be http"),
        (Alertmanager(url="http://h", password=Secret(SECRET)), "alertmanager.user: is missing"),
        (Alertmanager(url="http://h", tls_ca="/no/such"), "alertmanager.tls_ca = /no/such"),
        (Alertmanager(url="http://h", user="u", password_file="/no"), "alertmanager.password_file = /no"),
    ],
)
def test_wrong_settings(made, told):
    with pytest.raises(SettingsError) as caught:
        alertmanager.check(made)
    assert str(caught.value).startswith(told)
    assert SECRET not in str(caught.value)


def test_right_settings():
    alertmanager.check(Alertmanager(url="http://127.0.0.1:9093"))
    assert alertmanager.configured(Alertmanager(url="http://127.0.0.1:9093"))
    assert not alertmanager.configured(Alertmanager())
