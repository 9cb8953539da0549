"""The runbook: a page for each check in one form, whose queries, commands and settings hold on the demo site."""

import re
import shutil
import subprocess
import tomllib

import pytest

from demo import pulse
from fixtures import settings
from fixtures.catalogue import declared
from fixtures.index import INDEX, render
from reporters.runbook import first_step
from tests.conftest import ROOT

RUNBOOK = ROOT / "runbook"
CHECKS = declared()
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in RUNBOOK.glob("*.md")}
BESIDES = {"index", "coverage"}
SECTIONS = ["First steps", "Why it fails", "Fix", "Call", "Silence"]
BENCH = [
    "mariadb",
    "doctor",
    "scheduler",
    "show-pending-jobs",
    "migrate",
    "clear-cache",
    "clear-website-cache",
    "backup",
    "set-maintenance-mode",
    "set-config",
    "list-apps",
    "execute",
    "console",
    "purge-jobs",
    "trigger-scheduler-event",
    "build",
    "restart",
    "version",
    "update",
    "restore",
    "enable-scheduler",
    "disable-scheduler",
    "show-config",
    "run-patch",
    "setup",
    "set-admin-password",
    "destroy-all-sessions",
    "worker",
    "schedule",
    "worker-pool",
    "use",
    "logs",
    "add-to-hosts",
    "reload-doc",
    "disable-user",
    "get-app",
    "install-app",
    "renew-lets-encrypt",
    "remove-from-installed-apps",
    "validate-dns",
    "clear-log-table",
    "trim-database",
    "describe-database-table",
]
LOOKING = [
    "pytest",
    "bench",
    "curl",
    "openssl",
    "redis-cli",
    "df",
    "du",
    "ls",
    "tail",
    "grep",
    "head",
    "wc",
    "free",
    "ps",
    "cat",
    "stat",
    "gzip",
    "zcat",
    "find",
    "date",
    "lslocks",
    "sudo",
    "dig",
    "uptime",
    "sort",
]


def fences(name, language):
    """The page's blocks in one language, without their indent."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGES[name], re.S | re.M)
    return [re.sub(rf"^{indent}", "", body, flags=re.M).strip() for indent, body in found]


def test_every_check_has_a_page_and_every_page_a_check():
    assert set(PAGES) == set(CHECKS) | BESIDES


def test_the_index_is_what_the_checks_say():
    text = INDEX.read_text(encoding="utf-8")
    assert text == render(text), "run `make index`"


@pytest.mark.parametrize("name", CHECKS)
def test_a_page_has_its_form(name):
    lines = PAGES[name].splitlines()
    assert lines[0] == f"# {name}"
    assert lines[1].endswith(".")
    assert "\nHow bad: " in PAGES[name]
    sections = re.findall(r"^## (.+)$", PAGES[name], re.M)
    assert sections[:5] == SECTIONS
    assert sections[5:] in ([], ["Good to know"])
    assert 10 < len(first_step(RUNBOOK / f"{name}.md")) <= 110
    assert fences(name, "sql") or fences(name, "sh")


@pytest.mark.parametrize("name", CHECKS)
def test_what_a_page_would_silence_is_a_setting(name, tmp_path):
    """The settings lines are read as a site's own, and change this check only."""
    for number, text in enumerate(fences(name, "toml")):
        assert set(tomllib.loads(text)["checks"]) == {name}
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        CHECKS[name].overridden(settings.read(file, {}).checks[name])


@pytest.mark.parametrize("name", [name for name in CHECKS if fences(name, "sql")])
def test_a_pages_queries_run(demo, name):
    with demo.root() as cursor:
        cursor.execute("SET @now = %s", (f"{pulse.site_now():%Y-%m-%d %H:%M:%S}",))
        for query in fences(name, "sql"):
            assert query.upper().startswith("SELECT"), query
            assert "NOW()" not in query.upper()
            cursor.execute(query)


@pytest.mark.parametrize("name", CHECKS)
def test_a_pages_commands_are_known(name):
    """Each can be parsed by a shell, begins with a program that looks, and asks bench for what it has."""
    for command in (line for block in fences(name, "sh") for line in block.splitlines()):
        subprocess.run(["bash", "-n", "-c", command], check=True, capture_output=True)
        words = command.split()
        assert words[0] in LOOKING, command
        if words[0] == "bench":
            rest = words[3:] if words[1] == "--site" else words[1:]
            assert rest[0] in BENCH, command
        for chosen in re.findall(r"^pytest checks/.* -k (\w+)", command):
            assert any(chosen in check for check in CHECKS), command


def test_links_lead_to_pages():
    for name, text in PAGES.items():
        for target in re.findall(r"\]\((\w+)\.md\)", text):
            assert target in PAGES, (name, target)


def test_coverage_names_checks_that_are_there():
    named = set(re.findall(r"\[`?(\w+)`?\]\(\1\.md\)", PAGES["coverage"]))
    assert len(named) > 60
    assert named <= set(CHECKS)


def test_the_shell_is_there():
    assert shutil.which("bash")
