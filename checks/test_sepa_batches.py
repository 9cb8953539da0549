"""SEPA direct debit batches."""

from fixtures import check, sql


@check(sql("sepa_failed_batches_1d"), unit="batches", high=0, smoke=True, depends_on="database_answers")
def test_sepa_failed_batches_1d(value, limit):
    """No direct debit batch failed in the last day."""
    assert value <= limit


@check(
    sql("sepa_failed_batches_7d"),
    unit="batches",
    warning=1,
    high=3,
    depends_on="database_answers",
    metric="verenigingen_sepa_failed_batches_7d",
)
def test_sepa_failed_batches_7d(value, limit):
    """Direct debit batches do not keep failing over seven days."""
    assert value <= limit
