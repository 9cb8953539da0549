"""`--list-checks`: every check with its limits, cadence and page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.declaration import SEVERITIES
from fixtures.session import TARGET, Target, check_id


def listing(session: pytest.Session) -> Iterator[str]:
    """Two lines a check: id, limits by severity, unit, cadence, runbook page."""
    session.perform_collect()
    found: dict[str, dict[str, Target]] = {}
    for item in session.items:
        target = item.stash.get(TARGET, None)
        if target is not None:
            found.setdefault(check_id(item), {}).setdefault(target.severity, target)
    yield f"{'check':<42}{'/'.join(SEVERITIES)}, unit, every, smoke, runbook page"
    for name, by_severity in found.items():
        one = next(iter(by_severity.values()))
        yield f"{name:<42}{_limits(by_severity)} {one.check.unit}".rstrip()
        yield f"{'':<42}{one.check.every}{', smoke' if one.check.smoke else ''}, runbook/{name}.md"


def _limits(by_severity: dict[str, Target]) -> str:
    one = next(iter(by_severity.values()))
    if one.limit is None:
        return f"condition, {one.severity}"
    told = [f"{by_severity[name].limit:g}" if name in by_severity else "-" for name in SEVERITIES]
    return ("< " if one.check.at_least else "") + "/".join(told)
