"""The books, the bank, payments, plans, gifts, imports."""

from __future__ import annotations

from datetime import date

from tests.checks.association_dates import DAY_BEFORE, MONTH_LATER, invoice, member
from tests.checks.stage import Story
from tests.checks.tales import at, change, delete, put, single

INVOICE, PAYMENT = "Sales Invoice", "Payment Entry"


def entry(
    name: str, made: str, debit: float, credit: float, voucher: str = "Z", changed: str = "", **more
) -> str:
    """One side of a voucher."""
    told = {"voucher_type": INVOICE, "voucher_no": voucher, "debit": debit, "credit": credit}
    return put("GL Entry", name, at(made), at(changed) if changed else None, **told, **more)


def payment(name: str, day: str, party: str, rest: float, **more) -> str:
    told = {"docstatus": 1, "payment_type": "Receive", "party_type": "Customer", "party": party}
    sums = {"paid_amount": 7.5, "unallocated_amount": rest, "posting_date": date.fromisoformat(day)}
    return put(PAYMENT, name, at(f"{day}T10:00"), **{**told, **sums, **more})


def statement(name: str, day: str, rest: float = 0, **more) -> str:
    """A transaction of the bank."""
    told = {"docstatus": 1, "date": date.fromisoformat(day), "status": "Unreconciled", "deposit": 25}
    return put("Bank Transaction", name, at(f"{day}T17:00"), **{**told, "unallocated_amount": rest, **more})


def imported(name: str, day: str, status: str, **more) -> str:
    told = {"import_status": status, "docstatus": 1, "bank_account": "Betaalrekening"}
    return put("MT940 Import", name, at(f"{day}T10:00"), **{**told, **more})


def members(name: str, day: str, status: str | None, **more) -> str:
    return put(
        "Mijnrood CSV Import", name, at(f"{day}T10:00"), import_status=status, **{"docstatus": 1, **more}
    )


LATE = "2027-05-20"

