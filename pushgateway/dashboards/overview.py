"""The overview of all checks now, and one check in depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models import dashboard as model

from fixtures.catalogue import declared, group
from pushgateway.common import ITEM
from pushgateway.dashboards import frame, looks, queries
from pushgateway.dashboards.checks import counts, history
from pushgateway.dashboards.panels import HALF, WHOLE, Panel, column, lines, link, number, rows, timeline
from pushgateway.dashboards.queries import CHOSEN, series
from reporters import metrics

ORDER = ("State", "check", "severity", "group", "site", "Value", "Limit", "Age", "Last success")
ONE = 'check="$check"'
BACKGROUND = {"type": "color-background"}
NEVER_SUCCEEDED = {"0": ("never", looks.RED)}


def overview(pages: str) -> model.Dashboard:
    """All checks now, the worst first."""
    bands = len({group(name) for name in declared()})
    parts: list[Panel] = [
        *counts(CHOSEN, "of the chosen groups and severities"),
        _items(
            "Not ok now",
            "The worst item of each check that fails or cannot be observed; empty when all is well.",
            queries.worst(CHOSEN),
            10,
        ),
        history(CHOSEN, "The worst state of each group at each time.", 4 + bands // 2, by="group"),
        _sites(),
        _items(
            "Every check now",
            "A row for each limit of each check, the worst first. A check without a value has no limit.",
            queries.rank(CHOSEN),
            20,
        ),
    ]
    return frame.dashboard(
        frame.OVERVIEW,
        "Checks: Overview",
        "What is wrong now, since when the data is, and where to look next.",
        parts,
        variables=[frame.groups(), frame.severities()],
        pages=pages,
    )


def one(pages: str) -> model.Dashboard:
    """One check in depth."""
    return frame.dashboard(
        frame.CHECK,
        "Checks: One check",
        "One check's value against its limits, its states, its probe.",
        _one(),
        variables=[frame.one_check()],
        pages=pages,
    )


def _items(title: str, text: str, chosen: str, height: int) -> Panel:
    """Items with what was judged; the other columns are of the items that were chosen."""

    def told(metric: str) -> str:
        return f"max by ({ITEM}) ({series(metric, CHOSEN)}) and on ({ITEM}) ({chosen})"

    columns = {
        "State": chosen,
        "Value": told(metrics.VALUE),
        "Limit": told(metrics.LIMIT),
        "Age": f"time() - ({told(metrics.OBSERVED)})",
        "Last success": f"1000 * ({told(metrics.LAST_SUCCESS)})",
    }
    panel = rows(title, text, columns, order=ORDER, worst="State", height=height)
    links = {
        "Runbook page": frame.PAGE % "${__value.text}",
        "This check in depth": frame.in_depth("${__value.text}"),
    }
    return _linked(_past(_state(panel)), "check", links)


def _sites() -> Panel:
    """A row for each site: with many sites, the way to the one that has trouble."""
    columns = {
        "State": queries.rank(CHOSEN, "site"),
        "Failing": _by_site(f"{series(metrics.SUCCESS, CHOSEN)} == 0"),
        "Unknown": _by_site(f"{series(metrics.UNKNOWN, CHOSEN)} == 1"),
        "Age": queries.age(),
    }
    panel = rows(
        "Sites",
        "The worst state of each site, how many of its checks fail or are unknown, and its last run.",
        columns,
        order=("State", "site", "Failing", "Unknown", "Age"),
        worst="State",
        height=8,
    )
    own = f"/d/{frame.OVERVIEW}?var-site=${{__value.text}}&${{datasource:queryparam}}&${{__url_time_range}}"
    return _linked(_past(_state(panel)), "site", {"This site alone": own})


def _by_site(question: str) -> str:
    return f"count by (site) (count by (site, check) ({question}))"


def _state(panel: table.Panel) -> table.Panel:
    facts = {"mappings": looks.states(), "custom.cellOptions": BACKGROUND, "custom.width": 160}
    return panel.override_by_name("State", column(facts))


def _linked(panel: table.Panel, name: str, links: Mapping[str, str]) -> table.Panel:
    """Links out of a column; title -> address."""
    found = [{"title": title, "url": url, "targetBlank": False} for title, url in links.items()]
    return panel.override_by_name(name, column({"links": found, "custom.width": 320}))


def _past(panel: table.Panel) -> table.Panel:
    """Columns of times."""
    never = {"unit": "dateTimeFromNow", "mappings": looks.words(NEVER_SUCCEEDED)}
    return panel.override_by_name("Age", column({"unit": "s"})).override_by_name(
        "Last success", column(never)
    )


def _one() -> Iterable[Panel]:
    runbook = [link("Runbook page", frame.PAGE % "${check:raw}")]
    yield number(
        "State now",
        "The check's state on each of the chosen sites.",
        queries.rank(ONE, "site"),
        names=looks.states(),
        legend="{{site}}",
    ).links([*runbook])
    yield number(
        "Last success",
        "When it last passed at each severity.",
        f"1000 * min by (site, severity) ({series(metrics.LAST_SUCCESS, ONE)})",
        unit="dateTimeFromNow",
        names=looks.words(NEVER_SUCCEEDED),
        legend="{{severity}} {{site}}",
    )
    yield number(
        "Passing",
        "The share of the shown time in which it passed, of the time in which it was judged.",
        f"avg by (site, severity) (avg_over_time({series(metrics.SUCCESS, ONE)}[$__range]))",
        unit="percentunit",
        legend="{{severity}} {{site}}",
    )
    yield _units(
        lines(
            "Value and limits",
            "What was judged and the limits it was judged by, those of the site's settings among them. A gap"
            " is unknown; a check without a value has its states below.",
            {
                "{{check}} {{site}}": queries.while_runs_come(queries.value(ONE, "site, check")),
                "{{check}} {{severity}} limit {{site}}": queries.while_runs_come(
                    f"max by (site, check, severity) ({series(metrics.LIMIT, ONE)})"
                ),
            },
            unit="short",
            width=WHOLE,
            height=10,
        )
    ).links([*runbook])
    yield timeline(
        "History of states",
        "Its state at each severity; no band where runs did not come.",
        queries.while_runs_come(queries.rank(ONE, "site, severity")),
        legend="{{severity}} {{site}}",
        names=looks.states(),
        width=WHOLE,
    ).links([*runbook])
    yield lines(
        "Duration of its probe",
        "How long it took to observe; several severities share one observation.",
        {"{{site}}": f"max by (site) ({series(metrics.DURATION, ONE)})"},
        unit="s",
        width=HALF,
    )
    yield lines(
        "Age of its observation",
        "Since it was observed: it rises to an hour or a day for a check that is observed that rarely.",
        {"{{site}}": f"time() - max by (site) ({series(metrics.OBSERVED, ONE)})"},
        unit="s",
        width=HALF,
    )


def _units(panel: timeseries.Panel) -> timeseries.Panel:
    """The unit of whichever check is shown: series begin with its name."""
    units: dict[str, list[str]] = {}
    for name, check in declared().items():
        if check.limits:
            units.setdefault(looks.unit(check.unit), []).append(name)
    for unit, names in units.items():
        panel.override_by_regexp(f"/^({'|'.join(names)}) /", column({"unit": unit}))
    return panel
