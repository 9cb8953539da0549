"""A scheduled run against a real Pushgateway, and against one that is bad in every way."""

from __future__ import annotations

import contextlib
import sqlite3
import time

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from demo import certificates, servers, stack
from demo.proxy import Proxy
from tests.servers import answer, dribble, hang, leave, reset, serving

CHECKS = """
@check(host("load_per_core"), unit="x", warning=1e6, metric="verenigingen_load", smoke=True)
def test_load(value, limit):
    '''The load.'''
    assert value <= limit

@check(host("disk_used_percent"), unit="%", high=-1)
def test_full(value, limit):
    '''Never so.'''
    assert value <= limit

@check(host("inodes_used_percent"), unit="%", high=101, every="hourly")
def test_inodes(value, limit):
    '''Some.'''
    assert value <= limit
"""
HASH = "$2b$04$mbpqS7m4qHhs1EnVf3tgUe2AOfzLn9MRRk9vF2tnTsUzV/zi/ayPS"
"""What bcrypt makes of the password below."""


class Gateway:
    """A real Pushgateway, asked as Prometheus asks it."""

    def __init__(self, **options):
        (self.port,) = servers.free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = stack.pushgateway(self.port, **options)
        self.start()

    def start(self):
        servers.start(self._server)

    def stop(self):
        self._server.stop()

    def samples(self):
        text = requests.get(f"{self.url}/metrics", timeout=60).text
        return [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name.startswith(("verenigingen_", "push_"))
        ]

    def values(self, name, **labels):
        return [
            sample.value
            for sample in self.samples()
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def checks(self, **labels):
        name = "verenigingen_check_unknown"
        return {
            one.labels["check"]
            for one in self.samples()
            if one.name == name and labels.items() <= one.labels.items()
        }


@pytest.fixture
def gateway():
    made = Gateway()
    yield made
    made.stop()


@pytest.fixture
def pushing(project, gateway):
    project.checks(CHECKS)

    def configure(url=gateway.url, sites=("one.test",), more="", timeout=30):
        tables = "\n".join(f'[sites."{site}"]' for site in sites)
        project.settings(f'[pushgateway]\nurl = "{url}"\ntimeout = {timeout}\n{more}\n{tables}\n')

    configure()

    def run(*arguments, **options):
        return project.run("checks", "--publish", *arguments, **options)

    run.configure, run.project = configure, project
    run.history = project.folder / "state/history.sqlite"
    return run


def test_a_full_run_is_pushed_as_the_text_file_has_it(pushing, gateway):
    started = time.time()
    pushing()
    assert gateway.checks(site="one.test", suite="full", job="verenigingen_checks") == {
        "load",
        "full",
        "inodes",
    }
    assert gateway.values("verenigingen_check_success", check="full") == [0]
    assert gateway.values("verenigingen_check_limit", check="load", severity="warning") == [1e6]
    assert gateway.values("verenigingen_load", site="one.test")[0] > 0
    assert gateway.values("verenigingen_run_timestamp_seconds")[0] >= started
    assert gateway.values("verenigingen_run_checks", status="failing") == [1]
    assert gateway.values("push_failure_time_seconds") == [0]
    text = (pushing.project.folder / "state/public/metrics.prom").read_text()
    in_file = {
        (sample.name, *sorted(sample.labels.items()), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    pushed = {
        (
            one.name,
            *sorted((key, value) for key, value in one.labels.items() if key not in ("job", "instance")),
            one.value,
        )
        for one in gateway.samples()
        if one.name.startswith("verenigingen_")
    }
    assert in_file == pushed


def test_a_check_that_is_not_due_keeps_its_series(pushing, gateway):
    pushing()
    first = gateway.values("verenigingen_check_timestamp_seconds", check="inodes")
    outcome = pushing()
    assert outcome.statuses()["skipped"] == {"inodes[high]"}
    assert gateway.values("verenigingen_check_timestamp_seconds", check="inodes") == first
    assert gateway.values("verenigingen_check_success", check="inodes") == [1]
    assert gateway.values("verenigingen_run_judged_items") == [2]


def test_a_check_that_is_gone_is_gone_there(pushing, gateway):
    pushing()
    pushing.project.checks(CHECKS.partition('@check(host("inodes')[0])
    pushing()
    assert gateway.checks() == {"load", "full"}


def test_each_site_has_its_group_and_one_that_is_gone_has_none(pushing, gateway):
    pushing.configure(sites=("one.test", "two.test"))
    pushing()
    for site in ("one.test", "two.test"):
        assert gateway.checks(site=site) == {"load", "full", "inodes"}
        assert gateway.values("verenigingen_run_checks", site=site, status="failing") == [1]
    pushing.configure(sites=("two.test",))
    pushing("-k", "load")  # a part says nothing about which sites there are
    assert gateway.checks(site="one.test")
    pushing()
    assert not gateway.checks(site="one.test")
    assert gateway.checks(site="two.test") == {"load", "full", "inodes"}


@pytest.mark.parametrize("selection", [["-k", "load"], ["-m", "smoke"], ["--site", "one.test"]])
def test_a_part_is_not_pushed(pushing, gateway, selection):
    pushing(*selection)
    assert not gateway.checks()
    pushing()
    before = gateway.samples()
    pushing(*selection)
    assert gateway.samples() == before


def test_a_part_with_a_name_has_a_group_of_its_own(pushing, gateway):
    pushing()
    full = gateway.values("verenigingen_check_timestamp_seconds", suite="full")
    pushing("-m", "smoke", "--suite", "smoke")
    assert gateway.checks(suite="smoke") == {"load"}
    assert gateway.values("verenigingen_run_complete", suite="smoke") == [1]
    assert gateway.values("verenigingen_check_timestamp_seconds", suite="full") == full
    assert gateway.checks(suite="full") == {"load", "full", "inodes"}


def test_a_wrong_name_is_refused(pushing):
    outcome = pushing("--suite", "Smoke/1")
    assert outcome.status == 4
    assert "--suite = 'Smoke/1': allowed:" in outcome.text


def test_a_run_that_ends_early_says_so_and_leaves_the_checks(pushing, gateway):
    pushing()
    before = gateway.values("verenigingen_check_timestamp_seconds")
    completed = gateway.values("verenigingen_run_last_complete_timestamp_seconds")
    pushing.project.checks(CHECKS.replace('every="hourly"', ""))
    outcome = pushing("-x")
    assert "cut short" in outcome.text
    assert gateway.values("verenigingen_run_complete") == [0]
    assert gateway.values("verenigingen_run_last_complete_timestamp_seconds") >= completed
    assert len(gateway.values("verenigingen_check_timestamp_seconds")) == len(before)


BAD = {
    "down": (None, "connection refused"),
    "hangs": (hang, "no answer within 0.5 s"),
    "leaves": (leave, "the connection broke before the answer was complete"),
    "breaks": (reset, "the connection broke before the answer was complete"),
    "dribbles": (dribble, "the answer did not end in time"),
    "400": (
        answer("HTTP/1.1 400 Bad Request", b"pushed metrics are invalid"),
        "answered 400: pushed metrics are invalid",
    ),
    "500": (answer("HTTP/1.1 500 Internal Server Error\nContent-Length: 0"), "answered 500"),
    "redirects": (answer("HTTP/1.1 302 Found\nLocation: /\nContent-Length: 0"), "answered 302"),
    "other": (answer("SSH-2.0-OpenSSH"), "the connection broke before the answer was complete"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_gateway_changes_no_outcome_and_the_next_run_repairs_it(pushing, gateway, name):
    behave, words = BAD[name]
    with contextlib.ExitStack() as bad:
        port = bad.enter_context(serving(behave)) if behave else servers.free_ports(1)[0]
        seconds = {"hangs": 0.5, "dribbles": 1.5}.get(name, 30)
        pushing.configure(url=f"http://127.0.0.1:{port}", timeout=seconds)
        outcome = pushing()
        assert outcome.status == 1
        assert [line for line in outcome.text.splitlines() if "FAILED" in line and "pushgateway" in line]
        assert words in outcome.text
        assert outcome.checks("passed") == {"load", "inodes"}
        pushing()
    pushing.configure()
    outcome = pushing()
    assert "FAILED" not in outcome.text.replace("test_full", "").partition("pushgateway")[2]
    assert gateway.checks() == {"load", "full", "inodes"}
    assert gateway.values("verenigingen_reporter_failures", reporter="pushgateway") == [2]
    pushing()
    assert gateway.values("verenigingen_reporter_failures", reporter="pushgateway") == [0]


def test_a_gateway_that_loses_all_and_comes_back_is_filled_by_the_next_run(pushing, gateway):
    pushing()
    gateway.stop()
    assert "pushgateway FAILED: connection refused" in pushing().text
    gateway.start()
    assert not gateway.checks()
    pushing()
    assert gateway.checks() == {"load", "full", "inodes"}


def test_a_slow_gateway_is_waited_for(pushing, gateway):
    with Proxy(gateway.port, delay=0.2) as proxy:
        pushing.configure(url=f"http://127.0.0.1:{proxy.port}")
        pushing()
    assert gateway.checks()


def test_over_tls_with_an_account(pushing, tmp_path):
    certificates.make(tmp_path)
    (tmp_path / "web.yml").write_text(
        f"tls_server_config: {{cert_file: {tmp_path}/site.pem, key_file: {tmp_path}/site.pem}}\n"
        f"basic_auth_users: {{checks: '{HASH}'}}\n"
    )
    (tmp_path / "password").write_text("geheim é\n", encoding="utf-8")
    gateway = Gateway(web_config=tmp_path / "web.yml")
    try:
        account = f'user = "checks"\npassword_file = "{tmp_path}/password"\n'
        url = f"https://localhost:{gateway.port}"
        pushing.configure(url=url, more=account)
        assert "pushgateway FAILED: the TLS certificate" in pushing().text
        account += f'tls_ca = "{tmp_path}/ca.pem"\n'
        pushing.configure(url=url, more=account.replace('user = "checks"', 'user = "other"'))
        assert "pushgateway FAILED: the Pushgateway answered 401" in pushing().text
        pushing.configure(url=url, more=account)
        outcome = pushing()
        assert "pushgateway FAILED" not in outcome.text
        assert "geheim" not in outcome.text
        asked = requests.get(
            f"{url}/metrics", auth=(b"checks", "geheim é".encode()), verify=tmp_path / "ca.pem", timeout=60
        )
        assert 'verenigingen_check_success{check="load"' in asked.text
    finally:
        gateway.stop()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('url = "gateway:9091"', "pushgateway.url: must be http:// or https://"),
        ('url = "http://a:b@gateway"', "pushgateway.url: must be http:// or https://"),
        ('url = "https://gateway"\ntls_ca = "/none.pem"', "pushgateway.tls_ca = /none.pem: no such file"),
        (
            'url = "http://gateway"\nuser = "a"\npassword_file = "/none"',
            "pushgateway.password_file = /none: cannot be",
        ),
        ('url = "http://gateway"\ntimeout = 0', "pushgateway.timeout = 0"),
    ],
)
def test_wrong_settings_are_one_line_before_anything_runs(project, line, words):
    project.checks(CHECKS)
    project.settings(f'[pushgateway]\n{line}\n[sites."one.test"]')
    outcome = project.run("checks", "--publish")
    assert outcome.status == 4
    assert words in outcome.text
    assert not outcome.document


def test_failures_are_counted_with_their_words(pushing):
    pushing.configure(url=f"http://127.0.0.1:{servers.free_ports(1)[0]}")
    pushing()
    with contextlib.closing(sqlite3.connect(pushing.history)) as file:
        rows = file.execute("SELECT name, failures, error FROM reporters ORDER BY name").fetchall()
    assert ("pushgateway", 1, "connection refused") in rows
    assert ("health.json", 0, "") in rows
