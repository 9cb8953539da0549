"""Prometheus' servers, private and thrown away, on free ports."""

from __future__ import annotations

from pathlib import Path

from mirakuru import TCPExecutor

from demo import servers


def pushgateway(port: int, *, web_config: Path | None = None, persistence: Path | None = None) -> TCPExecutor:
    """A Pushgateway; `web_config` sets TLS and accounts, `persistence` is a file it comes back from."""
    options = [f"--web.listen-address={servers.HOST}:{port}", "--log.level=error"]
    if web_config:
        options.append(f"--web.config.file={web_config}")
    if persistence:
        options += [f"--persistence.file={persistence}", "--persistence.interval=1s"]
    return servers.server([servers.program("prometheus-pushgateway"), *options], port)
