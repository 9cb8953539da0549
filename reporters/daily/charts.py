"""The curve of a named figure: as SVG that takes the page's colours, and as PNG for a mail.

Matplotlib draws both, without a screen, and is imported only when a report is made. In the SVG each part
has a class and no colour of its own, so one style sheet serves light, dark and paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from reporters.archive import HOUR
from reporters.daily import forms
from reporters.daily.model import Figure
from reporters.daily.spans import Span
from reporters.notice import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 4.0, 1.5
"""In inches; an inch is 72 of the SVG's units."""

MAIL_WIDTH = 6.2

DOTS = 144
FEW = 26
"""So many values at most are drawn as dots as well."""

BREAK = 2.6
"""After so many usual steps without a value the line is broken."""

ZERO = 0.6
"""Where the lowest value is less than this part of the highest, the chart begins at zero."""

NEAR = 1.6
"""A limit is drawn where that makes the chart at most so many times higher."""

COLOURS = {
    "line": "#155a86",
    "band": "#b9d3e3",
    "limit": "#a3301f",
    "gap": "#f1f1ee",
    "frame": "#c3ccc7",
    "text": "#51605a",
}
"""Of the PNG."""

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "path.simplify_threshold": 0.4,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "hatch.linewidth": 0.6,
    "hatch.color": "#8b9690",
    "axes.unicode_minus": True,
}
SVG = "http://www.w3.org/2000/svg"
PART = re.compile(r"part-(\w+)")


def svg(figure: Figure, span: Span, until: float, language: Language, name: str) -> str:
    """An `<svg>` without ids but `name`, styles or anything from outside."""
    root = ET.fromstring(_draw(figure, span, until, language, "svg"))  # noqa: S314 (what Matplotlib has just written)
    view = root.attrib["viewBox"]
    parts = "".join(_parts(root, ""))
    return f'<svg class="chart" id="{name}" viewBox="{view}" aria-hidden="true">{parts}</svg>'


def png(figure: Figure, span: Span, until: float, language: Language) -> bytes:
    """The same as a picture on white."""
    return _draw(figure, span, until, language, "png")


def _draw(figure: Figure, span: Span, until: float, language: Language, kind: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context(SETTINGS):  # type: ignore[arg-type]
        width = WIDTH if kind == "svg" else MAIL_WIDTH
        canvas = Canvas(figsize=(width, HEIGHT), dpi=DOTS)
        FigureCanvasAgg(canvas)
        axes = canvas.add_axes((0.46 / width, 0.15, 1 - 0.53 / width, 0.79))
        _plot(axes, figure, span, until)
        _dress(axes, figure, span, language)
        out = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else None
        canvas.savefig(out, format=kind, metadata=metadata, facecolor="white")
    return out.getvalue()


def _plot(axes: Axes, figure: Figure, span: Span, until: float) -> None:
    begin = span.begin

    def x(at: float) -> float:
        return (at - begin) / HOUR

    for low, high in _gaps(figure, span, until):
        axes.axvspan(x(low), x(high), fc=COLOURS["gap"], hatch="////", ec="#8b9690", lw=0, gid="part-gap")
    wide = min((late[0] - early[0] for early, late in pairwise(figure.band)), default=HOUR)
    for piece in _pieces([(at, (low, high)) for at, low, high in figure.band], wide):
        at = [x(one) for one, _ in piece] + [x(piece[-1][0] + wide)]
        values = [value for _, value in piece] + [piece[-1][1]]
        lows, highs = ([value[side] for value in values] for side in (0, 1))
        axes.fill_between(at, lows, highs, step="post", fc=COLOURS["band"], lw=0, gid="part-band")
    for _, limit in figure.limits:
        if _is_near(figure, limit):
            axes.axhline(limit, color=COLOURS["limit"], lw=1.1, ls=(0, (4, 3)), gid="part-limit")
    step = max(figure.step, 1.0)
    for piece in _pieces([(at, value) for at, value in figure.points if value is not None], step):
        at, values = [x(one) for one, _ in piece], [value for _, value in piece]
        axes.plot(at, values, color=COLOURS["line"], lw=1.6, solid_joinstyle="round", gid="part-line")
        if len(figure.values) <= FEW or len(piece) == 1:
            size = 9 if len(figure.values) <= FEW else 4
            axes.scatter(at, values, s=size, color=COLOURS["line"], gid="part-dot")


def _dress(axes: Axes, figure: Figure, span: Span, language: Language) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, (span.end - span.begin) / HOUR)
    seen = [*figure.values, *(value for _, low, high in figure.band for value in (low, high))]
    shown = seen + [limit for _, limit in figure.limits if _is_near(figure, limit)]
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    if 0 <= low < ZERO * high:
        low = 0.0
    room = (high - low) * 0.08 or max(abs(high) * 0.1, 0.5)
    axes.set_ylim(low - (room if low else 0.0) - (room / 2 if not low else 0), high + room)
    whole = all(float(value).is_integer() for value in shown)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=whole, min_n_ticks=2))
    brief = FuncFormatter(lambda value, _: _brief(value, figure.unit, language))
    axes.yaxis.set_major_formatter(brief)
    labels = dict(ticks(span, language))
    axes.set_xticks(list(labels), list(labels.values()))
    axes.tick_params(length=0, pad=4, labelcolor=COLOURS["text"])
    axes.grid(axis="y", color=COLOURS["frame"], lw=0.6, gid="part-frame")
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.patch.set_visible(False)


