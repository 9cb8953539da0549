"""Runs of the demo as everything shows them: the same figures everywhere, and a report that is mailed."""

import html
import json
import re
import sqlite3
from contextlib import closing
from functools import partial
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP
from prometheus_client.parser import text_string_to_metric_families

from reporters.daily.forms import number
from reporters.terminal import figure
from tests.conftest import ROOT, run_pytest
from tests.reporters.test_mail import Post, Server
from tests.reporters.test_report_browser import CHROMIUM, axe, browser, reader

__all__ = ["browser", "reader"]  # fixtures

DAY = 86400
SETTINGS = """
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "checks@example.nl"
to = ["beheer@example.nl"]

[report]
at = "00:00"
url = "https://status.example.nl/reports"
"""


@pytest.fixture(scope="module")
def shown(demo, tmp_path_factory):
    """A day of one run with a fault, and the run after it, which writes and mails that day's report."""
    folder, post = tmp_path_factory.mktemp("shown"), Post()
    server = Server(partial(SMTP, post), None)
    settings = folder / "checks.toml"
    text = re.sub(r"^state = .*$", f'state = "{folder / "state"}"', demo.settings.read_text(), flags=re.M)
    text = text.replace("[alerts]\n", "[alerts]\nafter = 1\nafter_critical = 1\n")
    settings.write_text(text + SETTINGS.format(port=server.port))

    def run(*arguments):
        return run_pytest(ROOT, *arguments, "--settings", str(settings))

    with demo.broken("sepa_batch_failed"):
        run("checks", "--publish")
        with closing(sqlite3.connect(folder / "state" / "history.sqlite")) as file, file:
            file.executescript(
                f"UPDATE runs SET started = started - {DAY};"
                "INSERT INTO stale_hours SELECT hour - 24 FROM stale_hours;"
                f"INSERT INTO samples SELECT item, observed_at - {DAY}, status, value, limit_value, microseconds,"
                " reason FROM samples;"
                "UPDATE alerts SET alert = CAST(json_set(CAST(alert AS TEXT), '$.since',"
                f" alert ->> '$.since' - {DAY}) AS BLOB);"
            )
        second = run("checks", "--publish")
        asked = run("checks", "--report", "today")
    server.stop()
    public = folder / "state" / "public"
    pages = sorted((public / "reports").glob("2*.html"))
    return SimpleNamespace(run=second, asked=asked, public=public, pages=pages, post=post)


@pytest.fixture(scope="module")
def values(shown):
    """Check -> its value in Prometheus, of checks with one; the highest of its limits' where they differ."""
    found = {}
    for family in text_string_to_metric_families((shown.public / "metrics.prom").read_text()):
        for sample in family.samples:
            if sample.name == "verenigingen_check_value":
                check = sample.labels["check"]
                found[check] = max(found.get(check, sample.value), sample.value)
    return found


def test_the_demo_has_figures_and_a_fault(shown, values):
    assert len(values) > 100
    assert "sepa_failed_batches" in shown.run.checks("failed")
    assert values["sepa_failed_batches"] > 0
    assert shown.asked.status == 0


def test_health_json_has_prometheus_figures(shown, values):
    told = json.loads((shown.public / "health.json").read_text())["checks"]
    for check, value in values.items():
        assert float(told[check]["value"]) == value, check


def test_the_page_has_prometheus_figures(shown, values):
    text = (shown.public / "status" / "index.html").read_text()
    units = {
        name: one["unit"]
        for name, one in json.loads((shown.public / "health.json").read_text())["checks"].items()
    }
    rows = dict(
        re.findall(r'<p class="name">(?:<a [^>]*>)?<bdi>(\w+)</bdi>.*?</div>\n<div>(.*?)</div>', text, re.S)
    )
    for check, value in values.items():
        assert f"<bdi>{html.escape(figure(value, units[check]))}</bdi>" in rows[check], check


def test_the_report_has_prometheus_figures(shown, values):
    text = shown.pages[-1].read_text()
    cards = re.findall(
        r'<article class="card">\n<h3>.*?<bdi[^>]*>(\w+)</bdi>.*?<p class="now">(.*?)</p>', text, re.S
    )
    units = {
        name: one["unit"]
        for name, one in json.loads((shown.public / "health.json").read_text())["checks"].items()
    }
    told = {check: html.unescape(re.sub(r"<[^>]+>", "", words)) for check, words in cards}
    assert len(told) > 10
    for check, words in told.items():
        assert number(values[check], units[check], "en") in words, check


def test_the_endpoint_of_the_first_request_has_them(shown, values):
    told = json.loads((shown.public / "api" / "get_error_metrics.json").read_text())["message"]
    assert told["errors_24h"] == values["errors_24h"]


def test_the_report_is_mailed_once_and_tells_of_the_fault(shown):
    (sent,) = [one.mail for one in shown.post.got if one.mail["Subject"].startswith("Daily report")]
    text = sent.get_body(("plain",)).get_content()
    page = sent.get_body(("html",)).get_content()
    for told in (text, page, shown.pages[0].read_text()):
        assert "sepa_failed_batches" in told
    images = {
        part["Content-ID"].strip("<>") for part in sent.walk() if part.get_content_type() == "image/png"
    }
    assert set(re.findall(r'src="cid:([^"]+)"', page)) == images != set()
    assert not re.search(r"""(?:src|background)=["'](?!cid:)|url\(|@import|<link|<script""", page)
    named = set(re.findall(r"\b[a-z]+_[a-z0-9_]+\b", re.sub(r"<[^>]+>", " ", page.partition("<body")[2])))
    assert {name for name in named if name not in text} == set()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_pages_of_the_demo_in_a_browser(shown, reader):
    for path in (*shown.pages, shown.public / "status" / "index.html"):
        one = reader(path.read_text())
        assert axe(one) == []
        assert "sepa_failed_batches" in one.inner_text("body")
