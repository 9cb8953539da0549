"""The kinds of panel that the dashboards are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from pushgateway.dashboards import looks

Panel = Builder[model.Panel]
Link = build.DashboardLink
SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
HALF, WHOLE = 12, 24


def link(title: str, url: str) -> Link:
    """A link out of a panel, opened beside it."""
    return Link(title).type(model.DashboardLinkType.LINK).url(url).target_blank(True)


def number(  # noqa: PLR0913 (a panel is a list of facts)
    title: str,
    text: str,
    question: str,
    *,
    unit: str = "none",
    colours: looks.Steps | None = None,
    names: Sequence[model.ValueMapping] = (),
    legend: str = "",
    width: int = 6,
    trend: bool = False,
) -> stat.Panel:
    """One number now, or one of each series; with its course behind it where that says something."""
    asked = _range(question, legend, "A") if trend else _instant(question, "A", legend)
    return (
        stat.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(unit)
        .mappings(list(names))
        .thresholds(colours or looks.steps("text"))
        .color_mode(options.BigValueColorMode.BACKGROUND if colours else options.BigValueColorMode.VALUE)
        .graph_mode(options.BigValueGraphMode.AREA if trend else options.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("no data")
        .span(width)
        .height(4)
        .with_target(asked)
    )


def lines(  # noqa: PLR0913 (a panel is a list of facts)
    title: str,
    text: str,
    questions: Mapping[str, str],
    *,
    unit: str,
    colours: looks.Steps | None = None,
    width: int = HALF,
    height: int = 8,
) -> timeseries.Panel:
    """Values over time, as the steps that they are; legend -> question."""
    shown = options.GraphTresholdsStyleMode.DASHED if colours else options.GraphTresholdsStyleMode.OFF
    panel = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(unit)
        .line_interpolation(options.LineInterpolation.STEP_AFTER)
        .show_points(options.VisibilityMode.NEVER)
        .axis_soft_min(0)
        .thresholds(colours or looks.steps("text"))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(shown))
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI))
        .span(width)
        .height(height)
    )
    for place, (legend, question) in enumerate(questions.items()):
        panel.with_target(_range(question, legend, chr(ord("A") + place)))
    return panel


def timeline(  # noqa: PLR0913 (a panel is a list of facts)
    title: str,
    text: str,
    question: str,
    *,
    legend: str,
    names: Sequence[model.ValueMapping],
    width: int = HALF,
    height: int = 8,
) -> statetimeline.Panel:
    """States over time, one band for each series."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit("none")
        .mappings(list(names))
        .thresholds(looks.steps("text"))
        .merge_values(True)
        .show_value(options.VisibilityMode.NEVER)
        .row_height(0.8)
        .legend(_legend())
        .span(width)
        .height(height)
        .with_target(_range(question, legend, "A"))
    )


def rows(  # noqa: PLR0913 (a panel is a list of facts)
    title: str,
    text: str,
    columns: Mapping[str, str],
    *,
    hidden: Iterable[str] = (),
    order: Sequence[str] = (),
    worst: str,
    height: int,
    width: int = WHOLE,
) -> table.Panel:
    """A table: column -> question, joined by their labels, the highest of `worst` first.

    Fields are named `Value #A` and so on until the last step names them; `order` names what comes first.
    """
    letters = {name: chr(ord("A") + place) for place, name in enumerate(columns)}
    fields = {f"Value #{letter}": name for name, letter in letters.items()}
    if len(fields) == 1:
        fields = {"Value": worst}
    found = {name: field for field, name in fields.items()}
    panel = (
        table.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit("short")
        .thresholds(looks.steps("text"))
        .show_header(True)
        .span(width)
        .height(height)
        .with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_sorted(found[worst]))
        .with_transformation(
            model.DataTransformerConfig(
                id_val="organize",
                options={
                    "renameByName": fields,
                    "excludeByName": dict.fromkeys(("Time", *hidden), True),
                    "indexByName": {found.get(name, name): place for place, name in enumerate(order)},
                },
            )
        )
    )
    for name, question in columns.items():
        panel.with_target(_instant(question, letters[name]).format(PromQueryFormat.TABLE))
    return panel


def column(properties: Mapping[str, Any]) -> list[model.DynamicConfigValue]:
    """What is special about one column."""
    return [model.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]


def _sorted(field: str) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": field, "desc": True}]})


def _instant(question: str, letter: str, legend: str = "") -> Dataquery:
    return Dataquery().expr(question).ref_id(letter).legend_format(legend or "__auto").instant()


def _range(question: str, legend: str, letter: str) -> Dataquery:
    return Dataquery().expr(question).ref_id(letter).legend_format(legend or "__auto").range()


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(options.LegendDisplayMode.LIST)
        .placement(options.LegendPlacement.BOTTOM)
    )
