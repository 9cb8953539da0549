"""Faults that are rows: Mollie, e-Boekhouden, imports, webhooks, repeating documents."""

from __future__ import annotations

from datetime import timedelta

from demo.fault import Fault, changed, row_fault

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

FAULTS: dict[str, Fault] = {
    "mollie_fails": row_fault(
        "Mollie fails", "mollie_failures_1h", ("tabMollie Audit Log", 12, 10 * M, {"status": "failed"})
    ),
    "mollie_payment_unknown": row_fault(
        "four payments of subscriptions came in and were booked to nobody",
        "mollie_failures_1h",
        (
            "tabError Log",
            4,
            10 * M,
            {
                "method": lambda number: f"No member found for subscription tr_{number}",
                "error": "Mollie Subscription Webhook",
            },
        ),
    ),
    "mollie_test_mode": changed(
        "Mollie is in test mode",
        "mollie_test_mode",
        "UPDATE tabSingles SET value = '1' WHERE doctype = 'Mollie Settings' AND field = 'test_mode'",
        "UPDATE tabSingles SET value = '0' WHERE doctype = 'Mollie Settings' AND field = 'test_mode'",
    ),
    "mollie_subscription_late": changed(
        "no webhook moved a subscription's next payment",
        "mollie_subscriptions_overdue",
        "UPDATE tabMember SET mollie_subscription_id = 'sub_fault', subscription_status = 'active',"
        " next_payment_date = CURDATE() - INTERVAL 10 DAY WHERE name = 'MEM-00005'",
        "UPDATE tabMember SET mollie_subscription_id = NULL, subscription_status = NULL,"
        " next_payment_date = NULL WHERE name = 'MEM-00005'",
    ),
    "import_failed": row_fault(
        "an import from e-Boekhouden failed",
        "eboekhouden_import_failures_24h",
        ("tabE-Boekhouden Import Log", 1, H, {"import_status": "Failed"}),
    ),
    "bookkeeping_migration_stuck": row_fault(
        "a migration from e-Boekhouden stands still",
        "eboekhouden_migrations_stuck",
        ("tabE-Boekhouden Migration", 1, 3 * H, {"migration_status": "In Progress"}),
    ),
    "bookkeeping_migration_failed": row_fault(
        "a migration from e-Boekhouden failed",
        "eboekhouden_migrations_failed",
        ("tabE-Boekhouden Migration", 1, H, {"migration_status": "Failed"}),
    ),
    "bank_file_failed": row_fault(
        "a bank's file was not imported",
        "imports_failed",
        ("tabMT940 Import", 1, H, {"docstatus": 1, "import_status": "Failed", "bank_account": "FAULT"}),
    ),
    "bank_file_lost": row_fault(
        "the import of a bank's file threw and is a draft again",
        "imports_failed",
        ("tabMT940 Import", 1, 2 * D, {"import_status": "Pending", "bank_account": "FAULT"}),
    ),
    "members_file_empty": row_fault(
        "an import of members skipped each row, and is Completed",
        "imports_failed",
        (
            "tabMijnrood CSV Import",
            1,
            H,
            {"docstatus": 1, "import_status": "Completed", "test_mode": 0, "members_skipped": 40},
        ),
    ),
    "data_import_failed": row_fault(
        "a data import took some of its rows",
        "data_imports_failed",
        ("tabData Import", 1, D, {"status": "Partial Success", "reference_doctype": "Fault"}),
    ),
    "bank_statement_failed": row_fault(
        "the import of a bank statement failed",
        "bank_statement_imports_failed",
        ("tabBank Statement Import", 1, D, {"status": "Error", "bank_account": "FAULT"}),
    ),
    "document_repeats_no_more": row_fault(
        "a repeating document failed and was switched off",
        "auto_repeats_disabled",
        ("tabAuto Repeat", 1, D, {"disabled": 1, "status": "Active"}),
    ),
    "requests_failed": row_fault(
        "25 requests to other services failed",
        "integration_requests_failed_24h",
        ("tabIntegration Request", 25, H, {"status": "Failed"}),
    ),
    "requests_stuck": row_fault(
        "five requests to other services are left open",
        "integration_requests_stuck",
        ("tabIntegration Request", 5, 5 * H, {"status": "Queued"}),
    ),
    "webhooks_fail": row_fault(
        "25 webhooks failed", "webhook_failures_24h", ("tabWebhook Request Log", 25, H, {"error": "refused"})
    ),
    "party_stuck": row_fault(
        "a party is not completed",
        "party_enrichment_stuck",
        ("tabParty Enrichment Queue", 1, 2 * D, {"status": "Pending"}),
    ),
}
