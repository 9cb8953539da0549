"""Direct debit batches: before their date, on it, and after."""

from __future__ import annotations

from datetime import date

from tests.checks.association_dates import (
    COLLECTION_DAY,
    DAY_BEFORE,
    MONTH_LATER,
    TWO_WEEKS_LATER,
    batch,
    iban,
    invoice,
    mandate,
    member,
    spaced,
)
from tests.checks.stage import Story
from tests.checks.tales import (
    COLLECTED,
    JULY,
    at,
    bill,
    change,
    collect,
    credit,
    delete,
    leave,
    not_booked,
    pay,
    put,
    sign,
    single,
)

TYPED = at("2027-06-09T11:30")
"""The batch is a draft, typed in the desk the day before."""
BATCH, ROW, INVOICE = "Direct Debit Batch", "Direct Debit Batch Invoice", "Sales Invoice"
JUNE = batch()
ROWS = [f"{JUNE}-{name}" for name in COLLECTED]
NEW = [bill(f"NEW-{number}", number, at("2027-06-02T10:00"), amount=5) for number in (1, 2, 3)]
"""Invoices in no batch: of an event, say."""
NEWS = ["NEW-1", "NEW-2", "NEW-3"]


def row(number: int = 0, **values) -> str:
    return change(ROW, ROWS[number], **values)


def of_batch(**values) -> str:
    return change(BATCH, JUNE, **values)


SENT = {"sepa_batches_due_unsent": 4}
"""The app knows of batches that were sent, so it can be said when one was not."""

