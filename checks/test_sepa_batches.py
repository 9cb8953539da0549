"""SEPA direct debit batches."""

from fixtures import check, sql


@check(
    sql("sepa_failed_batches_7d"),
    unit="batches",
    warning=1,
    high=3,
    metric="verenigingen_sepa_failed_batches_7d",
    events="7d",
)
def test_sepa_failed_batches_7d(value, limit):
    """At most one direct debit batch failed in seven days."""
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


@check(sql("sepa_batch_date_closing_day"), unit="batches", warning=0, every="hourly")
def test_sepa_batch_date_closing_day(value, limit):
    """No coming batch is to be collected on a day when TARGET2 is closed."""
    assert value <= limit


@check(sql("sepa_batches_critical_validation"), unit="batches", high=0, every="hourly")
def test_sepa_batches_critical_validation(value, limit):
    """No coming batch has critical validation errors."""
    assert value <= limit


@check(sql("sepa_batch_files_inconsistent"), unit="batches", high=0, every="hourly")
def test_sepa_batch_files_inconsistent(value, limit):
    """Each coming batch past Draft has a file, and each file has its message id."""
    assert value <= limit


@check(sql("sepa_batch_total_mismatches"), unit="batches", critical=0, every="hourly")
def test_sepa_batch_total_mismatches(value, limit):
    """The total and the number of entries of each submitted, coming batch are those of its rows."""
    assert value <= limit


@check(sql("sepa_invoices_in_two_batches"), unit="invoices", critical=0, every="hourly")
def test_sepa_invoices_in_two_batches(value, limit):
    """No invoice is to be debited twice: in two coming batches, or again before the last debit is booked."""
    assert value <= limit


@check(sql("sepa_amount_differs_from_invoice"), unit="rows", high=0, every="hourly")
def test_sepa_amount_differs_from_invoice(value, limit):
    """No coming batch collects more than an invoice's outstanding amount."""
    assert value <= limit


@check(sql("sepa_rows_not_collectable"), unit="rows", high=0, every="hourly")
def test_sepa_rows_not_collectable(value, limit):
    """Every row of a coming batch is a submitted invoice in euros, positive, within its mandate's maximum."""
    assert value <= limit


@check(sql("sepa_batch_rows_without_active_mandate"), unit="rows", critical=0, every="hourly")
def test_sepa_batch_rows_without_active_mandate(value, limit):
    """Every row of a coming batch has a mandate that is good on its date: else it can be claimed back."""
    assert value <= limit


@check(sql("sepa_batch_rows_other_account"), unit="rows", high=0, every="hourly")
def test_sepa_batch_rows_other_account(value, limit):
    """Every row of a coming batch debits the account of its mandate."""
    assert value <= limit


@check(
    sql("sepa_largest_open_batch_amount_eur"),
    unit="EUR",
    info=50000,
    every="hourly",
    metric="verenigingen_sepa_largest_open_batch_euros",
)
def test_sepa_largest_open_batch_amount_eur(value, limit):
    """No coming batch is larger than usual."""
    assert value <= limit


@check(sql("sepa_duplicate_message_ids"), unit="message ids", high=0, every="daily")
def test_sepa_duplicate_message_ids(value, limit):
    """No coming batch has the message id of another: the bank refuses the second."""
    assert value <= limit


@check(sql("sepa_return_files_stuck"), unit="files", warning=0, every="hourly")
def test_sepa_return_files_stuck(value, limit):
    """No return file has been at Processing for an hour."""
    assert value <= limit


@check(sql("sepa_retries_overdue"), unit="retries", warning=0, high=10, every="hourly")
def test_sepa_retries_overdue(value, limit):
    """No failed payment that is still owed waits for a new attempt past its date."""
    assert value <= limit


@check(sql("sepa_audit_failures_1h"), unit="entries", warning=0, high=5, events="1h")
def test_sepa_audit_failures_1h(value, limit):
    """The SEPA audit log has no failure and no critical event in the last hour."""
    assert value <= limit


@check(sql("sepa_creditor_settings_missing"), unit="fields", smoke=True, every="daily", high=0)
def test_sepa_creditor_settings_missing(value, limit):
    """Where dues are debited, the association's IBAN, account holder and creditor id are filled in."""
    assert value <= limit


