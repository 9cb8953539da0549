"""What all dashboards have: data source, sites, links to each other, and how old their data is."""

from __future__ import annotations

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from fixtures.declaration import SEVERITIES
from pushgateway.common import LATE, SUITE
from pushgateway.dashboards import looks, queries
from pushgateway.dashboards.panels import SOURCE, Panel, link, number
from reporters import metrics

TAG = "verenigingen-checks"
OVERVIEW, CHECK, MONEY, CAPACITY, RUNS = (
    f"verenigingen-{name}" for name in ("overview", "check", "sepa-and-billing", "capacity", "runs")
)
KEEP = "${site:queryparam}&${datasource:queryparam}&${runbook:queryparam}&${__url_time_range}"
"""What a link to another dashboard takes along."""

PAGES = "https://example.org/runbook"
"""Where the runbook is published, until `--runbook` or the text box says it: pages are NAME.md below it."""

PAGE = "${runbook:raw}/%s.md"

Variable = (
    build.QueryVariable
    | build.CustomVariable
    | build.DatasourceVariable
    | build.TextBoxVariable
)  # fmt: skip


def in_depth(name: str) -> str:
    """The address of the dashboard of one check; `name` may be a variable of Grafana's."""
    return f"/d/{CHECK}?var-check={name}&{KEEP}"


def about(name: str) -> list[build.DashboardLink]:
    """The links of a check's panel."""
    return [link("Runbook page", PAGE % name), link("This check in depth", in_depth(name))]


def dashboard(  # noqa: PLR0913 (a dashboard is a list of facts)
    uid: str,
    title: str,
    text: str,
    parts: Iterable[Panel | build.Row],
    *,
    variables: Iterable[Variable] = (),
    pages: str = PAGES,
) -> model.Dashboard:
    """A whole dashboard, whose first panel is the age of its data."""
    made = (
        build.Dashboard(title)
        .uid(uid)
        .description(text)
        .tags([TAG])
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .refresh("1m")
        .time("now-24h", "now")
        .timezone("browser")
        .link(_others())
        .with_panel(_age())
    )
    for variable in (_source(), _sites(), *variables, _runbook(pages)):
        made.with_variable(variable)
    for part in parts:
        if isinstance(part, build.Row):
            made.with_row(part)
        else:
            made.with_panel(part)
    whole = made.build()
    for place, panel in enumerate(whole.panels or [], 1):
        panel.id_val = place
    return whole


def groups() -> build.QueryVariable:
    """The groups, from the data, so that a check newer than the dashboards is not left out."""
    return _labels("group", metrics.UNKNOWN, "The files of checks.")


def severities() -> build.CustomVariable:
    """The severities, low to high."""
    return (
        build.CustomVariable("severity")
        .label("Severity")
        .values(",".join(SEVERITIES))
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(_everything())
    )


def one_check() -> build.QueryVariable:
    """One check."""
    return _labels("check", metrics.UNKNOWN, "One check.", many=False)


def _age() -> Panel:
    text = (
        f"Since the last run of the chosen site that waits longest. Red after {LATE} minutes: the Pushgateway"
        " repeats the last values for ever, so nothing here is then known to be so."
    )
    return number(
        "Data age",
        text,
        queries.oldest(),
        unit="s",
        colours=looks.fresh(),
        names=looks.never("no run"),
    )


def _source() -> build.DatasourceVariable:
    return build.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _sites() -> build.QueryVariable:
    return (
        _labels("site", metrics.RUN_ENDED, "The checked sites.")
        .query(f"label_values({metrics.RUN_ENDED}{{{SUITE}}}, site)")
    )  # fmt: skip


def _runbook(pages: str) -> build.TextBoxVariable:
    return (
        build.TextBoxVariable("runbook")
        .label("Runbook")
        .description("The address below which the runbook's pages are.")
        .default_value(pages)
        .current(model.VariableOption(selected=True, text=pages, value=pages))
    )


def _labels(name: str, metric: str, text: str, *, many: bool = True) -> build.QueryVariable:
    variable = (
        build.QueryVariable(name)
        .label(name.capitalize())
        .description(text)
        .datasource(SOURCE)
        .query(f"label_values({queries.series(metric)}, {name})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(many)
        .include_all(many)
    )
    return variable.all_value(".+").current(_everything()) if many else variable


def _everything() -> model.VariableOption:
    return model.VariableOption(selected=True, text=["All"], value=["$__all"])


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("Dashboards of the checks")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )
