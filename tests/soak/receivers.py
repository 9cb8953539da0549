"""The two that are told, a webhook and a mail server, each of which can be out of order in several ways.

`modes`: how it can be out of order -> the seconds for which it then asks to be left alone.
"""

from __future__ import annotations

import json
import smtplib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import jsonschema
from aiosmtpd.smtp import SMTP

from tests.reporters.test_mail import Post, Server
from tests.steady import until

SCHEMA = Path(__file__).parents[2] / "runbook" / "webhook-schema.json"
UP = "up"
HOOK = {"busy": 600.0, "refuses": 0.0, "resets": 0.0, "broken": 0.0, "takes and resets": 0.0}
MAIL = {"refuses the sender": "MAIL", "refuses the address": "RCPT", "refuses the mail": "DATA"}
TO = "beheer@example.nl"


@dataclass(frozen=True)
class Came:
    """A message that came: the id it was known by, its kind and content, and whether it was taken."""

    id: str
    kind: str
    content: Any
    taken: bool


class Hook:
    """A webhook that holds each body against the schema."""

    name = "webhook"
    modes: Mapping[str, float] = HOOK

    def __init__(self) -> None:
        self.mode, self.came, self.wrong = UP, list[Came](), list[str]()
        self._asked, self._lock = 0, threading.Lock()
        self._valid = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                with hook.asked():
                    super().handle()

            def do_POST(self) -> None:
                hook.take(self)

            def do_GET(self) -> None:
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def settings(self) -> dict[str, Any]:
        """Its section of the settings."""
        return {"url": f"http://127.0.0.1:{self._server.server_port}/", "timeout": 30}

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """One request."""
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.wrong += [error.message for error in self._valid.iter_errors(body)]
        if request.headers["Idempotency-Key"] != body["id"]:
            self.wrong.append(f"Idempotency-Key of {body['id']}")
        mode = self.mode
        self.came.append(Came(body["id"], body["kind"], body, mode == UP))
        if mode in ("resets", "takes and resets"):
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.connection.close()
            return
        request.send_response({UP: 204, "busy": 429, "refuses": 404, "broken": 503}[mode])
        if mode == "busy":
            request.send_header("Retry-After", "600")
        request.send_header("Content-Length", "0")
        request.end_headers()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """While a request is under way."""
        with self._lock:
            self._asked += 1
        try:
            yield
        finally:
            with self._lock:
                self._asked -= 1

    def settle(self) -> None:
        """Wait for what a killed run had sent before: its connections come before this one, in line."""
        urlopen(f"http://127.0.0.1:{self._server.server_port}/", timeout=60).close()
        until(lambda: not self._asked, "all requests have been read, also one that was cut off")

    def drain(self) -> list[Came]:
        """What came since."""
        came, self.came = self.came, []
        return came

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """A mail server."""

    name = "mail"
    modes: Mapping[str, float] = dict.fromkeys(MAIL, 0.0)

    def __init__(self) -> None:
        self._post = Post()
        self._server = Server(lambda: SMTP(self._post), None)
        self._mode = UP
        self.wrong: list[str] = []

    @property
    def mode(self) -> str:
        """How it answers."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode = mode
        self._post.says = {} if mode == UP else {MAIL[mode]: "451 try again later"}
        self._post.refuses = (TO,) if mode == "refuses the address" else ()

    @property
    def settings(self) -> dict[str, Any]:
        """Its section of the settings."""
        return {
            "host": "127.0.0.1",
            "port": self._server.port,
            "security": "none",
            "sender": "checks@example.nl",
            "to": [TO],
            "timeout": 30,
        }

    def settle(self) -> None:
        """Wait for what a killed run had sent before: the server has one loop for all."""
        with smtplib.SMTP("127.0.0.1", self._server.port, timeout=60) as client:
            client.noop()
        until(self._server.idle, "nobody is connected to the mail server")

    def drain(self) -> list[Came]:
        """What came since."""
        got, self._post.got = self._post.got, []
        found = []
        for one in got:
            part = one.mail.get_body(("plain",))
            found.append(Came(str(one.mail["Message-ID"]), "", part.get_content(), taken=True))
        return found

    def close(self) -> None:
        """End it."""
        self._server.stop()


Receiver = Hook | Mailbox
