"""Bars of hours and days: as paths for the page, and all groups' as a picture for a mail."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from reporters.archive import HOUR
from reporters.daily import charts, forms
from reporters.daily.model import Group, Mark
from reporters.daily.spans import Span
from reporters.notice import Language

STEP = 4
"""Width of one bar, its space included."""

SHAPES: Mapping[str, tuple[tuple[float, int, float, int], ...]] = {
    "ok": ((0, 7, 3, 10),),
    "part": ((0, 7, 1.5, 10), (1.5, 11, 1.5, 2)),
    "rest": ((0, 11, 3, 2),),
    "warning": ((0, 3, 3, 18),),
    "failing": ((0, 0, 3, 24),),
    "unknown": ((0, 3, 0.9, 18), (2.1, 3, 0.9, 18)),
    "none": ((0.2, 8, 2.6, 8),),
}
"""From the left, from the top, width and height; what is not known is only outlined."""

BARS = {
    "ok": "#58a97c",
    "part": "#58a97c",
    "rest": "#58a97c",
    "warning": "#d08a1c",
    "failing": "#c4362e",
    "unknown": "#8676c9",
    "none": "#8b9690",
}
ROW = 30
"""Height of a row of bars, which are 24 high, and the room below them."""

LONGEST = 28
"""Letters of a group's name in the picture."""


def paths(marks: Sequence[Mark]) -> dict[str, str]:
    """Mark -> the path of all its bars; each mark has a shape of its own, so that colour is not alone."""
    found: dict[str, str] = {}
    for place, mark in enumerate(marks):
        for x, y, width, height in SHAPES.get(mark, ()):
            shape = f"M{round(place * STEP + x, 1):g} {y}h{width:g}v{height}h-{width:g}z"
            found[mark] = found.get(mark, "") + shape
    return found


def axis(span: Span, language: str) -> list[tuple[float, str]]:
    """(per cent from the left, label) of the bars' time."""
    cells = span.cells()
    found = []
    for place, cell in enumerate(cells):
        at = 100 * place / len(cells)
        if span.kind == "day" and cell.label in ("00:00", "06:00", "12:00", "18:00"):
            found.append((at, cell.label[:2]))
        elif span.kind == "week":
            found.append((at, forms.DAYS[language == "nl"][place][:2]))
        elif span.kind == "month" and place % 7 == 0:
            found.append((at, str(place + 1)))
    return found


def overview(
    groups: Sequence[Group], span: Span, language: Language, named: Sequence[tuple[str, str]]
) -> bytes:
    """The bars of all groups as a picture, each with its name and its availability (`named`)."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure as Canvas

    rows, cells = max(len(groups), 1), max((len(one.bars) for one in groups), default=1)
    shapes: dict[str, list[list[tuple[float, float]]]] = {}
    for row, one in enumerate(groups):
        for place, mark in enumerate(one.bars):
            for left, top, width, height in SHAPES.get(mark, ()):
                x, y = place * STEP + left, row * ROW + top
                corners: list[tuple[float, float]] = [
                    (x, y),
                    (x + width, y),
                    (x + width, y + height),
                    (x, y + height),
                ]
                shapes.setdefault(mark, []).append(corners)
    with mpl.rc_context(charts.SETTINGS):  # type: ignore[arg-type]
        high = 0.2 * rows + 0.25
        canvas = Canvas(figsize=(charts.MAIL_WIDTH, high), dpi=charts.DOTS)
        FigureCanvasAgg(canvas)
        axes = canvas.add_axes((0.31, 0.02, 0.56, 1 - 0.25 / high - 0.02))
        for kind, polygons in shapes.items():
            colour = BARS[kind]
            face = "none" if kind == "none" else colour
            axes.add_collection(PolyCollection(polygons, fc=face, ec=colour, lw=0.6 if kind == "none" else 0))
        for row, (name, share) in enumerate(named):
            y = row * ROW + 12
            axes.text(-STEP, y, _short(name), ha="right", va="center", fontsize=9, parse_math=False)
            axes.text(cells * STEP + 3 * cells / 24, y, share, ha="left", va="center", fontsize=9)
        for at, label in charts.ticks(span, language):
            x = at / ((span.end - span.begin) / HOUR) * cells * STEP
            if label != "24":
                axes.text(x, -4, label, va="bottom", fontsize=8, color=charts.COLOURS["text"])
        axes.set_xlim(0, cells * STEP)
        axes.set_ylim(rows * ROW, -2)
        axes.axis("off")
        out = io.BytesIO()
        canvas.savefig(out, format="png", facecolor="white")
    return out.getvalue()


def _short(name: str) -> str:
    """As much of a name as there is room for."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."
