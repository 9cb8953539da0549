"""What all rules share: cadence and thresholds, names of recorded series, the form of an alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reporters import metrics
from reporters.run import FULL

Rule = dict[str, Any]

CADENCE = 5
"""Minutes between scheduled runs: `deploy/cron.example`."""

CONFIRM = CADENCE + 1
"""Minutes until a second run has judged as well; the sixth is for its duration and the scrape."""

LATE = 3 * CADENCE
"""Minutes after which no run is a fault. The manual of the Pushgateway's clients advises two full runs at
least before anyone is called (prometheus.io, "Alerting", batch jobs); the third covers one slow run."""

HOLD = LATE + CADENCE
"""Minutes for which a judgement outlives the data of its site: an alert that no data is left comes first."""

DAY = 24 * 60

UNSEEN = 30
"""Minutes after which a check that cannot be observed is told by itself."""

SUITE = f'suite="{FULL}"'
"""Only runs of every check raise alerts: a named selection has its own series and its own readers."""

ITEM = "site, check, severity, group"
"""What one judgement is told apart by. `job` and `instance` are left out: they say by which way the series
came, and a Prometheus that has both ways, text file and Pushgateway, would tell everything twice."""

HELD = f"site_check_severity:{metrics.SUCCESS}:held"
FRESH = f"site_check_severity:{metrics.SUCCESS}:fresh"

PAGE = "index"
"""The runbook page of alerts that belong to no single check."""


def alert(
    name: str, expr: str, *, severity: str, notes: Mapping[str, str], minutes: int = 0, **labels: str
) -> Rule:
    """An alerting rule; labels without a value are left out."""
    rule: Rule = {"alert": name, "expr": expr}
    if minutes:
        rule["for"] = f"{minutes // DAY}d" if minutes % DAY == 0 else f"{minutes}m"
    rule["labels"] = {"severity": severity} | {key: value for key, value in labels.items() if value}
    rule["annotations"] = dict(notes)
    return rule


def record(name: str, expr: str, **labels: str) -> Rule:
    """A recording rule."""
    return {"record": name, "expr": expr} | ({"labels": labels} if labels else {})


def plain(text: str) -> str:
    """Text that stays as it is in an annotation, which Prometheus reads as a template."""
    return " ".join(text.split()).replace("{{", '{{ "{{" }}')