STORIES = [
    # Before the collection: what is paid, cancelled, credited
    Story("nothing happens the day before", DAY_BEFORE, {"sepa_batch_rows_of_ended_members": 0}),
    Story(
        "a member pays online the day before",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": (1, "critical"), "sepa_amount_differs_from_invoice": 0},
        pay([invoice(1)], at("2027-06-14T08:00")),
    ),
    Story(
        "a member pays online, the batch is marked as sent",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": (1, "critical")},
        [pay([invoice(1)], at("2027-06-14T08:00")), of_batch(status="Submitted")],
    ),
    Story(
        "all is booked on the collection day itself",
        COLLECTION_DAY,
        {"sepa_paid_invoices_in_coming_batches": 0, "sepa_batches_past_date_uncollected": 0},
        pay(COLLECTED, at("2027-06-15T14:00")),
    ),
    Story(
        "an invoice is credited the day before",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": (1, "critical")},
        credit(invoice(1), at("2027-06-14T08:00"), 1),
    ),
    Story(
        "an invoice is cancelled and amended the day before",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": (1, "critical"), "sepa_amount_differs_from_invoice": 0},
        [
            change(INVOICE, invoice(1), docstatus=2, status="Cancelled"),
            bill(f"{invoice(1)}-1", 1, at("2027-06-14T08:00")),
        ],
    ),
    Story(
        "an invoice is paid in part",
        DAY_BEFORE,
        {"sepa_amount_differs_from_invoice": (1, "high"), "sepa_paid_invoices_in_coming_batches": 0},
        change(INVOICE, invoice(1), outstanding_amount=1, status="Partly Paid"),
    ),
    Story(
        "a batch takes a part of an invoice only",
        DAY_BEFORE,
        {"sepa_amount_differs_from_invoice": 0},
        [row(amount=5), of_batch(total_amount=125)],
    ),
    Story(
        "a draft holds an invoice that was paid meanwhile",
        TYPED,
        {"sepa_rows_not_collectable": (1, "high"), "sepa_paid_invoices_in_coming_batches": 0},
        pay([invoice(1)], at("2027-06-09T09:00")),
    ),
    Story(
        "a draft holds an invoice that was cancelled meanwhile",
        TYPED,
        {"sepa_rows_not_collectable": (1, "high"), "sepa_paid_invoices_in_coming_batches": 0},
        [
            change(INVOICE, invoice(1), docstatus=2, status="Cancelled"),
            bill(f"{invoice(1)}-1", 1, at("2027-06-09T09:00")),
        ],
    ),
    Story(
        "a draft has a total of nothing until its next save",
        TYPED,
        {"sepa_batch_total_mismatches": 0, "sepa_batches_due_without_file": 4},
    ),
    Story(
        "a batch is cancelled, then its invoices are paid and a mandate ends",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": 0, "direct_debit_members_without_mandate": (1, "warning")},
        [
            of_batch(docstatus=2),
            row(docstatus=2),
            pay(COLLECTED[:2], at("2027-06-14T08:00")),
            change("SEPA Mandate", mandate(3), status="Cancelled", is_active=0),
        ],
    ),
    Story(
        "a payment came in and is not matched yet",
        DAY_BEFORE,
        {"sepa_rows_paid_but_unallocated": (1, "high"), "payments_unallocated_14d": 0},
        put(
            "Payment Entry",
            "PAID-1",
            at("2027-06-11T10:00"),
            docstatus=1,
            payment_type="Receive",
            party_type="Customer",
            party="CUS-01",
            posting_date=date(2027, 6, 11),
            paid_amount=7.5,
            unallocated_amount=7.5,
        ),
    ),
    Story(
        "a rest of a payment is too small for the row",
        DAY_BEFORE,
        {"sepa_rows_paid_but_unallocated": 0},
        put(
            "Payment Entry",
            "PAID-1",
            at("2027-06-11T10:00"),
            docstatus=1,
            payment_type="Receive",
            party_type="Customer",
            party="CUS-01",
            posting_date=date(2027, 6, 11),
            paid_amount=10,
            unallocated_amount=2.5,
        ),
    ),
    Story(
        "an unmatched payment was cancelled",
        DAY_BEFORE,
        {"sepa_rows_paid_but_unallocated": 0},
        put(
            "Payment Entry",
            "PAID-1",
            at("2027-06-11T10:00"),
            docstatus=2,
            payment_type="Receive",
            party_type="Customer",
            party="CUS-01",
            posting_date=date(2027, 6, 11),
            paid_amount=7.5,
            unallocated_amount=7.5,
        ),
    ),
    Story(
        "a payment for one of a member's two rows is not matched yet: it may be for either",
        MONTH_LATER,
        {"sepa_rows_paid_but_unallocated": (2, "high")},
        put(
            "Payment Entry",
            "PAID-3",
            at("2027-07-12T10:00"),
            docstatus=1,
            payment_type="Receive",
            party_type="Customer",
            party="CUS-03",
            posting_date=date(2027, 7, 12),
            paid_amount=7.5,
            unallocated_amount=7.5,
        ),
    ),
    # Before the collection: mandates, accounts, members
    Story(
        "a member cancels his mandate the day before",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change("SEPA Mandate", mandate(1), status="Cancelled", is_active=0),
    ),
    Story(
        "a mandate ran out, and no job made it Expired",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "mandates_active_but_expired": (1, "warning"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change("SEPA Mandate", mandate(1), expiry_date=date(2027, 6, 13)),
    ),
    Story(
        "a mandate runs out today, the collection is tomorrow",
        DAY_BEFORE,
        {"sepa_batch_rows_without_active_mandate": (1, "critical"), "mandates_expiring_30d": (1, "info")},
        change("SEPA Mandate", mandate(1), expiry_date=date(2027, 6, 14)),
    ),
    Story(
        "a mandate runs out on the collection day",
        DAY_BEFORE,
        {"sepa_batch_rows_without_active_mandate": 0, "mandates_expiring_30d": (1, "info")},
        change("SEPA Mandate", mandate(1), expiry_date=date(2027, 6, 15)),
    ),
    Story(
        "a mandate is cancelled as of a day after the collection",
        DAY_BEFORE,
        {"sepa_batch_rows_without_active_mandate": 0, "mandates_active_but_cancelled": 0},
        change("SEPA Mandate", mandate(1), cancelled_date=date(2027, 6, 20)),
    ),
    Story(
        "a mandate is suspended",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change("SEPA Mandate", mandate(1), status="Suspended", is_active=0),
    ),
    Story(
        "a member changes his bank on the portal",
        DAY_BEFORE,
        {"sepa_batch_rows_without_active_mandate": (1, "critical"), "mandates_two_active": 0},
        [
            change("SEPA Mandate", mandate(1), status="Cancelled", is_active=0),
            sign("MND-01-B", 1, at("2027-06-13T20:00"), iban=spaced(iban(101))),
            change("Member", member(1), iban=iban(101)),
        ],
    ),
    Story(
        "a mandate was deleted",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        delete("SEPA Mandate", mandate(1)),
    ),
    Story(
        "mandates end after the collection",
        TWO_WEEKS_LATER,
        {
            "sepa_batch_rows_without_active_mandate": 0,
            "direct_debit_members_without_mandate": (3, "warning"),
        },
        change("SEPA Mandate", [mandate(1), mandate(2), mandate(3)], status="Cancelled", is_active=0),
    ),
    Story(
        "a row uses another member's mandate",
        DAY_BEFORE,
        {"sepa_batch_rows_other_member": (1, "high"), "sepa_batch_rows_without_active_mandate": 0},
        row(mandate_reference=mandate(2), iban=spaced(iban(2))),
    ),
    Story(
        "an account changes on mandate and member, the row keeps the old one",
        DAY_BEFORE,
        {"sepa_batch_rows_other_account": (1, "high"), "mandates_iban_differs_from_member": 0},
        [
            change("SEPA Mandate", mandate(1), iban=spaced(iban(101))),
            change("Member", member(1), iban=iban(101)),
        ],
    ),
    Story(
        "an account is written in another way",
        DAY_BEFORE,
        {"sepa_batch_rows_other_account": 0, "mandates_iban_differs_from_member": 0},
        change("SEPA Mandate", mandate(1), iban=iban(1).lower()),
    ),
    Story(
        "a member leaves the day before, mandate and all",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
            "members_terminated_24h": 1,
            "members_churn_percent_30d": 8.33,
        },
        leave(4, at("2027-06-13T16:00")),
    ),
    Story(
        "a member leaves, his mandate is kept for what he owes",
        DAY_BEFORE,
        {
            "sepa_batch_rows_of_ended_members": 0,
            "mandates_of_inactive_members": 0,
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(4, at("2027-06-12T16:00"), mandate_too=0),
    ),
    Story(
        "a member died, the mandate is there still",
        DAY_BEFORE,
        {
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "mandates_of_inactive_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(4, at("2027-06-12T16:00"), mandate_too=0, termination_type="Deceased"),
    ),
    Story(
        "a member left, the save made him Active again",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "terminations_without_effect": (1, "warning"),
        },
        leave(4, at("2027-06-12T16:00"), status="Active"),
    ),
    Story(
        "a member left this morning, the save made him Active again until the night",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "terminations_without_effect": 0,
            "members_without_membership": 0,
        },
        leave(4, at("2027-06-14T08:30"), status="Active"),
    ),
    Story(
        "one who rejoined is debited",
        DAY_BEFORE,
        {"sepa_batch_rows_of_ended_members": 0, "terminations_without_effect": 0},
    ),
    Story(
        "one who rejoined is made Terminated again by the night",
        DAY_BEFORE,
        {
            "sepa_batch_rows_of_ended_members": 0,
            "memberships_of_ended_members": (1, "warning"),
            "mandates_of_inactive_members": 0,
            "enabled_users_of_ended_members": 0,
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        change("Member", member(14), status="Terminated"),
    ),
    Story(
        "a member is expelled, his membership and mandate are not ended",
        DAY_BEFORE,
        {
            "terminations_without_effect": (1, "warning"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "memberships_of_ended_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        [
            leave(4, at("2027-06-12T16:00"), termination_type="Expulsion"),
            change("Membership", "SHIP-04", status="Active", cancellation_date=None),
            change("SEPA Mandate", mandate(4), status="Active", is_active=1),
        ],
    ),
    # The batch itself
    Story(
        "a total changes after the batch was submitted",
        DAY_BEFORE,
        {"sepa_batch_total_mismatches": (1, "critical")},
        of_batch(total_amount=900),
    ),
    Story(
        "a row is taken out of a submitted batch",
        DAY_BEFORE,
        {"sepa_batch_total_mismatches": (1, "critical")},
        delete(ROW, ROWS[0]),
    ),
    Story(
        "one invoice is in a batch twice",
        DAY_BEFORE,
        {
            "sepa_invoices_in_two_batches": (1, "critical"),
            "sepa_batch_total_mismatches": (1, "critical"),
        },
        row(
            1,
            invoice=invoice(1),
            member=member(1),
            mandate_reference=mandate(1),
            iban=spaced(iban(1)),
            amount=7,
        ),
    ),
    Story(
        "a batch has its file and the document is gone",
        DAY_BEFORE,
        {"sepa_batch_files_inconsistent": (1, "high")},
        of_batch(sepa_file=""),
    ),
    Story(
        "a file was cleared away after the collection",
        TWO_WEEKS_LATER,
        {"sepa_batch_files_inconsistent": 0},
        of_batch(sepa_file="", sepa_message_id=None),
    ),
    Story(
        "a submitted batch has no file the day before",
        DAY_BEFORE,
        {
            "sepa_batches_due_without_file": (1, "high", "critical"),
            "sepa_batch_files_inconsistent": (1, "high"),
        },
        of_batch(sepa_file="", sepa_file_generated=0),
    ),
    Story(
        "a draft is two business days from its date",
        DAY_BEFORE,
        {"sepa_batches_due_without_file": (2, "high")},
        [NEW, collect("LATE", date(2027, 6, 16), at("2027-06-11T10:00"), NEWS, docstatus=0, status="Draft")],
    ),
    Story(
        "a draft is one business day from its date, over a weekend",
        at("2027-06-18T17:00"),
        {"sepa_batches_due_without_file": (1, "high", "critical")},
        [NEW, collect("LATE", date(2027, 6, 21), at("2027-06-16T10:00"), NEWS, docstatus=0, status="Draft")],
    ),
    Story(
        "a draft is to be collected today",
        COLLECTION_DAY,
        {"sepa_batches_due_without_file": (0, "high", "critical")},
        [NEW, collect("LATE", date(2027, 6, 15), at("2027-06-11T10:00"), NEWS, docstatus=0, status="Draft")],
    ),
    Story(
        "the app's own validation refuses a draft",
        DAY_BEFORE,
        {
            "sepa_batches_due_without_file": (2, "high"),
            "batches_unknown_status": (1, "warning"),
            "sepa_batches_critical_validation": (1, "high"),
        },
        [
            NEW,
            collect(
                "LATE",
                date(2027, 6, 16),
                at("2027-06-11T10:00"),
                NEWS,
                docstatus=0,
                status="Validation Failed",
            ),
        ],
    ),
    Story(
        "a batch that the app refused was cancelled",
        DAY_BEFORE,
        {"sepa_batches_critical_validation": 0, "batches_unknown_status": 0},
        [
            NEW,
            collect(
                "LATE",
                date(2027, 6, 16),
                at("2027-06-11T10:00"),
                NEWS,
                docstatus=2,
                status="Validation Failed",
            ),
        ],
    ),
    Story(
        "a batch is typed for a Saturday",
        DAY_BEFORE,
        {"sepa_batch_date_closing_day": (1, "warning"), "sepa_batches_wrong_sequence_type": 0},
        [NEW, collect("SATURDAY", date(2027, 6, 19), at("2027-06-11T10:00"), NEWS)],
    ),
    Story(
        "a batch is typed for Good Friday of next year, with the form's own sequence type",
        DAY_BEFORE,
        {"sepa_batch_date_closing_day": (1, "warning"), "sepa_batches_wrong_sequence_type": (1, "high")},
        [NEW, collect("FRIDAY", date(2028, 4, 14), at("2027-06-11T10:00"), NEWS, batch_type="CORE")],
    ),
    Story(
        "a batch is typed for King's Day of next year, on which banks work",
        DAY_BEFORE,
        {"sepa_batch_date_closing_day": 0},
        [NEW, collect("KING", date(2028, 4, 27), at("2027-06-11T10:00"), NEWS)],
    ),
    Story(
        "a batch of the form's own sequence type was collected",
        TWO_WEEKS_LATER,
        {"sepa_batches_wrong_sequence_type": 0},
        of_batch(batch_type="CORE"),
    ),
    *(
        Story(
            f"a batch is of the sequence type {kind}",
            DAY_BEFORE,
            {"sepa_batches_wrong_sequence_type": 0},
            of_batch(batch_type=kind),
        )
        for kind in ("FRST", "OOFF", "FNAL")
    ),
    Story(
        "a copied batch has the message id of another that is to come",
        DAY_BEFORE,
        {"sepa_duplicate_message_ids": (1, "high")},
        [
            NEW,
            collect("COPY", date(2027, 6, 18), at("2027-06-11T10:00"), NEWS, sepa_message_id=f"MSG-{JUNE}"),
        ],
    ),
    Story(
        "two batches of one message id were collected",
        TWO_WEEKS_LATER,
        {"sepa_duplicate_message_ids": 0},
        [
            NEW,
            collect("COPY", date(2027, 6, 18), at("2027-06-11T10:00"), NEWS, sepa_message_id=f"MSG-{JUNE}"),
            pay(NEWS, at("2027-06-21T11:00")),
        ],
    ),
    Story(
        "a cancelled batch and its amendment have one message id",
        DAY_BEFORE,
        {"sepa_duplicate_message_ids": 0, "sepa_invoices_in_two_batches": 0},
        [
            of_batch(docstatus=2),
            collect(
                f"{JUNE}-1",
                date(2027, 6, 15),
                at("2027-06-11T10:00"),
                COLLECTED,
                sepa_message_id=f"MSG-{JUNE}",
            ),
        ],
    ),
    Story(
        "a batch is very large",
        DAY_BEFORE,
        {"sepa_largest_open_batch_amount_eur": (60000, "info"), "invoices_outstanding_eur": (60135, "info")},
        [
            bill("LARGE", 1, at("2027-06-02T10:00"), amount=60000),
            collect("LARGE", date(2027, 6, 18), at("2027-06-11T10:00"), ["LARGE"]),
        ],
    ),
    *(
        Story(title, DAY_BEFORE, {"sepa_rows_not_collectable": (1, "high"), **also}, changes)
        for title, also, changes in (
            (
                "a row is above its mandate's maximum",
                {},
                change("SEPA Mandate", mandate(1), maximum_amount=5),
            ),
            (
                "a row is of nothing",
                {"sepa_batch_total_mismatches": (1, "critical")},
                row(amount=0),
            ),
            ("a row is in pounds", {}, row(currency="GBP")),
            ("a row's invoice does not exist", {}, row(invoice="INV-GONE")),
            (
                "a row is a credit note",
                {"sepa_paid_invoices_in_coming_batches": (1, "critical")},
                [
                    credit("INV-FIRST-01", at("2027-06-11T10:00"), 1),
                    row(invoice="CREDIT-INV-FIRST-01"),
                ],
            ),
            (
                "a row's invoice is a draft",
                {"invoices_stuck_drafts": (1, "warning")},
                change(INVOICE, invoice(1), docstatus=0, status="Draft"),
            ),
        )
    ),
    Story(
        "a row is as high as its mandate allows",
        DAY_BEFORE,
        {"sepa_rows_not_collectable": 0},
        change("SEPA Mandate", mandate(1), maximum_amount=7.5),
    ),
    # Twice
    Story(
        "an invoice is in two batches to come",
        DAY_BEFORE,
        {"sepa_invoices_in_two_batches": (2, "critical")},
        collect("TWICE", date(2027, 6, 18), at("2027-06-11T10:00"), COLLECTED[:2]),
    ),
    Story(
        "an invoice is in two drafts",
        TYPED,
        {"sepa_invoices_in_two_batches": (2, "critical")},
        collect(
            "TWICE", date(2027, 6, 18), at("2027-06-09T11:00"), COLLECTED[:2], docstatus=0, status="Draft"
        ),
    ),
    Story(
        "collected yesterday, not booked yet, and made again",
        at("2027-06-16T09:00"),
        {"sepa_invoices_in_two_batches": (10, "critical")},
        collect("TWICE", date(2027, 6, 22), at("2027-06-16T08:30"), COLLECTED),
    ),
    Story(
        "two came back and are collected anew a week later",
        at("2027-06-22T10:00"),
        {"sepa_invoices_in_two_batches": 0, "sepa_batches_past_date_uncollected": 0},
        collect("AGAIN", date(2027, 6, 28), at("2027-06-22T09:00"), [invoice(3), invoice(6)]),
    ),
    Story(
        "a debit came back, booked as a payment out, and is collected anew",
        at("2027-06-22T10:00"),
        {"sepa_invoices_in_two_batches": 0},
        [
            change(INVOICE, invoice(4), outstanding_amount=7.5, status="Unpaid"),
            put(
                "Payment Entry",
                "BACK-4",
                at("2027-06-21T12:00"),
                docstatus=1,
                payment_type="Pay",
                party_type="Customer",
                party="CUS-04",
                posting_date=date(2027, 6, 21),
                mode_of_payment="SEPA Direct Debit Return",
                paid_amount=7.5,
            ),
            collect("AGAIN", date(2027, 6, 28), at("2027-06-22T09:00"), [invoice(4)]),
        ],
    ),
    Story(
        "what came back in June is in July's batch",
        MONTH_LATER,
        {"sepa_invoices_in_two_batches": 0, "sepa_returned_not_collected_again": 0},
    ),
    Story(
        "a batch is cancelled and made anew",
        DAY_BEFORE,
        {"sepa_invoices_in_two_batches": 0},
        [of_batch(docstatus=2), collect("ANEW", date(2027, 6, 16), at("2027-06-11T10:00"), COLLECTED)],
    ),
    # After the collection
    Story(
        "collected five days ago, not booked yet",
        at("2027-06-20T10:00"),
        {"sepa_batches_past_date_uncollected": 0},
        not_booked(COLLECTED),
    ),
    Story(
        "collected twelve days ago, nothing booked",
        at("2027-06-27T10:00"),
        {"sepa_batches_past_date_uncollected": (1, "high")},
        not_booked(COLLECTED),
    ),
    Story(
        "marked as sent, twelve days ago, nothing booked",
        at("2027-06-27T10:00"),
        {"sepa_batches_past_date_uncollected": (1, "high"), **SENT},
        [not_booked(COLLECTED), of_batch(status="Submitted")],
    ),
    Story(
        "marked as processed, nothing booked",
        at("2027-06-27T10:00"),
        {"sepa_batches_past_date_uncollected": (1, "high"), **SENT},
        [not_booked(COLLECTED), of_batch(status="Processed")],
    ),
    Story(
        "marked as processed, all booked",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": 0, **SENT},
        of_batch(status="Processed"),
    ),
    Story(
        "half of a batch is booked",
        at("2027-06-27T10:00"),
        {"sepa_batches_past_date_uncollected": 0},
        not_booked([invoice(1), invoice(2), invoice(4)]),
    ),
    Story(
        "more than half of a batch is not booked",
        at("2027-06-27T10:00"),
        {"sepa_batches_past_date_uncollected": (1, "high")},
        not_booked([invoice(1), invoice(2), invoice(4), invoice(5)]),
    ),
    Story(
        "a draft of what came back was forgotten",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": (1, "high")},
        collect(
            "DRAFT",
            date(2027, 6, 25),
            at("2027-06-22T09:00"),
            [invoice(3), invoice(6)],
            docstatus=0,
            status="Draft",
        ),
    ),
    Story(
        "a forgotten draft's invoices are in the next batch",
        MONTH_LATER,
        {"sepa_batches_past_date_uncollected": 0, "sepa_invoices_in_two_batches": 0},
        collect(
            "DRAFT",
            date(2027, 6, 25),
            at("2027-06-22T09:00"),
            [invoice(3), invoice(6)],
            docstatus=0,
            status="Draft",
        ),
    ),
    Story(
        "a forgotten draft's invoices were paid otherwise",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": 0},
        [
            collect(
                "DRAFT",
                date(2027, 6, 25),
                at("2027-06-22T09:00"),
                [invoice(3), invoice(6)],
                docstatus=0,
                status="Draft",
            ),
            pay([invoice(3), invoice(6)], at("2027-06-28T09:00")),
        ],
    ),
    Story(
        "the app's own drafts of July's dues were forgotten for three months",
        at("2027-10-05T10:00"),
        {"sepa_invoices_in_no_batch": (9, "warning"), "members_overdue_percent": (75, "warning", "high")},
        [
            change(
                BATCH,
                batch(JULY),
                docstatus=0,
                status="Draft",
                sepa_file_generated=0,
                sepa_file=None,
                sepa_message_id=None,
            ),
            not_booked([invoice(number, JULY) for number in (1, 2, 3, 4, 5, 6, 7, 8, 14)]),
        ],
    ),
    Story(
        "a few debits more than usual came back",
        at("2027-07-28T10:00"),
        {"sepa_open_row_percent_60d": (14.29, "warning"), "sepa_returned_not_collected_again": 0},
        not_booked([invoice(number, JULY) for number in (1, 2, 4)]),
    ),
    Story(
        "a quarter of the debits came back",
        at("2027-07-28T10:00"),
        {"sepa_open_row_percent_60d": (23.81, "warning", "high"), "sepa_batches_past_date_uncollected": 0},
        not_booked([invoice(number, JULY) for number in (1, 2, 4, 5, 7)]),
    ),
    Story(
        "what came back in June is left out of July's batch",
        at("2027-07-29T10:00"),
        {"sepa_returned_not_collected_again": (2, "info"), "sepa_invoices_in_no_batch": 0},
        [not_booked([invoice(3), invoice(6)]), delete(ROW, [f"{batch(JULY)}-{invoice(n)}" for n in (3, 6)])],
    ),
    Story(
        "what came back in June is left out, and the app will try it again",
        at("2027-07-29T10:00"),
        {"sepa_returned_not_collected_again": (1, "info"), "sepa_retries_overdue": 0},
        [
            not_booked([invoice(3), invoice(6)]),
            delete(ROW, [f"{batch(JULY)}-{invoice(n)}" for n in (3, 6)]),
            put(
                "SEPA Payment Retry",
                "RETRY-3",
                at("2027-07-20T10:00"),
                invoice=invoice(3),
                status="Scheduled",
                next_retry_date=date(2027, 8, 2),
            ),
        ],
    ),
    Story(
        "what came back in June was credited",
        at("2027-07-29T10:00"),
        {"sepa_returned_not_collected_again": 0},
        [
            not_booked([invoice(3), invoice(6)]),
            delete(ROW, [f"{batch(JULY)}-{invoice(n)}" for n in (3, 6)]),
            credit(invoice(3), at("2027-07-20T10:00"), 3),
            credit(invoice(6), at("2027-07-20T10:00"), 6),
        ],
    ),
    Story(
        "a collection passes by an invoice",
        at("2027-07-29T10:00"),
        {"sepa_invoices_in_no_batch": (1, "warning")},
        [not_booked([invoice(1)]), delete(ROW, ROWS[0])],
    ),
    Story(
        "a collection passes by a credited invoice",
        at("2027-07-29T10:00"),
        {"sepa_invoices_in_no_batch": 0},
        [not_booked([invoice(1)]), delete(ROW, ROWS[0]), credit(invoice(1), at("2027-07-20T10:00"), 1)],
    ),
    Story(
        "a collection passes by one who pays by transfer",
        at("2027-07-29T10:00"),
        {"sepa_invoices_in_no_batch": 0},
        not_booked([invoice(11)]),
    ),
    # What is easily overlooked
    Story(
        "a debit was refused before it was booked, all others are booked, and it is collected anew",
        at("2027-06-22T10:00"),
        {"sepa_invoices_in_two_batches": 0},
        [
            not_booked([invoice(4)]),
            collect("AGAIN", date(2027, 6, 28), at("2027-06-22T09:00"), [invoice(4)]),
        ],
    ),
    Story(
        "one who rejoined leaves again, his mandate is kept for what he owes",
        DAY_BEFORE,
        {
            "sepa_batch_rows_of_ended_members": 0,
            "mandates_of_inactive_members": 0,
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(14, at("2027-06-12T16:00"), mandate_too=0),
    ),
    Story(
        "a member was ended by typing Executed in the desk, and is debited tomorrow",
        DAY_BEFORE,
        {
            "terminations_without_effect": (1, "warning"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "memberships_of_ended_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        [
            leave(4, at("2027-06-12T16:00"), execution_date=None),
            change("Membership", "SHIP-04", status="Active", cancellation_date=None),
            change("SEPA Mandate", mandate(4), status="Active", is_active=1),
            change("User", "lid04@voorbeeld.invalid", enabled=1),
        ],
    ),
    Story(
        "a member is ended at once, though his notice runs for a month",
        DAY_BEFORE,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "sepa_batch_rows_of_ended_members": (1, "high"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(4, at("2027-06-12T16:00"), termination_date=date(2027, 7, 12)),
    ),
    Story(
        "a draft of the day's batch was forgotten, its twin was collected, and two came back",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": 0},
        collect("TWIN", date(2027, 6, 15), at("2027-06-08T09:00"), COLLECTED, docstatus=0, status="Draft"),
    ),
    Story(
        "a mandate ends in the afternoon of the collection day: told until midnight",
        COLLECTION_DAY,
        {
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change("SEPA Mandate", mandate(1), status="Cancelled", is_active=0),
    ),
    Story(
        "a mandate ended in the afternoon of the collection day, the morning after",
        at("2027-06-16T08:00"),
        {
            "sepa_batch_rows_without_active_mandate": 0,
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change("SEPA Mandate", mandate(1), status="Cancelled", is_active=0),
    ),
    Story(
        "a part of an invoice is credited the day before",
        DAY_BEFORE,
        {"sepa_amount_differs_from_invoice": (1, "high"), "sepa_paid_invoices_in_coming_batches": 0},
        [
            bill(
                "CREDIT",
                1,
                at("2027-06-14T08:00"),
                amount=-5,
                is_return=1,
                status="Return",
                outstanding_amount=0,
            ),
            change(INVOICE, invoice(1), outstanding_amount=2.5, status="Partly Paid"),
        ],
    ),
    Story(
        "what came back was written off, and July's batch collects it tomorrow",
        MONTH_LATER,
        {"sepa_paid_invoices_in_coming_batches": (2, "critical"), "invoices_paid_percent_30d": 100},
        change(INVOICE, [invoice(3), invoice(6)], outstanding_amount=0, status="Paid"),
    ),
    Story(
        "July's batch is cancelled the day before",
        MONTH_LATER,
        {"sepa_returned_not_collected_again": 0, "sepa_invoices_in_no_batch": 0},
        change(BATCH, batch(JULY), docstatus=2),
    ),
    Story(
        "a batch was deleted and left its rows",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": 0, "mandates_unused_36_months": 0},
        delete(BATCH, JUNE),
    ),
    Story(
        "a batch for Labour Day",
        DAY_BEFORE,
        {"sepa_batch_date_closing_day": (1, "warning")},
        [NEW, collect("MAY", date(2028, 5, 1), at("2027-06-11T10:00"), NEWS)],
    ),
    Story(
        "a draft is one business day from its date, and Christmas lies between",
        at("2027-12-24T10:00"),
        {"sepa_batches_due_without_file": (1, "high", "critical"), "sepa_batch_date_closing_day": 0},
        [
            [bill(name, number, at("2027-12-20T10:00"), amount=5) for number, name in enumerate(NEWS, 1)],
            collect("LATE", date(2027, 12, 27), at("2027-12-21T10:00"), NEWS, docstatus=0, status="Draft"),
        ],
    ),
    Story(
        "a batch is processed in part, on an app that says so",
        TWO_WEEKS_LATER,
        {"batches_unknown_status": (1, "warning"), "sepa_batches_past_date_uncollected": 0},
        of_batch(status="Partially Processed"),
    ),
    Story(
        "a failed batch of eight days ago is no event any more, and its dues are open",
        at("2027-06-23T13:00"),
        {"sepa_failed_batches": (1, "high"), "sepa_failed_batches_7d": 0},
        [not_booked(COLLECTED), of_batch(status="Failed", modified=at("2027-06-15T12:00"))],
    ),
    Story(
        "debits of ten days ago are not yet counted as having come back",
        at("2027-07-25T10:00"),
        {"sepa_open_row_percent_60d": 0},
        not_booked([invoice(number, JULY) for number in (1, 2, 4, 5, 7)]),
    ),
    Story(
        "new members' first debits are a batch of their own",
        DAY_BEFORE,
        {
            "sepa_invoices_in_two_batches": 0,
            "sepa_duplicate_message_ids": 0,
            "sepa_batch_total_mismatches": 0,
        },
        [NEW, collect("FIRST", date(2027, 6, 15), at("2027-06-11T10:00"), NEWS, batch_type="FRST")],
    ),
    Story(
        "a draft was typed and never filled",
        TWO_WEEKS_LATER,
        {"sepa_batches_past_date_uncollected": 0, "sepa_batch_total_mismatches": 0},
        collect("EMPTY", date(2027, 6, 25), at("2027-06-22T09:00"), [""], docstatus=0, status="Draft"),
    ),
    Story(
        "a member's debit came back twice, and the app gave up",
        at("2027-07-29T10:00"),
        {
            "sepa_retries_given_up": (1, "warning"),
            "sepa_returned_not_collected_again": 0,
            "sepa_open_row_percent_60d": (9.52, "warning"),
        },
        [
            not_booked([invoice(3)]),
            put(
                "SEPA Payment Retry",
                "RETRY-3",
                at("2027-07-20T10:00"),
                invoice=invoice(3),
                status="Escalated",
            ),
        ],
    ),
    # Failed, on an app that can say so
    Story(
        "a batch failed ten days ago, its dues are open",
        at("2027-06-25T10:00"),
        {"sepa_failed_batches": (1, "high"), "sepa_batches_past_date_uncollected": 0},
        [not_booked(COLLECTED), of_batch(status="Failed", modified=at("2027-06-15T12:00"))],
    ),
    Story(
        "a batch failed today",
        at("2027-06-16T09:00"),
        {"sepa_failed_batches": (1, "high"), "sepa_failed_batches_7d": 1},
        of_batch(status="Failed", modified=at("2027-06-15T12:00")),
    ),
    Story(
        "a batch failed and was made anew",
        at("2027-06-25T10:00"),
        {"sepa_failed_batches": 0, "sepa_invoices_in_two_batches": 0},
        [
            not_booked(COLLECTED),
            of_batch(status="Failed", modified=at("2027-06-15T12:00")),
            collect("ANEW", date(2027, 6, 30), at("2027-06-18T09:00"), COLLECTED),
        ],
    ),
    Story(
        "a batch failed and was paid otherwise",
        at("2027-06-25T10:00"),
        {"sepa_failed_batches": 0},
        [
            not_booked(COLLECTED),
            of_batch(status="Failed", modified=at("2027-06-15T12:00")),
            pay(COLLECTED, at("2027-06-20T10:00")),
        ],
    ),
    Story(
        "a row failed at the bank and is collected anew",
        at("2027-06-18T10:00"),
        {"sepa_invoices_in_two_batches": 0, **SENT},
        [
            of_batch(status="Processed"),
            not_booked([invoice(4)]),
            row(3, status="Failed", result_code="AM04"),
            collect("AGAIN", date(2027, 6, 25), at("2027-06-18T09:00"), [invoice(4)]),
        ],
    ),
    Story(
        "a batch is not marked as sent, on an app that marks them",
        DAY_BEFORE,
        {"sepa_batches_due_unsent": (1, "high")},
        collect("MAY", date(2027, 5, 18), at("2027-05-10T09:00"), ["INV-2705-01"], status="Processed"),
    ),
    # Rhythm of collections
    Story(
        "monthly collections, then a stop",
        at("2027-10-25T09:00"),
        {"sepa_collection_late_days": (8, "warning")},
        delete(BATCH, batch(date(2027, 10, 1))),
    ),
    Story(
        "monthly collections, a stop of two months",
        at("2027-11-30T09:00"),
        {"sepa_collection_late_days": (44, "warning", "high")},
        delete(BATCH, [batch(date(2027, 10, 1)), batch(date(2027, 11, 1))]),
    ),
    Story(
        "a retried debit is no collection",
        at("2027-10-25T09:00"),
        {"sepa_collection_late_days": (8, "warning")},
        [
            delete(BATCH, batch(date(2027, 10, 1))),
            collect("RETRY", date(2027, 10, 15), at("2027-10-11T09:00"), [invoice(3)]),
        ],
    ),
    Story(
        "quarterly collections, two months after the last",
        at("2028-02-20T09:00"),
        {"sepa_collection_late_days": 0},
        delete(BATCH, [batch(date(2027 + (m > 12), (m - 1) % 12 + 1, 1)) for m in (7, 8, 10, 11, 13, 14)]),
    ),
    # What surrounds a batch
    Story(
        "the app gave up a debit that was paid since",
        TWO_WEEKS_LATER,
        {"sepa_retries_given_up": 0},
        put("SEPA Payment Retry", "RETRY", at("2027-06-22T10:00"), invoice=invoice(1), status="Escalated"),
    ),
    Story(
        "the app gave up a debit that is open",
        TWO_WEEKS_LATER,
        {"sepa_retries_given_up": (1, "warning"), "sepa_retries_overdue": 0},
        put("SEPA Payment Retry", "RETRY", at("2027-06-22T10:00"), invoice=invoice(3), status="Failed"),
    ),
    Story(
        "a retry without a date waits for a week",
        TWO_WEEKS_LATER,
        {"sepa_retries_overdue": (1, "warning")},
        put("SEPA Payment Retry", "RETRY", at("2027-06-22T10:00"), invoice=invoice(3), status="Pending"),
    ),
    Story(
        "a retry waits for an invoice that was cancelled",
        TWO_WEEKS_LATER,
        {"sepa_retries_overdue": 0},
        [
            put("SEPA Payment Retry", "RETRY", at("2027-06-22T10:00"), invoice=invoice(3), status="Pending"),
            change(INVOICE, invoice(3), docstatus=2, status="Cancelled"),
            bill(f"{invoice(3)}-1", 3, at("2027-06-28T10:00")),
        ],
    ),
    Story(
        "a file of returns was processed in part",
        TWO_WEEKS_LATER,
        {"sepa_return_files_failed": (1, "warning"), "sepa_return_files_stuck": 0},
        put("SEPA Return File Log", "RETURNS", at("2027-06-21T10:00"), status="Partially Processed"),
    ),
    Story(
        "a batch of retries stands still",
        TWO_WEEKS_LATER,
        {"batch_retry_stuck": (1, "warning")},
        put("SEPA Retry Batch", "RETRIES", at("2027-06-21T10:00"), docstatus=0, status="Processing"),
    ),
    Story(
        "the audit log tells of an error",
        DAY_BEFORE,
        {"sepa_audit_failures_1h": (1, "warning")},
        put("SEPA Audit Log", "AUDIT", at("2027-06-14T09:00"), compliance_status="Failed"),
    ),
    Story(
        "the audit log tells of what the app calls critical",
        DAY_BEFORE,
        {"sepa_audit_failures_1h": (1, "warning")},
        put("SEPA Audit Log", "AUDIT", at("2027-06-14T09:00"), compliance_status="Pending Review"),
    ),
    Story(
        "the creditor id is empty",
        DAY_BEFORE,
        {"sepa_creditor_settings_missing": (1, "high")},
        single("Verenigingen Settings", "creditor_id", ""),
    ),
    Story(
        "an association that does not collect has no creditor id",
        DAY_BEFORE,
        {"sepa_creditor_settings_missing": None},
        [
            single("Verenigingen Settings", "creditor_id", ""),
            change("Member", None, payment_method="Bank Transfer"),
            change("SEPA Mandate", None, status="Cancelled", is_active=0),
            delete(BATCH, None),
            delete(ROW, None),
        ],
    ),
]
