"""Slack, as far as its documentation says what it takes: a server that refuses what Slack refuses, or more.

Where Slack is lenient (an unknown key is mostly ignored), this is not: what it takes, Slack takes.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
import unicodedata
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks: up to 50 blocks in each message
HEADER = 150  # https://docs.slack.dev/reference/block-kit/blocks/header-block
SECTION = 3000  # https://docs.slack.dev/reference/block-kit/blocks/section-block: text
FIELDS, FIELD = 10, 2000  # https://docs.slack.dev/reference/block-kit/blocks/section-block: fields
ELEMENTS = 10  # https://docs.slack.dev/reference/block-kit/blocks/context-block
ACTIONS = 25  # https://docs.slack.dev/reference/block-kit/blocks/actions-block
BUTTON, URL = 75, 3000  # https://docs.slack.dev/reference/block-kit/block-elements/button-element
TEXT_OBJECT = 3000  # https://docs.slack.dev/reference/block-kit/composition-objects/text-object: 1 to 3000
TEXT = 4000  # https://docs.slack.dev/reference/methods/chat.postMessage: recommended, cut at 40,000
ATTACHMENTS = 20  # https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
VOLUME = 13_000  # msg_blocks_too_long of https://docs.slack.dev/reference/methods/chat.postMessage; as seen

BODY = {"text", "blocks", "attachments"}
KEYS = {
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    "webhook": BODY | {"unfurl_links", "unfurl_media", "mrkdwn", "thread_ts"},
    # https://docs.slack.dev/reference/methods/chat.postMessage
    "chat.postMessage": BODY
    | {"channel", "thread_ts", "reply_broadcast", "parse", "link_names", "mrkdwn"}
    | {"unfurl_links", "unfurl_media", "metadata"},
    # https://docs.slack.dev/reference/methods/chat.update: no unfurl_*, no mrkdwn
    "chat.update": BODY | {"channel", "ts", "parse", "link_names", "reply_broadcast", "metadata"},
}
LINK = re.compile(r"<https?://[!-;=?-{}~]+\|[^<>|\n]+>")


class Bad(Exception):
    """Slack's word for what it does not take, and why."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f"{word}: {why}")
        self.word = word


def expect(holds: object, word: str, why: str) -> None:
    if not holds:
        raise Bad(word, why)


def validate(payload: Any, surface: str = "webhook") -> None:
    """Bad for a message that breaks a rule."""
    expect(isinstance(payload, dict), "invalid_payload", "no object")
    expect(payload.keys() <= KEYS[surface], "invalid_arguments", f"keys {payload.keys() - KEYS[surface]}")
    blocks, attachments = payload.get("blocks", []), payload.get("attachments", [])
    # https://docs.slack.dev/reference/methods/chat.postMessage: no_text; a message has text all the same, for
    # notifications and screen readers.
    text = payload.get("text")
    expect(isinstance(text, str) and text.strip(), "no_text", "text is what a notification shows")
    expect(units(text) <= TEXT, "msg_too_long", f"{units(text)} characters")
    expect(payload.get("parse", "none") == "none", "invalid_arguments", "parse")
    markup(text, "invalid_payload")
    # too_many_attachments of https://docs.slack.dev/reference/methods/chat.postMessage is for 100.
    expect(len(attachments) <= ATTACHMENTS, "too_many_attachments", str(len(attachments)))
    inner = [block for one in attachments for block in one.get("blocks", ())]
    expect(len(blocks) + len(inner) <= BLOCKS, "invalid_blocks", f"{len(blocks) + len(inner)} blocks")
    for block in blocks:
        _block(block, "invalid_blocks")
    for one in attachments:
        # https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments: blocks, color and
        # fallback; the other fields are legacy.
        expect(one.keys() <= {"color", "blocks", "fallback"}, "invalid_attachments", f"keys {one.keys()}")
        colour = one.get("color", "")
        expect(
            colour in ("good", "warning", "danger") or re.fullmatch("#[0-9a-f]{6}", colour),
            "invalid_attachments",
            "color",
        )
        expect(one.get("blocks"), "invalid_attachments", "an attachment without blocks")
        for block in one["blocks"]:
            _block(block, "invalid_attachments")
    expect(len(json.dumps([blocks, attachments], ensure_ascii=False)) <= VOLUME, "msg_blocks_too_long", "")


