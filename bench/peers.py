"""`make bench-peers`: the same hundred questions by this suite and by others, and what a run costs by its size.

Each is a whole process (the exporters: what they use for one round), in turn over some rounds, on one demo
site: CPU seconds of the client, wall seconds, peak memory. Needs Debian's monitoring-plugins,
prometheus-blackbox-exporter and prometheus-sql-exporter; writes bench/PEERS.md.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import yaml
from msgspec import Struct

from bench.__main__ import EMPTY, ENVIRONMENT, ROOT, pytest_on
from demo.servers import free_ports
from demo.site import NAME, PASSWORD, Demo
from demo.web import SITE
from fixtures import clock
from fixtures.catalogue import declared
from fixtures.probes.sql import Sql, moments, statements

FILE = Path(__file__).parent / "PEERS.md"
PLUGINS = Path("/usr/lib/nagios/plugins")
NEEDED = (
    PLUGINS / "check_mysql_query",
    Path("/usr/bin/prometheus-blackbox-exporter"),
    Path("/usr/bin/prometheus-sql-exporter"),
)
ROUNDS = int(os.environ.get("BENCH_RUNS") or 5)
SIZES = (10, 100, 1000, 10_000)
QUESTIONS = 100
HOST = (
    ("disk_usage", "check_disk -w 1% -c 1% -p /"),
    ("load_per_core", "check_load -w 99,99,99 -c 99,99,99"),
)


class Cost(Struct, frozen=True):
    """Medians over some rounds: CPU and wall seconds; the highest memory in MB."""

    cpu: float
    wall: float
    memory: float


class Questions(Struct, frozen=True):
    """The same hundred: SQL text by check, addresses, ports, and the suite's names of them."""

    sql: dict[str, str]
    pages: dict[str, str]
    ports: dict[str, int]

    @property
    def checks(self) -> list[str]:
        """The suite's checks that ask the same."""
        return [*self.sql, *self.pages, *self.ports, *(name for name, _ in HOST)]


def questions(demo: Demo) -> Questions:
    """Statements that give one number, as the suite asks them, and some pages and ports."""
    now = clock.site_now("Europe/Amsterdam")
    pages = {
        "site_answers": "/api/method/ping",
        "login_page_works": "/login",
        "status_page_answers": "/system-status",
    }
    ports = {
        "redis_cache_answers": demo.port("cache"),
        "redis_queue_answers": demo.port("queue"),
        "database_answers": demo.port("database"),
    }
    found: dict[str, str] = {}
    with demo.root() as cursor:
        for name, check in declared().items():
            if type(check.probe) is Sql and len(found) < QUESTIONS - len(pages) - len(ports) - len(HOST):
                text = statements()[check.probe.name]
                found[name] = " ".join(cursor.mogrify(text, moments(text, now)).split())
    return Questions(found, {name: path for name, path in pages.items() if name in declared()}, ports)


def measured(command: list[str], cwd: Path, env: dict[str, str]) -> Cost:
    """One whole process with all that it starts."""
    small = [sys.executable, "-I", "-S", str(ROOT / "bench" / "measure.py"), *command]
    done = subprocess.run(small, cwd=cwd, env=env, capture_output=True, text=True, check=True)
    status, wall, memory, cpu = done.stdout.split()
    if status not in ("0", "1"):
        raise SystemExit(f"{shlex.join(command)[:200]} ended with {status}")
    return Cost(float(cpu), float(wall), float(memory))


def median(costs: list[Cost]) -> Cost:
    """Of some rounds."""
    cpu, wall = (
        statistics.median(values) for values in ([one.cpu for one in costs], [one.wall for one in costs])
    )
    return Cost(cpu, wall, max(one.memory for one in costs))


