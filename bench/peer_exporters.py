"""Peers: Prometheus' SQL exporter and blackbox exporter, which stay in memory between their rounds."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import yaml

from bench.commands import Cost
from bench.questions import Questions, account
from demo.servers import free_ports
from demo.site import Demo
from demo.web import SITE

SQL = Path("/usr/bin/prometheus-sql-exporter")
BLACKBOX = Path("/usr/bin/prometheus-blackbox-exporter")


def needed() -> None:
    """Refuse to measure without them.

    Raises:
        SystemExit: they are not installed; the text says how.
    """
    if missing := [path.name for path in (SQL, BLACKBOX) if not path.exists()]:
        raise SystemExit(f"bench: missing {', '.join(missing)}: apt-get install {' '.join(missing)}")


@contextmanager
def exporters(demo: Demo, asked: Questions, folder: Path) -> Iterator[Callable[[], Cost]]:
    """What both exporters use in one round: the SQL exporter asks each second by itself, blackbox when it is asked."""
    folder.mkdir()
    sql_port, box_port = free_ports(2)
    told = account(demo)
    address = (
        f"mysql://{told['user']}:{told['password']}@tcp({told['host']}:{told['port']})/{told['database']}"
    )
    queries = [
        {"name": name, "help": name, "values": ["v"], "query": f"SELECT ({text}) AS v"}
        for name, text in asked.sql.items()
    ]
    job = {"name": "same", "interval": "1s", "connections": [address], "queries": queries}
    (folder / "sql.yml").write_text(yaml.safe_dump({"jobs": [job]}))
    modules = {
        "page": {
            "prober": "http",
            "timeout": "5s",
            "http": {"tls_config": {"insecure_skip_verify": True}, "headers": {"Host": SITE}},
        },
        "port": {"prober": "tcp", "timeout": "5s"},
    }
    (folder / "box.yml").write_text(yaml.safe_dump({"modules": modules}))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    sql = subprocess.Popen(
        [SQL, "-config.file", folder / "sql.yml", f"-web.listen-address=127.0.0.1:{sql_port}"], **quiet
    )  # type: ignore[call-overload]
    box = subprocess.Popen(
        [BLACKBOX, f"--config.file={folder / 'box.yml'}", f"--web.listen-address=127.0.0.1:{box_port}"],
        **quiet,
    )  # type: ignore[call-overload]
    targets = [
        f"module=page&target=https://localhost:{demo.port('https')}{path}" for path in asked.pages.values()
    ]
    targets += [f"module=port&target=127.0.0.1:{port}" for port in asked.ports.values()]
    processes = [psutil.Process(one.pid) for one in (sql, box)]

    def used() -> float:
        return sum(one.cpu_times().user + one.cpu_times().system for one in processes)

    def asked_so_far() -> int:
        with demo.root() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_select'")
            return int(cursor.fetchone()[1])

    def rounds(count: int = 5) -> Cost:
        before, begun, selects = used(), time.monotonic(), asked_so_far()
        asking = 0.0
        for number in range(count):
            started = time.monotonic()
            for target in targets:
                if "probe_success 1" not in _get(f"http://127.0.0.1:{box_port}/probe?{target}"):
                    raise SystemExit(f"bench: the blackbox exporter does not get its answer: {target}")
            text = _get(f"http://127.0.0.1:{sql_port}/metrics")
            asking += time.monotonic() - started
            if text.count('col="v"') < len(asked.sql) * 0.9:
                raise SystemExit("bench: the SQL exporter has no figures")
            time.sleep(max(0.0, begun + number + 1 - time.monotonic()))
        if asked_so_far() - selects < 0.8 * count * len(asked.sql):
            raise SystemExit("bench: the SQL exporter does not ask each second")
        memory = sum(one.memory_info().rss for one in processes) / 1e6
        return Cost((used() - before) / count, asking / count, memory)

    try:
        time.sleep(3)
        yield rounds
    finally:
        for process in (sql, box):
            process.terminate()
            process.wait(10)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
    return text
