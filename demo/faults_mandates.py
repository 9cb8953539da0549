"""Faults that are rows: SEPA mandates."""

from __future__ import annotations

from demo.fault import Fault, changed, day, row_fault
from demo.fault_invoices import invoice
from demo.faults_batches import D, batch, mandate, row
from demo.seed_money import iban

FAULTS: dict[str, Fault] = {
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
    "mandate_of_own_account": row_fault(
        "a mandate debits the association's own account",
        "mandates_iban_not_debitable",
        mandate(iban=iban(999_999)),
    ),
    "mandate_outside_sepa": row_fault(
        "a mandate debits an account in Brazil",
        "mandates_iban_not_debitable",
        mandate(iban="BR1800360305000010009795493C1"),
    ),
    "mandate_lapsed": row_fault(
        "a mandate was not used for four years",
        "mandates_unused_36_months",
        mandate(1, 1500 * D, sign_date=day(-1500)),
    ),
    "mandate_of_gone_member": row_fault(
        "a member who left has a mandate",
        "mandates_of_inactive_members",
        mandate(member="MEM-00024", iban=iban(24)),
    ),
    "mandate_of_nobody": row_fault(
        "a mandate's member does not exist", "mandates_of_missing_members", mandate(member="MEM-NONE")
    ),
    "mandate_id_twice": row_fault(
        "two mandates have one reference", "mandates_duplicate_ids", mandate(mandate_id="M- 00001")
    ),
    "mandate_not_replaced": row_fault(
        "a member has a second active mandate for two days",
        "mandates_two_active",
        mandate(1, 2 * D, member="MEM-00001", iban=iban(1)),
    ),
    "mandate_of_old_account": changed(
        "a member's account is another than the mandate's",
        "mandates_iban_differs_from_member",
        f"UPDATE tabMember SET iban = '{iban(78)}' WHERE name = 'MEM-00001'",
        f"UPDATE tabMember SET iban = '{iban(1)}' WHERE name = 'MEM-00001'",
    ),
    "mandate_one_off_twice": row_fault(
        "a mandate for one payment is in a coming batch twice",
        "mandates_one_off_reused",
        batch(total_amount=30, entry_count=2),
        row(2, invoice=lambda number: f"fault-{number}"),
        mandate(mandate_type="OOFF"),
        invoice(2, D),
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
}
