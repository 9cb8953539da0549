"""Faults that are rows: dues, invoices, payments and the books."""

from __future__ import annotations

from datetime import timedelta

from demo.fault import Fault, both, changed, day, fault, no_rows, row_fault, rows, sql
from demo.fault_invoices import INVOICE, SOON, Columns, invoice
from demo.faults_people import member
from demo.seed_association import TYPE

H, D = timedelta(hours=1), timedelta(days=1)
DUES = "tabMembership Dues Schedule"
LATER = day(60)
"""Not yet due: dues are billed 30 days before."""

SWITCH = "UPDATE tabSingles SET value = '{}' WHERE field = 'auto_submit_membership_invoices'"
UNPAID = (
    "UPDATE `tabSales Invoice` SET outstanding_amount = 0.01 WHERE outstanding_amount = 0"
    " AND RIGHT(customer, 1) IN ('0', '5') AND due_date BETWEEN CURDATE() - INTERVAL 80 DAY AND CURDATE() - INTERVAL 32 DAY"
)
PAID = "UPDATE `tabSales Invoice` SET outstanding_amount = 0 WHERE outstanding_amount = 0.01"


def dues(count: int = 1, age: timedelta = 2 * D, **more: object) -> tuple[str, int, timedelta, Columns]:
    """Live schedules, each of the member `fault-NUMBER`."""
    usual: dict[str, object] = {
        "status": "Active",
        "is_template": 0,
        "member": lambda number: f"fault-{number}",
        "dues_rate": 15,
        "next_invoice_date": LATER,
    }
    return DUES, count, age, usual | more


