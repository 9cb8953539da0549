"""What `--self-check` asks of servers: rights, clocks, connections. Nothing is sent and nothing changed."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from fixtures import clock
from fixtures.observe import NotApplicable, Unobservable
from fixtures.probes.clocks import clock_offset
from fixtures.probes.database import connect, told
from fixtures.probes.sql import NEEDED_BESIDES
from fixtures.schema import Pushgateway
from fixtures.settings import secret
from fixtures.site import Site, Timeouts
from fixtures.verifying import context
from reporters.outbound import Undelivered, proxy_of, request
from reporters.service import now_given

SECONDS = 5.0
"""What one probe may take; they run side by side."""

CLOCK_SECONDS = (1.0, 60.0)
"""Differences of clocks that are a warning, and wrong."""

READING = frozenset({"BINLOG MONITOR", "PROCESS", "REPLICA MONITOR", "REPLICATION CLIENT", "SELECT"})
READING |= {"SHOW DATABASES", "SHOW VIEW", "SLAVE MONITOR", "USAGE"}
"""Rights of a database account that change nothing."""


class Found(Struct, frozen=True):
    """What one probe found, and what to do about it."""

    level: Literal["ok", "warning", "wrong"]
    what: str
    said: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.level:<8} {self.what}: {self.said}{'; ' if self.do else ''}{self.do}"


def rights(grants: Iterable[str]) -> set[str]:
    """The kinds of rights that lines of SHOW GRANTS give, in upper case; a role is one of its own.

    Names and column lists are taken out first: they can hold any words.
    """
    found: set[str] = set()
    for line in grants:
        bare = re.sub(r"\([^()]*\)", "", re.sub(r"`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'", "?", line))
        if on := re.match(r"GRANT (.+?) ON .+? TO ", bare):
            found |= {right.strip().upper() for right in on[1].split(",")}
        elif re.match(r"GRANT .+ TO ", bare):
            found.add("what a role may")
        if "WITH GRANT OPTION" in bare:
            found.add("GRANT OPTION")
    return found


def account(site: Site) -> Iterator[Found]:
    """What the database's account may do; its rights are read, never tried."""
    what = f"database account of {site.name}"
    if (database := site.database) is None:
        yield Found("warning", what, "no database is configured", "set database.name, most checks need it")
        return
    try:
        client = connect(_bounded(site), database)
        with client, client.cursor() as cursor:
            cursor.execute("SHOW GRANTS")
            found = rights(str(row[0]) for row in cursor.fetchall())
    except Exception as error:  # noqa: BLE001 (every client error means: it does not answer)
        yield Found("wrong", what, told(error, site), "correct the section database, or start the server")
        return
    user = f"{database.user} at {database.socket or database.host}"
    if more := sorted(found - READING):
        do = "give the suite an account of its own: deploy/grants.sql"
        yield Found("warning", what, f"{user} can do more than read: {', '.join(more)}", do)
    elif "SELECT" not in found:
        yield Found("wrong", what, f"{user} may read nothing", "grant what deploy/grants.sql says")
    elif "PROCESS" not in found:
        do = "grant PROCESS, or the checks of running statements do not apply"
        yield Found("warning", what, f"{user} does not see other accounts' statements", do)
    else:
        yield Found("ok", what, f"{user} can only read")


def clocks(site: Site) -> Iterator[Found]:
    """This host's clock held against the database's and the web server's, and the site's time zone."""
    what, quick = f"clocks of {site.name}", _bounded(site)
    try:
        seen = clock_offset()(quick)
        limits = zip(("warning", "wrong"), CLOCK_SECONDS, strict=True)
        level = [name for name, limit in limits if seen.value > limit] or ["ok"]
        differ = ", ".join(f"{name} {seconds:g} s" for name, seconds in seen.evidence.items())
        do = "" if level[-1] == "ok" else "start a time service (timedatectl) on both hosts"
        yield Found(level[-1], what, f"beside this host's: {differ}", do)  # type: ignore[arg-type]
    except (NotApplicable, Unobservable) as error:
        yield Found("warning", what, str(error), "compare them yourself: `date -u` on each host")
    yield from _zone(quick)


