"""`make docs`: the site is built without a warning, finds what is looked for, and asks for nothing from elsewhere."""

import functools
import importlib.util
import shutil
import threading
from collections import Counter
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from markdown_it import MarkdownIt

from tests.conftest import ROOT
from tests.steady import until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("docs_site", ROOT / "docs" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tool, tmp_path_factory):
    return tool.build(tmp_path_factory.mktemp("docs") / "made")


def test_every_page_is_there_and_no_link_is_dead(tool, site):
    made = {path.relative_to(site).with_suffix(".md") for path in tool.pages(site)}
    for path in [*ROOT.glob("docs/**/*.md"), *ROOT.glob("runbook/*.md")]:
        assert path.relative_to(ROOT) in made


PARTS = frozenset(["ol", "ul", "li", "pre", "table", "tr", "td", "h1", "h2", "h3", "h4", "img", "a"])


class Shown(HTMLParser):
    """What a reader sees of a page: its text without white space, and how many lists, tables, heads and blocks."""

    def __init__(self, html):
        super().__init__()
        self.on = "<article" not in html
        self.words, self.parts = [], Counter()
        self.left_out = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        kind = dict(attrs).get("class") or ""
        self.on |= tag == "article"
        self.left_out |= "headerlink" in kind or "filename" in kind
        if self.on and tag in PARTS:
            self.parts[tag] += tag != "a" or (
                "href" in dict(attrs) and not self.left_out and "__codelineno" not in str(attrs)
            )

    def handle_endtag(self, tag):
        self.on &= tag != "article"
        self.left_out &= tag not in ("a", "span")

    def handle_data(self, data):
        if self.on and not self.left_out:
            self.words += data.split()


def test_a_page_is_read_as_on_github(tool, site):
    """Two kinds of Markdown: a list, a block or a fraction of the one can be something else in the other."""
    github = MarkdownIt("commonmark").enable("table")
    for path in {path for pattern in tool.PAGES for path in ROOT.glob(pattern)}:
        made = (site / path.relative_to(ROOT)).with_suffix(".html")
        if path.name == "README.md":
            made = made.with_name("index.html")
        here, there = (
            Shown(made.read_text(encoding="utf-8")),
            Shown(github.render(path.read_text(encoding="utf-8"))),
        )
        assert "".join(here.words) == "".join(there.words), path
        assert +here.parts == +there.parts, path


def test_nothing_comes_from_elsewhere(tool, site):
    for path, page in tool.pages(site).items():
        outside = [one for one in page.loads if one.startswith(("http:", "https:", "//"))]
        assert outside == [], path


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ('<a href="none.html">x</a>', "none.html"),
        ('<a href="index.html#none">x</a>', "no such heading"),
        ('<img src="none.png">', "none.png"),
        ('<a href="index.html#here">x</a><h2 id="here"></h2>', ""),
        ('<a href="https://example.nl/none">x</a>', ""),
    ],
)
def test_dead_links_are_found(tool, tmp_path, text, dead):
    (tmp_path / "index.html").write_text(text)
    found = [*tool.dead_links(tmp_path)]
    assert len(found) == bool(dead)
    assert dead in "".join(found)


FIELD = "() => { const at = document.activeElement; return (at?.shadowRoot?.activeElement ?? at)?.matches('input') }"
"""Whether an input has the focus."""


def opened(page):
    """What is pressed before the page listens to keys is lost, and so is what is typed before the field is there."""
    page.keyboard.press("Control+k")
    for _ in range(50):
        if page.evaluate(FIELD):
            return True
        page.wait_for_timeout(100)
    return False


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_reader_searches_and_finds(site):
    playwright = pytest.importorskip("playwright.sync_api")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    asked, said = [], []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{base}/docs/index.html", wait_until="networkidle")
        page.locator("dialog[aria-label=Search]").wait_for(state="attached")
        until(lambda: opened(page), "the field of the search has the focus")
        page.keyboard.type("disk usage", delay=20)
        page.get_by_text("A file system is nearly full").first.click()
        page.wait_for_url("**/runbook/disk_usage.html*")
        assert page.locator("h1").inner_text().startswith("disk_usage")
        page.set_viewport_size({"width": 360, "height": 800})
        for name in ("runbook/disk_usage", "docs/card", "docs/architecture"):
            page.goto(f"{base}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        browser.close()
    server.shutdown()
    server.server_close()
    assert said == []
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []
