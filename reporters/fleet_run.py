"""`--fleet`: what pytest's session does instead of judging itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest
from msgspec.structs import replace

from fixtures import clock, settings
from fixtures.catalogue import declared, functions, group
from fixtures.schema import Document, SettingsError
from fixtures.site import PER_SERVER, names
from reporters.fleet import Backend, Gathered, gather, tasks, unknown
from reporters.run import Result

MARGIN_SECONDS = 15.0
"""Of the fleet's deadline: a shard's own run ends so much before it, so that its answer still comes."""


class FleetSession:
    """Nothing is collected here; what the fleet found stands in `found` when the loop has ended."""

    def __init__(
        self, config: pytest.Config, document: Document, run_id: str, not_due: Callable[[], NotDue]
    ) -> None:
        self._config, self._document, self._id, self._not_due = config, document, run_id, not_due
        self.found = Gathered()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        session.items = []
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge by the fleet; pytest's exit status follows from what it found."""
        told = _Progress(self._config)
        try:
            self.found = run(self._config, self._document, self._id, self._not_due(), told)
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from None
        if self.found.again:
            times = f"{self.found.again} time{'s' if self.found.again > 1 else ''}"
            told(f"fleet: a shard was lost and tried again {times}", at_once=True)
        session.testscollected = len(self.found.results)
        session.testsfailed = sum(one.status in ("failing", "unknown") for one in self.found.results)
        return True


class _Progress:
    """A line each ten seconds, and at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter = config.pluginmanager.getplugin("terminalreporter")
        self._last = ("", time.monotonic())

    def __call__(self, line: str, *, at_once: bool = False) -> None:
        before, at = self._last
        if self._reporter is None or line == before or not (at_once or time.monotonic() - at > 10):
            return
        self._last = (line, time.monotonic())
        self._reporter.write_line(line)


NotDue = Mapping[tuple[str, str], float]
"""(site, check) -> when it was observed."""


def arguments(config: pytest.Config, *, local: bool) -> list[str]:
    """What each shard's pytest is told: the selection, and the settings where they are this host's."""
    found = [*config.args]
    for name, option in (("keyword", "-k"), ("markexpr", "-m")):
        if text := getattr(config.option, name):
            found += [option, text]
    path = settings.find(config.getoption("settings"))
    return [*found, "--settings", str(path.resolve())] if local and path else found


def backend(where: str, document: Document, run_id: str) -> Backend:
    """Who works: `local`, `local:N`, an address of Redis, or `settings` for `fleet.url`.

    Raises:
        SettingsError: none of these, or Redis does not answer; one line.
    """
    name, _, count = where.partition(":")
    if name == "local" and (not count or (count.isdigit() and int(count) > 0)):
        from reporters.fleet_local import Local

        return Local(int(count) if count else None)
    if where == "settings":
        url = settings.secret(document.fleet.url, document.fleet.url_file, "fleet.url")
        where = url.reveal() if url else ""
    elif "@" in where.partition("://")[2].partition("/")[0]:
        raise SettingsError(
            "--fleet: a password on the command line can be read by everybody on this host; put the URL into"
            " a file, and its name into fleet.url_file"
        )
    if not where.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(
            "--fleet: allowed: local, local:4, redis://HOST:PORT/DB, or fleet.url in the settings"
        )
    try:
        from reporters.fleet_redis import Rq
    except ImportError:
        raise SettingsError("--fleet: RQ is not installed (the extra `fleet`)") from None
    from redis.exceptions import RedisError

    try:
        return Rq(where, run_id)
    except (RedisError, ValueError) as error:
        raise SettingsError(f"--fleet: Redis does not answer ({type(error).__name__})") from None


def run(
    config: pytest.Config,
    document: Document,
    run_id: str,
    not_due: NotDue,
    tell: Callable[..., None],
) -> Gathered:
    """Judge all sites by the fleet; what did not come is unknown in what is given."""
    where, given = config.option.fleet, document.fleet
    sites = names(document)
    until = time.monotonic() + given.deadline
    by_site: dict[str, dict[str, float]] = {}
    for (site, check), at in not_due.items():
        by_site.setdefault(site, {})[check] = at
    local = where.partition(":")[0] == "local"
    seconds = max(5.0, given.deadline - MARGIN_SECONDS)
    working = backend(where, document, run_id)
    few = max(1, len(sites) // (2 * working.workers())) if local else given.sites  # no process idles
    wanted = tasks(sites, min(given.sites, few), arguments(config, local=local), seconds, by_site)
    connections = document.concurrency.server or PER_SERVER
    share = max(1, connections // max(1, working.workers()))
    wanted = [replace(task, shard=replace(task.shard, connections=share)) for task in wanted]

    def progress(come: int, workers: int) -> None:
        line = f"fleet: {come} of {len(wanted)} shards of {len(sites)} sites, {workers} workers"
        tell(line, at_once=come == len(wanted))

    found = gather(working, wanted, until, given.tries, progress)
    if found.missing:
        found.results += unknown(found, _every(found), clock.now())
        found.selected = len(found.results)
    return found


def _every(found: Gathered) -> list[Result]:
    """What one site has: as another site came, or, when none did, as the checks are declared."""
    if found.results:
        first = found.results[0].site
        return [result for result in found.results if result.site == first]
    return [
        Result(
            check=name,
            site="",
            group=group(name),
            severity=severity,
            status="unknown",
            limit=limit,
            unit=check.unit,
            summary=" ".join((functions()[name].__doc__ or "").split()),
            runbook=f"runbook/{name}.md",
            every=check.every,
            smoke=check.smoke,
            depends_on=tuple(check.depends_on),
            metric=check.metric,
        )
        for name, check in declared().items()
        for severity, limit in (check.limits or ((check.severity or "info", None),))
    ]
