"""Dues, invoices and the books: money that should be asked, paid and booked once."""

from fixtures import check, sql, usual


@check(
    sql("dues_schedules_active"),
    unit="schedules",
    high=1,
    at_least=True,
    every="hourly",
    metric="verenigingen_dues_schedules_active",
)
def test_dues_schedules_active(value, limit):
    """There are schedules by which dues are billed."""
    assert value >= limit


@check(sql("dues_past_invoice_dates"), unit="schedules", warning=0, high=10, every="hourly")
def test_dues_past_invoice_dates(value, limit):
    """No schedule's next invoice date has passed."""
    assert value <= limit


@check(sql("dues_oldest_past_invoice_days"), unit="days", warning=2, high=7, every="daily")
def test_dues_oldest_past_invoice_days(value, limit):
    """No schedule has waited for days to be billed."""
    assert value <= limit


@check(sql("dues_without_next_invoice_date"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_without_next_invoice_date(value, limit):
    """Every schedule that bills by itself knows when it bills next."""
    assert value <= limit


@check(sql("dues_nonpositive_rate"), unit="schedules", warning=0, every="daily")
def test_dues_nonpositive_rate(value, limit):
    """No schedule has a negative rate."""
    assert value <= limit


@check(sql("dues_schedules_invalid"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_schedules_invalid(value, limit):
    """No live schedule has ended or is in test mode."""
    assert value <= limit


@check(sql("dues_duplicate_active_schedules"), unit="members", warning=0, high=10, every="daily")
def test_dues_duplicate_active_schedules(value, limit):
    """No member has two active schedules, and so is billed twice."""
    assert value <= limit


@check(sql("dues_of_inactive_members"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_of_inactive_members(value, limit):
    """Nobody is billed after leaving."""
    assert value <= limit


@check(sql("dues_invoiced_twice_7d"), unit="invoices", high=0, every="daily")
def test_dues_invoiced_twice_7d(value, limit):
    """No member was billed twice for the same period in seven days."""
    assert value <= limit


# The app warns at 24 hours; two more, or a daily job that takes a minute longer would give an alarm.
@check(sql("invoices_last_generated_age_hours"), unit="hours", warning=26, high=48, every="hourly")
def test_invoices_last_generated_age_hours(value, limit):
    """An invoice was submitted within a day."""
    assert value <= limit


@check(
    sql("invoices_today"), unit="invoices", info=5000, every="hourly", metric="verenigingen_invoices_today"
)
def test_invoices_today(value, limit):
    """No more invoices were made today than a billing run makes."""
    assert value <= limit


@check(
    sql("invoices_overdue"),
    unit="invoices",
    warning=10,
    high=100,
    every="hourly",
    metric="verenigingen_invoices_overdue",
)
def test_invoices_overdue(value, limit):
    """Few invoices are past their due date."""
    assert value <= limit


@check(
    sql("invoices_outstanding_eur"),
    unit="EUR",
    warning=25000,
    high=50000,
    every="hourly",
    metric="verenigingen_invoices_outstanding_euros",
)
def test_invoices_outstanding_eur(value, limit):
    """Members do not owe more than usual."""
    assert value <= limit


@check(sql("invoices_stuck_drafts"), unit="invoices", warning=0, high=5, every="hourly")
def test_invoices_stuck_drafts(value, limit):
    """No invoice has been a draft for a day."""
    assert value <= limit


@check(
    sql("invoices_paid_percent_30d"),
    unit="% of invoices",
    warning=80,
    high=60,
    every="daily",
    metric="verenigingen_invoices_paid_percent_30d",
)
def test_invoices_paid_percent_30d(value, limit):
    """Most invoices of the month before last are paid."""
    assert value >= limit


@check(sql("general_ledger_imbalance_eur"), unit="EUR", critical=0.01, every="hourly")
def test_general_ledger_imbalance_eur(value, limit):
    """Debit and credit of each voucher of the last two days are equal."""
    assert value <= limit


@check(sql("bank_transactions_unreconciled_14d"), unit="transactions", warning=10, high=50, every="daily")
def test_bank_transactions_unreconciled_14d(value, limit):
    """Few bank transactions of more than two weeks are still to be matched."""
    assert value <= limit


@check(sql("bank_last_transaction_age_days"), unit="days", warning=4, high=10, every="daily")
def test_bank_last_transaction_age_days(value, limit):
    """The bank's transactions keep coming in."""
    assert value <= limit


@check(sql("payments_without_reference_30d"), unit="payments", warning=5, every="daily")
def test_payments_without_reference_30d(value, limit):
    """Few payments were booked without a reference."""
    assert value <= limit


@check(sql("payment_plan_installments_overdue"), unit="installments", warning=0, high=10, every="daily")
def test_payment_plan_installments_overdue(value, limit):
    """No installment of a payment plan is a week late."""
    assert value <= limit


@check(sql("payment_history_queue_stuck"), unit="entries", warning=0, high=50, every="hourly")
def test_payment_history_queue_stuck(value, limit):
    """No update of a payment history failed or waits for an hour."""
    assert value <= limit


@check(usual("silent_stop_invoices", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_invoices(value, limit):
    """The last seven days' invoices were not far below those of the weeks before."""
    assert value >= limit
