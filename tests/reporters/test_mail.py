"""Mail to a real SMTP server, and to servers that are bad in every way.

`EXAMPLES=write pytest tests/reporters/test_mail.py -k example` writes what `runbook/examples/` shows.
"""

from __future__ import annotations

import asyncio
import email
import logging
import ssl
import threading
import time
from email import policy
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from msgspec.structs import replace

from demo import certificates, servers
from fixtures.schema import Mail, Secret, SettingsError
from reporters import mail, mail_text, smtp
from reporters.outbound import Refused
from tests.reporters.receiving import (
    CANARY,
    DIGEST,
    DOWN,
    EVERY,
    HOSTILES,
    NASTY,
    NONE_NEW,
    RESOLVED,
    SECRET,
    TEST,
    example,
    fails,
)
from tests.reporters.test_slack import AT, DATABASE, ENDED, ERRORS, notice
from tests.servers import greet, hang, leave, serving
from tests.steady import SECONDS, until

PNG = bytes.fromhex("89504e470d0a1a0a") + b"picture"


class Post:
    """Keeps what came; `refuses` are addresses, `says` answers to commands instead of taking them."""

    def __init__(self):
        self.got, self.refuses, self.says = [], (), {}

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.says.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return self.says.get("RCPT", "550 no such user")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.says:
            return self.says["DATA"]
        made = email.message_from_bytes(envelope.content, policy=policy.default)
        secure = session.ssl is not None
        self.got.append(
            SimpleNamespace(
                to=envelope.rcpt_tos, mail=made, raw=envelope.content, secure=secure, session=session
            )
        )
        return "250 taken"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("certificates")
    certificates.make(made)
    return made


def served(post, folder, **options):
    """An SMTP server: `how` is starttls, tls or none; with AUTH where it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem")
    how = options.pop("how", "starttls")

    def authenticate(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"checks", SECRET.encode())
        return AuthResult(success=good, handled=good or None, message=None if good else f"535 not {SECRET}")

    if options.pop("auth", False):
        options |= {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": how == "starttls",
        }

    def factory():
        tls = {"tls_context": context, "require_starttls": True} if how == "starttls" else {}
        return SMTP(post, **tls, **options)

    return Server(factory, context if how == "tls" else None)


class Server:
    """An asyncio server in a thread of its own."""

    def __init__(self, factory, context):
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        (self.port,) = servers.free_ports(1)
        made = self.loop.create_server(factory, ["127.0.0.1", "127.0.0.2"], self.port, ssl=context)
        self.server = asyncio.run_coroutine_threadsafe(made, self.loop).result(SECONDS)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(SECONDS)
        self.loop.close()

    def idle(self):
        """Whether nobody is connected: each connection is a task."""

        async def others():
            return len(asyncio.all_tasks()) - 1

        return not asyncio.run_coroutine_threadsafe(others(), self.loop).result(SECONDS)

    async def _end(self):
        """Nothing of it may be left: a socket that is found later fails another test."""
        self.server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
def post(folder):
    made = Post()
    made.server = served(made, folder)
    made.settings = settings(made.server.port, folder)
    yield made
    made.server.stop()


def settings(port, folder, **changes):
    plain = {
        "host": "localhost",
        "port": port,
        "sender": "Checks <checks@example.nl>",
        "to": ["beheer@example.nl"],
        "tls_ca": str(folder / "ca.pem"),
        "timeout": 30.0,
    }
    return Mail(**{**plain, **changes})


def parts(got):
    """(text, HTML) of a mail."""
    return got.get_body(("plain",)).get_content(), got.get_body(("html",)).get_content()


class Page(HTMLParser):
    """Its tags, its links and what it shows."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    ("name", "told"), [("database-down", DOWN), ("resolved", RESOLVED), ("no-new-events", NONE_NEW)]
)
def test_examples_are_what_is_sent(name, told):
    example(f"mail-{name}.txt", mail.render(told))


