"""Messages to Slack: by an incoming webhook, or by a bot that keeps each incident's news in one thread.

A bot changes the first message of an incident to what is so now, and writes the news under it. A webhook
can only post (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). What Slack answers
wrongly is repeated within narrow bounds, as the message is kept and sent with the next run anyway; what was
not answered at all is not repeated here, for it may have arrived.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from time import sleep
from typing import Any

import msgspec
from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import Secret, SettingsError, Slack
from fixtures.settings import secret
from reporters.notice import Incident, Notice, Receipt
from reporters.outbound import Later, Refused, Reply, Undelivered, request
from reporters.service import parts, retry_after
from reporters.slack_blocks import render

__all__ = ["Later", "check", "configured", "render", "send"]

API = "https://slack.com/api"
HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
LOCAL = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 5.0

RETRIES = 2
WAIT_SECONDS = 10.0
"""What one delivery may wait in all; Slack asks for a second or so when a channel is busy, and for more only
when something is wrong: https://docs.slack.dev/apis/web-api/rate-limits."""

SECONDS = 25.0
"""When nothing is repeated any more: the outbox gives a channel 40 s."""

PACE_SECONDS = 1.0
"""Slack takes one message a second for a channel: https://docs.slack.dev/apis/web-api/rate-limits."""

THREADS = 3
"""Into how many threads one notice goes; more at once are told as one new message."""

UNFURL = {"unfurl_links": False, "unfurl_media": False}
LOST = frozenset(
    {
        "cannot_reply_to_message",
        "channel_not_found",
        "is_archived",
        "message_not_found",
        "not_in_channel",
        "thread_not_found",
    }
)
"""What Slack says when a first message is no longer there, or its channel is not: a new one begins."""

FIXED = frozenset({"cant_update_message", "edit_window_closed"})
LOUD = ("worse", "reminder", "escalated")
"""Events that the channel sees as well, for nobody is told of a reply in a thread."""

LAYOUT = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "too_many_attachments",
    }
)
"""What Slack says of a message whose layout it does not take."""

PASSING = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
LIMITED = frozenset({"ratelimited", "rate_limited"})
WORD = re.compile(r"[a-z][a-z_]{1,60}")
RECEIPT = re.compile(r"([A-Z][A-Z0-9]+):(\d+\.\d+)")
TOKEN = re.compile(r"xox[!-~]+")
CHANNEL = re.compile(r"#?[^\s#@<>&|]{1,80}")


class Declined(Refused):
    """Slack said no, in one `word`, which is empty where it is none of Slack's."""

    def __init__(self, why: str, word: str = "") -> None:
        super().__init__(why)
        self.word = word


def configured(settings: Slack) -> bool:
    """Whether there is a webhook, or a bot and a channel."""
    return bool(
        settings.webhook
        or settings.webhook_file
        or ((settings.token or settings.token_file) and settings.channel)
    )


def check(settings: Slack) -> None:
    """SettingsError for settings that cannot work."""
    for key in ("webhook", "token"):
        if getattr(settings, key) and getattr(settings, f"{key}_file"):
            raise SettingsError(f"slack.{key}: is given twice; allowed: {key} or {key}_file")
    webhook, token = settings.webhook or settings.webhook_file, settings.token or settings.token_file
    if webhook and token:
        raise SettingsError("slack.webhook: slack.token is given as well; allowed: one of the two")
    if not webhook and not token:
        raise SettingsError("slack: says not where to; needed: webhook, or token and channel")
    if token and not settings.channel:
        raise SettingsError("slack.channel: is missing; slack.token needs the channel that it writes to")
    if settings.channel is not None and webhook:
        raise SettingsError(
            f"slack.channel = {settings.channel!r}: a webhook has its own channel; allowed with slack.token"
        )
    if settings.channel is not None and not CHANNEL.fullmatch(settings.channel):
        raise SettingsError(
            f"slack.channel = {settings.channel!r}: must be a channel's name or id, as C0123456789"
        )
    if settings.api_url is not None:
        _check_api(settings.api_url)
    _webhook(settings)
    _token(settings)


def send(settings: Slack, notice: Notice, earlier: Mapping[str, str]) -> Receipt:
    """Deliver it; `earlier` is used by a bot only.

    Raises:
        Later: Slack is busy or broken. Undelivered: it did not answer. Refused: it says no.
    """
    try:
        webhook, token = _webhook(settings), _token(settings)
    except SettingsError as error:  # a file that went away since the run began
        raise Undelivered(str(error)) from None
    line = _Line(settings.timeout or TIMEOUT_SECONDS)
    if webhook is not None:
        line.deliver(webhook.reveal(), {}, {**render(notice), **UNFURL})
        return Receipt(detail="ok")
    if token is None or settings.channel is None:
        raise Undelivered("slack: no webhook, and no token with a channel")
    api, headers = (settings.api_url or API).rstrip("/"), {"Authorization": f"Bearer {token.reveal()}"}

    def call(method: str, payload: dict[str, Any]) -> Reply:
        return line.deliver(f"{api}/{method}", headers, {"parse": "none", **payload})

    return _tell(call, partial(line.wait, PACE_SECONDS), settings.channel, notice, earlier)


Call = Callable[[str, dict[str, Any]], Reply]


