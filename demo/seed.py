"""Two years of an association of about 5,000 members: fictitious, deterministic, healthy as of `now`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from demo import seed_rest
from demo.seed_rest import Row, Table
from fixtures.target2 import business_day

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
MONEY_JOBS = (
    "verenigingen.verenigingen.doctype.membership_dues_schedule.membership_dues_schedule.generate_dues_invoices",
    "verenigingen.utils.payment_retry.execute_payment_retry",
    "verenigingen.verenigingen_payments.utils.sepa_reconciliation.reconcile_bank_transactions",
    "verenigingen.verenigingen_payments.api.dd_batch_scheduler.daily_batch_optimization",
    (
        "verenigingen.verenigingen_payments.doctype.direct_debit_batch.sepa_processor"
        ".create_monthly_dues_collection_batch"
    ),
    "verenigingen.verenigingen_payments.doctype.payment_plan.payment_plan.process_overdue_installments",
    "verenigingen.verenigingen_payments.api.sepa_mandate_management.periodic_sepa_mandate_child_table_sync",
)
"""The daily jobs of Verenigingen 0.9.0 that make and collect invoices."""

FIRST = ["Anna", "Bram", "Carla", "Daan", "Eva", "Finn", "Greet", "Hugo", "Iris", "Joost", "Kim", "Lars"]
LAST = ["Voorbeeld", "Fictief", "Proefman", "van Test", "Denkbeeld", "de Nep", "Modelstra", "Verzonnen"]


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
            ("Verenigingen Settings", "company_iban", iban(999_999)),
            ("Verenigingen Settings", "company_account_holder", "Vereniging Voorbeeld"),
            ("Verenigingen Settings", "creditor_id", "NL00ZZZ000000000000"),
            ("Mollie Settings", "test_mode", "0"),
        ],
    )
    yield from _jobs(now, chance)
    yield from _logs(now, chance)
    yield from _association(now, chance)
    yield from seed_rest.tables(now)


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
    rows += [
        (
            method.split(".")[-2] + "." + method.split(".")[-1],
            made,
            made,
            method,
            "Daily",
            1,
            now - timedelta(hours=8),
        )
        for method in MONEY_JOBS
    ]
    columns = ("name", "creation", "modified", "method", "frequency", "create_log", "last_execution")
    yield Table("tabScheduled Job Type", columns, rows)
    for number in range(900):
        start = now - timedelta(minutes=5 + number * 11)
        status = "Failed" if number in (20, 60, 100, 400, 700) else "Complete"
        job = "hourly.job_0" if status == "Failed" or number % 9 == 0 else chance.choice(rows[20:])[0]
        logs.append((f"log{number:06}", start, start + timedelta(seconds=chance.random() * 9), status, job))
    yield Table(
        "tabScheduled Job Log", ("name", "creation", "modified", "status", "scheduled_job_type"), logs
    )


def _logs(now: datetime, chance: random.Random) -> Iterator[Table]:
    minutes = [7, 25, 44, *range(90, 1400, 250), *(chance.randrange(1500, 20_000) for _ in range(160))]
    titles = ["Payment reminder failed", "Template not found", "Webhook timed out", "Address lookup failed"]
    errors = [
        (f"err{number:06}", at, at, chance.choice(titles), "Traceback (most recent call last): ...")
        for number, at in enumerate(now - timedelta(minutes=minute) for minute in minutes)
    ]
    yield Table("tabError Log", ("name", "creation", "modified", "method", "error"), errors)
    activity = []
    for number in range(26_000):
        at = now - timedelta(minutes=3 + number * 5)
        failed = number % 67 == 5
        user = f"lid{chance.randrange(180):04}@voorbeeld.invalid"
        subject = "Invalid login credentials" if failed else "logged in"
        status = "Failed" if failed else "Success"
        activity.append((f"act{number:06}", at, at, subject, "Login", status, user, "192.0.2.7"))
    columns = ("name", "creation", "modified", "subject", "operation", "status", "user", "ip_address")
    yield Table("tabActivity Log", columns, activity)
    mails = [
        (f"mail{number:06}", at, at + timedelta(minutes=3), "Error" if number == 12 else "Sent", "Uitgaand")
        for number, at in enumerate(now - timedelta(minutes=6 + 23 * number) for number in range(1850))
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
        name, joined = f"MEM-{number:05}", now - timedelta(minutes=chance.randrange(60, 2500 * 1440))
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
    donations = []
    for number in range(1500):
        at = now - timedelta(hours=12 * number + 2)
        donations.append(
            (f"DON-{number:05}", at, at, 1, at.date(), chance.choice([10, 25, 50, 100]), 1, "Completed")
        )
    yield Table(
        "tabDonation", (*stamp, "docstatus", "donation_date", "amount", "paid", "payment_status"), donations
    )


def _transfers(now: datetime) -> Iterator[Row]:
    """A dozen invoices a day of members who pay by bank transfer within ten days; three do not."""
    for ago in range(80):
        for number in range(12):
            at = now - timedelta(days=ago, minutes=20 + number)
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


def write(table: Table, path: Path) -> None:
    """A file for LOAD DATA: tab-separated, with its mark for NULL."""

    def cell(value: object) -> str:
        return "\\N" if value is None else str(value)

    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(map(cell, row)) + "\n" for row in table.rows)
