"""What a message says of itself: how bad, where, whether all is over."""

import pytest

from reporters.notice import Incident, Notice


def incident(severity, ended=None, site="one"):
    return Incident(f"{site}/a/1", "firing", site, "a", "g", severity, "failing", 1.0, ended)


@pytest.mark.parametrize(
    ("incidents", "severity", "resolved"),
    [
        ((), "info", False),
        ((incident("warning"),), "warning", False),
        ((incident("warning"), incident("critical"), incident("high")), "critical", False),
        ((incident("critical", 2.0), incident("warning")), "warning", False),
        ((incident("high", 2.0), incident("critical", 2.0)), "critical", True),
    ],
)
def test_it_is_as_bad_as_the_worst_that_is_open(incidents, severity, resolved):
    notice = Notice("n", "alert", 3.0, "r", incidents)
    assert notice.severity == severity
    assert notice.resolved is resolved


def test_it_names_each_site_once_in_order():
    notice = Notice(
        "n", "alert", 3.0, "r", (incident("high", site="two"), incident("high"), incident("info"))
    )
    assert notice.sites == ("two", "one")
