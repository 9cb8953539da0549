"""Messages by mail: plain text and a small page of the same, one thread an incident.

Each message of an incident answers to one that was never sent, whose id the incident gives, and refers to the
first that was: so they are one thread also where a message told of several. No password and no mail goes in
clear unless the settings say `security = "none"`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from fixtures import clock, usable
from fixtures.schema import Mail, SettingsError
from reporters import mail_text
from reporters.mail_text import render
from reporters.notice import Notice, Receipt
from reporters.outbound import Undelivered
from reporters.service import check_authority, given, plain
from reporters.smtp import hand_over

__all__ = ["check", "configured", "deliver", "message", "render", "send"]

ADDRESS = re.compile(
    r"(?:([^<>\"@,\r\n]*?)\s*(<))?([A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64})@([A-Za-z0-9.-]{1,253})(>)?"
)
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,200}@[A-Za-z0-9.-]{1,253}>")
HOST = re.compile(r"[A-Za-z0-9._:-]+")
REFERENCES = 10


class _Folding(policy.EmailPolicy):
    """Subjects and names are folded and encoded by the older Header class.

    EmailPolicy's own way puts two encoded words side by side without a space where a line ends before one
    (Python 3.12.5 to 3.13.5), or loses a space between two (before); both show other words to readers.
    """

    def fold(self, name: str, value: Any) -> str:
        """One header in its lines, ASCII."""
        if name.lower() == "subject":
            charset = "us-ascii" if value.isascii() else "utf-8"
            coded = Header(value, charset, header_name=name).encode()
        elif not value.isascii():
            coded = ",\n ".join(map(_mailbox, value.addresses))
        else:
            folded: str = super().fold(name, value)
            return folded
        return f"{name}: {coded}\n".replace("\n", self.linesep)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same in bytes."""
        return self.fold(name, value).encode("ascii")


SEVEN_BIT = _Folding(linesep="\r\n", cte_type="7bit")
"""For servers without 8BITMIME."""


def configured(settings: Mail) -> bool:
    """Whether there is a server, a sender and somebody to write to."""
    return bool(settings.host and settings.sender and settings.to)


def check(settings: Mail) -> None:
    """SettingsError for settings that cannot work."""
    for key in ("host", "sender", "to"):
        if not getattr(settings, key):
            raise SettingsError(f"mail.{key}: is missing; needed: host, sender and to")
    if not HOST.fullmatch(settings.host or "") or usable.host(settings.host or ""):
        raise SettingsError(f"mail.host = {settings.host!r:.80}: must be a host's name or address")
    _address(settings.sender, "mail.sender")
    for number, text in enumerate(settings.to or ()):
        _address(text, f"mail.to[{number}]")
    password = given(settings, "mail", "password")
    if (password is None) != (settings.user is None):
        lacks = "password" if password is None else "user"
        raise SettingsError(f"mail.{lacks}: is missing; a user and a password belong together")
    if password is not None and not f"{settings.user}{password.reveal()}".isascii():
        raise SettingsError("mail.password: must be ASCII, and so must mail.user")
    check_authority(settings.tls_ca, "mail")


def send(settings: Mail, notice: Notice, earlier: Mapping[str, str]) -> Receipt:
    """Deliver it, in the thread of its worst incident; its receipt is its Message-ID.

    Raises:
        Undelivered: it did not arrive. Refused: the server says no, to every address.
    """
    subject, text, html = mail_text.subject(notice), mail_text.text(notice), mail_text.html(notice)
    made = message(settings, subject, text, html, key=notice.id)
    if notice.incidents:
        worst = mail_text.worst(notice)
        root = _id(settings, f"incident {worst.id}")
        told = (earlier.get(one.id, "") for one in (worst, *notice.incidents))
        known = dict.fromkeys(one for one in told if MESSAGE_ID.fullmatch(one))
        made["In-Reply-To"] = root
        made["References"] = " ".join([root, *list(known)[:REFERENCES]])
        if not notice.resolved and notice.severity == "critical":
            made["Importance"] = "high"
    return deliver(settings, made)


def message(  # noqa: PLR0913 (a message is a list of facts)
    settings: Mail,
    subject: str,
    text: str,
    html: str,
    images: Mapping[str, bytes] | None = None,
    *,
    key: str = "",
) -> EmailMessage:
    """A mail of text and of HTML, which shows the PNG of `images[name]` at `src="cid:name"`.

    `key` gives its Message-ID: the same key, the same id.
    """
    sender = _address(settings.sender, "mail.sender")
    made = EmailMessage(policy=SEVEN_BIT)
    made["From"] = sender
    made["To"] = [_address(one, "mail.to") for one in settings.to or ()]
    made["Subject"] = plain(subject, 200)
    made["Date"] = formatdate(clock.now())
    made["Message-ID"] = _id(settings, f"message {key}") if key else make_msgid(domain=sender.domain)
    # No holiday notice answers: RFC 3834, RFC 2919, and what Exchange looks at.
    made["Auto-Submitted"] = "auto-generated"
    made["List-Id"] = f"<checks.{sender.domain}>"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(_writable(text))
    made.add_alternative(_writable(html), subtype="html")
    page = made.get_body(("html",))
    assert page is not None
    for name, data in (images or {}).items():
        page.add_related(data, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"{name}.png")
    return made


def deliver(settings: Mail, made: EmailMessage) -> Receipt:
    """Hand over a mail that `message` made; one address that is refused keeps no other from getting it.

    Raises:
        Undelivered: it did not arrive. Refused: the server says no, to every address.
    """
    if not configured(settings):
        raise Undelivered("mail: says not where to")
    to = [_address(one, "mail.to").addr_spec for one in settings.to or ()]
    refused = hand_over(settings, made, _address(settings.sender, "mail.sender").addr_spec, to)
    detail = f"{refused} of {len(to)} addresses refused" if refused else "ok"
    return Receipt(id=str(made["Message-ID"]), detail=detail)


def _address(text: str | None, key: str) -> Address:
    found = ADDRESS.fullmatch((text or "").strip())
    if found is None or bool(found[2]) != bool(found[5]):
        raise SettingsError(f"{key} = {text!r:.80}: must be name@example.nl or Name <name@example.nl>")
    try:
        if ".." in found[3] + found[4]:
            raise ValueError
        return Address(plain(found[1] or "", 100), found[3], found[4])
    except ValueError:
        raise SettingsError(f"{key} = {text!r:.80}: is no address of mail") from None


def _mailbox(one: Address) -> str:
    if one.display_name.isascii():
        return str(one)
    return f"{Header(one.display_name, 'utf-8').encode()} <{one.addr_spec}>"


def _id(settings: Mail, key: str) -> str:
    domain = _address(settings.sender, "mail.sender").domain
    return f"<{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}@{domain}>"


def _writable(text: str) -> str:
    """Text without halves of a surrogate pair, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
