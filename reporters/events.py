"""Log events: results and alert changes as lines of JSON in Elastic's Common Schema (ECS).

They go into `log/events.ndjson` below the state folder, which Filebeat, Vector or any other shipper follows
(`deploy/filebeat.yml`, `deploy/vector.toml`). A line is written whole, by one write; control characters and
all that is not ASCII are escaped by JSON. Evidence is left out: it may quote what a site answered.
"""

from __future__ import annotations

import io
import logging
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs_logging import StdlibFormatter

from fixtures import known
from fixtures.known import Left
from fixtures.schema import Log
from reporters import words
from reporters.alerts import Alert, rank
from reporters.history import reading
from reporters.outbox import Outbox

if TYPE_CHECKING:
    from reporters.publish import Told
    from reporters.run import Result, Run

FILE = "events.ndjson"
SERVICE = "verenigingen-checks"
LONGEST = 1000
"""Characters of a message."""

OUTCOMES: Mapping[str, str] = {"ok": "success", "failing": "failure", "unknown": "unknown"}

CATEGORIES: Mapping[str, str] = {
    "database": "database",
    "redis": "database",
    "web": "web",
    "mail": "email",
    "deployment": "package",
    "scheduler": "process",
    "jobs": "process",
    "security": "configuration",
    "tls": "network",
    "integrations": "api",
}
"""ECS has a closed list of categories: a group of checks -> the nearest. Any other is about its host."""

CHANGES: Mapping[str, str] = {"pending": "info", "firing": "start", "resolved": "end"}
LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)

LEFT_OUT = ("log.origin", "log.original", "process", "error")

FORMAT = StdlibFormatter(exclude_fields=LEFT_OUT)

PERSONAL = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.-]+|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"
)
"""Mail addresses and IBANs, which an error of a server may quote."""


def report(told: Told) -> None:
    """Append the events of a run to the log."""
    log = told.settings.log
    path = told.public.parent / "log" / FILE
    found = of(told)
    handler = Lines(path, maxBytes=log.megabytes * 1_000_000, backupCount=log.files, encoding="utf-8")
    with closing(handler):
        for line in found:
            handler.emit(logging.makeLogRecord({"msg": line}))


def of(told: Told) -> list[str]:
    """The lines that tell of a run, for the log and for `--log-json`."""
    history = told.public.parent / "history.sqlite"
    left = known.of(told.settings, told.run.results)
    return [*lines(told.run, changed(history, told.run), told.settings.log, left)]


