"""The report's figures agree with the history, whatever is in it; its page and its mail show them as text."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES
from reporters.daily import forms, mailing, page, site, telling, words
from reporters.daily.figures import FIRST
from reporters.daily.gather import gather
from reporters.daily.model import Asked, Change
from reporters.daily.spans import span
from reporters.run import Result
from tests.reporters.report_cases import ALERTS, DAY, EACH, LAST, SITE, ZONE, Made, troubled

MORNING = 6.5 * 3600
DUTCH = replace(ALERTS, language="nl")
HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>\u202egnp.exe\x00\ud800 {{7*7}}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    one = troubled(tmp_path_factory.mktemp("report"))
    yield one
    one.history.close()


def of(made, kind="day", day=None, alerts=ALERTS, at=None):
    one = span(kind, day or LAST.date(), ZONE)
    return gather(made.connection, one, at or max(one.end, made.end) + MORNING, alerts)


@pytest.fixture(scope="module")
def report(made):
    return of(made)


class Page(HTMLParser):
    """Tags with their attributes, and all text outside of the style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._style = [], "", False
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._style = tag == "style"
        self.text += " " * (tag in ("p", "div", "li", "td", "th", "h2", "h3", "span"))

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style:
            self.text += data


def samples(made, begin, end):
    """(check, severity, at, status, value, seconds) as they are in the file."""
    return made.connection.execute(
        "SELECT check_id, severity, observed_at, status, value, duration FROM results"
        " WHERE observed_at >= ? AND observed_at < ? ORDER BY observed_at",
        (begin, end),
    ).fetchall()


@pytest.mark.parametrize(
    ("kind", "day"), [("day", LAST.date()), ("week", date(2026, 10, 28)), ("month", date(2026, 10, 3))]
)
def test_availability_is_what_the_results_say(made, kind, day):
    report = of(made, kind, day)
    counted = {}
    for check, severity, _, status, *_ in samples(made, report.span.begin, report.span.end):
        own = counted.setdefault(check, {}).setdefault(severity, {"ok": 0, "failing": 0, "unknown": 0})
        own[status] += 1
    assert len(report.rows) == 40
    for row in report.rows:
        severity = max(counted[row.check], key=SEVERITIES.index)
        told = {"ok": row.counts.ok, "failing": row.counts.failing, "unknown": row.counts.unknown}
        assert (row.severity, told) == (severity, counted[row.check][severity]), row.check
    total = [0, 0]
    for limits in counted.values():
        grave = limits[max(limits, key=SEVERITIES.index)]
        total[0] += grave["ok"]
        total[1] += grave["ok"] + grave["failing"]
    assert report.counts.share == pytest.approx(100 * total[0] / total[1])
    assert sum(one.counts.ok for one in report.groups) == total[0]


def test_each_bar_is_the_worst_of_its_hour(made, report):
    zone = ZoneInfo(ZONE)
    seen = {}
    for check, severity, at, status, *_ in samples(made, report.span.begin, report.span.end):
        hour = datetime.fromtimestamp(at, UTC).astimezone(zone).hour
        low = severity in ("info", "warning")
        mark = "warning" if status == "failing" and low else status
        seen.setdefault(check, {}).setdefault(hour, []).append(mark)
    for row in report.rows:
        assert len(row.bars) == 24
        for hour, bar in enumerate(row.bars):
            marks = seen[row.check].get(hour, [])
            worst = next((one for one in ("failing", "warning", "unknown", "ok") if one in marks), "none")
            if bar in ("part", "rest"):
                assert worst == ("ok" if bar == "part" else "none")
            else:
                assert bar == worst, (row.check, hour)


def test_what_a_figure_was_and_usually_is(made, report):
    found = {one.check: one for one in report.figures}
    assert [one.metric for one in report.figures[:3]] == list(FIRST)
    for check in ("active_users_24h", "errors_24h", "active_sessions"):
        values = {
            at: value for name, _, at, _, value, _ in samples(made, made.end - DAY, made.end) if name == check
        }
        assert dict(found[check].points) == values
        assert found[check].last == values[max(values)]
        usual = {}
        for name, _, at, _, value, _ in samples(made, made.end - 8 * DAY, made.end - DAY):
            if name == check:
                usual.setdefault(datetime.fromtimestamp(at, ZoneInfo(ZONE)).hour, []).append(value)
        for begin, low, high in found[check].band:
            hour = datetime.fromtimestamp(begin, ZoneInfo(ZONE)).hour
            assert (low, high) == (min(usual[hour]), max(usual[hour]))
    assert found["errors_24h"].limits == [("warning", 50.0), ("high", 200.0)]
    assert found["errors_24h"].unusual
    assert found["errors_24h"].mark == "warning"
    assert not found["active_sessions"].unusual


