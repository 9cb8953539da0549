"""The status page in a real browser: its look, its refresh, its age, and nothing from outside."""

import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from wsgiref.handlers import format_date_time

import pytest

from tests.reporters.page_cases import AT, healthy, results, run, troubled
from tests.reporters.test_status_page import of_many

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

SHOTS = os.environ.get("CHECKS_SHOTS")
"""A folder for pictures of the page, for those who change its look."""


class Server:
    """Shows the pages of a folder, with the time that a test says."""

    def __init__(self, site):
        self.site, self.at, self.asked, self.down = site, AT, [], False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                path = outer.site.public / self.path.lstrip("/")
                body = path.read_bytes() if path.is_file() and not outer.down else b""
                self.send_response_only(200 if body else 503)
                self.send_header("Date", format_date_time(outer.at))
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class Reader:
    """One reader: what was asked for, and what the console said."""

    def __init__(self, browser, server, clock=AT + 60, *, still=False, **options):
        self.server = server
        self.context = browser.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        self.context.set_default_timeout(120_000)
        self.page = self.context.new_page()
        self.said, self.outside = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.route("**/*", self._pass)
        self.clock = clock
        server.at = clock
        if still:  # only `later` moves it, however long the test takes
            self.page.clock.install(time=clock - 1)
            self.page.clock.pause_at(clock)
        else:
            self.page.clock.install(time=clock)

    def _pass(self, route):
        if route.request.url.startswith((self.server.base, "data:")):
            return route.continue_()
        self.outside.append(route.request.url)
        return route.abort()

    def open(self, name="index"):
        self.page.goto(f"{self.server.base}/status/{name}.html")
        return self

    def later(self, seconds):
        """Time goes by, for the reader and for the server."""
        self.server.at += seconds
        before = len(self.server.asked)
        self.page.clock.fast_forward(seconds * 1000)
        return before

    def refreshed(self, seconds=61):
        """A refresh goes by."""
        with self.page.expect_response(lambda answer: "/status/" in answer.url):
            self.later(seconds)
        self.page.wait_for_timeout(1)
        self.page.clock.run_for(100)

    @property
    def text(self):
        return self.page.inner_text("body")

    def shot(self, name):
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"status-{name}.png")


@pytest.fixture
def reader(browser, tmp_path):
    opened = []

    def make(case, **options):
        server = Server(case(tmp_path))
        made = Reader(browser, server, **options)
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.context.close()
        one.server.stop()
        assert one.outside == []
        assert [said for said in one.said if "503" not in said] == []


def axe(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    return [
        (one["id"], node["html"][:200], node["failureSummary"])
        for one in found["violations"]
        for node in one["nodes"]
    ]


def test_it_shows_what_is_wrong_and_asks_for_nothing_else(reader):
    one = reader(troubled).open()
    assert "Something is broken" in one.text
    assert "1 min ago" in one.text
    assert one.page.title() == "Status: Something is broken"
    assert one.server.asked == ["/status/index.html"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "public"])
@pytest.mark.parametrize("width", [320, 1100])
def test_anyone_can_read_it(reader, scheme, name, width):
    one = reader(troubled, color_scheme=scheme, viewport={"width": width, "height": 900}).open(name)
    one.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert axe(one.page) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    ground = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")


def test_all_well_and_old_can_be_read_too(reader):
    one = reader(healthy, clock=AT + 7200).open()
    assert axe(one.page) == []


def test_what_a_run_changes_is_shown_without_loading_again(reader):
    one = reader(healthy).open()
    assert "All is well" in one.text
    one.page.evaluate("window.same = true")
    one.page.locator("summary").nth(3).click()
    opened = one.page.locator("details").nth(3).get_attribute("id")
    one.page.evaluate("scrollTo(0, 300)")
    one.server.site.publish(run(*results(trouble=True, at=AT + 60), at=AT + 60))
    one.refreshed()
    one.page.wait_for_selector("text=Something is broken")
    assert one.page.evaluate("window.same")
    assert one.page.title() == "Status: Something is broken"
    assert one.page.locator(f"#{opened}").get_attribute("open") is not None
    assert one.page.evaluate("document.activeElement.closest('details').id") == opened
    assert one.page.evaluate("scrollY") > 0
    assert one.page.locator("details[data-level=failing]").first.get_attribute("open") is not None


