"""Where alerts go, and what hides what: asked of amtool and of a running Alertmanager."""

from __future__ import annotations

import datetime
import re
import time

import pytest
import requests
import yaml

from demo import servers
from pushgateway import rules
from tests.pushgateway.promtool import tool

TEXT = rules.ALERTMANAGER.read_text(encoding="utf-8")


def test_causes_are_those_of_the_checks():
    assert rules.inhibition(TEXT) == TEXT, "run `make generate`"
    assert "source_matchers: [alertname=database_answers," in TEXT


def test_a_cause_can_be_severe_enough_to_hide_its_followers():
    declared = rules.declared()
    less = [
        one for one in rules.sentinels() if not {"high", "critical"} & set(rules.severities(declared[one]))
    ]
    assert less == ["scheduler_awake"]  # a site that sleeps calls nobody at night
    assert "[alertname=scheduler_awake, severity=~warning]" in TEXT


def test_every_alert_that_is_named_exists():
    document = rules.document()
    known = {one["alert"] for group in document["groups"] for one in group["rules"] if "alert" in one}
    named = re.findall(r'alertname=~?"?([\w|]+)', TEXT)
    assert {name for words in named for name in words.split("|")} <= known


def test_amtool_has_nothing_to_say():
    assert "SUCCESS" in tool("amtool", "check-config", "alertmanager.yml", cwd=rules.FOLDER)
    assert "SUCCESS" in tool("amtool", "check-config", str(rules.ALERTMANAGER))


def test_every_secret_is_in_a_file():
    found = yaml.safe_load(TEXT)
    keys = re.findall(r"(\w*(?:password|token|secret|api_url|credentials|key)\w*):", TEXT)
    assert keys
    assert all(key.endswith("_file") for key in keys)
    assert not re.search(r"https?://[^/\s]*@", TEXT)
    assert found["global"]["slack_api_url_file"].startswith("/")


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("severity=critical", "critical"),
        ("severity=high", "high"),
        ("severity=warning", "warning"),
        ("severity=info", "info"),
        ("severity=other", "high"),
        ("alertname=x", "high"),
        ("alertname=Watchdog severity=none", "heartbeat"),
    ],
)
def test_a_route(labels, receiver):
    arguments = [
        "config",
        "routes",
        "test",
        f"--config.file={rules.ALERTMANAGER}",
        f"--verify.receivers={receiver}",
    ]
    tool("amtool", *arguments, *labels.split())


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory):
    (port,) = servers.free_ports(1)
    command = [
        servers.program("prometheus-alertmanager"),
        f"--config.file={rules.ALERTMANAGER}",
        f"--storage.path={tmp_path_factory.mktemp('alertmanager')}",
        f"--web.listen-address={servers.HOST}:{port}",
        "--cluster.listen-address=",
    ]
    server = servers.server(command, port)
    servers.start(server)
    yield f"http://{servers.HOST}:{port}/api/v2/alerts"
    server.stop()


def failing(check, severity, site="a"):
    return {
        "alertname": check,
        "check": check,
        "severity": severity,
        "site": site,
        "depends_on": f",{','.join(rules.declared()[check].depends_on)},",
    }


def about(name, severity, **labels):
    return {"alertname": name, "severity": severity, "site": "a"} | labels


