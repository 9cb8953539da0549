"""Two years of the demo's money: direct debit batches, invoices paid by transfer, donations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from demo.days import local, moments
from demo.seed_rest import Row, Table
from fixtures.target2 import business_day

DONATIONS_A_DAY = 2.2


def tables(at: float, mandates: list[Row]) -> Iterator[Table]:
    """Batches with their rows and invoices, transfers and donations, of these active mandates."""
    now = local(at)
    yield from _debits(now, mandates)
    yield from _donations(at)


def _debits(now: datetime, mandates: list[Row]) -> Iterator[Table]:
    """A batch a month over two years: every third mandate in turn, as dues are paid by the quarter."""
    invoices: list[Row] = []
    batches: list[Row] = []
    entries: list[Row] = []
    usages: list[Row] = []
    for month in range(24):
        day = now - timedelta(days=6 + 30 * month)
        batch, part = f"DDB-{month:04}", [row for index, row in enumerate(mandates) if index % 3 == month % 3]
        part = [row for row in part if row[7] < day.date()]
        for number, mandate in enumerate(part):
            invoice = f"SINV-{month:02}-{number:05}"
            customer = mandate[4].replace("MEM", "CUS")
            invoices.append(
                (
                    invoice,
                    day,
                    day,
                    1,
                    customer,
                    day.date(),
                    _later(day.date(), 30),
                    "Paid",
                    15,
                    0,
                    mandate[4],
                    day.date(),
                    _later(day.date(), 29),
                )
            )
            entries.append(
                (f"{batch}-{number}", day, day, batch, invoice, 15, mandate[6], mandate[3], "Successful")
            )
            usages.append(
                (f"USE-{month:02}-{number:05}", day, day, mandate[0], day.date(), "RCUR", "Collected", 15)
            )
        batches.append(
            (
                batch,
                day,
                day,
                1,
                day.date(),
                "RCUR",
                "Processed",
                1,
                f"MSG-{month:04}",
                15 * len(part),
                len(part),
                f"/private/files/{batch}.xml",
            )
        )
    failed = now - timedelta(days=40)
    batches.append(("DDB-9999", failed, failed, 0, failed.date(), "RCUR", "Failed", 0, None, 0, 0, None))
    used = {row[3] for row in usages}
    collected = business_day(now.date(), 8)
    for batch, kind, part in (
        ("DDB-0100", "RCUR", [row for row in mandates if row[0] in used][:40]),
        ("DDB-0101", "FRST", [row for row in mandates if row[0] not in used][:5]),
    ):
        made = now - timedelta(hours=30)
        for number, mandate in enumerate(part):
            invoice, customer = f"SINV-{batch}-{number:05}", mandate[4].replace("MEM", "CUS")
            due = _later(collected, 14)
            invoices.append(
                (
                    invoice,
                    made,
                    made,
                    1,
                    customer,
                    made.date(),
                    due,
                    "Unpaid",
                    15,
                    15,
                    mandate[4],
                    _later(made.date(), 60),
                    _later(made.date(), 89),
                )
            )
            entries.append(
                (f"{batch}-{number}", made, made, batch, invoice, 15, mandate[6], mandate[3], "Pending")
            )
        batches.append(
            (
                batch,
                made,
                made,
                0,
                collected,
                kind,
                "Generated",
                1,
                f"MSG-{batch}",
                15 * len(part),
                len(part),
                f"/private/files/{batch}.xml",
            )
        )
    invoices += _transfers(now)
    stamp = ("name", "creation", "modified")
    yield Table(
        "tabSales Invoice",
        (
            *stamp,
            "docstatus",
            "customer",
            "posting_date",
            "due_date",
            "status",
            "grand_total",
            "outstanding_amount",
            "member",
            "custom_coverage_start_date",
            "custom_coverage_end_date",
        ),
        invoices,
    )
    yield Table(
        "tabDirect Debit Batch",
        (
            *stamp,
            "docstatus",
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
        (*stamp, "parent", "invoice", "amount", "iban", "mandate_reference", "status"),
        entries,
    )
    yield Table(
        "tabSEPA Mandate Usage", (*stamp, "parent", "usage_date", "sequence_type", "status", "amount"), usages
    )


def _donations(at: float) -> Iterator[Table]:
    chance = random.Random(5000)
    rows = [
        (f"DON-{number:05}", given, given, 1, given.date(), chance.choice([10, 25, 50, 100]), 1, "Completed")
        for number, given in enumerate(moments("donation", DONATIONS_A_DAY, at, 750))
    ]
    columns = ("docstatus", "donation_date", "amount", "paid", "payment_status")
    yield Table("tabDonation", ("name", "creation", "modified", *columns), rows)


def _transfers(now: datetime) -> Iterator[Row]:
    """A dozen invoices a day of members who pay by bank transfer within ten days; three do not.

    The newest are three hours old, whatever the time: a demo that runs for a day stays healthy.
    """
    newest = (now - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    for ago in range(80):
        for number in range(12):
            at = newest - timedelta(days=ago, minutes=-number)
            member = 5 * (ago * 12 + number)
            late = ago in (45, 50, 55) and number == 0
            open_ = ago < 10 or late
            yield (
                (
                    f"SINV-T{ago:03}-{number:02}",
                    at,
                    at,
                    1,
                    f"CUS-{member:05}",
                    at.date(),
                    _later(at.date(), 30),
                    ("Overdue" if late else "Unpaid") if open_ else "Paid",
                    15,
                    15 if open_ else 0,
                    f"MEM-{member:05}",
                    at.date(),
                    _later(at.date(), 29),
                )
            )


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def iban(number: int) -> str:
    """A Dutch IBAN with good check digits (ISO 7064, mod 97) of a bank that does not exist."""
    account = f"TEST{number:010}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"
