"""The services that a run tells, real ones but for Slack: how each is configured, and what came to it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from demo import servers, stack
from tests.drills.trouble import Where
from tests.reporters import test_mail
from tests.reporters.receiving import serving_http
from tests.reporters.slack_double import SlackDouble


@dataclass(frozen=True)
class Service:
    """`settings` of its section to meet it so; `came`: how often it was told of the failing check, `said`: in what."""

    section: str
    port: int
    settings: Callable[[Where], dict[str, Any]]
    came: Callable[[], int]
    said: Callable[[], str]
    keeps: bool = True
    """Whether what it did not take waits for it; of the others only the present counts."""

    def well(self) -> dict[str, dict[str, Any]]:
        """The settings to meet it without trouble, and with the patience that a busy machine needs."""
        return {self.section: self.settings(Where(self.port)) | {"timeout": 30}}


def _url(where: Where, path: str = "") -> str:
    return f"{'https' if where.tls else 'http'}://{where.host}:{where.port}{path}"


def _authority(where: Where) -> dict[str, str]:
    return {"tls_ca": where.env["SSL_CERT_FILE"]} if where.env else {}


@contextlib.contextmanager
def slack(_: Path) -> Iterator[Service]:
    """Slack's incoming webhooks, as their documentation has them."""
    made = SlackDouble()

    def settings(where: Where) -> dict[str, Any]:
        path = f"/services/{made.secret}"
        named = f"https://hooks.slack.com{path}"  # the settings take no other name
        return {"webhook": _url(where, path) if where.host == "localhost" else named, "timeout": 1}

    try:
        port = int(made.url.rpartition(":")[2])
        yield Service(
            "slack",
            port,
            settings,
            lambda: sum("full" in json.dumps(one) for one in made.posts),
            lambda: json.dumps(made.posts),
        )
    finally:
        made.close()


@contextlib.contextmanager
def mail(folder: Path) -> Iterator[Service]:
    """An SMTP server."""
    post = test_mail.Post()
    server = test_mail.Server(lambda: test_mail.SMTP(post), None)

    def settings(where: Where) -> dict[str, Any]:
        return {
            "host": where.host,
            "port": where.port,
            "security": "tls" if where.tls else "none",
            "sender": "checks@example.nl",
            "to": ["beheer@example.nl"],
            "timeout": 1,
            **_authority(where),
        }

    try:
        yield Service(
            "mail",
            server.port,
            settings,
            lambda: sum("full" in str(one.mail["Subject"]) for one in post.got),
            lambda: "\n".join(str(one.mail) for one in post.got),
        )
    finally:
        server.stop()


@contextlib.contextmanager
def pushgateway(folder: Path) -> Iterator[Service]:
    """A Pushgateway."""
    (port,) = servers.free_ports(1)
    made = stack.pushgateway(port)
    servers.start(made)

    def said() -> str:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text

    def came() -> int:
        return said().count('verenigingen_check_success{check="full"')

    def settings(where: Where) -> dict[str, Any]:
        return {"url": _url(where), "timeout": 1, **_authority(where)}

    try:
        yield Service("pushgateway", port, settings, came, said, keeps=False)
    finally:
        made.stop()


@contextlib.contextmanager
def alertmanager(folder: Path) -> Iterator[Service]:
    """An Alertmanager."""
    folder.mkdir(exist_ok=True)
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: r}\nreceivers: [{name: r}]\n")
    (port,) = servers.free_ports(1)
    made = stack.alertmanager(port, config, folder / "alertmanager")
    servers.start(made)

    def said() -> str:
        return requests.get(f"http://127.0.0.1:{port}/api/v2/alerts", timeout=60).text

    def came() -> int:
        return sum(one["labels"]["check"] == "full" for one in json.loads(said()))

    def settings(where: Where) -> dict[str, Any]:
        return {"url": _url(where), "timeout": 1, **_authority(where)}

    try:
        yield Service("alertmanager", port, settings, came, said)
    finally:
        made.stop()


@contextlib.contextmanager
def heartbeat(_: Path) -> Iterator[Service]:
    """A service that is pinged."""
    with serving_http() as made:
        port = made.server.server_port
        yield Service(
            "heartbeat",
            port,
            lambda where: {"url": _url(where, "/ping"), "timeout": 1},
            lambda: sum(one.path.startswith("/ping?") for one in made.got),
            lambda: "\n".join(one.body.decode() for one in made.got),
            keeps=False,
        )


SERVICES = {
    "Slack": slack,
    "SMTP": mail,
    "Pushgateway": pushgateway,
    "Alertmanager": alertmanager,
    "heartbeat": heartbeat,
}
