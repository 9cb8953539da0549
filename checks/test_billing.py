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
    """There are schedules by which active members are billed."""
    assert value >= limit


@check(sql("dues_past_invoice_dates"), unit="schedules", warning=0, high=10, every="hourly")
def test_dues_past_invoice_dates(value, limit):
    """No schedule's next invoice date has passed, but for members whom the app does not bill."""
    assert value <= limit


@check(sql("dues_oldest_past_invoice_days"), unit="days", warning=2, high=7, every="daily")
def test_dues_oldest_past_invoice_days(value, limit):
    """No schedule has waited for days to be billed."""
    assert value <= limit


@check(sql("dues_without_next_invoice_date"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_without_next_invoice_date(value, limit):
    """Every schedule that bills by itself at a rate knows when it bills next."""
    assert value <= limit


@check(sql("dues_nonpositive_rate"), unit="schedules", warning=0, every="daily")
def test_dues_nonpositive_rate(value, limit):
    """No schedule has a negative rate, nor an unexplained zero where its type has a least amount."""
    assert value <= limit


@check(sql("dues_schedules_invalid"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_schedules_invalid(value, limit):
    """No live schedule has ended or is in test mode."""
    assert value <= limit


@check(sql("dues_duplicate_active_schedules"), unit="members", warning=0, high=10, every="daily")
def test_dues_duplicate_active_schedules(value, limit):
    """No member has two active schedules, nor an active one that a night made while another was paused."""
    assert value <= limit


@check(sql("dues_of_inactive_members"), unit="schedules", warning=0, high=10, every="daily")
def test_dues_of_inactive_members(value, limit):
    """No member who left or is suspended has an active schedule."""
    assert value <= limit


@check(sql("dues_invoiced_twice_7d"), unit="invoices", high=0, every="daily", events="7d")
def test_dues_invoiced_twice_7d(value, limit):
    """No member was billed twice for the same period in seven days."""
    assert value <= limit


@check(
    sql("invoices_today"), unit="invoices", info=5000, every="hourly", metric="verenigingen_invoices_today"
)
def test_invoices_today(value, limit):
    """No more invoices were made today than a large billing run makes."""
    assert value <= limit


@check(
    sql("invoices_overdue"), unit="invoices", every="daily", metric="verenigingen_invoices_overdue", info=5000
)
def test_invoices_overdue(value, limit):
    """No more invoices are past their due date than a large association's."""
    assert value <= limit


@check(
    sql("invoices_outstanding_eur"),
    unit="EUR",
    every="daily",
    metric="verenigingen_invoices_outstanding_euros",
    info=25000,
)
def test_invoices_outstanding_eur(value, limit):
    """Members owe no more than a large association's."""
    assert value <= limit


@check(sql("invoices_stuck_drafts"), unit="invoices", warning=0, high=5, every="daily")
def test_invoices_stuck_drafts(value, limit):
    """No dues invoice stays a draft: for a day, or for two weeks where people submit them."""
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
    """Most invoices of 30 to 60 days ago are paid."""
    assert value >= limit


@check(sql("general_ledger_imbalance_eur"), unit="EUR", critical=0.01, every="hourly")
def test_general_ledger_imbalance_eur(value, limit):
    """Debit and credit of each voucher of the last two days are equal."""
    assert value <= limit


@check(sql("bank_transactions_unreconciled_14d"), unit="transactions", warning=10, high=50, every="daily")
def test_bank_transactions_unreconciled_14d(value, limit):
    """Few bank transactions of the last year, but for two weeks, are still to be matched."""
    assert value <= limit


@check(sql("payment_plan_installments_overdue"), unit="installments", warning=0, high=10, every="daily")
def test_payment_plan_installments_overdue(value, limit):
    """No installment of a payment plan, active or suspended, is a week late."""
    assert value <= limit


@check(sql("payment_history_queue_stuck"), unit="entries", warning=0, high=50, every="hourly")
def test_payment_history_queue_stuck(value, limit):
    """No update of a payment history of 30 days failed or waits for an hour."""
    assert value <= limit


@check(usual("silent_stop_invoices", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_invoices(value, limit):
    """The last seven days' invoices were not far below those of the weeks before."""
    assert value >= limit


@check(sql("dues_not_generated_in_time"), unit="schedules", warning=0, high=10, every="hourly")
def test_dues_not_generated_in_time(value, limit):
    """Every schedule that fell due was billed by the night's run."""
    assert value <= limit


@check(sql("dues_blocked_by_ended_member"), unit="schedules", high=0, every="daily")
def test_dues_blocked_by_ended_member(value, limit):
    """No member who left or is suspended has a schedule that the next billing runs will try."""
    assert value <= limit


@check(sql("schedules_of_missing_members"), unit="schedules", warning=0, every="daily")
def test_schedules_of_missing_members(value, limit):
    """Every active schedule belongs to a member that exists."""
    assert value <= limit


@check(sql("members_overdue_percent"), unit="% of members", warning=10, high=25, every="daily")
def test_members_overdue_percent(value, limit):
    """Few active members have an invoice that is 30 days overdue."""
    assert value <= limit


@check(sql("bank_last_transaction_late_days"), unit="days", warning=2, high=10, every="daily")
def test_bank_last_transaction_late_days(value, limit):
    """The bank's transactions come in no later than after the longest pause so far."""
    assert value <= limit


@check(sql("payments_unallocated_14d"), unit="payments", warning=0, high=20, every="daily")
def test_payments_unallocated_14d(value, limit):
    """No customer has an invoice overdue and a payment of two weeks ago that is not matched to any."""
    assert value <= limit


@check(usual("silent_stop_payments", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_payments(value, limit):
    """The last seven days' payments were not far below those of the weeks before."""
    assert value >= limit


@check(sql("payment_reconciliations_failed"), unit="reconciliations", warning=0, every="daily")
def test_payment_reconciliations_failed(value, limit):
    """No automatic reconciliation of payments failed or stands still for two hours."""
    assert value <= limit


@check(sql("reposts_stuck"), unit="reposts", warning=0, every="daily")
def test_reposts_stuck(value, limit):
    """Wherever the payment ledger was to be posted anew, it was."""
    assert value <= limit
