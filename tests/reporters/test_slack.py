"""The Slack channel against a double that holds to Slack's limits.

`EXAMPLES=write pytest tests/reporters/test_slack.py -k examples` writes the payloads that
`runbook/examples/` shows.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
import traceback
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import Secret, SettingsError, Slack
from reporters import slack, slack_blocks, words
from reporters.notice import Incident, Notice
from reporters.outbound import Refused, Undelivered
from tests.reporters.slack_double import BLOCKS, Bad, SlackDouble, validate
from tests.steady import until

AT = 1_749_470_700.0  # 2025-06-09 14:05 in Amsterdam
EXAMPLES = Path(__file__).parents[2] / "runbook" / "examples"
NAMES = """
donation_agreements_expiring_30d donations_pending_14d donations_today_eur dues_duplicate_active_schedules
dues_generation_age_hours dues_invoiced_twice_7d dues_nonpositive_rate dues_of_inactive_members
dues_oldest_past_invoice_days dues_past_invoice_dates dues_schedules_active
dues_schedules_invalid dues_without_next_invoice_date dues_not_generated_in_time
invoices_outstanding_eur invoices_overdue invoices_paid_percent_30d invoices_stuck_drafts
invoices_today mandates_active_but_cancelled mandates_active_but_expired mandates_duplicate_ids
mandates_expiring_30d mandates_iban_checksum_failures mandates_malformed_iban
mandates_of_inactive_members mandates_of_missing_members mandates_one_off_reused
mandates_signed_in_future mandates_unused_36_months mandates_without_iban members_active
members_churn_percent_30d members_left_percent_24h members_terminated_24h
members_without_customer members_without_dues_schedule members_without_membership
scheduler_enabled scheduler_failing_jobs scheduler_frequent_jobs_age_seconds
scheduler_jobs_dated_in_future scheduler_jobs_stuck_in_start
scheduler_last_execution_age_seconds scheduler_money_jobs_late scheduler_overdue_jobs
scheduler_process_runs scheduler_stopped_jobs scheduler_jobs_always_failing
sepa_amount_differs_from_invoice sepa_audit_failures_1h sepa_batch_date_closing_day
sepa_batch_files_inconsistent sepa_batch_rows_other_account
sepa_batch_rows_without_active_mandate sepa_batch_total_mismatches
sepa_batches_critical_validation sepa_batches_due_without_file
sepa_batches_past_date_uncollected sepa_batches_due_unsent
"""
FOLLOWERS = tuple(NAMES.split())
LINKS = {
    "status_page": "https://status.example.nl/",
    "grafana": "https://grafana.example.nl/d/checks?a=1&b=2",
}

DATABASE = Incident(
    id="i-database",
    event="firing",
    site="leden.example.nl",
    check="database_answers",
    group="database",
    severity="critical",
    status="failing",
    since=AT - 300,
    summary="The database answers.",
    reason="connection refused",
    evidence={"server": "db.example.nl:3306", "error": "2003 connection refused"},
    blocks=FOLLOWERS,
    fails=("site_answers",),
    first_step="See whether MariaDB runs, and what it said last: `sudo systemctl status mariadb`.",
    runbook="https://runbook.example.nl/database_answers.md",
)
ERRORS = Incident(
    id="i-errors",
    event="firing",
    site="leden.example.nl",
    check="errors_24h",
    group="errors",
    severity="warning",
    status="failing",
    since=AT - 3900,
    value=73.0,
    limit=50.0,
    direction="<=",
    unit="errors",
    evidence={"newest": "Timeout", "table": "tabError Log"},
    first_step="Open the Error Log, newest first.",
    runbook="runbook/errors_24h.md",
)
ENDED = replace(DATABASE, event="resolved", ended=AT, blocks=(), fails=())
PASSED = replace(
    ERRORS,
    check="errors_timeout_1h",
    event="resolved",
    since=AT - 4500,
    ended=AT,
    events="1h",
    last_seen=AT - 3600,
    left=0.0,
    runbook="runbook/errors_timeout_1h.md",
)


def notice(*incidents: Incident, **changes: object) -> Notice:
    made = Notice(
        id="run-1-slack",
        kind="alert",
        at=AT,
        run="20250609T120500Z-1",
        incidents=incidents,
        links=LINKS,
        zone="Europe/Amsterdam",
    )
    return replace(made, **changes)


def many(count: int, **changes: object) -> tuple[Incident, ...]:
    return tuple(
        replace(DATABASE, id=f"i{number}", check=f"check_{number}", **changes) for number in range(count)
    )


def texts(payload: dict) -> list[str]:
    """Every text of the blocks, in order."""
    found = [block["text"]["text"] for block in payload["blocks"]]
    for one in payload["attachments"]:
        for block in one["blocks"]:
            found += [part["text"] for part in block.get("elements", [block.get("text")])]
    return found


def told(payload: dict) -> str:
    return "\n".join(texts(payload))


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def virtual(monkeypatch):
    made = Time()
    monkeypatch.setattr(slack, "sleep", made.sleep)
    monkeypatch.setattr(clock, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def double(virtual):
    made = SlackDouble(now=lambda: virtual.now)
    yield made
    made.close()


def hook(double: SlackDouble, **changes: object) -> Slack:
    return Slack(**{"webhook": Secret(double.webhook), "timeout": 30, **changes})


def bot(double: SlackDouble, **changes: object) -> Slack:
    plain = {
        "token": Secret(double.token),
        "channel": "#alerts",
        "api_url": f"{double.url}/api",
        "timeout": 30,
    }
    return Slack(**{**plain, **changes})


STORIES = {
    "database-down": notice(DATABASE),
    "warning": notice(ERRORS),
    "resolved": notice(ENDED),
    "no-new-events": notice(PASSED),
}


@pytest.mark.parametrize("name", STORIES)
def test_examples_are_what_is_sent(name):
    path = EXAMPLES / f"slack-{name}.json"
    text = json.dumps(slack.render(STORIES[name]), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("EXAMPLES") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
    validate(slack.render(STORIES[name]))


def test_one_incident_says_what_since_when_how_bad_and_what_to_do():
    payload = slack.render(notice(ERRORS))
    assert payload["blocks"] == [
        {
            "type": "header",
            "text": {
                "type": "plain_text",
                "text": "WARNING leden.example.nl: errors_24h fails",
                "emoji": False,
            },
        }
    ]
    (attachment,) = payload["attachments"]
    assert attachment["color"] == "#ff9800"
    lines = told(payload).split("\n")
    assert lines[1:7] == [
        "*errors_24h fails*",
        "warning, leden.example.nl, since 13:00",
        "*Value:* 73 errors, at most 50 errors is allowed",
        "*Evidence:* newest Timeout, table tabError Log",
        "*First:* Open the Error Log, newest first.",
        "Runbook `runbook/errors_24h.md`",
    ]
    assert "<https://status.example.nl/|Status page>" in lines
    assert "<https://grafana.example.nl/d/checks?a=1&amp;b=2|Grafana>" in lines
    assert payload["text"].startswith("WARNING leden.example.nl: errors_24h fails\n")
    assert "since 13:00" in payload["text"]


@pytest.mark.parametrize(
    ("severity", "colour"),
    [("info", "#36a64f"), ("warning", "#ff9800"), ("high", "#ff5722"), ("critical", "#ff0000")],
)
def test_colours(severity, colour):
    payload = slack.render(notice(replace(ERRORS, severity=severity)))
    assert payload["attachments"][0]["color"] == colour
    ended = slack.render(notice(replace(ERRORS, severity=severity, event="resolved", ended=AT)))
    assert ended["attachments"][0]["color"] == "#36a64f"


def test_resolved_says_how_long_and_not_what_to_do():
    found = told(slack.render(notice(ENDED)))
    assert found.startswith("leden.example.nl: database_answers is well again\n*database_answers is well")
    assert "from 14:00 to 14:05, 5 min" in found
    assert "First" not in found
    assert "critical" not in found.lower()


def test_sixty_followers_are_counted_and_not_all_named():
    payload = slack.render(notice(DATABASE))
    validate(payload)
    found = told(payload)
    left = int(re.search(r"(\d+) more are left out here", found)[1])
    named = [name for name in FOLLOWERS if re.search(rf"\b{name}\b", found)]
    assert len(FOLLOWERS) == 60
    assert len(named) + left == 60
    assert len(named) > 5


@pytest.mark.parametrize("count", [2, 5, 6, 12, 40, 500])
def test_many_incidents_are_summarised(count):
    payload = slack.render(notice(*many(count)))
    validate(payload)
    assert len(json.dumps(payload)) < 13_000
    found = told(payload)
    shown = len(set(re.findall(r"check_\d+ fails", found)))
    left = re.findall(r"^(\d+) more are left out here$", found, re.M)
    assert shown + sum(map(int, left)) == count
    assert sum(len(one["blocks"]) for one in payload["attachments"]) + 1 <= BLOCKS
    if count > 1:
        assert texts(payload)[0].endswith(f"check_0 fails and {count - 1} more")


def test_the_rest_has_the_colour_of_its_worst():
    mixed = (*many(6, severity="info"), replace(ERRORS, severity="high"), ENDED)
    assert slack.render(notice(*mixed))["attachments"][-1]["color"] == "#ff5722"
    ended = many(30, event="resolved", ended=AT)
    assert slack.render(notice(*ended))["attachments"][-1]["color"] == "#36a64f"


def test_dutch():
    payload = slack.render(notice(DATABASE, ENDED, language="nl"))
    validate(payload)
    found = told(payload)
    assert "KRITIEK leden.example.nl: database_answers faalt en 1 andere" in found
    for word in ("sinds 14:00", "*Reden:*", "*Eerst:*", "Hierdoor niet waar te nemen", "Statuspagina"):
        assert word in found
    assert not re.search(r"\b(since|Reason|First|fails|Runbook|critical)\b", found)


@pytest.mark.parametrize("kind", ["test", "canary", "digest"])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_messages_without_incidents(kind, language, double):
    for lines in ((), ("Silence db* of jan ended (update): 3 messages were held back", "a <!channel>")):
        made = notice(kind=kind, lines=lines, language=language)
        payload = slack.render(made)
        validate(payload)
        assert payload["attachments"][0]["color"] == "#36a64f"
        if not (kind == "digest" and lines):
            assert texts(payload)[0] == words.text(language, kind)
        assert told(payload).count("messages were held back") == bool(lines)
        slack.send(hook(double), made, {})
    assert [one["surface"] for one in double.posts] == ["webhook", "webhook"]


def test_a_long_digest_is_cut():
    payload = slack.render(notice(kind="digest", lines=tuple(f"line {n} " * 40 for n in range(400))))
    validate(payload)
    assert re.search(r"\d+ more are left out here", told(payload))
    long = slack.render(notice(kind="digest", lines=("word " * 50,)))
    assert told(long).count("word") > 50, "a headline that is cut is told in full below"


HOSTILE = [
    "<!channel> <!here|x> <@U123> <#C123> <!subteam^S1> <!date^1^{date}|x>",
    "<https://evil.example|Runbook> https://evil.example evil.example mailto:a@evil.example",
    "*bold* _italic_ ~strike~ `code` ```block``` > quote &gt; :tada: @here #general",
    "&lt;!channel&gt; &amp;lt; &#60; & && &;",
    "\x00\x01\x07\x1b[31mred\x1b[0m\x9b\r\n\u2028\u2029\x85\t\v",
    "\u202eesrever\u202c \u2066iso\u2069 \u200f\u061c\ufeff\u200b\u00ad\u2060",
    "\u05d0\u05d1\u05d2 \u0627\u0644\u0633\u0644\u0627\u0645",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1f3\U0001f1f1",
    "\ud800 \udfff \udc80\ud800 \ufffe\uffff",
    "a\u0300\u0301\u0302" * 50,
    '"\\' * 3000,
    "`" * 3000,
    "&" * 3000,
    "",
    " ",
]


def everywhere(text: str, **changes: object) -> Incident:
    return replace(
        DATABASE,
        site=text,
        check=text,
        reason=text,
        unit=text,
        evidence={text: text, "n": 1.5, "list": [text]},
        blocks=(text, text, "plain"),
        fails=(text,),
        first_step=text,
        runbook=text,
        **changes,
    )


def assert_inert(payload: dict) -> None:
    """Outside code, only our own labels are bold, and only our own links are links."""
    for text in texts(payload)[1:]:
        rest = re.sub(r"<https?://[^|>]+\|[^<>]+>", "", re.sub(r"`[^`\n]+`", "", text))
        assert "`" not in rest
        assert not re.search(r"[~@#]\w|:[a-z_]+:|://", rest), rest
        assert not re.search(r"(?<![A-Za-z0-9_])_|_(?![A-Za-z0-9_])", rest), rest
        for line in rest.split("\n"):
            assert line.count("*") in (0, 2), line
            assert line.startswith("*") or "*" not in line
            assert not line.startswith("&gt;")
    for url in re.findall(r"<(https?://[^|]+)", json.dumps(payload)):
        assert re.match(r"https://(status|grafana|runbook)\.example\.nl/|http://x.nl", url), url


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_and_does_nothing(text, double):
    for one in (everywhere(text), everywhere(text, value=1.0, limit=2.0), everywhere(text, ended=AT)):
        for made in (
            notice(one),
            notice(one, *many(20)),
            notice(kind="digest", lines=(text, text)),
            notice(one, run=text, links={text: text, "grafana": text}, zone=text[:99]),
        ):
            payload = slack.render(made)
            validate(payload)
            assert_inert(payload)
    slack.send(hook(double), notice(everywhere(text)), {})
    assert not double.refused


def test_random_text():
    seed = int(os.environ.get("SEED", "1"))
    dice = random.Random(seed)
    pieces = [
        *"*_~`<>&|:@#!.\n\t\x00\x1b /\\\"'-()[]{}%",
        *("word", "under_score", "<!here>", "http://x.nl", "x.nl", ":x:", "```", "&amp;", "&gt;", "\u202e"),
        *("\u00e9", "\u4e2d", "\U0001f600", "\ud800", "\u200d", "\u05d0", "\u0300", "\u2028", "12:30:45"),
    ]
    for _ in range(150):
        text = "".join(dice.choices(pieces, k=dice.choice((0, 1, 3, 10, 60, 900))))
        incidents = [
            everywhere(text, id=str(n), value=dice.choice((None, 1.0, 1e300)), limit=dice.choice((None, 2.0)))
            for n in range(dice.choice((1, 2, 7, 40)))
        ]
        made = notice(*incidents, lines=(text,) * dice.choice((0, 1, 30)), language=dice.choice(("en", "nl")))
        try:
            payload = slack.render(made)
            validate(payload)
            assert_inert(payload)
        except (Bad, AssertionError) as error:
            raise AssertionError(f"SEED={seed} text={text!r}: {error}") from None


def test_ten_megabytes_are_cut_quickly():
    text = "\u20ac<&" * 3_500_000
    one = replace(DATABASE, reason=text, evidence={"body": text}, first_step=text, check="c" * 10_000_000)
    began = time.thread_time()
    payload = slack.render(notice(*[one] * 5))
    assert time.thread_time() - began < 5
    validate(payload)
    assert "\u2026" in told(payload)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://[broken",
        "https://user:pw@example.nl/",
        "https:///x",
        "https://e.nl/" + "x" * 5000,
    ],
)
def test_what_is_no_address_is_not_linked(url):
    payload = slack.render(notice(replace(DATABASE, runbook=url), links={"grafana": url}))
    validate(payload)
    assert "<" not in told(payload)


def test_an_address_cannot_break_out_of_its_link():
    payload = slack.render(
        notice(DATABASE, links={"grafana": "https://grafana.example.nl/>|<!channel> \u20ac"})
    )
    validate(payload)
    assert "https://grafana.example.nl/%3E%7C%3C!channel%3E%20%E2%82%AC|Grafana" in told(payload)


LONG = [*HOSTILE, "\u20ac" * 999, "&<>" * 99, "x" * 399 + "&"]


@pytest.mark.parametrize("limit", [5, 40, 150, 400])
@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_fitting_keeps_to_the_limit_and_cuts_no_entity(text, limit):
    for found in (slack_blocks.fit(text, limit), slack_blocks.shown(text, limit)):
        assert len(found.encode()) <= limit
        assert not re.search(r"&(?!(amp|lt|gt);)", found)


def test_rendering_is_deterministic():
    assert slack.render(notice(*many(30))) == slack.render(notice(*many(30)))


def test_a_webhook_gets_one_request(double):
    receipt = slack.send(hook(double), notice(DATABASE), {"i-database": "C0ALERTS:1.2"})
    assert receipt.id == ""
    ((path, headers, body),) = double.requests
    assert path.startswith("/services/")
    assert headers["content-type"].startswith("application/json")
    assert json.loads(body)["unfurl_links"] is False
    assert "authorization" not in headers


def test_a_webhook_in_a_file(double, tmp_path):
    file = tmp_path / "webhook"
    file.write_text(double.webhook + "\n")
    settings = hook(double, webhook=None, webhook_file=str(file))
    slack.check(settings)
    assert slack.configured(settings)
    slack.send(settings, notice(ERRORS), {})
    file.unlink()
    with pytest.raises(Undelivered, match=r"slack.webhook_file = .*: cannot be read"):
        slack.send(settings, notice(ERRORS), {})


def test_too_fast_for_slack_waits_as_told(double, virtual):
    for _ in range(3):
        slack.send(hook(double), notice(ERRORS), {})
    assert len(double.posts) == 3
    assert virtual.slept == [1.0, 1.0]


@pytest.mark.parametrize(
    ("script", "slept"),
    [
        (["429:3"], [3.0]),
        (["429:3", "429:4"], [3.0, 4.0]),
        (["500", "503"], [1.0, 1.0]),
        (["429"], [1.0]),
        (["500:rollup_error"], [1.0]),
        (["400:invalid_blocks", "429:2"], [2.0]),
    ],
)
def test_what_passes_is_repeated(double, virtual, script, slept):
    double.script[:] = script
    slack.send(hook(double), notice(ERRORS), {})
    assert virtual.slept == slept
    assert len(double.posts) == 1


@pytest.mark.parametrize(
    ("script", "after", "requests"),
    [
        (["429:30"], 30.0, 1),
        (["429:8", "429:8"], 8.0, 2),
        (["429:1", "429:2", "429:3"], 3.0, 3),
        (["500", "502", "503"], None, 3),
        (["429:-5", "429:nan", "429:soon"], None, 3),
        (["429:99999999999"], None, 0),
    ],
)
def test_what_does_not_pass_in_time_is_for_later(double, virtual, script, after, requests):
    double.script[:] = [*script, *script, *script]
    with pytest.raises(slack.Later, match=r"^Slack answered (429|50\d)(: rate_limited)?$") as raised:
        slack.send(hook(double), notice(ERRORS), {})
    assert raised.value.retry_after == after
    assert sum(virtual.slept) <= 10
    assert len(double.requests) == (requests or 3)
    assert not double.posts


@pytest.mark.parametrize(
    "word", ["400:invalid_blocks", "400:invalid_attachments", "400:invalid_payload", "413"]
)
def test_a_layout_that_slack_refuses_goes_without(double, word):
    double.script[:] = [word]
    slack.send(hook(double), notice(DATABASE), {})
    (post,) = double.posts
    assert "blocks" not in post
    assert "attachments" not in post
    for part in ("database_answers fails", "since 14:00", "connection refused", "sudo systemctl status"):
        assert part in post["text"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (["404:no_service"], "Slack answered 404: no_service"),
        (["403:action_prohibited"], "Slack answered 403: action_prohibited"),
        (["410:channel_is_archived"], "Slack answered 410: channel_is_archived"),
        (["302"], "Slack answered 302"),
        (["html"], "Slack answered 200"),
        (["400:invalid_blocks", "400:invalid_payload"], "Slack answered 400: invalid_payload"),
        (["403:see https://hooks.slack.com/services/T0/B0/x"], "Slack answered 403"),
    ],
)
def test_a_webhook_that_says_no(double, virtual, script, told):
    double.script[:] = script
    with pytest.raises(Refused, match=f"^{told}$"):
        slack.send(hook(double), notice(ERRORS), {})
    assert not virtual.slept
    assert not double.posts


@pytest.mark.parametrize("script", ["hang", "reset"])
def test_no_answer_is_not_repeated_as_it_may_have_arrived(double, script):
    for settings in (hook(double, timeout=0.5), bot(double, timeout=0.5)):
        double.script[:] = [script]
        before = len(double.requests)
        with pytest.raises(Undelivered) as raised:
            slack.send(settings, notice(ERRORS), {})
        assert not isinstance(raised.value, Refused)
        until(lambda before=before: len(double.requests) > before, "the server has read it")
    assert len(double.requests) == 2


def test_a_wrong_webhook_is_slacks_no_service(double):
    with pytest.raises(Refused, match="404: no_service"):
        slack.send(hook(double, webhook=Secret(f"{double.url}/services/T0/B0/wrong")), notice(ERRORS), {})


def test_nothing_listens(double):
    nowhere = Secret(double.webhook.replace(double.url, "http://127.0.0.1:1"))
    with pytest.raises(Undelivered, match="refused"):
        slack.send(hook(double, webhook=nowhere), notice(ERRORS), {})


def test_no_secret_in_any_error(double, capsys, caplog):
    for settings in (hook(double), bot(double)):
        for script in (
            "hang",
            "reset",
            "404:no_service",
            "500",
            "429:99",
            "302",
            "html",
            "403:" + double.token,
        ):
            double.script[:] = [script] * 3
            with pytest.raises(Undelivered) as raised:
                slack.send(
                    replace(settings, timeout=0.5) if script == "hang" else settings, notice(ERRORS), {}
                )
            told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(settings)
            double.script.clear()
            for secret in (double.secret, "hO0kSecretXyz", double.token):
                assert secret not in told
    said = caplog.text + "".join(capsys.readouterr())
    assert double.secret not in said
    assert double.token not in said


def test_a_bot_posts_and_remembers_where(double):
    receipt = slack.send(bot(double), notice(DATABASE), {})
    assert receipt.id == "C0ALERTS:1700000000.000100"
    (post,) = double.posts
    assert post["channel"] == "#alerts"
    assert post["parse"] == "none"
    assert "thread_ts" not in post


def test_news_changes_the_first_message_and_goes_under_it(double, virtual):
    first = slack.send(bot(double), notice(DATABASE), {})
    virtual.now += 300
    earlier = {"i-database": first.id}
    again = slack.send(bot(double), notice(replace(DATABASE, event="reminder")), earlier)
    virtual.now += 300
    over = slack.send(bot(double), notice(ENDED), earlier)
    assert {first.id, again.id, over.id} == {"C0ALERTS:1700000000.000100"}
    assert [one["surface"] for one in double.posts] == [
        "chat.postMessage",
        "chat.update",
        "chat.postMessage",
        "chat.update",
        "chat.postMessage",
    ]
    assert double.posts[2]["thread_ts"] == double.posts[4]["thread_ts"] == "1700000000.000100"
    assert [double.posts[2]["reply_broadcast"], double.posts[4]["reply_broadcast"]] == [True, False]
    now = double.messages[first.id]
    assert now["attachments"][0]["color"] == "#36a64f"
    assert "is well again" in now["text"]


def test_a_first_message_that_told_of_more_is_left_as_it_is(double, virtual):
    first = slack.send(bot(double), notice(DATABASE, ERRORS), {})
    earlier = {"i-database": first.id, "i-errors": first.id}
    virtual.now += 60
    slack.send(bot(double), notice(ENDED), earlier)
    assert [one["surface"] for one in double.posts] == ["chat.postMessage", "chat.postMessage"]
    assert double.posts[1]["reply_broadcast"] is True
    assert "errors_24h" in double.messages[first.id]["text"]
    virtual.now += 60
    slack.send(bot(double), notice(replace(ERRORS, event="resolved", ended=AT)), {"i-errors": first.id})
    assert "errors_24h is well again" in double.messages[first.id]["text"]


def test_old_and_new_in_one_notice(double, virtual):
    first = slack.send(bot(double), notice(DATABASE), {})
    virtual.now += 60
    second = slack.send(bot(double), notice(ENDED, ERRORS), {"i-database": first.id})
    assert second.id not in ("", first.id), "the new incident's own message is remembered"
    assert [one.get("thread_ts") for one in double.posts] == [None, None, first.id.split(":")[1], None]
    assert "database" not in double.posts[3]["text"]
    assert virtual.slept == [1.0], "a channel takes one message a second"


def test_many_threads_at_once_are_one_new_message(double, virtual):
    earlier = {}
    for one in many(5):
        earlier[one.id] = slack.send(bot(double), notice(one), {}).id
        virtual.now += 2
    receipt = slack.send(bot(double), notice(*many(5, event="reminder")), earlier)
    assert len(double.posts) == 6
    assert receipt.id not in earlier.values()


@pytest.mark.parametrize(
    "earlier", ["C0ALERTS:1.5", "C0GONE:1700000000.000100", "", "nonsense", "mail-id@x", "C1:2:3"]
)
def test_a_first_message_that_is_gone_begins_anew(double, earlier):
    receipt = slack.send(bot(double), notice(ENDED), {"i-database": earlier})
    assert receipt.id == "C0ALERTS:1700000000.000100"
    (post,) = double.posts
    assert "thread_ts" not in post


@pytest.mark.parametrize("word", ["cant_update_message", "edit_window_closed"])
def test_a_message_that_may_not_be_changed_gets_its_news_aloud(double, virtual, word):
    first = slack.send(bot(double), notice(DATABASE), {})
    virtual.now += 60
    double.script[:] = [f"ok:false:{word}"]
    assert slack.send(bot(double), notice(ENDED), {"i-database": first.id}).id == first.id
    assert double.posts[1]["thread_ts"] == "1700000000.000100"
    assert double.posts[1]["reply_broadcast"] is True


def test_a_thread_that_is_gone_begins_anew(double, virtual):
    first = slack.send(bot(double), notice(DATABASE, ERRORS), {})
    earlier = {"i-database": first.id, "i-errors": first.id}
    double.messages.clear()
    virtual.now += 60
    assert slack.send(bot(double), notice(ENDED), earlier).id not in ("", first.id)


@pytest.mark.parametrize(
    "word",
    ["invalid_blocks", "invalid_attachments", "msg_blocks_too_long", "msg_too_long", "too_many_attachments"],
)
def test_a_bots_layout_that_slack_refuses_goes_without(double, virtual, word):
    double.script[:] = [f"ok:false:{word}"]
    first = slack.send(bot(double), notice(DATABASE), {})
    assert "blocks" not in double.posts[0]
    virtual.now += 60
    slack.send(bot(double), notice(replace(DATABASE, event="worse")), {"i-database": first.id})
    assert double.messages[first.id]["blocks"]
    virtual.now += 60
    double.script[:] = [f"ok:false:{word}"]
    slack.send(bot(double), notice(ENDED), {"i-database": first.id})
    assert double.messages[first.id]["blocks"] == [], "an update takes the old layout away"


@pytest.mark.parametrize(
    "word", ["channel_not_found", "invalid_auth", "account_inactive", "not_in_channel", "missing_scope"]
)
def test_a_bot_that_slack_refuses(double, virtual, word):
    double.script[:] = [f"ok:false:{word}"]
    with pytest.raises(Refused, match=f"^Slack answered 200: {word}$"):
        slack.send(bot(double), notice(ERRORS), {})
    assert len(double.requests) == 1
    assert not virtual.slept


def test_the_double_refuses_a_wrong_token_and_channel(double):
    with pytest.raises(Refused, match="invalid_auth"):
        slack.send(bot(double, token=Secret("xoxb-wrong")), notice(ERRORS), {})
    with pytest.raises(Refused, match="channel_not_found"):
        slack.send(bot(double, channel="#nowhere"), notice(ERRORS), {})
    with pytest.raises(Refused, match="is_archived"):
        slack.send(bot(double, channel="C0ARCHIVE"), notice(ERRORS), {})


def test_a_bot_waits_for_a_busy_channel(double, virtual):
    for _ in range(2):
        slack.send(bot(double), notice(ERRORS), {})
    double.script[:] = ["ok:false:internal_error"]
    slack.send(bot(double), notice(ERRORS), {})
    assert virtual.slept == [1.0, 1.0]
    double.script[:] = ["429:60"]
    with pytest.raises(slack.Later) as raised:
        slack.send(bot(double), notice(ERRORS), {})
    assert raised.value.retry_after == 60


def test_nothing_is_repeated_when_time_is_up(double, virtual, monkeypatch):
    double.script[:] = ["429:2"]
    ask = slack.request

    def slow(*arguments, **options):
        virtual.now += 24
        return ask(*arguments, **options)

    monkeypatch.setattr(slack, "request", slow)
    with pytest.raises(slack.Later):
        slack.send(hook(double), notice(ERRORS), {})
    assert not virtual.slept


HOOK, TOKEN = "https://hooks.slack.com/services/T0/B0/s3cretS3cret", "xoxb-1-s3cretS3cret"


@pytest.mark.parametrize(
    "settings",
    [
        {"webhook": Secret(HOOK)},
        {"webhook": Secret("https://hooks.slack-gov.com/services/T0/B0/x")},
        {"webhook": Secret("http://localhost:8080/hook")},
        {"webhook": Secret("http://[::1]:8080/hook")},
        {"token": Secret(TOKEN), "channel": "#alerts"},
        {"token": Secret(TOKEN), "channel": "C0123", "api_url": "http://127.0.0.1:1/api"},
        {"token": Secret(TOKEN), "channel": "C0123", "api_url": "https://slack-gov.com/api"},
    ],
)
def test_settings_that_work(settings):
    slack.check(Slack(**settings))
    assert slack.configured(Slack(**settings))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"webhook": Secret("hooks.slack.com/services/T0/s3cret")}, "slack.webhook: must be https://hooks"),
        ({"webhook": Secret("http://hooks.slack.com/services/T0/s3cret")}, "slack.webhook: must be"),
        ({"webhook": Secret("https://hooks.slack.com/")}, "slack.webhook: must be"),
        ({"webhook": Secret("https://hooks.slack.com.evil.nl/services/s3cret")}, "slack.webhook: must be"),
        ({"webhook": Secret("https://a:s3cret@hooks.slack.com/services/x")}, "slack.webhook: must be"),
        ({"webhook": Secret("https://hooks.slack.com/services/s3cret x")}, "slack.webhook: must be"),
        ({"webhook": Secret("https://hooks.slack.com:s3cret/services/x")}, "slack.webhook: must be"),
        ({"webhook": Secret("http://[s3cret/services/x")}, "slack.webhook: must be"),
        ({"webhook": Secret("ftp://localhost/s3cret")}, "slack.webhook: must be"),
        ({"webhook": Secret("http://localhost/")}, "slack.webhook: must be"),
        ({"webhook": Secret("")}, "slack"),
        ({"webhook_file": "/nowhere/webhook"}, "slack.webhook_file = /nowhere/webhook: cannot be read"),
        ({"token_file": "/nowhere/token", "channel": "x"}, "slack.token_file = /nowhere/token: cannot be"),
        ({"token": Secret(TOKEN)}, "slack.channel: is missing"),
        ({"token": Secret("s3cret\nX: y"), "channel": "x"}, "slack.token: must be a bot's token"),
        ({"token": Secret("xoxb-s3cret \u20ac"), "channel": "x"}, "slack.token: must be"),
        ({"token": Secret(TOKEN), "channel": "a b"}, "slack.channel = 'a b': must be"),
        ({"token": Secret(TOKEN), "channel": ""}, "slack.channel"),
        ({"token": Secret(TOKEN), "webhook": Secret(HOOK)}, "slack.webhook: slack.token is given as well"),
        ({"webhook": Secret(HOOK), "webhook_file": "x"}, "slack.webhook: is given twice"),
        ({"webhook": Secret(HOOK), "channel": "#x"}, "slack.channel = '#x': a webhook has its own channel"),
        ({"channel": "#x"}, "slack: says not where to"),
        (
            {"token": Secret(TOKEN), "channel": "x", "api_url": "http://example.nl/api"},
            "slack.api_url = http://example.nl/api: must be https://",
        ),
        (
            {"token": Secret(TOKEN), "channel": "x", "api_url": "https://a:s3cret@example.nl"},
            "slack.api_url: must be",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_line(settings, told):
    with pytest.raises(SettingsError) as raised:
        slack.check(Slack(**settings))
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_not_configured():
    for settings in (Slack(), Slack(timeout=3), Slack(channel="#x"), Slack(token=Secret(TOKEN))):
        assert not slack.configured(settings)


def good() -> dict:
    return slack.render(notice(DATABASE))


SPOILED = [
    lambda it: it.update(text="<!channel>"),
    lambda it: it.update(text="a & b"),
    lambda it: it.update(text="x" * 4001),
    lambda it: it.update(text=""),
    lambda it: it.update(colour="red"),
    lambda it: it.update(blocks=[{"type": "divider"}] * 50),
    lambda it: it.update(attachments=it["attachments"] * 21),
    lambda it: it["blocks"].append({"type": "input"}),
    lambda it: it["blocks"][0]["text"].update(text="x" * 151),
    lambda it: it["blocks"][0]["text"].update(type="mrkdwn"),
    lambda it: it["blocks"][0]["text"].update(verbatim=True),
    lambda it: it["attachments"][0].update(title="x"),
    lambda it: it["attachments"][0].update(color="red"),
    lambda it: it["attachments"][0]["blocks"][0]["text"].update(text="x" * 3001),
    lambda it: it["attachments"][0]["blocks"][0]["text"].update(text="<@U1>"),
    lambda it: it["attachments"][0]["blocks"][0]["text"].update(text="\u202e"),
    lambda it: it["attachments"][0]["blocks"][0]["text"].update(text=""),
    lambda it: it["attachments"][0]["blocks"][0].update(fields=[{"type": "mrkdwn", "text": "x"}] * 11),
    lambda it: it["attachments"][0]["blocks"][-1].update(elements=[]),
]


@pytest.mark.parametrize("spoil", SPOILED, ids=range(len(SPOILED)))
def test_the_double_holds_to_the_rules(spoil):
    payload = good()
    validate(payload)
    spoil(payload)
    with pytest.raises(Bad):
        validate(payload)


def test_the_order_of_the_incidents_is_kept():
    found = told(slack.render(notice(*many(9))))
    places = [
        found.index(f"check_{number} fails*" if number < 3 else f"check_{number} fails")
        for number in range(9)
    ]
    assert all(one < other for one, other in pairwise(places))