def _brief(value: float, unit: str, language: Language) -> str:
    """A number for the axis: 1.2k, and bytes in their unit without its name."""
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return forms.number(value / (1e3 if sign == "k" else limit), "", language) + sign
    return forms.number(value, "", language) if value or unit != "bytes" else "0"


def ticks(span: Span, language: Language) -> Iterator[tuple[float, str]]:
    """(hours from the beginning, label): every six hours by the clock, each day, or each Monday."""
    zone = ZoneInfo(span.zone)
    days = (span.after - span.first).days
    for number in range(days + 1):
        day = span.first + timedelta(days=number)
        for hour in (0, 6, 12, 18) if span.kind == "day" else (0,):
            here = datetime.combine(day, datetime.min.time(), zone).replace(hour=hour)
            at = (here.timestamp() - span.begin) / HOUR
            if at > (span.end - span.begin) / HOUR + 0.01:
                return
            if span.kind == "day":
                yield at, f"{hour:02}" if here.date() == span.first else "24"
            elif span.kind == "week" and number < days:
                yield at, forms.DAYS[language == "nl"][day.weekday()][:2]
            elif span.kind == "month" and number < days and number % 7 == 0:
                yield at, str(day.day)


def _is_near(figure: Figure, limit: float) -> bool:
    """Whether a limit can be drawn without making a flat line of the curve."""
    seen = [*figure.values, *(value for _, low, high in figure.band for value in (low, high))]
    if not seen:
        return True
    low, high = min(seen), max(seen)
    if 0 <= low < ZERO * high:
        low = 0.0
    height = max(high - low, 1e-9)
    return (max(high, limit) - min(low, limit)) <= NEAR * height or (high == low == 0 and limit <= 5)


def _pieces(points: Sequence[tuple[float, Any]], step: float) -> Iterator[list[tuple[float, Any]]]:
    """Stretches of a curve that hang together."""
    piece: list[tuple[float, Any]] = []
    for point in points:
        if piece and point[0] - piece[-1][0] > BREAK * step:
            yield piece
            piece = []
        piece.append(point)
    if piece:
        yield piece


def _gaps(figure: Figure, span: Span, until: float) -> Iterator[tuple[float, float]]:
    """Times without a value, up to the present."""
    step = max(figure.step, 300.0)
    known = [at for at, value in figure.points if value is not None]
    edges = [span.begin, *known, until]
    for number in range(len(edges) - 1):
        early, late = edges[number], edges[number + 1]
        if late - early > BREAK * step and late - early > (span.end - span.begin) / 200:
            yield early, late


def _parts(node: ET.Element, part: str) -> Iterator[str]:
    """The lines, areas and words of a drawing, each with the class of the part that it belongs to."""
    if found := PART.match(node.get("id", "")):
        part = found[1]
    tag = node.tag.rpartition("}")[2]
    if tag in ("defs", "metadata"):
        return
    if tag == "path" and part:
        data = re.sub(r"\s+", " ", re.sub(r"(\d+\.\d)\d+", r"\1", node.get("d", ""))).strip()
        yield f'<path class="{part}" d="{data}"/>'
    x, y = (f"{float(node.get(key, 0)):.1f}" for key in ("x", "y"))
    if tag == "use" and part:
        yield f'<circle class="{part}" cx="{x}" cy="{y}" r="2.2"/>'
    elif tag == "text":
        found = re.search(r"text-anchor: (\w+)", node.get("style", ""))
        yield f'<text x="{x}" y="{y}" text-anchor="{found[1] if found else "start"}">{node.text or ""}</text>'
    for child in node:
        yield from _parts(child, part)
