"""When a report is due, what is written, mailed and forgotten, and what `--report` says."""

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fixtures import clock
from fixtures.schema import Alerts, Document, Mail, Report, SettingsError
from reporters import mail, state
from reporters.daily import site, when
from reporters.daily.model import Asked
from reporters.daily.spans import span
from reporters.outbound import Undelivered
from tests.reporters.report_cases import LAST, SITE, ZONE, Made


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A state folder with a week of history, and sites that cannot be asked."""
    state.prepare(tmp_path)
    made = Made(tmp_path, days=9, count=10)
    made.settle()
    made.history.close()
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-06T06:31"))
    monkeypatch.setattr(
        site, "ask", lambda document, names, *_: [Asked(name, 1, why="slow") for name in names]
    )
    return tmp_path


def settings(folder, **more):
    return Document(state=str(folder), alerts=Alerts(), report=Report(**more))


def told(folder, **more):
    return SimpleNamespace(
        run=SimpleNamespace(suite="full"), settings=settings(folder, **more), public=folder / "public"
    )


def rows(folder, columns="kind, day, mailed"):
    with closing(sqlite3.connect(folder / "history.sqlite")) as file:
        return file.execute(f"SELECT {columns} FROM reports ORDER BY kind, day").fetchall()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-06T06:29", None),
        ("2026-11-06T06:30", date(2026, 11, 5)),
        ("2026-11-06T23:59", date(2026, 11, 5)),
        ("2026-11-07T05:00", None),
        ("2026-10-20T12:00", None),
    ],
)
def test_it_is_due_once_its_time_has_come(folder, now, expected):
    with closing(sqlite3.connect(folder / "history.sqlite")) as file:
        assert when.due(file, at(now), Report(), ZONE) == expected
        assert when.due(file, at("2026-11-06T06:00"), Report(at="05:45"), ZONE) == date(2026, 11, 5)


def test_a_scheduled_run_writes_it_once(folder):
    when.report(told(folder, mail=False))
    page = folder / "public" / "reports" / "2026-11-05.html"
    assert page.stat().st_mode & 0o777 == 0o644
    assert "Thursday 5 November 2026" in page.read_text()
    assert "did not come in time" in page.read_text()
    assert rows(folder) == [("day", "2026-11-05", 0)]
    assert '<a href="2026-11-05.html">' in (folder / "public" / "reports" / "index.html").read_text()
    page.unlink()
    when.report(told(folder, mail=False))
    assert not page.exists()


def test_a_selection_writes_none(folder):
    one = told(folder)
    one.run.suite = "smoke"
    when.report(one)
    assert not (folder / "public" / "reports").exists()


def test_a_report_of_today_does_not_stand_for_the_whole_day(folder, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-05T18:00"))
    list(when.command(settings(folder), "today"))
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-06T07:00"))
    when.report(told(folder, mail=False))
    assert "So far" not in (folder / "public" / "reports" / "2026-11-05.html").read_text()


def test_a_week_and_a_month_come_with_their_last_day():
    assert [one.slug for one in when.spans(date(2026, 11, 5), ZONE)] == ["2026-11-05"]
    assert [one.slug for one in when.spans(date(2026, 11, 8), ZONE)] == ["2026-11-08", "2026-W45"]
    assert [one.slug for one in when.spans(date(2026, 11, 30), ZONE)] == ["2026-11-30", "2026-11"]
    assert [one.slug for one in when.spans(date(2027, 1, 31), ZONE)] == ["2027-01-31", "2027-W04", "2027-01"]


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("today", "2026-11-06"),
        ("yesterday", "2026-11-05"),
        ("2026-11-01", "2026-11-01"),
        ("week", "2026-W44"),
        ("2026-W45", "2026-W45"),
        ("month", "2026-10"),
        ("2026-11", "2026-11"),
    ],
)
def test_what_can_be_asked_for(folder, asked, slug):
    *_, last = when.command(settings(folder), asked)
    assert last == f"written to {folder}/public/reports/{slug}.html"
    assert (folder / "public" / "reports" / f"{slug}.html").is_file()


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-11-07",
        "2026-W99",
        "../../etc",
        "2026-12",
        "x" * 10_000,
        "9999-12-31",
    ],
)
def test_what_cannot_be_asked_for_is_told_in_one_line(folder, asked):
    with pytest.raises(SettingsError, match=r"--report = .*allowed: today, yesterday") as error:
        list(when.command(settings(folder), asked))
    assert len(str(error.value)) < 200


def test_without_a_history_it_says_so(tmp_path):
    with pytest.raises(SettingsError, match="there is no history"):
        list(when.command(Document(state=str(tmp_path)), "today"))


def test_the_list_links_forward_and_back(folder):
    for day in ("2026-11-03", "2026-11-04", "2026-11-05"):
        list(when.command(settings(folder), day))
    text = (folder / "public" / "reports" / "2026-11-05.html").read_text()
    assert 'href="2026-11-04.html"' in text
    index = (folder / "public" / "reports" / "index.html").read_text()
    assert index.index("2026-11-05.html") < index.index("2026-11-04.html") < index.index("2026-11-03.html")


def test_old_pages_go_and_nothing_else(folder):
    list(when.command(settings(folder), "2026-11-01"))
    other = folder / "public" / "reports" / "notes.html"
    other.write_text("mine")
    when.report(told(folder, mail=False, keep="3d"))
    assert sorted(one.name for one in (folder / "public" / "reports").iterdir()) == [
        "2026-11-05.html",
        "index.html",
        "notes.html",
    ]


@pytest.fixture
def posted(monkeypatch):
    sent = []

    def deliver(_, made):
        if posted_down[0]:
            raise Undelivered("no route")
        sent.append(made)

    posted_down = [False]
    monkeypatch.setattr(mail, "deliver", deliver)
    return SimpleNamespace(sent=sent, down=posted_down)


def mailed(folder):
    one = told(folder, url="https://status.example.nl/reports")
    server = Mail(host="localhost", sender="checks@example.nl", to=["beheer@example.nl"])
    one.settings = msgspec.structs.replace(one.settings, mail=server)
    return one


def test_it_is_mailed_once(folder, posted):
    for _ in range(3):
        when.report(mailed(folder))
    (message,) = posted.sent
    assert message["Subject"].startswith("Daily report, Thursday 5 November 2026")
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert set(kinds[4:]) == {"image/png"}
    assert rows(folder)[0][2] > 0


def test_a_mail_that_fails_is_sent_by_a_later_run(folder, posted, monkeypatch):
    posted.down[0] = True
    with pytest.raises(Undelivered):
        when.report(mailed(folder))
    assert (folder / "public" / "reports" / "2026-11-05.html").is_file()
    with pytest.raises(Undelivered):
        when.report(mailed(folder))
    posted.down[0] = False
    when.report(mailed(folder))
    when.report(mailed(folder))
    assert len(posted.sent) == 1


def test_a_mail_that_is_a_day_late_is_not_sent(folder, posted, monkeypatch):
    posted.down[0] = True
    with pytest.raises(Undelivered):
        when.report(mailed(folder))
    posted.down[0] = False
    later = at("2026-11-07T06:40")
    monkeypatch.setattr(clock, "now", lambda: later)
    when.report(mailed(folder))
    assert [one["Subject"][:33] for one in posted.sent] == ["Daily report, Friday 6 November 2"]


@pytest.mark.parametrize(
    ("key", "value"), [("at", "24:00"), ("at", "6:30"), ("at", "06:30\n"), ("url", "javascript:alert(1)")]
)
def test_wrong_settings_are_told_in_one_line(folder, key, value):
    with pytest.raises(SettingsError, match=f"report.{key} = "):
        when.check(settings(folder, **{key: value}))
    when.check(settings(folder, at="23:59", url="https://status.example.nl"))


def test_a_site_that_is_not_configured_is_told(tmp_path):
    (one,) = site.ask(Document(), [SITE], span("day", LAST.date(), ZONE), LAST.timestamp() + 90000)
    assert "no site" in one.why
    (old,) = site.ask(Document(), [SITE], span("day", LAST.date(), ZONE), LAST.timestamp() + 9 * 86400)
    assert old.why == "too_old"


def test_spans_lead_on(folder):
    for kind in ("day", "week", "month"):
        one = span(kind, LAST.date(), ZONE)
        assert one.before.next == one
        assert one.next.before == one
        assert one.before.end == one.begin
        assert one.first <= LAST.date() < one.after
    assert timedelta(days=1) == span("day", LAST.date(), ZONE).after - LAST.date()
