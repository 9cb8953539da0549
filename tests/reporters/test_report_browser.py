"""The report's page and its mail in a real browser: readable anywhere, and nothing from outside."""

import base64
import os
import re
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from reporters.daily import mailing, page
from reporters.daily.gather import gather
from reporters.daily.model import Asked
from reporters.daily.spans import span
from tests.reporters.report_cases import ALERTS, LAST, SITE, ZONE, troubled
from tests.reporters.test_report import MORNING, hostile

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

SHOTS = os.environ.get("CHECKS_SHOTS")
"""A folder for pictures of the page, for those who change its look."""

ASKED = Asked(
    SITE,
    1,
    errors=[
        ("frappe.exceptions.TimestampMismatchError", 31),
        ("redis.exceptions.ConnectionError", 22),
        ("verenigingen.utils.sepa: mandate <number> has no IBAN", 9),
        ("Failed to send mail to <mail>", 6),
        ("frappe.exceptions.LinkExistsError", 3),
    ],
    users=187,
    batches=[("Processed", 11), ("Generated", 2), ("Submitted", 1)],
)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    one = troubled(tmp_path_factory.mktemp("browser"))
    yield one
    one.history.close()


def of(made, kind="day"):
    one = span(kind, LAST.date(), ZONE)
    at = made.end + MORNING
    return replace(gather(made.connection, one, at, ALERTS), asked=[ASKED])


def mail(report):
    """The mail's page with its pictures in it, as a mail program shows them."""
    parts = mailing.mail_parts(report, ALERTS, "https://status.example.nl/reports")

    def picture(found):
        return f"data:image/png;base64,{base64.b64encode(parts.images[found[1]]).decode()}"

    return re.sub(r"cid:(\w+)", picture, parts.html)


@pytest.fixture
def reader(browser, tmp_path):
    """Opens a page as a file, in a browser that notes what it says and what it asks for."""
    opened, said, outside = [], [], []

    def make(text, width=1040, height=1500, **options):
        path = tmp_path / f"page{len(opened)}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(120_000)
        opened.append(context)
        one = context.new_page()
        one.on("console", lambda message: said.append(message.text))
        one.on("pageerror", lambda error: said.append(str(error)))
        one.on("request", lambda asked: outside.append(asked.url))
        one.goto(path.as_uri())
        return one

    yield make
    for context in opened:
        context.close()
    assert said == []
    assert [url for url in outside if not url.startswith(("file:", "data:"))] == []


def axe(one):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(one).response
    return [
        (rule["id"], node["html"][:200], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("kind", "width", "scheme"),
    [
        *(("day", width, scheme) for width in (320, 1040) for scheme in ("light", "dark")),
        *(
            (kind, width, scheme)
            for kind in ("week", "month")
            for width, scheme in ((320, "dark"), (1040, "light"))
        ),
    ],
)
def test_anyone_can_read_it(reader, made, scheme, kind, width):
    one = reader(page.render(of(made, kind), ALERTS), width, color_scheme=scheme)
    one.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert axe(one) == []
    assert one.evaluate("document.documentElement.scrollWidth") <= width
    ground = one.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")


@pytest.mark.parametrize("width", [320, 700])
def test_anyone_can_read_the_mail(reader, made, width):
    one = reader(mail(of(made)), width)
    assert axe(one) == []
    assert one.evaluate("document.documentElement.scrollWidth") <= width
    assert one.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")


def test_the_list_of_reports(reader, made):
    entries = [
        (span(kind, LAST.date(), ZONE), "failing", "3 incidents.") for kind in ("day", "week", "month")
    ]
    for width in (320, 1040):
        one = reader(page.index(entries, ALERTS), width)
        assert axe(one) == []
        assert one.evaluate("document.documentElement.scrollWidth") <= width
        assert one.locator("a").count() == 3


@pytest.mark.parametrize("width", [320, 1040])
def test_hostile_text_runs_nothing_and_fits(reader, made, width):
    one = reader(page.render(hostile(made), ALERTS), width)
    assert one.locator("img, script").count() == 0
    assert "<img src=x" in one.inner_text("body")
    assert one.evaluate("document.documentElement.scrollWidth") <= width


def test_curves_are_drawn_with_their_limits_and_gaps(reader, made):
    one = reader(page.render(of(made), ALERTS))
    first = one.locator(".chart").first
    assert first.locator("path.line").count() >= 2
    assert first.locator("path.limit").count() == 1
    assert first.locator("path.gap").count() == 1
    assert first.locator("path.line").first.evaluate("node => getComputedStyle(node).stroke") != "none"
    assert "url" in first.locator("path.gap").evaluate("node => getComputedStyle(node).fill")


def test_bars_differ_by_shape_and_not_by_colour_alone(reader, made):
    one = reader(page.render(of(made), ALERTS))
    shapes = one.evaluate(
        "[...document.querySelectorAll('.legend svg')].map(svg => {const box = svg.firstChild.getBBox();"
        " return [box.y, box.height, svg.firstChild.getAttribute('d').length].join()})"
    )
    assert len(shapes) == len(set(shapes)) == 7


def test_the_keyboard_reaches_what_happened(reader, made):
    one = reader(page.render(of(made), ALERTS))
    one.keyboard.press("Tab")
    assert one.evaluate("document.activeElement.className") == "skip"
    one.keyboard.press("Enter")
    one.wait_for_function("location.hash == '#what'")


def test_paper_shows_it(reader, made):
    one = reader(page.render(of(made), ALERTS))
    one.emulate_media(media="print")
    pdf = one.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8
    assert not one.locator(".skip").is_visible()


@pytest.mark.skipif(not SHOTS, reason="CHECKS_SHOTS names no folder")
def test_pictures(reader, made):
    text = page.render(of(made), ALERTS, {"older": "2026-11-04.html"})
    for name, width, height, scheme, shown in (
        ("light", 940, 1500, "light", text),
        ("dark", 940, 1500, "dark", text),
        ("phone", 360, 1300, "light", text),
        ("mail", 700, 1500, "light", mail(of(made))),
    ):
        one = reader(shown, width, height, color_scheme=scheme)
        one.screenshot(path=Path(SHOTS) / f"report-{name}.png")