FAULTS: dict[str, Fault] = {
    "schedules_gone": changed(
        "no schedule is active",
        "dues_schedules_active members_without_dues_schedule",
        f"UPDATE `{DUES}` SET status = 'Paused' WHERE is_template = 0",
        f"UPDATE `{DUES}` SET status = 'Active' WHERE is_template = 0",
    ),
    "dues_billed_no_more": changed(
        "schedules for half a year billed once, and their dates stood still",
        "dues_past_invoice_dates dues_oldest_past_invoice_days",
        f"UPDATE `{DUES}` SET billing_frequency = 'Semi-Annual', next_invoice_date = next_invoice_date - INTERVAL 70 DAY"
        " WHERE name LIKE 'DUE-0000%'",
        f"UPDATE `{DUES}` SET billing_frequency = 'Monthly', next_invoice_date = next_invoice_date + INTERVAL 70 DAY"
        " WHERE name LIKE 'DUE-0000%'",
    ),
    "dues_not_billed": row_fault(
        "the night billed nobody, and its job is Complete",
        "dues_not_generated_in_time",
        member(11),
        dues(11, next_invoice_date=day(0), billing_frequency="Annual"),
    ),
    "dues_without_date": row_fault(
        "a schedule has no next date",
        "dues_without_next_invoice_date",
        member(),
        dues(next_invoice_date=None),
    ),
    "dues_negative": row_fault(
        "a schedule's rate is negative", "dues_nonpositive_rate", member(), dues(dues_rate=-5)
    ),
    "dues_free": row_fault(
        "a schedule's rate is zero, and nobody said why",
        "dues_nonpositive_rate",
        member(),
        dues(dues_rate=0, membership_type=TYPE),
    ),
    "dues_in_test_mode": row_fault(
        "a schedule is in test mode", "dues_schedules_invalid", member(), dues(test_mode=1)
    ),
    "dues_twice": row_fault(
        "a member has two schedules", "dues_duplicate_active_schedules", dues(member="MEM-00001")
    ),
    "dues_pause_undone": row_fault(
        "a member's schedule was paused, and the night made another",
        "dues_duplicate_active_schedules",
        dues(1, 4000 * D, status="Paused", member="MEM-00001", membership="MSH-00001"),
    ),
    "dues_after_leaving": row_fault(
        "a member who left has a schedule", "dues_of_inactive_members", dues(member="MEM-00024")
    ),
    "dues_stop_all_billing": row_fault(
        "a member who left is to be billed, at which the app stops billing",
        "dues_of_inactive_members dues_blocked_by_ended_member",
        dues(member="MEM-00024", next_invoice_date=day(10)),
    ),
    "dues_of_nobody": row_fault(
        "a schedule's member does not exist", "schedules_of_missing_members", dues(member="MEM-NONE")
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
        "silent_stop_invoices",
        "UPDATE `tabSales Invoice` SET creation = creation - INTERVAL 9 DAY",
        "UPDATE `tabSales Invoice` SET creation = creation + INTERVAL 9 DAY",
    ),
    "payments_stopped": changed(
        "no payment was booked for nine days",
        "silent_stop_payments",
        "UPDATE `tabPayment Entry` SET creation = creation - INTERVAL 9 DAY",
        "UPDATE `tabPayment Entry` SET creation = creation + INTERVAL 9 DAY",
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
        "5,100 invoices are past their due date",
        "invoices_overdue",
        invoice(
            5100,
            D,
            due_date=day(-3),
            outstanding_amount=0.5,
            customer=lambda number: f"CUS-F{number}",
        ),
    ),
    "invoices_outstanding": row_fault(
        "60,000 euros are owed", "invoices_outstanding_eur", invoice(1, D, outstanding_amount=60_000)
    ),
    "members_owe": changed(
        "a fifth of the members are more than a month overdue", "members_overdue_percent", UNPAID, PAID
    ),
    "invoice_draft": row_fault(
        "a dues invoice is a draft for two days: its submit failed",
        "invoices_stuck_drafts",
        invoice(1, 2 * D, docstatus=0, membership_dues_schedule_display="DUE-00001"),
    ),
    "invoice_drafts_forgotten": fault(
        "the app submits no invoice, and nobody did for three weeks",
        "invoices_stuck_drafts",
        "",
        both(
            sql(SWITCH.format(0)),
            rows(INVOICE, 3, 21 * D, membership_dues_schedule_display="DUE-00001", customer="CUS-FAULT"),
        ),
        both(no_rows(INVOICE), sql(SWITCH.format(1))),
    ),
    "invoices_unpaid": changed(
        "hardly an invoice was paid",
        "invoices_paid_percent_30d",
        "UPDATE `tabSales Invoice` SET status = 'Unpaid' WHERE status = 'Paid'",
        "UPDATE `tabSales Invoice` SET status = 'Paid' WHERE status = 'Unpaid' AND outstanding_amount = 0",
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
    "payment_unallocated": row_fault(
        "a customer is dunned whose payment lies unmatched",
        "payments_unallocated_14d",
        (
            "tabPayment Entry",
            1,
            20 * D,
            {
                "docstatus": 1,
                "payment_type": "Receive",
                "party_type": "Customer",
                "party": "CUS-FAULT",
                "posting_date": day(-20),
                "unallocated_amount": 15,
            },
        ),
        invoice(1, 40 * D, due_date=day(-10), status="Overdue"),
    ),
    "reconciliation_failed": row_fault(
        "an automatic reconciliation failed",
        "payment_reconciliations_failed",
        ("tabProcess Payment Reconciliation", 1, D, {"docstatus": 1, "status": "Failed"}),
    ),
    "repost_failed": row_fault(
        "the payment ledger was not posted anew",
        "reposts_stuck",
        ("tabRepost Payment Ledger", 1, D, {"docstatus": 1, "repost_status": "Queued"}),
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
        "no bank transaction came for three weeks",
        "bank_last_transaction_late_days",
        "UPDATE `tabBank Transaction` SET date = date - INTERVAL 20 DAY",
        "UPDATE `tabBank Transaction` SET date = date + INTERVAL 20 DAY",
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
