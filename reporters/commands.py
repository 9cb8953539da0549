"""pytest options that do one thing and end: a list, silences, a test of the channels; and a preview."""

from __future__ import annotations

import getpass
import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fixtures import clock
from fixtures.schema import DURATION, Document, SettingsError
from fixtures.session import DOCUMENT, TARGET, check_id
from reporters import state
from reporters.history import History, reading
from reporters.listing import listing
from reporters.run import Run

LONGEST_SECONDS = 30 * 86400
"""A silence has an end, and a near one: what is to be quiet for longer is switched off in the settings."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("checks")
    group.addoption("--list-checks", action="store_true", help="list the checks with their limits, and end")
    group.addoption("--explain", metavar="CHECK", help="show a check, its query, limits and past, and end")
    group.addoption(
        "--what-if",
        metavar="LIMITS.toml",
        help="how many alerts these limits would have given in 30 days of history, and end",
    )
    group.addoption("--silence", metavar="PATTERN", help="tell nothing of checks like this, --for a time")
    group.addoption("--for", dest="silence_for", metavar="TIME", help="how long: 30m, 2h, 1d")
    group.addoption("--because", metavar="TEXT", help="why")
    group.addoption("--owner", metavar="NAME", help="who silences (default: the user)")
    group.addoption("--silences", action="store_true", help="list the silences that hold, and end")
    group.addoption("--unsilence", metavar="ID", help="end a silence before its time")
    group.addoption(
        "--notify-preview",
        action="store_true",
        help="show each message of this run as its channel would get it; nothing is sent",
    )
    group.addoption(
        "--report",
        metavar="TIME",
        help="write the report of today, yesterday, 2026-11-05, week, month, 2026-W45 or 2026-11, and end",
    )
    group.addoption("--export", metavar="FILE", help="write results to FILE.csv or FILE.parquet, and end")
    group.addoption("--from", dest="export_from", metavar="DATE", help="with --export: the first day")
    group.addoption("--to", dest="export_to", metavar="DATE", help="with --export: the last day")
    group.addoption("--notify-test", action="store_true", help="send a test message to each channel, and end")
    group.addoption(
        "--self-check", action="store_true", help="prove this installation, send nothing, and end"
    )


def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    option = config.option
    if option.self_check:
        from reporters import selfcheck

        return selfcheck.main(config)
    actions: dict[str, Callable[[pytest.Session, Document], Iterator[str]]] = {
        "list_checks": lambda session, _: listing(session),
        "explain": _explain,
        "what_if": _what_if,
        "silence": lambda _, document: _silence(document, option),
        "silences": lambda _, document: _list(document),
        "unsilence": lambda _, document: _end(document, option.unsilence),
        "notify_test": lambda _, document: _test(document),
        "export": lambda _, document: _export(document, option),
        "report": lambda _, document: _report(document, option.report),
    }
    action = next((one for name, one in actions.items() if getattr(option, name)), None)
    if action is None:
        return None
    from _pytest.main import wrap_session  # as pytest's own --fixtures does

    def main(config: pytest.Config, session: pytest.Session) -> None:
        writer = config.get_terminal_writer()
        try:
            for line in action(session, config.stash[DOCUMENT]):
                writer.line(line)
        except (SettingsError, sqlite3.Error) as error:
            raise pytest.UsageError(str(error)) from None

    return wrap_session(config, main)


def _explain(session: pytest.Session, document: Document) -> Iterator[str]:
    from reporters.explain import explain

    return explain(session, session.config.option.explain, state.folder(document.state) / "history.sqlite")


def _what_if(session: pytest.Session, document: Document) -> Iterator[str]:
    from reporters.what_if import what_if

    session.perform_collect()
    checks = {check_id(item): item.stash[TARGET].check for item in session.items if TARGET in item.stash}
    history = state.folder(document.state) / "history.sqlite"
    return what_if(Path(session.config.option.what_if), checks, document.alerts, history)


def _outbox(document: Document) -> tuple[Any, Any]:
    from reporters.outbox import Outbox

    folder = state.folder(document.state)
    try:
        state.prepare(folder)
        history = History(folder / "history.sqlite")
    except OSError as error:
        raise pytest.UsageError(f"state = {str(folder)!r}: cannot be written ({error.strerror})") from None
    return history, Outbox(history.connection)


def _silence(document: Document, option: Any) -> Iterator[str]:
    from reporters.quiet import Scope, seconds

    if not option.silence_for or not re.fullmatch(DURATION, option.silence_for):
        raise pytest.UsageError(f"--for = {option.silence_for!r}: allowed: like 30m, 2h or 1d")
    if not 0 < seconds(option.silence_for) <= LONGEST_SECONDS:
        raise pytest.UsageError(f"--for = {option.silence_for!r}: allowed: up to 30d; a silence has an end")
    if not (option.because or "").strip():
        raise pytest.UsageError("--because: say why, for those who wonder why nothing was told")
    scope = Scope((option.silence,), sites=(option.site or "*",))
    owner, at = option.owner or getpass.getuser(), clock.now()
    history, outbox = _outbox(document)
    ends = at + seconds(option.silence_for)
    number = outbox.silence(scope, owner, option.because, at, ends)
    history.close()
    yield f"silence {number}: {scope}, until {_local(ends, document)}, {owner}: {option.because}"


def _list(document: Document) -> Iterator[str]:
    from reporters import quiet

    history, outbox = _outbox(document)
    at = clock.now()
    found = [*outbox.silences(at), *quiet.configured(document.alerts, at)]
    history.close()
    for one in found:
        yield f"{one.id}: {one.scope}, until {_local(one.ends, document)}, {one.owner}: {one.because}"
    if not found:
        yield "no silence holds"


def _end(document: Document, number: str) -> Iterator[str]:
    history, outbox = _outbox(document)
    ended = outbox.end_silence(number, clock.now())
    history.close()
    if not ended:
        raise pytest.UsageError(f"--unsilence = {number!r}: no such silence holds; --silences lists them")
    yield f"silence {number} ended"


def _export(document: Document, option: Any) -> Iterator[str]:
    from reporters import export

    return export.command(document, Path(option.export), option.export_from, option.export_to)


def _report(document: Document, asked: str) -> Iterator[str]:
    from reporters.daily import when

    return when.command(document, asked)


def _test(document: Document) -> Iterator[str]:
    from reporters import channels, notify
    from reporters.routing import Place

    at = clock.now()
    configured = channels.configured(document)
    for name, (module, settings) in configured.items():
        place = Place(at, f"test-{at:.0f}", Path())
        receipt, error, _ = notify.sent(module, settings, notify.notice(document, place, "test", name), {})
        yield (
            f"{name}: {error}"
            if receipt is None
            else f"{name}: delivered {receipt.id} {receipt.detail}".rstrip()
        )
    if not configured:
        yield "no channel is configured; see checks.example.toml"


def preview(run: Run, document: Document, root: Path) -> Iterator[str]:
    """Each message of this run as its channel would get it, as if every failure were due to be told now."""
    from reporters import channels, notify
    from reporters.outbox import Outbox
    from reporters.publish import whole_run
    from reporters.routing import Place

    at_once = replace(document.alerts, after=1, after_critical=1, after_unknown=1)
    document = replace(document, alerts=at_once)
    kept = state.folder(document.state) / "history.sqlite"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "history.sqlite"
        if kept.exists():
            with reading(kept, 5) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        with closing(History(copy)) as history:
            history.add(run)
            outbox = Outbox(history.connection)
            place = Place(clock.now(), run.id, root)
            notify.record(whole_run(run, history), document, outbox, place)
            for name, (module, _) in channels.configured(document).items():
                for one in outbox.waiting(name, place.at):
                    shown = module.render(one.notice)
                    yield f"--- {name}"
                    yield from (shown if isinstance(shown, str) else _json(shown)).splitlines()


def _json(shown: object) -> str:
    return json.dumps(shown, indent=1, ensure_ascii=False, default=str)


def _local(at: float, document: Document) -> str:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(document.alerts.time_zone)
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
