"""Checks that break with secrets in their variables, errors and output: nothing that pytest shows of it holds one."""

from __future__ import annotations

import json
import re

import pytest

from fixtures.blanking import blanked, forms
from fixtures.schema import SettingsError
from fixtures.settings import read
from fixtures.site import sites
from reporters import publish
from tests.conftest import Project
from tests.privacy.canaries import SECRETS, canary, leaks, left_in

CHECKS = """
import logging
import pytest
from fixtures.observe import NotApplicable, Seen
from fixtures.session import DOCUMENT

def level(site):
    return 1.0

def broken(site):
    password = site.database.password.reveal()
    raise ValueError(f"no log-in with {password}")

def unwell(site):
    raise NotApplicable(f"nothing for {site.database.password.reveal()}")

def evident(site):
    return Seen(1.0, {"server": f"x:{site.database.password.reveal()}@y"})

def revealed(request):
    document = request.config.stash[DOCUMENT]
    return {
        "database": document.database.password.reveal(),
        "hook": document.webhook.url.reveal(),
        "sender": document.mail.password.reveal(),
        "urls": [one.reveal() for one in document.apprise.urls],
    }

@check(level, unit="m", critical=0)
def test_variables(value, limit, request):
    '''Variables.'''
    found = revealed(request)
    long = "x" * 170 + found["sender"] + "x" * 170
    print(found)
    logging.warning("with %s", found)
    raise RuntimeError(f"with {found} and {long}")

@check(level, unit="m", critical=0)
def test_compared(value, limit, request):
    '''Compared.'''
    assert value <= limit, revealed(request)

@check(level, severity="critical")
def test_different(value, request):
    '''Different.'''
    password = revealed(request)["database"]
    half = ["y" * 20 + password] * 20
    assert revealed(request) == {"hook": "another"}

@check(broken, unit="m", critical=0)
def test_broken(value, limit):
    '''A probe that breaks.'''
    assert value <= limit

@check(unwell, unit="m", critical=0)
def test_unwell(value, limit):
    '''A probe that does not apply.'''
    assert value <= limit

@check(evident, unit="m", critical=0)
def test_evident(value, limit):
    '''A probe that shows too much.'''
    assert value <= limit

@pytest.fixture
def opened(request):
    secret = revealed(request)
    yield secret
    raise ValueError(secret)

@check(level, unit="m", critical=5)
def test_fixture(value, limit, opened):
    '''A fixture.'''
    assert value <= limit
"""
FAULT = """
import pytest
from fixtures.session import DOCUMENT

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    secret = session.config.stash[DOCUMENT].webhook.url.reveal()
    raise RuntimeError(f"the suite broke with {secret}")
"""
IMPORTED = """
from fixtures.schema import Secret
token = Secret(%r).reveal()
raise ImportError(token)
"""
DATABASE, MAIL = canary("db"), canary("mail", "/:#'?")
APPRISE, HOOK = canary("apprise", ""), canary("hook", "/")
SETTINGS = f"""
[database]
password = {json.dumps(DATABASE)}
[webhook]
url = "http://127.0.0.1:1/{HOOK}"
[mail]
host = "127.0.0.1"
port = 1
user = "x"
sender = "x@example.nl"
to = ["x@example.nl"]
password = {json.dumps(MAIL)}
[apprise]
urls = ["tgram://{APPRISE}/1"]
[sites."one.test".database]
host = "127.0.0.1"
port = 1
name = "x"
"""

MODES = {
    "quiet": ["-q"],
    "plain": [],
    "all": ["-vvv", "-l", "--tb=long", "-rA", "--log-json", "--setup-show", "--trace-config"],
    "verbose": ["-v", "-l", "-rA"],
    "very verbose": ["-vv", "-l", "-rA", "--tb=short"],
    "native": ["--tb=native", "-l", "-rA", "--setup-show"],
    "line": ["--tb=line"],
    "full trace": ["-l", "--full-trace", "--tb=long", "--debug=debug.log", "--log-file=run.log"],
    "published": ["--publish", "-l", "--tb=long", "--junitxml=junit.xml", "--debug=debug.log"],
    "one check": ["-k", "variables", "-l"],
    "recorded": ["--record=recording", "--notify-preview"],
}
QUICK = ("all", "full trace", "published")


@pytest.fixture
def raising(tmp_path):
    made = Project(tmp_path)
    made.checks(CHECKS)
    made.settings(SETTINGS)
    return made


def searched(project: Project, outcome) -> dict[str, list[str]]:
    left = [one for one in left_in(project.folder) if not one[0].endswith(("checks.toml", ".py", ".pyc"))]
    return leaks(SECRETS, [("terminal", outcome.text), ("record", json.dumps(outcome.document)), *left])


@pytest.mark.parametrize(
    "mode", [pytest.param(one, marks=[] if one in QUICK else [pytest.mark.drill]) for one in MODES]
)
def test_checks_that_break(raising, mode):
    outcome = raising.run("checks", *MODES[mode], env={"GITHUB_ACTIONS": "true"})
    assert outcome.status == 1, outcome.text
    assert "***" in outcome.text, outcome.text
    assert not searched(raising, outcome)
    if mode == "all":  # what is no secret is still there
        assert "RuntimeError: with {'database': '***', 'hook': '***'" in outcome.text
        assert re.search(r"^password += '\*\*\*'$", outcome.text, re.MULTILINE)
        assert "nothing for ***" in outcome.text


