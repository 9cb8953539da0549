"""A notice as a Slack message: a headline, and under it what is known of each incident in its colour.

The headline is a header block; each incident is an attachment, as only attachments have a colour; `text` is
what a notification and a client without blocks show. Links are written into text and not as buttons: a button
is interactive, and Slack warns whoever presses one of an app that answers no interactions
(https://docs.slack.dev/reference/block-kit/block-elements/button-element).

What a site answered is data: escaped, and set as code wherever Slack would read it as markup. Slack's
limits are kept by leaving out, never by failing. They count characters, and here bytes of UTF-8 are counted,
which are never fewer:

- 50 blocks a message, https://docs.slack.dev/reference/block-kit/blocks
- 150 characters in a header, https://docs.slack.dev/reference/block-kit/blocks/header-block
- 3,000 in a section's text, https://docs.slack.dev/reference/block-kit/blocks/section-block
- 10 elements in a context, https://docs.slack.dev/reference/block-kit/blocks/context-block
- 4,000 recommended of 40,000 in `text`, https://docs.slack.dev/reference/methods/chat.postMessage
- 20 attachments recommended of 100, https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
- about 13,000 in all blocks, undocumented, https://github.com/slackapi/bolt-js/issues/2509
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES
from reporters import words
from reporters.notice import Incident, Language, Notice

COLOURS = {"info": "#36a64f", "warning": "#ff9800", "high": "#ff5722", "critical": "#ff0000"}
RESOLVED = "#36a64f"

MESSAGE = 12_000
"""Bytes of a whole payload: below what Slack was seen to take."""

TEXT = 2_000
HEADER = 150
FACT = 400
NAME = 120
NAMES = 240
LINES = 1_500
URL = 600

FULL = ((5, 12), (4, 12), (3, 12), (2, 12), (1, 12), (0, 12), (0, 3))
"""How many incidents are told with all that is known, and how many after those get a line: as many as fit.
A phone shows no more at a glance."""

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""All that Slack's text is escaped with: https://docs.slack.dev/messaging/formatting-message-text."""

MARKUP = re.compile(
    r"[*~`>]|(?<![A-Za-z0-9_])_|_(?![A-Za-z0-9_])"  # bold, strike, code, quote, italic
    r"|:[^\s:]+:|[@#]\w|://"  # an emoji, a person, a channel, an address
)
ADDRESS = re.compile(r"\w\.[^\W\d]{2}|mailto:", re.I)
"""What Slack makes a link of by itself; names of ours, as a site's, may become one."""

Blocks = list[dict[str, Any]]


def render(notice: Notice) -> dict[str, Any]:
    """The payload of an incoming webhook, and of chat.postMessage but for the channel."""
    for detailed, listed in FULL:
        payload = _payload(notice, detailed, listed)
        if len(msgspec.json.encode(payload)) <= MESSAGE:
            break
    return payload


def _payload(notice: Notice, detailed: int, listed: int) -> dict[str, Any]:
    title = _title(notice)
    own, others = notice.incidents[:detailed], notice.incidents[detailed:]
    attachments = [_attachment(_colour([one]), _entry(one, notice)) for one in own]
    if others:
        attachments.append(_attachment(_colour(others), [_section(_list(others, notice, listed))]))
    said = _said(notice, title)
    if said or not attachments:
        attachments.append(_attachment(COLOURS["info"], [_section(said)] if said else []))
    attachments[-1]["blocks"].append(_footer(notice))
    return {
        "text": _text(notice, title),
        "blocks": [{"type": "header", "text": _plain_text(fit(title, HEADER) or "-")}],
        "attachments": attachments,
    }


def _title(notice: Notice) -> str:
    """The headline, after how bad it is."""
    headline = words.headline(notice)
    if notice.incidents and not notice.resolved:
        return f"{words.text(notice.language, notice.severity).upper()} {headline}"
    return headline


def _text(notice: Notice, title: str) -> str:
    """The message without any layout."""
    parts = [shown(title, 300, ours=bool(notice.incidents)) or "-"]
    room = TEXT - 300 - 100  # for the line of what is left out
    for number, one in enumerate(notice.incidents):
        lines = [_line(one, notice)]
        room -= size(lines[0]) + 2
        if room < 0:
            rest = len(notice.incidents) - number
            parts.append(words.text(notice.language, "left_out", count=rest))
            break
        for fact in _facts(one, notice.language):
            if size(fact) + 1 < room:
                lines.append(fact)
                room -= size(fact) + 1
        parts.append("\n".join(lines))
    said = _said(notice, title)
    if said and size(said) < room:
        parts.append(said)
    return "\n\n".join(parts)


def _entry(incident: Incident, notice: Notice) -> Blocks:
    """One incident: what and where and since when; then what is known; then the page."""
    told = shown(words.told(incident, notice.language), NAME, ours=True) or "-"
    about = [words.text(notice.language, incident.severity)] if incident.open else []
    about += [shown(incident.site, NAME, ours=True), words.when(incident, notice)]
    blocks = [_section(f"*{told}*\n{', '.join(part for part in about if part)}")]
    if found := list(_facts(incident, notice.language)):
        blocks.append(_section("\n".join(found)))
    if incident.open and incident.runbook:
        blocks.append(_context([_page(incident.runbook, words.text(notice.language, "runbook"))]))
    return blocks


