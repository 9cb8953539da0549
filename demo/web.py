"""The demo's web front: answers as a Frappe site under gunicorn does, or misbehaves as it is told.

`python -m demo.web FOLDER` reads FOLDER/web.json (ports, database, certificate) once, and
FOLDER/behaviour.json before each answer.
"""

from __future__ import annotations

import json
import signal
import ssl
import sys
import threading
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pymysql

from demo.web_session import Asked, Reply, Sessions

SITE = "vereniging.demo"
LOGIN = b"""<!DOCTYPE html><html lang="nl"><head><title>Inloggen</title>
<link rel="stylesheet" href="/assets/frappe/dist/css/login.bundle.css">
<script src="/assets/frappe/dist/js/frappe-web.bundle.js"></script></head><body>
<form class="form-signin form-login" method="post" action="/login">
<input id="login_email" name="usr" type="text"><input id="login_password" name="pwd" type="password">
<button class="btn-login" type="submit">Inloggen</button></form></body></html>"""
SECURE_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
HEALTH = b'{"message": {"status": "healthy", "score": 100.0, "checks": {}}}'
GUNICORN_500 = b"<html><body><h1><p>Internal Server Error</p></h1></body></html>"


class Front:
    """What the handlers share: the folder, the database, and how to behave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = json.loads((folder / "web.json").read_text(encoding="utf-8"))
        self.sessions = Sessions(LOGIN)
        self.load()

    def load(self) -> None:
        """Take the certificate as it is now, in a context of its own: a handshake may be under way."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "tls" / "site.pem")
        self.context = context

    def behaviour(self) -> dict[str, Any]:
        """What faults ask for; nothing on a healthy site."""
        try:
            told: dict[str, Any] = json.loads((self.folder / "behaviour.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told

    def in_maintenance(self) -> bool:
        """As Frappe does, the config is read for each request."""
        config = json.loads(
            (self.folder / "bench" / "sites" / SITE / "site_config.json").read_text(encoding="utf-8")
        )
        return bool(config.get("maintenance_mode"))

    def database_answers(self) -> bool:
        """Frappe opens a connection for each request, the ping included."""
        try:
            pymysql.connect(**self.config["database"], connect_timeout=5, read_timeout=20).close()
        except pymysql.MySQLError:
            return False
        return True

    def reply(self, asked: Asked) -> Reply:
        """Status, content type, body and headers."""
        told, path, host = self.behaviour(), asked.path, asked.host
        time.sleep(told.get("delay", {}).get(path, 0))
        if host.partition(":")[0] != SITE and not told.get("any_host"):
            return 404, "text/html", f"<p>{host} does not exist</p>".encode(), {}
        if path in told.get("replies", {}):
            status, kind, body = told["replies"][path]
            return status, kind, body.encode(), {}
        if path.startswith("/assets/"):
            return (
                (404, "text/html", b"Not Found", {})
                if told.get("no_assets")
                else (200, "text/plain", b"/**/", {})
            )
        if path == "/socket.io/":  # nginx hands it to a server of its own
            return 200, "text/plain", b'0{"sid":"demo","upgrades":["websocket"]}', {}
        api = path.startswith("/api/")
        if self.in_maintenance():
            stopped = {
                "exception": "frappe.exceptions.SessionStopped: Session Stopped",
                "exc_type": "SessionStopped",
            }
            return (
                (503, "application/json", json.dumps(stopped).encode(), {})
                if api
                else (500, "text/html", GUNICORN_500, {})
            )
        if not self.database_answers():
            return 500, "text/html", GUNICORN_500, {"Connection": "close"}
        return self.sessions.reply(asked, told) or self._page(asked.method, path)

    @staticmethod
    def _page(method: str, path: str) -> Reply:
        cookies = {"Set-Cookie": "sid=Guest; HttpOnly; Path=/; SameSite=Lax"}
        if path in ("/api/method/ping", "/api/method/frappe.ping"):
            if method == "HEAD":
                return 403, "application/json", b'{"exc_type":"PermissionError"}', {}
            return 200, "application/json", b'{"message":"pong"}', cookies
        if path in ("/login", "/"):
            return 200, "text/html; charset=utf-8", LOGIN, cookies | {"X-Page-Name": "login"}
        if path == "/api/method/login":
            return 401, "application/json", b'{"message":"Invalid login credentials"}', {}
        if path == "/api/method/verenigingen.monitoring.zabbix_integration.health_check":
            return 200, "application/json", HEALTH, {}
        if path == "/system-status":
            return 200, "text/html", b"<h1>Alles werkt</h1>", {}
        if path.startswith("/api/resource/"):
            return 403, "application/json", b'{"exc_type":"PermissionError"}', {}
        if path.startswith("/api/method/"):
            return 417, "application/json", b'{"exc_type":"ValidationError"}', {}
        return 404, "text/html", b"<h1>Not Found</h1>", {}


class Secure(BaseHTTPRequestHandler):
    """The site over https."""

    front: Front
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gunicorn", ""
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other (Nagle)
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """Any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        form = parse_qs(body.decode("utf-8", "replace"))
        sid = SimpleCookie(self.headers.get("Cookie", "")).get("sid")
        host, token = self.headers.get("Host", ""), self.headers.get("X-Frappe-CSRF-Token", "")
        asked = Asked(self.command, path, query, host, form, sid.value if sid else "", token)
        status, kind, body, headers = self.front.reply(asked)
        self.send_response(status)
        for name, value in (
            {"Content-Type": kind} | SECURE_HEADERS | headers | self.front.behaviour().get("headers", {})
        ).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer  # noqa: N815 (names that http.server asks for)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by a clock that may be wrong."""
        return super().date_time_string((timestamp or time.time()) + self.front.behaviour().get("clock", 0))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


class Plain(Secure):
    """Plain http: leads to https."""

    def answer(self) -> None:
        """301, unless told otherwise."""
        if self.front.behaviour().get("no_redirect"):
            super().answer()
            return
        self.send_response(301)
        self.send_header("Location", f"https://localhost:{self.front.config['https']}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_HEAD = answer  # noqa: N815


class TlsServer(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread, so that a silent client holds up nobody."""

    daemon_threads = True
    front: Front

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Handshake, then handle."""
        request.settimeout(30)
        with self.front.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def main(folder: Path) -> None:
    """Serve until killed; SIGHUP takes a new certificate."""
    front = Front(folder)
    Secure.front = TlsServer.front = front
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # in each thread: none may take it from sigwait
    plain = ThreadingHTTPServer(("127.0.0.1", front.config["http"]), Plain)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    secure = TlsServer(("127.0.0.1", front.config["https"]), Secure)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    while True:
        signal.sigwait({signal.SIGHUP})
        front.load()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
