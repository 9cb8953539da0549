"""What the channels share: an address that can work, patience with a busy service, an end, and clean text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any
from urllib.parse import SplitResult, urlsplit

from fixtures import clock
from fixtures.files import is_file
from fixtures.schema import Secret, SettingsError
from fixtures.settings import secret
from reporters.fence import within
from reporters.outbound import Later, Refused, Reply, Undelivered, request

SECONDS = 30.0
"""When one delivery ends in any case: the outbox gives a channel 40 s."""

RETRIES = 2
WAIT_SECONDS = 10.0
"""What one delivery may wait in all; the outbox keeps the message and sends it with a later run."""

PAUSE_SECONDS = 1.0
BUSY = frozenset({429, 500, 502, 503, 504})


def deliver(  # noqa: PLR0913 (a request is a list of facts)
    what: str,
    url: str,
    *,
    timeout: float,
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    account: tuple[str, Secret] | None = None,
    tls_ca: str | None = None,
    seconds: float | None = None,
) -> Reply:
    """Ask a service, again where it is busy; the reply of any other status.

    Raises:
        Later: it stayed busy. Undelivered: no whole answer came in time.
    """
    seconds = seconds or SECONDS
    until = clock.monotonic() + seconds

    def work() -> Reply:
        patience = WAIT_SECONDS
        for left in range(RETRIES, -1, -1):
            reply = request(
                method, url, timeout=timeout, body=body, headers=headers, account=account, tls_ca=tls_ca
            )
            if reply.status not in BUSY:
                return reply
            after = retry_after(reply)
            pause = PAUSE_SECONDS if after is None else after
            patience -= pause
            if not left or patience < 0 or clock.monotonic() + pause > until:
                break
            sleep(pause)
        raise Later(f"{what} answered {reply.status}", after)

    return within(seconds, work)


def expect(reply: Reply, what: str) -> None:
    """Refused unless all is well; its own words are not told: they may repeat a secret address."""
    if not 200 <= reply.status < 300:
        raise Refused(f"{what} answered {reply.status}")


def retry_after(reply: Reply) -> float | None:
    """The seconds of a Retry-After, given as a number or as a date (RFC 9110, 10.2.3)."""
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,6}", text):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - clock.now())


def parts(url: str) -> SplitResult | None:
    """The parts of a URL that a request can be sent to as it is; no account may stand in it."""
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return None
    clean = re.fullmatch(r"[!-~]+", url) and "@" not in found.netloc and not found.fragment
    return found if clean and found.scheme in ("http", "https") and found.hostname else None


def given(settings: Any, section: str, key: str) -> Secret | None:
    """A secret of a section, of the settings or of a file; SettingsError for both or an empty one."""
    value, file = getattr(settings, key), getattr(settings, f"{key}_file")
    if value and file:
        raise SettingsError(f"{section}.{key}: is given twice; allowed: {key} or {key}_file")
    found = secret(value, file, f"{section}.{key}")
    if found is not None and not found.reveal():
        raise SettingsError(f"{section}.{key}: is empty; leave it out or give it")
    return found


def now_given(settings: Any, section: str, key: str) -> Secret | None:
    """The same when it is sent: a file may have gone since the run began."""
    try:
        return given(settings, section, key)
    except SettingsError as error:
        raise Undelivered(str(error)) from None


def check_url(settings: Any, section: str) -> None:
    """SettingsError for a secret `url` that nothing can be sent to."""
    found = given(settings, section, "url")
    if found is None:
        raise SettingsError(f"{section}: says not where to; needed: url or url_file")
    if parts(found.reveal()) is None:
        key = f"url_file = {settings.url_file}" if settings.url_file else "url"
        raise SettingsError(f"{section}.{key}: must be http:// or https:// and a host, without an account")


def check_authority(path: str | None, section: str) -> None:
    """SettingsError for a certificate authority's file that is not there."""
    if path is not None and not is_file(path):
        raise SettingsError(f"{section}.tls_ca = {path}: no such file; it must be a PEM file")


def utc(at: float) -> str:
    """A time as RFC 3339 has it: 2026-11-02T09:05:00Z."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(text: str, limit: int) -> str:
    """One line of at most so many characters, without those that nobody sees or that cannot be written.

    What was observed is data: it may hold line ends that begin a header, changes of direction, or half of a
    surrogate pair, which UTF-8 cannot hold.
    """
    cut = " ".join("".join(map(_visible, text[: 4 * limit])).split())
    return cut if len(cut) <= limit and len(text) <= 4 * limit else f"{cut[: limit - 3].rstrip()}..."


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs" or ord(char) & 0xFFFE == 0xFFFE:
        return "\ufffd"
    return "" if category == "Cf" and char != "\u200d" else char  # which joins the parts of an emoji
