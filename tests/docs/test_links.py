"""On GitHub too each page's links and pictures lead somewhere."""

import re
import runpy
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import ROOT

PAGES = sorted(
    {
        path
        for pattern in runpy.run_path(str(ROOT / "docs" / "site.py"))["PAGES"]
        for path in ROOT.glob(pattern)
    }
)
LOOKS_RIGHT = re.compile(r"https://|mailto:")


def prose(path: Path) -> str:
    """A page without its code."""
    text = re.sub(r"^ *(`{3,}).*?^ *\1", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.sub(r"`[^`\n]+`", lambda code: re.sub(r"[\[\]()]", "", code[0]), text)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them: the second of a name ends in -1."""
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for head in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", head)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def dead(path: Path) -> list[str]:
    """Links of a page to a file or a heading that is not there."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if LOOKS_RIGHT.match(target):
            continue
        file, _, anchor = unquote(target).partition("#")
        to = (path.parent / file).resolve() if file else path
        if not to.exists() or (anchor and (to.suffix != ".md" or anchor not in anchors(prose(to)))):
            found.append(target)
    return found


def test_links_lead_somewhere():
    assert sum(prose(path).count("](") for path in PAGES) > 700
    assert {str(path.relative_to(ROOT)): found for path in PAGES if (found := dead(path))} == {}


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("[x](other.md)", True),
        ("[x](other.md#a-head-of-two)", True),
        ("[x](other.md#twice-1)", True),
        ("[x](#here)", True),
        ("[x](https://example.nl/none)", True),
        ("```text\n[x](none.md)\n```", True),
        ("[x](none.md)", False),
        ("![x](none.png)", False),
        ("[x](other.md#twice-2)", False),
        ("[x](#there)", False),
        ("[x](http://example.nl)", False),
    ],
)
def test_dead_links_are_found(tmp_path, link, leads):
    (tmp_path / "other.md").write_text("# A `head`, of two!\n## Twice\n## Twice\n")
    (tmp_path / "page.md").write_text(f"# Here\n\n{link}\n")
    assert (dead(tmp_path / "page.md") == []) is leads
