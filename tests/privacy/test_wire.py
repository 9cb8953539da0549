"""What goes over the wire: TLS is verified, from 1.2 on; nothing is sent on to another host; no password in clear."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from demo import certificates
from fixtures.observe import observe
from fixtures.probes.certificate import tls
from fixtures.probes.database import connect
from fixtures.probes.http import http
from fixtures.probes.redis import redis
from fixtures.schema import (
    Alertmanager,
    Apprise,
    Document,
    Heartbeat,
    Mail,
    Pushgateway,
    Secret,
    Slack,
    Webhook,
)
from fixtures.site import sites
from reporters import alertmanager, heartbeat, mail, slack, sms, webhook
from reporters.outbound import Undelivered
from reporters.reaching import pushgateway as ready
from tests.authority import Authority
from tests.privacy.canaries import Search, canary
from tests.reporters.receiving import DOWN, TEST, serving_http
from tests.servers import PATIENCE_SECONDS, serving

PASSWORD = canary("wire", "-")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("wire")
    certificates.make(made)
    older = Authority("old", old=True)
    older.write(made / "old.pem")
    older.issue(made / "old-site.pem", (-1, 300))
    return made


def old(context: ssl.SSLContext) -> ssl.SSLContext:
    """A server that knows TLS 1.0 and 1.1 only."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):  # which is what they are: deprecated
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


@contextlib.contextmanager
def encrypted(folder: Path, kind: str) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS server: good, with a stranger's certificate, for another name, or an old one; and what it heard."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "older tools":
        context.load_cert_chain(folder / "old-site.pem")
    elif kind in ("stranger", "another name"):
        authority = trustme.CA() if kind == "stranger" else _authority(folder)
        name = "localhost" if kind == "stranger" else "other.example"
        authority.issue_cert(name).configure_cert(context)
    else:
        context.load_cert_chain(folder / "site.pem")
    if kind == "old":
        old(context)
    heard: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            heard.append(request(secure))
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with serving(behave) as port:
        yield port, heard


def request(connection: socket.socket) -> bytes:
    """All of it: a body that is left unread has the connection reset, maybe before the answer is seen."""
    got = connection.recv(65536)
    while (length := re.search(rb"\r\nContent-Length: (\d+)\r\n", got, re.IGNORECASE)) and (
        len(got.partition(b"\r\n\r\n")[2]) < int(length[1])
    ):
        if not (more := connection.recv(65536)):
            break
        got += more
    return got


def _authority(folder: Path) -> trustme.CA:
    return trustme.CA.from_pem((folder / "ca.pem").read_bytes(), (folder / "ca.key").read_bytes())


def site(**sections):
    document = Document(sites={"one": _sections(**sections)}, timeouts=_timeouts())
    return sites(document)[0]


def _timeouts():
    from fixtures.schema import Timeouts as Given

    return Given(connect=30, read=30, probe=60)


def _sections(**sections):
    from fixtures.schema import Sections

    return Sections(**sections)


def _web(port: int, ca: str | None):
    from fixtures.schema import Web

    return site(web=Web(url=f"https://localhost:{port}", tls_ca=ca))


def probes_web(port: int, ca: str | None) -> None:
    seen = observe(_web(port, ca), http("/x"))
    if seen.error:
        raise Undelivered(seen.error)


def probes_certificate(port: int, ca: str | None) -> None:
    seen = observe(_web(port, ca), tls())
    if not seen.value.valid:
        raise Undelivered(seen.value.error)