def test_a_mail_says_it_in_text_and_as_a_page(post):
    receipt = mail.send(post.settings, DOWN, {})
    (got,) = post.got
    assert got.secure
    assert got.to == ["beheer@example.nl"]
    made = got.mail
    assert made["Subject"] == "CRITICAL leden.example.nl: database_answers fails"
    assert made["From"] == "Checks <checks@example.nl>"
    assert made["To"] == "beheer@example.nl"
    assert made["Message-ID"] == receipt.id
    assert receipt.detail == "ok"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["List-Id"] == "<checks.example.nl>"
    assert made["Importance"] == "high"
    assert abs(email.utils.parsedate_to_datetime(made["Date"]).timestamp() - time.time()) < 60
    text, html = parts(made)
    page = Page(html)
    for words in (
        "critical, leden.example.nl, since 14:00",
        "Reason: connection refused",
        "Fails with it: site_answers",
        "48 more are left out here",
        "First: See whether MariaDB runs, and what it said last: ",
        "https://runbook.example.nl/database_answers.md",
    ):
        assert words in text
        assert words in page.text
    assert "<code>sudo systemctl status mariadb</code>" in html
    assert page.links[0] == "https://runbook.example.nl/database_answers.md"
    assert not page.tags & {"script", "img", "link", "iframe", "form", "object"}
    assert "prefers-color-scheme: dark" in html
    assert "http:" not in html.replace("http://www.w3.org", "")


def test_every_line_is_one_that_any_server_takes(post):
    for told in EVERY:
        mail.send(post.settings, replace(told, run="r" * 5000), {})
    for got in post.got:
        assert got.raw.isascii()
        assert max(map(len, got.raw.split(b"\r\n"))) <= 998


def test_one_incident_is_one_thread(post):
    first = mail.send(post.settings, notice(DATABASE, id="1"), {})
    again = replace(DATABASE, event="reminder")
    mail.send(post.settings, notice(again, id="2"), {DATABASE.id: first.id})
    mail.send(post.settings, notice(ENDED, id="3"), {DATABASE.id: first.id})
    mail.send(post.settings, notice(ERRORS, id="4"), {DATABASE.id: first.id})
    one, two, three, other = (got.mail for got in post.got)
    root = one["In-Reply-To"]
    assert root == two["In-Reply-To"] == three["In-Reply-To"] != other["In-Reply-To"]
    assert one["References"] == root
    assert two["References"] == three["References"] == f"{root} {first.id}"
    assert len({got.mail["Message-ID"] for got in post.got}) == 4
    mail.send(post.settings, notice(DATABASE, id="1"), {})
    assert post.got[-1].mail["Message-ID"] == first.id


def test_several_incidents_are_in_the_thread_of_the_worst(post):
    receipt = mail.send(post.settings, notice(ERRORS, DATABASE, id="1"), {})
    mail.send(post.settings, notice(DATABASE, id="2"), {})
    mail.send(
        post.settings, notice(replace(ERRORS, ended=AT, event="resolved"), id="3"), {ERRORS.id: receipt.id}
    )
    first, second, third = (got.mail for got in post.got)
    assert first["In-Reply-To"] == second["In-Reply-To"]
    assert receipt.id in third["References"]  # which joins the thread that the message began


def test_a_receipt_of_another_channel_is_no_reference(post):
    mail.send(post.settings, DOWN, {DATABASE.id: "C1:1.2\r\nBcc: x@y"})
    assert post.got[0].mail["References"] == post.got[0].mail["In-Reply-To"]


def test_dutch(post):
    mail.send(post.settings, notice(DATABASE, language="nl"), {})
    made = post.got[0].mail
    assert made["Subject"] == "KRITIEK leden.example.nl: database_answers faalt"
    text, html = parts(made)
    assert "Eerst: " in text
    assert '<html lang="nl">' in html


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (DIGEST, "Silence ended"),
        (TEST, "Test message: this channel works"),
        (CANARY, "Kanarie: bewijs dat dit kanaal werkt"),
        (RESOLVED, "leden.example.nl: database_answers is well again"),
    ],
)
def test_other_kinds(post, told, subject):
    mail.send(post.settings, told, {})
    made = post.got[0].mail
    assert made["Subject"] == subject
    assert made["Importance"] is None
    text, html = parts(made)
    assert all(line in text and line in html for line in told.lines)


