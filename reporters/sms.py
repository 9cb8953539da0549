"""Short messages by Apprise: SMS, a phone's notifications and a hundred other services, one URL each.

The text is one SMS: 160 characters of GSM 7-bit (3GPP TS 23.038, 6.2.1), of which some count twice. With any
other character an SMS holds 70, so those are written in plain letters. A URL holds keys and telephone
numbers: none stands in an error, and what Apprise logs is dropped.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping

from fixtures import clock
from fixtures.bounded import begin
from fixtures.declaration import SEVERITIES
from fixtures.schema import Apprise, Secret, SettingsError
from fixtures.settings import secret
from reporters import words
from reporters.notice import Incident, Notice, Receipt
from reporters.outbound import Refused, Undelivered
from reporters.service import SECONDS, plain
from reporters.terminal import figure

LENGTH = 160
TITLE = 100
TIMEOUT_SECONDS = 10.0

SINGLE = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€")
PLAIN = {
    "`": "'",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2026": "...",
    "\u2044": "/",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00d7": "x",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u0142": "l",
    "\u0111": "d",
}
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,40}://\S+")


def configured(settings: Apprise) -> bool:
    """Whether there is any URL."""
    return bool(settings.urls or settings.urls_file)


def check(settings: Apprise) -> None:
    """SettingsError for settings that cannot work; whether Apprise knows a service, sending tells."""
    if not (found := _urls(settings)):
        raise SettingsError("apprise: says not where to; needed: urls, or urls_file with one a line")
    for name, url in found:
        if not URL.fullmatch(url.reveal()):
            raise SettingsError(f"{name}: must be a URL of Apprise, as json://host/path")


def _urls(settings: Apprise) -> list[tuple[str, Secret]]:
    """(where it stands, URL) of each; lines of the file that begin with # are remarks."""
    found = [(f"apprise.urls[{number}]", url) for number, url in enumerate(settings.urls or ())]
    text = secret(None, settings.urls_file, "apprise.urls")
    lines = enumerate(text.reveal().splitlines() if text else (), 1)
    stripped = ((number, line.strip()) for number, line in lines)
    return found + [
        (f"apprise.urls_file = {settings.urls_file}, line {number}", Secret(line))
        for number, line in stripped
        if line and not line.startswith("#")
    ]


def render(notice: Notice) -> tuple[str, str]:
    """(title, text); the text says it all, since an SMS has no title."""
    title = fit(words.headline(notice), TITLE)
    if not notice.incidents:
        return title, fit("; ".join(notice.lines) if notice.kind == "digest" else title, LENGTH) or title
    one = max(notice.incidents, key=lambda one: (one.open, SEVERITIES.index(one.severity)))
    told = words.told(one, notice.language)
    if others := len(notice.incidents) - 1:
        told = words.text(notice.language, "and_more", first=told, count=others)
    text = fit(f"{one.site}: {told}", 110)
    when = f", {words.when(one, notice)}"
    if not one.open:
        return title, fit(f"{text}{when}", LENGTH)
    text = f"{words.text(notice.language, one.severity).upper()} {text}"
    room = LENGTH - length(text) - length(when) - 2
    if (fact := _fact(one)) and room > 10:
        text += f": {fit(fact, room)}"
    text = fit(f"{text}{when}", LENGTH)
    return title, text + _first(one, notice, LENGTH - length(text))


def _fact(one: Incident) -> str:
    """`73 > 50 errors`, or why it is not known."""
    if one.status == "failing" and one.limit is not None and one.value is not None:
        sign = "<" if one.direction == ">=" else ">"
        return f"{figure(one.value, '')} {sign} {figure(one.limit, one.unit)}"
    return one.reason


def _first(one: Incident, notice: Notice, room: int) -> str:
    """The first step, or as many of its clauses as fit: never half of a command."""
    pieces = re.split(r"(?<=[.:;,])\s+", plain(one.first_step, 500))
    for count in range(len(pieces), 0, -1):
        step = " ".join(pieces[:count]).rstrip(".:;,")
        found = gsm(f". {words.text(notice.language, 'first')}: {step}")
        if step and step.count("`") % 2 == 0 and length(found) <= room:
            return found
    return ""


