"""What a visitor does in a browser, step by step. It takes a user of its own: [browser] in the settings."""

from fixtures import check, journey


@check(journey("log_in"), severity="high", every="hourly", depends_on="login_page_works")
def test_journey_log_in(value):
    """A user logs in with a browser, is known to the site, and logs out again."""
    assert value.finished, value


@check(journey("membership_form"), severity="warning", every="hourly", depends_on="site_answers")
def test_journey_membership_form(value):
    """The public membership form loads in a browser, with a membership to choose."""
    assert value.finished, value
