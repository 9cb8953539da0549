"""One mail to an SMTP server: bounded in time, never in clear unasked, and errors that hold no password."""

from __future__ import annotations

import contextlib
import platform
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from threading import Event

from fixtures import usable, verifying
from fixtures.schema import Mail, Secret
from reporters.fence import within
from reporters.outbound import Refused, Undelivered
from reporters.service import SECONDS, now_given, plain

TIMEOUT_SECONDS = 10.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""Submission, submissions (RFC 8314) and a relay's port."""


def hand_over(settings: Mail, made: EmailMessage, sender: str, to: Sequence[str]) -> int:
    """Give a mail to the server; how many of the addresses it refused, which is never all of them.

    Raises:
        Undelivered: it did not arrive. Refused: the server says no.
    """
    timeout = settings.timeout or TIMEOUT_SECONDS
    password = now_given(settings, "mail", "password")
    clients: list[smtplib.SMTP] = []
    late = Event()

    def work() -> int:
        with _told(settings, password, timeout), _connected(settings, sender, timeout) as client:
            clients.append(client)
            if password is not None:
                client.login(settings.user or "", password.reveal())
            if late.is_set():  # nobody waits for it any more, and it will be sent again
                return 0
            refused = client.sendmail(sender, list(to), made.as_bytes())
            with contextlib.suppress(smtplib.SMTPException, OSError):  # it has been taken
                client.quit()
            return len(refused)

    try:
        return within(min(SECONDS, 3 * timeout), work)
    finally:
        late.set()
        for client in clients:
            if connection := getattr(client, "sock", None):
                with contextlib.suppress(OSError):  # closing alone would not wake who waits for it
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _connected(settings: Mail, sender: str, timeout: float) -> Iterator[smtplib.SMTP]:
    security = settings.security or "starttls"
    host, port = settings.host or "", settings.port or PORTS[security]
    # smtplib would ask DNS for this host's full name, without any bound.
    own = platform.node() if "." in platform.node() else sender.rpartition("@")[2]
    context = None if security == "none" else _context(settings.tls_ca)
    client: smtplib.SMTP
    if security == "tls":
        client = smtplib.SMTP_SSL(host, port, own, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(host, port, own, timeout=timeout)
    try:
        client.ehlo_or_helo_if_needed()
        if security == "starttls":
            if not client.has_extn("starttls"):
                raise Refused("the mail server offers no STARTTLS, and nothing is sent in clear")
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        yield client
    finally:
        client.close()


def _context(tls_ca: str | None) -> ssl.SSLContext:
    try:
        return verifying.context(tls_ca)
    except (OSError, ValueError) as error:  # no path has a NUL byte
        why = getattr(error, "strerror", None) or "PEM error"
        raise Undelivered(f"tls_ca is no certificate file ({why})") from None


@contextlib.contextmanager
def _told(settings: Mail, password: Secret | None, timeout: float) -> Iterator[None]:
    """What went wrong, in one line."""
    try:
        yield
    except smtplib.SMTPException as error:
        raise _said(error, password, timeout) from None
    except OSError as error:
        raise Undelivered(_broke(error, settings.host or "", timeout)) from None
    except ValueError as error:  # what smtplib cannot send; its text would quote it
        raise Undelivered(_unsendable(error, settings)) from None


def _unsendable(error: ValueError, settings: Mail) -> str:
    """Which keys are meant, without their values."""
    if usable.host(settings.host or ""):
        return "mail.host cannot be asked: it must be the name of a host, or its address"
    if isinstance(error, UnicodeEncodeError):
        return "mail.user or mail.password cannot be sent: SMTP takes an account of ASCII only"
    return f"the mail cannot be sent as it is configured ({type(error).__name__})"


def _said(error: smtplib.SMTPException, password: Secret | None, timeout: float) -> Undelivered:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Refused(f"the mail server refused the account ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused("the mail server takes no account in this way, or not this mail")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        count = len(error.recipients)
        answer = next(iter(error.recipients.values()), (0, b""))
        return Refused(f"{count} of {count} addresses refused: {_words(*answer, password)}")
    if isinstance(error, smtplib.SMTPConnectError):
        return Refused(f"the mail server greeted with {_words(*_answer(error), password)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return Refused(f"the mail server answered {_words(*_answer(error), password)}")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        if "timed out" in str(error):  # which smtplib makes of any error while it reads
            return Undelivered(f"no answer within {timeout:g} s")
        return Undelivered("the mail server closed the connection")
    return Undelivered(f"the mail server cannot be used ({type(error).__name__})")


def _broke(error: OSError, host: str, timeout: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server's certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "the TLS handshake with the mail server failed"
    if isinstance(error, socket.gaierror):
        return f"the name {host} does not resolve"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return f"no connection ({error.strerror or 'it broke'})"


def _answer(error: smtplib.SMTPResponseException) -> tuple[int, bytes | str]:
    return error.smtp_code, error.smtp_error


def _words(code: int, words: bytes | str, password: Secret | None) -> str:
    """The server's answer, without its words where they repeat the password."""
    text = plain(words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words), 200)
    number = f"{code}" if code > 0 else "no SMTP"
    if password is not None:
        secret = password.reveal()
        if secret in text or b64encode(secret.encode()).decode() in text:
            return number
    return f"{number} {text}".rstrip()
