"""What the demo's web front has for journeys: logging in and out, and the public membership form.

It plays Frappe 15, or 16 where behaviour.json says `"frappe": 16`; fixtures/frappe.py has the differences.
"""

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
LOGOUT, MY_PAGE, OPEN = "/api/method/logout", "/me", "/demo-sessions"
DESKS = {15: "/app", 16: "/desk"}
GONE = {"Set-Cookie": "sid=Guest; HttpOnly; Path=/; SameSite=Lax"}
REFUSED = b'{"exc_type":"PermissionError"}'
Reply = tuple[int, str, bytes, dict[str, str]]


class Asked(NamedTuple):
    """A request; `form` is what was posted, `sid` the session's cookie, `token` its CSRF token."""

    method: str
    path: str
    query: str
    host: str
    form: dict[str, list[str]]
    sid: str
    token: str = ""


class Sessions:
    """Who is logged in, for as long as the front runs."""

    def __init__(self, login: bytes) -> None:
        self.login = login
        self.open: dict[str, str] = {}

    def reply(self, asked: Asked, told: dict[str, Any]) -> Reply | None:
        """What the other pages do not answer."""
        version = told.get("frappe", 15)
        if asked.path == "/login" and asked.method == "POST":
            return self._log_in(asked, told, DESKS[version])
        if asked.query == "cmd=web_logout" or asked.path == LOGOUT:
            return self._log_out(asked, told, version)
        if asked.path == OPEN:
            return 200, "application/json", str(len(self.open)).encode(), {}
        if asked.path in (*DESKS.values(), MY_PAGE):
            return self._own_page(asked, DESKS[version])
        if asked.path == WHO and asked.sid in self.open:
            return 200, "application/json", json.dumps({"message": MONITOR[0]}).encode(), {}
        if asked.path == WHO:
            return 403, "application/json", REFUSED, {}
        if asked.path == FORM_PATH:
            return 200, "text/html; charset=utf-8", FORM, {}
        return None

    def _log_in(self, asked: Asked, told: dict[str, Any], desk: str) -> Reply:
        given = tuple(asked.form.get(name, [""])[0] for name in ("usr", "pwd"))
        if given != MONITOR or told.get("no_login"):
            return 401, "text/html; charset=utf-8", self.login, {}
        sid = secrets.token_hex(16)
        self.open[sid] = secrets.token_hex(16)
        cookie = f"sid={sid}; HttpOnly; Secure; Path=/; SameSite=Lax"
        return 303, "text/html", b"", {"Location": desk, "Set-Cookie": cookie}

    def _log_out(self, asked: Asked, told: dict[str, Any], version: int) -> Reply:
        if told.get("no_logout") or (asked.method != "POST" and version > 15):
            return 403, "application/json", REFUSED, {}
        if asked.method == "POST" and asked.token != self.open.get(asked.sid, asked.token):
            return 400, "application/json", b'{"exc_type":"CSRFTokenError"}', {}
        self.open.pop(asked.sid, None)
        return 200, "text/html", b"<h1>Uitgelogd</h1>", GONE

    def _own_page(self, asked: Asked, desk: str) -> Reply:
        if asked.sid not in self.open:
            return 303, "text/html", b"", {"Location": "/login"}
        if asked.path not in (desk, MY_PAGE):
            return 303, "text/html", b"", {"Location": desk}
        script = f'<script>frappe = {{}}; frappe.csrf_token = "{self.open[asked.sid]}";</script>'
        return 200, "text/html", f"<h1>Bureau</h1>{script}".encode(), {}