def _tell(
    call: Call, pace: Callable[[], bool], channel: str, notice: Notice, earlier: Mapping[str, str]
) -> Receipt:
    """News of what was told before goes into its thread, and then what is new into a message of its own."""
    threads: dict[str, list[Incident]] = {}
    for incident in notice.incidents:
        root = earlier.get(incident.id, "")
        threads.setdefault(root if RECEIPT.fullmatch(root) else "", []).append(incident)
    if not threads or len(threads) > THREADS:
        threads = {"": list(notice.incidents)}
    receipt = ""
    for number, (root, incidents) in enumerate(sorted(threads.items(), reverse=True)):
        if number:
            pace()
        part = replace(notice, incidents=tuple(incidents))
        if root and _continue(call, root, part, earlier):
            receipt = root
        else:
            receipt = _post(call, {"channel": channel}, part)
    return Receipt(id=receipt, detail="ok")


def _continue(call: Call, root: str, part: Notice, earlier: Mapping[str, str]) -> bool:
    """Change the first message to what is so now, and write the news under it; False when it is gone.

    One that told of more is left as it is, or what else it told would be lost.
    """
    channel, _, ts = root.partition(":")
    others = {id_ for id_, first in earlier.items() if first == root} - {one.id for one in part.incidents}
    changed = False
    if not others:
        try:
            call("chat.update", {"channel": channel, "ts": ts, **render(part)})
            changed = True
        except Declined as error:
            if error.word in LOST:
                return False
            if error.word not in FIXED:
                raise
    loud = not changed or any(one.open and one.event in LOUD for one in part.incidents)
    try:
        _post(call, {"channel": channel, "thread_ts": ts, "reply_broadcast": loud}, part)
    except Declined as error:
        if error.word in LOST:
            return False
        raise
    return True


def _post(call: Call, where: dict[str, Any], part: Notice) -> str:
    reply = call("chat.postMessage", {**where, **render(part), **UNFURL})
    answer = _json(reply)
    found = f"{answer.get('channel')}:{answer.get('ts')}"
    return found if RECEIPT.fullmatch(found) else ""


class _Line:
    """The way to Slack for one delivery, with what it may still wait and repeat."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._until = clock.monotonic() + SECONDS
        self._retries, self._patience = RETRIES, WAIT_SECONDS

    def deliver(self, url: str, headers: Mapping[str, str], payload: Mapping[str, Any]) -> Reply:
        """Send it, without its layout where Slack does not take that; Declined when Slack says no."""
        reply = self._ask(url, headers, payload)
        if _word(reply) in LAYOUT or reply.status in (400, 413):
            reply = self._ask(url, headers, _bare(payload))
        if 200 <= reply.status < 300 and (_word(reply) == "ok" or _json(reply).get("ok") is True):
            return reply
        raise Declined(_told(reply), _word(reply))

    def wait(self, seconds: float) -> bool:
        """Wait, unless that is longer than there is time for."""
        if seconds > self._patience or clock.monotonic() + seconds > self._until:
            return False
        self._patience -= seconds
        sleep(seconds)
        return True

    def _ask(self, url: str, headers: Mapping[str, str], payload: Mapping[str, Any]) -> Reply:
        body = msgspec.json.encode(payload)
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        while True:
            reply = request("POST", url, timeout=self._timeout, body=body, headers=headers)
            word = _word(reply)
            if reply.status not in (429, *range(500, 600)) and word not in LIMITED | PASSING:
                return reply
            after = retry_after(reply)
            self._retries -= 1
            if self._retries < 0 or not self.wait(PACE_SECONDS if after is None else after):
                raise Later(_told(reply), after)


def _bare(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The message without its layout; a message that is changed keeps its own unless it is taken away."""
    found = {key: value for key, value in payload.items() if key not in ("blocks", "attachments")}
    return {**found, "blocks": [], "attachments": []} if "ts" in payload else found


def _told(reply: Reply) -> str:
    word = _word(reply)
    return f"Slack answered {reply.status}{f': {word}' if word else ''}"


def _word(reply: Reply) -> str:
    """Slack's one word for what is wrong; no other text is told, for it may hold anything."""
    word = _json(reply).get("error", reply.text.strip())
    return word if isinstance(word, str) and WORD.fullmatch(word) else ""


def _json(reply: Reply) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(reply.text)
    except msgspec.DecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _webhook(settings: Slack) -> Secret | None:
    found = secret(settings.webhook, settings.webhook_file, "slack.webhook")
    if found is None:
        return None
    at = parts(found.reveal())
    slack = at and at.scheme == "https" and at.hostname in HOSTS and at.path[:10] == "/services/"
    local = at and at.hostname in LOCAL and at.path.strip("/")
    if slack or local:
        return found
    key = f"slack.webhook_file = {settings.webhook_file}" if settings.webhook_file else "slack.webhook"
    raise SettingsError(
        f"{key}: must be https://hooks.slack.com/services/... (or a URL with a path on this machine)"
    )


def _token(settings: Slack) -> Secret | None:
    found = secret(settings.token, settings.token_file, "slack.token")
    if found is None or TOKEN.fullmatch(found.reveal()):
        return found
    key = f"slack.token_file = {settings.token_file}" if settings.token_file else "slack.token"
    raise SettingsError(f"{key}: must be a bot's token, xoxb-...")


def _check_api(url: str) -> None:
    at = parts(url)
    if at and not at.query and (at.scheme == "https" or at.hostname in LOCAL):
        return
    told = "" if "@" in url or "?" in url else f" = {url}"
    raise SettingsError(f"slack.api_url{told}: must be https:// and a host (or a URL on this machine)")
