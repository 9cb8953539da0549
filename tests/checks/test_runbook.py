"""The runbook: a page for each check in one form, whose queries and settings hold on the demo site."""

import re
import tomllib

import pytest

from demo import pulse
from fixtures import known, settings
from fixtures.catalogue import declared
from fixtures.index import INDEX, render
from fixtures.probes.sql import statements
from reporters.runbook import first_step
from tests.conftest import ROOT

RUNBOOK = ROOT / "runbook"
CHECKS = declared()
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in RUNBOOK.glob("*.md")}
BESIDES = {"index", "coverage"}
SECTIONS = ["First steps", "Why it fails", "Fix", "Call", "Silence"]


def fences(name, language):
    """The page's blocks in one language, without their indent."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGES[name], re.S | re.M)
    return [re.sub(rf"^{indent}", "", body, flags=re.M).strip() for indent, body in found]


def test_every_check_has_a_page_and_every_page_a_check():
    assert set(PAGES) == set(CHECKS) | BESIDES


def test_the_index_is_what_the_checks_say():
    text = INDEX.read_text(encoding="utf-8")
    assert text == render(text), "run `make generate`"


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
        assert set(tomllib.loads(text)) <= {"checks", "known"}
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        document = settings.read(file, {})
        assert {*document.checks, *(one.check for one in document.known)} == {name}
        for one in document.checks.values():
            CHECKS[name].overridden(one)
        if document.known:
            assert name in known.taken(statements()[name])


@pytest.mark.parametrize("name", [name for name in CHECKS if fences(name, "sql")])
def test_a_pages_queries_run(demo, name):
    with demo.root() as cursor:
        cursor.execute("SET @now = %s", (f"{pulse.site_now():%Y-%m-%d %H:%M:%S}",))
        for query in fences(name, "sql"):
            assert query.upper().startswith("SELECT"), query
            assert "NOW()" not in query.upper()
            cursor.execute(query)


PROBED_BY = {"database_answers", "redis_queue_answers", "redis_cache_answers"}
"""What stands for a server, on which each question to it depends: told as the root, and plain from the name."""


@pytest.mark.parametrize("name", CHECKS)
def test_a_page_names_what_its_check_follows_from(name):
    """Maintenance, a site that sleeps, a name that does not resolve: whoever reads one page is led to the cause."""
    roots = set(CHECKS[name].depends_on) - PROBED_BY
    assert {root for root in roots if root not in PAGES[name]} == set()


def test_links_lead_to_pages():
    for name, text in PAGES.items():
        for target in re.findall(r"\]\((\w+)\.md\)", text):
            assert target in PAGES, (name, target)


def test_coverage_names_checks_that_are_there():
    named = set(re.findall(r"\[`?(\w+)`?\]\(\1\.md\)", PAGES["coverage"]))
    assert len(named) > 60
    assert named <= set(CHECKS)
