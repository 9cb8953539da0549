"""What surrounds the association's money: settings, users, scheduled jobs and their logs, logins, mail, the bank."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.checks.association_dates import DAY, SITE_MADE, iban, months, on

if TYPE_CHECKING:
    from tests.checks.association import Life

JOBS = {
    "Daily": [
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
        "verenigingen.utils.dues_schedule_auto_creator.auto_create_missing_dues_schedules_scheduled",
        "verenigingen.api.fix_stuck_dues_schedule.check_and_notify_stuck_schedules",
        (
            "verenigingen.verenigingen.doctype.contribution_amendment_request.contribution_amendment_request"
            ".process_pending_amendments"
        ),
    ],
    "Weekly": ["verenigingen.utils.termination_utils.generate_weekly_termination_report"],
    "Monthly": ["frappe.email.doctype.auto_email_report.auto_email_report.send_monthly"],
    "Hourly": ["verenigingen.utils.payment_history_validator.validate_payment_history_integrity"],
    "All": ["frappe.email.queue.flush"],
}
ALWAYS_FAIL = ("periodic_sepa_mandate_child_table_sync", "reconcile_bank_transactions")
"""Jobs that fail in every run of 0.9.0."""


def settings(life: Life) -> None:
    own = ("Verenigingen Settings", "System Settings")
    for doctype, field, value in [
        (own[1], "enable_scheduler", "1"),
        (own[1], "time_zone", "Europe/Amsterdam"),
        (own[0], "company_iban", iban(999_999)),
        (own[0], "company_account_holder", "Vereniging Voorbeeld"),
        (own[0], "creditor_id", "NL00ZZZ000000000000"),
        (own[0], "auto_submit_membership_invoices", "1"),
    ]:
        life.rows["tabSingles"].append({"doctype": doctype, "field": field, "value": value})
    for app in ("frappe", "erpnext", "hrms", "verenigingen"):
        wizard = int(app in ("frappe", "erpnext"))
        life.add("Installed Application", app, SITE_MADE, has_setup_wizard=wizard, is_setup_complete=wizard)
        life.add("Patch Log", f"patch-{app}", SITE_MADE, patch=f"{app}.patches.v1", skipped=0)
    life.add("User", "Administrator", SITE_MADE, enabled=1)
    life.add("User", "beheer@voorbeeld.invalid", SITE_MADE, enabled=1)
    life.add(
        "Has Role",
        "role-1",
        SITE_MADE,
        role="System Manager",
        parent="beheer@voorbeeld.invalid",
        parenttype="User",
    )
    outgoing = {"enable_outgoing": 1, "default_outgoing": 1, "awaiting_password": 0}
    life.add("Email Account", "Uitgaand", SITE_MADE, email_id="post@voorbeeld.invalid", **outgoing)
    for kind, minimum in (("Monthly", 5), ("Annual", 50), ("Honorary", 0)):
        life.add("Membership Type", kind, SITE_MADE, minimum_amount=minimum)
        template = {"is_template": 1, "member": None, "status": "Active", "dues_rate": minimum}
        life.add("Membership Dues Schedule", f"TEMPLATE-{kind}", SITE_MADE, **template)


def jobs(life: Life) -> None:
    for frequency, methods in JOBS.items():
        for method in methods:
            name = ".".join(method.split(".")[-2:])
            runs = _runs(life.now, frequency)
            how = {
                "method": method,
                "frequency": frequency,
                "stopped": 0,
                "create_log": int(frequency != "All"),
            }
            life.add("Scheduled Job Type", name, SITE_MADE, last_execution=runs[0], **how)
            status = "Failed" if name.endswith(ALWAYS_FAIL) else "Complete"
            for number, run in enumerate(runs if frequency != "All" else []):
                ended = min(run + timedelta(seconds=20), life.now)
                told = {"scheduled_job_type": name, "status": status}
                life.add("Scheduled Job Log", f"LOG-{name}-{number}", run, ended, **told)


def _runs(now: datetime, frequency: str) -> list[datetime]:
    """The newest runs, newest first, as long as the log is kept."""
    night, hour = on(now.date(), 0, 3), now.replace(minute=1, second=0)
    runs = {
        "All": [now - timedelta(minutes=2)],
        "Hourly": [hour - timedelta(hours=ago) for ago in range(30)],
        "Daily": [night - ago * DAY for ago in range(8)],
        "Weekly": [night - ago * DAY for ago in range(8) if (night - ago * DAY).weekday() == 6],
        "Monthly": [on(now.date().replace(day=1), 0, 3), on(months(now)[-2], 0, 3)],
    }[frequency]
    return [run for run in runs if run <= now]


def logs(life: Life) -> None:
    """What people and the app leave each day: logins, mail, a diary that is no error, the bank's statements."""
    for ago in range(13):
        day = on(life.now.date() - ago * DAY, 0)
        for hour in (7, 8, 19):
            at = day + timedelta(hours=hour)
            if at <= life.now:
                who = {"user": f"lid{hour % 3 + 1:02}@voorbeeld.invalid", "ip_address": "192.0.2.7"}
                login = {"operation": "Login", "status": "Success", **who}
                life.add("Activity Log", f"ACT-{at:%m%d%H}", at, **login)
                life.add("Email Queue", f"MAIL-{at:%m%d%H}", at, status="Sent", priority=1, retry=0)
        said = "Daily stuck schedule check completed. Found 0 stuck schedules. No action needed."
        if (at := day + timedelta(minutes=4)) <= life.now:
            about = {"method": said, "error": "Stuck Schedule Check - All Clear"}
            life.add("Error Log", f"ERR-{at:%m%d}", at, **about)
    for friday in (date(2027, 3, 12) + week * 7 * DAY for week in range(200)):
        if (at := on(friday, 17)) <= life.now:
            told = {"docstatus": 1, "date": friday, "status": "Reconciled", "bank_account": "Betaalrekening"}
            life.add("Bank Transaction", f"BANK-{at:%y%m%d}", at, deposit=25, unallocated_amount=0, **told)