CLIENTS: dict[str, Callable[[int, str | None], object]] = {
    "web": probes_web,
    "certificate": probes_certificate,
    "webhook": lambda port, ca: webhook.send(
        Webhook(url=Secret(f"https://localhost:{port}/{PASSWORD}"), tls_ca=ca, timeout=30), TEST, {}
    ),
    "alertmanager": lambda port, ca: alertmanager.send(
        Alertmanager(
            url=f"https://localhost:{port}", user="u", password=Secret(PASSWORD), tls_ca=ca, timeout=30
        ),
        DOWN,
        {},
    ),
    "pushgateway": lambda port, ca: _pushed(
        Pushgateway(
            url=f"https://localhost:{port}", user="u", password=Secret(PASSWORD), tls_ca=ca, timeout=30
        )
    ),
    "mail": lambda port, ca: mail.send(
        Mail(
            host="localhost",
            port=port,
            security="tls",
            user="u",
            password=Secret(PASSWORD),
            sender="a@b.nl",
            to=["a@b.nl"],
            tls_ca=ca,
            timeout=2,  # as long as it waits for the greeting of what is no mail server
        ),
        TEST,
        {},
    ),
}
BY_SYSTEM: dict[str, Callable[[int], object]] = {
    "heartbeat": lambda port: heartbeat.start(
        Heartbeat(url=Secret(f"https://localhost:{port}/{PASSWORD}"), timeout=30), "run"
    ),
    "Slack": lambda port: slack.send(
        Slack(webhook=Secret(f"https://localhost:{port}/{PASSWORD}"), timeout=30), TEST, {}
    ),
    "Apprise": lambda port: sms.send(
        Apprise(urls=[Secret(f"jsons://u:{PASSWORD}@localhost:{port}/{PASSWORD}")], timeout=30), TEST, {}
    ),
}
"""Those that have no authority of their own: the system's, which no test's server has."""


def _pushed(settings: Pushgateway) -> None:
    (found,) = ready(settings)
    if found.level != "ok":
        raise Undelivered(found.said)


def _redis(port: int) -> None:
    from fixtures.schema import Redis

    seen = observe(site(redis=Redis(queue=Secret(f"rediss://:{PASSWORD}@localhost:{port}"))), redis("queue"))
    assert seen.value is not None
    if not seen.value.answers:
        raise Undelivered(str(seen.value.error))


BY_SYSTEM["Redis"] = _redis


@pytest.fixture
def strict(monkeypatch):
    """As Python 3.13 and urllib3 on it choose, on whichever is at hand."""
    import urllib3.connection

    def strictly(make):
        def made(*given, **options):
            context = make(*given, **options)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            return context

        return made

    monkeypatch.setattr(ssl, "create_default_context", strictly(ssl.create_default_context))
    found = urllib3.connection.create_urllib3_context
    monkeypatch.setattr(urllib3.connection, "create_urllib3_context", strictly(found))


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(("kind", "ca"), [("good", "ca.pem"), ("older tools", "old.pem")])
@pytest.mark.parametrize("name", CLIENTS)
def test_an_authority_of_ones_own_is_enough(folder, name, kind, ca):
    """On each Python, also where its certificates have no authority key identifier."""
    with encrypted(folder, kind) as (port, _):
        try:
            CLIENTS[name](port, str(folder / ca))
        except Undelivered as error:  # what answers is no mail server, and none of Alertmanager
            why = f"{name}: {error}"
        else:
            why = ""
    assert not why or (name in ("mail", "alertmanager") and "certificate" not in why)


@pytest.mark.parametrize("kind", ["stranger", "another name", "old"])
@pytest.mark.parametrize("name", CLIENTS)
def test_no_other_certificate_and_no_old_tls(folder, name, kind):
    with encrypted(folder, kind) as (port, heard), pytest.raises(Undelivered):
        CLIENTS[name](port, str(folder / "ca.pem"))
    assert not any(heard)  # a refused certificate is looked at once more, and nothing is said


@pytest.mark.parametrize("name", BY_SYSTEM)
def test_what_the_system_does_not_know_is_refused(folder, name):
    with encrypted(folder, "good") as (port, heard), pytest.raises(Undelivered):
        BY_SYSTEM[name](port)
    assert heard == []


@pytest.mark.parametrize("name", BY_SYSTEM)
def test_no_old_tls_even_of_a_known_authority(folder, name, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))
    with encrypted(folder, "old") as (port, heard), pytest.raises(Undelivered):
        BY_SYSTEM[name](port)
    assert heard == []


