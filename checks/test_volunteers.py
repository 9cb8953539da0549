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
    """Claims of volunteers do not pile up."""
    assert value <= limit


@check(sql("volunteer_expenses_waiting_14d"), unit="expenses", warning=5, every="daily")
def test_volunteer_expenses_waiting_14d(value, limit):
    """Few claims of volunteers have waited for two weeks."""
    assert value <= limit
