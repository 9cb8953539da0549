"""Who logs in, and who tries to."""

from fixtures import check, sql


@check(sql("failed_logins_1h"), unit="log-ins", warning=20, high=50, depends_on="database_answers")
def test_failed_logins_1h(value, limit):
    """Few log-ins failed in the last hour."""
    assert value <= limit


@check(
    sql("active_users_24h"),
    unit="users",
    info=1,
    at_least=True,
    every="hourly",
    depends_on="database_answers",
    metric="verenigingen_active_users_24h",
)
def test_active_users_24h(value, limit):
    """Somebody used the site in the last 24 hours, guests and failed log-ins not counted."""
    assert value >= limit
