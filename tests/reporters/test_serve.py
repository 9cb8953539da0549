"""The status server: what it says of a run that is well, ill, old or missing, and to whom."""

import base64
import io
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import Document, Secret, Serve, SettingsError
from reporters import serve, state
from reporters.serve import App
from reporters.serve_access import Access
from tests.reporters.page_cases import AT, healthy, results, run, troubled
from tests.steady import shell

TOKEN = "a-token-of-some-length"
ROOT = Path(__file__).parents[2]


class Client:
    """Asks the application as a server would."""

    def __init__(self, public, monkeypatch, access=None):
        self.app = App(public, access or Access())
        self.at = AT + 60
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def __call__(self, path, method="GET", address="192.0.2.9", **headers):
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "REMOTE_ADDR": address,
            "wsgi.input": io.BytesIO(),
        }
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        told = {}

        def start(status, headers):
            told["status"], told["headers"] = int(status[:3]), dict(headers)

        self.body = b"".join(self.app(environ, start)).decode()
        self.headers = told["headers"]
        return told["status"]

    def json(self):
        return json.loads(self.body)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return healthy(tmp_path_factory.mktemp("good")).public


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return troubled(tmp_path_factory.mktemp("bad")).public


@pytest.fixture
def well(good, monkeypatch):
    return Client(good, monkeypatch)


@pytest.fixture
def ill(bad, monkeypatch):
    return Client(bad, monkeypatch, Access(Secret(TOKEN)))


def test_health_is_200_while_well_and_has_an_age(well):
    assert well("/health") == 200
    assert well.json()["status"] == "healthy"
    assert well.json()["document_age_seconds"] == 60
    assert well.headers["Cache-Control"] == "no-store"


def test_degraded_is_still_200(tmp_path, monkeypatch):
    site = healthy(tmp_path)
    site.publish(
        run(*(replace(one, status="failing") if one.check == "error_rate" else one for one in results()))
    )
    client = Client(site.public, monkeypatch)
    assert client("/health") == 200
    assert client.json()["status"] == "degraded"


def test_health_is_503_while_ill(ill):
    assert ill("/health") == 503
    assert ill.json()["status"] == "unhealthy"
    assert ill("/api/method/health_check") == 200
    assert ill.json()["message"]["checks"]["redis"] is False


def test_what_is_old_is_503_and_says_so(well):
    well.at = AT + 1100
    for path, inside in (
        ("/health", False),
        ("/api/method/health_check", True),
        ("/api/method/get_error_metrics", True),
    ):
        assert well(path) == 503
        told = well.json()["message"] if inside else well.json()
        assert told["status"] == "stale"
        assert told["document_age_seconds"] == 1100
    assert well("/status") == 200  # the page itself says that it is old


def test_what_is_missing_or_damaged_is_503(tmp_path, monkeypatch):
    client = Client(tmp_path, monkeypatch)
    assert client("/health") == 503
    assert client.json() == {"status": "missing"}
    assert client("/status") == 503
    for text in ("", "[]", "{}", '{"timestamp": 3}', '{"timestamp": "soon"}', "\x00"):
        (tmp_path / "health.json").write_text(text)
        assert client("/health") == 503, text
        assert client.json() == {"status": "missing"}


def test_error_metrics(well):
    assert well("/api/method/get_error_metrics") == 200
    assert well.json()["message"]["errors_1h"] == 3.0


def test_reports_are_internal_and_their_links_lead_on(good, monkeypatch):
    state.show(good / "reports" / "index.html", "<p>all reports")
    state.show(good / "reports" / "2026-W45.html", "<p>a week")
    someone, anna = Client(good, monkeypatch), Client(good, monkeypatch, Access(Secret(TOKEN)))
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert anna("/reports") == 301
    assert anna.headers["Location"] == "reports/"
    for path, text in (
        ("/reports/", "all"),
        ("/reports/index.html", "all"),
        ("/reports/2026-W45.html", "a week"),
    ):
        assert someone(path) == 403
        assert anna(path) == 401
        assert anna(path, **bearer) == 200
        assert text in anna.body
    assert anna("/reports/2026-W46.html", **bearer) == 503
    for path in ("/reports/../health.json", "/reports/2026-11-05.html\n", "/reports/x.html", "/reports//"):
        assert anna(path, **bearer) == 404


def test_a_page_of_one_of_many_sites_is_internal(good, monkeypatch):
    state.show(good / "status" / "sites" / "leden.example.nl.html", "<p>one of many")
    anna = Client(good, monkeypatch, Access(Secret(TOKEN)))
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert anna("/status/sites/leden.example.nl.html") == 401
    assert anna("/status/sites/leden.example.nl.html", **bearer) == 200
    assert anna.body == "<p>one of many"
    assert anna("/status/sites/none.html", **bearer) == 503
    for path in (
        "/status/sites/../index.html",
        "/status/sites/a/b.html",
        "/status/sites/",
        "/status/sites/a.html\n",
    ):
        assert anna(path, **bearer) == 404


@pytest.mark.parametrize("path", ["/status/internal", "/metrics", "/history.json"])
def test_what_is_internal_is_closed_until_someone_is_let_in(well, path):
    assert well(path) == 403
    assert well(path, address="127.0.0.1") == 403
    assert well("/status/internal/") == 403