def test_incidents_have_their_root_cause_and_what_came_of_it(report):
    (redis, backup, errors) = report.incidents
    assert redis.check == "redis_queue_answers"
    assert set(redis.followers) == {"rq_workers_alive", "rq_oldest_job_age_seconds", "rq_failed_jobs_1h"}
    assert telling.within(report, redis) == 4500
    assert (backup.check, telling.within(report, backup)) == ("backup_age_hours", 3000)
    assert (errors.ended, telling.within(report, errors)) == (None, 6.5 * 3600)
    assert report.incidents_before == 1


def test_the_verdict_is_one_sentence(made, report):
    assert telling.verdict(report, "en") == (
        "3 incidents; the worst: redis_queue_answers on leden.example.nl failed for 1 h 15 min;"
        " 1 still open at the end; nothing was observed for 1 h 30 min."
    )
    assert telling.level(report) == "failing"
    calm = of(made, day=LAST.date() - timedelta(days=3))
    assert telling.verdict(calm, "en") == "No incidents: every check was well."
    assert telling.verdict(calm, "nl") == "Geen incidenten: alle controles waren in orde."
    assert telling.level(calm) == "ok"


def test_what_changed_since_the_day_before(report):
    told = {(one.kind, one.check) for one in report.changes}
    assert told == {("broke", "errors_24h"), ("mended", "backup_age_hours")}


def test_many_changes_of_a_kind_are_one_line(report):
    new = [Change("new", SITE, f"check_{n}") for n in range(telling.MANY + 1)]
    told = telling.changed(replace(report, changes=[*report.changes, *new]), "en")
    assert [(one.check, one.text) for one in told] == [
        ("errors_24h", "fails now"),
        ("backup_age_hours", "is well again"),
        ("", "13 checks are new"),
    ]
    for shown in (page.render, lambda *given: mailing.mail_parts(*given).html, mailing.text):
        text = shown(replace(report, changes=new), ALERTS)
        assert "13 checks are new" in text
        assert "check_7" not in text


def test_new_and_gone_checks_are_changes(tmp_path):
    made = Made(tmp_path, days=10, count=20)
    first, last = made.results[0].check, made.results[-1].check
    with made.connection as file:
        ids = [made.ids[key] for key in made.ids if key[0] == first]
        file.execute(
            f"DELETE FROM samples WHERE item IN ({','.join(map(str, ids))}) AND observed_at < ?",
            (made.end - DAY,),
        )
        file.execute(
            "DELETE FROM samples WHERE item = ? AND observed_at >= ?",
            (made.ids[last, made.results[-1].severity], made.end - DAY),
        )
        file.execute("DELETE FROM current WHERE check_id = ?", (last,))
    told = {(one.kind, one.check) for one in of(made).changes}
    assert {("new", first), ("gone", last)} <= told
    made.history.close()


def test_runs_that_are_missing_are_told(made, report):
    (gap,) = report.gaps
    begin = made.end - DAY
    assert (gap.begin, gap.end) == (begin + 11700, begin + 17100)
    assert (report.runs, report.expected, gap.missed) == (271, 288, 17)
    tile = telling.tiles(report, "en")[-1]
    assert (tile.name, tile.value, tile.mark) == ("Runs, of 288 expected", "271", "unknown")


def test_what_could_not_be_observed_is_told_with_its_reason(report):
    assert {one.check for one in report.unobserved} == {
        "rq_workers_alive",
        "rq_oldest_job_age_seconds",
        "rq_failed_jobs_1h",
    }
    assert {one.reason for one in report.unobserved} == {"blocked: redis_queue_answers fails"}
    assert {one.times for one in report.unobserved} == {15}


def test_silences_and_windows_of_the_day(report):
    assert [(one.scope, one.owner) for one in report.silences] == [("*", "hosting"), ("mail_*", "Anna")]
    assert report.silences[0].ends - report.silences[0].starts == 7200


