"""deploy/nginx-status.conf in a real nginx, in front of what a run left."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from demo import servers
from reporters import endpoints, state
from tests.reporters.page_cases import healthy, troubled
from tests.steady import until

SNIPPET = (Path(__file__).parents[2] / "deploy/nginx-status.conf").read_text(encoding="utf-8")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
PUBLIC = "/home/checks/.local/state/verenigingen-checks/public"
PASSWORDS = "/etc/nginx/nginx-status.htpasswd"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    types {{ text/html html; }}
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "the site"; }}
        include {folder}/nginx-status.conf;
    }}
}}
"""


class Nginx:
    """A real one over a `public/` folder, with only the lines changed that its comment says."""

    def __init__(self, folder, public, local="127.0.0.1"):
        (self.port,) = servers.free_ports(1)
        digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
        (folder / "passwords").write_text(f"anna:{{SHA}}{digest}\n")
        assert PUBLIC in SNIPPET
        assert PASSWORDS in SNIPPET
        text = SNIPPET.replace(PUBLIC, str(public)).replace(PASSWORDS, str(folder / "passwords"))
        (folder / "nginx-status.conf").write_text(text.replace("allow 127.0.0.1;", f"allow {local};"))
        user = "user root;" if os.getuid() == 0 else ""
        conf = folder / "nginx.conf"
        conf.write_text(MAIN.format(folder=folder, port=self.port, user=user))
        self.log = folder / "error.log"
        self._process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(conf)], stderr=subprocess.PIPE, text=True
        )
        until(self._listens, "nginx listens")

    def _listens(self):
        assert self._process.poll() is None, self._process.stderr.read()
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self._process.terminate()
        self._process.communicate(timeout=60)

    def __call__(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        self.headers, self.body = answer.headers, answer.read().decode()
        connection.close()
        return answer.status


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    site = healthy(folder)
    made = Nginx(folder, site.public)
    made.public = site.public
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    site = troubled(folder)
    made = Nginx(folder, site.public, local="192.0.2.1")
    made.public = site.public
    yield made
    made.stop()


@pytest.fixture
def fresh(good):
    now = time.time()
    for name in ("up", "fresh"):
        endpoints.mark(good.public / name, now, now + 900)
    return good


def test_health_is_200_while_a_slot_says_so(fresh):
    assert fresh("/health") == 200
    assert json.loads(fresh.body)["status"] == "healthy"
    assert fresh.headers["Content-Type"] == "application/json"
    assert fresh.headers["Cache-Control"] == "no-store"


def test_health_is_503_with_its_body_when_the_data_are_old(good):
    now = time.time()
    for name in ("up", "fresh"):
        endpoints.mark(good.public / name, now - 900, now - 200)
    assert good("/health") == 503
    assert json.loads(good.body)["format"] == 1
    assert good("/api/method/health_check") == 503


def test_health_is_503_while_ill_and_the_method_answers(bad):
    now = time.time()
    endpoints.mark(bad.public / "fresh", now, now + 900)
    assert bad("/health") == 503
    assert json.loads(bad.body)["status"] == "unhealthy"
    assert bad("/api/method/health_check") == 200
    assert json.loads(bad.body)["message"]["checks"]["redis"] is False


def test_the_pages_the_metrics_and_the_badges(fresh):
    for path, kind, text in (
        ("/status", "text/html; charset=utf-8", "All is well"),
        ("/status/internal", "text/html; charset=utf-8", "leden.example.nl"),
        ("/metrics", "text/plain; charset=utf-8", "verenigingen_check_success"),
        ("/history.json", "application/json", "seconds_each"),
        ("/badges/redis.svg", "image/svg+xml", "<svg"),
        ("/api/method/get_error_metrics", "application/json", "errors_1h"),
    ):
        assert fresh(path) == 200, path
        assert fresh.headers["Content-Type"] == kind, path
        assert text in fresh.body
        assert fresh.headers["X-Content-Type-Options"] == "nosniff", path
        assert fresh.headers["Cache-Control"] in ("no-store", "no-cache"), path
        assert fresh(path, "HEAD") == 200
        assert fresh.body == ""
        assert fresh(path, "POST") in (403, 405), path


def test_the_internal_part_asks_for_a_password_from_elsewhere(bad):
    right = base64.b64encode(b"anna:secret").decode()
    state.show(bad.public / "reports" / "index.html", "<p>all reports")
    state.show(bad.public / "reports" / "2026-11-05.html", "<p>a day")
    state.show(bad.public / "status" / "sites" / "leden.example.nl.html", "<p>one of many")
    inside = ("/status/internal", "/status/sites/leden.example.nl.html", "/metrics", "/history.json")
    for path in (*inside, "/reports/", "/reports/2026-11-05.html"):
        assert bad(path) == 401
        assert bad.headers["WWW-Authenticate"] == 'Basic realm="status"'
        assert bad(path, Authorization=f"Basic {right}") == 200
    assert bad("/reports/2026-11-06.html", Authorization=f"Basic {right}") == 404
    assert bad("/reports") == 301
    assert bad.headers["Location"].endswith("/reports/")
    assert bad("/status") == 200


def test_the_site_keeps_the_rest(fresh):
    for path in ("/", "/api/method/ping", "/statuses", "/health/x", "/up/1", "/status/index.html"):
        assert fresh(path) == 200
        assert fresh.body == "the site"
    assert fresh("/badges/none.svg") == 404
    assert fresh("/badges/%2e%2e/health.json") in (200, 400, 404)
    assert "healthy" not in fresh.body


def test_what_is_missing_is_503(tmp_path):
    (tmp_path / "public").mkdir()
    made = Nginx(tmp_path, tmp_path / "public")
    try:
        for path in ("/health", "/status", "/metrics", "/api/method/health_check"):
            assert made(path) == 503, path
    finally:
        made.stop()
