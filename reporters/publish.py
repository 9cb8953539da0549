"""What a scheduled run tells, in order, each reporter fenced: one that fails or hangs harms no other.

Adding a reporter is one file with a function of `Told`, and one line in `REPORTERS`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct

from fixtures import clock
from fixtures.schema import Document
from reporters import archive, badge, channels, endpoints, health, metrics, state
from reporters.history import History
from reporters.metrics import FULL, Carried
from reporters.outbound import Undelivered
from reporters.routing import Place
from reporters.run import Run

SECONDS = 30.0
"""What one reporter may take before the run goes on without it; its own timeouts are shorter."""


class Told(Struct, frozen=True):
    """What a reporter is given.

    `run` is this run with what it carried over; `gone` are sites that were checked once and are no more.
    """

    run: Run
    carried: Carried
    gone: tuple[str, ...]
    settings: Document
    public: Path


def _health(told: Told) -> None:
    if told.run.complete and told.run.suite == FULL:
        _show(told, "health.json", json.dumps(health.render(told.run), indent=1).encode())


def _metrics(told: Told) -> None:
    if told.run.complete and told.run.suite == FULL:
        _show(told, "metrics.prom", metrics.render(told.run, told.carried))


def _status_page(told: Told) -> None:
    from reporters import status_page  # jinja2 is heavy

    status_page.report(told)


def _events(told: Told) -> None:
    from reporters import events

    events.report(told)


def _pushgateway(told: Told) -> None:
    if told.settings.pushgateway.url is not None:
        from reporters import pushgateway

        pushgateway.report(told)


REPORTERS: Mapping[str, Callable[[Told], None]] = {
    "archive": archive.report,  # first: the status page then finds its days
    "health.json": _health,
    "metrics.prom": _metrics,
    "status page": _status_page,
    "badges": badge.report,
    "endpoints": endpoints.report,
    "log": _events,
    "pushgateway": _pushgateway,
}


def check(document: Document) -> None:
    """SettingsError for settings of a reporter or a channel that cannot work."""
    channels.check(document)
    if document.heartbeat != type(document.heartbeat)():
        from reporters import heartbeat

        heartbeat.check(document.heartbeat)
    if document.pushgateway.url is not None:
        from reporters import pushgateway

        pushgateway.check(document)


def publish(
    run: Run, history: History, settings: Document, folder: Path, root: Path
) -> Iterator[tuple[str, str]]:
    """Tell people and each reporter of the run; yields lines and their colours.

    The alerts and the messages that follow are on record before anything is sent.
    """
    if not run.whole:
        return
    carried = Carried(history.last_success(), history.last_complete(run.suite), history.reporter_failures())
    whole = whole_run(run, history)
    if run.suite == FULL:
        yield from _messages(whole, history, settings, root)
    told = Told(
        run=whole,
        carried=carried,
        gone=history.gone(run),
        settings=settings,
        public=folder / "public",
    )
    for name, report in REPORTERS.items():
        error = fenced(partial(report, told))
        history.told(name, error)
        if name == "pushgateway" and error is None:
            history.published(run, told.gone)
        if error is not None:
            yield f"{name} FAILED: {error}", "red"


Begun = threading.Thread | None
"""The ping that a run begins, under way."""


def begin(settings: Document, run_id: str) -> Begun:
    """Tell the heartbeat that a run begins, beside the run: it must not wait for that."""
    if settings.heartbeat == type(settings.heartbeat)():
        return None
    from reporters import heartbeat

    def ping() -> None:
        with suppress(Exception):  # whether it arrives at all shows at the end of the run
            heartbeat.start(settings.heartbeat, run_id)

    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    return thread


def end(settings: Document, run: Run, begun: Begun) -> None:
    """Tell the heartbeat how a run ended: well, whatever it found, or that it did not do its work."""
    if begun is None:
        return
    from reporters import heartbeat

    begun.join(SECONDS)  # in order
    counts = ", ".join(f"{count} {status}" for status, count in run.counts().items() if count)
    ping = heartbeat.success if run.complete else heartbeat.fail
    error = fenced(partial(ping, settings.heartbeat, run.id, run.duration, counts))
    if error is not None:
        raise Undelivered(error)


def _messages(run: Run, history: History, settings: Document, root: Path) -> Iterator[tuple[str, str]]:
    from reporters import notify
    from reporters.outbox import Outbox

    outbox, place = Outbox(history.connection), Place(clock.now(), run.id, root)
    notify.record(run, settings, outbox, place)
    for sent in notify.deliver(settings, outbox):
        count = f"{sent.messages} message{'s' if sent.messages > 1 else ''}"
        if sent.error:
            yield f"{sent.channel} FAILED: {sent.error}; {count} kept for the next run", "red"
        else:
            yield f"{sent.channel}: {count} sent", ""
    if error := fenced(partial(notify.refresh, settings, outbox.alerts(), place)):
        yield f"alertmanager FAILED: {error}", "red"


def whole_run(run: Run, history: History) -> Run:
    """The run with the last results of what was not due."""
    have = {(result.site, result.check) for result in run.results}
    return run.with_results(one for one in history.current() if (one.site, one.check) in have)


def fenced(call: Callable[[], object], seconds: float = SECONDS) -> str | None:
    """Call it, for so long at most; an error's words, or None.

    In a thread of its own that is left behind when it hangs: the process ends without it.
    """
    said: list[str | None] = [f"did not end within {seconds:g} s"]

    def work() -> None:
        try:
            call()
            said[0] = None
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must still tell)
            kind = type(error).__name__
            said[0] = str(error) if kind in PLAIN else f"{kind}: {error}"

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0]


PLAIN = ("Undelivered", "Refused")
"""Errors whose words say it all; of any other its kind is told too."""


def _show(told: Told, name: str, content: bytes) -> None:
    state.write(told.public / name, lambda file: file.write(content), mode=0o644, binary=True)