def test_the_slowest_observations(made, report):
    slow = max(samples(made, report.span.begin, report.span.end), key=lambda one: one[5])
    assert max(row.seconds[1] for row in report.rows) == pytest.approx(slow[5])


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 10, 26), 24)]
)
def test_a_day_on_which_clocks_change_has_its_own_hours(tmp_path, day, hours):
    end = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    made = Made(tmp_path, days=2, count=8, end=end)
    made.end = made.end if hours == 24 else (end + timedelta(days=1)).timestamp()
    report = of(made, day=day)
    assert report.span.end - report.span.begin == hours * 3600
    labels = [cell.label for cell in report.span.cells()]
    assert len(labels) == hours
    assert labels.count("02:00") == {25: 2, 24: 1, 23: 0}[hours]
    assert {len(row.bars) for row in report.rows} == {hours}
    text = page.render(report, ALERTS)
    assert f'viewBox="0 0 {hours * 4 - 1} 24"' in text
    made.history.close()


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"])
def test_other_time_zones(tmp_path, zone):
    made = Made(tmp_path, days=3, count=5)
    one = span("day", LAST.date() - timedelta(days=1), zone)
    report = gather(made.connection, one, made.end, ALERTS)
    assert {len(row.bars) for row in report.rows} == {24}
    assert "none" not in {bar for row in report.rows for bar in row.bars if row.every == "run"}
    made.history.close()


def test_nothing_on_record_is_never_ok(tmp_path):
    made = Made(tmp_path, days=10, count=20)
    made.drop(made.end - DAY, made.end)
    report = of(made)
    assert {bar for row in report.rows for bar in row.bars} == {"none"}
    assert report.counts.share is None
    assert telling.level(report) == "unknown"
    assert telling.verdict(report, "en") == "Nothing was observed: no run is on record."
    assert {one.times for one in report.unobserved} == {0}
    assert len(report.unobserved) == 20
    text = Page(page.render(report, ALERTS)).text
    assert "no result at all" in text
    assert "every check was well" not in text
    assert "100 %" not in text.replace("100 % the day before", "")
    assert "100 %" not in mailing.mail_parts(report, ALERTS).text.replace("(100 % the day before", "")
    made.history.close()


def test_a_history_without_anything_gives_a_report(tmp_path):
    from reporters.history import History

    history = History(tmp_path / "history.sqlite")
    report = gather(history.connection, span("day", LAST.date(), ZONE), LAST.timestamp() + 2 * DAY, ALERTS)
    assert "Nothing was observed" in page.render(report, ALERTS)
    assert mailing.mail_parts(report, DUTCH).subject.startswith(
        "Dagrapport, donderdag 5 november 2026: Er is niets"
    )
    history.close()


def test_today_ends_at_the_present(made):
    noon = made.end - DAY / 2
    report = of(made, at=noon)
    assert {bar for row in report.rows for bar in row.bars[13:]} == {"ahead"}
    assert report.expected <= 144
    assert not report.whole
    assert "So far, until 12:00" in page.render(report, ALERTS)


def test_an_hour_that_is_partly_seen_is_not_simply_ok(report):
    answers = next(row for row in report.rows if row.check == "database_answers")
    assert answers.bars[2:5] == ["ok", "part", "part"]
    hourly = next(row for row in report.rows if row.every == "hourly")
    assert "rest" in hourly.bars
    daily = next(row for row in report.rows if row.every == "daily" and row.check != "backup_age_hours")
    assert set(daily.bars) == {"ok", "rest"}


def test_a_check_that_is_not_due_rests_no_longer_than_its_period(tmp_path):
    made = Made(tmp_path, days=10, count=20)
    daily = next(one for one in made.results if one.every == "daily")
    with made.connection as file:
        ids = [number for (check, _), number in made.ids.items() if check == daily.check]
        file.execute(
            f"DELETE FROM samples WHERE item IN ({','.join(map(str, ids))}) AND observed_at > ?",
            (made.end - 2 * DAY,),
        )
        made.stale(made.end - 3 * DAY, made.end)
    row = next(row for row in of(made).rows if row.check == daily.check)
    assert set(row.bars) == {"none"}
    made.history.close()


@pytest.mark.parametrize("kind", ["week", "month"])
@pytest.mark.parametrize("alerts", [ALERTS, DUTCH], ids=["en", "nl"])
def test_weeks_and_months_have_trends_and_the_objective(made, kind, alerts):
    day = LAST.date()
    report = of(made, kind, day)
    assert len(report.rows[0].bars) == {"week": 7, "month": 30}[kind]
    judged, missed = telling.objective(report)
    assert judged > 10
    names = [one.row.check for one in missed]
    assert names[:2] == ["backup_age_hours", "redis_queue_answers"]
    for one in missed:
        share = 1 - one.row.counts.share / 100
        assert one.seconds == pytest.approx(share * (report.until - report.span.begin))
        assert one.used == pytest.approx(100 * share / 0.005)
    text = Page(page.render(report, alerts)).text
    assert ("Objective: 99.5 % available" if alerts is ALERTS else "Doel: 99,5 % beschikbaar") in text
    assert forms.stretch(report.span, alerts.language) in text
    assert ("points" if alerts is ALERTS else "punt") in text


