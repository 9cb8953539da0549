"""The rig: a demo site, its bench and all that is told of it, with a canary for each secret and for persons."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import tomllib
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult

from demo import servers
from demo.days import local
from demo.site import GRANTS, NAME, Demo
from demo.web import SITE
from tests.conftest import ROOT, Outcome, run_pytest
from tests.drills.world import merged, toml
from tests.privacy.canaries import MARK, SECRETS, Search, canary, leaks, left_in
from tests.reporters import test_mail

USER = "privacy"
FILE_ONLY = [("redis", "cache_password_file"), ("redis", "queue_password_file")]
"""Files whose secret becomes a part of another setting."""

NO_JOURNEYS = {"journey_log_in": {"enabled": False}, "journey_membership_form": {"enabled": False}}
TELLING = {"canary": "9999d", "after": 1, "after_unknown": 1}


def values(http: int, cache: int, queue: int) -> dict[tuple[str, str], Any]:
    """(section, key) -> the secret that stands there, which the servers of the rig let in."""
    url = f"http://localhost:{http}"
    account = {name: quote(canary(name), safe="") for name in ("cache", "queue", "fleet", "apprise")}
    token = canary("apprisetoken", "")
    return {
        ("database", "password"): canary("database"),
        ("redis", "cache"): f"redis://{USER}:{account['cache']}@127.0.0.1:{cache}",
        ("redis", "queue"): f"redis://{USER}:{account['queue']}@127.0.0.1:{queue}",
        ("browser", "password"): canary("browser"),
        ("pushgateway", "password"): canary("pushgateway"),
        ("slack", "webhook"): f"{url}/services/T0/B0/{canary('slackhook', '')}",
        ("slack", "token"): f"xoxb-{canary('slacktoken', '-')}",
        ("mail", "password"): canary("mail", HARD_ASCII),
        ("apprise", "urls"): [
            f"json://someone:{account['apprise']}@localhost:{http}/{canary('apprisepath', '')}?+X-Token={token}"
        ],
        ("webhook", "url"): f"{url}/hook/{canary('hookpath', '')}?key={canary('hookquery', '')}",
        ("webhook", "secret"): canary("hooksecret"),
        ("alertmanager", "password"): canary("alertmanager"),
        ("heartbeat", "url"): f"{url}/ping/{canary('heartbeat', '')}",
        ("serve", "token"): canary("serve"),
        ("fleet", "url"): f"redis://:{account['fleet']}@127.0.0.1:{queue}/0",
        ("redis", "cache_password_file"): canary("cache"),
        ("redis", "queue_password_file"): canary("queue"),
    }


HARD_ASCII = "/@:#\"\\%41' ?&"
BENCH = {
    "db_password": canary("benchdb"),
    "encryption_key": canary("benchkey", "="),
    "admin_password": canary("benchadmin"),
    "mail_password": canary("benchmail"),
    "s3_backup": {"access_key": canary("benchaccess", ""), "secret_key": canary("benchs3")},
    "data_import_url": f"https://someone:{quote(canary('benchurl'), safe='')}@example.nl/x",
}
COMMON = {"root_password": canary("benchroot"), "google_analytics_token": canary("benchgoogle", "")}


class Told:
    """An HTTP service for all that speaks HTTP: takes everything, or refuses and repeats all that it was sent."""

    def __init__(self) -> None:
        self.refuses = False
        self.got: list[SimpleNamespace] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                one = SimpleNamespace(
                    method=self.command, path=self.path, headers=str(self.headers), body=body
                )
                outer.got.append(one)
                words = f"{self.path}\n{self.headers}".encode() if outer.refuses else b"ok"
                if self.path.startswith("/alertmanager") and not outer.refuses:
                    words = b"[]"
                self.send_response(401 if outer.refuses else 200)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_port

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """What was told; where to, and by whom, is between the two."""
        for number, one in enumerate(self.got):
            yield f"message {number} to {one.path[:12]}", one.body

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Rig:
    """Settings with all secrets, the servers that they are for, and runs whose every output is searched."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.demo, self.folder = demo, folder
        self.http, self.post = Told(), test_mail.Post()
        self.lets_in = True
        self.mail = test_mail.Server(self._smtp, None)
        self.secrets = values(self.http.port, demo.port("cache"), demo.port("queue"))
        self.state, self.out = folder / "state", folder / "out"
        self.out.mkdir()
        self.file = folder / "checks.toml"

    def _smtp(self) -> SMTP:
        def authenticate(server, session, envelope, mechanism, data):
            words = f"535 not {data.password.decode()}"
            return AuthResult(
                success=self.lets_in, handled=self.lets_in or None, message=None if self.lets_in else words
            )

        with warnings.catch_warnings(action="ignore"):  # of an account without TLS
            return SMTP(self.post, authenticator=authenticate, auth_required=True, auth_require_tls=False)

    def accounts(self, *, good: bool) -> None:
        """Let the accounts of the settings in, or have other passwords for them, and repeat what was sent."""
        self.http.refuses, self.lets_in = not good, good
        other = "" if good else "another"
        with self.demo.root() as cursor:
            cursor.execute(
                f"CREATE OR REPLACE USER '{USER}'@'%%' IDENTIFIED BY %s",
                (self.secrets["database", "password"] + other,),
            )
            for statement in GRANTS.read_text(encoding="utf-8").splitlines():
                if statement.startswith("GRANT"):
                    told = statement.replace("DBNAME", NAME).replace("'checks'@'localhost'", f"'{USER}'@'%'")
                    cursor.execute(told.rstrip(";"))
        for name in ("cache", "queue"):
            client = self.demo.redis(name)
            client.execute_command(
                "ACL", "SETUSER", USER, "reset", "on", f">{canary(name)}{other}", "~*", "&*", "+@all"
            )
            client.close()

    def settings(self, way: str, *, bot: bool = False, refused: bool = False, **more: Any) -> dict[str, str]:
        """Write checks.toml with each secret in one `way`: inline, file or environment; gives the environment."""
        base = tomllib.loads(self.demo.settings.read_text(encoding="utf-8"))
        for section in ("database", "redis", "browser", "pushgateway"):
            base[section] = {
                key: value for key, value in base.get(section, {}).items() if "password" not in key
            }
        http = f"http://localhost:{self.http.port}"
        table = {
            "state": str(self.state),
            "deadline": 20,
            "database": {"user": USER, "host": servers.HOST, "port": self.demo.port("database")},
            "browser": {"user": "someone@example.nl", "chromium": "/nonexistent/chromium"},
            "pushgateway": {"url": http, "user": "gateway"},
            "mail": {
                "host": "127.0.0.1",
                "port": self.mail.port,
                "security": "none",
                "user": "sender@example.nl",
                "sender": "sender@example.nl",
                "to": ["to@example.nl"],
            },
            "alertmanager": {"url": f"{http}/alertmanager", "user": "manager"},
            "alerts": TELLING,
            "slack": {"channel": "C0123", "api_url": f"{http}/api"} if bot else {},
            "checks": NO_JOURNEYS,
        }
        table, env = merged(base, table), {}
        for (section, key), value in self.secrets.items():
            if section == "slack" and bot != (key == "token"):
                continue
            found, variable = self._given(way, section, key, value)
            table[section] = table.get(section, {}) | found
            env |= variable
        text = toml(merged(table, more))
        if refused:
            (dead,) = servers.free_ports(1)
            alive = {self.demo.port(name) for name in ("database", "cache", "queue", "https", "http")}
            for port in alive | {self.http.port, self.mail.port}:
                text = text.replace(str(port), str(dead))
                env = {key: value.replace(str(port), str(dead)) for key, value in env.items()}
        self.file.write_text(text, encoding="utf-8")
        return env

    def _given(self, way: str, section: str, key: str, value: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """What the section says, and what the environment."""
        many = isinstance(value, list)
        if (section, key) in FILE_ONLY:
            return ({key: self._kept(section, key, value)} if way == "file" else {}), {}
        if way == "file" and section == "redis":
            return {key: f"redis://{USER}@{value.rpartition('@')[2]}"}, {}
        if way == "file" or (way == "environment" and many):
            return {f"{key}_file": self._kept(section, key, "\n".join(value) if many else value)}, {}
        if way == "environment":
            return {}, {f"CHECKS_{section}_{key}".upper(): value}
        return {key: value}, {}

    def _kept(self, section: str, key: str, text: str) -> str:
        path = self.folder / "secrets" / f"{section}-{key}"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
        return str(path)

    def run(self, *arguments: str, env: dict[str, str] | None = None, **options: Any) -> Outcome:
        """A run from the folder that is searched afterwards, as on GitHub."""
        summary = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self.out / "summary.md")}
        return run_pytest(
            ROOT,
            "checks",
            "--settings",
            str(self.file),
            *arguments,
            env=summary | (env or {}),
            **options,
        )

    def put_out(self, outcome: Outcome) -> Iterator[tuple[str, bytes | str]]:
        """All that a run has put out and left anywhere."""
        yield "terminal", outcome.text
        yield "record", json.dumps(outcome.document, ensure_ascii=False)
        yield from self.http.messages()
        for number, one in enumerate(self.post.got):
            yield f"mail {number}", one.raw
            for part in one.mail.walk():
                if (content := part.get_payload(decode=True)) is not None:
                    yield f"part of mail {number}", content
        yield from left_in(self.state, self.out)

    def leaks(self, outcome: Outcome, search: Search = SECRETS) -> dict[str, list[str]]:
        return leaks(search, self.put_out(outcome))

    def close(self) -> None:
        self.mail.stop()
        self.http.close()


