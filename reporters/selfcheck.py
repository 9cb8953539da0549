"""`--self-check`: proves an installation, a line each with what to do; nothing is sent or changed."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fixtures import clock, holding, known
from fixtures import settings as toml
from fixtures.bounded import begin
from fixtures.schema import Document, SettingsError
from fixtures.session import MISSING, named_checks
from fixtures.site import Site, sites
from reporters import channels, publish, reaching, state, words
from reporters.history import reading
from reporters.reaching import SECONDS, Found
from reporters.run import Result

STALE_SECONDS = 15 * 60
SOON = timedelta(days=14)
"""Before its end an entry is named, so that somebody looks at it in time."""

CRON_FOLDER = Path("/etc/cron.d")
TIMER = "verenigingen-checks.timer"
STARTS = r"^\s*[\d*@][^#\n]*(pytest checks|verenigingen-checks)"
PUBLISHES = r"^[^#\n]*(CHECKS_PUBLISH=1|--publish)"

Probe = Callable[[], Iterable[Found]]


def main(config: pytest.Config) -> int:
    """Print a line for each thing that was looked at; 1 when one is wrong, else 0."""
    from _pytest.config import create_terminal_writer  # no session is begun: wrong settings must be told too

    writer = create_terminal_writer(config)
    counts = {"ok": 0, "warning": 0, "wrong": 0}
    for found in look(config.option.settings, config.option.site, config.rootpath):
        counts[found.level] += 1
        writer.line(str(found))
    writer.line(", ".join(f"{count} {level}" for level, count in counts.items()))
    return 1 if counts["wrong"] else 0


def look(asked: str | None, site: str | None, root: Path) -> Iterator[Found]:
    """All that is found, in a fixed order; what is asked of others is asked side by side."""
    document, path = Document(), None
    found: tuple[Site, ...] = ()
    try:
        path = toml.find(asked)
        document = toml.read(path)
        if path is None and document.bench is None:
            raise SettingsError(MISSING)
        document = named_checks(document, root / "checks")
        found = sites(document, (site,) if site else None)
        publish.check(document)
        names = ", ".join(one.name for one in found)
        yield Found("ok", "settings", f"{path or document.bench}, for {names}")
    except SettingsError as error:
        yield Found("wrong", "settings", str(error), "checks.example.toml explains every key")
    probes: list[tuple[str, Probe]] = [("files", partial(files, document, path, found))]
    for one in found:
        if one.broken:
            yield Found(
                "wrong", f"config of {one.name}", one.broken, "runbook/site_config_readable.md says more"
            )
        probes.append((f"database account of {one.name}", partial(reaching.account, one)))
        probes.append((f"clocks of {one.name}", partial(reaching.clocks, one)))
    probes += _channels(document)
    folder = state.folder(document.state)
    probes += [("state", partial(kept, folder)), ("schedule", schedule), ("last run", partial(last, folder))]
    probes.append(("known defects", partial(defects, document, found)))
    probes.append(("runbook", partial(placeholders, _escalation(path, root))))
    yield from side_by_side(probes)


def side_by_side(probes: Iterable[tuple[str, Probe]], seconds: float = SECONDS) -> Iterator[Found]:
    """What each probe finds, for so long at most; one that fails or hangs harms no other."""
    until = clock.monotonic() + seconds
    begun = [(name, begin(lambda probe=probe: list(probe()))) for name, probe in probes]  # type: ignore[misc]
    for name, future in begun:
        try:
            yield from future.result(max(0.0, until - clock.monotonic()))
        except TimeoutError:
            yield Found("wrong", name, f"no answer within {seconds:g} s", "look why it hangs")
        except Exception as error:  # noqa: BLE001 (its words could hold anything; its kind cannot)
            yield Found("wrong", name, f"could not be looked at ({type(error).__name__})")


def _channels(document: Document) -> Iterator[tuple[str, Probe]]:
    """What each channel, the heartbeat and the Pushgateway are asked; a line too where there is none."""
    try:
        named = {name: settings for name, (_, settings) in channels.configured(document).items()}
    except SettingsError:  # told already
        named = {}
    if not named:
        none = Found("warning", "channels", "none is configured", "add one, or nobody is told of a failure")
        yield "channels", lambda: [none]
    if document.heartbeat.said:
        named["heartbeat"] = document.heartbeat
    else:
        none_pings = Found(
            "warning", "heartbeat", "none is configured", "nobody learns that cron has stopped"
        )
        yield "heartbeat", lambda: [none_pings]
    for name, settings in named.items():
        yield name, partial(reaching.channel, name, settings)
    if document.pushgateway.url is not None:
        yield "pushgateway", partial(reaching.pushgateway, document.pushgateway)


def files(document: Document, path: Path | None, found: Sequence[Site]) -> Iterator[Found]:
    """Which files hold secrets, and whether people without business there can read or change them."""
    wrong = [*holding.opened(document, path, found)]
    for one in wrong:
        yield Found("warning", "files", str(one), one.mend)
    if not wrong:
        count = sum(1 for _ in holding.holders(document, path, found))
        yield Found("ok", "files", f"{count} files with secrets, closed to others")


def kept(folder: Path) -> Iterator[Found]:
    """Whether the state folder can be written, and by whom else it can be read."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        do = "run this as the account that runs the checks, or chown it to that"
        yield Found("wrong", "state", f"{there} cannot be written ({error.strerror})", do)
        return
    if there != folder:
        yield Found("ok", "state", f"{folder} is made by the first scheduled run")
        return
    allowed = {folder: 0o711, **{folder / name: 0o700 for name in ("runs", "log", "history.sqlite")}}
    modes = {path: path.stat().st_mode & 0o777 for path in allowed if path.exists()}
    if opened := [f"{path} has mode {mode:o}" for path, mode in modes.items() if mode & ~allowed[path]]:
        do = "chmod 711 the folder, 700 runs and log, 600 the history"
        yield Found("warning", "state", f"open to others: {', '.join(opened)}", do)
    elif folder.stat().st_uid != os.geteuid():
        yield Found("warning", "state", f"{folder} belongs to another account", "run this as that one")
    else:
        yield Found("ok", "state", f"{folder} can be written, and is closed to others")


