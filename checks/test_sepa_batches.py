"""SEPA direct debit batches."""

from fixtures import check, sql


@check(sql("sepa_failed_batches_1d"), unit="batches", high=0, smoke=True)
def test_sepa_failed_batches_1d(value, limit):
    """No direct debit batch failed in the last day."""
    assert value <= limit


@check(
    sql("sepa_failed_batches_7d"),
    unit="batches",
    warning=1,
    high=3,
    metric="verenigingen_sepa_failed_batches_7d",
)
def test_sepa_failed_batches_7d(value, limit):
    """Direct debit batches do not keep failing over seven days."""
    assert value <= limit


@check(
    sql("sepa_batches_due_without_file"),
    unit="TARGET2 days left",
    high=3,
    critical=2,
    smoke=True,
    every="hourly",
)
def test_sepa_batches_due_without_file(value, limit):
    """No batch comes near its collection date without its file: the bank wants it a business day before."""
    assert value >= limit


@check(sql("sepa_batches_past_date_unsubmitted"), unit="batches", critical=0, every="hourly")
def test_sepa_batches_past_date_unsubmitted(value, limit):
    """No batch is past its collection date and was never submitted."""
    assert value <= limit


@check(sql("sepa_batch_date_closing_day"), unit="batches", warning=0, every="hourly")
def test_sepa_batch_date_closing_day(value, limit):
    """No open batch is to be collected on a day when TARGET2 is closed."""
    assert value <= limit


@check(sql("sepa_batches_stuck_submitted"), unit="batches", warning=0, high=3, every="hourly")
def test_sepa_batches_stuck_submitted(value, limit):
    """No submitted batch is unsettled more than five days after its collection date."""
    assert value <= limit


@check(sql("sepa_batches_critical_validation"), unit="batches", high=0, every="hourly")
def test_sepa_batches_critical_validation(value, limit):
    """No open batch has critical validation errors."""
    assert value <= limit


@check(sql("sepa_batch_files_inconsistent"), unit="batches", high=0, every="hourly")
def test_sepa_batch_files_inconsistent(value, limit):
    """A batch that says it has a file has one with a message id, and one that was sent says so."""
    assert value <= limit


@check(sql("sepa_batch_total_mismatches"), unit="batches", critical=0, every="hourly")
def test_sepa_batch_total_mismatches(value, limit):
    """Each batch's total and number of entries are those of its rows."""
    assert value <= limit


@check(sql("sepa_invoices_in_two_batches"), unit="invoices", critical=0, every="hourly")
def test_sepa_invoices_in_two_batches(value, limit):
    """No invoice is in two live batches: the member would be debited twice."""
    assert value <= limit


@check(sql("sepa_paid_invoices_in_open_batches"), unit="invoices", critical=0, every="hourly")
def test_sepa_paid_invoices_in_open_batches(value, limit):
    """No open batch collects an invoice that is paid or cancelled."""
    assert value <= limit


@check(sql("sepa_amount_differs_from_invoice"), unit="rows", high=0, every="hourly")
def test_sepa_amount_differs_from_invoice(value, limit):
    """No open batch collects more than an invoice's outstanding amount."""
    assert value <= limit


@check(sql("sepa_rows_not_collectable"), unit="rows", high=0, every="hourly")
def test_sepa_rows_not_collectable(value, limit):
    """Every row of an open batch is a submitted invoice in euros, positive, within its mandate's maximum."""
    assert value <= limit


@check(sql("sepa_batch_rows_without_active_mandate"), unit="rows", critical=0, every="hourly")
def test_sepa_batch_rows_without_active_mandate(value, limit):
    """Every row of an open batch has an active mandate: without it a debit is refundable for 13 months."""
    assert value <= limit


@check(sql("sepa_batch_rows_other_account"), unit="rows", high=0, every="hourly")
def test_sepa_batch_rows_other_account(value, limit):
    """Every row of an open batch debits the account of its mandate."""
    assert value <= limit


@check(sql("sepa_first_collections_marked_recurrent"), unit="rows", warning=0, every="hourly")
def test_sepa_first_collections_marked_recurrent(value, limit):
    """No first collection is marked as recurrent; banks allow it since November 2016, some tools do not."""
    assert value <= limit


@check(
    sql("sepa_largest_open_batch_amount_eur"),
    unit="EUR",
    info=50000,
    every="hourly",
    metric="verenigingen_sepa_largest_open_batch_euros",
)
def test_sepa_largest_open_batch_amount_eur(value, limit):
    """No open batch is larger than usual."""
    assert value <= limit


@check(sql("sepa_days_since_last_batch"), unit="days", warning=35, high=45, every="daily")
def test_sepa_days_since_last_batch(value, limit):
    """A batch was collected in the last month."""
    assert value <= limit


@check(sql("sepa_failed_row_percent_30d"), unit="% of rows", warning=3, high=10, every="daily")
def test_sepa_failed_row_percent_30d(value, limit):
    """Of 20 rows or more collected in 30 days, few failed."""
    assert value <= limit


@check(sql("sepa_returned_percent_30d"), unit="% of collections", warning=1, high=3, every="daily")
def test_sepa_returned_percent_30d(value, limit):
    """Of 20 collections or more in 30 days, few were returned."""
    assert value <= limit


@check(sql("sepa_duplicate_message_ids"), unit="message ids", high=0, every="daily")
def test_sepa_duplicate_message_ids(value, limit):
    """No two batches have the same message id: the bank refuses the second."""
    assert value <= limit


@check(sql("sepa_return_files_failed_7d"), unit="files", warning=0, high=3, every="hourly")
def test_sepa_return_files_failed_7d(value, limit):
    """Every return file of seven days was processed as a whole."""
    assert value <= limit


@check(sql("sepa_return_files_stuck"), unit="files", warning=0, every="hourly")
def test_sepa_return_files_stuck(value, limit):
    """No return file has been at Processing for an hour."""
    assert value <= limit


@check(sql("sepa_retries_overdue"), unit="retries", warning=0, high=10, every="hourly")
def test_sepa_retries_overdue(value, limit):
    """No failed payment waits for a new attempt past its date."""
    assert value <= limit


@check(sql("sepa_retries_escalated"), unit="retries", warning=0, every="hourly")
def test_sepa_retries_escalated(value, limit):
    """No failed payment waits for a person to decide."""
    assert value <= limit


@check(sql("sepa_audit_failures_1h"), unit="entries", warning=0, high=5)
def test_sepa_audit_failures_1h(value, limit):
    """The SEPA audit log has no failure in the last hour."""
    assert value <= limit


@check(sql("sepa_creditor_settings_missing"), unit="fields", critical=0, smoke=True, every="daily")
def test_sepa_creditor_settings_missing(value, limit):
    """The association's IBAN, account holder and creditor id are filled in: no file can be made without."""
    assert value <= limit
