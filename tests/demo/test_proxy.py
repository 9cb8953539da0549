"""The proxy that makes a server slow."""

from __future__ import annotations

import socket
import time

import pytest

from demo.proxy import Proxy, delayed
from tests.servers import serving


def echo(connection: socket.socket) -> None:
    while content := connection.recv(65536):
        connection.sendall(content)


def test_each_round_trip_costs_the_delay():
    with serving(echo) as port, delayed(port, 0.05) as far:
        with socket.create_connection(("127.0.0.1", far), 5) as client:
            client.sendall(b"x")
            client.recv(1)  # the connection itself costs one as well
            started = time.monotonic()
            for _ in range(4):
                client.sendall(b"x")
                assert client.recv(1) == b"x"
        assert 0.2 <= time.monotonic() - started < 0.4


def test_much_goes_through_whole():
    sent = bytes(range(256)) * 4096
    with (
        serving(echo) as port,
        delayed(port, 0.01) as far,
        socket.create_connection(("127.0.0.1", far), 5) as client,
    ):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            assert answer.read() == sent


def test_a_server_that_is_gone_ends_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with delayed(port, 0) as far, socket.create_connection(("127.0.0.1", far), 5) as client:
        try:
            assert client.recv(1) == b""
        except ConnectionError as error:
            pytest.fail(f"reset instead of an end: {error}")


def test_a_bad_server_hangs_breaks_or_dribbles():
    with serving(echo) as port, Proxy(port) as proxy:

        def ask(mode: str) -> bytes:
            proxy.mode = mode
            with socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
                client.settimeout(0.5)
                client.sendall(b"answer")
                found = client.recv(100)
                try:
                    return found + client.recv(100)
                except TimeoutError:
                    return found

        assert ask("forward") == b"answer"
        assert ask("trickle") == b"a"
        with pytest.raises(TimeoutError):
            ask("hang")
        with pytest.raises(ConnectionResetError):
            ask("reset")