@contextlib.contextmanager
def bench(demo: Demo) -> Iterator[None]:
    """The bench's configs with canaries in each of their secrets."""
    common = demo.bench / "sites" / "common_site_config.json"
    own = demo.bench / "sites" / SITE / "site_config.json"
    before = {path: path.read_text(encoding="utf-8") for path in (common, own)}
    for path, more in ((common, COMMON), (own, BENCH)):
        path.write_text(json.dumps(json.loads(before[path]) | more), encoding="utf-8")
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")


PERSON = f"{MARK.capitalize()} van Zwaardvis"
ACCOUNT = "NL72ABNA0412345679"
PHONE = "06-87654321"
TITLE = f"Payment failed for {PERSON}, {MARK}@voorbeeld.invalid, {ACCOUNT}, {PHONE}, +31 6 8765 4321"
PERSONAL = Search(MARK, "Zwaardvis", ACCOUNT, "NL72 ABNA 0412 3456 79", "87654321", "8765 4321")
COLUMNS = {
    "tabMember": ("full_name", "customer", "member_id"),
    "tabCustomer": ("name",),
    "tabSales Invoice": ("customer",),
    "tabUser": ("name",),
    "tabSessions": ("user",),
    "tabActivity Log": ("user", "subject"),
    "tabSEPA Mandate": ("mandate_id",),
    "tabWebhook Request Log": ("error",),
    "tabEmail Account": ("email_id",),
}
"""Columns that hold what is personal or anything at all, marked in each row and well all the same."""


