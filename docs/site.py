"""`make docs`: the pages of docs/, runbook/ and others as a site with search, in .cache/docs/site."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "runbook/*.md",
    "deploy/*.md",
    "pushgateway/*.md",
    "bench/*.md",
)
LINK = re.compile(r"\]\(([^)#\s]+)")
FILE_OF_BLOCK = re.compile(r"^( *`{3,}\w+) ([^\s=]+)$", re.M)
CODE_IN_TABLE = re.compile(r"^\|.*\|$", re.M)


def build(folder: Path) -> Path:
    """The site's folder, below `folder`, made anew.

    Raises:
        SystemExit: a warning of the generator, or a link that leads nowhere; told on stderr.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted({path for pattern in PAGES for path in ROOT.glob(pattern)}):
        _copy(path, folder)
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            linked = (path.parent / unquote(link)).resolve()
            if linked.is_file() and linked.is_relative_to(ROOT):  # pictures, and files to look at
                _copy(linked, folder)
    _copy(ROOT / "docs" / "site.css", folder)
    shutil.copy(ROOT / "docs" / "zensical.toml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(folder / "zensical.toml")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode or "No issues found" not in done.stdout + done.stderr:
        raise SystemExit(f"docs: {done.stdout}{done.stderr}")
    if dead := [*dead_links(folder / "site")]:
        raise SystemExit("\n".join(["docs: links that lead nowhere:", *dead]))
    return folder / "site"


def as_generated(text: str) -> str:
    """A page as the generator has to read it to show what GitHub shows: two things differ."""
    text = FILE_OF_BLOCK.sub(r'\1 title="\2"', text)
    return CODE_IN_TABLE.sub(
        lambda row: re.sub(r"`[^`]+`", lambda code: code[0].replace(r"\|", "|"), row[0]), text
    )


def _copy(path: Path, folder: Path) -> None:
    target = folder / "src" / path.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".md":
        target.write_text(as_generated(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        shutil.copy(path, target)


class Page(HTMLParser):
    """What a page links to, what it loads, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        told = {key: value or "" for key, value in attrs}
        self.anchors |= {told.get("id", ""), told.get("name", "")}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif "src" in told or (tag == "link" and told.get("rel") != "canonical"):
            self.loads.append(told.get("src") or told.get("href", ""))


def pages(site: Path) -> dict[Path, Page]:
    """Each page of the site."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def dead_links(site: Path) -> Iterator[str]:
    """Links inside the site to a page, a file or a heading that is not there."""
    found = pages(site)
    for path, page in found.items():
        if path.name == "404.html":
            continue
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link}"
            elif parts.fragment and target in found and unquote(parts.fragment) not in found[target].anchors:
                yield f"{path.relative_to(site)}: {link}: no such heading"


if __name__ == "__main__":
    print(f"written to {build(ROOT / '.cache' / 'docs').relative_to(ROOT)}/index.html")