def gsm(text: str) -> str:
    """Text in the characters of an SMS: without accents where need be, and ? for what has no letters."""
    return re.sub(r"\?{2,}", "?", "".join(map(_letter, text)))


def _letter(char: str) -> str:
    if char in SINGLE or char in DOUBLE:
        return char
    if char in PLAIN:
        return PLAIN[char]
    apart = (one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))
    bare = "".join(PLAIN.get(one, one) for one in apart)
    if bare and all(one in SINGLE or one in DOUBLE for one in bare):
        return bare
    return "" if unicodedata.category(char) in ("Cf", "Mn") else "?"


def length(text: str) -> int:
    """How many of an SMS's characters a text takes."""
    return sum(2 if char in DOUBLE else 1 for char in text)


def fit(text: str, room: int) -> str:
    """One line in an SMS's characters that takes at most so many."""
    found = gsm(plain(text, 4 * LENGTH))
    if length(found) <= room:
        return found
    while length(found) > room - 3:
        found = found[:-1]
    return f"{found.rstrip()}..."


def send(settings: Apprise, notice: Notice, earlier: Mapping[str, str]) -> Receipt:  # noqa: ARG001
    """Tell each service at the same time; that one of them took it is enough, or others would get it twice.

    Raises:
        Refused: every service refused. Undelivered: and none of them answered in time.
    """
    try:
        urls = _urls(settings)
    except SettingsError as error:  # a file that went away since the run began
        raise Undelivered(str(error)) from None
    timeout = settings.timeout or TIMEOUT_SECONDS
    until = clock.monotonic() + min(SECONDS, 2 * timeout)
    title, body = render(notice)
    # The libraries' logs would hold the URLs: Apprise's own, and urllib3's of each request's path.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="apprise")  # of what it imports itself
    import apprise  # noqa: F401 (once, before the threads)

    waiting = [begin(lambda url=url: _tell(url, timeout, notice, (title, body))) for _, url in urls]  # type: ignore[misc]
    unknown, refused, late = 0, 0, 0
    for future in waiting:
        try:
            outcome = future.result(max(0.0, until - clock.monotonic()))
        except TimeoutError:
            late += 1
        except Exception:  # noqa: BLE001 (a service's own code; its text may hold the URL)
            refused += 1
        else:
            unknown += outcome is None
            refused += outcome is False
    detail = ", ".join(_counted(len(urls), unknown, refused, late))
    if not urls or unknown + refused + late == len(urls):
        raise (Undelivered if late else Refused)(detail or "apprise: says not where to")
    return Receipt(detail=detail or "ok")


def _counted(total: int, unknown: int, refused: int, late: int) -> Iterator[str]:
    for count, what in (
        (refused, "services refused"),
        (late, "services did not answer in time"),
        (unknown, "URLs are none that Apprise knows"),
    ):
        if count:
            yield f"{count} of {total} {what}"


def _tell(url: Secret, timeout: float, notice: Notice, told: tuple[str, str]) -> bool | None:
    """Whether one service took it; None for a URL that is none of Apprise's."""
    from apprise import Apprise as Client
    from apprise import AppriseAsset, NotifyFormat, NotifyType

    title, body = told
    asset = AppriseAsset(
        app_id="verenigingen-checks", app_desc="", app_url="", async_mode=False, http_redirects=False
    )
    service = Client.instantiate(url.reveal(), asset=asset, suppress_exceptions=True)
    if service is None:
        return None
    service.socket_connect_timeout = service.socket_read_timeout = timeout
    kind = NotifyType.FAILURE if notice.incidents else NotifyType.INFO
    # Where there is no title, Apprise would put it before the text, and make two SMS of one.
    return service.notify(
        body=body,
        title=title if service.title_maxlen > 0 else "",
        notify_type=NotifyType.SUCCESS if notice.resolved else kind,
        body_format=NotifyFormat.TEXT,
    )
