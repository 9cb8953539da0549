"""Mandates and accounts: who may be debited, and from where."""

from __future__ import annotations

from datetime import date

from tests.checks.association_dates import DAY_BEFORE, TWO_WEEKS_LATER, iban, invoice, mandate, member, spaced
from tests.checks.stage import Story
from tests.checks.tales import (
    LONG_AGO,
    account,
    at,
    bill,
    change,
    collect,
    credit,
    leave,
    pay,
    plan,
    put,
    sign,
)

MANDATE = "SEPA Mandate"
TURKISH = "TR33 0006 1005 1978 6457 8413 26"
BELGIAN = "BE68 5390 0754 7034"
KOSOVAN = "XK05 1212 0123 4567 8906"
"""Account numbers that the registry of IBANs gives as its examples."""
SEPA_AREA = {
    "German": "DE89 3704 0044 0532 0130 00",
    "Belgian": "BE71 0961 2345 6769",
    "British": "GB29 NWBK 6016 1331 9268 19",
    "Swiss": "CH93 0076 2011 6238 5295 7",
    "Norwegian": "NO93 8601 1117 947",
    "French": "FR14 2004 1010 0505 0001 3M02 606",
}
OLD = at("2024-01-15T10:00")

STORIES = [
    Story(
        "a payer's only mandate is for donations",
        DAY_BEFORE,
        {"direct_debit_members_without_mandate": (1, "warning"), "sepa_batch_rows_without_active_mandate": 0},
        change(MANDATE, mandate(1), used_for_memberships=0, used_for_donations=1),
    ),
    Story(
        "a free member says that he pays by direct debit",
        DAY_BEFORE,
        {"direct_debit_members_without_mandate": 0},
        change("Member", member(10), payment_method="SEPA Direct Debit"),
    ),
    Story(
        "a member changes to direct debit and signs nothing",
        DAY_BEFORE,
        {"direct_debit_members_without_mandate": (1, "warning")},
        change("Member", member(11), payment_method="SEPA Direct Debit"),
    ),
    Story(
        "a mandate was drawn up and is a draft",
        DAY_BEFORE,
        {"direct_debit_members_without_mandate": (1, "warning")},
        [
            change("Member", member(11), payment_method="SEPA Direct Debit"),
            sign("MND-11", 11, at("2027-06-10T10:00"), status="Draft", is_active=0),
        ],
    ),
    Story(
        "a member changes to direct debit and signs",
        DAY_BEFORE,
        {"direct_debit_members_without_mandate": 0, "sepa_invoices_in_no_batch": 0},
        [
            change("Member", member(11), payment_method="SEPA Direct Debit"),
            sign("MND-11", 11, at("2027-06-10T10:00")),
        ],
    ),
    Story(
        "an application is approved, and the app makes no mandate",
        DAY_BEFORE,
        {
            "direct_debit_members_without_mandate": (1, "warning"),
            "members_without_dues_schedule": (1, "info"),
            "members_without_membership": 0,
        },
        [
            change("Member", member(13), status="Active", application_status="Approved", customer="CUS-13"),
            put(
                "Membership",
                "SHIP-13",
                at("2027-06-14T08:00"),
                docstatus=1,
                member=member(13),
                status="Active",
                start_date=date(2027, 6, 14),
                renewal_date=date(2028, 6, 14),
            ),
            bill("INV-FIRST-13", 13, at("2027-06-14T08:00"), days=14),
        ],
    ),
    *(
        Story(
            f"a member has a {country} account",
            DAY_BEFORE,
            {
                "mandates_iban_not_debitable": 0,
                "mandates_iban_checksum_failures": 0,
                "mandates_malformed_iban": 0,
            },
            account(11, text, "MND-11"),
        )
        for country, text in SEPA_AREA.items()
    ),
    Story(
        "a member has an account of a Belgian bank that the list of banks does not have",
        DAY_BEFORE,
        {"mandates_iban_checksum_failures": 0},
        account(11, BELGIAN, "MND-11"),
    ),
    Story(
        "a member has a Turkish account",
        DAY_BEFORE,
        {"mandates_iban_not_debitable": (1, "warning"), "mandates_iban_checksum_failures": 0},
        account(11, TURKISH, "MND-11"),
    ),
    Story(
        "a member has a Kosovan account",
        DAY_BEFORE,
        {"mandates_iban_not_debitable": (1, "warning"), "mandates_iban_checksum_failures": 0},
        account(11, KOSOVAN, "MND-11"),
    ),
    Story(
        "a mandate is of the association's own account",
        DAY_BEFORE,
        {"mandates_iban_not_debitable": (1, "warning")},
        account(11, spaced(iban(999_999)), "MND-11"),
    ),
    Story(
        "an account has two digits changed over",
        DAY_BEFORE,
        {"mandates_iban_checksum_failures": (1, "warning"), "mandates_malformed_iban": 0},
        account(11, "NL02 ABNA 0123 4657 89", "MND-11"),
    ),
    Story(
        "an account is of the old kind",
        DAY_BEFORE,
        {"mandates_malformed_iban": (1, "warning"), "mandates_iban_checksum_failures": 0},
        account(11, "P1234567", "MND-11"),
    ),
    Story(
        "a German account is one digit short",
        DAY_BEFORE,
        {"mandates_iban_checksum_failures": (1, "warning"), "mandates_malformed_iban": 0},
        account(11, "DE89 3704 0044 0532 0130 0", "MND-11"),
    ),
    Story(
        "a mandate has no account",
        DAY_BEFORE,
        {"mandates_without_iban": (1, "warning"), "mandates_iban_differs_from_member": 0},
        sign("MND-11", 11, LONG_AGO, iban=""),
    ),
    Story(
        "a cancelled mandate has a wrong account",
        DAY_BEFORE,
        {"mandates_iban_checksum_failures": 0, "mandates_malformed_iban": 0},
        change(MANDATE, "MND-12", iban="NL00"),
    ),
    Story(
        "an account is written small and without spaces",
        DAY_BEFORE,
        {"mandates_malformed_iban": 0, "mandates_iban_checksum_failures": 0},
        account(11, iban(11).lower(), "MND-11"),
    ),
    Story(
        "a member's own account was changed, the mandate was not",
        DAY_BEFORE,
        {"mandates_iban_differs_from_member": (1, "info"), "sepa_batch_rows_other_account": 0},
        change("Member", member(1), iban=iban(101)),
    ),
    Story(
        "one who left has another account than his old mandate",
        DAY_BEFORE,
        {"mandates_iban_differs_from_member": 0},
        change("Member", member(12), iban=iban(112)),
    ),
    Story(
        "a donor has a mandate of another account for gifts",
        DAY_BEFORE,
        {"mandates_iban_differs_from_member": 0, "mandates_two_active": 0},
        sign("GIFT-01", 1, LONG_AGO, iban=spaced(iban(101)), used_for_memberships=0, used_for_donations=1),
    ),
    Story(
        "a member has two mandates for dues",
        DAY_BEFORE,
        {"mandates_two_active": (1, "warning")},
        sign("MND-01-B", 1, at("2027-06-01T10:00")),
    ),
    Story(
        "a mandate was replaced today, the night cancels the old one",
        DAY_BEFORE,
        {"mandates_two_active": 0},
        sign("MND-01-B", 1, at("2027-06-14T08:00")),
    ),
    Story(
        "a mandate was replaced, the old one is cancelled",
        TWO_WEEKS_LATER,
        {"mandates_two_active": 0},
        [
            change(MANDATE, mandate(1), status="Cancelled", is_active=0),
            sign("MND-01-B", 1, at("2027-06-20T10:00")),
        ],
    ),
    Story(
        "a mandate for one payment is in a second batch",
        DAY_BEFORE,
        {"mandates_one_off_reused": (1, "warning")},
        [
            change(MANDATE, mandate(1), mandate_type="OOFF"),
            collect("MAY", date(2027, 5, 18), at("2027-05-10T09:00"), ["INV-2705-01"]),
        ],
    ),
    Story(
        "a mandate for one payment is in one batch",
        DAY_BEFORE,
        {"mandates_one_off_reused": 0},
        change(MANDATE, mandate(1), mandate_type="OOFF"),
    ),
    Story(
        "a mandate for one payment was used twice, long ago",
        TWO_WEEKS_LATER,
        {"mandates_one_off_reused": 0},
        [
            change(MANDATE, mandate(1), mandate_type="OOFF"),
            collect("MAY", date(2027, 5, 18), at("2027-05-10T09:00"), ["INV-2705-01"]),
        ],
    ),
    Story(
        "a mandate for one payment came back and is tried again",
        at("2027-06-22T10:00"),
        {"mandates_one_off_reused": 0},
        [
            change(MANDATE, mandate(3), mandate_type="OOFF"),
            collect("AGAIN", date(2027, 6, 28), at("2027-06-22T09:00"), [invoice(3)]),
        ],
    ),
    Story(
        "a mandate was not used for three years",
        DAY_BEFORE,
        {"mandates_unused_36_months": (1, "info")},
        sign("MND-11", 11, OLD),
    ),
    Story(
        "a mandate signed years ago was imported this spring",
        DAY_BEFORE,
        {"mandates_unused_36_months": 0},
        sign("MND-11", 11, LONG_AGO, sign_date=date(2019, 5, 1)),
    ),
    Story(
        "an old mandate was used last year",
        DAY_BEFORE,
        {"mandates_unused_36_months": 0},
        [
            sign("MND-11", 11, OLD),
            bill("INV-OLD", 11, at("2026-05-02T10:00"), outstanding_amount=0, status="Paid"),
            collect("OLD", date(2026, 5, 18), at("2026-05-10T09:00"), ["INV-OLD"]),
        ],
    ),
    Story(
        "an old mandate was last in a batch that was cancelled",
        DAY_BEFORE,
        {"mandates_unused_36_months": (1, "info")},
        [
            sign("MND-11", 11, OLD),
            bill("INV-OLD", 11, at("2026-05-02T10:00"), outstanding_amount=0, status="Paid"),
            collect("OLD", date(2026, 5, 18), at("2026-05-10T09:00"), ["INV-OLD"], docstatus=2),
        ],
    ),
    Story(
        "an old mandate's use is written by the app alone",
        DAY_BEFORE,
        {"mandates_unused_36_months": 0},
        [
            sign("MND-11", 11, OLD),
            put(
                "SEPA Mandate Usage",
                "USE",
                at("2027-05-10T09:00"),
                parent="MND-11",
                usage_date=date(2027, 5, 10),
                sequence_type="FRST",
                status="Pending",
            ),
        ],
    ),
    Story(
        "a mandate is signed tomorrow",
        DAY_BEFORE,
        {"mandates_signed_in_future": (1, "warning")},
        change(MANDATE, mandate(1), sign_date=date(2027, 6, 15)),
    ),
    Story(
        "a mandate was never signed",
        DAY_BEFORE,
        {"mandates_signed_in_future": (1, "warning")},
        change(MANDATE, mandate(1), sign_date=None),
    ),
    Story(
        "a mandate reads Active and is not",
        DAY_BEFORE,
        {
            "mandates_active_but_cancelled": (1, "warning"),
            "sepa_batch_rows_without_active_mandate": (1, "critical"),
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        change(MANDATE, mandate(1), is_active=0),
    ),
    Story(
        "a mandate that ran out is Expired",
        TWO_WEEKS_LATER,
        {"mandates_active_but_expired": 0, "direct_debit_members_without_mandate": (1, "warning")},
        change(MANDATE, mandate(1), expiry_date=date(2027, 6, 20), status="Expired", is_active=0),
    ),
    Story(
        "a mandate's member does not exist",
        DAY_BEFORE,
        {"mandates_of_missing_members": (1, "warning")},
        sign("MND-99", 99, LONG_AGO),
    ),
    Story(
        "two mandates have one reference, but for a space",
        DAY_BEFORE,
        {"mandates_duplicate_ids": (1, "high")},
        sign("MND- 01", 11, LONG_AGO),
    ),
    Story(
        "who left owes nothing and has his mandate still",
        TWO_WEEKS_LATER,
        {
            "mandates_of_inactive_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(4, at("2027-06-20T16:00"), mandate_too=0),
    ),
    Story(
        "who left owes what came back and has his mandate still",
        TWO_WEEKS_LATER,
        {
            "mandates_of_inactive_members": 0,
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        leave(3, at("2027-06-22T16:00"), mandate_too=0),
    ),
    Story(
        "who left had his debt credited and has his mandate still",
        TWO_WEEKS_LATER,
        {
            "mandates_of_inactive_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        [leave(3, at("2027-06-22T16:00"), mandate_too=0), credit(invoice(3), at("2027-06-24T10:00"), 3)],
    ),
    Story(
        "a member of the desk reads Expired after he left",
        TWO_WEEKS_LATER,
        {
            "mandates_of_inactive_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": 0,
        },
        leave(4, at("2027-06-20T16:00"), mandate_too=0, status="Expired"),
    ),
    Story(
        "who left gives still, by a mandate for gifts",
        TWO_WEEKS_LATER,
        {"mandates_of_inactive_members": 0},
        sign("GIFT-12", 12, LONG_AGO, used_for_memberships=0, used_for_donations=1),
    ),
    Story(
        "who rejoined has a mandate, his old one is cancelled",
        DAY_BEFORE,
        {"mandates_of_inactive_members": 0, "mandates_two_active": 0},
    ),
    Story(
        "who left signed a new mandate, and his schedule goes on",
        DAY_BEFORE,
        {
            "mandates_of_inactive_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
        },
        [sign("MND-12-B", 12, at("2027-06-10T10:00")), plan(12, status="Active")],
    ),
    Story(
        "an invoice was due before its payer signed",
        at("2027-07-29T10:00"),
        {"sepa_invoices_in_no_batch": 0},
        [
            change("Member", member(11), payment_method="SEPA Direct Debit"),
            sign("MND-11", 11, at("2027-07-20T10:00")),
            change("Sales Invoice", invoice(11), outstanding_amount=7.5, status="Overdue"),
        ],
    ),
    Story(
        "an invoice is paid between the batch and its date, by one with another mandate for gifts",
        DAY_BEFORE,
        {"sepa_paid_invoices_in_coming_batches": (1, "critical"), "mandates_two_active": 0},
        [
            sign("GIFT-02", 2, LONG_AGO, used_for_memberships=0, used_for_donations=1),
            pay([invoice(2)], at("2027-06-13T10:00")),
        ],
    ),
]
