"""The pytest plugin that records a run and tells of it: terminal always, state folder when it publishes."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from functools import partial
from math import ceil
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from fixtures import clock, holding, known, shard
from fixtures.schema import Document, Log, SettingsError
from fixtures.session import (
    DOCUMENT,
    FILE,
    OBSERVER,
    SITES,
    TARGET,
    check_id,
    check_ids,
    collects_checks,
    looks_only,
)
from reporters import baseline, github, state, terminal, words
from reporters import publish as publishing
from reporters.history import History, Since, is_damage, put_aside
from reporters.run import FULL, NOT_DUE, Run, from_document, stamp

if TYPE_CHECKING:
    from reporters.fleet_run import FleetSession

KEPT_RUNS = 500
"""JSON records that stay in runs/: about two days of a run every five minutes."""

LAST_SECONDS = 180.0
"""After the deadline of observing: when the system kills a scheduled run that has not ended."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("checks")
    group.addoption(
        "--publish",
        action="store_true",
        help="a scheduled run: record it and tell of it ($CHECKS_PUBLISH=1)",
    )
    group.addoption(
        "--all-due",
        action="store_true",
        help="a scheduled run observes hourly and daily checks too, whenever it comes",
    )
    group.addoption(
        "--suite",
        metavar="NAME",
        help="publish a selection under a name of its own (smoke after a deployment, say); without it"
        " a selection is recorded and not published",
    )
    group.addoption(
        "--baseline",
        nargs="?",
        const="strict",
        choices=("strict", "new"),
        help="tell what is broken since the last scheduled run from what failed before it;"
        " `new`: only what is newly broken counts for the exit status",
    )
    group.addoption("--log-json", action="store_true", help="write each result as a JSON line (ECS) as well")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """A scheduled run that ends before it begins says so to the heartbeat: nothing else would."""
    try:
        return (yield)
    except pytest.UsageError:
        scheduled = config.option.publish or os.environ.get("CHECKS_PUBLISH", "0") not in ("", "0")
        if scheduled and collects_checks(config) and not looks_only(config) and shard.file() is None:
            from fixtures import salvage

            said = salvage.heartbeat(config.getoption("settings"))
            if error := publishing.failed(said, os.urandom(8).hex()):
                sys.stderr.write(f"heartbeat FAILED: {terminal.printable(error)}\n")
        raise


def pytest_configure(config: pytest.Config) -> None:
    if DOCUMENT not in config.stash:
        return
    if config.option.reportchars == "fE":  # pytest's default: our own table says it all
        config.option.reportchars = ""
    asked = os.environ.get("CHECKS_PUBLISH", "0")
    if asked not in ("", "0", "1"):
        raise pytest.UsageError(f"environment: CHECKS_PUBLISH = {asked!r}: allowed: 0, 1")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", suite := config.option.suite or FULL):
        raise pytest.UsageError(f"--suite = {suite!r}: allowed: a word of a-z, 0-9 and _")
    try:
        publishing.check(config.stash[DOCUMENT])
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(
        Recorder(config, publish=config.option.publish or asked == "1"), "checks-recorder"
    )


def _on(count: int) -> str:
    return f" on {count} sites" if count > 1 else ""


def _ended() -> None:
    signal.alarm(0)