def test_it_touches_nothing_while_nothing_is_new(reader):
    one = reader(healthy).open()
    one.page.evaluate("window.main = document.querySelector('main')")
    one.refreshed()
    assert one.page.evaluate("window.main === document.querySelector('main')")


def test_old_data_are_told_in_large_letters_by_itself_and_end(reader):
    one = reader(healthy, still=True).open()
    assert one.page.locator("#stale").inner_text() == ""
    one.server.down = True
    for _ in range(12):
        one.later(61)
        one.page.wait_for_timeout(1)
    assert one.page.locator("#stale").inner_text() == ""
    one.later(180)
    banner = one.page.locator("#stale strong")
    banner.wait_for()
    assert banner.inner_text() == "This page is old"
    size = banner.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 40
    assert one.page.title().startswith("This page is old")
    assert "Nothing new for 16 min" in one.text
    one.server.down = False
    one.server.site.publish(run(*results(at=one.server.at), at=one.server.at))
    one.refreshed()
    one.page.locator("#stale strong").wait_for(state="detached")
    assert one.page.title() == "Status: All is well"


def test_an_old_page_is_old_at_once(reader):
    one = reader(healthy, clock=AT + 86400).open("public")
    assert "1 d 0 h" in one.page.locator("#stale").inner_text()


def test_a_readers_wrong_clock_is_set_right_by_the_servers(reader):
    one = reader(healthy, clock=AT + 86400)
    one.server.at = AT + 30
    one.open()
    assert one.page.locator("#stale strong").count() == 1
    one.refreshed()
    one.page.locator("#stale strong").wait_for(state="detached")


def test_without_a_script_all_is_there_and_the_page_loads_again(reader):
    one = reader(troubled, java_script_enabled=False).open()
    assert "Something is broken" in one.text
    assert "Loads again every minute" in one.text
    assert "2026-11-05 14:05" in one.text
    one.page.locator("summary").first.click()
    assert 'http-equiv="refresh" content="60"' in one.page.content()


def test_text_of_a_site_runs_nothing(reader):
    from msgspec.structs import replace

    def hostile(folder):
        site = healthy(folder)
        text = '<img src=x onerror="console.log(1)"></script><script>console.log(2)</script>'
        site.publish(run(*(replace(one, status="failing", reason=text, value=None) for one in results())))
        return site

    one = reader(hostile).open()
    assert "<img src=x" in one.text
    assert one.page.locator("img").count() == 0


def test_the_keyboard_reaches_what_is_wrong(reader):
    one = reader(troubled).open()
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.className") == "skip"
    one.page.keyboard.press("Enter")
    one.page.wait_for_function("location.hash == '#wrong'")


def test_paper_shows_every_part(reader):
    one = reader(troubled).open()
    one.page.emulate_media(media="print")
    pdf = one.page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert not one.page.locator(".skip").is_visible()


@pytest.mark.skipif(not SHOTS, reason="CHECKS_SHOTS names no folder")
def test_pictures(reader, tmp_path):
    for name, width, scheme in (("light", 900, "light"), ("dark", 900, "dark"), ("phone", 360, "light")):
        (tmp_path / name).mkdir()
        one = reader(
            lambda folder, name=name: troubled(folder / name),
            color_scheme=scheme,
            viewport={"width": width, "height": 1120},
        )
        one.open().shot(name)


@pytest.mark.parametrize("width", [320, 1100])
def test_an_overview_of_many_sites_leads_to_each(reader, width):
    one = reader(of_many, viewport={"width": width, "height": 900})
    one.open()
    assert axe(one.page) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    one.shot(f"many-{width}")
    one.page.get_by_role("link", name="s3.example.nl").click()
    one.page.wait_for_url("**/status/sites/s3.example.nl.html")
    assert "redis_queue_answers" in one.text
    assert axe(one.page) == []
