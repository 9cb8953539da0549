"""Faults that only a browser sees: each page answers 200."""

from __future__ import annotations

from demo.fault import Fault, behave, fault
from demo.faults_web import WELL
from demo.web_session import FORM_PATH

FAULTS: dict[str, Fault] = {
    "journey_login_broken": fault(
        "the login page is there and lets nobody in", "journey_log_in", "", behave(no_login=True), WELL
    ),
    "journey_form_broken": fault(
        "the membership form's page is there without its form",
        "journey_membership_form",
        "",
        behave(replies={FORM_PATH: [200, "text/html", "<h1>Lid worden</h1>"]}),
        WELL,
    ),
}
