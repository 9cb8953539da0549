"""What Alertmanager says to Slack and to a pager, sent for once to a server of our own."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import json
import queue
import re
import threading

import pytest
import requests

from demo import servers
from pushgateway import rules

FIRST = "See <b> and `tail -n 50 web.log`."


@pytest.fixture
def sent(tmp_path):
    """Alertmanager with its own file, but for addresses, secrets and waiting; what it sends, by path."""
    found: queue.Queue[tuple[str, str, dict]] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.put((self.path, self.headers.get("Authorization", ""), json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")  # as Slack does: Alertmanager 0.28 takes another answer for an error

        def log_message(self, *_):
            pass

    with contextlib.ExitStack() as stack:
        outside = stack.enter_context(http.server.ThreadingHTTPServer((servers.HOST, 0), Handler))
        threading.Thread(target=outside.serve_forever, daemon=True).start()
        stack.callback(outside.shutdown)
        address = f"http://{servers.HOST}:{outside.server_port}"
        (tmp_path / "slack-url").write_text(f"{address}/slack")
        (tmp_path / "pager-token").write_text("geheim")
        text = rules.ALERTMANAGER.read_text(encoding="utf-8")
        text = text.replace("/etc/alertmanager/secrets", str(tmp_path))
        text = text.replace("https://pager.example.nl", f"{address}/pager")
        text = re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", text)
        text = text.replace("mail.example.nl:587", f"{servers.HOST}:1")
        (tmp_path / "alertmanager.yml").write_text(text)
        (port,) = servers.free_ports(1)
        command = [
            servers.program("prometheus-alertmanager"),
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/data",
            f"--web.listen-address={servers.HOST}:{port}",
            "--cluster.listen-address=",
        ]
        server = servers.server(command, port)
        servers.start(server)
        stack.callback(server.stop)

        def post(*alerts, minutes):
            now = datetime.datetime.now(datetime.UTC)
            start, end = now - datetime.timedelta(minutes=12), now + datetime.timedelta(minutes=minutes)
            body = [{**one, "startsAt": start.isoformat(), "endsAt": end.isoformat()} for one in alerts]
            url = f"http://{servers.HOST}:{port}/api/v2/alerts"
            requests.post(url, json=body, timeout=60).raise_for_status()

        def receive(path):
            while True:
                to, account, body = found.get(timeout=180)
                if to.startswith(path):
                    return account, body

        yield post, receive


def alert(check, severity="critical"):
    return {
        "labels": {
            "alertname": check,
            "check": check,
            "severity": severity,
            "site": "a.test",
            "group": "web",
        },
        "annotations": {
            "summary": f"Expected: {check} is well.",
            "description": "73 errors found. Allowed: at most 50 errors.",
            "first_step": FIRST,
            "runbook_url": f"runbook/{check}.md",
        },
    }


def told_in_slack(receive, title):
    """The message with this title: a busy machine may send the first few alerts by themselves before it."""
    while True:
        _, told = receive("/slack")
        (message,) = told["attachments"]
        if message["title"] == title:
            return message


def test_slack_and_a_pager_are_told_of_a_failure_and_of_its_end(sent):
    post, receive = sent
    post(alert("error_rate"), alert("disk_usage"), minutes=60)
    message = told_in_slack(receive, "2 CRITICAL a.test: disk_usage, error_rate")
    assert message["color"] == "danger"
    block = (
        "*disk_usage* 73 errors found. Allowed: at most 50 errors.\n"
        "Expected: disk_usage is well.\n"
        "First: See &lt;b> and `tail -n 50 web.log`.\n"
        "Runbook: runbook/disk_usage.md"
    )
    assert message["text"].startswith(block)
    assert "\n\n*error_rate* 73" in message["text"]
    post(alert("error_rate"), alert("disk_usage"), minutes=0)
    ended: set[str] = set()
    while not ended >= {"disk_usage", "error_rate"}:  # a busy machine may tell of one by itself
        _, told = receive("/slack")
        (message,) = told["attachments"]
        if message["title"].startswith("Resolved a.test: "):
            assert message["color"] == "good"
            # Twelve minutes, and what it took to tell it.
            ended |= set(re.findall(r"^\*(\w+)\* ended after 1[2-9]m\d", message["text"], re.M))


def test_a_pager_gets_its_token(sent):
    post, receive = sent
    post(alert("error_rate"), minutes=60)
    account, told = receive("/pager")
    assert account == "Bearer geheim"
    assert told["commonLabels"]["check"] == "error_rate"


def test_a_flood_is_cut(sent):
    post, receive = sent
    post(*[alert(f"check_{number}", "high") for number in range(12)], minutes=60)
    message = told_in_slack(receive, "12 HIGH a.test: check_0, check_1, check_10 ...")
    assert message["text"].count("Runbook:") == 8
    assert message["text"].endswith("and more: see Alertmanager")
