"""A peer: pytest-testinfra with pytest-xdist over the same questions, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.commands import ENVIRONMENT, ROOT, Cost, measured
from bench.questions import Questions, account
from demo.site import Demo
from demo.web import SITE

WANTED = ("pytest", "pytest-testinfra", "pytest-xdist", "pymysql", "requests")
PYTHON = ROOT / ".cache" / "peers" / "bin" / "python"
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
    """A run of it, with both cores."""
    folder.mkdir()
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parents[1]], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", *WANTED], check=True)
    told: dict[str, Any] = {"account": account(demo), "sql": asked.sql, "host": SITE}
    told |= {"pages": [*asked.pages.values()], "ports": [*asked.ports.values()]}
    told |= {"base": f"https://localhost:{demo.port('https')}"}
    (folder / "asked.json").write_text(json.dumps(told))
    (folder / "test_same.py").write_text(TESTINFRA)
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "test_same.py"]
    proof = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if proof.returncode:
        raise SystemExit(f"bench: testinfra does not get its answers: {proof.stdout[-1000:]}")
    return lambda: measured(command, folder, ENVIRONMENT)


def versions() -> str:
    """Of what is installed for it."""
    asked = f"from importlib.metadata import version; print(*(f'{{n}} {{version(n)}}' for n in {WANTED[1:3]}), sep=', ')"
    return subprocess.run([PYTHON, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
