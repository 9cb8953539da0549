"""Alerts for Prometheus, made from the checks: `python -m pushgateway.rules` writes them (`make generate`).

An alert is named after its check, since no second name for 200 things helps anyone; what is no single
check's has a name in CamelCase, which also tells the two kinds apart in matchers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

import yaml

from fixtures.catalogue import CHECKS, declared, functions, group
from fixtures.declaration import SEVERITIES, Check, Severity
from pushgateway import availability, suite
from pushgateway.common import CONFIRM, HELD, HOLD, ITEM, SUITE, UNSEEN, Rule, alert, plain, record
from reporters import metrics, runbook

FOLDER = Path(__file__).parent
RULES, ALERTMANAGER = FOLDER / "rules.yml", FOLDER / "alertmanager.yml"
PAGES = "runbook"
"""Where the runbook is; a whole address makes the links of messages work from anywhere."""

BEGIN, END = "  # made by `make generate` from the checks: begin\n", "  # end\n"
HEAD = (
    "# Made by `make generate` from the checks, the runbook and pushgateway/*.py: change those, not this.\n"
)
UNITS: Mapping[str, str] = {"seconds": "humanizeDuration", "bytes": "humanize1024"}
NUMBER = 'printf "%.7g"'


def severities(check: Check) -> tuple[Severity, ...]:
    """Those that the check has an item of, low to high."""
    return tuple(level for level, _ in check.limits) or (check.severity or "info",)


@cache
def causes(name: str) -> tuple[str, ...]:
    """All checks that this one depends on, by however many steps, near ones first."""
    direct = declared()[name].depends_on
    return tuple(dict.fromkeys((*direct, *(far for near in direct for far in causes(near)))))


def sentinels() -> tuple[str, ...]:
    """The checks that others depend on."""
    return tuple(sorted({other for name in declared() for other in causes(name)}))


def _comma(names: tuple[str, ...]) -> str:
    """`,a,b,`: a matcher finds one name between its commas, and never a part of another."""
    return f",{','.join(names)}," if names else ""


def _figure(series: str, name: str, severity: str, unit: str) -> tuple[str, str]:
    """How a template asks for one series of the alert's own site, and how it says what it found."""
    selector = f'{series}{{check="{name}",severity="{severity}",{SUITE},site=%q}}'
    words = {"bytes": "B", "seconds": ""}.get(unit, f" {unit}" if unit else "")
    return (
        f"with printf `{selector}` $labels.site | query",
        f"{{{{ . | first | value | {UNITS.get(unit, NUMBER)} }}}}{words}",
    )


def _either(ask: str, then: str, other: str = "") -> str:
    """What a template says where it is so, and where not."""
    return f"{{{{ {ask} }}}}{then}{f'{{{{ else }}}}{other}' if other else ''}{{{{ end }}}}"


def _description(name: str, check: Check, severity: str) -> str:
    """The figure that was judged and its limit; a check held while it is unknown has no figure."""
    blind = "It cannot be observed now; it failed when it last was."
    ask, value = _figure(metrics.VALUE, name, severity, check.unit)
    if not check.limits:
        unknown, _ = _figure(metrics.UNKNOWN, name, severity, "")
        seen = _either(ask, f"Found: {value}.", "It does not hold.")
        return _either(unknown, _either("if . | first | value", blind, seen))
    ask_limit, limit = _figure(metrics.LIMIT, name, severity, check.unit)
    word = "least" if check.at_least else "most"
    return _either(ask, f"{value} found.", blind) + _either(ask_limit, f" Allowed: at {word} {limit}.")


def _items(name: str, check: Check, pages: str) -> Iterator[Rule]:
    """The alerts of one check: one for each severity, and one for when it cannot be observed.

    A failure was observed, so that only what it directly depends on can explain it, and only by failing
    itself: a host name that does not resolve hides no failure of a database that answers. What was not
    observed can come from afar, over a check that is unknown as well.
    """
    about = {"check": name, "group": group(name)}
    direct = tuple(dict.fromkeys(check.depends_on))
    claim = plain(functions()[name].__doc__ or "")
    page = f"{pages}/{name}.md"
    step = plain(runbook.first_step(CHECKS.parent / "runbook" / f"{name}.md") or f"Read {page}.")
    for severity in severities(check):
        yield alert(
            name,
            f'{HELD}{{check="{name}",severity="{severity}"}} == 0',
            minutes=0 if severity == "critical" else CONFIRM,
            severity=severity,
            **about,
            depends_on=_comma(direct),
            notes={
                "summary": f"Expected: {claim}",
                "description": _description(name, check, severity),
                "first_step": step,
                "runbook_url": page,
            },
        )
    yield alert(
        "CheckUnknown",
        f'max by (site, check, group) ({metrics.UNKNOWN}{{check="{name}",{SUITE}}}) == 1',
        minutes=UNSEEN,
        severity="high" if "critical" in severities(check) else "warning",
        **about,
        depends_on=_comma(causes(name)),
        notes={
            "summary": f"Cannot be observed: {claim}",
            "description": f"Not observed for {UNSEEN} minutes: {name} is neither ok nor failing.",
            "first_step": f"Run `pytest checks/ -k {name}` where the checks run; it gives the reason.",
            "runbook_url": page,
        },
    )


