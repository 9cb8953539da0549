"""What the status server says: a file as it is, or a file with what its age makes of it."""

from __future__ import annotations

import json
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from fixtures import clock
from reporters import endpoints

Answer = tuple[HTTPStatus, dict[str, str], bytes]

SECURITY: dict[str, str] = {
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none';"
    " object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""On every answer. A page says itself which style and script it allows, by hash: its rules hold as well."""


def plain(status: HTTPStatus, **headers: str) -> Answer:
    """A status in words."""
    return status, _headers("text/plain; charset=utf-8", "no-store", **headers), f"{status.phrase}\n".encode()


def file(path: Path, kind: str, asked: str, *, private: bool) -> Answer:
    """A file, or that the asker's copy of it is the present one; what is private is kept by nobody."""
    try:
        body = path.read_bytes()
        made = path.stat()
    except OSError:
        return plain(HTTPStatus.SERVICE_UNAVAILABLE if path.suffix != ".svg" else HTTPStatus.NOT_FOUND)
    if private:
        return HTTPStatus.OK, _headers(kind, "no-store", Vary="Authorization"), body
    tag = f'"{made.st_mtime_ns:x}-{made.st_size:x}"'
    headers = _headers(kind, "no-cache", ETag=tag)
    known = [one.strip().removeprefix("W/") for one in asked.split(",")]
    return (HTTPStatus.NOT_MODIFIED, headers, b"") if tag in known else (HTTPStatus.OK, headers, body)


def judged(public: Path, name: str, *, health: bool) -> Answer:
    """A JSON answer with its age: 503 when it is missing or old, and of `/health` when it is unhealthy.

    An old one has the status "stale", whatever it was; a missing one has "missing".
    """
    try:
        told = json.loads((public / name).read_bytes())
        body = told if health else told["message"]
        then = datetime.fromisoformat(body["timestamp"]).timestamp()
    except (OSError, ValueError, KeyError, TypeError):
        missing = {"status": "missing"}
        return _json(HTTPStatus.SERVICE_UNAVAILABLE, missing if health else {"message": missing})
    now = clock.now()
    body["document_age_seconds"] = max(0, round(now - then))
    status = HTTPStatus.OK
    if not endpoints.is_fresh(public, now):
        body["status"] = "stale"
        status = HTTPStatus.SERVICE_UNAVAILABLE
    elif health and body["status"] == "unhealthy":
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _json(status, told)


def _json(status: HTTPStatus, told: object) -> Answer:
    return status, _headers("application/json", "no-store"), json.dumps(told, indent=1).encode() + b"\n"


def _headers(kind: str, cache: str, **more: str) -> dict[str, str]:
    return {"Content-Type": kind, "Cache-Control": cache} | more
