"""Scheduled jobs, what they log, mail, and the diary that the app keeps in the Error Log."""

from __future__ import annotations

from datetime import datetime

from tests.checks.association_dates import DAY_BEFORE
from tests.checks.stage import Story
from tests.checks.tales import at, change, error, job, put, single

TYPE, LOG = "Scheduled Job Type", "Scheduled Job Log"
BILLING = "membership_dues_schedule.generate_dues_invoices"
BATCHES = "sepa_processor.create_monthly_dues_collection_batch"
OPTIMISER = "dd_batch_scheduler.daily_batch_optimization"
WEEKLY = "termination_utils.generate_weekly_termination_report"
HOURLY = "payment_history_validator.validate_payment_history_integrity"
KNOWN = "sepa_mandate_management.periodic_sepa_mandate_child_table_sync"
EVENING = at("2027-06-08T09:00")
"""The morning after the seventh, on which the app makes a batch where it may."""


LOGGED = (
    (
        "an invoice that failed",
        "Invoice gen failed for DUES-01: no account",
        "Invoice Generation Failure",
        True,
    ),
    (
        "a schedule that failed",
        "Error processing Schedule-MEM-01: no account",
        "Membership Dues Generation",
        True,
    ),
    ("a failure of another name", "Error processing DUES-01: no account", "Membership Dues Generation", True),
    ("a schedule without member", "Orphaned schedule 'DUES-99' found", "Orphaned Dues Schedule", True),
    ("an invoice not submitted", "Failed to auto-submit invoice INV-1: closed", "Invoice Auto-Submit", True),
    ("a fault with a line break", "Batch Scheduler Error", "Traceback\nTypeError: '>='", True),
    ("a fault of the batches", "Error in daily batch optimization: '>='", "Batch Scheduler Error", True),
    (
        "small batches not made",
        "Error in optimal batch creation: closed",
        "DD Batch Optimization Error",
        True,
    ),
    (
        "a batch not made",
        "Failed to create monthly SEPA batch: none",
        "Monthly SEPA Batch Creation Error",
        True,
    ),
    ("a batch not submitted", "Failed to auto-submit batch B-1: closed", "SEPA Auto-Submit Error", True),
    ("a plan's failure", "Error processing overdue installments: closed", "Traceback", True),
    ("a retry that failed", "Payment retry failed: no mandate", "Payment Retry Error", True),
    (
        "an attempt of a batch",
        "SEPA operation failed - Attempt 3: closed",
        "SEPA Error Handler - batch",
        False,
    ),
    ("periods not verified", "Invoice coverage verification failed: closed", "Traceback", False),
    (
        "an amendment",
        "Error creating dues schedule for amendment: A-1",
        "Amendment Dues Schedule Error",
        False,
    ),
    ("the stuck check's own fault", "Stuck Schedule Check Error", "Traceback\nNameError: recipients", False),
    ("that schedules are stuck", "Stuck Schedule Alert Sent", "2 schedules:\nDUES-01\nDUES-02", False),
)
"""Title and text of rows that the jobs of the money write."""


def nights(name: str, count: int) -> list[str]:
    return [f"LOG-{name}-{number}" for number in range(count)]


def mail(name: str, made: str, status: str, changed: str = "", **more) -> str:
    told = {"status": status, "priority": 1, "retry": 0}
    return put("Email Queue", name, at(made), at(changed or made), **{**told, **more})


def diary(when: datetime, approvals: int) -> list[str]:
    """What the app writes into the Error Log at each approval that went well."""
    return [
        error(when, f"{title} {number}", number=10 * number + kind)
        for number in range(approvals)
        for kind, title in enumerate(
            (
                "Permission check: User beheer@voorbeeld.invalid has access",
                "Security Event: membership_approved of MEM-13",
                "Security Event: erpnext_integration_success of MEM-13",
                "CSRF secret key not found in site config, generating temporary key",
                "Bulk update handled test environment issue for MEM-13",
            )
        )
    ]