def side_by_side(commands: dict[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """Each in turn, over and over, after one round that does not count."""
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            one = command()
            if number:
                seen[name].append(one)
    return {name: median(costs) for name, costs in seen.items()}


def plugin_lines(demo: Demo, asked: Questions) -> Iterator[str]:
    """A command of the monitoring plugins for each question."""
    account = f"-H 127.0.0.1 -P {demo.port('database')} -u checks -p {PASSWORD}-checks -d {NAME}"
    for text in asked.sql.values():
        yield f"{PLUGINS}/check_mysql_query {account} -w 0:9999999999 -c 0:9999999999 -q {shlex.quote(text)}"
    for path in asked.pages.values():
        yield f"{PLUGINS}/check_http -S --sni -H {SITE} -I 127.0.0.1 -p {demo.port('https')} -u {path}"
    for port in asked.ports.values():
        yield f"{PLUGINS}/check_tcp -H 127.0.0.1 -p {port}"
    for _, command in HOST:
        yield f"{PLUGINS}/{command}"


TESTINFRA = """
import json, pymysql, pytest, requests, socket, ssl
ASKED = json.load(open("asked.json"))
requests.packages.urllib3.disable_warnings()

@pytest.fixture(scope="session")
def cursor():
    with pymysql.connect(**ASKED["account"]) as connection, connection.cursor() as made:
        yield made

@pytest.mark.parametrize("name", ASKED["sql"])
def test_figure(cursor, name):
    cursor.execute(ASKED["sql"][name])
    ((value,),) = cursor.fetchall()
    assert value is None or float(value) < 1e12

@pytest.mark.parametrize("path", ASKED["pages"])
def test_page(path):
    answer = requests.get(ASKED["base"] + path, headers={"Host": ASKED["host"]}, verify=False, timeout=5)
    assert answer.status_code < 500

@pytest.mark.parametrize("port", ASKED["ports"])
def test_port(host, port):
    assert host.socket(f"tcp://127.0.0.1:{port}").is_listening

def test_disk(host):
    assert host.mount_point("/").exists

def test_load(host):
    assert float(host.file("/proc/loadavg").content_string.split()[0]) < 999
"""


def testinfra(demo: Demo, asked: Questions, folder: Path) -> Callable[[], Cost]:
    """pytest-testinfra and pytest-xdist over the same questions, in an environment of their own."""
    folder.mkdir()
    python = ROOT / ".cache" / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        wanted = ["pytest-testinfra", "pytest-xdist", "pymysql", "requests"]
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-compile", *wanted], check=True)
    account = {
        "host": "127.0.0.1",
        "port": demo.port("database"),
        "user": "checks",
        "password": f"{PASSWORD}-checks",
        "database": NAME,
    }
    told = {
        "account": account,
        "sql": asked.sql,
        "pages": [*asked.pages.values()],
        "ports": [*asked.ports.values()],
    }
    told |= {"base": f"https://localhost:{demo.port('https')}", "host": SITE}
    (folder / "asked.json").write_text(json.dumps(told))
    (folder / "test_same.py").write_text(TESTINFRA)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "test_same.py"]
    return lambda: measured(command, folder, ENVIRONMENT)


@contextmanager
def exporters(demo: Demo, asked: Questions, folder: Path) -> Iterator[Callable[[], Cost]]:
    """What both exporters use in one round: the SQL exporter asks each second by itself, blackbox when it is asked."""
    folder.mkdir()
    sql_port, box_port = free_ports(2)
    address = f"mysql://checks:{PASSWORD}-checks@tcp(127.0.0.1:{demo.port('database')})/{NAME}"
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
        [NEEDED[2], "-config.file", folder / "sql.yml", f"-web.listen-address=127.0.0.1:{sql_port}"], **quiet
    )  # type: ignore[call-overload]
    box = subprocess.Popen(
        [NEEDED[1], f"--config.file={folder / 'box.yml'}", f"--web.listen-address=127.0.0.1:{box_port}"],
        **quiet,
    )  # type: ignore[call-overload]
    targets = [
        f"module=page&target=https://localhost:{demo.port('https')}{path}" for path in asked.pages.values()
    ]
    targets += [f"module=port&target=127.0.0.1:{port}" for port in asked.ports.values()]
    processes = [psutil.Process(one.pid) for one in (sql, box)]

    def used() -> float:
        return sum(one.cpu_times().user + one.cpu_times().system for one in processes)

    def rounds(count: int = 5) -> Cost:
        before, begun = used(), time.monotonic()
        asking = 0.0
        for number in range(count):
            started = time.monotonic()
            for target in targets:
                _get(f"http://127.0.0.1:{box_port}/probe?{target}")
            text = _get(f"http://127.0.0.1:{sql_port}/metrics")
            asking += time.monotonic() - started
            if text.count('col="v"') < len(asked.sql) * 0.9:
                raise SystemExit("the SQL exporter has no figures")
            time.sleep(max(0.0, begun + number + 1 - time.monotonic()))
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


