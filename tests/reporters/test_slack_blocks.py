"""A Slack message to the byte: what of a notice it tells, where it cuts, and what it says of the rest."""

import re

import msgspec
import pytest
from msgspec.structs import replace

from reporters import slack_blocks
from reporters.notice import Incident, Notice
from reporters.slack_blocks import clean, fit, link, marked, render, shown, size
from tests.reporters.test_slack import texts

AT = 1_749_470_700.0  # 12:05 in UTC
PLAIN = Incident("i", "firing", "site", "check", "group", "warning", "failing", since=AT)


def notice(*incidents: Incident, **changes: object) -> Notice:
    return replace(Notice("n", "alert" if incidents else "test", AT, "run", incidents), **changes)


def lines(made: Notice) -> list[str]:
    """The lines of the blocks: the headline is the first, the run the last."""
    return "\n".join(texts(render(made))).split("\n")


def entry(**changes: object) -> list[str]:
    """The lines of one incident: what it is, where and when, what is known."""
    return lines(notice(replace(PLAIN, **changes)))[1:]


def paragraphs(made: Notice) -> list[str]:
    """Those of the message without layout: the headline, and one an incident."""
    return render(made)["text"].split("\n\n")


def item(**changes: object) -> str:
    """One incident as a line of a list, without when."""
    found = paragraphs(notice(replace(PLAIN, **changes)))[1]
    return found.removeprefix("\u2022 ").removesuffix(", since 12:05")


def of_length(bytes_: int, **changes: object) -> Incident:
    """An incident whose line in a list has so many bytes."""
    return replace(PLAIN, site="", check="c" * (bytes_ - size("\u2022  fails, since 12:05")), **changes)


LIMITS = {
    "the headline": (150, lambda text: lines(notice(kind="digest", lines=(text,)))[0]),
    "the headline without layout": (300, lambda text: paragraphs(notice(kind="digest", lines=(text,)))[0]),
    "a line of a digest": (400, lambda text: lines(notice(lines=(text,)))[1]),
    "what fails": (120, lambda text: entry(check=text.removesuffix(" fails"))[0].strip("*")),
    "where": (120, lambda text: entry(site=text)[1].split(", ")[1]),
    "the reason": (400, lambda text: entry(reason=text)[2].removeprefix("*Reason:* ")),
    "the first step": (400, lambda text: entry(first_step=text)[2].removeprefix("*First:* ")),
    "what fails, in a list": (80, lambda text: item(check=text.removesuffix(" fails")).split(", ")[0]),
    "where, in a list": (60, lambda text: item(site=text).split(", ")[1]),
    "the run": (120, lambda text: lines(notice(PLAIN, run=text))[-1]),
}


@pytest.mark.parametrize(("limit", "told"), LIMITS.values(), ids=LIMITS)
def test_a_text_of_just_its_limit_is_told_whole_and_a_longer_one_is_cut_to_it(limit, told):
    whole = "x" * (limit - 6) + " fails"
    assert told(whole) == whole
    assert told(f"x{whole}") == f"x{whole}"[: limit - 3] + "\u2026"


def counts(payload: dict) -> tuple[int, ...]:
    """How many incidents are told in full, how many get a line, and how many it says are left out."""
    told = "\n".join(texts(payload))
    left = re.findall(r"^(\d+) more are left out here$", told, re.M)
    full, listed = (len(re.findall(start, told, re.M)) for start in (r"^\*check fails", r"^\u2022 check"))
    return full, listed, *map(int, left)


def test_five_incidents_are_told_in_full_and_the_next_twelve_get_a_line():
    assert counts(render(notice(*[PLAIN] * 17))) == (5, 12)
    assert counts(render(notice(*[PLAIN] * 18))) == (5, 12, 1)


def test_fewer_are_told_in_full_until_the_message_fits(monkeypatch):
    found = []
    for _ in range(8):
        payload = render(notice(*[PLAIN] * 18))
        found.append(counts(payload))
        monkeypatch.setattr(slack_blocks, "MESSAGE", len(msgspec.json.encode(payload)) - 1)
    assert found == [
        (5, 12, 1),
        (4, 12, 2),
        (3, 12, 3),
        (2, 12, 4),
        (1, 12, 5),
        (0, 12, 6),
        (0, 3, 15),
        (0, 3, 15),
    ]


def test_a_message_of_12_000_bytes_stays_and_one_more_byte_tells_less():
    known = {"reason": "r" * 400, "evidence": {"e": "e" * 390}, "first_step": "s" * 400}
    one = replace(PLAIN, **known, fails=("f" * 230,), blocks=("b" * 230,))

    def made(more: int) -> dict:
        return render(notice(*[one] * 5, links={"grafana": "https://e.nl/" + "x" * more}))

    more = 12_000 - len(msgspec.json.encode(made(0)))
    assert 0 < more < 500, "the address takes up what the incidents leave"
    assert len(msgspec.json.encode(made(more))) == 12_000
    assert counts(made(more)) == (5, 0)
    assert counts(made(more + 1)) == (4, 1)


def test_without_layout_as_many_incidents_are_told_as_fit_and_the_rest_is_counted():
    forty = [of_length(38)] * 40  # with what parts them, 1,600 bytes
    assert len(paragraphs(notice(*forty))) == 1 + 40
    longer = paragraphs(notice(*forty[1:], of_length(39)))
    assert len(longer) == 1 + 39 + 1
    assert longer[-1] == "1 more are left out here"
    assert paragraphs(notice(*forty, PLAIN, PLAIN))[-1] == "2 more are left out here"