STORIES = [
    Story(
        "two jobs of the app fail each night, for ever",
        DAY_BEFORE,
        {"scheduler_failing_jobs": 0, "scheduler_jobs_always_failing": 0, "scheduler_money_jobs_failed": 0},
    ),
    Story(
        "the billing failed two nights",
        DAY_BEFORE,
        {
            "scheduler_money_jobs_failed": (1, "high"),
            "scheduler_failing_jobs": (1, "warning"),
            "scheduler_money_jobs_late": 0,
            "dues_generation_age_hours": (57.1, "warning", "high"),
        },
        change(LOG, nights(BILLING, 2), status="Failed"),
    ),
    Story(
        "the billing failed, and was run again in the morning",
        DAY_BEFORE,
        {"scheduler_money_jobs_failed": 0, "scheduler_failing_jobs": 0, "dues_generation_age_hours": 0.65},
        [change(LOG, nights(BILLING, 1), status="Failed"), job(BILLING, "Complete", at("2027-06-14T08:30"))],
    ),
    Story(
        "the billing failed at the third night",
        DAY_BEFORE,
        {
            "scheduler_money_jobs_failed": (1, "high"),
            "scheduler_failing_jobs": (1, "warning"),
            "dues_generation_age_hours": (33.1, "warning"),
        },
        change(LOG, nights(BILLING, 1), status="Failed"),
    ),
    Story(
        "an hourly job failed once, two hours ago",
        DAY_BEFORE,
        {"scheduler_failing_jobs": 0},
        change(LOG, f"LOG-{HOURLY}-2", status="Failed"),
    ),
    Story(
        "an hourly job failed this hour",
        DAY_BEFORE,
        {"scheduler_failing_jobs": (1, "warning"), "scheduler_jobs_always_failing": 0},
        change(LOG, f"LOG-{HOURLY}-0", status="Failed"),
    ),
    Story(
        "a weekly job failed, its one run of the week",
        DAY_BEFORE,
        {"scheduler_failing_jobs": (1, "warning"), "scheduler_jobs_always_failing": 0},
        change(LOG, [f"LOG-{WEEKLY}-{number}" for number in range(3)], status="Failed"),
    ),
    Story(
        "the job of the seventh failed, and no batch was made",
        at("2027-06-07T09:00"),
        {"scheduler_money_jobs_failed": (1, "high"), "scheduler_failing_jobs": (1, "warning")},
        change(LOG, nights(BATCHES, 1), status="Failed"),
    ),
    Story(
        "the job of the seventh failed, it ends well the night after, and no batch was made",
        EVENING,
        {"scheduler_money_jobs_failed": (1, "high"), "scheduler_failing_jobs": 0},
        change(LOG, f"LOG-{BATCHES}-1", status="Failed", creation=at("2027-06-07T00:03")),
    ),
    Story(
        "the job of the seventh failed, and a batch was typed in the desk",
        at("2027-06-08T12:00"),
        {"scheduler_money_jobs_failed": 0},
        change(LOG, f"LOG-{BATCHES}-1", status="Failed", creation=at("2027-06-07T00:03")),
    ),
    Story(
        "the job that proposes batches failed, a batch is there since the eighth",
        DAY_BEFORE,
        {"scheduler_money_jobs_failed": 0, "scheduler_failing_jobs": 0},
        change(
            LOG,
            f"LOG-{OPTIMISER}-6",
            status="Failed",
            creation=at("2027-06-08T00:03"),
            modified=at("2027-06-08T00:03:20"),
        ),
    ),
    Story(
        "a job was killed two days ago, and ran well since",
        DAY_BEFORE,
        {"scheduler_jobs_stuck_in_start": 0},
        job(BILLING, "Start", at("2027-06-12T12:00")),
    ),
    Story(
        "a job was killed in the night",
        DAY_BEFORE,
        {"scheduler_jobs_stuck_in_start": (1, "warning"), "dues_generation_age_hours": (33.1, "warning")},
        change(LOG, nights(BILLING, 1), status="Start"),
    ),
    Story(
        "a job has been running for an hour",
        DAY_BEFORE,
        {"scheduler_jobs_stuck_in_start": 0},
        job(HOURLY, "Start", at("2027-06-14T08:10")),
    ),
    Story(
        "a job was stopped on purpose",
        DAY_BEFORE,
        {"scheduler_money_jobs_late": 0, "scheduler_overdue_jobs": 0, "scheduler_stopped_jobs": (1, "info")},
        change(TYPE, OPTIMISER, stopped=1, last_execution=at("2027-04-01T00:03")),
    ),
    Story(
        "the billing was stopped by hand",
        DAY_BEFORE,
        {
            "scheduler_stopped_jobs": (1, "info"),
            "scheduler_money_jobs_late": 0,
            "dues_generation_age_hours": None,
        },
        change(TYPE, BILLING, stopped=1),
    ),
    Story(
        "the scheduler died in the night of the twelfth, and people log in",
        DAY_BEFORE,
        {
            "scheduler_awake": 1,
            "scheduler_last_execution_age_seconds": (205800, "warning", "high", "critical"),
            "scheduler_frequent_jobs_age_seconds": (205800, "warning", "high", "critical"),
            "scheduler_overdue_jobs": (12, "warning", "high"),
            "scheduler_money_jobs_late": (7, "warning", "high"),
            "dues_generation_age_hours": (57.1, "warning", "high"),
        },
        [
            change(TYPE, None, last_execution=at("2027-06-12T00:00")),
            f"DELETE FROM `tab{LOG}` WHERE creation > '2027-06-12 01:00'",
        ],
    ),
    Story(
        "nobody logged in for days, and the site sleeps",
        DAY_BEFORE,
        {
            "scheduler_awake": (0, "warning"),
            "scheduler_overdue_jobs": (2, "warning"),
            "scheduler_last_execution_age_seconds": (47400, "warning", "high", "critical"),
            "scheduler_frequent_jobs_age_seconds": (47400, "warning", "high", "critical"),
        },
        [
            "DELETE FROM `tabActivity Log` WHERE modified > '2027-06-09'",
            change(TYPE, None, last_execution=at("2027-06-13T20:00")),
            f"DELETE FROM `tab{LOG}` WHERE creation > '2027-06-13 20:00'",
            job(BILLING, "Complete", at("2027-06-13T20:00")),
        ],
    ),
    Story(
        "nobody logged in for days, and jobs run all the same",
        DAY_BEFORE,
        {"scheduler_awake": 1},
        "DELETE FROM `tabActivity Log` WHERE modified > '2027-06-09'",
    ),
    Story(
        "the site sleeps after two weeks only, by its own settings",
        DAY_BEFORE,
        {
            "scheduler_awake": 1,
            "scheduler_overdue_jobs": (2, "warning"),
            "scheduler_last_execution_age_seconds": (47400, "warning", "high", "critical"),
            "scheduler_frequent_jobs_age_seconds": (47400, "warning", "high", "critical"),
        },
        [
            single("System Settings", "dormant_days", "14"),
            "DELETE FROM `tabActivity Log` WHERE modified > '2027-06-09'",
            change(TYPE, None, last_execution=at("2027-06-13T20:00")),
        ],
    ),
    Story(
        "a new site's jobs are dated ahead, until its time zone is set",
        DAY_BEFORE,
        {"scheduler_jobs_dated_in_future": 0},
        put(TYPE, "new.job", at("2027-06-14T12:40"), method="app.new.job", frequency="Daily", stopped=0),
    ),
    Story(
        "a job is dated two days ahead",
        DAY_BEFORE,
        {"scheduler_jobs_dated_in_future": (1, "high")},
        change(TYPE, OPTIMISER, last_execution=at("2027-06-16T00:03")),
    ),
    # The Error Log
    Story(
        "ten approvals fill the app's diary, as they did a week ago",
        DAY_BEFORE,
        {"errors_24h": 0, "error_rate": 0, "errors_same_title_1h": 0, "errors_of_money_code_26h": 0},
        [diary(at("2027-06-05T09:00"), 1), diary(at("2027-06-14T09:00"), 10)],
    ),
    Story(
        "the first approval for two weeks fills the app's diary",
        DAY_BEFORE,
        {"errors_new_titles_24h": 0, "errors_24h": 0},
        diary(at("2027-06-14T09:00"), 1),
    ),
    Story(
        "one fault of the web fills the Error Log",
        DAY_BEFORE,
        {
            "error_rate": (60, "warning", "critical"),
            "errors_24h": (60, "warning"),
            "errors_same_title_1h": (60, "warning", "high"),
            "errors_new_titles_24h": 1,
            "errors_of_money_code_26h": 0,
        },
        [error(at("2027-06-14T09:00"), "KeyError: 'iban'", number=number) for number in range(60)],
    ),
    *(
        Story(
            f"the money's code logs {told}",
            DAY_BEFORE,
            {"errors_of_money_code_26h": (1, "warning"), "errors_new_titles_24h": 1},
            error(at("2027-06-14T00:03"), title, label),
        )
        for told, title, label, seen in LOGGED
    ),
    # Mail
    Story(
        "the mail server refuses, on a quiet site",
        DAY_BEFORE,
        {"mail_refused_since_last_sent": (3, "warning"), "mail_errors_24h": 1},
        [
            mail("M1", "2027-06-14T09:00", "Not Sent", "2027-06-14T09:08", retry=2),
            mail("M2", "2027-06-14T09:00", "Not Sent", "2027-06-14T09:08", retry=2),
            mail("M3", "2027-06-14T08:50", "Error", "2027-06-14T09:08", retry=3),
        ],
    ),
    Story(
        "one address refuses, other mail is sent",
        DAY_BEFORE,
        {"mail_refused_since_last_sent": 0},
        [
            mail("M1", "2027-06-14T07:30", "Error", "2027-06-14T07:50", retry=3),
            mail("M2", "2027-06-14T08:30", "Sent", "2027-06-14T08:34"),
        ],
    ),
    Story(
        "a newsletter of five thousand goes out for three hours",
        DAY_BEFORE,
        {"mail_oldest_unsent_age_seconds": 0, "mail_waiting": 0},
        "INSERT INTO `tabEmail Queue` (name, creation, modified, status, retry, priority)"
        " SELECT CONCAT('NEWS-', seq), '2027-06-14 06:00', '2027-06-14 06:00', 'Not Sent', 0, 0 FROM seq_1_to_5000",
    ),
    Story(
        "three mails are due for two hours",
        DAY_BEFORE,
        {"mail_oldest_unsent_age_seconds": (7800, "warning", "high"), "mail_waiting": 3},
        [mail(f"M{n}", "2027-06-14T07:00", "Not Sent") for n in range(3)],
    ),
    Story(
        "a mail is to be sent next week",
        DAY_BEFORE,
        {"mail_oldest_unsent_age_seconds": 0, "mail_waiting": 0},
        mail("M1", "2027-06-10T07:00", "Not Sent", send_after=at("2027-06-21T07:00")),
    ),
    Story(
        "a mail was to be sent after this morning, and is not",
        DAY_BEFORE,
        {"mail_oldest_unsent_age_seconds": (4200, "warning")},
        mail("M1", "2027-06-10T07:00", "Not Sent", send_after=at("2027-06-14T08:00")),
    ),
    Story(
        "a worker was killed while it sent",
        DAY_BEFORE,
        {"mail_stuck_sending": (1, "warning")},
        mail("M1", "2027-06-14T07:00", "Sending"),
    ),
    Story(
        "the outgoing account waits for its password",
        DAY_BEFORE,
        {"mail_outgoing_account": (0, "high")},
        change("Email Account", "Uitgaand", awaiting_password=1),
    ),
    # After a migration
    Story(
        "a skipped patch was run later, another was not",
        DAY_BEFORE,
        {"patches_skipped": (1, "warning")},
        [
            put("Patch Log", "P1", at("2027-05-01T10:00"), patch="a.b", skipped=1),
            put("Patch Log", "P2", at("2027-05-02T10:00"), patch="a.b", skipped=0),
            put("Patch Log", "P3", at("2027-05-01T10:00"), patch="c.d", skipped=1),
        ],
    ),
    Story(
        "the setup wizard was never finished",
        DAY_BEFORE,
        {"site_setup_complete": (1, "high")},
        change("Installed Application", "erpnext", is_setup_complete=0),
    ),
]