def test_the_old_server_would_be_heard_by_who_takes_old_tls(folder):
    """So that the tests above can fail."""
    context = old(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.load_verify_locations(folder / "ca.pem")
    with (
        encrypted(folder, "old") as (port, heard),
        socket.create_connection(("localhost", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"hello")
        assert secure.recv(100)
    assert heard == [b"hello"]


SENT = {
    "webhook": lambda url: webhook.send(Webhook(url=Secret(f"{url}/{PASSWORD}"), timeout=30), TEST, {}),
    "Slack's webhook": lambda url: slack.send(
        Slack(webhook=Secret(f"{url}/{PASSWORD}"), timeout=30), TEST, {}
    ),
    "Slack's bot": lambda url: slack.send(
        Slack(token=Secret(f"xoxb-{PASSWORD}"), channel="C1", api_url=f"{url}/api", timeout=30), TEST, {}
    ),
    "heartbeat": lambda url: heartbeat.start(Heartbeat(url=Secret(f"{url}/{PASSWORD}"), timeout=30), "run"),
    "Alertmanager": lambda url: alertmanager.send(
        Alertmanager(url=url, user="u", password=Secret(PASSWORD), timeout=30), DOWN, {}
    ),
    "Pushgateway": lambda url: _pushed(Pushgateway(url=url, user="u", password=Secret(PASSWORD))),
    "Apprise": lambda url: sms.send(
        Apprise(urls=[Secret(f"json://u:{PASSWORD}@{url[7:]}/{PASSWORD}?+X-Token={PASSWORD}")], timeout=30),
        TEST,
        {},
    ),
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_not_sent_on(name, status):
    with serving_http() as first, serving_http() as other:
        first.replies = [
            (status, {"Location": f"http://127.0.0.1:{other.server.server_port}/other"}, b"")
        ] * 5
        with pytest.raises(Undelivered):
            SENT[name](first.url())
        assert first.got
        assert other.got == []


def test_a_redirect_of_the_site_takes_nothing_along():
    """Pages may lead elsewhere, as a log-in does; no cookie and no account goes there."""
    from fixtures.schema import Web

    with serving_http() as first, serving_http() as other:
        away = {
            "Location": f"http://127.0.0.1:{other.server.server_port}/other",
            "Set-Cookie": f"sid={PASSWORD}; Path=/",
            "WWW-Authenticate": "Basic realm=x",
        }
        first.replies = [(302, away, b"")]
        seen = observe(site(web=Web(url=first.url())), http("/login"))
    assert seen.error is None
    (got,) = other.got
    assert not {"Authorization", "Cookie", "Referer"} & {*got.headers}
    assert not Search(PASSWORD).found(str(got.headers))


def _packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


GREETING = (
    b"\x0a11.4.0-MariaDB\x00"
    + (1).to_bytes(4, "little")
    + b"a" * 8
    + b"\x00"
    + (0xF7FF & ~0x0800).to_bytes(2, "little")
    + b"\x2d\x02\x00"
    + (0x000F | 0x0008).to_bytes(2, "little")
    + b"\x15"
    + b"\x00" * 10
    + b"b" * 12
    + b"\x00"
    + b"mysql_native_password\x00"
)
"""Of a server that has no TLS and chooses how one logs in."""


@contextlib.contextmanager
def impostor(way: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """What answers in a database's place, not on this host as far as the suite can tell, and asks for a password."""
    listener, heard = socket.create_server(("127.0.0.2", 0)), []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(PATIENCE_SECONDS)
                    connection.sendall(_packet(0, GREETING))
                    heard.append(connection.recv(65536))
                    connection.sendall(_packet(2, b"\xfe" + way + b"\x00" + b"c" * 20 + b"\x00"))
                    while got := connection.recv(65536):
                        heard.append(got)
                        connection.sendall(_packet(4, b"\x0fPassword: "))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.close()


WAYS = [
    b"mysql_clear_password",
    b"dialog",
    b"sha256_password",
    b"caching_sha2_password",
    b"mysql_old_password",
]


@pytest.mark.parametrize("way", WAYS, ids=[way.decode() for way in WAYS])
def test_a_database_that_is_not_verified_is_not_given_the_password(way):
    with impostor(way) as (port, heard):
        one = site(database=_database(port))
        with pytest.raises(Exception, match="in clear, and is not verified"):
            connect(one, one.database)
    assert len(heard) == 1
    assert b"mysql_native_password" in heard[0]
    assert PASSWORD.encode() not in b"".join(heard)


def test_with_an_authority_a_database_without_tls_is_told_nothing(folder):
    with impostor(b"mysql_clear_password") as (port, heard):
        one = site(database=_database(port, str(folder / "ca.pem")))
        with pytest.raises(Exception, match="SSL is required"):
            connect(one, one.database)
    assert b"".join(heard) == b""


def _database(port: int, ca: str | None = None):
    from fixtures.schema import Database as Given

    return Given(host="127.0.0.2", port=port, name="x", user="u", password=Secret(PASSWORD), tls_ca=ca)
