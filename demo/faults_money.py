"""Faults that are rows: direct debit batches, mandates, dues, invoices and the books."""

from __future__ import annotations

from datetime import date, timedelta

from demo.fault import Fault, changed, day, fault, row_fault, sql
from demo.pulse import site_now
from demo.seed_money import iban
from fixtures.target2 import business_day, closing_days, is_business_day

H, D = timedelta(hours=1), timedelta(days=1)
BATCH, ROW, MANDATE = "tabDirect Debit Batch", "tabDirect Debit Batch Invoice", "tabSEPA Mandate"
USAGE, INVOICE, DUES = "tabSEPA Mandate Usage", "tabSales Invoice", "tabMembership Dues Schedule"
SOON = day(30)

Columns = dict[str, object]


def batch(**more: object) -> tuple[str, int, timedelta, Columns]:
    """An open batch for a date in a month, with its file."""
    usual: dict[str, object] = {
        "status": "Generated",
        "batch_date": "2031-03-05",
        "batch_type": "FRST",
        "sepa_file_generated": 1,
        "sepa_file": "/private/files/fault.xml",
        "sepa_message_id": lambda number: f"FAULT-{number}",
    }
    return BATCH, 1, H, usual | more


def closed(_: int) -> date:
    """The next day on which TARGET2 is closed, weekends apart."""
    today = site_now().date()
    return min(one for year in (0, 1) for one in closing_days(today.year + year) if one > today)


def coming(_: int) -> date:
    """Today, or the next day on which TARGET2 is open."""
    today = site_now().date()
    return today if is_business_day(today) else business_day(today, 1)


def mandate(count: int = 1, **more: object) -> tuple[str, int, timedelta, Columns]:
    """An active mandate of nobody."""
    usual: dict[str, object] = {
        "mandate_id": lambda number: f"FAULT-{number}",
        "status": "Active",
        "iban": iban(77),
        "sign_date": day(-20),
        "is_active": 1,
        "used_for_memberships": 1,
    }
    return MANDATE, count, H, usual | more


def collected(summary: str, fails: str, row: Columns, **more: object) -> Fault:
    """A batch with one row: an unpaid invoice of 15 euros under a good mandate, but for what is said."""
    usual: dict[str, object] = {
        "parent": "fault-0",
        "invoice": "fault-0",
        "amount": 15,
        "iban": iban(77),
        "mandate_reference": "FAULT-0",
        "status": "Pending",
        "currency": "EUR",
    }
    totals = {"total_amount": (usual | row)["amount"], "entry_count": 1}
    bill = invoice(1, H, **more)
    return row_fault(summary, fails, batch(**totals), (ROW, 1, H, usual | row), mandate(), bill)


def invoice(count: int, age: timedelta, **more: object) -> tuple[str, int, timedelta, Columns]:
    """A submitted, unpaid invoice that is due in a month."""
    usual: dict[str, object] = {
        "docstatus": 1,
        "status": "Unpaid",
        "posting_date": day(-age.days),
        "due_date": SOON,
        "grand_total": 15,
        "outstanding_amount": 15,
        "customer": "CUS-FAULT",
        "is_return": 0,
    }
    return INVOICE, count, age, usual | more


def dues(count: int = 1, **more: object) -> tuple[str, int, timedelta, Columns]:
    """A live schedule of nobody."""
    usual: dict[str, object] = {
        "status": "Active",
        "is_template": 0,
        "auto_generate": 1,
        "dues_rate": 15,
        "next_invoice_date": SOON,
    }
    return DUES, count, D, usual | more