def _block(block: Any, word: str) -> None:
    """https://docs.slack.dev/reference/block-kit/blocks."""
    fields = {
        "header": {"text"},
        "section": {"text", "fields", "accessory", "expand"},
        "context": {"elements"},
        "divider": set(),
        "actions": {"elements"},
    }
    expect(isinstance(block, dict) and block.get("type") in fields, word, f"block {block}")
    kind = block["type"]
    expect(block.keys() <= fields[kind] | {"type", "block_id"}, word, f"keys {block.keys()}")
    if kind == "header":
        _text(block["text"], HEADER, word, kinds=("plain_text",))
    elif kind == "section":
        expect("text" in block or block.get("fields"), word, "a section has text or fields")
        if "text" in block:
            _text(block["text"], SECTION, word)
        expect(len(block.get("fields", ())) <= FIELDS, word, "fields")
        for field in block.get("fields", ()):
            _text(field, FIELD, word)
        if "accessory" in block:
            _button(block["accessory"], word)
    elif kind == "context":
        expect(1 <= len(block["elements"]) <= ELEMENTS, word, "elements of a context")
        for element in block["elements"]:
            _text(element, TEXT_OBJECT, word)
    elif kind == "actions":
        expect(1 <= len(block["elements"]) <= ACTIONS, word, "elements of actions")
        for element in block["elements"]:
            _button(element, word)


def _button(element: Any, word: str) -> None:
    """https://docs.slack.dev/reference/block-kit/block-elements/button-element."""
    expect(element.get("type") == "button", word, "element")
    expect(element.keys() <= {"type", "text", "url", "action_id", "value", "style"}, word, "keys of a button")
    _text(element["text"], BUTTON, word, kinds=("plain_text",))
    expect(units(element.get("url", "")) <= URL, word, "url of a button")


