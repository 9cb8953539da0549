"""A TCP proxy that makes a server slow: every round trip costs so much more."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def delayed(port: int, seconds: float, host: str = "127.0.0.1") -> Iterator[int]:
    """Forward a free port to `port`, holding back each answer; gives the free port.

    Connecting costs `seconds` too, as a round trip of the network does.
    """
    listener = socket.create_server((host, 0), backlog=256)
    threading.Thread(target=_accept, args=(listener, (host, port), seconds), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _accept(listener: socket.socket, target: tuple[str, int], seconds: float) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_forward, args=(client, target, seconds), daemon=True).start()


def _forward(client: socket.socket, target: tuple[str, int], seconds: float) -> None:
    """What the client sends goes at once, what the server sends waits: one delay a round trip."""
    time.sleep(seconds)
    with contextlib.suppress(OSError), client, socket.create_connection(target) as server:
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(server, client, seconds), daemon=True)
        back.start()
        _pump(client, server, 0)
        back.join(60)


def _pump(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Bytes that come close together are one answer and wait once."""
    ready = 0.0
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            now = time.monotonic()
            if seconds and now > ready + 0.005:
                time.sleep(seconds)
            target.sendall(data)
            ready = time.monotonic()
        target.shutdown(socket.SHUT_WR)
