"""What grows until it is too large."""

from fixtures import check, growth, sql


@check(
    sql("largest_table_bytes"),
    unit="bytes",
    warning=20e9,
    high=50e9,
    every="daily",
    metric="verenigingen_largest_table_bytes",
)
def test_largest_table_bytes(value, limit):
    """No table is too large to be changed or restored in one night."""
    assert value <= limit


@check(sql("error_log_rows"), unit="rows", warning=1e6, high=5e6, every="daily")
def test_error_log_rows(value, limit):
    """Old rows of the Error Log are cleared."""
    assert value <= limit


@check(sql("log_rows_past_retention"), unit="rows", warning=10000, high=100000, every="daily")
def test_log_rows_past_retention(value, limit):
    """Each log's rows older than it is kept for are cleared."""
    assert value <= limit


@check(
    growth(sql("database_size_bytes"), of="database_size_bytes", days=7, floor=1e9),
    unit="% in 7 days",
    warning=20,
    high=50,
    every="daily",
)
def test_database_growth_percent_7d(value, limit):
    """The database grows no faster than in an ordinary week; less than 1 GB is not counted."""
    assert value <= limit