HIDES = {
    "a cause hides what follows": (
        failing("database_answers", "critical"),
        [
            failing("error_rate", "critical"),
            failing("error_rate", "warning"),
            about("CheckUnknown", "high", check="x", depends_on=",y,database_answers,"),
        ],
        [
            failing("error_rate", "critical", "b"),
            failing("disk_usage", "critical"),
            about("NoRun", "critical"),
        ],
    ),
    "over two steps, by one that is hidden": (
        failing("dns_resolves", "critical"),
        [failing("site_answers", "critical"), failing("site_answer_seconds", "warning")],
        [failing("disk_usage", "critical")],
    ),
    "a far cause hides what is unknown, and no failure": (
        failing("dns_resolves", "critical"),
        [about("CheckUnknown", "warning", check="x", depends_on=",database_answers,dns_resolves,")],
        [failing("error_rate", "critical")],
    ),
    "half a name is no cause": (
        failing("site_answers", "critical"),
        [failing("login_page_works", "critical")],
        [about("made_up", "high", check="made_up", depends_on=",my_site_answers,")],
    ),
    "a disk that fills up explains nothing": (
        failing("disk_usage", "warning"),
        [],
        [about("made_up", "high", check="made_up", depends_on=",disk_usage,")],
    ),
    "an unknown cause hides nothing": (
        about("CheckUnknown", "high", check="database_answers"),
        [],
        [failing("error_rate", "warning")],
    ),
    "critical hides less of the same check": (
        failing("error_rate", "critical"),
        [
            failing("error_rate", "warning"),
            failing("error_rate", "high"),
            about("CheckUnknown", "high", check="error_rate"),
            about("NeverSucceeded", "info", check="error_rate"),
        ],
        [failing("disk_usage", "warning"), failing("error_rate", "warning", "b")],
    ),
    "a warning does not hide that critical is unknown": (
        failing("error_rate", "warning"),
        [about("CheckUnknown", "warning", check="error_rate")],
        [about("CheckUnknown", "high", check="error_rate")],
    ),
    "no run hides what follows from it and no judgement": (
        about("NoRun", "critical"),
        [
            about("RunIncomplete", "high"),
            about("CheckStale", "warning", check="x"),
            about("CheckUnknown", "high", check="x"),
        ],
        [
            failing("error_rate", "warning"),
            about("RunIncomplete", "high", site="b"),
            about("PushRefused", "high"),
        ],
    ),
    "many unknown hide each": (
        about("ManyUnknown", "high"),
        [about("CheckUnknown", "high", check="x")],
        [about("CheckUnknown", "high", check="x", site="b"), failing("error_rate", "warning")],
    ),
    "a gateway that is down": (
        {"alertname": "GatewayDown", "severity": "critical"},
        [{"alertname": "NoData", "severity": "critical"}, about("SiteGone", "high"), about("NoPush", "high")],
        [about("NoRun", "critical"), failing("error_rate", "warning")],
    ),
    "a fast burn hides slow ones": (
        about("ErrorBudgetBurn", "critical", check="site_answers", window="1h"),
        [
            about("ErrorBudgetBurn", "high", check="site_answers", window="6h"),
            about("ErrorBudgetBurn", "warning", check="site_answers", window="3d"),
        ],
        [about("CheckUnknown", "high", check="site_answers"), failing("login_page_works", "critical")],
    ),
    "a reporter and its push": (
        about("NoPush", "high"),
        [about("ReporterFailing", "high", reporter="pushgateway")],
        [about("ReporterFailing", "high", reporter="health.json")],
    ),
}


@pytest.mark.parametrize("name", HIDES)
def test_what_hides_what(name, alertmanager):
    cause, hidden, told = HIDES[name]
    alerts = [cause, *hidden, *told]
    hour, now = datetime.timedelta(hours=1), datetime.datetime.now(datetime.UTC)

    def post(start, end):
        times = {"startsAt": start.isoformat(), "endsAt": end.isoformat()}
        requests.post(
            alertmanager, json=[{"labels": one} | times for one in alerts], timeout=60
        ).raise_for_status()

    def inhibited():
        found = requests.get(alertmanager, timeout=60).json()
        return [
            one
            for one in alerts
            if any(has["labels"] == one and has["status"]["inhibitedBy"] for has in found)
        ]

    post(now, now + hour)
    try:
        until = time.monotonic() + 60
        while inhibited() != hidden and time.monotonic() < until:
            time.sleep(0.05)
        assert inhibited() == hidden
    finally:
        post(now - hour, now)