def test_without_layout_what_is_known_is_told_where_it_fits():
    def end(first_step: str) -> str:
        known = of_length(38, reason="r" * 9, first_step=first_step)
        return paragraphs(notice(*[of_length(38)] * 38, known))[-1].split("\n")[-1]

    assert end("f" * 9) == "*First:* fffffffff"
    assert end("f" * 10) == "*Reason:* rrrrrrrrr"


def test_without_layout_the_lines_of_a_digest_come_last_where_they_fit():
    most = [of_length(38)] * 39
    assert paragraphs(notice(PLAIN, lines=("one", "two")))[-1] == "one\ntwo"
    assert paragraphs(notice(*most, lines=("x" * 39,)))[-1] == "x" * 39
    assert len(paragraphs(notice(*most, lines=("x" * 40,)))) == 1 + 39


def test_as_many_lines_of_a_digest_are_told_as_fit_and_the_rest_is_counted():
    twenty = ["x" * 70] * 20  # with their ends, 1,420 bytes
    assert lines(notice(lines=tuple(twenty)))[1:-1] == twenty
    for more in (["x" * 71], ["x" * 71, "y", "z"]):
        told = lines(notice(lines=(*twenty[1:], *more)))[1:-1]
        assert told == [*twenty[1:], f"{len(more)} more are left out here"]


def test_a_line_of_a_digest_that_shows_nothing_is_left_out():
    assert lines(notice(lines=("one", "", "\u200b \t", "two")))[1:-1] == ["one", "two"]


def test_a_digest_repeats_its_headline_only_where_that_is_cut():
    def below(headline: str) -> list[str]:
        return lines(notice(kind="digest", lines=(headline, "more")))[1:-1]

    assert below("x" * 150) == ["more"]
    assert below("x" * 151) == ["x" * 151, "more"]


def test_as_many_followers_are_named_as_fit_and_the_rest_is_counted():
    ten = ["x" * 22] * 10  # with what parts them, 240 bytes
    assert entry(fails=tuple(ten))[2] == f"*Fails with it:* {', '.join(ten)}"
    for more in (["x" * 23], ["x" * 23, "y", "z"]):
        named = entry(blocks=(*ten[1:], *more))[2].split(", ")
        assert named[1:] == [*ten[2:], f"{len(more)} more are left out here"]


def test_twelve_pieces_of_evidence_are_told_and_figures_as_one_reads_them():
    pieces = {f"n{number}": float(number) for number in range(13)}
    told = ", ".join(f"n{number} {number}" for number in range(12))
    assert entry(evidence=pieces)[2] == f"*Evidence:* {told}"


def test_three_links_are_told_before_the_run():
    links = {name: f"https://{name}.nl/" for name in ("one", "two", "three", "four")}
    told = lines(notice(PLAIN, links=links))[-4:]
    assert told == ["<https://one.nl/|one>", "<https://two.nl/|two>", "<https://three.nl/|three>", "run"]


def test_a_name_of_ours_with_a_dot_is_no_code():
    made = replace(PLAIN, check="ledger.balance", site="leden.example.nl")
    assert lines(notice(made))[1:3] == [
        "*ledger.balance fails*",
        "warning, leden.example.nl, since 12:05",
    ]
    assert paragraphs(notice(made))[1] == "\u2022 ledger.balance fails, leden.example.nl, since 12:05"
    assert entry(reason="ledger.balance")[2] == "*Reason:* `ledger.balance`"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "runbook/page.md",
        "javascript:alert(1)",
        "https://",
        "https://b\u00fccher.example/",
        "https://jan@example.nl/",
        "http://[broken",
        "https://example.nl/" + "x" * 582,
    ],
)
def test_what_cannot_be_linked_is_no_link(url):
    assert link(url, "Page") == ""


def test_an_address_of_600_bytes_is_linked_and_a_longer_one_is_not():
    longest = "https://example.nl/" + "x" * 581
    assert link(longest, "Page") == f"<{longest}|Page>"
    assert link(f"{longest}x", "Page") == ""


@pytest.mark.parametrize("function", [fit, shown, marked])
def test_what_stands_beyond_four_times_the_limit_is_not_looked_at_but_is_known_to_be_there(function):
    assert function("a" + " " * 39, 10) == "a"
    assert function("a" + " " * 40, 10) == "a\u2026"
    assert function("a" + " " * 39 + "*b", 10) == "a\u2026"


def test_a_cut_text_fills_its_limit():
    assert fit("x" * 11, 10) == "x" * 7 + "\u2026"
    assert fit("x" * 4 + "\u20ac" * 3, 10) == "x" * 4 + "\u20ac\u2026"
    assert fit("x" * 6 + "\u20ac" * 2, 10) == "x" * 6 + "\u2026"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run `a` and `b`", "run `a` and `b`"),
        ("run `*a*`", "run `*a*`"),
        ("`a` `b` *c*", "`'a' 'b' *c*`"),
        ("run `a` *b*", "`run 'a' *b*`"),
        ("run `a", "`run 'a`"),
        ("run ``", "`run ''`"),
        ("`a` or ``", "`'a' or ''`"),
        ("`a` & b", "`a` &amp; b"),
        ("`" + "x" * 18 + "`", "`" + "x" * 18 + "`"),
        ("`" + "x" * 19 + "`", "`'" + "x" * 14 + "\u2026`"),
        ("`a`" + " " * 77, "`a`"),
        ("`a`" + " " * 78, "`'a'\u2026`"),
    ],
)
def test_code_in_a_text_of_ours_stays_code_where_all_of_it_is_sound_and_fits(text, found):
    assert marked(text, 20) == found


def test_what_is_no_character_is_not_told():
    assert clean("a\ufffe\uffffb\U0001fffe\U0001ffffc\ufffd") == "abc\ufffd"