STORIES = [
    # The ledger
    Story(
        "a voucher is out of balance",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": (10, "critical")},
        entry("g1", "2027-06-14T08:00", 10, 0),
    ),
    Story(
        "a voucher is out of balance by half a cent",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": 0.01},
        [entry("g1", "2027-06-14T08:00", 10, 0), entry("g2", "2027-06-14T08:00", 0, 9.995)],
    ),
    Story(
        "a cancelled voucher keeps one side as cancelled",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": 0},
        entry("g1", "2027-06-14T08:00", 10, 0, is_cancelled=1),
    ),
    Story(
        "a voucher lies across the window's beginning",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": 0},
        [entry("g1", "2027-06-12T09:09:59.99", 10, 0), entry("g2", "2027-06-12T09:10:00.01", 0, 10)],
    ),
    Story(
        "one side of an old voucher was touched today",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": 0},
        [
            entry("g1", "2027-05-12T09:00", 10, 0, changed="2027-06-14T09:00"),
            entry("g2", "2027-05-12T09:00", 0, 10),
        ],
    ),
    Story(
        "an old voucher was reposted today",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": 0},
        [
            entry("g1", "2027-05-12T09:00", 10, 0, is_cancelled=1, changed="2027-06-14T08:00"),
            entry("g2", "2027-05-12T09:00", 0, 10, is_cancelled=1, changed="2027-06-14T08:00"),
            entry("g3", "2027-06-14T08:00", 12, 0),
            entry("g4", "2027-06-14T08:00", 0, 12),
        ],
    ),
    Story(
        "two vouchers are out of balance, and even out",
        DAY_BEFORE,
        {"general_ledger_imbalance_eur": (10, "critical")},
        [entry("g1", "2027-06-14T08:00", 10, 0, "Y"), entry("g2", "2027-06-14T08:00", 0, 10, "Z")],
    ),
    # Payments
    Story(
        "a member's payment lies unallocated, his invoice is overdue",
        at("2027-07-10T10:00"),
        {
            "payments_unallocated_14d": (1, "warning"),
            "sepa_rows_paid_but_unallocated": 0,
            "invoices_paid_percent_30d": 81.82,
        },
        [
            change(INVOICE, invoice(11), outstanding_amount=7.5, status="Overdue"),
            change(INVOICE, invoice(6), outstanding_amount=0, status="Paid"),
            delete("Direct Debit Batch Invoice", f"BATCH-2707-{invoice(6)}"),
            change("Direct Debit Batch", "BATCH-2707", entry_count=10, total_amount=75),
            payment("REST", "2027-06-20", "CUS-11", 7.5),
        ],
    ),
    Story(
        "a member's payment lies unallocated, he owes nothing",
        DAY_BEFORE,
        {"payments_unallocated_14d": 0},
        payment("REST", LATE, "CUS-10", 7.5),
    ),
    Story(
        "a member's payment lies unallocated for a week",
        at("2027-07-10T10:00"),
        {"payments_unallocated_14d": 0, "sepa_rows_paid_but_unallocated": (2, "high")},
        payment("REST", "2027-07-03", "CUS-03", 7.5),
    ),
    Story(
        "a cancelled payment has a rest",
        MONTH_LATER,
        {"payments_unallocated_14d": 0},
        payment("REST", "2027-06-20", "CUS-03", 7.5, docstatus=2),
    ),
    Story(
        "money was paid out to a member, and is not allocated",
        MONTH_LATER,
        {"payments_unallocated_14d": 0, "sepa_rows_paid_but_unallocated": 0},
        payment("REST", "2027-06-20", "CUS-03", 7.5, payment_type="Pay"),
    ),
    # The bank
    Story(
        "the bank's statements stopped coming four weeks ago",
        DAY_BEFORE,
        {"bank_last_transaction_late_days": (17, "warning", "high")},
        delete("Bank Transaction", ["BANK-270528", "BANK-270604", "BANK-270611"]),
    ),
    Story(
        "the bank's statements are ten days late",
        DAY_BEFORE,
        {"bank_last_transaction_late_days": (10, "warning")},
        delete("Bank Transaction", ["BANK-270604", "BANK-270611"]),
    ),
    Story(
        "an association imports no statements",
        DAY_BEFORE,
        {"bank_last_transaction_late_days": None, "bank_transactions_unreconciled_14d": 0},
        delete("Bank Transaction", None),
    ),
    Story(
        "an association imports once a month",
        DAY_BEFORE,
        {"bank_last_transaction_late_days": 0},
        [
            delete("Bank Transaction", None),
            *(statement(f"B{n}", f"{2026 + (n > 12)}-{(n - 1) % 12 + 1:02}-18") for n in range(8, 18)),
        ],
    ),
    Story(
        "a transaction of the future was typed wrong",
        DAY_BEFORE,
        {"bank_last_transaction_late_days": (17, "warning", "high")},
        [
            delete("Bank Transaction", ["BANK-270528", "BANK-270604", "BANK-270611"]),
            statement("WRONG", "2028-05-28"),
        ],
    ),
    Story(
        "eleven transactions wait for a month to be matched",
        DAY_BEFORE,
        {"bank_transactions_unreconciled_14d": (11, "warning")},
        [statement(f"B{n}", LATE, 25) for n in range(11)],
    ),
    Story(
        "transactions of three years ago were never matched",
        DAY_BEFORE,
        {"bank_transactions_unreconciled_14d": 0},
        [statement(f"B{n}", "2024-05-20", 25) for n in range(60)],
    ),
    Story(
        "cancelled transactions were never matched",
        DAY_BEFORE,
        {"bank_transactions_unreconciled_14d": 0},
        [statement(f"B{n}", LATE, 25, docstatus=2, status="Cancelled") for n in range(11)],
    ),
    # Plans
    Story(
        "a payment plan was suspended after three missed installments",
        DAY_BEFORE,
        {"payment_plan_installments_overdue": (1, "warning")},
        [
            put(
                "Payment Plan", "P", at("2027-04-01T10:00"), docstatus=1, member=member(1), status="Suspended"
            ),
            put(
                "Payment Plan Installment",
                "P-1",
                at("2027-04-01T10:00"),
                parent="P",
                status="Overdue",
                due_date=date(2027, 5, 1),
            ),
        ],
    ),
    Story(
        "a payment plan was completed, its installments were skipped",
        DAY_BEFORE,
        {"payment_plan_installments_overdue": 0},
        [
            put(
                "Payment Plan", "P", at("2027-04-01T10:00"), docstatus=1, member=member(1), status="Completed"
            ),
            put("Payment Plan", "Q", at("2027-04-01T10:00"), docstatus=1, member=member(2), status="Active"),
            put(
                "Payment Plan Installment",
                "P-1",
                at("2027-04-01T10:00"),
                parent="P",
                status="Overdue",
                due_date=date(2027, 5, 1),
            ),
            put(
                "Payment Plan Installment",
                "Q-1",
                at("2027-04-01T10:00"),
                parent="Q",
                status="Skipped",
                due_date=date(2027, 5, 1),
            ),
            put(
                "Payment Plan Installment",
                "Q-2",
                at("2027-04-01T10:00"),
                parent="Q",
                status="Pending",
                due_date=date(2027, 6, 10),
            ),
        ],
    ),
    Story(
        "a payment plan was cancelled in the desk",
        DAY_BEFORE,
        {"payment_plan_installments_overdue": 0},
        [
            put("Payment Plan", "P", at("2027-04-01T10:00"), docstatus=2, member=member(1), status="Active"),
            put(
                "Payment Plan Installment",
                "P-1",
                at("2027-04-01T10:00"),
                parent="P",
                status="Overdue",
                due_date=date(2027, 5, 1),
            ),
        ],
    ),
    # Gifts
    Story(
        "four payments of gifts hang at Mollie",
        DAY_BEFORE,
        {"donations_pending_14d": (4, "warning")},
        [
            put(
                "Donation",
                f"D{n}",
                at("2027-05-20T10:00"),
                docstatus=0,
                amount=25,
                paid=0,
                payment_status="Open",
                payment_id=f"tr_{n}",
            )
            for n in range(4)
        ],
    ),
    Story(
        "gifts were promised, paid, or given up",
        DAY_BEFORE,
        {"donations_pending_14d": 0, "donations_today_eur": 0},
        [
            put(
                "Donation",
                "D1",
                at("2027-05-20T10:00"),
                docstatus=0,
                amount=25,
                paid=0,
                payment_status=None,
                status="Promised",
            ),
            put(
                "Donation",
                "D2",
                at("2027-05-20T10:00"),
                docstatus=0,
                amount=25,
                paid=1,
                payment_status="Open",
                payment_id="tr_2",
            ),
            put(
                "Donation",
                "D3",
                at("2027-05-20T10:00"),
                docstatus=0,
                amount=25,
                paid=0,
                payment_status="Cancelled",
                payment_id="tr_3",
            ),
            put(
                "Donation",
                "D4",
                at("2027-05-20T10:00"),
                docstatus=2,
                amount=25,
                paid=0,
                payment_status="Open",
                payment_id="tr_4",
            ),
        ],
    ),
    Story(
        "a gift of today counts, though the app can submit none",
        DAY_BEFORE,
        {"donations_today_eur": 25},
        [
            put(
                "Donation",
                "D1",
                at("2027-06-14T08:00"),
                docstatus=0,
                amount=25,
                paid=1,
                donation_date=date(2027, 6, 14),
            ),
            put(
                "Donation",
                "D2",
                at("2027-06-14T08:00"),
                docstatus=2,
                amount=50,
                paid=1,
                donation_date=date(2027, 6, 14),
            ),
        ],
    ),
    Story(
        "an agreement of five years ends in two weeks",
        DAY_BEFORE,
        {"donation_agreements_expiring_30d": (1, "info"), "agreements_ended_but_active": 0},
        put(
            "Periodic Donation Agreement",
            "A",
            at("2022-06-28T10:00"),
            status="Active",
            end_date=date(2027, 6, 28),
        ),
    ),
    Story(
        "an agreement ended, and nobody noticed",
        DAY_BEFORE,
        {"donation_agreements_expiring_30d": 0, "agreements_ended_but_active": (1, "info")},
        put(
            "Periodic Donation Agreement",
            "A",
            at("2022-06-01T10:00"),
            status="Active",
            end_date=date(2027, 6, 1),
        ),
    ),
    # Imports
    Story(
        "a bank's file failed, and its second try went well",
        DAY_BEFORE,
        {"imports_failed": 0},
        [imported("A", "2027-06-10", "Failed"), imported("B", "2027-06-11", "Completed")],
    ),
    Story(
        "a bank's file failed three weeks ago",
        DAY_BEFORE,
        {"imports_failed": (1, "warning")},
        imported("A", "2027-05-24", "Failed", docstatus=0),
    ),
    Story(
        "a bank's file failed, another account's went well",
        DAY_BEFORE,
        {"imports_failed": (1, "warning")},
        [
            imported("A", "2027-06-10", "Failed"),
            imported("B", "2027-06-11", "Completed", bank_account="Spaarrekening"),
        ],
    ),
    Story(
        "a bank's file waits since last night to be submitted",
        DAY_BEFORE,
        {"imports_failed": 0},
        imported("A", "2027-06-13", "Pending", docstatus=0),
    ),
    Story(
        "a failed import was cancelled",
        DAY_BEFORE,
        {"imports_failed": 0},
        imported("A", "2027-06-10", "Failed", docstatus=2),
    ),
    Story(
        "the worker of an import of members was killed",
        DAY_BEFORE,
        {"imports_failed": (1, "warning")},
        members("A", "2027-06-10", "In Progress"),
    ),
    Story(
        "an import of members was tried in test mode",
        DAY_BEFORE,
        {"imports_failed": 0},
        members("A", "2027-06-10", "Pending", test_mode=1),
    ),
    # Mollie, e-Boekhouden
    Story(
        "a subscription's payment was never booked",
        DAY_BEFORE,
        {"mollie_subscriptions_overdue": (1, "warning")},
        change(
            "Member",
            member(11),
            subscription_status="active",
            mollie_subscription_id="sub_1",
            next_payment_date=date(2027, 6, 1),
        ),
    ),
    Story(
        "a subscription was cancelled in the portal: the status has two l",
        DAY_BEFORE,
        {"members_unknown_status": (1, "warning"), "mollie_subscriptions_overdue": 0},
        change(
            "Member",
            member(11),
            subscription_status="cancelled",
            mollie_subscription_id="sub_1",
            next_payment_date=date(2027, 6, 1),
        ),
    ),
    Story(
        "Mollie is in test mode",
        DAY_BEFORE,
        {"mollie_test_mode": (1, "critical")},
        [single("Mollie Settings", "profile_id", "pfl_1"), single("Mollie Settings", "test_mode", "1")],
    ),
    Story(
        "Mollie is in test mode where nobody uses it",
        DAY_BEFORE,
        {"mollie_test_mode": 0},
        single("Mollie Settings", "test_mode", "1"),
    ),
    Story(
        "a migration of the books left records out",
        DAY_BEFORE,
        {"eboekhouden_migrations_failed": (1, "warning"), "eboekhouden_migrations_stuck": 0},
        put(
            "E-Boekhouden Migration",
            "E",
            at("2027-06-01T10:00"),
            docstatus=1,
            migration_status="Completed",
            failed_records=3,
        ),
    ),
    Story(
        "a migration of the books was made anew, with all records",
        DAY_BEFORE,
        {"eboekhouden_migrations_failed": 0},
        [
            put(
                "E-Boekhouden Migration", "E", at("2027-06-01T10:00"), docstatus=1, migration_status="Failed"
            ),
            put(
                "E-Boekhouden Migration",
                "F",
                at("2027-06-02T10:00"),
                docstatus=1,
                migration_status="Completed",
                failed_records=0,
            ),
        ],
    ),
    Story(
        "a history of payments could not be brought up to date",
        DAY_BEFORE,
        {"payment_history_queue_stuck": (2, "warning")},
        [
            put("Payment History Update Queue", "H1", at("2027-06-10T10:00"), status="Failed"),
            put("Payment History Update Queue", "H2", at("2027-06-13T10:00"), status="Pending"),
            put("Payment History Update Queue", "H3", at("2027-06-14T09:00"), status="Pending"),
            put("Payment History Update Queue", "H4", at("2027-04-10T10:00"), status="Failed"),
        ],
    ),
]
