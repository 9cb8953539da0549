"""Known defects as they are told: in the terminal, health.json, the log, the pages, the report, the self-check."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from fixtures import clock, known
from fixtures.known import Left
from fixtures.schema import Document, Known, Log
from reporters import events, health, selfcheck, words
from reporters.daily import mailing, page
from tests.reporters.page_cases import SITE, Site, results
from tests.reporters.page_cases import run as page_run
from tests.reporters.report_cases import ALERTS, Made
from tests.reporters.test_report import of
from tests.reporters.test_run import result, run

CHECK = "scheduler_failing_jobs"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e {{ 7*7 }}"
ENTRY = Known(check=CHECK, items=["a", "b"], because="ticket 4711", until=date(2027, 3, 1))
LEFT = Left(ENTRY, own=True, ended=False)
ENGLISH = f"{CHECK} leaves out 2 items: ticket 4711 (until 2027-03-01)"
DUTCH = f"{CHECK} telt 2 items niet mee: ticket 4711 (tot en met 2027-03-01)"
AGAIN = f"{CHECK} counts 2 items again since the entry ended on 2027-03-01: ticket 4711"

INNER = f"""
@check(host("load_per_core"), unit="jobs", warning=1e6)
def test_{CHECK}(value, limit):
    '''C.'''
    assert value <= limit

@check(host("load_per_core"), unit="x", warning=1e6)
def test_other(value, limit):
    '''C.'''
    assert value <= limit
