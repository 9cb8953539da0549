"""Prometheus' servers, private and thrown away, on free ports."""

from __future__ import annotations

from pathlib import Path

from mirakuru import TCPExecutor

from demo import servers


def pushgateway(port: int, *, web_config: Path | None = None, persistence: Path | None = None) -> TCPExecutor:
    """A Pushgateway; `web_config` sets TLS and accounts, `persistence` is a file it comes back from.

    Without one it is told to keep nothing: Debian's package has a file of its own, which the next would read.
    """
    options = [f"--web.listen-address={servers.HOST}:{port}", "--log.level=error"]
    options.append(f"--persistence.file={persistence or ''}")
    if web_config:
        options.append(f"--web.config.file={web_config}")
    if persistence:
        options.append("--persistence.interval=1s")
    return servers.server([servers.program("prometheus-pushgateway"), *options], port)


def alertmanager(port: int, config: Path, storage: Path) -> TCPExecutor:
    """An Alertmanager of its own: no cluster; what it knows is thrown away."""
    options = [
        f"--web.listen-address={servers.HOST}:{port}",
        f"--config.file={config}",
        f"--storage.path={storage}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    return servers.server([servers.program("prometheus-alertmanager"), *options], port)


def prometheus(port: int, config: Path, storage: Path) -> TCPExecutor:
    """A Prometheus; its rule files lie beside its configuration."""
    options = [
        f"--web.listen-address={servers.HOST}:{port}",
        f"--config.file={config}",
        f"--storage.tsdb.path={storage}",
        "--storage.tsdb.retention.time=1d",
        "--log.level=error",
    ]
    return servers.server([servers.program("prometheus"), *options], port)
