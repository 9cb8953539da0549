"""What the application logs as errors."""

from fixtures import check, list_length, sql


@check(
    sql("errors_1h"),
    unit="errors",
    warning=10,
    critical=50,
    smoke=True,
    depends_on="database_answers",
)
def test_error_rate(value, limit):
    """Few Error Log rows were written in the last hour."""
    assert value <= limit


@check(
    sql("errors_24h"),
    unit="errors",
    warning=50,
    high=200,
    depends_on="database_answers",
    metric="verenigingen_errors_24h",
)
def test_errors_24h(value, limit):
    """Few Error Log rows were written in the last 24 hours."""
    assert value <= limit


@check(
    list_length("cache", "{db}|insert_queue_for_Error Log"),
    unit="errors",
    warning=5,
    high=50,
    depends_on="redis_cache_answers",
)
def test_deferred_errors_waiting(value, limit):
    """Few errors of GET requests wait in Redis, unseen by the Error Log until a scheduled job writes them."""
    assert value <= limit
