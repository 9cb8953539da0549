"""Faults that are rows: direct debit batches, as Verenigingen 0.9.0 writes them: Generated, their rows Pending."""

from __future__ import annotations

from datetime import date, timedelta

from demo.fault import Fault, both, changed, day, fault, row_fault, sql
from demo.fault_invoices import SOON, Columns, invoice
from demo.pulse import site_now
from demo.seed_money import iban
from fixtures.target2 import business_day, closing_days, is_business_day

H, D = timedelta(hours=1), timedelta(days=1)
BATCH, ROW, MANDATE = "tabDirect Debit Batch", "tabDirect Debit Batch Invoice", "tabSEPA Mandate"
RETRY, RETURNS, INVOICE = "tabSEPA Payment Retry", "tabSEPA Return File Log", "tabSales Invoice"

Rows = tuple[str, int, timedelta, Columns]


def ahead(_: int) -> date:
    """A day on which TARGET2 is open, time enough from now."""
    return business_day(site_now().date(), 5)


def coming(_: int) -> date:
    """Today, or the next day on which TARGET2 is open."""
    today = site_now().date()
    return today if is_business_day(today) else business_day(today, 1)


def closed(_: int) -> date:
    """A day on which TARGET2 is closed, weekends apart, with time enough until then."""
    today = site_now().date()
    soonest = today + 10 * D
    return min(one for year in (0, 1) for one in closing_days(today.year + year) if one > soonest)


def batch(count: int = 1, age: timedelta = H, **more: object) -> Rows:
    """A submitted batch that is to come, with its file and without rows."""
    usual: Columns = {
        "docstatus": 1,
        "status": "Generated",
        "batch_date": ahead,
        "batch_type": "RCUR",
        "sepa_file_generated": 1,
        "sepa_file": "/private/files/fault.xml",
        "sepa_message_id": lambda number: f"FAULT-{number}",
    }
    return BATCH, count, age, usual | more


def draft(**more: object) -> Rows:
    """A draft as the app makes it: without a file, its total 0 until it is saved again."""
    plain: Columns = {
        "docstatus": 0,
        "status": "Draft",
        "sepa_file_generated": 0,
        "sepa_file": None,
        "sepa_message_id": None,
    }
    return BATCH, 1, H, batch()[3] | plain | more


def row(count: int = 1, **more: object) -> Rows:
    """A row of it: the fault's invoice of 15 euros by the fault's mandate."""
    usual: Columns = {
        "docstatus": 1,
        "parent": "fault-0",
        "invoice": "fault-0",
        "amount": 15,
        "iban": iban(77),
        "mandate_reference": "FAULT-0",
        "status": "Pending",
        "currency": "EUR",
    }
    return ROW, count, H, usual | more


def mandate(count: int = 1, age: timedelta = H, **more: object) -> Rows:
    """An active mandate of nobody."""
    usual: Columns = {
        "mandate_id": lambda number: f"FAULT-{number}",
        "status": "Active",
        "iban": iban(77),
        "sign_date": day(-20),
        "is_active": 1,
        "used_for_memberships": 1,
    }
    return MANDATE, count, age, usual | more


def collected(summary: str, fails: str, *made: Rows, **more: object) -> Fault:
    """A batch with one row: an unpaid invoice under a good mandate, but for what is made otherwise.

    What is `made` of a table stands instead of the usual rows; `more` are columns of the invoice.
    """
    own = {rows_[0] for rows_ in made}
    usual = (batch(total_amount=15, entry_count=1), row(), mandate(), invoice(1, H, **more))
    return row_fault(summary, fails, *(one for one in usual if one[0] not in own), *made)


LEFT = row_fault(
    "six invoices of members who pay by direct debit",
    "",
    invoice(6, 10 * D, member=lambda number: f"MEM-{5 * number + 1:05}"),
)

