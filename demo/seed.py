"""Two years of an association of about 5,000 members: fictitious, deterministic, healthy as of `now`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

MEMBERS = 5000
ZONE = "Europe/Amsterdam"
JOBS = {"All": 5, "Cron": 10, "Daily": 83, "Hourly": 23, "Weekly": 15, "Monthly": 8}
"""Scheduled jobs by frequency, about as many as a real site has."""

LAST_RUN = {
    "All": timedelta(minutes=1),
    "Cron": timedelta(minutes=5),
    "Hourly": timedelta(minutes=20),
    "Daily": timedelta(hours=8),
    "Weekly": timedelta(days=3),
    "Monthly": timedelta(days=10),
}
FIRST = ["Anna", "Bram", "Carla", "Daan", "Eva", "Finn", "Greet", "Hugo", "Iris", "Joost", "Kim", "Lars"]
LAST = ["Voorbeeld", "Fictief", "Proefman", "van Test", "Denkbeeld", "de Nep", "Modelstra", "Verzonnen"]

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Rows of one table; `creation` and `modified` come right after the name in each."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]


def tables(now: datetime) -> Iterator[Table]:
    """All rows of the site; `now` is its local time."""
    chance = random.Random(5000)
    yield Table(
        "tabSingles",
        ("doctype", "field", "value"),
        [
            ("System Settings", "enable_scheduler", "1"),
            ("System Settings", "time_zone", ZONE),
            ("System Settings", "setup_complete", "1"),
        ],
    )
    yield from _jobs(now, chance)
    yield from _logs(now, chance)
    yield from _association(now, chance)


def _jobs(now: datetime, chance: random.Random) -> Iterator[Table]:
    made = now - timedelta(days=800)
    rows, logs = [], []
    for frequency, count in JOBS.items():
        for number in range(count):
            name = f"{frequency.lower()}.job_{number}"
            rows.append(
                (
                    name,
                    made,
                    made,
                    f"verenigingen.{name}",
                    frequency,
                    int(frequency != "All"),
                    now - LAST_RUN[frequency],
                )
            )
    columns = ("name", "creation", "modified", "method", "frequency", "create_log", "last_execution")
    yield Table("tabScheduled Job Type", columns, rows)
    for number in range(900):
        start = now - timedelta(minutes=5 + number * 11)
        status = "Failed" if number in (20, 60, 100, 400, 700) else "Complete"
        job = chance.choice(rows[15:])[0]
        logs.append((f"log{number:06}", start, start + timedelta(seconds=chance.random() * 9), status, job))
    yield Table(
        "tabScheduled Job Log", ("name", "creation", "modified", "status", "scheduled_job_type"), logs
    )


def _logs(now: datetime, chance: random.Random) -> Iterator[Table]:
    minutes = [7, 25, 44, *range(90, 1400, 150), *(chance.randrange(1500, 20_000) for _ in range(160))]
    titles = ["Payment reminder failed", "Template not found", "Webhook timed out", "Address lookup failed"]
    errors = [
        (f"err{number:06}", at, at, chance.choice(titles), "Traceback (most recent call last): ...")
        for number, at in enumerate(now - timedelta(minutes=minute) for minute in minutes)
    ]
    yield Table("tabError Log", ("name", "creation", "modified", "method", "error"), errors)
    activity = []
    for number in range(3000):
        at = now - timedelta(minutes=number * 11 if number > 200 else 3 + number * 7)
        failed = number % 67 == 5
        user = f"lid{chance.randrange(180):04}@voorbeeld.invalid"
        subject = "Invalid login credentials" if failed else "logged in"
        status = "Failed" if failed else "Success"
        activity.append((f"act{number:06}", at, at, subject, "Login", status, user, "192.0.2.7"))
    columns = ("name", "creation", "modified", "subject", "operation", "status", "user", "ip_address")
    yield Table("tabActivity Log", columns, activity)
    mails = [
        (f"mail{number:06}", at, at + timedelta(minutes=3), "Error" if number == 12 else "Sent", "Uitgaand")
        for number, at in enumerate(now - timedelta(minutes=6 + 23 * number) for number in range(1500))
    ]
    yield Table("tabEmail Queue", ("name", "creation", "modified", "status", "email_account"), mails)
    sessions = [(f"lid{number:04}@voorbeeld.invalid", f"sid{number}", now, "Active") for number in range(40)]
    yield Table("tabSessions", ("user", "sid", "lastupdate", "status"), sessions)


def _association(now: datetime, chance: random.Random) -> Iterator[Table]:
    today = now.date()
    members: list[Row] = []
    memberships: list[Row] = []
    dues: list[Row] = []
    mandates: list[Row] = []
    volunteers: list[Row] = []
    for number in range(MEMBERS):
        name, joined = f"MEM-{number:05}", now - timedelta(days=chance.randrange(8, 2500))
        gone = number % 25 == 24
        debit = number % 5 != 0
        method = "SEPA Direct Debit" if debit else "Bank Transfer"
        status = "Terminated" if gone else "Active"
        full_name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        changed = joined + (now - joined) * 0.5
        members.append(
            (name, joined, changed, f"L{number:05}", status, "Active", method, f"CUS-{number:05}", full_name)
        )
        ended = "Cancelled" if gone else "Active"
        memberships.append(
            (f"MSH-{number:05}", joined, changed, 1, name, ended, joined.date(), today + timedelta(days=200))
        )
        if not gone:
            next_date = today + timedelta(days=1 + number % 90)
            dues.append((f"DUE-{number:05}", joined, changed, name, "Active", 0, "Quarterly", 15, next_date))
        if debit:
            state = "Cancelled" if gone else "Active"
            cancelled = changed.date() if gone else None
            mandates.append(
                (
                    f"MAN-{number:05}",
                    joined,
                    changed,
                    f"M-{number:05}",
                    name,
                    state,
                    iban(number),
                    joined.date(),
                    cancelled,
                    int(not gone),
                )
            )
        if number % 12 == 0 and not gone:
            volunteers.append((f"VOL-{number:05}", joined, changed, name, "Active"))
    dues += [
        (f"Template-{template}", now, now, None, "Active", 1, "Annual", 60, None)
        for template in ("Jaar", "Kwartaal", "Maand")
    ]
    stamp = ("name", "creation", "modified")
    yield Table(
        "tabMember",
        (*stamp, "member_id", "status", "application_status", "payment_method", "customer", "full_name"),
        members,
    )
    yield Table(
        "tabMembership", (*stamp, "docstatus", "member", "status", "start_date", "renewal_date"), memberships
    )
    yield Table(
        "tabMembership Dues Schedule",
        (*stamp, "member", "status", "is_template", "billing_frequency", "dues_rate", "next_invoice_date"),
        dues,
    )
    yield Table(
        "tabSEPA Mandate",
        (*stamp, "mandate_id", "member", "status", "iban", "sign_date", "cancelled_date", "is_active"),
        mandates,
    )
    yield Table("tabVolunteer", (*stamp, "member", "status"), volunteers)
    yield from _money(now, chance, [row for row in mandates if row[5] == "Active"])


def _money(now: datetime, chance: random.Random, mandates: list[Row]) -> Iterator[Table]:
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
                (invoice, day, day, 1, customer, day.date(), _later(day.date(), 30), "Paid", 15, 0)
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
            )
        )
    failed = now - timedelta(days=40)
    batches.append(("DDB-9999", failed, failed, 0, failed.date(), "RCUR", "Failed", 0, None, 0, 0))
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
    donations = []
    for number in range(1500):
        at = now - timedelta(hours=12 * number + 2)
        donations.append(
            (f"DON-{number:05}", at, at, 1, at.date(), chance.choice([10, 25, 50, 100]), 1, "Completed")
        )
    yield Table(
        "tabDonation", (*stamp, "docstatus", "donation_date", "amount", "paid", "payment_status"), donations
    )


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def iban(number: int) -> str:
    """A Dutch IBAN with good check digits (ISO 7064, mod 97) of a bank that does not exist."""
    account = f"TEST{number:010}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"


def write(table: Table, path: Path) -> None:
    """A file for LOAD DATA: tab-separated, with its mark for NULL."""

    def cell(value: object) -> str:
        return "\\N" if value is None else str(value)

    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(map(cell, row)) + "\n" for row in table.rows)