@pytest.mark.parametrize("told", HOSTILES, ids=range(len(HOSTILES)))
def test_hostile_text_is_shown_and_does_nothing(post, told):
    started = time.process_time()
    mail.send(post.settings, told, {})
    assert time.process_time() - started < 5
    (got,) = post.got
    assert got.to == ["beheer@example.nl"]
    assert len(got.raw) < 400_000
    assert got.mail["Bcc"] is None
    assert got.mail["To"] == "beheer@example.nl"
    for name in ("Subject", "Message-ID", "References"):
        assert not set("\r\n\x00\x1b\u202e") & set(got.mail[name])
    text, html = parts(got.mail)
    page = Page(html)
    assert "<b>&\"'" in page.text
    assert "<b>" in text
    assert "b" not in page.tags
    assert "{{ 7*7 }}" in page.text
    assert [link for link in page.links if not link.startswith("https://")] == []
    assert not {"\x00", "\x1b", "\u202e"} & set(text + html)


def test_many_incidents_are_cut():
    told = notice(*(replace(DATABASE, id=f"i{n}") for n in range(700)))
    assert "580 more are left out here" in mail_text.text(told)
    assert len(mail_text.html(told)) < 100_000


def test_one_address_that_is_refused_keeps_no_other_from_getting_it(post):
    post.refuses = ("gone@example.nl",)
    here = replace(post.settings, to=["gone@example.nl", "Beheer <beheer@example.nl>", "b@example.nl"])
    assert mail.send(here, DOWN, {}).detail == "1 of 3 addresses refused"
    assert post.got[0].to == ["beheer@example.nl", "b@example.nl"]
    post.refuses = ("gone@example.nl", "beheer@example.nl", "b@example.nl")
    error = fails(lambda: mail.send(here, DOWN, {}))
    assert isinstance(error, Refused)
    assert str(error) == "3 of 3 addresses refused: 550 no such user"


def test_a_report_has_pictures(post):
    made = mail.message(
        post.settings, "Report\r\nBcc: x@y.nl", "text \ud800", "<img src='cid:chart'>", {"chart": PNG}
    )
    mail.deliver(post.settings, made)
    got = post.got[0].mail
    assert got["Subject"] == "Report Bcc: x@y.nl"
    assert got["Bcc"] is None
    (picture,) = [part for part in got.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<chart>"
    assert picture.get_content() == PNG
    assert [part.get_content_type() for part in got.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert made["Message-ID"] != mail.message(post.settings, "a", "b", "c")["Message-ID"]


@pytest.fixture
def serve(folder):
    made = []

    def start(**options):
        post = Post()
        post.server = served(post, folder, **options)
        made.append(post.server)
        return post

    yield start
    for server in made:
        server.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("how", ["starttls", "tls", "none"])
def test_an_account(serve, folder, how):
    post = serve(how=how, auth=True)
    account = {"user": "checks", "password": Secret(SECRET), "security": how}
    mail.send(settings(post.server.port, folder, **account), DOWN, {})
    assert post.got[0].session.authenticated
    assert how == "tls" or post.got[0].secure == (how == "starttls")  # of TLS itself aiosmtpd says nothing
    wrong = settings(post.server.port, folder, **account | {"password": Secret(f"x{SECRET}")})
    error = fails(lambda: mail.send(wrong, DOWN, {}), SECRET)
    assert str(error) == "the mail server refused the account (535)"
    without = settings(post.server.port, folder, security=how)
    assert "530" in str(fails(lambda: mail.send(without, DOWN, {})))


def test_without_starttls_nothing_goes_in_clear(serve, folder):
    post = serve(how="none")
    here = settings(post.server.port, folder, user="checks", password=Secret(SECRET))
    error = fails(lambda: mail.send(here, DOWN, {}), SECRET)
    assert str(error) == "the mail server offers no STARTTLS, and nothing is sent in clear"
    assert post.got == []
    mail.send(settings(post.server.port, folder, security="none"), DOWN, {})
    assert len(post.got) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_certificate_of_a_stranger(serve, folder, how):
    post = serve(how=how, auth=True)
    here = settings(post.server.port, folder, user="checks", password=Secret(SECRET), security=how)
    for wrong in (replace(here, tls_ca=None), replace(here, host="127.0.0.2")):
        assert "certificate is not valid" in str(fails(lambda made=wrong: mail.send(made, DOWN, {}), SECRET))
    assert post.got == []


def test_tls_where_there_is_none(serve, folder):
    post = serve(how="none")
    assert "TLS" in str(
        fails(lambda: mail.send(settings(post.server.port, folder, security="tls"), DOWN, {}))
    )
    post = serve(how="tls")
    fails(lambda: mail.send(settings(post.server.port, folder, timeout=0.5), DOWN, {}))


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ({"MAIL": "451 later"}, "the mail server answered 451 later"),
        ({"MAIL": "553 not you"}, "the mail server answered 553 not you"),
        ({"DATA": "452 full"}, "the mail server answered 452 full"),
        ({"DATA": "554 spam"}, "the mail server answered 554 spam"),
    ],
)
def test_a_server_that_says_no(post, says, told):
    post.says = says
    error = fails(lambda: mail.send(post.settings, DOWN, {}))
    assert isinstance(error, Refused)
    assert str(error) == told


