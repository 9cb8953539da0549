"""The status page's text, the badges, and the files for other programs."""

import json
import re
import time
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from fixtures.schema import Alerts, Silence
from reporters import days, endpoints, health, status_page, status_quiet, status_view, status_words
from reporters.days import Counts, Past
from reporters.history import MIGRATIONS, reading
from tests.reporters.page_cases import AT, CHECKS, DAY, HOSTILE, SITE, Site, healthy, results, run, troubled


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of style and script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._quiet = [], "", False
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._quiet = tag in ("style", "script")
        self.text += " " * (tag in ("dd", "p", "div"))

    def handle_endtag(self, tag):
        self._quiet = False

    def handle_data(self, data):
        if not self._quiet:
            self.text += data

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return troubled(tmp_path_factory.mktemp("bad"))


def test_what_is_wrong_comes_first_with_what_to_do(bad):
    text = Page(bad.page()).text
    assert "2 failing, 3 blocked by them, 1 unknown, 19 ok" in text
    assert text.index("redis_queue_answers") < text.index("error_rate") < text.index("All checks")
    assert "23 errors, at most 10 errors" in text
    assert "Blocks rq_workers_alive, rq_oldest_job_age_seconds, rq_failed_jobs_1h" in text
    assert "since 13:55" in text
    assert "incident i-7f3a" in text
    assert "no message sent yet" in text
    assert "sudo supervisorctl status" in text
    assert 'href="https://docs.example.nl/runbook/redis_queue_answers.md"' in bad.page()
    assert "As of 2026-11-05 14:05 Europe/Amsterdam" in text


def test_every_check_is_there_with_value_limit_and_age(bad):
    page = Page(bad.page())
    for members in CHECKS.values():
        for check, *_ in members:
            assert f"{check} " in page.text
    assert "1,834 members, at least 1,500" in page.text
    ages = {tag["data-age"] for name, tag in page.tags if name == "time"}
    assert {str(round(AT - 1)), str(round(AT - 1900))} <= ages


def test_silences_planned_windows_and_what_ended(bad):
    text = Page(bad.page()).text
    assert "everything 2026-11-08 02:00 to 2026-11-08 04:00" in text
    assert "mail now, until 16:00 · Anna: new mail server" in text
    assert "email_queue_oldest_minutes high · 2026-11-03 14:05 to 2026-11-03 15:16, 1 h 11 min" in text


def test_the_public_page_has_groups_and_nothing_else(bad):
    page = bad.page("public")
    text = Page(page).text
    assert "Disruption" in text
    assert "Redis Disruption since 13:55" in text
    assert "E-mail now, until 16:00" in text
    for told in [SITE, "Anna", "hosting", "i-7f3a", "1a2b", "docs.example.nl", "refused", "23 errors"]:
        assert told not in page
    for members in CHECKS.values():
        for check, *_ in members:
            assert not re.search(rf"\b{check}\b", page)


def test_dutch(tmp_path):
    site = healthy(tmp_path, language="nl")
    assert 'lang="nl"' in site.page()
    assert "Alles in orde" in Page(site.page()).text
    assert "Contributie" in status_words.group("nl", "billing")
    assert Page(site.page("public")).text.count("Werkt") == len(CHECKS)


def test_every_group_of_the_real_checks_has_a_name_for_people():
    from pathlib import Path

    files = Path(__file__).parents[2].joinpath("checks").glob("test_*.py")
    assert {path.stem.removeprefix("test_") for path in files} <= set(status_words.GROUPS)


@pytest.mark.parametrize("texts", status_words.TEXTS.values())
def test_both_languages_fill_the_same_places(texts):
    english, dutch = (set(re.findall(r"{(\w+)}", text)) for text in texts)
    assert english == dutch


MANY = [f"s{n}.example.nl" for n in range(7)]


def of_many(tmp_path, bad=("s3.example.nl",)):
    """Seven sites, of which some are in trouble."""
    site = Site(tmp_path)
    made = [replace(one, site=name) for name in MANY for one in results(trouble=name in bad)]
    site.publish(run(*made))
    return site


