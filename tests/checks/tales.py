"""What happens to an association's documents, as the statements that the app or a person would have caused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from tests.checks.association import PEOPLE, termination
from tests.checks.association_dates import (
    DAY,
    FIRST_COLLECTION,
    customer,
    iban,
    invoice,
    mandate,
    member,
    months,
    next_month,
    on,
    schedule,
    spaced,
)

Statements = list[str]

LONG_AGO = datetime.fromisoformat("2027-03-01T10:00")


def put(doctype: str, name: str, made: datetime, changed: datetime | None = None, **values: Any) -> str:
    """A new document."""
    every = {"name": name, "creation": made, "modified": changed or made, **values}
    columns = ", ".join(f"`{column}`" for column in every)
    return f"INSERT INTO `tab{doctype}` ({columns}) VALUES ({', '.join(map(literal, every.values()))})"


def change(doctype: str, names: str | Iterable[str] | None, **values: Any) -> str:
    """Fields of one document, of several, or with None of all."""
    sets = ", ".join(f"`{column}` = {literal(value)}" for column, value in values.items())
    return f"UPDATE `tab{doctype}` SET {sets}{_where(names)}"


def delete(doctype: str, names: str | Iterable[str] | None) -> str:
    """Away with one document, several, or with None all."""
    return f"DELETE FROM `tab{doctype}`{_where(names)}"


def single(doctype: str, name: str, value: str) -> list[str]:
    """A field of a settings document."""
    key = f"doctype = {literal(doctype)} AND field = {literal(name)}"
    values = ", ".join(map(literal, (doctype, name, value)))
    return [
        f"DELETE FROM tabSingles WHERE {key}",
        f"INSERT INTO tabSingles (doctype, field, value) VALUES ({values})",
    ]


def _where(names: str | Iterable[str] | None) -> str:
    if names is None:
        return ""
    every = [names] if isinstance(names, str) else list(names)
    return f" WHERE name IN ({', '.join(map(literal, every))})"


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime | date):
        return f"'{value}'"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def at(text: str) -> datetime:
    """A moment of the site's clock."""
    return datetime.fromisoformat(text)


def collect(
    name: str,
    day: date,
    made: datetime,
    invoices: Iterable[str],
    *,
    docstatus: int = 1,
    status: str = "Generated",
    **more: Any,
) -> Statements:
    """A batch of the invoices, each by its member's active mandate; a draft has no total before its next save."""
    file = {"sepa_file": f"/private/files/{name}.xml", "sepa_message_id": f"MSG-{name}"} if docstatus else {}
    state = {"docstatus": docstatus, "status": status, "sepa_file_generated": int(docstatus > 0), **file}
    told = {"batch_date": day, "batch_type": "RCUR", "validation_status": "Passed", **state, **more}
    wanted = ", ".join(map(literal, invoices))
    held = f"FROM `tabDirect Debit Batch Invoice` WHERE parent = {literal(name)}"
    rows = (
        "INSERT INTO `tabDirect Debit Batch Invoice` (name, creation, modified, docstatus, parent, invoice, member, amount,"
        f" currency, iban, mandate_reference, status) SELECT CONCAT({literal(name)}, '-', s.name), {literal(made)},"
        f" {literal(made)}, {docstatus}, {literal(name)}, s.name, s.member, s.grand_total, 'EUR', m.iban, m.mandate_id,"
        " 'Pending' FROM `tabSales Invoice` AS s JOIN `tabSEPA Mandate` AS m ON m.member = s.member AND m.status = 'Active'"
        f" WHERE s.name IN ({wanted})"
    )
    total = (
        f"UPDATE `tabDirect Debit Batch` SET total_amount = (SELECT COALESCE(SUM(amount), 0) {held}),"
        f" entry_count = (SELECT COUNT(*) {held}) WHERE name = {literal(name)}"
    )
    return [put("Direct Debit Batch", name, made, **told), rows, *([total] if docstatus else [])]


def bill(name: str, number: int, made: datetime, *, amount: float = 7.5, days: int = 30, **more: Any) -> str:
    """An invoice of a member, without the schedule's fields."""
    who = {"docstatus": 1, "customer": customer(number), "member": member(number), "is_return": 0}
    dates = {"posting_date": made.date(), "due_date": made.date() + timedelta(days=days)}
    money = {"grand_total": amount, "outstanding_amount": amount, "status": "Unpaid", "currency": "EUR"}
    return put("Sales Invoice", name, made, **{**who, **dates, **money, **more})


def bill_period(name: str, number: int, made: datetime, start: date, end: date, **more: Any) -> str:
    """An invoice that a schedule made, for its period."""
    period = {"custom_coverage_start_date": start, "custom_coverage_end_date": end}
    return bill(
        name, number, made, **{"membership_dues_schedule_display": schedule(number), **period, **more}
    )