GENERATED = '''"""Generated."""
from fixtures import check, sql
'''
ONE = '''
@check(sql("made_{n}"), unit="rows", warning=1000)
def test_made_{n}(value, limit):
    """Few of kind {n}."""
    assert value <= limit

'''


def generated(folder: Path, count: int) -> Path:
    """A copy of the suite with so many checks, each with a statement of its own."""
    made = folder / f"suite-{count}"
    (made / "checks").mkdir(parents=True)
    for name in ("fixtures", "reporters", "runbook"):
        shutil.copytree(ROOT / name, made / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, made / name)
    for part in range(0, count, 100):
        numbers = range(part, min(part + 100, count))
        (made / "checks" / f"test_made_{part}.py").write_text(
            GENERATED + "".join(ONE.format(n=n) for n in numbers)
        )
    queries = (
        f"-- name: made_{n}\nSELECT COUNT(*) FROM tabUser WHERE enabled = {n + 2}\n" for n in range(count)
    )
    (made / "checks" / "queries.sql").write_text("\n".join(queries))
    return made


def growth(demo: Demo, folder: Path) -> Iterator[tuple[int, Cost, Cost, Cost]]:
    """Checks, bare pytest of as many empty tests, the suite, and as many plugin processes (1,000 stand for more)."""
    account = f"-H 127.0.0.1 -P {demo.port('database')} -u checks -p {PASSWORD}-checks -d {NAME}"
    settings = folder / "generated.toml"
    settings.write_text(demo.settings.read_text(encoding="utf-8").partition("[checks.")[0])
    for count in SIZES:
        suite = generated(folder, count)
        bare = folder / f"bare-{count}"
        bare.mkdir()
        (bare / "test_many.py").write_text(EMPTY.format(count))
        shown = min(count, 1000)
        lines = [
            f"{PLUGINS}/check_mysql_query {account} -q 'SELECT COUNT(*) FROM tabUser WHERE enabled = {n}'"
            for n in range(shown)
        ]
        script = folder / f"plugins-{count}.sh"
        script.write_text("\n".join([*lines, "exit 0"]))
        found = side_by_side(
            {
                "bare": lambda bare=bare: measured(pytest_on("test_many.py"), bare, ENVIRONMENT),  # type: ignore[misc]
                "suite": lambda suite=suite: measured(  # type: ignore[misc]
                    pytest_on("checks", "--settings", str(settings)), suite, ENVIRONMENT
                ),
                "plugins": lambda script=script: measured(["sh", str(script)], folder, ENVIRONMENT),  # type: ignore[misc]
            }
        )
        plugins, times = found["plugins"], count / shown
        yield (
            count,
            found["bare"],
            found["suite"],
            Cost(plugins.cpu * times, plugins.wall * times, plugins.memory),
        )


def break_even(rows: list[tuple[int, Cost, Cost, Cost]]) -> float:
    """From how many checks on one run costs less CPU than one process a check: lines through 10 and 1,000."""
    (few, _, suite_few, plugins_few), (many, _, suite_many, plugins_many) = rows[0], rows[2]
    slope = (suite_many.cpu - suite_few.cpu) / (many - few)
    each = (plugins_many.cpu - plugins_few.cpu) / (many - few)
    return (suite_few.cpu - slope * few) / (each - slope) if each > slope else float("inf")