def test_a_fault_of_the_suite_itself(raising):
    conftest = raising.folder / "conftest.py"
    conftest.write_text(conftest.read_text() + FAULT)
    outcome = raising.run("checks", "--full-trace", "-l", "--debug=debug.log")
    assert outcome.status == 3, outcome.text
    assert "INTERNALERROR" in outcome.text
    assert "the suite broke with ***" in outcome.text
    assert not searched(raising, outcome)


def test_a_file_of_checks_that_cannot_be_imported(raising):
    raising.checks(IMPORTED % canary("module"), "test_other.py")
    outcome = raising.run("checks", "-l", "--tb=long")
    assert outcome.status == 2, outcome.text
    assert "***" in outcome.text
    assert not searched(raising, outcome)


def test_a_bench_that_frappe_could_not_use(tmp_path):
    """A port that is none is a fault of its site, and nothing else of the config is told."""
    project = Project(tmp_path)
    folder = tmp_path / "bench" / "sites" / "one.test"
    folder.mkdir(parents=True)
    key = canary("key", "=")
    config = {"db_name": "x", "db_password": DATABASE, "encryption_key": key, "db_port": "none"}
    (folder / "site_config.json").write_text(json.dumps(config))
    (folder.parent / "common_site_config.json").write_text(json.dumps({"root_password": canary("root")}))
    project.checks(CHECKS)
    project.settings(f'bench = "{tmp_path / "bench"}"')
    outcome = project.run("checks", "-l", "--full-trace")
    assert outcome.status == 1, outcome.text
    assert not SECRETS.found(outcome.text)


def test_the_command_line_is_no_place_for_a_password(raising):
    outcome = raising.run("checks", "--fleet", f"redis://:{canary('fleet', '')}@127.0.0.1:1/0")
    assert outcome.status == 4
    (line,) = [one for one in outcome.text.splitlines() if "--fleet" in one]
    assert "fleet.url_file" in line
    assert not SECRETS.found(outcome.text)


PLAIN = canary("plain", "")
BAD = {
    "a text for a table": f"heartbeat = 'https://hc.example/{HOOK}'",
    "a text for a table of a site": f"[sites.'one.test']\ndatabase = 'mysql://{HOOK}'",
    "a list of sites": f"[[sites]]\npassword = '{HOOK}'",
    "a text for sites": f"sites = '{HOOK}'",
    "a list for a secret": f"[slack]\nwebhook = ['https://{HOOK}']",
    "a text for a list": f"[apprise]\nurls = 'json://{HOOK}'",
    "a password that cuts a URL short": f"[sites.one.redis]\nqueue = 'redis://:{HOOK}@h:6379'",
    "a password in brackets": f"[sites.one.redis]\nqueue = 'redis://:x[{HOOK}]y@h:6379'",
    "a password for a port": f"[sites.one.redis]\nqueue = 'redis://h:{PLAIN}'",
    "an account in the address": f"[sites.one.web]\nurl = 'https://:{PLAIN}@h'",
    "an account that cuts the address": f"[sites.one.web]\nurl = 'https://u:{HOOK}@h'",
    "an account in the http address": f"[sites.one.web]\nurl = 'https://h'\nhttp_url = 'http://u:{PLAIN}@h'",
    "an account without a name": f"[pushgateway]\nurl = 'http://:{PLAIN}@h'\n[sites.one]",
    "no TOML": f"[slack]\nwebhook = 'https://{HOOK}' x",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_wrong_settings_that_hold_a_secret(tmp_path, text):
    (tmp_path / "checks.toml").write_text(text)

    def reads() -> None:
        document = read(tmp_path / "checks.toml", {})
        sites(document)
        publish.check(document)

    with pytest.raises(SettingsError) as caught:
        reads()
    assert not SECRETS.found(str(caught.value)), caught.value
    assert "\n" not in str(caught.value)


def test_what_is_blanked():
    """Each form of a secret, a half that was cut off, and nothing else."""
    assert "\ud800pass" in forms("\ud800pass")  # JSON may hold half a pair
    words = forms("redis://:p%40ss/word@host:6379/1")
    assert blanked("AUTH p@ss/word and p%40ss%2Fword, host:6379/1", words) == "AUTH *** and ***, host:6379/1"
    hook = forms("https://hooks.example/services/T000/B000/abcdefghijkl")
    assert blanked("url: /services/T000/B000/abcdefghijkl (x) abcdefghijkl", hook) == "url: *** (x) ***"
    word = ("hunter2-hunter2",)
    assert blanked("'hunter2-hunt...er2-hunter2' hunter...", word) == "'***...***' ***..."
    assert blanked("the hunt began ...again hunt2...", word) == "the hunt began ...again hunt2..."
    assert blanked("a...b", ("x", "abc")) == "a...b"
