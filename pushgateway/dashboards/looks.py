"""How things look: units, colours, limits, what a number is called."""

from __future__ import annotations

import math
from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from fixtures.declaration import SEVERITIES, Check
from pushgateway.dashboards.queries import FAILING, NEVER, OK, STALE, UNKNOWN

GREEN, RED, PURPLE = "green", "red", "purple"
COLOURS: Mapping[str, str] = dict(zip(SEVERITIES, ("blue", "yellow", "orange", RED), strict=True))
"""Blue for info is no alarm; purple is kept for what could not be observed."""

UNITS: Mapping[str, str] = {
    "": "bool_yes_no",
    "%": "percent",
    "EUR": "currencyEUR",
    "bytes": "bytes",
    "days": "d",
    "hours": "h",
    "seconds": "s",
}
"""Grafana's own units; it gives all other words as they are behind the number."""

Steps = build.ThresholdsConfig


def unit(word: str) -> str:
    """Grafana's unit for a check's; `% of members` is a percentage as well."""
    if word.startswith("% "):
        return "percent"
    return UNITS.get(word, f"suffix:{word}")


def limits(check: Check) -> Steps:
    """The declared limits as colours.

    Grafana's step begins at its value, and a check fails beyond its limit: where more is worse the step is
    the next number, or no errors at a limit of 0 would be yellow.
    """
    if not check.limits:
        return steps(GREEN)
    if check.at_least:
        worse = [severity for severity, _ in reversed(check.limits)]
        better = [*(COLOURS[severity] for severity in worse[1:]), GREEN]
        values = [limit for _, limit in reversed(check.limits)]
        return steps(COLOURS[worse[0]], *zip(values, better, strict=True))
    return steps(
        GREEN, *((math.nextafter(limit, math.inf), COLOURS[severity]) for severity, limit in check.limits)
    )


def steps(base: str, *more: tuple[float, str]) -> Steps:
    """A colour, and others from a value on."""
    found = [model.Threshold(color=base)]
    found += [model.Threshold(value=number, color=colour) for number, colour in more]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def fresh() -> Steps:
    """Of the age of data: red when too old."""
    return steps(GREEN, (STALE, RED))


def states(severity: str | None = None) -> list[model.ValueMapping]:
    """What ranks are called; those of a condition, which has one severity, end at FAILING."""
    named = {OK: ("ok", GREEN), UNKNOWN: ("unknown", PURPLE)}
    if severity is None:
        named |= {
            FAILING + place: (f"failing ({level})", COLOURS[level]) for place, level in enumerate(SEVERITIES)
        }
    else:
        named[FAILING] = (f"failing ({severity})", COLOURS[severity])
    return words({str(number): told for number, told in named.items()})


def words(named: Mapping[str, tuple[str, str]]) -> list[model.ValueMapping]:
    """Number -> word and colour."""
    options = {
        number: model.ValueMappingResult(text=text, color=colour, index=place)
        for place, (number, (text, colour)) in enumerate(named.items())
    }
    return [model.ValueMap(options=options)]


def never(text: str, lowest: float = NEVER) -> list[model.ValueMapping]:
    """A word for an age that is none."""
    result = model.ValueMappingResult(text=text, color=RED, index=0)
    return [model.RangeMap(options=model.DashboardRangeMapOptions(from_val=lowest, result=result))]
