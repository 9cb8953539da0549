"""The reference pages of docs/, made from the code: `python -m pushgateway.reference` writes them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fixtures.catalogue import CHECKS, declared, functions, group
from fixtures.declaration import Check
from fixtures.index import limits
from pushgateway import availability, rules, suite
from pushgateway.common import UNSEEN
from pushgateway.dashboards import checks as boards
from pushgateway.reference_settings import MADE, settings, table
from reporters import metrics
from reporters.run import FULL

ROOT = CHECKS.parent
FOLDER = ROOT / "docs" / "reference"
ALERTS = f"""# Alerts

{MADE}

Each check is an alert of this suite, and of Prometheus where that is used: there it has the check's own
name and one rule for each severity that has a limit.

- **Limits** stand as info/warning/high/critical, `-` is unused. A value is bad above its limit, with `<`
  below it; `= high` is a yes-or-no condition of that severity.
- **Observed by** is the probe. `sql('NAME')` is the statement of that name in `checks/queries.sql`.
- **Depends on**: while one of these fails, this check's trouble is listed below it and not told apart.
- **Unknown**: the severity of Prometheus' alert `CheckUnknown`, after {UNSEEN} minutes unobserved.

What an alert means and what to do is on the check's page of the [runbook](../../runbook/index.md). Limits of
your own: [settings](settings.md) and [maintenance](../maintenance.md#limits)."""

METRICS = f"""# Metrics

{MADE}

All are gauges. A scheduled run writes them to `public/metrics.prom` and, where a Pushgateway is set, pushes
them as job `{metrics.JOB}`, one group a site and suite. Times are in seconds since the epoch. `suite` is
`{FULL}`, or the name that `--suite` gave.

## Of each check and severity

Labels: `{"`, `".join(metrics.ITEM_LABELS)}`."""


def code(names: Iterable[str]) -> str:
    """Names in code type with commas between; a dash for none."""
    return ", ".join(f"`{name}`" for name in names) or "-"


def board(name: str) -> str:
    """The Grafana dashboard that has a check's panel."""
    of = group(name)
    return "SEPA and billing" if of in boards.MONEY else boards.words(of)


def alerts() -> str:
    """What alerts there are: a row a check, and those of the runs as a whole."""
    every = declared()
    text = [ALERTS]
    for name in dict.fromkeys(map(group, every)):
        members = {check: one for check, one in every.items() if group(check) == name}
        text += ["", f"## {boards.words(name)}"]
        text += [
            "",
            f"File `checks/test_{name}.py`, Grafana dashboard *Checks: {board(next(iter(members)))}*.",
        ]
        head = ("alert and check", "limits", "every", "observed by", "depends on", "unknown", "ok means")
        text += table(head, (_alert(check, one) for check, one in members.items()))
    text += ["", "## Alerts of runs", "", "Prometheus only; file `rules.yml`, groups `runs` and `budget`."]
    text += table(("alert", "severity", "after", "says", "first"), _runs())
    return "\n".join(text) + "\n"


def _alert(name: str, check: Check) -> tuple[str, ...]:
    return (
        f"[{name}](../../runbook/{name}.md)",
        limits(check),
        f"{check.every}, smoke" if check.smoke else check.every,
        f"`{check.probe!r}`",
        code(dict.fromkeys(check.depends_on)),
        "high" if "critical" in rules.severities(check) else "warning",
        functions()[name].__doc__ or "",
    )


def _runs() -> Iterator[tuple[str, ...]]:
    for rule in (*suite.rules(rules.PAGES), *availability.budget(rules.PAGES)):
        if "alert" in rule:
            notes, labels = rule["annotations"], rule["labels"]
            window = f" ({labels['window']})" if "window" in labels else ""
            said = [_said(notes[key]) for key in ("summary", "first_step")]
            yield f"`{rule['alert']}`{window}", labels["severity"], rule.get("for", "at once"), *said


def _said(text: str) -> str:
    """An annotation with a template's places as words."""
    return re.sub(r"\{\{ *\$labels\.(\w+) *\}\}", r"*\1*", text)


def series() -> str:
    """Every metric with its labels."""
    text = [METRICS]
    text += table(
        ("metric", "meaning"), ((f"`{name}`", words) for name, words in metrics.ITEM_GAUGES.items())
    )
    text += ["", "## Of each run"]
    told = metrics.RUN_GAUGES.items()
    text += table(("metric", "labels", "meaning"), ((f"`{n}`", code(ls), words) for n, (words, ls) in told))
    text += ["", "## Figures with a name of their own", "", f"Labels: {code(metrics.RUN_LABELS)}."]
    named = [(one.metric, name) for name, one in declared().items() if one.metric]
    rows = ((f"`{metric}`", f"[{name}](../../runbook/{name}.md)") for metric, name in named)
    text += table(("metric", "the value of"), rows)
    text += ["", "## Recorded by Prometheus", "", "`pushgateway/rules.yml` makes these from the above."]
    found = [
        (rule["record"], one["name"])
        for one in rules.document()["groups"]
        for rule in one["rules"]
        if "record" in rule
    ]
    text += table(("series", "group"), ((f"`{name}`", of) for name, of in found))
    return "\n".join(text) + "\n"


PAGES = {"alerts.md": alerts, "metrics.md": series, "settings.md": settings}


def render() -> dict[str, str]:
    """File name -> content."""
    return {name: make() for name, make in PAGES.items()}


def main(folder: Path = FOLDER) -> None:
    """Write them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render().items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{folder.name}: {len(PAGES)} pages of {len(declared())} checks\n")


if __name__ == "__main__":
    main()
