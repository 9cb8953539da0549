"""The heartbeat: where a run's begin and end are told, and services that are bad in every way."""

from __future__ import annotations

import logging
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from fixtures.schema import Heartbeat, Secret, SettingsError
from reporters import heartbeat, service
from reporters.outbound import Refused
from reporters.service import deliver
from tests.reporters.receiving import ANSWERS, BAD, NASTY, SECRET, fails, serving_http
from tests.servers import PATIENCE_SECONDS, serving


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(service, "PAUSE_SECONDS", 0.01)
    with serving_http() as made:
        yield made


def settings(url, /, **changes):
    return Heartbeat(**{"url": Secret(url), "timeout": 30, **changes})


def test_a_run_begins_and_ends(receiver):
    here = settings(receiver.url("/ping/abc/"))
    heartbeat.start(here, "run1")
    heartbeat.success(here, "run1", 1.25, "207 checks: 199 ok, 8 failing")
    heartbeat.fail(here, "run2", 0, "crashed\r\nX-Header: y" + NASTY)
    paths = [urlsplit(one.path) for one in receiver.got]
    assert [one.path for one in paths] == ["/ping/abc/start", "/ping/abc", "/ping/abc/fail"]
    ids = [parse_qs(one.query)["rid"][0] for one in paths]
    assert ids[0] == ids[1] != ids[2]
    assert {uuid.UUID(one).version for one in ids} == {5}
    assert receiver.got[0].body == b""
    assert receiver.got[1].body == b"207 checks: 199 ok, 8 failing\n1.2 s\n"
    assert receiver.got[2].body.count(b"\n") == 2


def test_a_query_of_the_address_stays(receiver):
    heartbeat.fail(settings(receiver.url("/key/checks?create=1")), "run1", 1, "x")
    found = urlsplit(receiver.got[0].path)
    assert found.path == "/key/checks/fail"
    assert parse_qs(found.query).keys() == {"create", "rid"}


def test_a_summary_is_short():
    assert len(heartbeat.render(1, "x" * 10_000_000)) < 1100


@pytest.mark.parametrize("name", BAD)
def test_a_service_without_an_answer_holds_no_run(name, monkeypatch):
    asked = []
    monkeypatch.setattr(
        heartbeat, "deliver", lambda *words, **more: asked.append(more["seconds"]) or deliver(*words, **more)
    )
    with serving(BAD[name]) as port:
        here = settings(f"http://127.0.0.1:{port}/{SECRET}", timeout=0.5)
        fails(lambda: heartbeat.start(here, "run1"), SECRET)
    assert asked == [0.5]  # all of it takes no longer than one request may


def test_a_delivery_ends_in_time_however_long_one_request_may_take():
    with serving(BAD["hang"]) as port:
        url = f"http://127.0.0.1:{port}"
        fails(lambda: deliver("it", url, timeout=PATIENCE_SECONDS, seconds=0.5))


@pytest.mark.parametrize("status", ANSWERS)
def test_a_service_that_says_no(receiver, status):
    receiver.replies = [(status, {}, SECRET.encode())] * 3
    here = settings(receiver.url(f"/{SECRET}"))
    error = fails(lambda: heartbeat.success(here, "run1", 1, "x"), SECRET)
    assert str(error) == f"the heartbeat service answered {status}"
    assert isinstance(error, Refused)


def test_a_busy_service_is_asked_again_but_not_for_long(receiver):
    receiver.replies = [(429, {"Retry-After": "0"}, b"")]
    heartbeat.start(settings(receiver.url()), "run1")
    receiver.replies = [(429, {"Retry-After": "9"}, b"")]
    error = fails(lambda: heartbeat.start(settings(receiver.url(), timeout=8), "run1"))
    assert error.retry_after == 9
    assert len(receiver.got) == 3


def test_an_address_that_is_not_known_is_an_error_though_the_service_says_200(receiver):
    receiver.replies = [(200, {}, b"OK (not found)")]
    assert "does not know" in str(fails(lambda: heartbeat.start(settings(receiver.url()), "run1")))


def test_nobody_listens():
    here = settings(f"http://127.0.0.1:1/{SECRET}")
    assert "refused" in str(fails(lambda: heartbeat.start(here, "run1"), SECRET))


def test_no_log_holds_the_address(receiver, caplog):
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        heartbeat.start(settings(receiver.url(f"/{SECRET}")), "run1")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": None}, "heartbeat: says not where to"),
        ({"url": Secret(SECRET)}, "heartbeat.url: must be http"),
        ({"url": Secret("")}, "heartbeat.url: is empty"),
        ({"url_file": "/no/such"}, "heartbeat.url: is given twice"),
        ({"url": None, "url_file": "/no/such"}, "heartbeat.url_file = /no/such"),
    ],
)
def test_wrong_settings(changes, told):
    with pytest.raises(SettingsError) as caught:
        heartbeat.check(settings("https://ping.example.nl/x", **changes))
    assert str(caught.value).startswith(told)
    assert SECRET not in str(caught.value)


def test_right_settings():
    heartbeat.check(settings("https://ping.example.nl/x"))
    assert heartbeat.configured(settings("https://ping.example.nl/x"))
    assert not heartbeat.configured(Heartbeat())
