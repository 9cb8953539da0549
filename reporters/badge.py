"""Badges for other pages: `badges/overall.svg`, and one for each group; a word and a colour, no figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from reporters import health, state, status_view, status_words

if TYPE_CHECKING:
    from reporters.notice import Language
    from reporters.publish import Told

COLOURS: Mapping[str, str] = {
    "healthy": "#1d7648",
    "ok": "#1d7648",
    "degraded": "#875100",
    "warning": "#875100",
    "unhealthy": "#b0221b",
    "failing": "#b0221b",
    "unknown": "#57479b",
}
"""Each has a contrast of at least 4.5 to the white word on it."""

WIDTH = 7
"""Of a character, in pixels: the texts are stretched to the place that is kept for them."""


def report(told: Told) -> None:
    """Write them, and take away those of groups that are no more."""
    run = told.run
    if not run.full:
        return
    language = told.settings.alerts.language
    worst = [result for result in run.worst() if result.status != "skipped"]
    status = health.status(worst)
    drawn = {
        "overall.svg": draw(
            status_words.text(language, "badge_overall"),
            status_words.text(language, f"badge_{status}"),
            COLOURS[status],
        )
    }
    for name in sorted({result.group for result in worst}):
        level = status_view.level(result for result in worst if result.group == name)
        drawn[f"{file_name(name)}.svg"] = group(name, level, language)
    folder = told.public / "badges"
    for name, text in drawn.items():
        state.show(folder / name, text)
    for path in folder.glob("*.svg"):
        if path.name not in drawn:
            path.unlink()


def group(name: str, level: str, language: Language) -> str:
    """A group's badge."""
    word = status_words.text(language, f"public_{level}")
    return draw(status_words.group(language, name), word, COLOURS[level])


def file_name(group: str) -> str:
    """A group's name as a file's."""
    return re.sub(r"[^a-z0-9_-]", "_", group.lower())[:60] or "_"


def draw(label: str, word: str, colour: str) -> str:
    """One badge: a label and a word; whatever they are, they are text."""
    label, word = (status_words.clean(told, 60) for told in (label, word))
    left, right = (len(told) * WIDTH + 14 for told in (label, word))
    title = f"{label}: {word}"
    texts = "".join(
        f'<text x="{x}" y="14.5" textLength="{len(told) * WIDTH}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(told)}</text>"
        for x, told in ((7, label), (left + 7, word))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="21" role="img"'
        f" aria-label={quoteattr(title)}><title>{escape(title)}</title>"
        f'<rect width="{left + right}" height="21" rx="4" fill="#3b4742"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v13a4 4 0 0 1-4 4h-{right - 4}z" fill="{colour}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11.5">{texts}</g></svg>\n'
    )