COLLECTED_BEFORE = f"UPDATE `{INVOICE}` AS s JOIN `{ROW}` AS i ON i.invoice = s.name JOIN `{BATCH}` AS b ON b.name = i.parent"
A_FIFTH = (
    "WHERE s.name REGEXP '[79]$' AND b.docstatus = 1"
    " AND b.batch_date BETWEEN CURDATE() - INTERVAL 59 DAY AND CURDATE() - INTERVAL 27 DAY"
)
"""Of what was collected before the last collection; it is due later, so that nobody is in arrears."""

UNSENT = row_fault("a batch is to be collected today", "", batch(batch_date=coming))
LAST_COLLECTED = (
    "docstatus = 1 AND batch_date = (SELECT day FROM"
    f" (SELECT MAX(batch_date) AS day FROM `{BATCH}` WHERE docstatus = 1 AND batch_date < CURDATE()) AS past)"
)

FAULTS: dict[str, Fault] = {
    "batch_due_without_file": row_fault(
        "a batch is to be collected today and has no file",
        "sepa_batches_due_without_file",
        draft(batch_date=coming),
    ),
    "batch_unsent": fault(
        "a batch is to be collected today and was not marked as sent, as the one before was",
        "sepa_batches_due_unsent",
        "",
        both(
            UNSENT.inject,
            sql(f"UPDATE `{BATCH}` SET status = 'Submitted' WHERE {LAST_COLLECTED}"),
        ),
        both(
            UNSENT.heal,
            sql(f"UPDATE `{BATCH}` SET status = 'Generated' WHERE status = 'Submitted'"),
        ),
    ),
    "batch_forgotten": collected(
        "a draft's collection date has passed",
        "sepa_batches_past_date_uncollected",
        draft(batch_date=day(-12)),
    ),
    "batch_not_booked": collected(
        "a batch's invoices are open for twenty days",
        "sepa_batches_past_date_uncollected sepa_returned_not_collected_again",
        batch(batch_date=day(-20), total_amount=15, entry_count=1),
    ),
    "batch_on_closing_day": row_fault(
        "a batch is to be collected at Christmas", "sepa_batch_date_closing_day", batch(batch_date=closed)
    ),
    "batch_invalid": row_fault(
        "a batch has critical validation errors",
        "sepa_batches_critical_validation",
        batch(validation_status="Critical Errors"),
    ),
    "batch_refused_by_app": row_fault(
        "the app gave its own draft a status that is none",
        "sepa_batches_critical_validation batches_unknown_status",
        draft(status="Validation Failed"),
    ),
    "batch_file_lost": row_fault(
        "a batch's file is gone", "sepa_batch_files_inconsistent", batch(sepa_file=None)
    ),
    "batch_type_of_the_form": row_fault(
        "a batch has the form's own type", "sepa_batches_wrong_sequence_type", batch(batch_type="CORE")
    ),
    "batch_total_wrong": row_fault(
        "a batch's total is not that of its rows", "sepa_batch_total_mismatches", batch(total_amount=99)
    ),
    "large_batch": collected(
        "a coming batch is of 60,000 euros, of which 15 are owed",
        "sepa_largest_open_batch_amount_eur sepa_amount_differs_from_invoice",
        batch(total_amount=60_000, entry_count=1),
        row(amount=60_000),
    ),
    "message_id_twice": row_fault(
        "two batches have one message id",
        "sepa_duplicate_message_ids",
        batch(2, sepa_message_id="FAULT-TWICE"),
    ),
    "invoice_in_two_batches": collected(
        "an invoice is in two coming batches",
        "sepa_invoices_in_two_batches",
        batch(2, total_amount=15, entry_count=1),
        row(2, parent=lambda number: f"fault-{number}"),
    ),
    "invoice_debited_again": collected(
        "an invoice was debited last week, is not booked, and is to be debited again",
        "sepa_invoices_in_two_batches",
        batch(
            2, total_amount=15, entry_count=1, batch_date=lambda number: day(-6)(0) if number else ahead(0)
        ),
        row(2, parent=lambda number: f"fault-{number}"),
    ),
    "paid_invoice_collected": collected(
        "a coming batch collects a paid invoice",
        "sepa_paid_invoices_in_coming_batches",
        outstanding_amount=0,
        status="Paid",
    ),
    "paid_invoice_in_draft": collected(
        "a draft holds a paid invoice: the app refuses to submit it",
        "sepa_rows_not_collectable",
        draft(),
        outstanding_amount=0,
        status="Paid",
    ),
    "payment_not_matched": collected(
        "a member is to be debited who paid, and whose payment is not matched",
        "sepa_rows_paid_but_unallocated",
        (
            "tabPayment Entry",
            1,
            D,
            {
                "docstatus": 1,
                "payment_type": "Receive",
                "party_type": "Customer",
                "party": "CUS-FAULT",
                "unallocated_amount": 15,
                "posting_date": day(-1),
                "reference_no": "FAULT",
            },
        ),
    ),
    "more_than_owed_collected": collected(
        "a coming batch collects more than is owed",
        "sepa_amount_differs_from_invoice",
        batch(total_amount=40, entry_count=1),
        row(amount=40),
    ),
    "draft_invoice_collected": collected(
        "a coming batch collects an invoice that is a draft", "sepa_rows_not_collectable", docstatus=0
    ),
    "collected_without_mandate": collected(
        "a coming batch collects without a mandate",
        "sepa_batch_rows_without_active_mandate",
        row(mandate_reference="NONE"),
    ),
    "expired_mandate_collected": collected(
        "a coming batch collects by a mandate that expired and that nobody saved since",
        "sepa_batch_rows_without_active_mandate mandates_active_but_expired",
        mandate(expiry_date=day(-2)),
    ),
    "other_account_collected": collected(
        "a coming batch debits another account than the mandate's",
        "sepa_batch_rows_other_account",
        row(iban=iban(78)),
    ),
    "other_member_collected": collected(
        "a coming batch debits by a mandate that is not the member's",
        "sepa_batch_rows_other_member",
        row(member="MEM-00001"),
    ),
    "ended_member_collected": collected(
        "a coming batch debits a member who left",
        "sepa_batch_rows_of_ended_members",
        row(member="MEM-00024"),
        mandate(member="MEM-00024"),
        customer="CUS-00024",
    ),
    "no_batch_for_long": fault(
        "no batch was collected for seven weeks, the coming ones are cancelled",
        "sepa_collection_late_days",
        "",
        both(
            sql(
                f"UPDATE `{BATCH}` SET docstatus = 2, sepa_message_id = CONCAT('FAULT-', sepa_message_id)"
                " WHERE docstatus = 1 AND batch_date >= CURDATE()"
            ),
            sql(f"UPDATE `{BATCH}` SET batch_date = batch_date - INTERVAL 45 DAY WHERE docstatus = 1"),
        ),
        both(
            sql(f"UPDATE `{BATCH}` SET batch_date = batch_date + INTERVAL 45 DAY WHERE docstatus = 1"),
            sql(
                f"UPDATE `{BATCH}` SET docstatus = 1, sepa_message_id = SUBSTRING(sepa_message_id, 7)"
                " WHERE docstatus = 2 AND sepa_message_id LIKE 'FAULT-%%'"
            ),
        ),
    ),
    "automatic_batch_missing": fault(
        "the app should have made a batch each day and made none",
        "sepa_automatic_batch_missing",
        "",
        both(
            sql(
                "UPDATE tabSingles SET value = %s WHERE field = 'batch_creation_days'",
                ",".join(map(str, range(1, 32))),
            ),
            sql(f"UPDATE `{BATCH}` SET creation = creation - INTERVAL 14 DAY"),
            LEFT.inject,
        ),
        both(
            sql(
                f"UPDATE tabSingles SET value = (SELECT DAY(MAX(modified)) FROM `{BATCH}`)"
                " WHERE field = 'batch_creation_days'"
            ),
            sql(f"UPDATE `{BATCH}` SET creation = creation + INTERVAL 14 DAY"),
            LEFT.heal,
        ),
    ),
    "collections_returned": changed(
        "a fifth of a collection came back, and is not collected again",
        "sepa_open_row_percent_60d sepa_returned_not_collected_again",
        f"{COLLECTED_BEFORE} SET s.outstanding_amount = 4, s.due_date = s.due_date + INTERVAL 90 DAY {A_FIFTH}",
        f"{COLLECTED_BEFORE} SET s.outstanding_amount = 0, s.due_date = s.due_date - INTERVAL 90 DAY {A_FIFTH}",
    ),
    "returned_left_out": collected(
        "a debit came back ten weeks ago and is in no batch since",
        "sepa_returned_not_collected_again",
        batch(batch_date=day(-70), total_amount=15, entry_count=1),
    ),
    "invoices_left_out": row_fault(
        "three invoices of members who pay by direct debit are in no batch for months",
        "sepa_invoices_in_no_batch",
        invoice(
            3,
            100 * D,
            due_date=day(-70),
            status="Overdue",
            member=lambda number: f"MEM-{5 * number + 1:05}",
        ),
    ),
    "index_gone": changed(
        "the index by which the app finds what to collect is gone",
        "sepa_index_missing",
        f"DROP INDEX idx_sepa_invoice_lookup ON `{INVOICE}`",
        f"CREATE INDEX idx_sepa_invoice_lookup ON `{INVOICE}`"
        " (membership_dues_schedule_display, docstatus, status, outstanding_amount)",
    ),
    "sepa_batch_failed": row_fault(
        "a direct debit batch failed today", "sepa_failed_batches", (BATCH, 1, H, {"status": "Failed"})
    ),
    "sepa_batch_failed_and_left": collected(
        "a direct debit batch failed three days ago, its invoices are open",
        "sepa_failed_batches",
        batch(1, 3 * D, status="Failed", total_amount=15, entry_count=1),
    ),
    "sepa_batches_failed_week": row_fault(
        "four batches failed three days ago",
        "sepa_failed_batches_7d",
        (BATCH, 4, 3 * D, {"status": "Failed"}),
    ),
    "return_file_failed": row_fault(
        "a return file failed a month ago",
        "sepa_return_files_failed",
        (RETURNS, 1, 30 * D, {"status": "Failed"}),
    ),
    "return_file_stuck": row_fault(
        "a return file is stuck", "sepa_return_files_stuck", (RETURNS, 1, 3 * H, {"status": "Processing"})
    ),
    "retry_overdue": row_fault(
        "a retry is past its date, and the invoice is open",
        "sepa_retries_overdue",
        (RETRY, 1, D, {"invoice": "fault-0", "status": "Scheduled", "next_retry_date": day(-3)}),
        invoice(1, H),
    ),
    "retry_given_up": row_fault(
        "the app gave a retry up, and the invoice is open",
        "sepa_retries_given_up",
        (RETRY, 1, D, {"invoice": "fault-0", "status": "Error", "next_retry_date": SOON}),
        invoice(1, H),
    ),
    "retries_stand_still": row_fault(
        "a batch of retries waits for two days",
        "batch_retry_stuck",
        ("tabSEPA Retry Batch", 1, 2 * D, {"status": "Pending", "batch_date": day(-2)}),
    ),
    "sepa_audit_failure": row_fault(
        "the SEPA audit log has failures",
        "sepa_audit_failures_1h",
        ("tabSEPA Audit Log", 6, H / 2, {"compliance_status": "Pending Review"}),
    ),
    "creditor_unknown": changed(
        "the creditor id is gone",
        "sepa_creditor_settings_missing",
        "UPDATE tabSingles SET value = '' WHERE field = 'creditor_id'",
        "UPDATE tabSingles SET value = 'NL00ZZZ000000000000' WHERE field = 'creditor_id'",
    ),
}
