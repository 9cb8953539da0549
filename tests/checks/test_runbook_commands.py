"""Commands on runbook pages: those that look run on the demo site, the others are in their programs' manuals."""

import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from demo.site import NAME
from demo.web import SITE
from fixtures.catalogue import declared
from tests.checks import shims
from tests.conftest import ROOT

CHECKS = declared()
LOGS = (
    "logs/web.log",
    "logs/worker.log",
    "logs/worker.error.log",
    "logs/schedule.log",
    "logs/schedule.error.log",
    "logs/scheduler.log",
    "logs/redis-cache.log",
    "logs/redis-cache.error.log",
    "logs/redis-queue.log",
    "logs/redis-queue.error.log",
    "logs/node-socketio.log",
    "logs/node-socketio.error.log",
    f"sites/{SITE}/logs/frappe.log",
    "apps/verenigingen/.git/logs/HEAD",
    "sites/assets/assets.json",
    "config/redis_cache.conf",
    "config/redis_queue.conf",
    "config/nginx.conf",
)
"""Files that a bench has and the demo does not."""


class Command(NamedTuple):
    """A line of a page."""

    page: str
    line: int
    text: str

    def __str__(self):
        return f"runbook/{self.page}.md:{self.line}: {self.text}"


def written(language):
    """The lines of all pages' blocks in a language; for `inline` the commands inside sentences."""
    for path in sorted((ROOT / "runbook").glob("*.md")):
        inside = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.lstrip().startswith("```"):
                inside = "" if inside else line.strip().strip("`") or "?"
            elif inside and inside == language:
                yield Command(path.stem, number, line.strip())
            elif not inside and language == "inline":
                for text in re.findall(r"(?<!`)`([^`]+)`(?!`)", line):
                    name = text.replace("sudo ", "").split()[0]
                    if " " in text and name in shims.PLAIN | {*shims.LOOKS, *shims.CHANGES, "pytest"}:
                        yield Command(path.stem, number, text)


def simple(text):
    """The single commands of a line; what leads into them is left out, and what they write is `write`."""
    words = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    words.whitespace_split = True
    found = [[]]
    for word in words:
        if word in ("|", "&&", "||", ";"):
            found.append([])
        elif word == "<":
            next(words)
        elif word.startswith(">"):
            found.append(["write", next(words)])
        else:
            found[-1].append(word)
    return [*filter(None, found)]


def refusals(commands, *, changing):
    """The commands that a program's manual does not know, or that change something where they must not."""
    for command in commands:
        for words in simple(command.text):
            if words[0] != "pytest" and (reason := shims.refusal(words, changing=changing)):
                yield f"{command}\n    {reason}"


def values(demo, scratch):
    """What stands on pages as a placeholder or as a stock bench's value -> what the demo has."""
    web = f"https://localhost:{demo.port('https')}"
    return {
        "http://127.0.0.1:8000": web,  # the demo has no gunicorn apart
        "SITE:443": web.removeprefix("https://"),
        "SITE": SITE,
        "DBNAME": NAME,
        "-p 13000": f"-p {demo.port('cache')}",
        "-p 11000": f"-p {demo.port('queue')}",
        "/home/frappe/frappe-bench": str(scratch / "bench"),
        "/var/log/nginx/error.log": "logs/web.error.log",  # the demo has no nginx
        "/var/log/nginx/access.log": "logs/web.log",
        "/etc/cron.d": str(ROOT / "deploy"),  # a machine may have no cron
        "/tmp": str(scratch),  # may be large
        "NAME": "localhost",
        "DOMAIN": "localhost",
        "DIR": "sites",
    }


def substituted(text, table):
    """In one pass, so that no value is taken for a placeholder."""
    words = "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))
    return re.sub(rf"(?<![\w.])(?:{words})(?!\w)", lambda found: table[found[0]], text)


@pytest.fixture(scope="module")
def bash(demo, tmp_path_factory):
    """Runs a line in a copy of the demo's bench folder, completed; gives the exit status and stderr."""
    scratch = tmp_path_factory.mktemp("commands")
    shims.install(scratch / "bin")
    bench = scratch / "bench"
    shutil.copytree(demo.bench, bench)
    for name in LOGS:
        (bench / name).parent.mkdir(parents=True, exist_ok=True)
        (bench / name).touch()
    (bench / "sites" / SITE / "private" / "files").mkdir(exist_ok=True)
    # Whatever name is asked for, by http or https, the demo answers.
    ports = "".join(
        f'connect-to = ":{at}:127.0.0.1:{demo.port(name)}"\n' for at, name in ((80, "http"), (443, "https"))
    )
    (scratch / ".curlrc").write_text(f"insecure\n{ports}")
    table = values(demo, scratch)
    env = {
        "PATH": f"{scratch / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
        "DEMO_PORT": str(demo.port("database")),
        "DEMO_SCHEMA": NAME,
    }

    def run(text):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", substituted(text, table)],
            cwd=bench,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode, done.stderr

    return run


def test_commands_that_look_do_not_change():
    assert not [*refusals(written("sh"), changing=False)]


def test_commands_that_change_are_known():
    assert not [*refusals([*written("console"), *written("inline")], changing=True)]


def test_commands_that_look_run(bash):
    """Those inside sentences too, where they only look. Nothing is run that could change this machine."""
    commands = [*written("sh"), *written("inline")]
    commands = [one for one in commands if not one.text.startswith("pytest")]
    commands = [one for one in commands if not [*refusals([one], changing=False)]]
    texts = sorted({one.text for one in commands})
    assert len(texts) > 60
    with ThreadPoolExecutor(2) as pool:
        ended = dict(zip(texts, pool.map(bash, texts), strict=True))
    failed = []
    for command in commands:
        status, stderr = ended[command.text]
        found_nothing = status == 1 and "grep" in command.text and not stderr.strip()
        read_enough = status == 141 and "|" in command.text  # ended by SIGPIPE
        if status and not found_nothing and not read_enough:
            failed.append(f"{command}\n    exit {status}: {stderr.strip()}")
    assert not failed, "\n".join(failed)


def test_runs_of_the_suite_run(run_checks):
    """Each names checks that are there; one run of all of them stands for each."""
    chosen = set()
    for command in (*written("sh"), *written("inline")):
        if not command.text.startswith("pytest"):
            continue
        words = shlex.split(command.text)
        assert words[1] == "checks/", command
        if words[2:] in (["-m", "smoke"], ["--list-checks"], ["-k", "NAME"]):
            continue
        assert words[2] == "-k", command
        assert len(words) == 4, command
        for name in set(re.findall(r"\w+", words[3])) - {"and", "or", "not"}:
            assert any(name in check for check in CHECKS), command
        chosen.add(f"({words[3]})")
    assert len(chosen) > 20
    assert run_checks("checks", "-k", " or ".join(sorted(chosen))).status in (0, 1)
    assert run_checks("checks", "-m", "smoke").status in (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        "bench --site SITE no-such-command",
        "bench --site other.example doctor",
        "sudo supervisorctl statuses",
        "sudo journalctl --sinze today",
        "curl -s --nothing https://SITE/login",
        "tail logs/no-such-file.log",
        "redis-cli -p 11000 flushall",
        "cat logs/none | grep -c x",
    ],
)
def test_a_wrong_command_is_seen(bash, text):
    assert bash(text)[0]