class Recorder:
    """One session's record: who asked for it, what was judged, and where it goes."""

    def __init__(self, config: pytest.Config, *, publish: bool) -> None:
        self._config = config
        self._publish = publish and not looks_only(config)
        self._started = clock.now()
        self._id = f"{datetime.fromtimestamp(self._started, UTC):%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"
        self._state = self._folder(config.stash[DOCUMENT])
        remembered = partial(History.past_of, self._state / "history.sqlite")
        config.stash[SITES] = tuple(
            replace(site, past=partial(remembered, site.name)) for site in config.stash[SITES]
        )
        self._lock: IO[str] | None = None
        self._begun: publishing.Begun = None
        self._run: Run | None = None
        self._since: dict[Since, float] = {}
        self._lines: list[tuple[str, str]] = []
        self._asked_file: str | None = config.option.json_report_file
        config.option.json_report_file = None  # written here, whole or not at all
        self._fleet: FleetSession | None = None
        if config.option.fleet:
            from reporters.fleet_run import FleetSession

            self._fleet = FleetSession(config, config.stash[DOCUMENT], self._id, self._not_due)
            config.pluginmanager.register(self._fleet, "checks-fleet")
        self._session: pytest.Session | None = None

    def _folder(self, document: Document) -> Path:
        """The state folder; where there is none, a run that publishes nothing does without."""
        try:
            return state.folder(document.state)
        except SettingsError as error:
            if self._publish:
                raise pytest.UsageError(str(error)) from None
            return Path(os.devnull) / "state"  # where no file can be

    def pytest_report_header(self) -> str:
        return f"scheduled run, state: {self._state}" if self._publish else "nothing is published"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        if not self._publish:
            return
        try:
            state.prepare(self._state)
            self._lock = state.lock(self._state)
            state.sweep(self._state)
        except state.Busy as reason:
            pytest.exit(str(reason), returncode=0)
        except OSError as error:
            raise pytest.UsageError(
                f"state = {str(self._state)!r}: cannot be written ({error.strerror})"
            ) from None
        # Should the process itself hang, in spite of all bounds: nobody could run after it.
        deadline = (
            self._config.stash[DOCUMENT].fleet.deadline
            if self._fleet
            else self._config.stash[OBSERVER].deadline
        )
        signal.alarm(ceil(deadline + LAST_SECONDS))
        self._config.add_cleanup(_ended)
        self._begun = publishing.begin(self._config.stash[DOCUMENT], self._id)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what is not due; on more than one check, the table at the end replaces tracebacks."""
        not_due = self._not_due()
        for item in items if not_due else ():
            target = item.stash.get(TARGET, None)
            key = (target.site.name if target and target.site else "", check_id(item))
            if (at := not_due.get(key)) is not None:
                age = (self._started - at) / 60
                item.add_marker(pytest.mark.skip(reason=f"{NOT_DUE}: observed {age:.0f} min ago"))
        if config.option.tbstyle == "auto" and len({check_id(item) for item in items}) > 1:
            config.option.tbstyle = "no"

    def _not_due(self) -> dict[tuple[str, str], float]:
        """What is left out of this run, by the history of a scheduled one or by what a fleet says."""
        if (part := shard.given()) is not None:
            return {(site, name): at for site, names in part.not_due.items() for name, at in names.items()}
        if self._lock is None or self._config.option.all_due:
            return {}
        return self._told("history", lambda: self._history(lambda file: file.not_due(self._started))) or {}

    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        items = self._session.items if self._session is not None else []
        named = self._config.option.suite
        selected, whole, judged = len(items), bool(items) and (named is not None or self._whole(items)), None
        if self._fleet is not None:
            found = self._fleet.found
            selected, judged = found.selected, len(found.results)
            whole = bool(judged) and not found.missing and (named is not None or found.whole)
        facts = {
            "id": self._id,
            "started": self._started,
            "selected": selected,
            "whole": whole,
            "suite": named or FULL,
        }
        stamp(json_report, facts, judged)

    def _whole(self, items: list[pytest.Item]) -> bool:
        """Whether each of the configured sites has all its checks in this run."""
        sites = self._config.stash[SITES]
        targets = [(check_id(item), item.stash.get(TARGET, None)) for item in items]
        have = {(target.site.name, id_) for id_, target in targets if target and target.site}
        plain = {id_ for id_, target in targets if target is None}
        wanted = {
            (site.name, id_)
            for site in sites
            for id_ in check_ids(self._config.rootpath / "checks")
            if id_ not in plain and not ((override := site.checks.get(id_)) and not override.enabled)
        }
        return not self._config.option.site and wanted <= have

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        report = getattr(self._config, "_json_report", None)
        document = getattr(report, "report", None)
        if document is None or looks_only(self._config) or (self._publish and self._lock is None):
            return
        self._run = run = from_document(document)
        if self._fleet is not None:
            self._run = run = replace(run, results=tuple(self._fleet.found.results))
        if self._config.option.baseline:
            self._told("baseline", lambda: self._compare(session, run))
        if self._asked_file:
            target = Path(self._asked_file)
            self._told(
                "--json-report-file",
                lambda: state.write(target, lambda file: file.write(json.dumps(document)), mode=0o644),
            )
        if (path := shard.file()) is not None:
            from reporters.packed import answer_of, packed

            answer_of(path).write_bytes(packed(run))
            return
        if self._lock is None:
            self._since = self._past()
            if self._config.option.notify_preview:
                self._told("preview", lambda: self._preview(run))
            return
        self._told("record", lambda: self._save(document))
        recorded = self._told("history", lambda: self._history(lambda file: self._remember(file, run)))
        settings = self._config.stash[DOCUMENT]
        self._told(
            "heartbeat", lambda: publishing.end(settings, run, self._begun, recorded=recorded is not None)
        )
        self._lock.close()

    def _compare(self, session: pytest.Session, run: Run) -> None:
        """Before this run joins the history."""
        found = baseline.compare(run, baseline.last(self._state / "history.sqlite"))
        self._lines += baseline.lines(found)
        if self._config.option.baseline == "new" and session.exitstatus == 1 and not found.broken:
            session.exitstatus = pytest.ExitCode.OK

    def _preview(self, run: Run) -> None:
        from reporters.commands import preview

        shown = [*preview(run, self._config.stash[DOCUMENT], self._config.rootpath)]
        self._lines += [(line, "") for line in shown or ["no message: nothing is due on any channel"]]

    def _save(self, document: dict[str, Any]) -> None:
        runs = self._state / "runs"
        text = json.dumps(document, separators=(",", ":"))  # json.dump encodes in Python, eight times as slow
        state.write(runs / f"{self._id}.json", lambda file: file.write(text))
        for old in sorted(runs.glob("*.json"))[:-KEPT_RUNS]:
            old.unlink()

    def _remember(self, history: History, run: Run) -> Run:
        """Record the run and tell of it; gives it, where what was fenced and failed gives None."""
        history.add(run)
        self._since = history.since()
        if not run.complete:
            part = "a part of all checks" if not run.whole else "cut short"
            self._lines.append((f"this run was {part}: status and metrics stay as they were", "yellow"))
        absent, back = history.absences(run)
        for (check, reason), count in Counter((one.check, one.reason) for one in absent).items():
            self._lines.append((f"does not apply{_on(count)}: {check} ({reason})", ""))
        for check, count in Counter(back).items():
            self._lines.append((f"applies again{_on(count)}: {check}", ""))
        settings, root = self._config.stash[DOCUMENT], self._config.rootpath
        self._lines += publishing.publish(run, history, settings, self._state, root)
        return run

    def _history(self, use: Callable[[History], Any]) -> Any:
        """Use the history; one that is damaged is put aside, and a new one is begun."""
        path = self._state / "history.sqlite"
        try:
            return self._used(path, use)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._lines.append(
                (f"history.sqlite was damaged: kept as {put_aside(path).name}, a new one begun", "red")
            )
            return self._used(path, use)

    @staticmethod
    def _used(path: Path, use: Callable[[History], Any]) -> Any:
        history = History(path)
        try:
            return use(history)
        finally:
            history.close()

    def _known(self, run: Run) -> list[tuple[str, str]]:
        """What checks leave out: the settings' own always, what is built in when more is asked for."""
        units = {one.check: one.unit for one in run.results}
        shown = (
            one
            for one in known.of(self._config.stash[DOCUMENT], run.results)
            if one.own or self._config.option.verbose > 0
        )
        return [
            (line, "yellow" if one.ended else "")
            for one in shown
            for line in terminal.folded(f"known: {words.known(one, unit=units[one.entry.check] or 'items')}")
        ]

    def _past(self) -> dict[Since, float]:
        """Since when, for a run that touches nothing: only read, and only where it can be."""
        try:
            return History.since_of(self._state / "history.sqlite")
        except (OSError, sqlite3.Error):
            return {}

    def _told(self, name: str, tell: Callable[[], Any]) -> Any:
        """One reporter, fenced: its failure is a line and harms no other."""
        try:
            return tell()
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must still tell)
            self._lines.append((f"{name} FAILED: {type(error).__name__}: {error}", "red"))
            return None

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        run = self._run
        if run is None:
            return
        root = self._config.rootpath
        terminalreporter.ensure_newline()
        terminalreporter.write_line("")
        selected = {check_id(item) for item in self._session.items} if self._session else set()
        if len(selected) == 1 and len({result.site for result in run.results}) == 1:
            from reporters.explain import more

            lines = [*terminal.detail(run.results, self._since)]
            own = (
                [item for item in self._session.items if check_id(item) in selected] if self._session else []
            )
            lines += more(own, self._state / "history.sqlite")
        else:
            lines = [*terminal.summary(run, self._since, root)]
            lines += self._known(run)
        annotated = [(line, "") for line in github.tell(run, os.environ)]
        if self._config.option.log_json:
            from reporters import events

            left = known.of(self._config.stash[DOCUMENT], run.results)
            annotated += [(line, "") for line in events.lines(run, [], Log(results="all"), left)]
        stash = self._config.stash
        sites = stash[SITES]
        found = holding.opened(stash[DOCUMENT], stash[FILE], sites)
        opened = [
            (line, "yellow") for one in found for line in terminal.folded(f"warning: {one}: {one.mend}")
        ]
        told = github.quoted([*lines, *self._lines, *opened], os.environ)
        for text, colour in [*told, *annotated]:
            terminalreporter.write_line(terminal.printable(text), **({colour: True} if colour else {}))