def main() -> None:
    """Measure, print and keep."""
    if missing := [str(path) for path in NEEDED if not path.exists()]:
        raise SystemExit(
            f"bench-peers: missing {', '.join(missing)}: apt-get install monitoring-plugins-standard prometheus-blackbox-exporter prometheus-sql-exporter"
        )
    with tempfile.TemporaryDirectory() as name, Demo(Path(name) / "demo") as demo:
        folder = Path(name)
        asked = questions(demo)
        lines = [*plugin_lines(demo, asked)]
        sequence = folder / "plugins.sh"
        sequence.write_text("\n".join([*lines, "exit 0"]))
        each = folder / "each"
        each.mkdir()
        for number, line in enumerate(lines):
            (each / f"{number}.sh").write_text(f"exec {line}")
        parallel = ["sh", "-c", "ls | xargs -P 4 -n 1 sh; exit 0"]
        selection = " or ".join(asked.checks)
        with exporters(demo, asked, folder / "exporters") as rounds:
            same = side_by_side(
                {
                    "this suite": lambda: measured(
                        pytest_on("checks", "-k", selection, "--settings", str(demo.settings)),
                        ROOT,
                        ENVIRONMENT,
                    ),
                    "monitoring plugins, one after the other": lambda: measured(
                        ["sh", str(sequence)], folder, ENVIRONMENT
                    ),
                    "monitoring plugins, xargs -P 4": lambda: measured(parallel, each, ENVIRONMENT),
                    "pytest-testinfra and pytest-xdist -n 2": testinfra(demo, asked, folder / "testinfra"),
                    "SQL and blackbox exporters, one round": rounds,
                }
            )
        rows = [*growth(demo, folder)]
    text = "\n".join(report(same, len(lines), rows)) + "\n"
    FILE.write_text(text, encoding="utf-8")
    print(text)


def report(same: dict[str, Cost], count: int, rows: list[tuple[int, Cost, Cost, Cost]]) -> Iterator[str]:
    """The tables."""
    own = same["this suite"]
    yield "# Side by side with others\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, Python {sys.version.split()[0]}; medians of {ROUNDS} rounds in turn."
    yield "CPU is the client's, without MariaDB's and the web server's. `make bench-peers` measures anew.\n"
    yield f"## The same {count} questions of one site\n"
    yield "| who | CPU s | ratio | wall s | peak MB |\n| --- | ---: | ---: | ---: | ---: |"
    for name, one in same.items():
        yield f"| {name} | {one.cpu:.2f} | {one.cpu / own.cpu:.2f} | {one.wall:.2f} | {one.memory:.0f} |"
    yield "\nThe exporters stay in memory between rounds and judge nothing: Prometheus does, with rules of its own."
    yield "The suite judges, says why, and starts and ends within these figures.\n"
    yield "## By the number of checks, each with a statement of its own\n"
    yield "| checks | bare pytest CPU s | suite CPU s | ratio | plugins CPU s | suite / plugins | suite wall s | suite MB |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for number, bare, suite, plugins in rows:
        yield (
            f"| {number:,} | {bare.cpu:.2f} | {suite.cpu:.2f} | {suite.cpu / bare.cpu:.2f} | {plugins.cpu:.2f} |"
            f" {suite.cpu / plugins.cpu:.2f} | {suite.wall:.2f} | {suite.memory:.0f} |"
        )
    yield f"\nOne run costs less CPU than one process a check from {break_even(rows):.0f} checks on (goal: at most 300);"
    yield f"at 1,000 it costs {rows[2][2].cpu / rows[2][3].cpu:.2f} of it (goal: at most 0.5). 10,000 plugins are ten times 1,000."


if __name__ == "__main__":
    main()