def test_many_sites_have_an_overview_and_a_page_each(tmp_path):
    site = of_many(tmp_path)
    text = site.page()
    shown = re.findall(r'<a class="name" href="sites/(\S+?)\.html"><bdi>(\S+?)</bdi>', text)
    assert shown == [
        (name, name) for name in ["s3.example.nl", *(one for one in MANY if one != "s3.example.nl")]
    ]
    assert "<strong><bdi>7 sites</bdi></strong>" in text
    assert "redis_queue_answers" in text
    assert "disk_usage" not in text
    own = site.page("sites/s3.example.nl")
    assert "redis_queue_answers" in own
    assert "disk_usage" in own
    assert "s2.example.nl" not in own
    well = site.page("sites/s2.example.nl")
    assert "redis_queue_answers" in well
    assert "All is well" in well
    assert "s3.example.nl" not in site.page("public")


def test_a_page_of_a_site_that_is_gone_goes(tmp_path):
    site = of_many(tmp_path)
    site.publish(run(*(replace(one, site=name) for name in MANY[1:] for one in results()), at=AT + 300))
    names = {path.name for path in (site.public / "status" / "sites").iterdir()}
    assert names == {f"{name}.html" for name in MANY[1:]}


def test_pages_of_sites_in_trouble_come_first_when_time_is_short(tmp_path, monkeypatch):
    monkeypatch.setattr(status_page, "SITES_SECONDS", 0.0)
    monkeypatch.setattr(status_page.clock, "monotonic", iter(range(1000)).__next__)
    monkeypatch.setattr(status_page, "SITES_SECONDS", 1.5)
    site = of_many(tmp_path)
    assert [path.name for path in (site.public / "status" / "sites").iterdir()] == ["s3.example.nl.html"]


def test_a_sites_name_leads_nowhere_else():
    for name in ("../../x", "a/b", "..", "", HOSTILE, "x" * 300):
        assert re.fullmatch(r"[a-z0-9_-][a-z0-9_.-]*\.html|\.html", status_page.file_name(name)), name
        assert "/" not in status_page.file_name(name)


def test_nothing_of_a_site_is_markup(tmp_path):
    site = Site(tmp_path, runbook_url="https://docs.example.nl")
    evil = replace(
        results()[0], check=HOSTILE, site=HOSTILE, group=HOSTILE, summary=HOSTILE, unit=HOSTILE,
        reason=HOSTILE, status="failing", value=3.0, limit=2.0, direction="<=",
    )  # fmt: skip
    made = run(
        replace(evil, reason=""), replace(evil, check="b", status="unknown", reason=HOSTILE, value=None)
    )
    scope = json.dumps({"checks": ["x"], "groups": ["*"], "sites": [HOSTILE.replace("\ud800", "")]})
    safe = HOSTILE.replace("\ud800", "")
    site.history.connection.execute(
        "INSERT INTO silences (scope, owner, because, starts, ends) VALUES (?, ?, ?, ?, ?)",
        (scope, safe, safe, AT - 5, AT + 500),
    )
    stored = run(
        *(
            replace(one, site="s", check=f"c{n}", group="g", summary="", unit="", reason="", runbook="")
            for n, one in enumerate(made.results)
        )
    )
    site.history.add(stored)
    with reading(site.state / "history.sqlite") as connection:
        past = days.past(connection, AT, "UTC")
        view = status_view.build(made, connection, past, site.settings.alerts)
    for internal in (True, False):
        page = status_page.render(view, site.settings.alerts, internal=internal)
        page.encode()
        found = Page(page)
        assert found.count("img") == 0
        assert found.count("script") == 1
        assert not [name for _, tag in found.tags for name in tag if name.startswith("on")]
        assert not [one for one in page if unicodedata.bidirectional(one) in ("RLO", "LRO", "RLE", "LRE")]
        assert "\x00" not in page
    site.history.add(stored)
    site.publish(replace(stored, results=tuple(replace(one, group=safe) for one in stored.results)))
    for path in (site.public / "badges").glob("*.svg"):
        ElementTree.fromstring(path.read_text())
        assert "<img" not in path.read_text()
        assert re.fullmatch(r"[a-z0-9_-]+\.svg", path.name)