def pay(names: Iterable[str], when: datetime, mode: str = "Bank Transfer") -> Statements:
    """Payments of invoices, booked and allocated."""
    found: Statements = []
    for name in names:
        payment, moment = f"PAID-{name}", literal(when)
        found += [
            (
                "INSERT INTO `tabPayment Entry` (name, creation, modified, docstatus, payment_type, party_type, party, posting_date,"
                f" mode_of_payment, paid_amount, reference_no) SELECT {literal(payment)}, {moment}, {moment}, 1, 'Receive',"
                f" 'Customer', customer, DATE({moment}), {literal(mode)}, grand_total, name FROM `tabSales Invoice`"
                f" WHERE name = {literal(name)}"
            ),
            *(
                "INSERT INTO `tabGL Entry` (name, creation, modified, voucher_type, voucher_no, against_voucher, posting_date,"
                f" debit, credit) SELECT {literal(payment + side)}, {moment}, {moment}, 'Payment Entry', {literal(payment)},"
                f" {against}, DATE({moment}), {debit}, {credit} FROM `tabSales Invoice` WHERE name = {literal(name)}"
                for side, against, debit, credit in (
                    ("-1", "name", "0", "grand_total"),
                    ("-2", "NULL", "grand_total", "0"),
                )
            ),
            change("Sales Invoice", name, outstanding_amount=0, status="Paid", modified=when),
        ]
    return found


def not_booked(names: Iterable[str]) -> Statements:
    """Invoices whose payment nobody has booked yet."""
    wanted = ", ".join(map(literal, names))
    return [
        f"UPDATE `tabSales Invoice` SET outstanding_amount = grand_total, status = 'Unpaid', modified = creation WHERE name IN ({wanted})",
        f"DELETE FROM `tabGL Entry` WHERE voucher_type = 'Payment Entry' AND against_voucher IN ({wanted})",
        (
            "DELETE FROM `tabGL Entry` WHERE voucher_type = 'Payment Entry' AND voucher_no IN"
            f" (SELECT name FROM `tabPayment Entry` WHERE reference_no IN ({wanted}))"
        ),
        f"DELETE FROM `tabPayment Entry` WHERE reference_no IN ({wanted})",
    ]


def credit(name: str, when: datetime, number: int, amount: float = 7.5) -> Statements:
    """A credit note that settles an invoice."""
    note = {"is_return": 1, "return_against": name, "status": "Return", "outstanding_amount": 0}
    return [
        bill(f"CREDIT-{name}", number, when, amount=-amount, **note),
        change("Sales Invoice", name, outstanding_amount=0, status="Credit Note Issued", modified=when),
    ]


def leave(
    number: int, when: datetime, *, status: str = "Terminated", mandate_too: int = 1, **more: Any
) -> Statements:
    """An executed termination: all ends but the schedule; the status is Terminated from the next save on."""
    ended = {"status": "Cancelled", "cancellation_date": when.date()}
    told = termination(number, when, cancel_sepa_mandates=mandate_too, **more)
    return [
        put("Membership Termination Request", f"END-{number:02}-{when:%y%m%d}", when, **told),
        change("Membership", f"SHIP-{number:02}", **ended),
        change("User", f"lid{number:02}@voorbeeld.invalid", enabled=0),
        change("Member", member(number), status=status),
        *([change("SEPA Mandate", mandate(number), status="Cancelled", is_active=0)] if mandate_too else []),
    ]


def sign(name: str, number: int, made: datetime, **more: Any) -> str:
    """A mandate for dues."""
    told = {
        "mandate_id": name,
        "member": member(number),
        "iban": spaced(iban(number)),
        "mandate_type": "RCUR",
    }
    alive = {"status": "Active", "is_active": 1, "used_for_memberships": 1, "sign_date": made.date()}
    return put("SEPA Mandate", name, made, **{**told, **alive, **more})


def account(number: int, text: str, name: str = "") -> Statements:
    """A member and a mandate that name an account; `name` is a new mandate of a member who has none."""
    made = (
        sign(name, number, LONG_AGO, iban=text)
        if name
        else change("SEPA Mandate", mandate(number), iban=text)
    )
    return [made, change("Member", member(number), iban=text)]


def plan(number: int, **more: Any) -> str:
    """Other terms of a member's schedule, agreed long ago."""
    return change("Membership Dues Schedule", schedule(number), modified=LONG_AGO, **more)


def unbilled(month: date) -> Statements:
    """The billing run of a month made no invoice."""
    monthly = [one.number for one in PEOPLE if one.rhythm == "Monthly"]
    wanted = [invoice(number, month) for number in monthly]
    before = months(on(month, 0))[-2]
    due = {"last_invoice_date": before, "next_invoice_date": month, "modified": on(before, 0, 4)}
    return [
        delete("Sales Invoice", wanted),
        f"DELETE FROM `tabGL Entry` WHERE voucher_no IN ({', '.join(map(literal, wanted))})",
        change("Membership Dues Schedule", [schedule(number) for number in monthly], **due),
    ]


def job(name: str, status: str, when: datetime) -> str:
    """A run of a scheduled job."""
    told = {"scheduled_job_type": name, "status": status}
    return put("Scheduled Job Log", f"RUN-{name}-{when:%m%d%H%M}", when, when + timedelta(seconds=9), **told)


def error(
    when: datetime, title: str, text: str = "Traceback (most recent call last): ...", number: int = 0
) -> str:
    """A row of the Error Log: what the app calls the message is its title."""
    return put("Error Log", f"ERROR-{when:%m%d%H%M}-{number}", when, method=title, error=text)


COLLECTED = [invoice(number) for number in (1, 2, 3, 4, 5, 6, 7, 8, 14)] + ["INV-FIRST-09"]
"""The ten invoices of June's batch."""

TODAY = FIRST_COLLECTION - DAY
JULY = next_month(FIRST_COLLECTION)
