"""MariaDB: does it answer, and is it under strain."""

from fixtures import check, database, replica_lag, sql


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
)
def test_database_connections_percent(value, limit):
    """Connections are left of max_connections."""
    assert value <= limit


@check(
    sql("database_longest_query_seconds"),
    unit="seconds",
    warning=60,
    high=300,
)
def test_database_longest_query_seconds(value, limit):
    """No statement runs for long; the nightly dump's are not counted."""
    assert value <= limit


@check(
    sql("database_longest_transaction_seconds"),
    unit="seconds",
    warning=300,
    high=1800,
)
def test_database_longest_transaction_seconds(value, limit):
    """No transaction stays open for long, but for that of a dump."""
    assert value <= limit


@check(
    sql("database_size_bytes"),
    unit="bytes",
    warning=50e9,
    high=100e9,
    every="daily",
    metric="verenigingen_database_size_bytes",
)
def test_database_size_bytes(value, limit):
    """The schema has a size that its disk and its backups can take."""
    assert value <= limit


@check(sql("database_lock_waits"), unit="transactions", warning=3, high=10)
def test_database_lock_waits(value, limit):
    """Few transactions wait for a lock that another holds."""
    assert value <= limit


@check(sql("database_slow_queries_share_percent"), unit="% of statements", warning=1, high=5, every="hourly")
def test_database_slow_queries_share_percent(value, limit):
    """Of 100,000 statements or more since the server's start, few took longer than long_query_time."""
    assert value <= limit


@check(sql("database_buffer_pool_miss_percent"), unit="% of reads", warning=1, high=5, every="hourly")
def test_database_buffer_pool_miss_percent(value, limit):
    """Nearly all pages are read from the buffer pool and not from the disk, its filling not counted."""
    assert value <= limit


@check(sql("database_writable"), severity="critical", smoke=True, every="hourly")
def test_database_writable(value):
    """The server takes writes: neither read_only nor innodb_force_recovery is on."""
    assert value == 1


@check(sql("database_unreadable_tables"), unit="tables", critical=0, every="daily")
def test_database_unreadable_tables(value, limit):
    """Every table has a storage engine that can read it; Error Log is MyISAM and can crash."""
    assert value <= limit


@check(replica_lag(), unit="seconds", warning=30, high=300)
def test_database_replica_lag_seconds(value, limit):
    """The replica that the settings name has what the site wrote."""
    assert value <= limit
