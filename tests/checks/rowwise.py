"""Judging the checks that read rows within this process, as pytest judges them: a second for a hundred faults."""

from __future__ import annotations

from fixtures.catalogue import declared, functions
from fixtures.declaration import Limit
from fixtures.observe import Observer
from fixtures.probes.sql import Sql
from fixtures.settings import read
from fixtures.site import sites

CHECKS = {name: check for name, check in declared().items() if isinstance(check.probe, Sql)}


def judged(demo) -> tuple[set[str], set[str]]:
    """(failing, unknown) of the checks with a SQL probe, at their worst; not applicable is neither."""
    failing, unknown = judge(sites(read(demo.settings, {}))[0])
    return set(failing), set(unknown)


def judge(site) -> tuple[dict[str, object], dict[str, str]]:
    """(failing check -> its value, unknown check -> why) of a site's rows."""
    observer = Observer(8, 8, 60)
    observer.observe([(site, check.probe) for check in CHECKS.values()], lambda *_: None)
    failing: dict[str, object] = {}
    unknown: dict[str, str] = {}
    for name, check in CHECKS.items():
        seen, own = observer.of(site, check.probe), check.overridden(site.checks.get(name))
        if seen.error:
            unknown[name] = seen.error
        elif not seen.skip and not all(_passes(name, own, seen.value, *one) for one in _items(own)):
            failing[name] = seen.value
    return failing, unknown


def _items(check):
    return check.limits or ((check.severity, None),)


def _passes(name, check, value, severity, limit) -> bool:
    arguments = {"value": value}
    if limit is not None:
        arguments["limit"] = made = Limit(limit, severity, check.unit, at_least=check.at_least)
    if name == "scheduler_enabled":
        arguments["site_config"] = {}
    try:
        functions()[name](**arguments)
    except AssertionError:
        return False
    assert limit is None or made.verdict() is None
    return True