def test_every_text_is_there_in_both_languages(made):
    for key, pair in words.TEXTS.items():
        english, dutch = (set(re.findall(r"{(\w+)}", one)) for one in pair)
        assert english == dutch, key
    report = of(made)
    report = replace(report, asked=[Asked(SITE, 1, [("boom", 3)], 12, [("Submitted", 2)])])
    english, dutch = (Page(page.render(report, one)).text for one in (ALERTS, DUTCH))
    for text, sample in (
        (english, "Most frequent errors, of 24 hours"),
        (dutch, "Meest voorkomende fouten, van 24 uur"),
    ):
        assert sample in text
    for word in ("Incidents", "Named figures", "the day before", "Runs missed", "no data"):
        assert word not in dutch
    assert "99,66 %" in dutch
    assert "99.66 %" in english


def hostile(made, big=False):
    """The report with strings that want to do harm, or are very large, wherever a string can be."""
    bad = HOSTILE if not big else "x" * 10_000_000 + HOSTILE
    report = of(made)
    groups = [
        replace(
            group,
            rows=[replace(row, check=bad, summary=bad, site=bad, runbook=bad) for row in group.rows[:1]],
            name=bad,
            site=bad,
        )
        for group in report.groups[:2]
    ]
    return replace(
        report,
        sites=(bad, "b"),
        groups=groups,
        incidents=[
            replace(one, check=bad, site=bad, summary=bad, root=bad, runbook=bad, followers=(bad,) * 9)
            for one in report.incidents
        ],
        changes=[replace(one, check=bad, site=bad, runbook=bad) for one in report.changes],
        figures=[replace(one, check=bad, site=bad, summary=bad, unit=bad) for one in report.figures[:2]],
        unobserved=[replace(one, check=bad, site=bad, reason=bad) for one in report.unobserved],
        silences=[replace(one, scope=bad, owner=bad, because=bad) for one in report.silences],
        asked=[Asked(bad, 1, [(bad, 3)], 1, [(bad, 2)]), Asked(bad, 1, why=bad)],
    )


@pytest.mark.parametrize("big", [False, True], ids=["markup", "10 MB"])
def test_hostile_text_is_text_and_short(made, big):
    report = hostile(made, big)
    parts = mailing.mail_parts(report, ALERTS, "https://status.example.nl")
    for text in (page.render(report, ALERTS), parts.html):
        found = Page(text)
        assert not {"script", "iframe", "object"} & {tag for tag, _ in found.tags}
        assert not [one for tag, one in found.tags if tag == "img" and not one["src"].startswith("cid:")]
        assert not [name for _, one in found.tags for name in one if name.startswith("on")]
        assert "\x00" not in text
        assert "\u202e" not in text
        text.encode()
        if not big:
            assert "<img src=x onerror=alert(1)>" in found.text
            assert "{{7*7}}" in found.text
        assert len(text) < 400_000
    assert "\u202e" not in parts.text + parts.subject
    assert len(parts.text) < 40_000
    assert len(parts.subject) <= 150
    assert "\n" not in parts.subject


def test_hostile_addresses_are_no_links(made):
    report = of(made)
    for url in ("javascript:alert(1)", "data:text/html,x", "//x", "ftp://x"):
        text = page.render(report, replace(ALERTS, runbook_url=url))
        assert [
            one["href"] for tag, one in Page(text).tags if tag == "a" and "index.html" not in one["href"]
        ] == ["#what"]
        assert url not in text
        assert url not in mailing.mail_parts(report, ALERTS, url).html


def test_pages_are_self_contained(made):
    for kind in ("day", "week", "month"):
        text = page.render(of(made, kind), ALERTS)
        found = Page(text)
        urls = [
            one[name]
            for _, one in found.tags
            for name in ("src", "href", "data", "action", "srcset")
            if name in one
        ]
        links = [
            url
            for url in urls
            if not url.startswith(("#", "data:", "https://docs.example.nl/", "index.html"))
        ]
        assert links == []
        assert "style=" not in text.replace('http-equiv="Content-Security-Policy"', "")
        ids = [one["id"] for _, one in found.tags if "id" in one]
        assert len(ids) == len(set(ids))
        assert "url(http" not in text


def test_it_is_the_same_each_time(made):
    assert page.render(of(made), ALERTS) == page.render(of(made), ALERTS)


