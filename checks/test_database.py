"""MariaDB: does it answer, and is it under strain."""

from fixtures import check, database, sql


@check(database(), severity="critical", smoke=True, depends_on="dns_resolves")
def test_database_answers(value):
    """The database lets the monitoring account in and answers."""
    assert value.answers, value.error


@check(
    database().pick("seconds"),
    unit="seconds",
    warning=0.1,
    critical=1,
    smoke=True,
    depends_on="database_answers",
)
def test_database_answer_seconds(value, limit):
    """Connecting, logging in and SELECT 1 are quick."""
    assert value <= limit


@check(
    sql("database_connections_percent"),
    unit="%",
    warning=70,
    high=85,
    critical=95,
    depends_on="database_answers",
)
def test_database_connections_percent(value, limit):
    """Connections are left of max_connections."""
    assert value <= limit


@check(
    sql("database_longest_query_seconds"),
    unit="seconds",
    warning=60,
    high=300,
    depends_on="database_answers",
)
def test_database_longest_query_seconds(value, limit):
    """No statement runs for long."""
    assert value <= limit


@check(
    sql("database_longest_transaction_seconds"),
    unit="seconds",
    warning=300,
    high=1800,
    depends_on="database_answers",
)
def test_database_longest_transaction_seconds(value, limit):
    """No transaction stays open for long and keeps its locks."""
    assert value <= limit


@check(
    sql("database_size_bytes"),
    unit="bytes",
    warning=50e9,
    high=100e9,
    every="daily",
    depends_on="database_answers",
    metric="verenigingen_database_size_bytes",
)
def test_database_size_bytes(value, limit):
    """The schema has a size that its disk and its backups can take."""
    assert value <= limit
