"""Donations and periodic gifts."""

from fixtures import check, sql, usual


@check(
    sql("donations_today_eur"),
    unit="EUR",
    info=25000,
    every="hourly",
    metric="verenigingen_donations_today_euros",
)
def test_donations_today_eur(value, limit):
    """Today's donations add up to no more than usual."""
    assert value <= limit


@check(sql("donations_failed_24h"), unit="donations", warning=0, high=10, every="hourly")
def test_donations_failed_24h(value, limit):
    """No donation's payment failed in 24 hours."""
    assert value <= limit


@check(sql("donations_pending_7d"), unit="donations", warning=10, every="daily")
def test_donations_pending_7d(value, limit):
    """Few donations have been open for a week."""
    assert value <= limit


@check(sql("donation_agreements_expiring_30d"), unit="agreements", info=0, every="daily")
def test_donation_agreements_expiring_30d(value, limit):
    """No periodic agreement ends within 30 days."""
    assert value <= limit


@check(usual("silent_stop_donations", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_donations(value, limit):
    """The last seven days' donations were not far below those of the weeks before."""
    assert value >= limit