FAULTS: dict[str, Fault] = {
    "batch_due_without_file": row_fault(
        "a batch is to be collected today and has no file",
        "sepa_batches_due_without_file",
        batch(status="Draft", batch_date=coming, sepa_file_generated=0, sepa_file=None, sepa_message_id=None),
    ),
    "batch_past_date": row_fault(
        "a batch's collection date has passed, it was never submitted",
        "sepa_batches_past_date_unsubmitted",
        batch(batch_date=day(-2)),
    ),
    "batch_on_closing_day": row_fault(
        "a batch is to be collected at Christmas", "sepa_batch_date_closing_day", batch(batch_date=closed)
    ),
    "batch_unsettled": row_fault(
        "a submitted batch is unsettled for a week",
        "sepa_batches_stuck_submitted",
        batch(status="Submitted", batch_date=day(-7)),
    ),
    "batch_invalid": row_fault(
        "a batch has critical validation errors",
        "sepa_batches_critical_validation",
        batch(validation_status="Critical Errors"),
    ),
    "batch_file_lost": row_fault(
        "a batch's file is gone", "sepa_batch_files_inconsistent", batch(sepa_file=None)
    ),
    "batch_total_wrong": row_fault(
        "a batch's total is not that of its rows", "sepa_batch_total_mismatches", batch(total_amount=99)
    ),
    "invoice_in_two_batches": row_fault(
        "an invoice is in two live batches",
        "sepa_invoices_in_two_batches",
        (BATCH, 2, H, batch(total_amount=15, entry_count=1)[3]),
        (
            ROW,
            2,
            H,
            {
                "parent": lambda number: f"fault-{number}",
                "invoice": "fault-0",
                "amount": 15,
                "iban": iban(77),
                "mandate_reference": "FAULT-0",
                "status": "Pending",
                "currency": "EUR",
            },
        ),
        mandate(),
        invoice(1, H),
    ),
    "paid_invoice_collected": collected(
        "an open batch collects a paid invoice",
        "sepa_paid_invoices_in_open_batches",
        {},
        outstanding_amount=0,
        status="Paid",
    ),
    "more_than_owed_collected": collected(
        "an open batch collects more than is owed", "sepa_amount_differs_from_invoice", {"amount": 40}
    ),
    "draft_invoice_collected": collected(
        "an open batch collects an invoice that is a draft", "sepa_rows_not_collectable", {}, docstatus=0
    ),
    "collected_without_mandate": collected(
        "an open batch collects without a mandate",
        "sepa_batch_rows_without_active_mandate",
        {"mandate_reference": "NONE"},
    ),
    "other_account_collected": collected(
        "an open batch debits another account than the mandate's",
        "sepa_batch_rows_other_account",
        {"iban": iban(78)},
    ),
    "first_marked_recurrent": fault(
        "a first collection is marked as recurrent",
        "sepa_first_collections_marked_recurrent",
        "",
        sql("UPDATE `tabDirect Debit Batch` SET batch_type = 'RCUR' WHERE name = 'DDB-0101'"),
        sql("UPDATE `tabDirect Debit Batch` SET batch_type = 'FRST' WHERE name = 'DDB-0101'"),
    ),
    "large_batch": row_fault(
        "an open batch is of 60,000 euros",
        "sepa_largest_open_batch_amount_eur sepa_batch_total_mismatches",
        batch(total_amount=60_000),
    ),
    "no_batch_for_long": changed(
        "no batch was collected for two months",
        "sepa_days_since_last_batch",
        "UPDATE `tabDirect Debit Batch` SET batch_date = batch_date - INTERVAL 60 DAY WHERE status = 'Processed'",
        "UPDATE `tabDirect Debit Batch` SET batch_date = batch_date + INTERVAL 60 DAY WHERE status = 'Processed'",
    ),
    "rows_failed": changed(
        "a tenth of a batch's rows failed",
        "sepa_failed_row_percent_30d",
        "UPDATE `tabDirect Debit Batch Invoice` SET status = 'Failed' WHERE parent = 'DDB-0000' AND name LIKE '%7'",
        "UPDATE `tabDirect Debit Batch Invoice` SET status = 'Successful' WHERE parent = 'DDB-0000'",
    ),
    "collections_returned": changed(
        "a tenth of the collections were returned",
        "sepa_returned_percent_30d",
        "UPDATE `tabSEPA Mandate Usage` SET status = 'Returned' WHERE name LIKE 'USE-00-%7'",
        "UPDATE `tabSEPA Mandate Usage` SET status = 'Collected' WHERE name LIKE 'USE-00-%'",
    ),
    "message_id_twice": row_fault(
        "two batches have one message id", "sepa_duplicate_message_ids", batch(sepa_message_id="MSG-0003")
    ),
    "return_file_failed": row_fault(
        "a return file failed",
        "sepa_return_files_failed_7d",
        ("tabSEPA Return File Log", 1, D, {"status": "Failed"}),
    ),
    "return_file_stuck": row_fault(
        "a return file is stuck",
        "sepa_return_files_stuck",
        ("tabSEPA Return File Log", 1, 3 * H, {"status": "Processing"}),
    ),
    "retry_overdue": row_fault(
        "a retry is past its date",
        "sepa_retries_overdue",
        ("tabSEPA Payment Retry", 1, D, {"status": "Scheduled", "next_retry_date": day(-3)}),
    ),
    "retry_escalated": row_fault(
        "a retry waits for a person",
        "sepa_retries_escalated",
        ("tabSEPA Payment Retry", 1, D, {"status": "Escalated", "next_retry_date": SOON}),
    ),
    "sepa_audit_failure": row_fault(
        "the SEPA audit log has failures",
        "sepa_audit_failures_1h",
        ("tabSEPA Audit Log", 6, H / 2, {"compliance_status": "Failed"}),
    ),
    "creditor_unknown": changed(
        "the creditor id is gone",
        "sepa_creditor_settings_missing",
        "UPDATE tabSingles SET value = '' WHERE field = 'creditor_id'",
        "UPDATE tabSingles SET value = 'NL00ZZZ000000000000' WHERE field = 'creditor_id'",
    ),
    "mandate_expired": row_fault(
        "a mandate is active past its expiry", "mandates_active_but_expired", mandate(expiry_date=day(-2))
    ),
    "mandate_cancelled": row_fault(
        "a cancelled mandate is active", "mandates_active_but_cancelled", mandate(cancelled_date=day(-2))
    ),
    "mandate_signed_tomorrow": row_fault(
        "a mandate was signed tomorrow", "mandates_signed_in_future", mandate(sign_date=day(1))
    ),
    "mandate_without_iban": row_fault("a mandate has no IBAN", "mandates_without_iban", mandate(iban="")),
    "mandate_iban_malformed": row_fault(
        "a mandate's IBAN is none", "mandates_malformed_iban", mandate(iban="1234567")
    ),
    "mandate_iban_impossible": row_fault(
        "a mandate's IBAN has wrong check digits",
        "mandates_iban_checksum_failures",
        mandate(iban=iban(77)[:-1] + str((int(iban(77)[-1]) + 1) % 10)),
    ),
    "mandate_lapsed": row_fault(
        "a mandate was not used for four years", "mandates_unused_36_months", mandate(sign_date=day(-1500))
    ),
    "mandate_of_gone_member": row_fault(
        "a member who left has a mandate", "mandates_of_inactive_members", mandate(member="MEM-00024")
    ),
    "mandate_of_nobody": row_fault(
        "a mandate's member does not exist", "mandates_of_missing_members", mandate(member="MEM-NONE")
    ),
    "mandate_id_twice": row_fault(
        "two mandates have one reference", "mandates_duplicate_ids", mandate(mandate_id="M- 00001")
    ),
    "mandate_first_twice": row_fault(
        "a mandate had two first collections",
        "mandates_sequence_misused",
        (
            USAGE,
            2,
            D,
            {"parent": "MAN-00001", "usage_date": day(-90), "sequence_type": "FRST", "status": "Collected"},
        ),
    ),
    "mandate_missing": changed(
        "a member who pays by direct debit has no mandate",
        "direct_debit_members_without_mandate",
        "UPDATE tabMember SET payment_method = 'SEPA Direct Debit' WHERE name = 'MEM-00000'",
        "UPDATE tabMember SET payment_method = 'Bank Transfer' WHERE name = 'MEM-00000'",
    ),
    "mandate_expires": row_fault(
        "a mandate expires in a week", "mandates_expiring_30d", mandate(expiry_date=day(7))
    ),
    "schedules_gone": changed(
        "no schedule is active",
        "dues_schedules_active members_without_dues_schedule",
        "UPDATE `tabMembership Dues Schedule` SET status = 'Paused' WHERE is_template = 0",
        "UPDATE `tabMembership Dues Schedule` SET status = 'Active' WHERE is_template = 0",
    ),
    "dues_not_billed": row_fault(
        "schedules were not billed for three days",
        "dues_past_invoice_dates dues_oldest_past_invoice_days",
        dues(11, next_invoice_date=day(-3)),
    ),
    "dues_without_date": row_fault(
        "a schedule has no next date", "dues_without_next_invoice_date", dues(next_invoice_date=None)
    ),
    "dues_negative": row_fault("a schedule's rate is negative", "dues_nonpositive_rate", dues(dues_rate=-5)),
    "dues_in_test_mode": row_fault("a schedule is in test mode", "dues_schedules_invalid", dues(test_mode=1)),
    "dues_twice": row_fault(
        "a member has two schedules", "dues_duplicate_active_schedules", dues(member="MEM-00001")
    ),
    "dues_after_leaving": row_fault(
        "a member who left is billed", "dues_of_inactive_members", dues(member="MEM-00024")
    ),
    "invoiced_twice": row_fault(
        "a member was billed twice for one period",
        "dues_invoiced_twice_7d",
        (
            INVOICE,
            2,
            D,
            invoice(2, D)[3]
            | {
                "member": "MEM-FAULT",
                "custom_coverage_start_date": day(0),
                "custom_coverage_end_date": SOON,
            },
        ),
    ),
    "invoices_stopped": changed(
        "no invoice was made for nine days",
        "invoices_last_generated_age_hours silent_stop_invoices",
        "UPDATE `tabSales Invoice` SET creation = creation - INTERVAL 9 DAY",
        "UPDATE `tabSales Invoice` SET creation = creation + INTERVAL 9 DAY",
    ),
    "invoices_too_many": row_fault(
        "5,500 invoices were made today",
        "invoices_today",
        invoice(
            5500,
            timedelta(minutes=1),
            outstanding_amount=0,
            status="Paid",
            posting_date=day(0),
            customer=lambda number: f"CUS-F{number}",
        ),
    ),
    "invoices_overdue": row_fault(
        "120 invoices are past their due date",
        "invoices_overdue",
        invoice(120, D, due_date=day(-3), outstanding_amount=1),
    ),
    "invoices_outstanding": row_fault(
        "60,000 euros are owed", "invoices_outstanding_eur", invoice(1, D, outstanding_amount=60_000)
    ),
    "invoice_draft": row_fault(
        "an invoice is a draft for two days", "invoices_stuck_drafts", invoice(1, 2 * D, docstatus=0)
    ),
    "invoices_unpaid": changed(
        "hardly an invoice of last month was paid",
        "invoices_paid_percent_30d",
        "UPDATE `tabSales Invoice` SET status = 'Unpaid' WHERE name LIKE 'SINV-01-%'",
        "UPDATE `tabSales Invoice` SET status = 'Paid' WHERE name LIKE 'SINV-01-%'",
    ),
    "books_unbalanced": row_fault(
        "a voucher's debit and credit differ",
        "general_ledger_imbalance_eur",
        (
            "tabGL Entry",
            1,
            H,
            {"voucher_type": "Sales Invoice", "voucher_no": "FAULT", "debit": 15, "credit": 14},
        ),
    ),
    "bank_unreconciled": row_fault(
        "60 bank transactions are not matched",
        "bank_transactions_unreconciled_14d",
        (
            "tabBank Transaction",
            60,
            20 * D,
            {
                "date": day(-20),
                "docstatus": 1,
                "unallocated_amount": 5,
            },
        ),
    ),
    "bank_feed_stopped": changed(
        "no bank transaction came for two weeks",
        "bank_last_transaction_age_days",
        "UPDATE `tabBank Transaction` SET date = date - INTERVAL 12 DAY WHERE unallocated_amount = 0",
        "UPDATE `tabBank Transaction` SET date = date + INTERVAL 12 DAY WHERE unallocated_amount = 0",
    ),
    "payments_without_reference": row_fault(
        "eight payments have no reference",
        "payments_without_reference_30d",
        ("tabPayment Entry", 8, D, {"docstatus": 1}),
    ),
    "installment_late": row_fault(
        "an installment is late",
        "payment_plan_installments_overdue",
        (
            "tabPayment Plan Installment",
            1,
            D,
            {"parent": "row00000", "status": "Pending", "due_date": day(-20)},
        ),
    ),
    "payment_history_failed": row_fault(
        "an update of a payment history failed",
        "payment_history_queue_stuck",
        ("tabPayment History Update Queue", 1, D, {"status": "Failed"}),
    ),
}
