"""The channels: where a message can go. Adding one is a file with the functions below and a line here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from fixtures.schema import Document, SettingsError
from reporters.notice import Notice, Receipt


class Module(Protocol):
    """What a channel's file has. `settings` is the section of the settings that has the channel's name."""

    def check(self, settings: Any) -> None:
        """SettingsError for settings that cannot work."""

    def configured(self, settings: Any) -> bool:
        """Whether there is somewhere to send to."""

    def render(self, notice: Notice) -> Any:
        """What is sent, for a preview and for tests: JSON, text, or anything that can be shown as text."""

    def send(self, settings: Any, notice: Notice, earlier: Mapping[str, str]) -> Receipt:
        """Deliver, within its own bounds; Undelivered says why not. `earlier`: incident -> first receipt."""


FILES: Mapping[str, str] = {
    "slack": "reporters.slack",
    "mail": "reporters.mail",
    "apprise": "reporters.sms",
    "webhook": "reporters.webhook",
    "alertmanager": "reporters.alertmanager",
}
"""Channel, which is also its section of the settings -> module; imported only when configured."""


def module(name: str) -> Module:
    """A channel's file."""
    found: Any = importlib.import_module(FILES[name])
    return found  # type: ignore[no-any-return]


def configured(document: Document) -> dict[str, tuple[Module, Any]]:
    """Channel -> its file and settings, of those that the settings name.

    Where Prometheus' Alertmanager alerts, the suite sends its alerts nowhere else.
    """
    found: dict[str, tuple[Module, Any]] = {}
    for name in FILES:
        settings = getattr(document, name)
        if not settings.said:
            continue
        if document.alerts.by == "alertmanager" and name != "alertmanager":
            continue
        if module(name).configured(settings):
            found[name] = (module(name), settings)
    return found


def check(document: Document) -> None:
    """SettingsError for a channel that cannot work, or a route to one that is not there."""
    for name in FILES:
        settings = getattr(document, name)
        if settings.said:
            module(name).check(settings)
    if not document.alerts.said:
        return
    from reporters import quiet

    quiet.check(document.alerts)
    for key in ("routes", "escalation"):
        for number, step in enumerate(getattr(document.alerts, key)):
            for channel in step.channels:
                if channel not in FILES:
                    raise SettingsError(
                        f"alerts.{key}[{number}].channels = {channel!r}: allowed: {', '.join(FILES)}"
                    )
