"""A pytest plugin (`-p bench.borders`): how much CPU each layer of a run used, into the file $BENCH_BORDERS.

With $BENCH_PROFILE a profile of collecting and judging goes into that file, for the share of each package.

`process_time` at the borders between pytest's phases, all threads included; within observing and for imports
`thread_time`, since probes work side by side. It works in bare pytest as well.
"""

from __future__ import annotations

import builtins
import cProfile
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

KINDS = {
    "sql": ("fixtures.probes.sql", "fixtures.probes.rows", "fixtures.probes.database"),
    "http": ("fixtures.probes.http", "fixtures.probes.network"),
    "redis": ("fixtures.probes.redis", "fixtures.probes.rq"),
}
"""What is asked, by the module of the probe; of others the host (files, processes, figures of /proc)."""

spent: dict[str, float] = {"start": time.process_time()}
"""Layer -> CPU seconds: from one border to the next."""

observed: dict[str, float] = {}
imported: dict[str, float] = {}
_profile = cProfile.Profile(time.thread_time) if os.environ.get("BENCH_PROFILE") else None
_local = threading.local()
_import = builtins.__import__
_now = "plugins"
_at = spent["start"]


def _border(layer: str) -> str:
    """What was used since the last border belongs to the layer that ends here; gives that layer."""
    global _at, _now
    if _profile is not None:
        _profile.disable()
    here, before = time.process_time(), _now
    spent[before] = spent.get(before, 0.0) + here - _at
    _at, _now = here, layer
    if _profile is not None and layer in ("collecting", "judging"):
        _profile.enable()
    return before


def _timed_import(name: str, *arguments: Any, **options: Any) -> Any:
    """The outermost import of a thread, where the module is not there yet, counts for the present layer."""
    if name in sys.modules or getattr(_local, "inside", False):
        return _import(name, *arguments, **options)
    _local.inside, begun, layer = True, time.thread_time(), _now
    try:
        return _import(name, *arguments, **options)
    finally:
        _local.inside = False
        took = time.thread_time() - begun
        imported[layer] = imported.get(layer, 0.0) + took
        _local.imports = getattr(_local, "imports", 0.0) + took


builtins.__import__ = _timed_import


def _kind(probe: object) -> str:
    for one in type(probe).__mro__:
        for kind, modules in KINDS.items():
            if one.__module__ in modules:
                return kind
    return "host"


def _watch_observer() -> None:
    """Observing is a layer of its own, each of its jobs counted by what it asks, without its imports."""
    from fixtures.observe import Observer

    plan, observe = Observer._plan, Observer.observe  # noqa: SLF001 (no hook leads there)

    def timed(kind: str, job: Callable[[Any], None]) -> Callable[[Any], None]:
        def run(deliver: Any) -> None:
            begun, imports = time.thread_time(), getattr(_local, "imports", 0.0)
            job(deliver)
            took = time.thread_time() - begun - (getattr(_local, "imports", 0.0) - imports)
            observed[kind] = observed.get(kind, 0.0) + took

        return run

    def watched(self: Observer) -> Iterator[Any]:
        for slots, job in plan(self):
            yield slots, timed(_kind(slots[0].probe), job)

    def bordered(self: Observer, *arguments: Any) -> None:
        before = _border("observing")
        try:
            observe(self, *arguments)
        finally:
            _border(before)

    Observer._plan, Observer.observe = watched, bordered  # type: ignore[method-assign, assignment]  # noqa: SLF001


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """All plugins are there."""
    if config.pluginmanager.hasplugin("fixtures.session"):
        _watch_observer()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """From the first file to the last item."""
    _border("collecting")
    try:
        return (yield)
    finally:
        _border("between")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Observing, then item after item."""
    _border("judging")
    try:
        return (yield)
    finally:
        _border("between")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None, object, object]:
    """The record, the reporters, the summary."""
    _border("telling")
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """What comes now is the interpreter's end."""
    _border("end")
    if _profile is not None:
        _profile.dump_stats(os.environ["BENCH_PROFILE"])
    told = {"spent": spent, "observed": observed, "imported": imported}
    Path(os.environ["BENCH_BORDERS"]).write_text(json.dumps(told), encoding="utf-8")
