"""An association of fourteen people that lives as Verenigingen 0.9.0 lets it: its rows at any moment from June 2027 on.

Dues are billed on the first of the month and collected about the fifteenth by a batch that is typed in the desk on the
eighth and submitted on the tenth; it is booked by hand on the next business day. Two of June's debits come back, and
July's batch holds them again. A batch stays Generated with docstatus 1 and its rows stay Pending for ever, as the app
has it. All is well with it: no check fails at any of its moments. Nobody of these names lives; the IBANs are of no bank.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any, NamedTuple

from tests.checks import association_site
from tests.checks.association_dates import (
    DAY,
    FIRST_COLLECTION,
    SITE_MADE,
    batch,
    booked,
    collection,
    customer,
    iban,
    invoice,
    member,
    months,
    next_month,
    on,
    schedule,
    spaced,
)

RETURNED = (3, 6)
"""Members whose debit of June came back."""
SEPA, TRANSFER = "SEPA Direct Debit", "Bank Transfer"


class Person(NamedTuple):
    """Who pays what, how often, in what way."""

    number: int
    name: str
    joined: date
    rhythm: str = "Monthly"
    rate: float = 7.5
    pays: str = SEPA


PEOPLE = [
    Person(1, "Tjitske Proefstra", date(2027, 3, 10)),
    Person(2, "Wout Verzinsel", date(2027, 3, 10)),
    Person(3, "Fenna Denkbeeld", date(2027, 3, 17)),
    Person(4, "Sietse Namaak", date(2027, 3, 17)),
    Person(5, "Oda Schijnbaar", date(2027, 3, 24)),
    Person(6, "Rein Zogenaamd", date(2027, 4, 7)),
    Person(7, "Hilde van Nergens", date(2027, 4, 14)),
    Person(8, "Joris Bedacht", date(2027, 4, 21)),
    Person(9, "Mette Jaarlijks", date(2027, 5, 24), "Annual", 60),
    Person(10, "Evert Erelid", date(2027, 3, 3), "Annual", 0, TRANSFER),
    Person(11, "Bauke Overmaker", date(2027, 4, 21), pays=TRANSFER),
    Person(14, "Douwe Terugkeer", date(2027, 4, 7)),
]
"""The active ones; 12 left, 13 waits for approval, 14 left in 2026 and came back."""

LEAVER = Person(12, "Nynke Weggegaan", date(2027, 3, 10))
LEFT = datetime.fromisoformat("2027-04-28T16:00")
LEFT_BEFORE = datetime.fromisoformat("2026-11-30T11:00")
MONTHLY = tuple(one.number for one in PEOPLE if one.rhythm == "Monthly")
COLLECTED = tuple(one.number for one in PEOPLE if one.rhythm == "Monthly" and one.pays == SEPA)

Rows = dict[str, list[dict[str, Any]]]


class Life:
    """The rows at a moment, in the site's local time, by table."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: Rows = defaultdict(list)
        association_site.settings(self)
        self._people()
        self._dues()
        association_site.jobs(self)
        association_site.logs(self)

    def add(
        self, table: str, name: str, made: datetime, changed: datetime | None = None, **more: Any
    ) -> None:
        row = {"name": name, "creation": made, "modified": changed or made, **more}
        self.rows[f"tab{table}"].append(row)

    def _people(self) -> None:
        for one in PEOPLE:
            self._person(one, "Active", 1)
            self._membership(f"SHIP-{one.number:02}", one, "Active")
            if one.pays == SEPA:
                self._mandate(f"MND-{one.number:02}", one, "Active")
        self._person(LEAVER, "Terminated", 0)
        self._membership("SHIP-12", LEAVER, "Cancelled", cancellation_date=LEFT.date())
        self._mandate("MND-12", LEAVER, "Cancelled", cancelled_date=LEFT.date())
        self._schedule(LEAVER, status="Cancelled", next_invoice_date=date(2027, 5, 1))  # by hand: no job does
        before = Person(14, "", date(2025, 9, 1))
        self._membership("SHIP-14-BEFORE", before, "Cancelled", cancellation_date=LEFT_BEFORE.date())
        self._mandate("MND-14-BEFORE", before, "Cancelled", cancelled_date=LEFT_BEFORE.date())
        for number, at in ((12, LEFT), (14, LEFT_BEFORE)):
            self.add("Membership Termination Request", f"END-{number}", at, **termination(number, at))
        applied = self.now - 2 * DAY
        applicant = {"full_name": "Karst Aanvraag", "member_id": None, "payment_method": SEPA}
        waits = {"status": "Pending", "application_status": "Pending"}
        self.add("Member", "MEM-13", applied, **applicant, **waits)
        for number in (1, 2):
            self.add(
                "Volunteer", f"VOL-{number:02}", SITE_MADE + 20 * DAY, member=member(number), status="Active"
            )
            self.add(
                "Volunteer Assignment",
                f"TASK-{number:02}",
                SITE_MADE + 20 * DAY,
                parent=f"VOL-{number:02}",
                status="Active",
            )

    def _person(self, one: Person, status: str, enabled: int) -> None:
        made, user = on(one.joined, 11), f"lid{one.number:02}@voorbeeld.invalid"
        self.add(
            "Member",
            member(one.number),
            made,
            on(self.now.date(), 0, 3) if self.now.time() > time(0, 3) else made,  # each night saves them all
            full_name=one.name,
            member_id=f"L{one.number:04}",
            status=status,
            application_status="Approved",
            payment_method=one.pays,
            iban=iban(one.number),
            customer=customer(one.number),
            user=user,
        )
        self.add("User", user, made, enabled=enabled)
        self.add(
            "Account Creation Request",
            f"ACCOUNT-{one.number:02}",
            made,
            status="Completed",
            request_type="Member",
            email=user,
        )

    def _membership(self, name: str, one: Person, status: str, **more: Any) -> None:
        renewal = one.joined.replace(year=one.joined.year + 1)  # a year at least, however often dues are paid
        dates = {"start_date": one.joined, "renewal_date": renewal}
        who = {"member": member(one.number), "membership_type": one.rhythm, "allow_multiple_memberships": 0}
        self.add("Membership", name, on(one.joined, 11), docstatus=1, status=status, **dates, **who, **more)

    def _mandate(self, name: str, one: Person, status: str, **more: Any) -> None:
        told = {"mandate_id": name, "member": member(one.number), "iban": spaced(iban(one.number))}
        use = {"mandate_type": "RCUR", "used_for_memberships": 1, "used_for_donations": 0}
        alive = {"status": status, "is_active": int(status == "Active"), "sign_date": one.joined}
        self.add("SEPA Mandate", name, on(one.joined, 13), **told, **use, **alive, **more)

    def _schedule(self, one: Person, **more: Any) -> None:
        how = {"billing_frequency": one.rhythm, "dues_rate": one.rate, "membership_type": one.rhythm}
        if not one.rate:
            how |= {"membership_type": "Honorary", "custom_amount_reason": "Honorary member"}
        told = {"member": member(one.number), "status": "Active", "is_template": 0, "auto_generate": 1}
        last = more.get("last_invoice_date") or one.joined
        changed = max(on(one.joined, 12), on(last, 0, 4) if last.day == 1 else on(last, 12))
        at = on(one.joined, 12)
        self.add(
            "Membership Dues Schedule",
            schedule(one.number),
            at,
            changed,
            **{**told, **how, "test_mode": 0, **more},
        )

    def _dues(self) -> None:
        """First invoices at approval, then one a month; until May people paid them by transfer."""
        for one in PEOPLE:
            billed = one.joined
            if one.rate:
                made = on(one.joined, 11)
                paid = on(one.joined + 5 * DAY, 12) if one.rhythm == "Monthly" else booked(FIRST_COLLECTION)
                self._invoice(f"INV-FIRST-{one.number:02}", one, made, 14, paid, periodic=False)
            for month in months(self.now):
                made = on(month, 0, 3)
                if one.rhythm == "Monthly" and one.joined < month and made <= self.now:
                    transfer = one.pays == TRANSFER or month < FIRST_COLLECTION.replace(day=1)
                    paid = on(month.replace(day=20), 12) if transfer else booked(collection(month))
                    self._invoice(invoice(one.number, month), one, made, 30, paid)
                    billed = month
            following = (
                next_month(billed) if one.rhythm == "Monthly" else billed.replace(year=billed.year + 1)
            )
            if not one.rate:
                following = one.joined + 31 * DAY  # nothing is billed, so the date stays
            last = billed if one.rate else None
            self._schedule(one, last_invoice_date=last, next_invoice_date=following)
        for month in months(self.now):
            if month >= FIRST_COLLECTION.replace(day=1):
                self._batch(month)

    def _invoice(
        self, name: str, one: Person, made: datetime, days: int, paid: datetime, *, periodic: bool = True
    ) -> None:
        """An invoice with its entries in the ledger, and the payment of it."""
        again = booked(collection(date(2027, 7, 1)))
        back = datetime.fromisoformat("2027-06-21T15:00") if name in map(invoice, RETURNED) else None
        due = made.date() + days * DAY
        settled = self.now >= paid and (back is None or self.now < back or self.now >= again)
        status = "Paid" if settled else "Overdue" if due < self.now.date() else "Unpaid"
        period = {
            "membership_dues_schedule_display": schedule(one.number),
            "custom_coverage_start_date": made.date(),
            "custom_coverage_end_date": next_month(made.date()) - DAY if made.day == 1 else None,
        }
        amount = {
            "grand_total": one.rate,
            "outstanding_amount": 0 if settled else one.rate,
            "currency": "EUR",
        }
        dates = {"posting_date": made.date(), "due_date": due}
        who = {"docstatus": 1, "customer": customer(one.number), "member": member(one.number), "is_return": 0}
        told = {**who, **dates, **amount, "status": status, **(period if periodic else {})}
        self.add("Sales Invoice", name, made, paid if settled else made, **told)
        self._ledger("Sales Invoice", name, name, one.rate, made)
        mode = SEPA if paid.date() > FIRST_COLLECTION and one.pays == SEPA else TRANSFER
        for payment, at in ((f"PAY-{name}", paid), (f"PAY-{name}-AGAIN", again)):
            if self.now >= at and (at is paid or back):
                gone = back if at is paid and back and self.now >= back else None
                self._payment(payment, name, one, at, mode, gone)

    def _payment(
        self, name: str, of: str, one: Person, at: datetime, mode: str, gone: datetime | None
    ) -> None:
        """A payment, cancelled where the debit came back; the ledger keeps both ways then, as cancelled."""
        told = {"payment_type": "Receive", "party_type": "Customer", "party": customer(one.number)}
        booked = {
            "posting_date": at.date(),
            "mode_of_payment": mode,
            "paid_amount": one.rate,
            "reference_no": of,
        }
        self.add(
            "Payment Entry",
            name,
            at,
            gone,
            docstatus=2 if gone else 1,
            unallocated_amount=0,
            **told,
            **booked,
        )
        self._ledger("Payment Entry", name, of, one.rate, at, gone)
        if gone:
            self._ledger("Payment Entry", name, of, -one.rate, gone, gone)

    def _ledger(
        self, kind: str, voucher: str, of: str, amount: float, at: datetime, gone: datetime | None = None
    ) -> None:
        told = {"voucher_type": kind, "voucher_no": voucher, "posting_date": at.date()}
        sides = [(of if kind == "Payment Entry" else None, 0, amount), (None, amount, 0)]
        for side, (against, debit, credit) in enumerate(sides):
            name = f"GL-{voucher}-{at:%m%d}-{side}"
            sums = {"debit": debit, "credit": credit, "against_voucher": against}
            self.add("GL Entry", name, at, gone, **told, **sums, is_cancelled=int(bool(gone)))

    def _batch(self, month: date) -> None:
        """Typed in the desk on the eighth, submitted on the tenth: Generated from then on for ever."""
        name, made, sent = batch(month), on(month.replace(day=8), 10), on(month.replace(day=10), 14)
        if self.now < made:
            return
        held = [(invoice(number, month), number, 7.5) for number in COLLECTED]
        if month.month == FIRST_COLLECTION.month and month.year == FIRST_COLLECTION.year:
            held.append(("INV-FIRST-09", 9, 60))
        elif month == next_month(FIRST_COLLECTION):
            held += [(invoice(number), number, 7.5) for number in RETURNED]
        submitted = self.now >= sent
        file = (
            {"sepa_file": f"/private/files/{name}.xml", "sepa_message_id": f"MSG-{name}"} if submitted else {}
        )
        state = {"docstatus": 1, "status": "Generated"} if submitted else {"docstatus": 0, "status": "Draft"}
        self.add(
            "Direct Debit Batch",
            name,
            made,
            sent if submitted else made,
            batch_date=collection(month),
            batch_type="RCUR",
            sepa_file_generated=int(submitted),
            sepa_generation_date=sent if submitted else None,
            validation_status="Passed",
            total_amount=sum(amount for _, _, amount in held) * submitted,  # read before the rows are written
            entry_count=len(held) * submitted,
            **state,
            **file,
        )
        for of, number, amount in held:
            self.add(
                "Direct Debit Batch Invoice",
                f"{name}-{of}",
                made,
                docstatus=state["docstatus"],
                parent=name,
                invoice=of,
                member=member(number),
                amount=amount,
                currency="EUR",
                iban=spaced(iban(number)),
                mandate_reference=f"MND-{number:02}",
                status="Pending",
            )


def termination(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    """An executed request of a member to leave."""
    told = {"member": member(number), "termination_type": "Voluntary", "status": "Executed"}
    dates = {"request_date": at.date(), "termination_date": at.date(), "execution_date": at}
    return {**told, **dates, "cancel_sepa_mandates": 1, **more}