def _facts(incident: Incident, language: Language) -> Iterator[str]:
    brief = replace(
        incident,
        evidence={key: _brief(value) for key, value in list(incident.evidence.items())[:12]},
        fails=_some(incident.fails, language),
        blocks=_some(incident.blocks, language),
    )
    first = words.text(language, "first")
    for name, value in words.facts(brief, language):
        told = marked(value, FACT) if name == first else shown(value, FACT)
        if told:
            yield f"*{name}:* {told}"


def _brief(value: object) -> object:
    return value if isinstance(value, (int, float)) else str(value)[: 4 * FACT]


def _some(names: Sequence[str], language: Language) -> tuple[str, ...]:
    """The first of the names, and how many more there are."""
    kept: list[str] = []
    room = NAMES
    for name in names:
        room -= size(name) + 2
        if room < 0:
            return (*kept, words.text(language, "left_out", count=len(names) - len(kept)))
        kept.append(name)
    return tuple(kept)


def _list(incidents: Sequence[Incident], notice: Notice, listed: int) -> str:
    lines = [_line(one, notice) for one in incidents[:listed]]
    if len(incidents) > listed:
        lines.append(words.text(notice.language, "left_out", count=len(incidents) - listed))
    return "\n".join(lines)


def _line(incident: Incident, notice: Notice) -> str:
    told = shown(words.told(incident, notice.language), 80, ours=True) or "-"
    where = shown(incident.site, 60, ours=True)
    return f"\u2022 {told}{f', {where}' if where else ''}, {words.when(incident, notice)}"


def _said(notice: Notice, title: str) -> str:
    """The lines of a digest, but for one that is the headline already."""
    lines = list(notice.lines)
    if lines and lines[0] == title and size(fit(title, LINES)) <= HEADER:
        del lines[0]
    kept: list[str] = []
    room = LINES - 80
    for number, line in enumerate(lines):
        told = shown(line, FACT)
        room -= size(told) + 1
        if room < 0:
            kept.append(words.text(notice.language, "left_out", count=len(lines) - number))
            break
        kept.append(told)
    return "\n".join(line for line in kept if line)


def _footer(notice: Notice) -> dict[str, Any]:
    """The links of the notice, and the run that it is of."""
    found = [
        link(url, words.text(notice.language, name) if name in words.TEXTS else re.sub(r"[\W_]+", " ", name))
        for name, url in list(notice.links.items())[:3]
    ]
    return _context([*filter(None, found), shown(notice.run, NAME) or "-"])


def _page(target: str, label: str) -> str:
    return link(target, label) or f"{label} {shown(target, 200)}"


def _colour(incidents: Sequence[Incident]) -> str:
    """The worst of those that are open."""
    found = [one.severity for one in incidents if one.open]
    return COLOURS[max(found, key=SEVERITIES.index)] if found else RESOLVED


def _attachment(colour: str, blocks: Blocks) -> dict[str, Any]:
    return {"color": colour, "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(texts: Iterable[str]) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: nothing that looks like an address, a channel or a person becomes a link to it.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def shown(text: str, limit: int, *, ours: bool = False) -> str:
    """Text that Slack shows as it is, in so many bytes: as code where it would be markup otherwise."""
    found = clean(text[: 4 * limit])
    if MARKUP.search(found) or (not ours and ADDRESS.search(found)):
        return f"`{fit(text.replace('`', chr(39)), limit - 2)}`"
    return fit(text, limit)


def marked(text: str, limit: int) -> str:
    """Text of ours, whose code in backticks stays code."""
    parts = clean(text).split("`") if len(text) <= 4 * limit else []
    if len(parts) % 2 and not any(MARKUP.search(part) for part in parts[::2]) and all(parts[1::2]):
        found = "".join(ESCAPES.get(char, char) for char in "`".join(parts))
        if size(found) <= limit:
            return found
    return shown(text, limit)


def link(url: str, label: str) -> str:
    """A link, or nothing where the address is none that can be linked."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host.isascii() or not host or parts.username:
        return ""
    address = quote(clean(url), safe="%/:=&?~#+!$,;@()*[]-._", errors="replace").replace("&", "&amp;")
    if size(address) > URL:
        return ""
    return f"<{address}|{fit(label, 75).replace('|', '/') or '-'}>"


def fit(text: str, limit: int) -> str:
    """The text cleaned and escaped, with an ellipsis where it is longer than so many bytes."""
    kept = clean(text[: 4 * limit])
    pieces = [ESCAPES.get(char, char) for char in kept]
    if len(text) <= 4 * limit and sum(map(size, pieces)) <= limit:
        return "".join(pieces)
    room = limit - size("\u2026")
    found: list[str] = []
    for piece in pieces:
        room -= size(piece)
        if room < 0:
            break
        found.append(piece)
    return "".join(found).rstrip("\u200d ") + "\u2026"


def clean(text: str) -> str:
    """One line without characters that nobody sees: controls, changes of direction, halves of a pair."""
    return " ".join("".join(map(_visible, text)).split())


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\ufffd"
    hidden = category == "Cf" and char != "\u200d"  # which joins the parts of an emoji
    return "" if hidden or ord(char) & 0xFFFE == 0xFFFE else char


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))
