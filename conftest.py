"""What this pytest is made of; nothing else belongs here."""

from importlib import import_module

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


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """As `pytest_plugins` does, which reads the metadata of all installed packages for each name."""
    for name in PLUGINS:
        if not pluginmanager.has_plugin(name):  # as there may be where the suite is installed as a package
            pluginmanager.register(import_module(name), name)
