"""What the tests of the channels share: one story, hostile text, and an HTTP service that does as it is told."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from reporters.outbound import Refused, Undelivered
from tests.reporters.test_slack import AT, DATABASE, ENDED, ERRORS, PASSED, notice, replace
from tests.servers import PATIENCE_SECONDS, dribble, hang, leave, reset

EXAMPLES = Path(__file__).parents[2] / "runbook" / "examples"
SECRET = "s3cr3t-Zq9"
DOWN, RESOLVED = notice(DATABASE), notice(ENDED, id="run-2-slack", at=AT + 300)
NONE_NEW = notice(PASSED, id="run-3-slack")
NASTY = "<b>&\"'\r\nBcc: all@example.nl\x00\x1b[31m\u202e\U0001f4a5 \ud800 \ufffe {{ 7*7 }} `x` \u0416 %s"
HOSTILE = replace(
    DATABASE,
    id=NASTY,
    site=f"site{NASTY}",
    check=f"check{NASTY}",
    group=NASTY,
    summary=NASTY,
    reason=NASTY + "x" * 10_000_000,
    evidence={NASTY: NASTY, "number": 3, "ratio": float("nan"), "list": ["a", {"b": NASTY}]},
    blocks=(NASTY,) * 3,
    first_step=NASTY,
    runbook="javascript:alert(1)",
    unit=NASTY,
)
HOSTILES = [
    notice(
        HOSTILE, id=NASTY, run=NASTY, links={NASTY: "javascript:alert(1)", "status_page": "https://x\r\ny"}
    ),
    notice(replace(HOSTILE, value=7.0, limit=3.0, direction="<="), language="nl"),
    notice(replace(HOSTILE, event="resolved", ended=AT)),
    notice(HOSTILE, *(replace(HOSTILE, id=f"i{n}", reason="x") for n in range(700))),
]
DIGEST = notice(kind="digest", id="d", lines=("Silence ended", "errors_24h failed meanwhile"))
TEST, CANARY = notice(kind="test", id="t"), notice(kind="canary", id="c", language="nl")
EVERY = [DOWN, RESOLVED, NONE_NEW, notice(ERRORS, DATABASE), DIGEST, TEST, CANARY, *HOSTILES]


def example(name: str, text: str) -> None:
    """A golden file; `EXAMPLES=write` writes it."""
    path = EXAMPLES / name
    if os.environ.get("EXAMPLES") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def fails(call, *secrets: str) -> Undelivered:
    """The error of a call: in time, in one line, and without any secret, nor in its traceback's texts."""
    started = time.monotonic()
    with pytest.raises(Undelivered) as caught:
        call()
    assert time.monotonic() - started < PATIENCE_SECONDS / 3  # or it waited for the server
    error = caught.value
    told = "".join(traceback.format_exception(error))
    for secret in secrets:
        assert secret not in f"{error!r}{told}"
    assert "\n" not in str(error)
    assert str(error)
    return error


class Http:
    """Takes every request; `replies` are (status, headers, body) to answer with first."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.got, self.replies = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.got.append(
                    SimpleNamespace(
                        method=self.command, path=self.path, headers=dict(self.headers), body=body
                    )
                )
                status, headers, words = outer.replies.pop(0) if outer.replies else (200, {}, b"OK")
                self.send_response(status)
                for name, value in {"Content-Length": str(len(words)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(words)

            def do_GET(self):
                self.do_POST()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.server.handle_error = lambda *_: None
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path: str = "") -> str:
        return f"{self.scheme}://localhost:{self.server.server_port}{path}"

    def json(self) -> list:
        return [json.loads(one.body) for one in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def serving_http(certificate: Path | None = None):
    made = Http(certificate)
    try:
        yield made
    finally:
        made.close()


def dribble_head(connection) -> None:
    """A header that never ends, one byte at a time."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


BAD = {"hang": hang, "leave": leave, "reset": reset, "dribble": dribble, "dribble_head": dribble_head}
"""What an HTTP server does wrong without an answer."""

ANSWERS = {400: Refused, 401: Refused, 404: Refused, 301: Refused, 500: Refused, 503: Refused}
