"""What the application logs as errors."""

from fixtures import check, list_length, sql


@check(
    sql("errors_1h"),
    unit="errors",
    warning=10,
    critical=50,
    smoke=True,
    events="1h",
)
def test_error_rate(value, limit):
    """Few errors were logged in the last hour; what the app writes as its diary is not counted."""
    assert value <= limit


@check(
    sql("errors_24h"),
    unit="errors",
    warning=50,
    high=200,
    metric="verenigingen_errors_24h",
    events="24h",
)
def test_errors_24h(value, limit):
    """Few errors in 24 hours, the rows of the app's own diary left out."""
    assert value <= limit


@check(
    list_length("cache", "{db}|insert_queue_for_Error Log"),
    unit="errors",
    warning=5,
    high=50,
    depends_on=("redis_cache_answers", "scheduler_awake"),
)
def test_deferred_errors_waiting(value, limit):
    """Few errors of GET requests wait in Redis, unseen by the Error Log until a scheduled job writes them."""
    assert value <= limit


@check(sql("errors_same_title_1h"), unit="errors", warning=10, high=30, events="1h")
def test_errors_same_title_1h(value, limit):
    """No single fault filled the Error Log in the last hour."""
    assert value <= limit


@check(sql("errors_timeout_1h"), unit="errors", warning=5, events="1h")
def test_errors_timeout_1h(value, limit):
    """Few errors of the last hour were timeouts."""
    assert value <= limit


@check(sql("error_rate_percent"), unit="% of activities", warning=5, high=10, events="24h")
def test_error_rate_percent(value, limit):
    """Errors are few beside what users did in 24 hours, counted from 50 activities and 20 errors on."""
    assert value <= limit


@check(sql("errors_new_titles_24h"), unit="titles", info=3, warning=10, every="daily", events="24h")
def test_errors_new_titles_24h(value, limit):
    """Few kinds of errors appeared that were not seen before."""
    assert value <= limit


@check(sql("errors_of_money_code_26h"), unit="errors", warning=0, high=10, every="hourly", events="26h")
def test_errors_of_money_code_26h(value, limit):
    """The code that bills and collects logged no error in 26 hours."""
    assert value <= limit
