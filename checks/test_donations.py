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


@check(sql("donations_pending_14d"), unit="donations", warning=3, every="daily")
def test_donations_pending_14d(value, limit):
    """Few online donations have been open for two weeks."""
    assert value <= limit


@check(sql("donation_agreements_expiring_30d"), unit="agreements", info=0, every="daily")
def test_donation_agreements_expiring_30d(value, limit):
    """No periodic agreement ends within 30 days."""
    assert value <= limit


@check(usual("silent_stop_donations", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_donations(value, limit):
    """The last seven days' donations were not far below those of the weeks before."""
    assert value >= limit


@check(sql("agreements_ended_but_active"), unit="agreements", info=0, every="daily")
def test_agreements_ended_but_active(value, limit):
    """No periodic agreement is active past its end."""
    assert value <= limit