def _zone(site: Site) -> Iterator[Found]:
    what, named = f"time zone of {site.name}", site.time_zone
    try:
        assert site.database is not None
        client = connect(site, site.database)
        with client, client.cursor() as cursor:
            cursor.execute(NEEDED_BESIDES["time_zone"])
            row = cursor.fetchone()
        said = str(row[0]) if row and row[0] else None
    except Exception:  # noqa: BLE001 (the account's line says why)
        yield Found("warning", what, "System Settings cannot be read", "see the database account")
        return
    zone = named or said or clock.FRAPPE_DEFAULT_ZONE
    try:
        now = f"{clock.site_now(zone):%H:%M}"
    except (KeyError, ValueError, OSError):
        yield Found("wrong", what, f"{zone} is not known here", "install tzdata, or correct System Settings")
        return
    if named and said and named != said:
        do = "take time_zone out of the settings"
        yield Found("wrong", what, f"time_zone is {named}, and the site writes in {said}", do)
    elif not said:
        yield Found("warning", what, f"System Settings name none, {zone} is taken", "set it on the site")
    else:
        yield Found("ok", what, f"{zone}, now {now}")


def channel(name: str, settings: Any) -> Iterator[Found]:
    """Whether the server behind a channel takes a connection, with TLS where its address says so."""
    if name == "apprise":
        yield Found("ok", name, "is configured", "its services are reached by --notify-test only")
        return
    try:
        where, host, port, tls = _server(name, settings)
        _reach(host, port, getattr(settings, "tls_ca", None) if tls else None, tls=tls)
    except Undelivered as error:
        yield Found("wrong", name, str(error), f"correct [{name}], or let this host through")
    else:
        do = "" if name == "heartbeat" else "--notify-test sends a message"
        yield Found("ok", name, f"{where} takes a connection", do)


def pushgateway(settings: Pushgateway) -> Iterator[Found]:
    """Whether the gateway says that it is ready."""
    try:
        password = secret(settings.password, settings.password_file, "pushgateway.password")
        reply = request(
            "GET",
            f"{(settings.url or '').rstrip('/')}/-/ready",
            timeout=SECONDS / 2,
            account=(settings.user, password) if settings.user and password else None,
            tls_ca=settings.tls_ca,
        )
    except Undelivered as error:
        yield Found("wrong", "pushgateway", str(error), "start it, or correct pushgateway.url")
        return
    if reply.status == 200:
        yield Found("ok", "pushgateway", "is ready")
    else:
        do = "correct user and password_file" if reply.status in (401, 403) else "correct pushgateway.url"
        yield Found("wrong", "pushgateway", f"answered {reply.status}", do)


def _bounded(site: Site) -> Site:
    """The site, with waits that a probe of this file has time for."""
    short = Timeouts(connect=2, read=2, statement=2, probe=SECONDS)
    return replace(site, timeouts=short)


def _server(name: str, settings: Any) -> tuple[str, str, int, bool]:
    """How a channel's server is called, and its host, port, and whether it begins with TLS."""
    if name == "mail":
        from reporters.smtp import PORTS

        security = settings.security or "starttls"
        host, port = settings.host or "", settings.port or PORTS[security]
        return f"{host}:{port}", host, port, security == "tls"
    url = _url(name, settings)
    parts = urlsplit(url)
    if through := proxy_of(url):
        host, port = through.hostname or "", _port(through)
        return f"the proxy {host}:{port}", host, port, through.scheme == "https"
    host, port = parts.hostname or "", _port(parts)
    return f"{host}:{port}", host, port, parts.scheme == "https"


def _url(name: str, settings: Any) -> str:
    if name == "alertmanager":
        return str(settings.url)
    found = now_given(settings, name, "webhook" if name == "slack" else "url")
    if found is None and name == "slack":
        from reporters.slack import API

        return settings.api_url or API
    return found.reveal() if found else ""


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _reach(host: str, port: int, tls_ca: str | None, *, tls: bool) -> None:
    """Connect and part; Undelivered when that is not possible."""
    try:
        with socket.create_connection((host, port), timeout=SECONDS / 2) as plain:
            if tls:
                with context(tls_ca).wrap_socket(plain, server_hostname=host):
                    pass
    except socket.gaierror:
        raise Undelivered(f"the name {host} does not resolve") from None
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(f"{host}:{port}: its certificate is not valid: {error.verify_message}") from None
    except TimeoutError:
        raise Undelivered(f"{host}:{port} does not answer within {SECONDS / 2:g} s") from None
    except ConnectionRefusedError:
        raise Undelivered(f"{host}:{port}: connection refused") from None
    except OSError as error:
        raise Undelivered(f"{host}:{port}: no connection ({error.strerror or 'it broke'})") from None