@contextlib.contextmanager
def persons(demo: Demo) -> Iterator[None]:
    """Rows of the site that hold persons' data, each of which is found."""

    def marked(change: str) -> None:
        with demo.root() as cursor:
            for table, columns in COLUMNS.items():
                for column in columns:
                    cursor.execute(f"UPDATE `{table}` SET `{column}` = " + change.format(column))

    marked(f"CONCAT('{MARK} Zwaardvis ', `{{}}`)")
    with demo.root() as cursor:
        for number in range(20):
            at = local(time.time() - 60)
            row = (
                f"{MARK}{number}",
                at,
                at,
                TITLE,
                f"Traceback (most recent call last):\nValueError: {TITLE}",
            )
            cursor.execute(
                "INSERT INTO `tabError Log` (name, creation, modified, method, error)"
                " VALUES (%s, %s, %s, %s, %s)",
                row,
            )
        cursor.execute("SELECT name, iban FROM `tabSEPA Mandate` WHERE status = 'Active' LIMIT 1")
        mandate, iban = cursor.fetchone()
        cursor.execute("UPDATE `tabSEPA Mandate` SET iban = %s WHERE name = %s", (ACCOUNT, mandate))
    try:
        yield
    finally:
        marked(f"SUBSTR(`{{}}`, {len(MARK) + len(' Zwaardvis ') + 1})")
        with demo.root() as cursor:
            cursor.execute(f"DELETE FROM `tabError Log` WHERE name LIKE '{MARK}%'")
            cursor.execute("UPDATE `tabSEPA Mandate` SET iban = %s WHERE name = %s", (iban, mandate))
