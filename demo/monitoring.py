"""Pushgateway, Prometheus and Alertmanager beside a demo site, with the very files of `pushgateway/`.

Only what differs on a private machine is changed in the copies: addresses, and where secrets lie.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mirakuru import TCPExecutor

from demo import servers, stack

CONFIGURATION = Path(__file__).parents[1] / "pushgateway"
SECRETS = {"slack-url": "{receiver}/slack", "smtp-password": "x", "pager-token": "x", "heartbeat-token": "x"}
NOWHERE = "http://127.0.0.1:9"
"""The discard port: a demo's Alertmanager tells nobody; its page shows what it would."""


class Monitoring:
    """The three servers below one folder; `receiver` is the URL that takes what Alertmanager sends."""

    def __init__(
        self, folder: Path, *, receiver: str = NOWHERE, changes: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.receiver = receiver
        names = ("pushgateway", "prometheus", "alertmanager")
        self._ports = dict(zip(names, servers.free_ports(3), strict=True))
        self._changes = changes or {}
        self._running: dict[str, TCPExecutor] = {}

    def __enter__(self) -> Monitoring:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, name: str) -> str:
        """Where `pushgateway`, `prometheus` or `alertmanager` answers."""
        return f"http://{servers.HOST}:{self._ports[name]}"

    def start(self) -> None:
        """Write the configuration and start all three."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._configure()
        try:
            self._start("pushgateway", stack.pushgateway(self._ports["pushgateway"]))
            self._start("alertmanager", self._alertmanager())
            self._start("prometheus", self._prometheus())
            urls = {name: self.url(name) for name in self._ports}
            (self.folder / "urls.json").write_text(json.dumps(urls), encoding="utf-8")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill them."""
        for executor in self._running.values():
            executor.stop()
        self._running.clear()

    def _alertmanager(self) -> TCPExecutor:
        config, storage = self.folder / "alertmanager.yml", self.folder / "alertmanager"
        return stack.alertmanager(self._ports["alertmanager"], config, storage)

    def _prometheus(self) -> TCPExecutor:
        config, storage = self.folder / "prometheus.yml", self.folder / "prometheus"
        return stack.prometheus(self._ports["prometheus"], config, storage)

    def _start(self, name: str, executor: TCPExecutor) -> None:
        servers.start(executor)
        self._running[name] = executor

    def _configure(self) -> None:
        secrets = self.folder / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        for name, content in SECRETS.items():
            (secrets / name).write_text(content.format(receiver=self.receiver), encoding="utf-8")
        addresses = {
            "localhost:9091": f"{servers.HOST}:{self._ports['pushgateway']}",
            "localhost:9093": f"{servers.HOST}:{self._ports['alertmanager']}",
            "/etc/alertmanager/secrets": str(secrets),
            "https://pager.example.nl": self.receiver,
            "https://heartbeat.example.nl": self.receiver,
            "mail.example.nl:587": f"{servers.HOST}:9",
        }
        for name in ("prometheus.yml", "rules.yml", "alertmanager.yml"):
            text = (CONFIGURATION / name).read_text(encoding="utf-8")
            for before, after in addresses.items():
                text = text.replace(before, after)
            for pattern, after in self._changes.items():
                text = re.sub(pattern, after, text)
            (self.folder / name).write_text(text, encoding="utf-8")
