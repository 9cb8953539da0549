"""Volunteers and what they are owed."""

from fixtures import check, sql


@check(
    sql("volunteers_active"),
    unit="volunteers",
    info=1,
    at_least=True,
    every="daily",
    metric="verenigingen_volunteers_active",
)
def test_volunteers_active(value, limit):
    """There are active volunteers."""
    assert value >= limit


@check(
    sql("volunteer_engagement_percent"),
    unit="% of volunteers",
    info=10,
    at_least=True,
    every="daily",
    metric="verenigingen_volunteer_engagement_percent",
)
def test_volunteer_engagement_percent(value, limit):
    """Some of the volunteers have an assignment."""
    assert value >= limit


@check(
    sql("volunteer_expenses_pending"),
    unit="expenses",
    info=200,
    every="hourly",
    metric="verenigingen_volunteer_expenses_pending",
)
def test_volunteer_expenses_pending(value, limit):
    """Expenses that volunteers put in at the desk do not pile up."""
    assert value <= limit


@check(sql("volunteer_expenses_waiting_14d"), unit="expenses", warning=5, every="daily")
def test_volunteer_expenses_waiting_14d(value, limit):
    """Few expenses put in at the desk have waited for two weeks."""
    assert value <= limit


@check(sql("volunteers_of_ended_members"), unit="volunteers", info=0, every="daily")
def test_volunteers_of_ended_members(value, limit):
    """No active volunteer is a member who left."""
    assert value <= limit


@check(sql("expenses_approved_unclaimed_7d"), unit="expenses", info=0, warning=10, every="daily")
def test_expenses_approved_unclaimed_7d(value, limit):
    """Every expense that was approved a week ago has its claim."""
    assert value <= limit


@check(sql("volunteer_claims_waiting_14d"), unit="claims", warning=5, every="daily")
def test_volunteer_claims_waiting_14d(value, limit):
    """Few claims from the portal have waited for two weeks to be approved and submitted."""
    assert value <= limit
