"""Two years of the demo's money: direct debit batches of the months' dues, donations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from demo import seed_dues
from demo.days import local, moments
from demo.seed_dues import RATE, Bill, Payer
from demo.seed_rest import Row, Table

DONATIONS_A_DAY = 2.2
MADE_DAYS = 12
"""So many days before its date a batch is made."""

MARKED = 2
"""The oldest batches are of a version of the app that marked what was collected."""


def tables(at: float, payers: list[Payer]) -> Iterator[Table]:
    """Invoices, payments and batches of these active members, and donations."""
    now = local(at)
    bills = list(seed_dues.billed(now, payers))
    yield from seed_dues.tables(now, bills)
    yield from _debits(now, bills)
    yield from _donations(at)


def batch_made(night: datetime) -> datetime:
    """When the app makes the batch of the dues that were billed in a night: in its daily job."""
    return datetime.combine(seed_dues.collection(night), time(0, 2)) - timedelta(days=MADE_DAYS)


def _debits(now: datetime, bills: list[Bill]) -> Iterator[Table]:
    """A batch a month, submitted: Generated and Pending for ever, as Verenigingen 0.9.0 leaves them."""
    batches: list[Row] = []
    entries: list[Row] = []
    usages: list[Row] = []
    for ago, night in enumerate(seed_dues.nights(now)):
        day, made = seed_dues.collection(night), batch_made(night)
        if made > now:
            continue
        marked = ago >= seed_dues.MONTHS - MARKED
        batch, state = f"DDB-{night:%y%m}", "Processed" if marked else "Generated"
        part = [bill for bill in bills if bill.covers and bill.made == night and bill.payer.debit]
        for row, bill in enumerate(part):
            number = bill.payer.number
            who = (bill.payer.member, bill.name, RATE, iban(number), f"M-{number:05}")
            collected = "Successful" if marked else "Pending"
            entries.append((f"{batch}-{row}", made, made, 1, batch, *who, collected))
            if row < 5 and not marked:  # made by the app, which writes down a use with the draft
                use = (f"MAN-{number:05}", made.date(), "FRST", "Pending", RATE)
                usages.append((f"USE-{batch}-{row}", made, made, *use))
        sums = (f"MSG-{batch}", RATE * len(part), len(part), f"/private/files/{batch}.xml")
        batches.append((batch, made, made, 1, day, "RCUR", state, 1, *sums))
    given_up = now - timedelta(days=40)
    cancelled = (given_up.date(), "RCUR", "Generated", 1, "MSG-9999", 0, 0, "/private/files/9999.xml")
    batches.append(("DDB-9999", given_up, given_up, 2, *cancelled))
    stamp = ("name", "creation", "modified", "docstatus")
    yield Table(
        "tabDirect Debit Batch",
        (
            *stamp,
            "batch_date",
            "batch_type",
            "status",
            "sepa_file_generated",
            "sepa_message_id",
            "total_amount",
            "entry_count",
            "sepa_file",
        ),
        batches,
    )
    yield Table(
        "tabDirect Debit Batch Invoice",
        (*stamp, "parent", "member", "invoice", "amount", "iban", "mandate_reference", "status"),
        entries,
    )
    yield Table(
        "tabSEPA Mandate Usage",
        ("name", "creation", "modified", "parent", "usage_date", "sequence_type", "status", "amount"),
        usages,
    )


def _donations(at: float) -> Iterator[Table]:
    """Paid through Mollie. The app cannot submit one: they stay drafts."""
    chance = random.Random(5000)
    rows = [
        (
            f"DON-{number:05}",
            given,
            given,
            0,
            given.date(),
            chance.choice([10, 25, 50, 100]),
            1,
            "Completed",
            f"tr_{number:08}",
        )
        for number, given in enumerate(moments("donation", DONATIONS_A_DAY, at, 750))
    ]
    columns = ("docstatus", "donation_date", "amount", "paid", "payment_status", "payment_id")
    yield Table("tabDonation", ("name", "creation", "modified", *columns), rows)


def iban(number: int) -> str:
    """A Dutch IBAN with good check digits (ISO 7064, mod 97) of a bank that does not exist."""
    account = f"TEST{number:010}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"
