"""One story through every channel at once: real SMTP, a real Alertmanager, Apprise, a strict Slack double."""

from __future__ import annotations

import json
import time
from datetime import datetime

import requests

from demo import servers, stack
from fixtures.schema import (
    Alertmanager,
    Alerts,
    Apprise,
    Document,
    Escalation,
    Route,
    Secret,
    Slack,
    Webhook,
)
from reporters import channels
from tests.reporters.slack_double import SlackDouble
from tests.reporters.stories import AMSTERDAM, World, bad, blind, ok
from tests.reporters.test_mail import folder, post, settings  # noqa: F401 (fixtures)

FOLLOWERS = [f"follower_{number}" for number in range(60)]
REAL = channels.configured


def test_a_database_down_for_an_hour_in_every_channel(tmp_path, monkeypatch, post, folder, receiver):  # noqa: F811
    """Sixty followers: one message, no reminder, one end, everywhere; the SMS comes when nobody mended it."""
    receiver.bodies.clear()
    slack = SlackDouble()
    (port,) = servers.free_ports(1)
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    manager = stack.alertmanager(port, tmp_path / "alertmanager.yml", tmp_path / "alertmanager")
    servers.start(manager)
    begin = time.time() - 70 * 60  # Alertmanager lives in real time
    world = World(tmp_path, monkeypatch, start=f"{datetime.fromtimestamp(begin, AMSTERDAM):%Y-%m-%dT%H:%M}")
    world.at = begin  # that local time may come twice
    monkeypatch.setattr(channels, "configured", REAL)
    sms = receiver.url.replace("http://", "json://")
    world.document = Document(
        alerts=Alerts(
            canary="3650d",
            escalation=(Escalation(after="30m", channels=("apprise",)),),
            routes=(Route(channels=("slack", "mail", "webhook", "alertmanager")),),
        ),
        slack=Slack(webhook=Secret(slack.webhook), timeout=30),
        mail=settings(post.server.port, folder),
        webhook=Webhook(url=Secret(f"{receiver.url}hook"), timeout=30),
        apprise=Apprise(urls=[Secret(sms)], timeout=30),
        alertmanager=Alertmanager(url=f"http://127.0.0.1:{port}", timeout=30),
    )
    try:
        world.run(*(ok(name, "high") for name in ["db", *FOLLOWERS]))
        for _ in range(12):
            world.run(bad("db"), *(blind(name, "high", depends_on=["db"]) for name in FOLLOWERS))
            assert [one.error for one in world.sent if one.error] == []
        active = requests.get(f"http://127.0.0.1:{port}/api/v2/alerts", timeout=60).json()
        world.run(*(ok(name, "high") for name in ["db", *FOLLOWERS]))
        assert [one.error for one in world.sent if one.error] == []
        requests_after = requests.get(f"http://127.0.0.1:{port}/api/v2/alerts", timeout=60).json()
    finally:
        manager.stop()
        slack.close()
    assert slack.refused == []
    first, last = slack.posts
    assert "db fails" in first["text"]
    assert "more are left out here" in first["text"]
    assert "db is well again" in last["text"]
    first, last = (one.mail for one in post.got)
    assert first["Subject"] == "CRITICAL one: db fails"
    assert set(first["References"].split()) & set(last["References"].split())
    hooked = [json.loads(body) for path, body in receiver.bodies if path == "/hook"]
    assert hooked.pop(0)["kind"] == "canary"  # a channel proves itself in its first run
    assert [[one["event"] for one in body["incidents"]] for body in hooked] == [["firing"], ["resolved"]]
    assert len(hooked[0]["incidents"][0]["blocks"]) == 60
    texts = [json.loads(body)["message"] for path, body in receiver.bodies if path == "/"]
    assert len(texts) == 2
    assert all(len(text) <= 160 for text in texts)
    assert [one["labels"]["alertname"] for one in active] == ["db"]
    assert requests_after == []
