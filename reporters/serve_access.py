"""Who may see what is internal on the status server."""

from __future__ import annotations

import base64
import binascii
import hmac
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from msgspec import Struct

from fixtures.schema import Secret

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

SHORTEST = 16
"""Characters of a token: it can be guessed at from outside."""

CHALLENGE = {"WWW-Authenticate": 'Basic realm="status", charset="UTF-8"'}
PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class Access(Struct, frozen=True):
    """A token and networks; with neither, what is internal is closed."""

    token: Secret | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def allows(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may see it."""
        return self._by_token(environ.get("HTTP_AUTHORIZATION", "")) or self._by_address(environ)

    def _by_token(self, header: str) -> bool:
        if self.token is None:
            return False
        scheme, _, given = header.partition(" ")
        kind = scheme.lower()
        if kind == "basic":
            try:
                _, _, given = base64.b64decode(given, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
        elif kind != "bearer":
            return False
        sent = given.strip().encode("utf-8", "surrogateescape")
        return hmac.compare_digest(sent, self.token.reveal().encode())

    def _by_address(self, environ: WSGIEnvironment) -> bool:
        if any(name in environ for name in PROXIED):
            return False
        try:
            address = ip_address(environ.get("REMOTE_ADDR", "").partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)