class Lines(RotatingFileHandler):
    """A rotating file of whole lines, private, that fails aloud."""

    def _open(self) -> io.TextIOWrapper:
        """Without a buffer, so that each line is one write; a line that a full disk cut off is ended."""
        handle = os.open(self.baseFilename, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        raw = io.FileIO(handle, "a+")
        size = raw.seek(0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            raw.write(b"\n")
        # A raw file serves as the buffer: the text layer asks for nothing that it has not.
        return io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 (logging's name)
        """The run tells that a reporter failed."""
        raise  # noqa: PLE0704 (called while an error is handled)


def lines(run: Run, alerts: list[Alert], log: Log, left: Iterable[Left] = ()) -> Iterator[str]:
    """Each event as one line: results that this run observed, alerts that changed, and the run itself."""
    for result in run.results:
        if result.status == "skipped" or 0 < result.observed_at < run.started:
            continue  # not due: what was carried over has been logged when it was observed
        if log.results == "all" or result.status != "ok":
            yield _result(result, run)
    for alert in alerts:
        yield _alert(alert, run)
    yield _run(run, left)


def changed(history: Path, run: Run) -> list[Alert]:
    """The alerts that began, fired or ended with this run; the history is only read."""
    with reading(history, 2) as connection:
        alerts = Outbox(connection).alerts().values()
    sites = set(run.sites())
    found = [one for one in alerts if _moment(one) >= run.started and one.result.site in sites]
    return sorted(found, key=lambda one: (_moment(one), one.key))


def _moment(alert: Alert) -> float:
    """When it last changed its state."""
    return alert.ended or (alert.fired if alert.firing else alert.since)


def _result(result: Result, run: Run) -> str:
    what = f"{result.check} on {result.site} is {result.status}"
    numbers = {"value": result.value, "limit": result.limit}
    fields: dict[str, Any] = {
        "event.kind": "state",
        "event.type": ["info" if result.status == "ok" else "error"],
        "event.dataset": "verenigingen.result",
        "event.duration": _nanoseconds(result.duration),
        "verenigingen.unit": result.unit or None,
    }
    for name, number in numbers.items():
        fields[f"verenigingen.{name}"] = number if number is not None and math.isfinite(number) else None
    said = f"{what}: {result.reason}" if result.reason else what
    return _line(result.observed_at or run.started, said, fields | _about(result, run))


def _alert(alert: Alert, run: Run) -> str:
    result = alert.result
    fields: dict[str, Any] = {
        "event.kind": "alert",
        "event.type": [CHANGES[alert.state]],
        "event.dataset": "verenigingen.alert",
        "event.action": f"alert-{alert.state}",
        "event.id": alert.id,
        "event.start": _iso(alert.since),
    }
    if alert.ended is not None:
        fields["event.end"] = _iso(alert.ended)
        fields["event.duration"] = _nanoseconds(alert.ended - alert.since)
    said = f"{alert.state}: {result.check} on {result.site}"
    said = f"{said}, {result.reason}" if result.reason and alert.ended is None else said
    if result.events and alert.ended is not None:
        said = f"{said}, not seen any more (it counts {result.events})"
    about = _about(result, run)
    if alert.ended is not None:
        about |= {"event.outcome": "success", "level": logging.INFO}
    return _line(_moment(alert), said, fields | about)


def _run(run: Run, left: Iterable[Left]) -> str:
    counts = {status: count for status, count in run.counts().items() if count}
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    fields = {
        "event.kind": "event",
        "event.category": ["process"],
        "event.type": ["end"],
        "event.dataset": "verenigingen.run",
        "event.action": "run",
        "event.id": run.id,
        "event.outcome": "success" if run.complete else "failure",
        "event.severity": 1 if run.complete else 3,
        "event.duration": _nanoseconds(run.duration),
        "verenigingen.known": [_said(words.known(one)) for one in left] or None,
        "labels.run": run.id,
        "labels.suite": run.suite,
        "level": logging.INFO if run.complete else logging.ERROR,
        **{f"verenigingen.checks.{status}": count for status, count in counts.items()},
    }
    whole = "complete" if run.complete else "not complete"
    return _line(run.started + run.duration, f"{run.suite} run, {whole}: {told}", fields)


def _about(result: Result, run: Run) -> dict[str, Any]:
    """What result and alert have in common; `event.severity` is 1 for info to 4 for critical."""
    severity = rank(result.severity)
    return {
        "event.category": [CATEGORIES.get(result.group, "host")],
        "event.outcome": OUTCOMES[result.status],
        "event.severity": severity + 1,
        "rule.id": result.check,
        "rule.name": result.summary or result.check,
        "rule.ruleset": result.group or None,
        "rule.reference": result.runbook or None,
        "labels.site": result.site,
        "labels.severity": result.severity,
        "labels.status": "blocked" if result.blocked else result.status,
        "labels.root": result.root,
        "labels.run": run.id,
        "level": logging.INFO if result.status == "ok" else LEVELS[severity],
    }


def _line(at: float, said: str, fields: dict[str, Any]) -> str:
    level = fields.pop("level")
    own = {
        "name": SERVICE,
        "msg": _said(said),
        "levelno": level,
        "levelname": logging.getLevelName(level),
        "created": at,
        "msecs": int(at % 1 * 1000),
        "service.name": SERVICE,
    }
    return FORMAT.format(logging.makeLogRecord(own | fields))


def _said(text: str) -> str:
    return PERSONAL.sub("(left out)", text)[:LONGEST]


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