@check(sql("sepa_failed_batches"), unit="batches", high=0, smoke=True)
def test_sepa_failed_batches(value, limit):
    """No direct debit batch failed in the last day, and none before it with its dues still uncollected."""
    assert value <= limit


@check(sql("sepa_batches_past_date_uncollected"), unit="batches", high=0, every="daily")
def test_sepa_batches_past_date_uncollected(value, limit):
    """Every batch of 60 days whose date has passed was collected, or its open invoices are in a later one."""
    assert value <= limit


@check(sql("sepa_paid_invoices_in_coming_batches"), unit="batches", critical=0, every="hourly")
def test_sepa_paid_invoices_in_coming_batches(value, limit):
    """No submitted batch that is still to be collected debits what is already paid or cancelled."""
    assert value <= limit


@check(sql("sepa_batches_due_unsent"), unit="TARGET2 days left", high=2, at_least=True, every="hourly")
def test_sepa_batches_due_unsent(value, limit):
    """No batch comes to the last business day before its date without a mark that it was sent."""
    assert value >= limit


@check(sql("batches_unknown_status"), unit="batches", warning=0, every="daily")
def test_batches_unknown_status(value, limit):
    """Every coming batch, and every one of 30 days, has a status that the app knows."""
    assert value <= limit


@check(sql("sepa_batches_wrong_sequence_type"), unit="batches", high=0, every="hourly")
def test_sepa_batches_wrong_sequence_type(value, limit):
    """Every coming batch has a sequence type that a bank knows."""
    assert value <= limit


@check(sql("sepa_batch_rows_other_member"), unit="rows", high=0, every="hourly")
def test_sepa_batch_rows_other_member(value, limit):
    """Every row of a coming batch uses a mandate of its own member."""
    assert value <= limit


@check(sql("sepa_batch_rows_of_ended_members"), unit="rows", high=0, every="hourly")
def test_sepa_batch_rows_of_ended_members(value, limit):
    """No member who left or died is debited, but for what was owed before, by a mandate kept for it."""
    assert value <= limit


@check(sql("sepa_rows_paid_but_unallocated"), unit="rows", high=0, every="hourly")
def test_sepa_rows_paid_but_unallocated(value, limit):
    """Nobody is debited whose payment came in and is only not matched yet."""
    assert value <= limit


@check(sql("sepa_collection_late_days"), unit="days", warning=7, high=21, every="daily")
def test_sepa_collection_late_days(value, limit):
    """Collections keep the association's rhythm, or at least the longest pause of 400 days."""
    assert value <= limit


@check(sql("sepa_automatic_batch_missing"), unit="invoices", warning=4, every="hourly")
def test_sepa_automatic_batch_missing(value, limit):
    """Each of the last week's days for an automatic batch brought one, if there was something to collect."""
    assert value <= limit


@check(sql("sepa_open_row_percent_60d"), unit="% of rows", warning=8, high=20, every="daily", events="60d")
def test_sepa_open_row_percent_60d(value, limit):
    """Of 20 rows or more collected 11 to 60 days ago, few are still open."""
    assert value <= limit


@check(sql("sepa_returned_not_collected_again"), unit="invoices", info=0, warning=10, high=50, every="daily")
def test_sepa_returned_not_collected_again(value, limit):
    """No debit that came back was left out of the next collection."""
    assert value <= limit


@check(sql("sepa_invoices_in_no_batch"), unit="invoices", warning=0, high=10, every="daily")
def test_sepa_invoices_in_no_batch(value, limit):
    """No invoice of a direct debit payer was passed over by a collection, or for two months by all."""
    assert value <= limit


@check(sql("sepa_index_missing"), severity="warning", every="daily")
def test_sepa_index_missing(value):
    """The index by which the app looks for invoices to collect automatically is there."""
    assert value == 0


@check(sql("sepa_return_files_failed"), unit="files", warning=0, high=3, every="hourly")
def test_sepa_return_files_failed(value, limit):
    """Every return file of 90 days was processed as a whole."""
    assert value <= limit


@check(sql("sepa_retries_given_up"), unit="retries", warning=0, high=10, every="hourly")
def test_sepa_retries_given_up(value, limit):
    """No failed payment that the app gave up is still open."""
    assert value <= limit


@check(sql("batch_retry_stuck"), unit="batches", warning=0, every="daily")
def test_batch_retry_stuck(value, limit):
    """No batch of retries stands still for a day."""
    assert value <= limit
