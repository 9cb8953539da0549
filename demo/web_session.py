"""What the demo's web front has for journeys: logging in and out, and the public membership form."""

from __future__ import annotations

import json
import secrets
from typing import Any, NamedTuple

FORM = b"""<!DOCTYPE html><html lang="nl"><head><title>Lid worden</title></head><body>
<form id="membership-application-form" onsubmit="return false;">
<input id="email" name="email" type="email" required>
<label><input type="radio" name="membership_type_selection" value="Jaarlid">Jaarlid</label>
<button type="submit">Verder</button></form></body></html>"""
FORM_PATH = "/apply_for_membership"
MONITOR = ("monitor@voorbeeld.invalid", "demo-only-monitor")
"""The user who walks through the site in a browser, and the password."""

WHO = "/api/method/frappe.auth.get_logged_user"
Reply = tuple[int, str, bytes, dict[str, str]]


class Asked(NamedTuple):
    """A request; `form` is what was posted, `sid` the session's cookie."""

    method: str
    path: str
    query: str
    host: str
    form: dict[str, list[str]]
    sid: str


class Sessions:
    """Who is logged in, for as long as the front runs."""

    def __init__(self, login: bytes) -> None:
        self.login = login
        self.open: set[str] = set()

    def reply(self, asked: Asked, told: dict[str, Any]) -> Reply | None:
        """What the other pages do not answer."""
        if asked.path == "/login" and asked.method == "POST":
            given = tuple(asked.form.get(name, [""])[0] for name in ("usr", "pwd"))
            if given != MONITOR or told.get("no_login"):
                return 401, "text/html; charset=utf-8", self.login, {}
            sid = secrets.token_hex(16)
            self.open.add(sid)
            cookie = f"sid={sid}; HttpOnly; Secure; Path=/; SameSite=Lax"
            return 303, "text/html", b"", {"Location": "/app", "Set-Cookie": cookie}
        if asked.query == "cmd=web_logout":
            self.open.discard(asked.sid)
            gone = "sid=Guest; HttpOnly; Path=/; SameSite=Lax"
            return 200, "text/html", b"<h1>Uitgelogd</h1>", {"Set-Cookie": gone}
        if asked.path == "/app" and asked.sid not in self.open:
            return 303, "text/html", b"", {"Location": "/login"}
        if asked.path == "/app":
            return 200, "text/html", b"<h1>Bureau</h1>", {}
        if asked.path == WHO and asked.sid in self.open:
            return 200, "application/json", json.dumps({"message": MONITOR[0]}).encode(), {}
        if asked.path == WHO:
            return 403, "application/json", b'{"exc_type":"PermissionError"}', {}
        if asked.path == FORM_PATH:
            return 200, "text/html; charset=utf-8", FORM, {}
        return None
