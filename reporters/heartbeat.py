"""Pings of a service such as healthchecks, which raises the alarm when a run does not come.

The only thing that tells that cron itself has stopped; so it is told of each run that begins and that ends.
A ping that failed waits for nothing: the next run pings again, and the service gives a run some time before
it raises the alarm. The API: https://healthchecks.io/docs/http_api/.
"""

from __future__ import annotations

import uuid
from urllib.parse import SplitResult, urlencode, urlunsplit

from fixtures.schema import Heartbeat
from reporters.outbound import Refused, Undelivered
from reporters.service import check_url, deliver, expect, now_given, parts, plain

TIMEOUT_SECONDS = 5.0
RUNS = uuid.UUID("6f0f7d0c-6d3c-5a4e-9a52-0c1f3f8a2b11")
"""The name space of runs' ids: the service wants UUIDs."""

TEXT = 1_000


def configured(settings: Heartbeat) -> bool:
    """Whether there is a URL."""
    return bool(settings.url or settings.url_file)


def check(settings: Heartbeat) -> None:
    """SettingsError for settings that cannot work."""
    check_url(settings, "heartbeat")


def start(settings: Heartbeat, run_id: str) -> None:
    """A run begins; Undelivered when the service did not take it."""
    _ping(settings, "/start", run_id, "")


def success(settings: Heartbeat, run_id: str, seconds: float, summary: str) -> None:
    """A run ended, whatever it found; Undelivered when the service did not take it."""
    _ping(settings, "", run_id, render(seconds, summary))


def fail(settings: Heartbeat, run_id: str, seconds: float, summary: str) -> None:
    """A run did not do its work; Undelivered when the service did not take it."""
    _ping(settings, "/fail", run_id, render(seconds, summary))


def render(seconds: float, summary: str) -> str:
    """What the service shows of a run."""
    return f"{plain(summary, TEXT)}\n{seconds:.1f} s\n"


def address(url: SplitResult, event: str, run_id: str) -> str:
    """Where an event of a run is told; a query of the URL's own, as `create=1`, stays."""
    own = urlencode({"rid": str(uuid.uuid5(RUNS, run_id))})
    query = f"{url.query}&{own}" if url.query else own
    return urlunsplit((url.scheme, url.netloc, f"{url.path.rstrip('/')}{event}", query, ""))


def _ping(settings: Heartbeat, event: str, run_id: str, body: str) -> None:
    found = now_given(settings, "heartbeat", "url")
    url = parts(found.reveal()) if found else None
    if url is None:
        raise Undelivered("heartbeat: says not where to")
    where, timeout = address(url, event, run_id), settings.timeout or TIMEOUT_SECONDS
    what = "the heartbeat service"
    reply = deliver(what, where, timeout=timeout, body=body.encode(), seconds=timeout)
    expect(reply, what)
    # Of a check that it does not know it says 200, `OK (not found)`.
    if "not found" in reply.text[:200].lower():
        raise Refused(f"{what} does not know this URL")
