"""One request to a service outside: bounded in time and size, and an error that holds no secret."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from fixtures import clock
from fixtures.schema import Secret
from reporters.fence import Undelivered as Undelivered  # noqa: PLC0414 (where others look for it)
from reporters.fence import within

if TYPE_CHECKING:
    from requests import PreparedRequest

MAX_BYTES = 64_000
"""More than any of these services answers; the rest is not read."""


class Refused(Undelivered):
    """The service answered, and not that all is well."""


class Later(Refused):
    """The service cannot take it now; `retry_after` are the seconds that it asks for, where it does."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


SLOWLY = 1.0
"""Seconds beyond a request's own bounds, which a slow name server or head of an answer does not know."""


class Reply(Struct, frozen=True):
    """What the service answered; headers' names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


def request(  # noqa: PLR0913 (a request is a list of facts)
    method: str,
    url: str,
    *,
    timeout: float,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    account: tuple[str, Secret] | None = None,
    tls_ca: str | None = None,
) -> Reply:
    """Ask, and wait `timeout` seconds at most for connecting, and as long again for all of the answer.

    The environment's proxies are used, as a host behind one needs, but not for this host; its netrc is not.

    Raises:
        Undelivered: no whole answer came. An answer of any status is a Reply.
    """
    named = {"User-Agent": "verenigingen-checks", **(headers or {})}
    return within(
        2 * timeout + SLOWLY, lambda: _asked(method, url, timeout, body, named, account, tls_ca or True)
    )


def proxy_of(url: str) -> SplitResult | None:
    """The proxy by which an address is asked, by the environment; this host is asked by none."""
    # The package first: a part of it, while another thread imports it, is half made.
    from requests import utils

    if _is_here(urlsplit(url).hostname or ""):
        return None
    found = utils.select_proxy(url, utils.get_environ_proxies(url))
    return urlsplit(found if "//" in found else f"http://{found}") if found else None


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return host.endswith(".localhost")


def _by(url: str) -> str:
    """Which proxy was asked, without its account."""
    if (proxy := proxy_of(url)) is None:
        return ""
    return f", by the proxy {proxy.hostname}{f':{proxy.port}' if proxy.port else ''}"


def _asked(  # noqa: PLR0913, PLR0917 (as above)
    method: str,
    url: str,
    timeout: float,
    body: bytes,
    headers: Mapping[str, str],
    account: tuple[str, Secret] | None,
    verify: str | bool,
) -> Reply:
    import requests
    from urllib3.exceptions import HTTPError

    from fixtures.probes.timed import Unresolved, reason_of, verified_alike

    # urllib3 writes each request's path to its log, and a path can be a secret.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    host = urlsplit(url).hostname
    until = clock.monotonic() + 2 * timeout
    try:
        with requests.Session() as client:
            client.auth = _Account(account)
            verified_alike(client)
            with client.request(
                method,
                url,
                data=body,
                headers=headers,
                proxies={"http": "", "https": ""} if host and _is_here(host) else None,
                timeout=(timeout, timeout),
                verify=verify,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = bytearray()
                while len(content) < MAX_BYTES and (part := answer.raw.read1(8192, decode_content=True)):
                    content += part
                    if clock.monotonic() > until:
                        raise Undelivered("the answer did not end in time")
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status_code, names, content.decode("utf-8", "replace"))
    except requests.exceptions.RequestException as error:
        try:
            raise Undelivered(reason_of(error, host, timeout, timeout) + _by(url)) from None
        except Unresolved as unresolved:
            raise Undelivered(str(unresolved) + _by(url)) from None
    except (HTTPError, TimeoutError):
        raise Undelivered("the connection broke before the answer was complete") from None
    except OSError as error:
        raise Undelivered(f"tls_ca is no certificate file ({error.strerror or 'PEM error'})") from None


def expect(reply: Reply, what: str) -> Reply:
    """The reply, where it says that all is well; Refused with the first of its words otherwise."""
    if 200 <= reply.status < 300:
        return reply
    words = " ".join(reply.text.split())[:200]
    raise Refused(f"{what} answered {reply.status}{f': {words}' if words else ''}")


class _Account:
    """Basic auth in UTF-8, or none; either keeps requests from looking into the user's netrc."""

    def __init__(self, account: tuple[str, Secret] | None) -> None:
        self._account = account

    def __call__(self, prepared: PreparedRequest) -> PreparedRequest:
        if self._account:
            words = f"{self._account[0]}:{self._account[1].reveal()}".encode()
            prepared.headers["Authorization"] = f"Basic {b64encode(words).decode()}"
        return prepared
