"""`make docs`: the site is built without a warning, finds what is looked for, and asks for nothing from elsewhere."""

import functools
import importlib.util
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import ROOT

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
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{base}/docs/index.html", wait_until="networkidle")
        page.keyboard.press("Control+k")
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