def test_script_and_style_stand_under_the_hashes_that_allow_them(bad):
    import base64
    import hashlib

    page = bad.page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!docs\.example\.nl)', page)


def test_a_run_that_ended_early_is_never_green(tmp_path):
    site = healthy(tmp_path)
    before = (site.public / "history.json").read_text()
    short = run(*results(at=AT + 300)[:4], at=AT + 300, complete=False, selected=23)
    site.publish(short)
    text = Page(site.page()).text
    assert "The last run ended early: it judged" in text
    assert "Some things need attention" in text
    assert "certificate_days_left" in text
    assert (site.public / "history.json").read_text() == before


def test_nothing_judged_is_not_green(tmp_path):
    site = Site(tmp_path)
    site.publish(run(replace(results()[0], status="skipped")))
    assert "Nothing was judged" in Page(site.page()).text


def test_a_smoke_suite_writes_nothing(tmp_path):
    site = Site(tmp_path)
    site.publish(run(*results(), suite="smoke"))
    assert not list(site.public.rglob("*.html"))
    assert not list(site.public.rglob("*.svg"))


def test_files_may_be_read_by_a_web_server(bad):
    for path in bad.public.rglob("*"):
        if path.parent != bad.public or path.is_dir():
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_bars_are_lines_of_dashes():
    marks = ["none", "ok", "ok", "failing", "ok"]
    assert status_page.bars(marks) == {"none": "M0 12h4", "ok": "M4 12h8M16 12h4", "failing": "M12 12h4"}


def test_history_json_has_the_worst_of_each_hour(bad):
    told = json.loads((bad.public / "history.json").read_text())
    assert told["seconds_each"] == 3600
    assert told["until"] % 3600 == 0
    assert AT < told["until"] <= AT + 3600
    redis = told["checks"]["redis_queue_answers"]
    assert len(redis) == 24
    assert redis[-1] == "failing"
    assert "ok" in redis[:-1]
    assert told["checks"]["rq_workers_alive"][-1] == "unknown"


def test_days_are_counted_by_the_local_clock_and_the_worst_counts():
    past = Past(days.date(2026, 11, 5), 0, {("s", "a"): {days.date(2026, 11, 4): Counts(9, 1, 0)}}, {})
    assert past.bars([("s", "a")])[-2:] == ["failing", "none"]
    assert past.bars([("s", "a"), ("s", "other")])[-2] == "failing"
    assert Counts(1, 0, 1).mark == "unknown"


def test_counted_days_are_read_from_their_table_and_the_rest_from_results(tmp_path):
    site = healthy(tmp_path)

    def bars():
        with reading(site.state / "history.sqlite") as connection:
            return days.past(connection, AT, "Europe/Amsterdam").bars([(SITE, "site_answers")])

    before = bars()
    file = site.history.connection
    if not any("daily" in text for text in MIGRATIONS):
        file.execute(
            "CREATE TABLE daily (site TEXT, check_id TEXT, severity TEXT, day TEXT, ok INTEGER,"
            " failing INTEGER, unknown INTEGER, PRIMARY KEY (site, check_id, severity, day)) WITHOUT ROWID"
        )
    file.execute(
        "INSERT INTO daily (site, check_id, severity, day, ok, failing, unknown)"
        " SELECT site, check_id, severity, date(observed_at + 3600, 'unixepoch'), SUM(status = 'ok'),"
        " SUM(status = 'failing'), SUM(status = 'unknown') FROM results WHERE observed_at < ?"
        " GROUP BY 1, 2, 3, 4",
        (AT - DAY,),
    )
    file.execute("DELETE FROM results WHERE observed_at < ?", (AT - 5 * DAY,))
    after = bars()
    assert after.count("ok") == before.count("ok")
    assert after[-3:] == before[-3:]


def test_a_hundred_checks_with_ninety_days_take_less_than_a_fifth_of_a_second(tmp_path):
    site = Site(tmp_path)
    file = site.history.connection
    many = [replace(one, check=f"{one.check}_{n}", depends_on=()) for n in range(5) for one in results()][
        :100
    ]
    site.history.add(run(*many))
    file.execute(
        "CREATE TABLE IF NOT EXISTS daily (site TEXT, check_id TEXT, severity TEXT, day TEXT, ok INTEGER,"
        " failing INTEGER, unknown INTEGER, PRIMARY KEY (site, check_id, severity, day)) WITHOUT ROWID"
    )
    file.execute("BEGIN")
    for one in many:
        key = (one.site, one.check, one.severity)
        for back in range(1, 91):
            day = time.strftime("%Y-%m-%d", time.gmtime(AT - back * DAY))
            file.execute(
                "INSERT INTO daily (site, check_id, severity, day, ok, failing, unknown) VALUES (?, ?, ?, ?, 288, 0, 0)",
                (*key, day),
            )
        rows = [(*key, AT - n * 300, "r", "ok", 1.0, 2.0, 0.1, "") for n in range(1, 3 * 288)]
        file.executemany("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    file.execute("COMMIT")
    site.publish(run(*many))
    told = site.told(run(*many))

    def took() -> float:
        begin = time.process_time()
        status_page.report(told)
        return time.process_time() - begin

    assert any(
        took() < 1.0 for _ in range(5)
    )  # 0.2 s alone; a busy machine is given more, and more than once
    assert (site.public / "status/index.html").stat().st_size < 250_000


def test_results_are_never_scanned(tmp_path):
    site = Site(tmp_path)
    plan = site.history.connection.execute(f"EXPLAIN QUERY PLAN {days.HOURS}", (0, 1)).fetchall()
    assert [row[3] for row in plan if row[3].startswith("SCAN")] == ["SCAN c"]


def test_the_interval_is_what_runs_keep(tmp_path):
    site = Site(tmp_path)
    with reading(site.state / "history.sqlite") as file:
        assert status_view.interval(file) == 300
        for n in range(5):
            site.history.add(run(at=AT + n * 900))
        assert status_view.interval(file) == pytest.approx(900)


def test_a_weekly_window_is_announced_a_week_ahead():
    found = status_quiet.windows(
        Alerts(silences=(Silence(owner="o", because="b", every="wed 02:00-04:00"),)), AT
    )
    assert [round((one.starts - AT) / DAY) for one in found] == [5]
    far = Silence(owner="o", because="b", since="2026-12-24T10:00", until="2026-12-24T11:00")
    assert status_quiet.windows(Alerts(silences=(far,)), AT) == []


def test_health_has_a_version_and_ages():
    told = health.render(run(*results()))
    assert told["format"] == 1
    assert told["oldest_age_seconds"] == 1900
    assert told["checks"]["site_answers"]["age_seconds"] == 1


def test_the_answers_that_the_requirement_names(bad):
    told = json.loads((bad.public / "api/health_check.json").read_text())["message"]
    assert told == {
        "status": "unhealthy",
        "checks": {
            "database": True, "redis": False, "scheduler": True, "disk_space": True, "error_rate": False
        },
        "timestamp": "2026-11-05T13:05:12Z",
    }  # fmt: skip
    told = json.loads((bad.public / "api/get_error_metrics.json").read_text())["message"]
    assert (told["errors_1h"], told["errors_24h"], told["limit_1h"]) == (23.0, 21.0, 10.0)
    blind = [replace(one, status="unknown") if one.check == "disk_usage" else one for one in results()]
    assert endpoints.health_check(run(*blind))["checks"]["disk_space"] is None


def test_slots_say_up_until_the_data_are_old(tmp_path):
    site = healthy(tmp_path)
    assert (site.public / "up" / str(int(AT // 100))).exists()
    assert endpoints.is_fresh(site.public, AT + 890)
    assert not endpoints.is_fresh(site.public, AT + 1000)
    site.publish(run(*results(trouble=True)))
    assert not list((site.public / "up").iterdir())
    assert endpoints.is_fresh(site.public, AT)


def test_badges_tell_by_words(bad):
    overall = (bad.public / "badges/overall.svg").read_text()
    assert 'aria-label="checks: unhealthy"' in overall
    assert "Works" in (bad.public / "badges/database.svg").read_text()
    assert len(list((bad.public / "badges").iterdir())) == len(CHECKS) + 1
