"""Pages show any text as text: no tag, attribute or script comes of it, and it reads as it was written."""

import html.parser
import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from reporters import health, status_page, status_words
from reporters.daily import mailing, page
from reporters.daily.gather import gather
from reporters.daily.spans import span
from tests.properties.inputs import results, texts, written
from tests.properties.profile import share
from tests.reporters.page_cases import AT, Site, run
from tests.reporters.report_cases import ALERTS, LAST, ZONE, Made

WITHOUT_TEXT = ("style", "script")


class Page(html.parser.HTMLParser):
    """A page's tags with their attributes' names, and what can be read of it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.read, self._inside = set(), set(), [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        for name, value in attributes or [("", "")]:
            self.tags.add((tag, name))
            if name in ("href", "src", "xlink:href"):
                self.links.add(value)

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in WITHOUT_TEXT:
            self.read.append(data)

    def says(self, text):
        """Whether it can be read in the page, as a page shows it."""
        return flat(status_words.clean(text)) in flat("".join(self.read))

    def handle_comment(self, data):
        self.tags.add(("comment", data))

    def handle_decl(self, decl):
        assert decl.lower() == "doctype html"

    def handle_pi(self, data):
        self.tags.add(("pi", data))

    def unknown_decl(self, data):
        self.tags.add(("decl", data))


def flat(text):
    return " ".join(text.replace("\0", "\ufffd").split())


def harmless(made, others=()):
    """No tag and no attribute but those of a page with plain words, and no link but to where there may be one."""
    for link in made.links:
        assert not link or link.startswith(
            (
                "#",
                "https://docs.example.nl/",
                "sites/",
                "data:image/png",
                "data:image/svg+xml,%3Csvg xmlns=",
                "../reports/",
                *others,
            )
        ), link


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("pages"), runbook_url="https://docs.example.nl/runbook")
    yield made
    made.history.close()


def view(site, found):
    """The two pages of these results."""
    from reporters import days, status_view

    made = run(*found)
    past = days.past(site.history.connection, AT, site.settings.alerts.time_zone)
    seen = status_view.build(made, site.history.connection, past, site.settings.alerts)
    return made, [
        status_page.render(
            seen,
            site.settings.alerts,
            internal=inside,
            links={"Grafana": "https://docs.example.nl/g"} if inside else {},
        )
        for inside in (True, False)
    ]


WORDS = st.just("word")


@share(0.2)
@given(st.lists(results(text=texts), min_size=1, max_size=3))
def test_the_status_page_shows_any_text_as_text(site, found):
    known = replace(found[0], status="failing", root=None, depends_on=())
    found = [known, *found[1:]]
    made, (inside, outside) = view(site, found)
    _, (usual, _) = view(
        site,
        [
            replace(
                one,
                check=f"c{at}",
                site=one.site and "s",
                group="g",
                unit="u",
                reason=one.reason and "r",
                summary=one.summary and "s",
                runbook="runbook/x.md",
                evidence={},
            )
            for at, one in enumerate(found)
        ],
    )
    shown = Page(inside)
    harmless(shown)
    assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in Page(usual).tags} | {"comment_none", "a"}
    assert shown.says(known.check)
    assert shown.says(known.summary)
    if known.limit is None:
        assert shown.says(known.reason)
    public = Page(outside)
    harmless(public)
    assert {tag for tag, _ in public.tags}.isdisjoint(
        {"img", "comment", "pi", "decl", "iframe", "form", "input"}
    )
    assert "onerror" not in {name for _, name in shown.tags | public.tags}
    if len(known.reason) > 12:
        public_texts = [text for one in found for text in (one.check, one.group)]
        assert not public.says(known.reason) or any(known.reason in text for text in public_texts)
    assert json.loads(json.dumps(health.render(made), allow_nan=False))


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    made = Made(tmp_path_factory.mktemp("report"), days=1, count=4)
    yield made
    made.history.close()


@share(0.1)
@given(written, written, written)
def test_a_report_and_its_mail_show_any_text_as_text(past, reason, name, unit):
    end = past.end
    first = past.results[0]
    with closing(sqlite3.connect(past.path)) as file:
        changed = replace(first, check=name, summary=reason, unit=unit, runbook=f"runbook/{name}.md")
        file.execute("UPDATE items SET check_id = ? WHERE id = 1", (name,))
        file.execute(
            "UPDATE current SET check_id = ?, result = ? WHERE check_id = ?",
            (name, json.dumps(asdict(changed)), first.check),
        )
        file.execute(
            "UPDATE samples SET status = 1, reason = ? WHERE item = 1 AND observed_at > ?",
            (reason, end - 7200),
        )
        file.execute("DELETE FROM incidents")
        file.execute(
            "INSERT INTO incidents VALUES ('i', ?, ?, ?, 'critical', 'failing', ?, ?, NULL)",
            (first.site, name, unit, end - 7200, end - 60),
        )
        report = gather(file, span("day", LAST.date(), ZONE), end + 6.5 * 3600, ALERTS)
        shown = Page(page.render(report, ALERTS))
        harmless(shown, ("week-", "day-", "month-", "index.html"))
        bad = {"img", "comment", "pi", "decl", "iframe", "script", "form"}
        assert {tag for tag, _ in shown.tags}.isdisjoint(bad)
        assert not any(attribute.startswith("on") for _, attribute in shown.tags)
        assert shown.says(name)
        mail = mailing.render(report, ALERTS) if hasattr(mailing, "render") else ""
        harmless(Page(mail))
