"""Small servers that misbehave on purpose, on free ports of this machine."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[[socket.socket], None]
PATIENCE_SECONDS = 120
"""Longer than a client is given in any test: one that waits without a bound is not saved by the server's."""


@contextlib.contextmanager
def serving(behave: Behaviour) -> Iterator[int]:
    """Accept connections and let `behave` have each; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE_SECONDS)
            behave(connection)

    def accept() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        listener.close()


def answer(head: str, body: bytes = b"") -> Behaviour:
    """Read a request and answer with this head and body."""

    def behave(connection: socket.socket) -> None:
        _read(connection)
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)

    return behave


def _read(connection: socket.socket) -> None:
    """A whole request: what is left unread at the end would break the connection, and the answer with it."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
    left = int(length[1]) - len(body) if length else 0
    while left > 0 and (part := connection.recv(65536)):
        left -= len(part)


def hang(connection: socket.socket) -> None:
    """Accept, and never say anything."""
    while connection.recv(65536):
        pass


def leave(connection: socket.socket) -> None:
    """Accept, and close."""


def greet(words: bytes) -> Behaviour:
    """Speak first, and something else than was expected."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(words)
        connection.recv(65536)

    return behave


def reset(connection: socket.socket) -> None:
    """Send half an answer and reset the connection."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def dribble(connection: socket.socket) -> None:
    """One byte of the body ten times a second, without end."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


def flood(connection: socket.socket) -> None:
    """A body without end, as fast as it goes."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


class Receiver:
    """Takes what is posted and says that all is well; `got` is the JSON that was posted to its root."""

    def __init__(self):
        self.got, self.paths, self.bodies = [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.paths.append(self.path)
                self.send_response(204)
                self.end_headers()

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.bodies.append((self.path, body))
                if self.path.partition("?")[0] == "/":
                    outer.got.append(json.loads(body))
                self.do_GET()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        """End it."""
        self.server.shutdown()
        self.server.server_close()
