"""Two years of an association of 5,000 members: fictitious, the same for the same moment, healthy at any."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from demo import seed_association, seed_rest
from demo.days import ZONE, local, moments
from demo.seed_dues import nights
from demo.seed_money import batch_made, iban
from demo.seed_rest import Table

MEMBERS = 5000
JOBS = {"All": 5, "Cron": 10, "Daily": 83, "Hourly": 23, "Weekly": 15, "Monthly": 8}
"""Scheduled jobs by frequency, about as many as a real site has."""

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

LOGINS_A_DAY, MAILS_A_DAY, ERRORS_A_DAY, JOBS_A_DAY = 290.0, 62.0, 2.0, 130.0
FAILING_EACH_NIGHT = (
    "sepa_mandate_management.periodic_sepa_mandate_child_table_sync",
    "sepa_reconciliation.reconcile_bank_transactions",
    "membership_analytics_snapshot.create_scheduled_snapshots",
    "scheduler.auto_escalate_pending_approvals",
)
"""What fails in every run on a healthy site of 0.9.0 with HRMS: checks/known.toml."""

DIARY = (
    "Permission check: User secretaris@voorbeeld.invalid has access to member list",
    "Security Event: membership_approved",
    "Daily stuck schedule check completed. Found 0 stuck schedules",
    "Mollie Bank Account not configured",
)
"""What the app writes into the Error Log and is no error."""

DIARY_A_DAY = 40.0
TITLES = ("Payment reminder failed", "Template not found", "Webhook timed out", "Address lookup failed")


def tables(at: float, members: int = MEMBERS) -> Iterator[Table]:
    """All rows of the site as they are at a moment, in epoch seconds."""
    yield Table(
        "tabSingles",
        ("doctype", "field", "value"),
        [
            ("System Settings", "enable_scheduler", "1"),
            ("System Settings", "time_zone", ZONE),
            ("System Settings", "setup_complete", "0"),
            ("Verenigingen Settings", "company_iban", iban(999_999)),
            ("Verenigingen Settings", "company_account_holder", "Vereniging Voorbeeld"),
            ("Verenigingen Settings", "creditor_id", "NL00ZZZ000000000000"),
            ("Verenigingen Settings", "enable_auto_batch_creation", "1"),
            ("Verenigingen Settings", "batch_creation_days", str(batch_made(nights(local(at))[0]).day)),
            ("Verenigingen Settings", "auto_submit_membership_invoices", "1"),
            ("Mollie Settings", "test_mode", "0"),
            ("Mollie Settings", "profile_id", "pfl_voorbeeld"),
        ],
    )
    yield from _jobs(at)
    yield from _logs(at)
    yield from seed_association.tables(at, members)
    yield from seed_rest.tables(local(at))


def last_run(frequency: str, at: float) -> datetime:
    """When jobs of a frequency last ran: Frappe runs the longer ones in the first minutes of their period."""
    now = local(at)
    hour = local((at - 20) // 3600 * 3600 + 20)
    day = now.replace(hour=0, minute=0, second=30, microsecond=0)
    ran = {
        "All": local((at - 100) // 240 * 240 + 100),
        "Cron": local(at // 300 * 300),
        "Hourly": hour,
        "Daily": day,
        "Weekly": day - timedelta(days=(day.weekday() + 1) % 7),
        "Monthly": day.replace(day=1),
    }[frequency]
    if ran <= now or frequency in ("All", "Cron", "Hourly"):  # on the real time line, never ahead of it
        return ran
    back = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}
    return ran - back.get(frequency, timedelta(days=28))


def _jobs(at: float) -> Iterator[Table]:
    chance = random.Random(5000)
    made = local(at) - timedelta(days=800)
    rows = [
        (
            f"{frequency.lower()}.job_{number}",
            made,
            made,
            f"verenigingen.{frequency.lower()}.job_{number}",
            frequency,
            int(frequency != "All"),
            last_run(frequency, at),
        )
        for frequency, count in JOBS.items()
        for number in range(count)
    ]
    rows += [
        (".".join(method.split(".")[-2:]), made, made, method, "Daily", 1, last_run("Daily", at))
        for method in MONEY_JOBS
    ]
    columns = ("name", "creation", "modified", "method", "frequency", "create_log", "last_execution")
    yield Table("tabScheduled Job Type", columns, rows)
    ordinary = [row for row in rows[20:] if row[0] not in FAILING_EACH_NIGHT]
    logs = []
    for number, job in enumerate(FAILING_EACH_NIGHT * 7):
        start = last_run("Daily", at) - timedelta(days=number // len(FAILING_EACH_NIGHT))
        logs.append((f"chronic{number:03}", start, start + timedelta(seconds=1), "Failed", job))
    for number, start in enumerate([last_run("Daily", at) - timedelta(days=day) for day in range(7)]):
        job = "membership_dues_schedule.generate_dues_invoices"
        logs.append((f"dues{number:03}", start, start + timedelta(seconds=40), "Complete", job))
    for number, start in enumerate(moments("job", JOBS_A_DAY, at, 7)):
        failed = number % 180 == 20  # the newest nine of this job ended well
        job = "hourly.job_0" if failed or number % 9 == 0 else chance.choice(ordinary)[0]
        ended = start + timedelta(seconds=chance.random() * 9)
        logs.append((f"log{number:06}", start, ended, "Failed" if failed else "Complete", job))
    yield Table(
        "tabScheduled Job Log", ("name", "creation", "modified", "status", "scheduled_job_type"), logs
    )


def _logs(at: float) -> Iterator[Table]:
    chance = random.Random(5000)
    errors = [
        (f"err{number:06}", came, came, TITLES[number % 4], "Traceback (most recent call last): ...")
        for number, came in enumerate(moments("error", ERRORS_A_DAY, at, 14))
    ]
    errors += [
        (f"diary{number:06}", came, came, DIARY[number % 4], "Verenigingen")
        for number, came in enumerate(moments("diary", DIARY_A_DAY, at, 14))
    ]
    yield Table("tabError Log", ("name", "creation", "modified", "method", "error"), errors)
    activity = []
    for number, came in enumerate(moments("login", LOGINS_A_DAY, at, 90)):
        failed = number % 67 == 5
        user = f"lid{chance.randrange(180):04}@voorbeeld.invalid"
        subject = "Invalid login credentials" if failed else "logged in"
        status = "Failed" if failed else "Success"
        activity.append((f"act{number:06}", came, came, subject, "Login", status, user, "192.0.2.7"))
    columns = ("name", "creation", "modified", "subject", "operation", "status", "user", "ip_address")
    yield Table("tabActivity Log", columns, activity)
    mails = [
        (f"mail{number:06}", came, came, "Error" if number % 150 == 12 else "Sent", "Uitgaand")
        for number, came in enumerate(moments("mail", MAILS_A_DAY, at, 30))
    ]
    yield Table("tabEmail Queue", ("name", "creation", "modified", "status", "email_account"), mails)
    now = local(at)
    sessions = [(f"lid{number:04}@voorbeeld.invalid", f"sid{number}", now, "Active") for number in range(40)]
    yield Table("tabSessions", ("user", "sid", "lastupdate", "status"), sessions)


def write(table: Table, path: Path) -> None:
    """A file for LOAD DATA: tab-separated, with its mark for NULL."""

    def cell(value: object) -> str:
        return "\\N" if value is None else str(value)

    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(map(cell, row)) + "\n" for row in table.rows)
