"""`--what-if LIMITS.toml`: how many alerts other limits would have given over the stored history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fixtures import clock
from fixtures.declaration import SEVERITIES, Check, Severity
from fixtures.schema import Alerts, SettingsError
from fixtures.settings import nearest, read
from reporters.history import reading
from reporters.routing import policy
from reporters.terminal import figure

DAYS = 30


def what_if(
    path: Path, checks: Mapping[str, Check], settings: Alerts, history: Path, days: float = DAYS
) -> Iterator[str]:
    """A line for each limit that the file changes: alerts with it, and with the limit as it is in `checks`.

    The file is like the settings' own: `[checks.error_rate]` and limits below it. What is counted is how
    often so many runs in a row were beyond the limit, as an alert needs.

    Raises:
        SettingsError: the file names no check, or none with limits.
    """
    asked = read(path, {}).checks
    if not asked:
        raise SettingsError(f"{path}: names no limit; like `[checks.error_rate]` and `warning = 20`")
    for name, override in asked.items():
        if name not in checks:
            raise SettingsError(f"{path}: checks.{name}: no such check; {nearest(name, list(checks))}")
        now = checks[name]
        try:
            then = now.overridden(override)
        except ValueError as error:
            raise SettingsError(f"{path}: checks.{name}.{error}") from None
        values = _values(history, name, days)
        seen = sum(map(len, values.values()))
        yield f"{name}: {seen} results of {days:g} days"
        for severity in SEVERITIES:
            old, new = dict(now.limits).get(severity), dict(then.limits).get(severity)
            if old == new:
                continue
            before, after = (
                f"{_alerts(values, limit, now, severity, settings)} alerts at {_told(limit, now.unit)}"
                for limit in (old, new)
            )
            yield f"  {severity:<8} {before}, {after}"


def _values(history: Path, name: str, days: float) -> dict[str, list[float]]:
    """Site -> the values that were judged, oldest first."""
    found: dict[str, list[float]] = {}
    with reading(history) as connection:
        rows = connection.execute(
            "SELECT site, observed_at, MAX(value) FROM results WHERE check_id = ? AND observed_at > ?"
            " AND value IS NOT NULL GROUP BY site, observed_at ORDER BY observed_at",
            (name, clock.now() - days * 86400),
        )
        for site, _, value in rows:
            found.setdefault(site, []).append(value)
    return found


def _alerts(
    values: Mapping[str, list[float]], limit: float | None, check: Check, severity: Severity, settings: Alerts
) -> int:
    if limit is None:
        return 0
    told = policy(settings)
    needed = told.after_critical if severity == "critical" else told.after
    return sum(_fired(one, limit, needed, at_least=check.at_least) for one in values.values())


def _fired(values: Iterable[float], limit: float, needed: int, *, at_least: bool) -> int:
    found = bad = 0
    for value in values:
        bad = bad + 1 if (value < limit if at_least else value > limit) else 0
        found += bad == needed
    return found


def _told(limit: float | None, unit: str) -> str:
    return "off" if limit is None else figure(limit, unit)