"""


@pytest.mark.parametrize(
    ("changes", "language", "unit", "told"),
    [
        ({}, "en", "items", ENGLISH),
        ({}, "nl", "items", DUTCH),
        ({"until": None, "items": ["a"]}, "en", "jobs", f"{CHECK} leaves out 1 job: ticket 4711"),
        ({"site": "one", "because": "a\n b"}, "en", "jobs", f"{CHECK} (one) leaves out 2 jobs: a b (until 2027-03-01)"),
    ],
)  # fmt: skip
def test_a_line_says_how_many_why_and_until_when(changes, language, unit, told):
    assert words.known(replace(LEFT, entry=replace(ENTRY, **changes)), language, unit) == told


def test_a_line_says_that_it_has_ended():
    ended = replace(LEFT, ended=True)
    assert words.known(ended) == AGAIN
    assert words.known(ended, "nl").startswith(f"{CHECK} telt 2 items weer mee")


@pytest.fixture
def inner(project):
    project.checks(INNER)
    (project.folder / "checks/queries.sql").write_text(f"SELECT %(known_{CHECK})s")

    def given(until, because="ticket 4711", more=""):
        entry = f'[[known]]\ncheck = "{CHECK}"\nitems = ["a", "b"]\nbecause = "{because}"\nuntil = {until}\n'
        project.settings(f'{entry}[sites."one.test"]\n{more}')
        return project

    return given


def lines(outcome):
    """The lines of known defects, unfolded."""
    text = re.sub(r"\n  (?=\S)", " ", outcome.text)
    return [line for line in text.splitlines() if line.startswith("known: ")]


TODAY = datetime.now(UTC).date()
SPRING = TODAY + timedelta(days=90)
PAST = TODAY - timedelta(days=3)


def test_the_terminal_tells_the_site_s_own_always_and_the_rest_when_asked(inner):
    project = inner(SPRING)
    assert lines(project.run()) == [f"known: {CHECK} leaves out 2 jobs: ticket 4711 (until {SPRING})"]
    assert len(lines(project.run("checks", "-v"))) == 1 + len(known.built_in())
    project.checks(INNER.partition("\n@check(host")[0] + INNER.replace(f"test_{CHECK}", "test_third"))
    project.settings('[sites."one.test"]')
    assert lines(project.run()) == []


def test_the_terminal_says_that_an_entry_has_ended(inner):
    told = f"known: {CHECK} counts 2 jobs again since the entry ended on {PAST}: ticket 4711"
    assert lines(inner(PAST).run()) == [told]


def test_explain_shows_each_item_with_reason_and_end(inner):
    project = inner(SPRING)
    said = " ".join(project.run("checks", "--explain", CHECK).text.split())
    assert f"known {CHECK} leaves out 2 jobs: ticket 4711 (until {SPRING}) - a - b" in said
    for one in known.built_in():
        assert " ".join(one.because.split()) in said
        assert all(f"- {item}" in said for item in one.items)
    assert "known" not in project.run("checks", "--explain", "other").text
    said = " ".join(project.run("checks", "-k", CHECK).text.split())
    assert f"leaves out 2 jobs: ticket 4711 (until {SPRING})" in said


def test_a_check_that_takes_the_items_of_another_shows_them(run_checks):
    text = " ".join(run_checks("checks", "--explain", "scheduler_jobs_always_failing").text.split())
    assert f"known {CHECK} leaves out" in text


def test_health_json_counts_them_and_gives_no_reason():
    told = health.render(run(result(CHECK)), [LEFT, replace(LEFT, entry=replace(ENTRY, until=None))])
    assert told["known"] == [
        {"check": CHECK, "items": 2, "until": "2027-03-01", "ended": False},
        {"check": CHECK, "items": 2, "until": None, "ended": False},
    ]
    assert "4711" not in json.dumps(told)
    assert health.render(run(result("a")))["known"] == []


def test_the_log_names_them_on_the_run_s_event_without_what_is_personal():
    personal = replace(LEFT, entry=replace(ENTRY, because="ask a.b@example.nl"))
    (line,) = events.lines(run(result(CHECK)), [], Log(), [personal])
    assert json.loads(line)["verenigingen"]["known"] == [
        f"{CHECK} leaves out 2 items: ask (left out) (until 2027-03-01)"
    ]
    (line,) = events.lines(run(result(CHECK)), [], Log())
    assert "known" not in json.loads(line)["verenigingen"]


@pytest.mark.parametrize(("language", "told"), [("en", ENGLISH), ("nl", DUTCH)])
def test_the_status_page_lists_them_for_those_who_mend(tmp_path, language, told, monkeypatch):
    monkeypatch.setattr(known, "of", lambda *_: [LEFT, replace(LEFT, entry=replace(ENTRY, because=HOSTILE))])
    site = Site(tmp_path, language=language)
    site.publish(page_run(*results()))
    assert told in site.page()
    assert "&lt;script&gt;alert(1)" in site.page()
    assert "<script>alert(1)" not in site.page()
    assert CHECK not in site.page("public")


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    made = Made(tmp_path_factory.mktemp("known"), days=3, count=8)
    yield of(made)
    made.history.close()


@pytest.mark.parametrize(("language", "told"), [("en", ENGLISH), ("nl", DUTCH)])
def test_the_report_lists_them(reported, language, told):
    hostile = replace(LEFT, entry=replace(ENTRY, because=HOSTILE))
    report, settings = replace(reported, known=[LEFT, hostile]), replace(ALERTS, language=language)
    for shown in (page.render, mailing.text, lambda *given: mailing.mail_parts(*given).html):
        assert told in shown(report, settings)
        assert "\x1b" not in shown(report, settings)
        assert told not in shown(reported, settings)
    assert "<script>alert(1)" not in page.render(report, settings)
    assert "<script>alert(1)" not in mailing.mail_parts(report, settings).html


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (90, "ok", "1 left out, none ends within 14 days"),
        (15, "ok", "1 left out, none ends within 14 days"),
        (14, "warning", f"{CHECK} leaves out 2 items: ticket 4711 (until 2026-12-12)"),
        (0, "warning", f"{CHECK} leaves out 2 items: ticket 4711 (until 2026-11-28)"),
        (-1, "warning", f"{CHECK} counts 2 items again since the entry ended on 2026-11-27: ticket 4711"),
    ],
)
def test_the_self_check_names_what_ends_soon(monkeypatch, days, level, said):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp())
    entry = replace(ENTRY, until=date(2026, 11, 28) + timedelta(days=days))
    found = [*selfcheck.defects(Document(known=(entry,)), [SimpleNamespace(name=SITE)])]
    assert [(one.level, one.said) for one in found] == [(level, said)]


def test_the_self_check_is_silent_where_there_are_none_of_its_own():
    assert [*selfcheck.defects(Document(), [SimpleNamespace(name=SITE)])] == []