def _held() -> Rule:
    """The last judgement, kept while there is no new one: a series that is missing resolves its alert.

    It is kept as long as the item is unknown, and for some minutes when all data of a site is gone (a
    Pushgateway that came back empty is filled by the next run). Reading one's own last sample costs
    nothing; a range long enough for any outage would be read at every evaluation.
    """
    run = f"{metrics.RUN_ENDED}{{{SUITE}}}"
    return record(
        HELD,
        f"min by ({ITEM}) ({metrics.SUCCESS}{{{SUITE}}})\n"
        f"or ({HELD} and max by ({ITEM}) ({metrics.UNKNOWN}{{{SUITE}}}) == 1)\n"
        f"or ({HELD} and on (site) present_over_time({run}[{HOLD}m]) unless on (site) {run})",
    )


def _fallback(pages: str) -> Rule:
    """What fails and has no alert above: a check newer than this file, a severity from a site's settings."""
    return alert(
        "CheckFailing",
        f'{HELD} == 0\nunless on (site, check, severity) ALERTS{{alertname=~"[a-z].*"}}',
        minutes=2,
        severity="{{ $labels.severity }}",
        notes={
            "summary": "{{ $labels.check }} fails, and these rules have no alert for it at this severity.",
            "description": "The site's settings give it another severity, or the rules are older than it.",
            "first_step": "Follow its page; then write the rules anew with `make generate`.",
            "runbook_url": f"{pages}/{{{{ $labels.check }}}}.md",
        },
    )


class Group(TypedDict):
    """Rules that are evaluated in order and at one time."""

    name: str
    interval: NotRequired[str]
    rules: list[Rule]


def document(pages: str = PAGES) -> dict[str, list[Group]]:
    """All rules.

    The checks' alerts are one group, whose rules Prometheus evaluates in order and at one time: so a
    cause and its followers reach Alertmanager together, and the cause is there to inhibit them.
    """
    checks = [rule for name, check in declared().items() for rule in _items(name, check, pages)]
    return {
        "groups": [
            {"name": "checks", "rules": [_held(), *checks, _fallback(pages)]},
            {"name": "runs", "rules": list(suite.rules(pages))},
            {"name": "budget", "rules": list(availability.budget(pages))},
            {"name": "availability", "interval": "3m", "rules": list(availability.long())},
        ]
    }


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such, and never an alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (PyYAML calls it so)
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def render(pages: str = PAGES) -> str:
    """The file of rules."""
    return HEAD + yaml.dump(
        document(pages), Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )


def _explaining(name: str) -> str:
    """The severities at which a cause hides its followers."""
    own = severities(declared()[name])
    return "|".join(SEVERITIES[-2:] if set(SEVERITIES[-2:]) & set(own) else own[-1:])


def inhibition(text: str) -> str:
    """Alertmanager's file with its rules of causes and followers anew; all else stays.

    A cause is one of high or critical severity: a disk that is only filling up explains nothing yet. One that
    has neither explains at its worst.
    """
    made = "".join(
        f"  - source_matchers: [alertname={name}, severity=~{_explaining(name)}]\n"
        f"    target_matchers: ['depends_on=~\".*,{name},.*\"']\n"
        "    equal: [site]\n"
        for name in sentinels()
    )
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + made + END + tail


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(prog="python -m pushgateway.rules", description=main.__doc__)
    parser.add_argument("--runbook", default=PAGES, metavar="URL", help="where the runbook's pages are")
    pages = parser.parse_args().runbook.rstrip("/")
    RULES.write_text(render(pages), encoding="utf-8")
    ALERTMANAGER.write_text(inhibition(ALERTMANAGER.read_text(encoding="utf-8")), encoding="utf-8")
    count = sum(len(one["rules"]) for one in document(pages)["groups"])
    sys.stdout.write(f"{RULES.name}: {count} rules of {len(declared())} checks\n")


if __name__ == "__main__":
    main()
