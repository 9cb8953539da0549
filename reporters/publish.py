"""What a scheduled run tells, in order, each reporter fenced: one that fails or hangs harms no other.

Adding a reporter is one file with a function `report` of `Told`, and one line in `REPORTERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from functools import partial
from importlib import import_module
from pathlib import Path

from msgspec import Struct

from fixtures import bounded, clock
from fixtures.judging import CONFIG
from fixtures.schema import Document, Heartbeat
from reporters import channels, state
from reporters.fence import fenced
from reporters.history import History
from reporters.metrics import Carried
from reporters.outbound import Undelivered
from reporters.run import FULL, Run

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


REPORTERS: Mapping[str, str] = {
    "archive": "reporters.archive",  # first: the status page then finds its days
    "health.json": "reporters.health",
    "metrics.prom": "reporters.metrics",
    "status page": "reporters.status_page",
    "badges": "reporters.badge",
    "endpoints": "reporters.endpoints",
    "log": "reporters.events",
    "pushgateway": "reporters.pushgateway",
    "report": "reporters.daily.when",
}
"""Name -> module with a `report(told)`, imported when it is told: start-up is paid by every run."""


def check(document: Document) -> None:
    """SettingsError for settings of a reporter or a channel that cannot work."""
    channels.check(document)
    if document.state:
        state.folder(document.state)
    if document.heartbeat.said:
        from reporters import heartbeat

        heartbeat.check(document.heartbeat)
    if document.pushgateway.url is not None:
        from reporters import pushgateway

        pushgateway.check(document)
    if document.report.said:
        from reporters.daily import when

        when.check(document)


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
    for name, module in REPORTERS.items():
        error = fenced(lambda module=module: import_module(module).report(told), SECONDS)  # type: ignore[misc]
        history.told(name, error)
        if name == "pushgateway" and error is None:
            history.published(run, told.gone)
        if error is not None:
            yield f"{name} FAILED: {error}", "red"


Begun = Future[None] | None
"""The ping that a run begins, under way."""


def begin(settings: Document, run_id: str) -> Begun:
    """Tell the heartbeat that a run begins, beside the run: it must not wait for that."""
    if not settings.heartbeat.said:
        return None
    from reporters import heartbeat

    return bounded.begin(partial(heartbeat.start, settings.heartbeat, run_id))


def end(settings: Document, run: Run, begun: Begun, *, recorded: bool) -> None:
    """Tell the heartbeat how a run ended: well, whatever it found, or that it did not do its work.

    A run that is not `recorded` told nobody either, and nothing but this ping can say so. One that could not
    read a site's config did not look at that site.
    """
    if begun is None:
        return
    from reporters import heartbeat

    wait([begun], SECONDS)  # in order; whether pings arrive at all shows at the end
    counts = ", ".join(f"{count} {status}" for status, count in run.counts().items() if count)
    counts = counts if recorded else f"the history cannot be written, so nobody was told; {counts}"
    if blind := {one.site for one in run.results if one.check == CONFIG and one.status == "failing"}:
        counts = f"the config of {len(blind)} site{'s' if len(blind) > 1 else ''} cannot be used; {counts}"
    ping = heartbeat.success if run.complete and recorded and not blind else heartbeat.fail
    error = fenced(partial(ping, settings.heartbeat, run.id, run.duration, counts), SECONDS)
    if error is not None:
        raise Undelivered(error)


def failed(settings: Heartbeat, run_id: str) -> str | None:
    """Tell the heartbeat that no run came of the settings; why that did not work, where it did not.

    What is wrong with them is not sent along: it may quote them.
    """
    if not settings.said:
        return None
    from reporters import heartbeat

    why = "the settings are wrong or cannot be read: nothing was checked"
    return fenced(partial(heartbeat.fail, settings, run_id, 0.0, why), SECONDS)


def _messages(run: Run, history: History, settings: Document, root: Path) -> Iterator[tuple[str, str]]:
    from reporters import notify
    from reporters.outbox import Outbox
    from reporters.routing import Place

    outbox, place = Outbox(history.connection), Place(clock.now(), run.id, root)
    notify.record(run, settings, outbox, place)
    for sent in notify.deliver(settings, outbox):
        count = f"{sent.messages} message{'s' if sent.messages > 1 else ''}"
        if sent.error:
            yield f"{sent.channel} FAILED: {sent.error}; {count} kept for the next run", "red"
        else:
            yield f"{sent.channel}: {count} sent", ""
    if error := fenced(partial(notify.refresh, settings, outbox.alerts(), place), SECONDS):
        yield f"alertmanager FAILED: {error}", "red"


def whole_run(run: Run, history: History) -> Run:
    """The run with the last results of what was not due."""
    return run.with_results(history.current(run.left_out()))