@pytest.mark.parametrize("path", ["/status/internal", "/metrics", "/history.json"])
def test_the_token_opens_it(ill, path):
    assert ill(path) == 401
    assert ill.headers["WWW-Authenticate"].startswith("Basic")
    basic = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    for given in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Basic {basic}"):
        assert ill(path, authorization=given) == 200, given
        assert ill.headers["Cache-Control"] == "no-store"
    for given in (
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {TOKEN}x",
        f"Token {TOKEN}",
        "Basic %%%",
        "Basic /w==",
        TOKEN,
        "Bearer \udcff",
    ):
        assert ill(path, authorization=given) == 401, given
        assert TOKEN not in ill.body


def test_an_address_opens_it_but_not_a_proxys(tmp_path, monkeypatch):
    given = serve.access(type("D", (), {"serve": Serve(allow=("10.0.0.0/8", "::1"))})())
    client = Client(healthy(tmp_path).public, monkeypatch, given)
    for address in ("10.1.2.3", "::1", "::ffff:10.1.2.3"):
        assert client("/metrics", address=address) == 200, address
        assert client("/metrics", address=address, x_forwarded_for="10.0.0.1") == 403
        assert client("/metrics", address=address, forwarded="for=10.0.0.1") == 403
    for address in ("11.1.2.3", "", "unix", "::2"):
        assert client("/metrics", address=address, x_forwarded_for="10.0.0.1") == 403, address
        assert client("/metrics", address=address) == 403, address


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Serve(token=Secret("short")), "serve.token: must have at least 16"),
        (Serve(allow=("10.0.0.1/8",)), "serve.allow"),
        (Serve(allow=("here",)), "serve.allow"),
        (Serve(token_file="/nowhere"), "serve.token_file"),
    ],
)
def test_settings_that_cannot_work(given, said):
    with pytest.raises(SettingsError, match=said) as error:
        serve.access(type("D", (), {"serve": given})())
    assert "short" not in str(error.value)


def test_without_a_section_nobody_is_let_in():
    assert serve.access(Document()) == Access()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "", "get"])
def test_only_get_and_head(well, method):
    assert well("/health", method) == 405
    assert well.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/health", "/status", "/badges/redis.svg", "/nothing"])
def test_head_has_the_headers_and_no_body(well, path):
    status = well(path)
    expected, length = dict(well.headers), len(well.body.encode())
    assert well(path, "HEAD") == status
    assert well.body == ""
    assert well.headers == expected
    assert well.headers["Content-Length"] == str(length)


@pytest.mark.parametrize(
    "path",
    ["", "/", "//health", "/badges/", "/badges/../health.json", "/badges/..%2fx.svg", "/badges/x/y.svg", "/health.json",
     "/../history.sqlite", "/badges/none.svg", "/badges/a\x00.svg", "/badges/a.svg\n", "/status/index.html", "/up/1"],
)  # fmt: skip
def test_nothing_else_is_there(well, path):
    assert well(path) == 404


def test_every_answer_has_the_headers_of_a_careful_server(ill):
    for path in ("/health", "/status", "/metrics", "/badges/redis.svg", "/nothing"):
        ill(path)
        assert "frame-ancestors 'none'" in ill.headers["Content-Security-Policy"]
        assert ill.headers["X-Content-Type-Options"] == "nosniff"
        assert ill.headers["Referrer-Policy"] == "no-referrer"
        assert ill.headers["Cache-Control"]


def test_a_copy_that_is_present_is_not_sent_again(well):
    assert well("/status") == 200
    tag = well.headers["ETag"]
    assert well("/status", if_none_match=f'"other", W/{tag}') == 304
    assert well.body == ""
    assert well("/status", if_none_match='"other"') == 200


def start(tmp_path, *more):
    settings = tmp_path / "checks.toml"
    settings.write_text(f'state = "{tmp_path / "state"}"\n')
    return subprocess.Popen(
        [sys.executable, "-m", "reporters.serve", "--settings", str(settings), "--port", "0", *more],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=shell(),
    )  # fmt: skip


def test_the_process_serves_and_ends(tmp_path):
    healthy(tmp_path)
    process = start(tmp_path)
    try:
        base = "http://" + re.search(r"serving on (\S+)", process.stdout.readline())[1]
        with urllib.request.urlopen(base + "/status", timeout=60) as answer:
            assert answer.headers.get_content_type() == "text/html"
            assert "server" not in {name.lower() for name in answer.headers}
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(base + "/health", timeout=60)
        assert error.value.code == 503  # the run is of another year
        assert json.loads(error.value.read())["status"] == "stale"
        error.value.close()
        with urllib.request.urlopen(
            urllib.request.Request(base + "/badges/redis.svg", method="HEAD"), timeout=60
        ) as answer:
            assert int(answer.headers["Content-Length"]) > 100
            assert answer.read() == b""
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""


def test_a_wrong_start_is_one_line(tmp_path):
    process = start(tmp_path, "--host", "nowhere")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert errors.startswith("serve: ")
    assert errors.count("\n") == 1
