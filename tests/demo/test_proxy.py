"""The proxy that makes a server slow."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from demo import servers
from demo.proxy import Proxy, delayed
from tests.servers import PATIENCE_SECONDS, serving


def echo(connection: socket.socket) -> None:
    while content := connection.recv(65536):
        connection.sendall(content)


def test_each_round_trip_costs_the_delay():
    with (
        serving(echo) as port,
        delayed(port, 0.2) as far,
        socket.create_connection(("127.0.0.1", far), PATIENCE_SECONDS) as client,
    ):
        client.sendall(b"x")
        client.recv(1)  # the connection itself costs one as well
        took = []
        for _ in range(6):
            started = time.monotonic()
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            took.append(time.monotonic() - started)
    assert 0.2 <= min(took) < 0.4  # one delay and not two: on a busy machine one of some is on time


def test_much_goes_through_whole():
    sent = bytes(range(256)) * 4096
    with (
        serving(echo) as port,
        delayed(port, 0.01) as far,
        socket.create_connection(("127.0.0.1", far), PATIENCE_SECONDS) as client,
    ):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            assert answer.read() == sent


def test_a_server_that_is_gone_ends_the_connection():
    (port,) = servers.free_ports(1)
    with (
        delayed(port, 0) as far,
        socket.create_connection(("127.0.0.1", far), PATIENCE_SECONDS) as client,
    ):
        try:
            assert client.recv(1) == b""
        except ConnectionError as error:
            pytest.fail(f"reset instead of an end: {error}")


def test_a_bad_server_hangs_breaks_or_dribbles():
    with serving(echo) as port, Proxy(port) as proxy:

        def ask(mode: str, seconds: float = PATIENCE_SECONDS) -> Iterator[bytes]:
            proxy.mode = mode
            with socket.create_connection(("127.0.0.1", proxy.port), seconds) as client:
                client.sendall(b"answer")
                while content := client.recv(100):
                    yield content

        with closing(ask("forward")) as answer:
            assert next(answer) == b"answer"
        with closing(ask("trickle")) as answer:
            assert next(answer) in (b"a", b"an", b"ans")  # a byte a second, and this machine may be late
        with pytest.raises(TimeoutError):
            next(ask("hang", 0.5))
        with pytest.raises(ConnectionResetError):
            [*ask("reset")]
