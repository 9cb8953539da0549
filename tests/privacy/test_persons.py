"""What the site holds of persons stays there: in no output is a name, an address or an account number."""

from __future__ import annotations

import pytest

from tests.privacy.rig import PERSON, PERSONAL, TITLE, persons
from tests.privacy.test_secrets import LOUD, files

PAGE = f"<html><h1>{TITLE}</h1></html>"
REPLIES = {
    "/login": [500, "text/html", PAGE],
    "/api/method/ping": [200, "application/json", f'{{"message": "{PERSON}"}}'],
    "/api/resource/Member": [200, "application/json", f'{{"data": [{{"name": "{PERSON}"}}]}}'],
}
"""Pages that show what they should not."""


@pytest.fixture
def peopled(rig):
    """The site with rows that are found again, and pages that quote them."""
    rig.demo.behave(replies=REPLIES)
    try:
        with persons(rig.demo):
            yield rig
    finally:
        rig.demo.behave()


def test_no_person_in_any_output(peopled):
    """A failing run, told to each channel; its report, which lists frequent errors; what it would tell."""
    env = peopled.settings("inline")
    outcome = peopled.run(*LOUD, *files(peopled), "--publish", env=env)
    assert {"errors_same_title_1h", "error_rate", "site_answers"} <= outcome.checks("failed"), outcome.text
    assert not peopled.leaks(outcome, PERSONAL)
    assert any("site_answers" in str(one.mail) for one in peopled.post.got)
    report = peopled.run("--report", "today", env=env)
    assert report.status == 0, report.text
    assert not peopled.leaks(report, PERSONAL)
    pages = list((peopled.state / "public" / "reports").rglob("*.html"))
    assert any("Payment failed for &lt;name&gt;" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.drill
@pytest.mark.parametrize(
    "more",
    [
        ["--notify-preview"],
        ["-k", "errors_same_title_1h", "-l"],
        ["-k", "site_answers", "-l", "--tb=long", "-vvv"],
        ["--full-trace", "-l", "--tb=long", "-k", "site_answers or errors or login or mandates"],
        ["--explain", "errors_same_title_1h"],
        ["--fleet", "local:2"],
    ],
    ids=" ".join,
)
def test_no_person_in_other_outputs(peopled, more):
    outcome = peopled.run(*more, *files(peopled), env=peopled.settings("inline"))
    assert outcome.status in (0, 1), outcome.text
    assert not peopled.leaks(outcome, PERSONAL)


@pytest.mark.drill
def test_a_recording_holds_what_the_site_answered_and_no_secret(peopled, tmp_path):
    """It is private, and pages are in it; nothing of rows is, since no statement asks for any."""
    from tests.privacy.canaries import SECRETS, left_in

    folder = tmp_path / "recording"
    outcome = peopled.run(f"--record={folder}", env=peopled.settings("inline"))
    assert outcome.status == 1, outcome.text
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    text = file.read_text(encoding="utf-8")
    assert PERSON in text
    for reply in REPLIES.values():
        for form in (reply[2], reply[2].replace('"', '\\"')):
            text = text.replace(form, "")
    assert not SECRETS.found(text)
    assert left_in(folder)
