"""What this pytest is made of, and where its root is; nothing else belongs here."""

import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

PLUGINS = (
    "fixtures.session",
    "fixtures.collecting",
    "fixtures.judging",
    "fixtures.straight",
    "fixtures.discretion",
    "fixtures.waiting",
    "fixtures.watching",
    "reporters.plugin",
    "reporters.commands",
)
TAKE_A_VALUE = """
--because --expect-version --explain --export --for --from --owner --record --replay --report --settings
--shard --silence --site --stable --suite --to --unsilence --wait --watch --what-if
"""
"""Options of these plugins that are followed by a value."""


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """As `pytest_plugins` does, which reads the metadata of all installed packages for each name."""
    _own_root(pluginmanager.get_plugin("pytestconfig"))
    for name in PLUGINS:
        if not pluginmanager.has_plugin(name):  # as there may be where the suite is installed as a package
            pluginmanager.register(import_module(name), name)


def _own_root(config: pytest.Config) -> None:
    """Begin anew where pytest found another root than this folder by the value of one of these options.

    Pytest looks for its root before it knows them, and takes `--replay DIR` for an option and a test's path.
    It leaves `--replay=DIR` alone.
    """
    given, joined = [str(one) for one in config.invocation_params.args], list[str]()
    for one in given:
        if joined and joined[-1] in TAKE_A_VALUE.split():
            joined[-1] += f"={one}"
        else:
            joined.append(one)
    if config.rootpath == Path(__file__).parent or joined == given:
        return
    if sys.orig_argv[-len(given) :] != given:
        raise pytest.UsageError("write an option that is followed by a path as one word: --replay=DIR")
    if (capturing := config.pluginmanager.get_plugin("capturemanager")) is not None:
        capturing.stop_global_capturing()  # or what begins anew would write into its files
    os.execv(sys.executable, [*sys.orig_argv[: -len(given)], *joined])  # noqa: S606 (there is no shell to it)
