"""Silences from the command line, a preview, a test of the channels: real runs of pytest."""

from __future__ import annotations

import json

import pytest

CHECKS = """
@check(host("disk_used_percent"), unit="%", critical=-1)
def test_full(value, limit):
    '''Never so.'''
    assert value <= limit
"""


@pytest.fixture
def told(project, receiver):
    """The project with a webhook; its messages are what `receiver` got."""
    project.checks(CHECKS)
    receiver.got.clear()

    def settings(more=""):
        project.settings(
            f'[webhook]\nurl = "{receiver.url}"\n[alerts]\ncanary = "999d"\n{more}\n[sites."one.test"]'
        )

    settings()
    project.configure = settings
    return project


def events(receiver):
    return [(one["event"], one["check"]) for message in receiver.got for one in message.get("incidents", ())]


def said(outcome):
    return " ".join(outcome.text.split())


def test_a_scheduled_run_tells_and_a_run_by_hand_does_not(told, receiver):
    assert told.run("checks").status == 1
    assert events(receiver) == []
    outcome = told.run("checks", "--publish")
    assert ("firing", "full") in events(receiver)
    assert "webhook: " in outcome.text
    told.run("checks", "--publish")
    assert events(receiver).count(("firing", "full")) == 1


def test_a_silence_is_begun_listed_and_ended(told, receiver):
    outcome = told.run(
        "checks", "--silence", "fu*", "--for", "2h", "--because", "new disk", "--owner", "joost"
    )
    assert outcome.status == 0
    assert "silence 1: fu*, until " in outcome.text
    assert outcome.document == {}
    assert "1: fu*, until " in told.run("checks", "--silences").text
    assert "joost: new disk" in told.run("checks", "--silences").text
    told.run("checks", "--publish")
    assert events(receiver) == []
    assert "silence 1 ended" in told.run("checks", "--unsilence", "1").text
    assert "no silence holds" in told.run("checks", "--silences").text
    told.run("checks", "--publish")
    assert ("firing", "full") in events(receiver)
    lines = [line for message in receiver.got for line in message.get("lines", ())]
    assert "Silence fu* of joost ended (new disk): 1 messages were held back" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--silence", "x"], "--for = None: allowed: like 30m, 2h or 1d"),
        (["--silence", "x", "--for", "soon", "--because", "y"], "--for = 'soon': allowed"),
        (["--silence", "x", "--for", "60d", "--because", "y"], "--for = '60d': allowed: up to 30d"),
        (["--silence", "x", "--for", "1h"], "--because: say why"),
        (["--unsilence", "7"], "--unsilence = '7': no such silence holds"),
    ],
)
def test_a_command_that_says_too_little_is_one_line(told, arguments, words):
    outcome = told.run("checks", *arguments)
    assert outcome.status == 4
    assert words in said(outcome)


def test_a_preview_shows_the_messages_and_sends_nothing(told, receiver):
    outcome = told.run("checks", "--notify-preview")
    assert receiver.got == []
    shown = outcome.text.partition("--- webhook\n")[2]
    assert '"full"' in shown
    assert not (told.folder / "state/history.sqlite").exists()


def test_each_channel_is_tried_and_says_what_answered(told, receiver):
    outcome = told.run("checks", "--notify-test")
    assert outcome.status == 0
    assert "webhook: delivered" in outcome.text
    (message,) = receiver.got
    assert message["kind"] == "test"
    told.configure()
    text = (told.folder / "checks.toml").read_text()
    (told.folder / "checks.toml").write_text(text.replace(receiver.url, "http://127.0.0.1:9/"))
    assert "webhook: connection refused" in told.run("checks", "--notify-test").text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('remind = "often"', "alerts.remind = 'often'"),
        ('time_zone = "Europe/Nowhere"', "alerts.time_zone = 'Europe/Nowhere': no such time zone"),
        (
            '[[alerts.routes]]\nchannels = ["smoke signals"]',
            "alerts.routes[0].channels = 'smoke signals': allowed",
        ),
        (
            '[[alerts.routes]]\nchannels = ["slack"]\nhours = "sometimes"',
            "alerts.routes[0].hours = 'sometimes'",
        ),
        (
            '[[alerts.silences]]\nowner = "a"\nbecause = "b"\nevery = "sunday"',
            "alerts.silences[0].every = 'sunday'",
        ),
        ('[[alerts.silences]]\nowner = "a"\nbecause = "b"', "alerts.silences[0].since = None"),
    ],
)
def test_wrong_alerts_are_one_line_before_anything_runs(told, more, words):
    told.configure(more)
    outcome = told.run("checks", "--publish")
    assert outcome.status == 4
    assert words in said(outcome)


def test_where_alertmanager_alerts_the_suite_does_not(told, receiver):
    told.configure('by = "alertmanager"')
    told.run("checks", "--publish")
    assert json.dumps(receiver.got) == "[]"


def test_the_heartbeat_hears_of_a_runs_beginning_and_end(told, receiver):
    """A run that finds something wrong did its work; a run that is cut short did not."""
    text = (told.folder / "checks.toml").read_text()
    (told.folder / "checks.toml").write_text(f'{text}\n[heartbeat]\nurl = "{receiver.url}ping"\n')
    told.run("checks", "--publish")
    pings = [path for path in receiver.paths if path.startswith("/ping")]
    assert [path.partition("?")[0] for path in pings] == ["/ping/start", "/ping"]
    assert len({path.partition("rid=")[2] for path in pings}) == 1
    told.checks("def test_stop():\n    '''Stop.'''\n    raise KeyboardInterrupt\n", name="test_zz.py")
    told.run("checks", "--publish")
    assert receiver.paths[-1].startswith("/ping/fail?rid=")
    receiver.paths.clear()
    told.run("checks")
    assert not [path for path in receiver.paths if path.startswith("/ping")]
