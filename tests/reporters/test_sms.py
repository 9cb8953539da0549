"""Short messages: what one SMS holds, and Apprise's services good and bad.

`EXAMPLES=write pytest tests/reporters/test_sms.py -k example` writes what `runbook/examples/` shows.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time

import pytest
from apprise import Apprise as Client
from msgspec.structs import replace

from fixtures.schema import Apprise, Secret, SettingsError
from reporters import sms
from reporters.outbound import Refused, Undelivered
from tests.reporters.receiving import (
    ANSWERS,
    BAD,
    CANARY,
    DIGEST,
    DOWN,
    EVERY,
    NONE_NEW,
    RESOLVED,
    SECRET,
    TEST,
    example,
    fails,
    serving_http,
)
from tests.reporters.test_slack import DATABASE, ERRORS, notice
from tests.servers import serving


@pytest.fixture
def receiver():
    with serving_http() as made:
        yield made


def settings(*urls, **changes):
    return Apprise(**{"urls": [Secret(url) for url in urls], "timeout": 30, **changes})


def url(receiver, path=SECRET):
    return receiver.url(f"/{path}").replace("http://", "json://")


@pytest.mark.parametrize(
    ("name", "told"), [("database-down", DOWN), ("resolved", RESOLVED), ("no-new-events", NONE_NEW)]
)
def test_examples_are_what_is_sent(name, told):
    example(f"sms-{name}.txt", sms.render(told)[1] + "\n")


def test_one_sms_says_what_where_how_bad_since_when_and_what_to_do():
    title, text = sms.render(notice(ERRORS))
    assert title == "leden.example.nl: errors_24h fails"
    assert text == f"WARNING {title}: 73 > 50 errors, since 13:00. First: Open the Error Log, newest first"
    low = replace(ERRORS, direction=">=", value=3.0, event="reminder")
    assert "errors_24h still fails: 3 < 50 errors" in sms.render(notice(low))[1]


def test_dutch_and_several_incidents():
    text = sms.render(notice(ERRORS, DATABASE, language="nl"))[1]
    assert text.startswith("KRITIEK leden.example.nl: database_answers faalt en 1 andere: connection refused")
    assert ", sinds 14:00. Eerst: " in text


def test_the_resolve_says_how_long_it_lasted():
    text = "leden.example.nl: database_answers is well again, from 14:00 to 14:05, 5 min"
    assert sms.render(RESOLVED)[1] == text


def test_other_kinds():
    assert sms.render(DIGEST)[1] == "Silence ended; errors_24h failed meanwhile"
    assert sms.render(TEST)[1] == "Test message: this channel works"
    assert sms.render(CANARY)[1] == "Kanarie: bewijs dat dit kanaal werkt"


@pytest.mark.parametrize("told", EVERY, ids=range(len(EVERY)))
def test_every_message_is_one_sms(told):
    started = time.thread_time()
    title, text = sms.render(told)
    assert time.thread_time() - started < 1
    assert 0 < sms.length(text) <= 160
    assert set(text + title) <= sms.SINGLE | sms.DOUBLE
    assert not {"\n", "\r"} & set(text + title)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("réussi é à ñ ë ï ő", "réussi é à ñ e i o"),
        ("“quoted” \u2013 it\u2019s `x`\u2026", "\"quoted\" - it's 'x'..."),
        ("\U0001f4a5\U0001f4a5 Жук 5 € [x]", "? ? 5 € [x]"),
        ("½ \ufb01t", "1/2 fit"),
    ],
)
def test_other_characters_are_written_in_plain_letters(text, told):
    assert sms.gsm(text) == told


def test_some_characters_count_twice():
    assert sms.length("a€[") == 5
    assert sms.length(sms.fit("€" * 100, 160)) <= 160


def test_half_a_command_is_never_told():
    step = "Restart it: `sudo systemctl restart a-service-with-a-name-that-is-very-long-and-does-not-fit-at-all-in-it`"
    text = sms.render(notice(replace(ERRORS, first_step=step)))[1]
    assert text.endswith("First: Restart it")
    step = f"Run `a; {'b' * 100}`"
    assert "First" not in sms.render(notice(replace(ERRORS, first_step=step)))[1]


def test_every_service_gets_it(receiver):
    assert sms.send(settings(url(receiver, "a"), url(receiver, "b")), DOWN, {}).detail == "ok"
    assert sorted(one.path for one in receiver.got) == ["/a", "/b"]
    title, text = sms.render(DOWN)
    for got in receiver.json():
        assert (got["title"], got["message"], got["type"]) == (title, text, "failure")


def test_a_resolve_is_a_success(receiver):
    sms.send(settings(url(receiver)), RESOLVED, {})
    sms.send(settings(url(receiver)), TEST, {})
    assert [got["type"] for got in receiver.json()] == ["success", "info"]


@pytest.mark.parametrize("told", EVERY, ids=range(len(EVERY)))
def test_every_message_arrives(receiver, told):
    sms.send(settings(url(receiver)), told, {})
    assert receiver.json()[0]["message"] == sms.render(told)[1]


def test_an_sms_has_no_title_before_its_text(monkeypatch):
    told = {}

    class Service:
        title_maxlen = 0

        def notify(self, **values):
            told.update(values)
            return True

    monkeypatch.setattr(Client, "instantiate", lambda *_, **__: Service())
    sms.send(settings("sms://x"), DOWN, {})
    assert told["title"] == ""


def test_one_that_took_it_is_enough(receiver):
    receiver.replies = [(500, {}, b""), (200, {}, b"")]
    here = settings(url(receiver, "a"), url(receiver, "b"), f"nosuch://{SECRET}")
    receipt = sms.send(here, DOWN, {})
    assert receipt.detail == "1 of 3 services refused, 1 of 3 URLs are none that Apprise knows"


@pytest.mark.parametrize("status", set(ANSWERS) - {301})
def test_all_refused(receiver, status):
    receiver.replies = [(status, {}, SECRET.encode())] * 2
    error = fails(lambda: sms.send(settings(url(receiver), url(receiver)), DOWN, {}), SECRET)
    assert isinstance(error, Refused)
    assert str(error) == "2 of 2 services refused"


@pytest.mark.parametrize("name", BAD)
def test_a_service_without_an_answer(name):
    with serving(BAD[name]) as port:
        here = settings(f"json://127.0.0.1:{port}/{SECRET}", timeout=0.5)
        fails(lambda: sms.send(here, DOWN, {}), SECRET)


def test_one_that_hangs_keeps_no_other_from_getting_it(receiver):
    with serving(BAD["dribble"]) as port:
        here = settings(f"json://127.0.0.1:{port}/{SECRET}", url(receiver), timeout=3)
        assert sms.send(here, DOWN, {}).detail == "1 of 2 services did not answer in time"
    assert len(receiver.got) == 1


def test_a_service_whose_code_breaks(monkeypatch):
    def broken(*_, **__):
        raise ValueError(SECRET)

    monkeypatch.setattr(Client, "instantiate", broken)
    assert "1 of 1" in str(fails(lambda: sms.send(settings(f"json://{SECRET}"), DOWN, {}), SECRET))


def test_nothing_is_logged_and_nothing_printed(receiver, caplog, capfd):
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    receiver.replies = [(200, {}, b""), (500, {}, b"")]
    with caplog.at_level(logging.DEBUG):
        sms.send(settings(url(receiver)), DOWN, {})
        fails(lambda: sms.send(settings(url(receiver)), DOWN, {}))
        fails(lambda: sms.send(settings(f"json://127.0.0.1:1/{SECRET}", f"nosuch://{SECRET}"), DOWN, {}))
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


def test_a_file_holds_an_url_a_line(tmp_path, receiver):
    file = tmp_path / "urls"
    file.write_text(f"# of the board\n\n  {url(receiver, 'a')}\n{url(receiver, 'b')}\n")
    here = Apprise(urls_file=str(file), timeout=30)
    sms.check(here)
    sms.send(here, DOWN, {})
    assert len(receiver.got) == 2
    file.write_text(f"{url(receiver)}\n\n{SECRET}\n")
    with pytest.raises(SettingsError) as caught:
        sms.check(here)
    assert str(caught.value).startswith(f"apprise.urls_file = {file}, line 3: must be a URL of Apprise")
    assert SECRET not in str(caught.value)
    file.unlink()
    with pytest.raises(Undelivered):
        sms.send(here, DOWN, {})


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Apprise(timeout=1), "apprise: says not where to"),
        (Apprise(urls=[]), "apprise: says not where to"),
        (settings("json://x", SECRET), "apprise.urls[1]: must be a URL of Apprise"),
        (Apprise(urls_file="/no/such"), "apprise.urls_file = /no/such"),
    ],
)
def test_wrong_settings(made, told):
    with pytest.raises(SettingsError) as caught:
        sms.check(made)
    assert str(caught.value).startswith(told)
    assert SECRET not in str(caught.value)


def test_it_is_configured_by_any_url():
    assert sms.configured(settings("json://x"))
    assert not sms.configured(Apprise())


def test_apprise_is_imported_when_it_is_used_only():
    code = "import sys; from reporters import sms; sms.check; assert 'apprise' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
