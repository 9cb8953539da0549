"""What can be wrong with a server: each a context that gives the address by which it is met, real in every case."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo import certificates, servers
from demo.proxy import Mode, Proxy
from tests.servers import greet, serving

NAME = "server.example.nl"
"""A name that only a name server knows; where DNS is broken nobody is reached by it."""

MODES: Mapping[str, Mode] = {
    "accepts and hangs": "hang",
    "answers one byte a second": "trickle",
    "resets mid-answer": "reset",
}
TLS = ("wrong certificate", "expired certificate")
DNS = ("DNS failing", "DNS slow")
TROUBLES = ("refused", "unreachable", *MODES, "wrong protocol", *TLS, *DNS)


@dataclass(frozen=True)
class Where:
    """How a server is met, and under which command and environment the suite must run to meet it so."""

    port: int
    host: str = "localhost"
    tls: bool = False
    env: dict[str, str] = field(default_factory=dict)
    under: Sequence[str] = ()


@contextlib.contextmanager
def trouble(name: str, port: int, folder: Path) -> Iterator[Where]:
    """A server at `port`, met with this trouble."""
    if name == "refused":
        yield Where(servers.free_ports(1)[0])
    elif name == "unreachable":
        with unreachable() as dead:
            yield Where(dead)
    elif name in MODES:
        with Proxy(port, mode=MODES[name]) as proxy:
            yield Where(proxy.port)
    elif name == "wrong protocol":
        with serving(greet(b"\x00\x01 this is none of the protocols that you speak\r\n")) as other:
            yield Where(other)
    elif name in TLS:
        with Proxy(port, tls=certificate(name, folder)) as proxy:
            yield Where(
                proxy.port, tls=True, env={"REQUESTS_CA_BUNDLE": str(folder / "ca.pem")} | authority(folder)
            )
    else:
        with name_server(answers=name == "DNS failing", folder=folder) as (env, under):
            yield Where(port, NAME, tls=True, env=env, under=under)


def authority(folder: Path) -> dict[str, str]:
    """What has OpenSSL trust the demo's own authority."""
    return {"SSL_CERT_FILE": str(folder / "ca.pem")}


def certificate(name: str, folder: Path) -> ssl.SSLContext:
    """A server's TLS with a stranger's certificate, one that has ended, or a good one."""
    folder.mkdir(exist_ok=True)
    if not (folder / "ca.pem").exists():
        certificates.make(folder)
    certificates.issue(
        folder, days=-1 if name.startswith("expired") else 90, stranger=name.startswith("wrong")
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem")
    return context


@contextlib.contextmanager
def unreachable() -> Iterator[int]:
    """A port whose packets are dropped, as by a firewall: what waits to be accepted is full, and nobody accepts."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def name_server(*, answers: bool, folder: Path) -> Iterator[tuple[dict[str, str], Sequence[str]]]:
    """A name server that fails each question, or never answers, and the command that has others ask it."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("needs root and unshare: a name server has port 53, and /etc/resolv.conf is the system's")
    folder.mkdir(exist_ok=True)
    resolver = folder / "resolv.conf"
    address = (
        f"127.{random.randrange(1, 250)}.{random.randrange(1, 250)}.94"  # several drills run side by side
    )
    resolver.write_text(f"nameserver {address}\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while (got := server.recvfrom(4096))[1]:  # nobody: it was shut down
                    question, client = got
                    if answers:  # SERVFAIL, with the question as it was asked
                        server.sendto(question[:2] + b"\x81\x82" + question[4:12] + question[12:], client)

        threading.Thread(target=serve, daemon=True).start()
        shell = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        yield {}, ("unshare", "--mount", "sh", "-c", shell, str(resolver))
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # closing alone would not wake who waits for a question