def _text(found: Any, limit: int, word: str, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> None:
    """https://docs.slack.dev/reference/block-kit/composition-objects/text-object."""
    expect(isinstance(found, dict) and found.get("type") in kinds, word, f"text object {found}")
    allowed = {"type", "text", "emoji"} if found["type"] == "plain_text" else {"type", "text", "verbatim"}
    expect(found.keys() <= allowed, word, f"keys {found.keys()}")
    expect(isinstance(found["text"], str) and 1 <= units(found["text"]) <= limit, word, f"length, {limit}")
    markup(found["text"], word, links=found["type"] == "mrkdwn")


def markup(text: str, word: str, *, links: bool = True) -> None:
    """https://docs.slack.dev/messaging/formatting-message-text: & < > are control characters."""
    rest = LINK.sub(lambda found: found[0].strip("<>") if links else found[0], text)
    expect(not re.search(r"<[!@#]", rest), word, "a mention")
    expect("<" not in rest and ">" not in rest, word, "an unescaped < or >")
    expect(not re.search(r"&(?!(amp|lt|gt);)", rest), word, "an unescaped &")
    hidden = [hex(ord(char)) for char in rest if char not in "\n\u200d" and _hidden(char)]
    expect(not hidden, word, f"characters that nobody sees: {hidden[:5]}")


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def units(text: str) -> int:
    """Characters as JavaScript counts them: the strictest reading of Slack's "characters"."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class SlackDouble:
    """A workspace at `url`. `script` are answers that come before the real ones, the first first:
    "STATUS", "STATUS:word", "429:SECONDS", "hang", "reset", "html", "ok:false:word".
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.secret, self.token = "T000/B000/hO0kSecretXyz", "xoxb-token-Secret-1"
        self.channels = {"C0ALERTS": "#alerts", "C0ARCHIVE": "#archive"}
        self.messages: dict[str, dict[str, Any]] = {}  # "channel:ts" -> its payload as it is now
        self.posts: list[dict[str, Any]] = []  # what was taken, in order, with "surface"
        self.script: list[str] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.refused: list[str] = []
        self._now, self._last = now, {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._over = threading.Event()
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def webhook(self) -> str:
        return f"{self.url}/services/{self.secret}"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def limited(self, key: str) -> bool:
        """https://docs.slack.dev/apis/web-api/rate-limits: one message a second for a webhook or channel."""
        now = self._now()
        if now - self._last.get(key, -9.0) < 1.0:
            return True
        self._last[key] = now
        return False

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        if path.startswith("/services/"):
            return self._hook(path.removeprefix("/services/"), body)
        return 200, {"Content-Type": "application/json"}, json.dumps(self._api(path, headers, body))

    def _hook(self, secret: str, body: bytes) -> tuple[int, dict[str, str], str]:
        """Statuses: https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks."""
        if secret != self.secret:
            return 404, {}, "no_service"
        if self.limited("webhook"):
            return 429, {"Retry-After": "1"}, "rate_limited"
        try:
            payload = read(body)
            validate(payload)
        except Bad as error:
            self.refused.append(str(error))
            return 400, {}, error.word
        self.posts.append({"surface": "webhook", **payload})
        return 200, {}, "ok"

    def _api(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """https://docs.slack.dev/apis/web-api: 200, and `ok` says whether; errors as of each method's page."""
        method = path.removeprefix("/api/")
        if method not in ("chat.postMessage", "chat.update"):
            return {"ok": False, "error": "unknown_method"}
        # https://docs.slack.dev/authentication/tokens: a bearer token in the header.
        if "authorization" not in headers:
            return {"ok": False, "error": "not_authed"}
        if headers["authorization"] != f"Bearer {self.token}":
            return {"ok": False, "error": "invalid_auth"}
        if not headers.get("content-type", "").startswith("application/json"):
            return {"ok": False, "error": "invalid_post_type"}
        try:
            payload = read(body)
            validate(payload, method)
        except Bad as error:
            self.refused.append(str(error))
            return {"ok": False, "error": error.word}
        return self._update(payload) if method == "chat.update" else self._post(payload)

    def _post(self, payload: dict[str, Any]) -> dict[str, Any]:
        """https://docs.slack.dev/reference/methods/chat.postMessage."""
        names = {name: id_ for id_, name in self.channels.items()}
        channel = names.get(payload["channel"], payload["channel"])
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        if channel == "C0ARCHIVE":
            return {"ok": False, "error": "is_archived"}
        thread = payload.get("thread_ts")
        if thread is not None and f"{channel}:{thread}" not in self.messages:
            return {"ok": False, "error": "cannot_reply_to_message"}
        if self.limited(channel):
            return {"ok": False, "error": "ratelimited"}
        ts = f"17000000{len(self.posts):02}.000100"
        self.messages[f"{channel}:{ts}"] = payload
        self.posts.append({"surface": "chat.postMessage", **payload})
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": payload["text"]}}

    def _update(self, payload: dict[str, Any]) -> dict[str, Any]:
        """https://docs.slack.dev/reference/methods/chat.update: an id, not a name; Tier 3, 50 a minute."""
        if payload["channel"] not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        key = f"{payload['channel']}:{payload['ts']}"
        if key not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[key] = {**self.messages[key], **payload}  # what is left out stays as it was
        self.posts.append({"surface": "chat.update", **payload})
        return {"ok": True, "channel": payload["channel"], "ts": payload["ts"], "text": payload["text"]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                double.requests.append((self.path, headers, body))
                scripted = double.script.pop(0) if double.script else ""
                if scripted == "hang":
                    double._over.wait(20)
                    return
                if scripted == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    return
                answer = _scripted(scripted) if scripted else double.answer(self.path, headers, body)
                status, more, text = answer
                if text == '{"ok": false, "error": "ratelimited"}':
                    status, more = 429, {**more, "Retry-After": "1"}
                self.send_response(status)
                for name, value in {**more, "Content-Length": str(len(text.encode()))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def read(body: bytes) -> Any:
    """JSON in UTF-8, without halves of surrogate pairs: invalid_json of every method's page."""
    try:
        payload = json.loads(body.decode("utf-8"))
        json.dumps(payload, ensure_ascii=False).encode("utf-8")
    except (UnicodeError, ValueError) as error:
        raise Bad("invalid_payload", str(error)) from None
    return payload


def _scripted(what: str) -> tuple[int, dict[str, str], str]:
    if what == "html":
        return 200, {}, "<html>Please log in</html>"
    if what.startswith("ok:false:"):
        return 200, {}, json.dumps({"ok": False, "error": what.removeprefix("ok:false:")})
    status, _, word = what.partition(":")
    if status == "429":
        return 429, {"Retry-After": word} if word else {}, "rate_limited"
    return int(status), {}, word