def test_an_answer_that_repeats_the_password_is_not_told(serve, folder):
    post = serve(auth=True)
    post.says = {"DATA": f"554 hello {SECRET}"}
    here = settings(post.server.port, folder, user="checks", password=Secret(SECRET))
    assert str(fails(lambda: mail.send(here, DOWN, {}), SECRET)) == "the mail server answered 554"


def dribble(connection):
    while True:
        connection.sendall(b"220-wait\r\n")
        time.sleep(0.05)


def dribble_bytes(connection):
    connection.sendall(b"220 ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def fall_silent(connection):
    connection.sendall(b"220 here\r\n")
    while connection.recv(65536):
        pass


def reset(connection):
    connection.sendall(b"220 here\r\n")
    connection.recv(65536)
    connection.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")


def strip(connection):
    """Offer STARTTLS, and then speak on in clear."""
    connection.sendall(b"220 here\r\n")
    for answer in (b"250-here\r\n250 STARTTLS\r\n", b"220 go\r\n250 in clear\r\n", b"250 in clear\r\n" * 9):
        connection.recv(65536)
        connection.sendall(answer)
    connection.recv(65536)


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (hang, "no answer within 0.5 s"),
        (fall_silent, "no answer within 0.5 s"),
        (leave, "the mail server closed the connection"),
        (reset, "the mail server closed the connection"),
        (dribble, "did not end within 1.5 s"),
        (dribble_bytes, "did not end within 1.5 s"),
        (greet(b"HTTP/1.1 400 Bad\r\n\r\n"), "the mail server greeted with no SMTP"),
        (greet(b"554 go away\r\n"), "the mail server greeted with 554 go away"),
        (greet(b"421 busy\r\n"), "the mail server greeted with 421 busy"),
        (greet(b"220 " + b"x" * 100_000 + b"\r\n"), "the mail server answered 500 Line too long."),
        (strip, "the TLS handshake with the mail server failed"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_server_that_is_none(folder, behave, told, monkeypatch):
    if behave in (dribble, dribble_bytes):  # each answer comes in time
        monkeypatch.setattr(smtp, "SECONDS", 1.5)
    with serving(behave) as port:
        seconds = 0.5 if behave in (hang, fall_silent) else 30.0
        here = settings(port, folder, timeout=seconds, user="checks", password=Secret(SECRET))
        error = fails(lambda: mail.send(here, DOWN, {}), SECRET)
    assert str(error).startswith(told)


def test_all_of_it_takes_three_times_as_long_as_one_answer_at_most(folder):
    with serving(dribble) as port:
        error = fails(lambda: mail.send(settings(port, folder, timeout=0.5), DOWN, {}))
    assert str(error) == "did not end within 1.5 s"


def test_a_server_that_falls_silent_in_the_middle_is_left(post, monkeypatch):
    speaks = threading.Event()

    async def slow(*_):
        while not speaks.is_set():
            await asyncio.sleep(0.01)
        return "250 OK"

    monkeypatch.setattr(smtp, "SECONDS", 1.0)
    monkeypatch.setattr(Post, "handle_MAIL", slow)
    error = fails(lambda: mail.send(post.settings, DOWN, {}))
    assert str(error) == "did not end within 1 s"
    speaks.set()
    until(post.server.idle, "the connection is closed")
    assert post.got == []  # it is not delivered later, after it was said not to be


def test_nobody_listens_and_no_name(folder):
    assert str(fails(lambda: mail.send(settings(1, folder), DOWN, {}))) == "connection refused"
    here = settings(25, folder, host="no-such-host.invalid")
    assert "does not resolve" in str(fails(lambda: mail.send(here, DOWN, {})))


def test_nothing_is_logged(serve, folder, caplog):
    post = serve(auth=True)
    here = settings(post.server.port, folder, user="checks", password=Secret(SECRET))
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server's own
    with caplog.at_level(logging.DEBUG):
        mail.send(here, DOWN, {})
    assert SECRET not in caplog.text


def test_a_password_file_that_went_away(folder, tmp_path):
    file = tmp_path / "password"
    file.write_text(SECRET)
    here = settings(1, folder, user="checks", password_file=str(file))
    mail.check(here)
    file.unlink()
    assert "password_file" in str(fails(lambda: mail.send(here, DOWN, {}), SECRET))


def test_a_password_file_that_smtp_cannot_take_is_told(serve, folder, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"é{SECRET}", encoding="utf-8")
    here = settings(serve(auth=True).server.port, folder, user="checks", password_file=str(file))
    error = fails(lambda: mail.send(here, DOWN, {}), SECRET)
    assert str(error).startswith("mail.user or mail.password cannot be sent")
    odd = settings(25, folder, host="a..b")  # never checked
    assert str(fails(lambda: mail.send(odd, DOWN, {}))).startswith("mail.host cannot be asked")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": None}, "mail.host: is missing"),
        ({"sender": None}, "mail.sender: is missing"),
        ({"to": []}, "mail.to: is missing"),
        ({"host": "smtp://host"}, "mail.host = 'smtp://host': must be"),
        ({"host": "smtp..example.nl"}, "mail.host = 'smtp..example.nl': must be"),
        ({"host": "x" * 64}, "mail.host = 'xxx"),
        ({"sender": "nobody"}, "mail.sender = 'nobody': must be name@example.nl"),
        ({"to": ["a@b.nl", "x@y.nl\r\nBcc: z@y.nl"]}, "mail.to[1] = 'x@y.nl\\r\\nBcc: z@y.nl': must be"),
        ({"to": ["a@b.nl, c@d.nl"]}, "mail.to[0] = "),
        ({"to": ["A <a@b.nl"]}, "mail.to[0] = "),
        ({"to": ["a@b.nl>"]}, "mail.to[0] = "),
        ({"to": ["a..b@b.nl"]}, "mail.to[0] = "),
        ({"user": "checks"}, "mail.password: is missing"),
        ({"password": Secret(SECRET)}, "mail.user: is missing"),
        ({"user": "checks", "password": Secret(f"é{SECRET}")}, "mail.password: must be ASCII"),
        ({"user": "checks", "password_file": "/no/such"}, "mail.password_file = /no/such"),
        ({"tls_ca": "/no/such"}, "mail.tls_ca = /no/such"),
    ],
)
def test_wrong_settings(folder, changes, told):
    with pytest.raises(SettingsError) as caught:
        mail.check(settings(25, folder, **changes))
    assert str(caught.value).startswith(told)
    assert SECRET not in str(caught.value)


def test_right_settings(folder):
    made = settings(25, folder, to=["a+b@example.nl", "Bestuur Jansen-Müller <b@example.nl>"])
    mail.check(made)
    assert mail.configured(made)
    assert not mail.configured(Mail())
    assert NASTY not in mail.message(made, NASTY, "", "").as_string()