def defects(document: Document, found: Sequence[Site]) -> Iterator[Found]:
    """Known defects of the settings that end soon, or have ended; nothing where there are none."""
    checks = {one.check for one in document.known}
    pairs = [Result(name, site.name, "", "info", "ok") for site in found for name in checks]
    left = [one for one in known.of(document, pairs) if one.own]
    soon = clock.today() + SOON
    for one in left:
        until = one.entry.until
        if until is not None and until <= soon:
            do = "delete the entry, or give it a new end" if one.ended else "fix it, or give it a new end"
            yield Found("warning", "known defects", words.known(one), do)
    if left and all(one.entry.until is None or one.entry.until > soon for one in left):
        yield Found("ok", "known defects", f"{len(left)} left out, none ends within {SOON.days} days")


def schedule() -> Iterator[Found]:
    """Whether cron or a systemd timer starts the checks, as far as this account sees."""
    texts = [_said("crontab", "-l")]
    readable = [file for file in CRON_FOLDER.glob("*") if file.is_file() and os.access(file, os.R_OK)]
    texts += [file.read_text(encoding="utf-8", errors="replace") for file in readable]
    crons = [text for text in texts if re.search(STARTS, text, re.M)]
    by = ["the timer"] if _said("systemctl", "is-active", TIMER).strip() == "active" else []
    by += ["cron"] if crons else []
    if any(not re.search(PUBLISHES, text, re.M) for text in crons):
        yield Found("wrong", "schedule", "cron's runs do not publish", "set CHECKS_PUBLISH=1 in its file")
    elif len(by) > 1:
        yield Found("warning", "schedule", "both cron and the timer start the checks", "stop one of them")
    elif by:
        yield Found("ok", "schedule", f"{by[0]} starts the checks")
    else:
        do = "see deploy/README.md (cron of other accounts is not seen)"
        yield Found("warning", "schedule", "neither cron nor a timer starts the checks", do)


def _said(*command: str) -> str:
    """What a command prints, or nothing where there is no such command."""
    if (found := shutil.which(command[0])) is None:
        return ""
    words = [found, *command[1:]]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False).stdout  # noqa: S603


def last(folder: Path) -> Iterator[Found]:
    """How long ago the last scheduled run of all checks ended."""
    path, ended = folder / "history.sqlite", 0.0
    if path.exists():
        try:
            with reading(path) as history:
                query = "SELECT MAX(started + duration) FROM runs WHERE complete AND suite = 'full'"
                ended = history.execute(query).fetchone()[0] or 0.0
        except sqlite3.Error as error:
            yield Found("wrong", "last run", f"{path} cannot be read ({error})", "the next run puts it aside")
            return
    age = clock.now() - ended
    if not ended:
        yield Found(
            "warning", "last run", "no scheduled run yet", "wait for one, or run `pytest checks/ --publish`"
        )
    elif age > STALE_SECONDS:
        do = "look why the schedule stopped: `journalctl -u verenigingen-checks`, or cron's mail"
        yield Found("wrong", "last run", f"{age / 60:.0f} min ago", do)
    else:
        yield Found("ok", "last run", f"{age / 60:.0f} min ago")


def _escalation(settings: Path | None, root: Path) -> Path:
    """The page of whom to call: the installation's own, beside its settings, or the suite's form."""
    own = settings.parent / "escalation.md" if settings else root
    return own if own.is_file() else root / "docs" / "escalation.md"


def placeholders(page: Path) -> Iterator[Found]:
    """Words in angle brackets that nobody has filled in: whom to call must stand there."""
    if not page.exists():
        return
    text = re.sub(r"<!--.*?-->|```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    if open_ := list(dict.fromkeys(re.findall(r"<([A-Za-z][^<>@:/\n]*)>", text))):
        more = " and more" if len(open_) > 3 else ""
        said = f"{page.name} still says {', '.join(f'<{one}>' for one in open_[:3])}{more}"
        yield Found("warning", "runbook", said, "copy it to where the settings are, and fill in there")
    else:
        yield Found("ok", "runbook", f"{page.name} is filled in")
