"""The status page and its endpoints by a small server: `python -m reporters.serve --port 8080`.

It shows what a scheduled run left in `public/`, and adds what files cannot say: that they are old or missing.
GET and HEAD only. What is internal needs the token (as a bearer, or as the password a browser asks for), or
an address of the list; a request that came through a proxy has the proxy's address, so it needs the token.
"""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from fixtures import settings as files
from fixtures.schema import Document, SettingsError
from reporters import serve_access, serve_answers, state
from reporters.serve_access import Access

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Route(Struct, frozen=True):
    """What an address shows: a file of `public/` of this type, and whether it is internal."""

    path: str
    type: str
    internal: bool = False


HTML, JSON = "text/html; charset=utf-8", "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
ROUTES = {
    "/health": Route("health.json", JSON),
    "/metrics": Route("metrics.prom", METRICS, internal=True),
    "/history.json": Route("history.json", JSON, internal=True),
    "/status": Route("status/public.html", HTML),
    "/status/internal": Route("status/index.html", HTML, internal=True),
    "/api/method/health_check": Route("api/health_check.json", JSON),
    "/api/method/get_error_metrics": Route("api/get_error_metrics.json", JSON),
}
BADGE = re.compile(r"/badges/[a-z0-9_-]{1,64}\.svg")
SITE = re.compile(r"/(status/sites/[a-z0-9_.-]{1,200}\.html)")
REPORTS = "/reports"
REPORT = re.compile(REPORTS + r"/((?:index|\d{4}-[W\d-]{2,5})\.html)?")


class App:
    """The WSGI application over one `public/` folder."""

    def __init__(self, public: Path, access: Access) -> None:
        self._public, self._access = public, access

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        method = environ["REQUEST_METHOD"]
        status, headers, body = self._answer(method, environ)
        headers |= {"Content-Length": str(len(body))} | serve_answers.SECURITY
        start_response(f"{status.value} {status.phrase}", [*headers.items()])
        return [] if method == "HEAD" else [body]

    def _answer(self, method: str, environ: WSGIEnvironment) -> serve_answers.Answer:
        if method not in ("GET", "HEAD"):
            return serve_answers.plain(HTTPStatus.METHOD_NOT_ALLOWED, Allow="GET, HEAD")
        address = environ.get("PATH_INFO", "")
        if address == REPORTS:  # the pages' links are relative
            return serve_answers.plain(HTTPStatus.MOVED_PERMANENTLY, Location="reports/")
        route = _route(address)
        if route is None:
            return serve_answers.plain(HTTPStatus.NOT_FOUND)
        if route.internal and not self._access.allows(environ):
            if self._access.token is None:
                return serve_answers.plain(HTTPStatus.FORBIDDEN)
            return serve_answers.plain(HTTPStatus.UNAUTHORIZED, **serve_access.CHALLENGE)
        if route.type == JSON and route.path != "history.json":
            return serve_answers.judged(self._public, route.path, health=address.startswith("/health"))
        asked = environ.get("HTTP_IF_NONE_MATCH", "")
        return serve_answers.file(self._public / route.path, route.type, asked, private=route.internal)


def _route(address: str) -> Route | None:
    if BADGE.fullmatch(address):
        return Route(address[1:], "image/svg+xml")
    if site := SITE.fullmatch(address):
        return Route(site[1], HTML, internal=True)
    if report := REPORT.fullmatch(address):
        return Route(f"reports/{report[1] or 'index.html'}", HTML, internal=True)
    return ROUTES.get(address.rstrip("/") or "/")


def access(document: Document) -> Access:
    """Who sees what is internal; SettingsError for a token or an address that is none."""
    given = document.serve
    token = files.secret(given.token, given.token_file, "serve.token")
    if token is not None and len(token.reveal()) < serve_access.SHORTEST:
        raise SettingsError(f"serve.token: must have at least {serve_access.SHORTEST} characters")
    try:
        networks = tuple(ip_network(one) for one in given.allow)
    except ValueError as error:
        raise SettingsError(f"serve.allow: {error}; allowed: like 192.0.2.7 or 10.0.0.0/8") from None
    return Access(token, networks)


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m reporters.serve", description=__doc__.splitlines()[0])
    parser.add_argument("--settings", metavar="FILE", help="as of pytest")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="%(default)s")
    asked = parser.parse_args(arguments)
    try:
        document = files.read(files.find(asked.settings))
        app = App(state.folder(document.state) / "public", access(document))
        ip_address(asked.host)
    except (SettingsError, ValueError) as error:
        print(f"serve: {error}", file=sys.stderr)  # noqa: T201 (a command's own words)
        return 4
    return _run(app, asked.host, asked.port)


def _run(app: Any, host: str, port: int) -> int:
    from waitress.server import create_server

    def end(*_: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    # It warns of each request that waits a moment.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=4,
            ident=None,
            channel_timeout=30,
            connection_limit=200,
            max_request_body_size=1024,
            clear_untrusted_proxy_headers=False,  # they tell that a proxy stands between
            max_request_header_size=16384,
        )
    except OSError as error:
        print(f"serve: {host}:{port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"serving on {host}:{server.effective_port}", flush=True)  # type: ignore[union-attr]  # noqa: T201
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
