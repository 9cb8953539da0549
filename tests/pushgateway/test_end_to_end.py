"""From a fault to a message: demo site, scheduled run, Pushgateway, Prometheus, Alertmanager, a receiver."""

from __future__ import annotations

import functools
import json
import time

import pytest
import requests

from demo.monitoring import Monitoring
from tests import steady
from tests.conftest import ROOT, run_pytest
from tests.servers import Receiver

SOON = {
    r"scrape_(interval|timeout): \w+": r"scrape_\1: 2s",
    r"evaluation_interval: \w+": "evaluation_interval: 1s",
    r"group_wait: \w+": "group_wait: 1s",
    r"group_interval: \w+": "group_interval: 1s",
    r"for: \w+": "for: 2s",
    r"> 900": "> 12",
    r"<= 900": "<= 12",
}
"""Hours and minutes as seconds: the conditions, labels and texts are those of the files."""

WAIT_SECONDS = 180


class Pager(Receiver):
    """Takes what Alertmanager sends to Slack and to the pager."""

    def pages(self, status, alertname):
        """Alerts of a name that the pager was sent with a status, each with its whole message."""
        return [
            (alert, body)
            for path, sent in self.bodies
            if path == "/alerts"
            for body in [json.loads(sent)]
            for alert in body["alerts"]
            if alert["status"] == status and alert["labels"]["alertname"] == alertname
        ]


until = functools.partial(steady.until, seconds=WAIT_SECONDS)


@pytest.fixture(scope="module")
def receiver():
    made = Pager()
    yield made
    made.close()


@pytest.fixture(scope="module")
def monitoring(tmp_path_factory, receiver):
    folder = tmp_path_factory.mktemp("monitoring")
    with Monitoring(folder / "stack", receiver=receiver.url.rstrip("/"), changes=SOON) as made:
        yield made


@pytest.fixture(scope="module")
def scheduled(demo, monitoring, tmp_path_factory):
    """A scheduled run with a state folder of its own, pushed."""
    folder = tmp_path_factory.mktemp("scheduled")

    def run():
        text = demo.settings.read_text(encoding="utf-8")
        state = json.dumps(str(demo.folder / "state"))
        assert state in text
        text = text.replace(state, json.dumps(str(folder / "state")))
        (folder / "checks.toml").write_text(
            f'{text}\n[pushgateway]\nurl = "{monitoring.url("pushgateway")}"\n', encoding="utf-8"
        )
        return run_pytest(ROOT, "checks", "--publish", "--settings", str(folder / "checks.toml"))

    return run


def asked(monitoring, query):
    answer = requests.get(
        f"{monitoring.url('prometheus')}/api/v1/query", params={"query": query}, timeout=60
    ).json()
    return answer["data"]["result"]


def test_a_fault_is_pushed_scraped_fired_sent_and_resolved(demo, monitoring, receiver, scheduled):
    """The database down: one page that leads to the runbook; what follows from it is not told."""
    scheduled()
    until(
        lambda: asked(monitoring, 'verenigingen_check_success{check="database_answers"} == 1'),
        "the first run's series",
    )
    with demo.broken("db_down"):
        outcome = scheduled()
        assert "database_answers" in outcome.checks("failed")
        ((alert, body), *_) = until(
            lambda: receiver.pages("firing", "database_answers"), "the page for the database"
        )
        time.sleep(5)
    assert alert["labels"]["severity"] == "critical"
    assert alert["labels"]["site"] == "vereniging.demo"
    assert alert["annotations"]["runbook_url"].endswith("runbook/database_answers.md")
    assert alert["annotations"]["first_step"]
    assert body["groupLabels"] == {"group": "database", "site": "vereniging.demo"}
    assert any(path == "/slack" for path, _ in receiver.bodies)
    told = {
        one["labels"]["alertname"]
        for path, sent in receiver.bodies
        if path == "/alerts"
        for one in json.loads(sent)["alerts"]
    }
    followers = {"error_rate", "sepa_failed_batches", "CheckUnknown", "ManyUnknown"}
    assert told & followers == set()
    scheduled()
    until(lambda: receiver.pages("resolved", "database_answers"), "the end")


def test_runs_that_stop_raise_an_alarm_that_ends_when_they_come_back(monitoring, receiver, scheduled):
    scheduled()
    before = len(receiver.pages("firing", "NoRun"))
    until(lambda: len(receiver.pages("firing", "NoRun")) > before, "the alarm that nothing runs")
    ended = len(receiver.pages("resolved", "NoRun"))
    scheduled()
    until(lambda: len(receiver.pages("resolved", "NoRun")) > ended, "its end")


def test_the_watchdog_always_fires(receiver):
    until(
        lambda: any(path == "/verenigingen-checks" for path, _ in receiver.bodies),
        "the heartbeat of Prometheus and Alertmanager",
    )
