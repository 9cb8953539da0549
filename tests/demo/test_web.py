"""The web front answers as a Frappe site does."""

from __future__ import annotations

import re

import pytest
import requests

from demo.fault import behave
from demo.faults_web import WELL
from demo.site import Demo


@pytest.fixture
def get(site: Demo):
    def one(path: str, method: str = "GET", host: str = "vereniging.demo") -> requests.Response:
        return requests.request(
            method,
            f"https://localhost:{site.port('https')}{path}",
            headers={"Host": host},
            verify=str(site.folder / "tls" / "ca.pem"),
            timeout=60,
            allow_redirects=False,
        )

    return one


def test_ping(get):
    answer = get("/api/method/ping")
    assert (answer.status_code, answer.json()) == (200, {"message": "pong"})
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/api/method/ping", 403),
        ("POST", "/api/method/login", 401),
        ("GET", "/api/resource/User", 403),
        ("GET", "/api/method/no.such.method", 417),
        ("GET", "/no-such-page", 404),
    ],
)
def test_what_a_guest_is_refused(get, method, path, status):
    assert get(path, method).status_code == status


def test_the_login_page_and_its_files(get):
    page = get("/login")
    assert page.status_code == 200
    assert {"login_email", "login_password"} <= set(re.findall(r'id="(\w+)"', page.text))
    files = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)
    assert len(files) >= 2
    assert {get(file).status_code for file in files} == {200}


@pytest.mark.parametrize("host", ["unknown.invalid", "localhost", "127.0.0.1"])
def test_another_host_is_no_site(get, host):
    answer = get("/api/method/ping", host=host)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html")


def test_the_port_in_the_host_does_not_matter(get):
    assert get("/api/method/ping", host="vereniging.demo:8443").status_code == 200


def test_plain_http_leads_to_https(site):
    answer = requests.get(f"http://localhost:{site.port('http')}/", timeout=60, allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"].startswith("https://")


def test_maintenance_is_503_for_the_api_and_500_for_pages(site, get):
    with site.broken("maintenance"):
        assert get("/api/method/ping").status_code == 503
        assert get("/api/method/ping").json()["exc_type"] == "SessionStopped"
        assert get("/login").status_code == 500
        assert get("/api/method/ping", host="unknown.invalid").status_code == 404
    assert get("/login").status_code == 200


def test_without_the_database_every_answer_is_the_servers_own_500(site, get):
    with site.broken("db_down"):
        answer = get("/api/method/ping")
        assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html")
        assert get("/api/method/ping", host="unknown.invalid").status_code == 404
    assert get("/api/method/ping").status_code == 200


@pytest.mark.parametrize(
    ("fault", "path", "status"),
    [
        ("web_error", "/api/method/ping", 500),
        ("login_broken", "/login", 500),
        ("assets_missing", "/assets/frappe/dist/css/login.bundle.css", 404),
    ],
)
def test_a_fault_comes_and_goes(site, get, fault, path, status):
    with site.broken(fault):
        assert get(path).status_code == status
    assert get(path).status_code == 200


@pytest.mark.parametrize(
    ("fault", "words"),
    [("tls_untrusted", "unable to get local issuer|self.signed"), ("tls_expired", "expired")],
)
def test_a_bad_certificate_is_refused_and_replaced(site, get, fault, words):
    with site.broken(fault), pytest.raises(requests.exceptions.SSLError, match=words):
        get("/api/method/ping")
    assert get("/api/method/ping").status_code == 200


@pytest.mark.parametrize(("version", "by_get"), [(15, 200), (16, 403)])
def test_each_version_of_frappe_is_logged_out_in_its_own_way(site, get, version, by_get):
    behave(frappe=version)(site)
    try:
        assert get("/?cmd=web_logout").status_code == by_get
        assert (
            get("/api/method/logout", "POST").status_code == 200
        )  # nobody is logged in: no token to compare
    finally:
        WELL(site)