def test_the_mail_has_all_three_parts(made):
    report = replace(of(made), asked=[Asked(SITE, 1, [("boom", 3)], 12, [("Submitted", 2)])])
    parts = mailing.mail_parts(report, ALERTS, "https://status.example.nl/reports")
    found = Page(parts.html)
    assert {one["src"].removeprefix("cid:") for tag, one in found.tags if tag == "img"} == set(parts.images)
    assert all(one["alt"] for tag, one in found.tags if tag == "img")
    assert all(data.startswith(b"\x89PNG") and len(data) < 100_000 for data in parts.images.values())
    assert len(parts.html) < 90_000
    assert "<style" not in parts.html
    for word in (
        "3 incidents",
        "redis_queue_answers; critical",
        "99.66 %",
        "errors_24h",
        "3 x boom",
        "Submitted 2",
        "03:15 to 04:45",
        "https://status.example.nl/reports/2026-11-05.html",
    ):
        assert word in parts.text
    assert "—" not in parts.text + parts.html


def test_titles_lose_what_is_personal():
    assert site.impersonal("Mail to jan.jansen@example.nl failed") == "Mail to <mail> failed"
    assert site.impersonal("NL91ABNA0417164300 is wrong") == "<iban> is wrong"
    assert site.impersonal("NL91 ABNA 0417 1643 00 is wrong") == "<iban> is wrong"
    assert site.impersonal("Member 1234567: no\nTraceback") == "Member <number>: no"
    assert site.impersonal("No call to 06-12 34 56 78") == "No call to <number>"
    assert len(site.impersonal("x" * 10_000_000)) == 120


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Payment reminder failed", ""),
        ("Template Not Found", ""),
        ("SEPA Direct Debit Batch DDB-12 failed", ""),
        ("verenigingen.utils.sepa.MandateError: Mandate M-12 expired", ""),
        ("KeyError: 'iban'", ""),
        ("Error 500 in 12 of 30", ""),
        ("Payment failed for Anna van Test, again", "Payment failed for <name>, again"),
        ("Customer Jan de Vries not found", "Customer <name> not found"),
        ("J. de Vries: Sales Invoice Validation Failed", "<name>: Sales Invoice Validation Failed"),
        ("Could not send to A.B. Jansen-Smit (member)", "Could not send to <name> (member)"),
        ("failed for Anna", "failed for <name>"),
        ("Élodie d'Hondt has no mandate", "<name> has no mandate"),
    ],
)
def test_names_are_taken_out_of_titles_as_far_as_they_can_be_told(title, told):
    assert site.impersonal(title) == (told or title)
    assert site.top([("a 12345", 2), ("a 54321", 3), ("b", 4), (None, 1)]) == [
        ("a <number>", 5),
        ("b", 4),
        ("-", 1),
    ]


def test_numbers_and_shares():
    assert forms.percent(99.999, "en") == "99.99 %"
    assert forms.percent(100.0, "nl") == "100 %"
    assert forms.percent(0.0001, "en") == "0.01 %"
    assert forms.percent(None, "nl") == "geen gegevens"
    assert forms.number(1234567.0, "bytes", "nl") == "1,23 MB"
    assert forms.number(1234.5, "errors", "nl") == "1.234 errors"
    assert forms.number(None, "errors", "en") == "no data"


def test_several_sites_are_told_apart(tmp_path):
    made = Made(tmp_path, days=2, count=10)
    with made.connection as file:
        file.execute("INSERT INTO items SELECT id + 1000, 'two', check_id, severity FROM items")
        file.execute(
            "INSERT INTO samples SELECT item + 1000, observed_at, 1, value, limit_value, microseconds, 'x' FROM samples"
        )
        for (text,) in file.execute("SELECT result FROM current").fetchall():
            one = replace(Result(**__import__("json").loads(text)), site="two")
            shown = __import__("msgspec").json.encode(one).decode()
            file.execute(
                "INSERT INTO current VALUES (?,?,?,'failing',0,0,0,?)",
                ("two", one.check, one.severity, shown),
            )
    report = of(made)
    assert report.sites == (SITE, "two")
    assert {row.counts.share for row in report.rows if row.site == "two"} == {0.0}
    assert 0 < report.counts.share < 100
    made.history.close()


def test_reading_writes_nothing(made):
    with closing(sqlite3.connect(f"file:{made.path}?mode=ro", uri=True)) as file:
        gather(file, span("month", LAST.date(), ZONE), made.end, ALERTS)


def test_runs_are_every_five_minutes_here():
    assert EACH == 300
