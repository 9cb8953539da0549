"""What members are billed and pay, as the app does it.

All dues of a month in its first night, an invoice at each application; a collection for those who pay by
direct debit, transfers over the month by the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from demo.seed_rest import Row, Table
from fixtures.target2 import is_business_day

RATE = 4
"""Euros a month."""

MONTHS = 8
"""Of which the demo has the dues."""

COLLECTED_FROM = 21
"""Day of the month from which its dues are collected: the first on which TARGET2 is open."""


@dataclass(frozen=True)
class Payer:
    """A member, as far as dues go."""

    number: int
    joined: datetime
    debit: bool
    free: bool = False

    @property
    def member(self) -> str:
        """The name of the Member."""
        return f"MEM-{self.number:05}"

    @property
    def customer(self) -> str:
        """The name of the Customer."""
        return f"CUS-{self.number:05}"


@dataclass(frozen=True)
class Bill:
    """An invoice, and when it is paid: None for never."""

    name: str
    payer: Payer
    made: datetime
    due: date
    paid: datetime | None
    covers: tuple[date, date] | None = None

    def row(self, now: datetime) -> Row:
        """As it is by now."""
        settled = self.paid is not None and self.paid <= now
        status = "Paid" if settled else "Overdue" if self.due < now.date() else "Unpaid"
        start, end = self.covers or (None, None)
        schedule = f"DUE-{self.payer.number:05}" if self.covers else None
        who = (self.payer.customer, self.payer.member)
        sums = (status, RATE, 0 if settled else RATE)
        touched = self.paid if self.paid is not None and settled else self.made
        dates = (self.made.date(), self.due, start, end)
        return (self.name, self.made, touched, 1, *who, *sums, schedule, int(bool(schedule)), *dates)


COLUMNS = (
    "name",
    "creation",
    "modified",
    "docstatus",
    "customer",
    "member",
    "status",
    "grand_total",
    "outstanding_amount",
    "membership_dues_schedule_display",
    "is_membership_invoice",
    "posting_date",
    "due_date",
    "custom_coverage_start_date",
    "custom_coverage_end_date",
)


def nights(now: datetime) -> list[datetime]:
    """When the dues of the last months were billed, the newest first."""
    found: list[datetime] = []
    at = now.replace(day=1, hour=0, minute=1, second=0, microsecond=0)
    while len(found) < MONTHS:
        if at <= now:
            found.append(at)
        at = (at - timedelta(days=1)).replace(day=1)
    return found


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def collection(night: datetime) -> date:
    """When the dues that were billed in a night are collected."""
    day = night.date().replace(day=COLLECTED_FROM)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def billed(now: datetime, payers: list[Payer]) -> Iterator[Bill]:
    """All invoices: dues, the newest month first, and those of applications."""
    for night in nights(now):
        last = next_month(night.date()) - timedelta(days=1)
        booked = datetime.combine(collection(night), night.time()) + timedelta(days=1, hours=10)
        for payer in payers:
            if payer.free or payer.joined >= night:
                continue
            paid = booked if payer.debit else night + timedelta(days=1 + payer.number * 7 % 27, hours=10)
            never = not payer.debit and payer.number % 90 == 30  # reminders are sent to some
            name = f"SINV-{night:%y%m}-{payer.number:05}"
            due = night.date() + timedelta(days=30)
            yield Bill(name, payer, night, due, None if never else paid, (night.date(), last))
    oldest = now - timedelta(days=30 * MONTHS)
    for payer in payers:
        if payer.joined > oldest and not payer.free:
            paid = payer.joined + timedelta(days=1 + payer.number % 10)
            due = payer.joined.date() + timedelta(days=14)
            yield Bill(f"SINV-A-{payer.number:05}", payer, payer.joined, due, paid)


def tables(now: datetime, bills: list[Bill]) -> Iterator[Table]:
    """The invoices, and a payment for each that is paid, as ERPNext books them."""
    yield Table("tabSales Invoice", COLUMNS, [bill.row(now) for bill in bills])
    payments = [
        (
            bill.name.replace("SINV", "PAY"),
            bill.paid,
            bill.paid,
            1,
            "Receive",
            bill.paid.date(),
            "SEPA Direct Debit" if bill.payer.debit and bill.covers else "Bank Transfer",
            "Customer",
            bill.payer.customer,
            RATE,
            0,
            bill.name,
        )
        for bill in bills
        if bill.paid is not None and bill.paid <= now
    ]
    columns = (
        "docstatus payment_type posting_date mode_of_payment party_type party paid_amount"
        " unallocated_amount reference_no"
    )
    yield Table("tabPayment Entry", ("name", "creation", "modified", *columns.split()), payments)
