"""Faults that are rows: users, mail, the framework's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from demo.fault import Fault, both, changed, fault, idle, lively, row_fault, sql

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MEMBER = "tabMember"
DUES = "scheduled_job_type = 'membership_dues_schedule.generate_dues_invoices'"
THREE_DAYS = (
    (
        "UPDATE `tabScheduled Job Type` SET last_execution = last_execution {sign} INTERVAL 3 DAY"
        " WHERE frequency = 'Daily' AND method NOT LIKE '%.job_%'"
    ),
    (
        "UPDATE `tabScheduled Job Log` SET creation = creation {sign} INTERVAL 3 DAY,"
        f" modified = modified {{sign}} INTERVAL 3 DAY WHERE {DUES}"
    ),
)
"""The jobs of money, and what the one that bills wrote of itself."""

Columns = Mapping[str, object]


def member(count: int = 1, age: timedelta = 2 * D, **more: object) -> tuple[str, int, timedelta, Columns]:
    """A member of no consequence: neither active nor gone."""
    usual: dict[str, object] = {
        "member_id": lambda number: f"FAULT{number}",
        "status": "Pending",
        "customer": "CUS-FAULT",
    }
    return MEMBER, count, age, usual | more


def activity(count: int, **more: object) -> tuple[str, int, timedelta, Columns]:
    """Log-ins of the last hour."""
    usual: dict[str, object] = {
        "operation": "Login",
        "status": "Success",
        "user": "x",
        "ip_address": "192.0.2.9",
    }
    return "tabActivity Log", count, 5 * M, usual | more


def shifted(table: str, days: int, where: str = "1 = 1") -> tuple[str, str]:
    """Rows so many days earlier, and back."""
    there, back = (
        f"UPDATE `{table}` SET creation = creation {sign} INTERVAL {days} DAY,"
        f" modified = modified {sign} INTERVAL {days} DAY WHERE {where}"
        for sign in "-+"
    )
    return there, back


FAULTS: dict[str, Fault] = {
    "reports_fail": row_fault(
        "five background reports failed",
        "prepared_reports_failed_24h",
        ("tabPrepared Report", 5, H, {"status": "Error"}),
    ),
    "submission_stuck": row_fault(
        "a document waits to be submitted",
        "submission_queue_stuck",
        ("tabSubmission Queue", 1, 2 * H, {"status": "Queued"}),
    ),
    "bulk_stuck": row_fault(
        "a bulk operation stands still",
        "bulk_operations_stuck",
        ("tabBulk Operation Tracker", 1, 2 * H, {"status": "Processing"}),
    ),
    "one_error_repeats": row_fault(
        "one fault writes 35 errors within the hour",
        "errors_same_title_1h error_rate error_rate_percent",
        ("tabError Log", 35, 5 * M, {"method": "Template not found"}),
    ),
    "timeouts": row_fault(
        "six timeouts within the hour",
        "errors_timeout_1h",
        ("tabError Log", 6, 5 * M, {"method": "Request Timeout"}),
    ),
    "new_errors": row_fault(
        "eleven new kinds of errors",
        "errors_new_titles_24h",
        ("tabError Log", 11, 3 * H, {"method": lambda number: f"New {chr(97 + number) * 3} fault"}),
    ),
    "one_address_attacks": row_fault(
        "one address fails to log in 15 times", "failed_logins_one_address_1h", activity(15, status="Failed")
    ),
    "impersonation": row_fault(
        "somebody logged in as somebody else", "impersonations_24h", activity(1, operation="Impersonate")
    ),
    "administrator_used": row_fault(
        "the Administrator logged in five times",
        "administrator_logins_24h",
        activity(5, user="Administrator"),
    ),
    "api_calls_blocked": row_fault(
        "25 API calls were refused",
        "blocked_api_calls_1h",
        ("tabAPI Audit Log", 25, 10 * M, {"event_type": "csrf_validation_failed", "severity": "warning"}),
    ),
    "api_event_critical": row_fault(
        "a critical API event",
        "critical_api_events_1h",
        ("tabAPI Audit Log", 1, 10 * M, {"event_type": "api_call_failed", "severity": "critical"}),
    ),
    "data_exported": row_fault(
        "15 exports of data", "data_exports_24h", ("tabAccess Log", 15, H, {"export_from": "Member"})
    ),
    "new_administrator": row_fault(
        "somebody became System Manager",
        "new_system_managers_24h",
        (
            "tabHas Role",
            1,
            H,
            {"parent": "lid0050@voorbeeld.invalid", "parenttype": "User", "role": "System Manager"},
        ),
    ),
    "ended_member_logs_in": row_fault(
        "a member who left can log in",
        "enabled_users_of_ended_members",
        member(status="Deceased", user="lid0050@voorbeeld.invalid"),
    ),
    "documents_deleted": row_fault(
        "600 documents were deleted", "deleted_documents_24h", ("tabDeleted Document", 600, H, {})
    ),
    "log_ins_stopped": changed(
        "nobody logged in since the day before yesterday",
        "silent_stop_logins",
        *shifted("tabActivity Log", 2),
        stands_still="logins",
    ),
    "mail_stopped": changed(
        "no mail was made since the day before yesterday",
        "silent_stop_mail",
        *shifted("tabEmail Queue", 2, "status <> 'Not Sent'"),
        stands_still="mail",
    ),
    "mail_error_share": row_fault(
        "a tenth of the mails were given up",
        "mail_error_percent_24h mail_errors_24h",
        ("tabEmail Queue", 9, 20 * H, {"status": "Error"}),
    ),
    "mail_half_sent": row_fault(
        "a mail stays at Sending", "mail_stuck_sending", ("tabEmail Queue", 1, 2 * H, {"status": "Sending"})
    ),
    "mail_unhandled": row_fault(
        "15 mails found no document", "mail_unhandled_7d", ("tabUnhandled Email", 15, D, {})
    ),
    "mail_account_gone": changed(
        "there is no account to send from",
        "mail_outgoing_account",
        "UPDATE `tabEmail Account` SET enable_outgoing = 0",
        "UPDATE `tabEmail Account` SET enable_outgoing = 1",
    ),
    "setup_unfinished": changed(
        "the setup wizard was not finished",
        "site_setup_complete",
        "UPDATE `tabInstalled Application` SET is_setup_complete = 0 WHERE app_name = 'erpnext'",
        "UPDATE `tabInstalled Application` SET is_setup_complete = 1 WHERE app_name = 'erpnext'",
    ),
    "jobs_in_future": changed(
        "a job is dated tomorrow",
        "scheduler_jobs_dated_in_future",
        "UPDATE `tabScheduled Job Type` SET last_execution = last_execution + INTERVAL 30 DAY WHERE name = 'weekly.job_1'",
        "UPDATE `tabScheduled Job Type` SET last_execution = last_execution - INTERVAL 30 DAY WHERE name = 'weekly.job_1'",
    ),
    "jobs_overdue": changed(
        "a weekly job did not run for a month",
        "scheduler_overdue_jobs",
        "UPDATE `tabScheduled Job Type` SET last_execution = last_execution - INTERVAL 30 DAY WHERE name = 'weekly.job_1'",
        "UPDATE `tabScheduled Job Type` SET last_execution = last_execution + INTERVAL 30 DAY WHERE name = 'weekly.job_1'",
        stands_still="jobs",
    ),
    "dues_job_late": fault(
        "the jobs that make and collect invoices did not run for three days",
        "dues_generation_age_hours scheduler_money_jobs_late scheduler_overdue_jobs",
        "",
        both(idle("jobs"), *(sql(one.format(sign="-")) for one in THREE_DAYS)),
        both(*(sql(one.format(sign="+")) for one in THREE_DAYS), lively("jobs")),
    ),
    "dues_job_fails": changed(
        "the job that makes the invoices for dues fails each night: it starts, and never ends as Complete",
        "dues_generation_age_hours scheduler_money_jobs_failed scheduler_failing_jobs scheduler_jobs_always_failing",
        f"UPDATE `tabScheduled Job Log` SET status = 'Failed' WHERE {DUES}",
        f"UPDATE `tabScheduled Job Log` SET status = 'Complete' WHERE {DUES}",
        stands_still="jobs",
    ),
    "patch_skipped": row_fault(
        "a patch was skipped",
        "patches_skipped",
        ("tabPatch Log", 1, D, {"patch": "frappe.fault", "skipped": 1}),
    ),
    "patch_pending": changed(
        "a patch was not applied",
        "migrations_pending",
        "UPDATE `tabPatch Log` SET patch = CONCAT('x', patch) WHERE name = 'patch0003'",
        "UPDATE `tabPatch Log` SET patch = SUBSTR(patch, 2) WHERE name = 'patch0003'",
    ),
    "version_differs": changed(
        "the site was not migrated to the code's version",
        "app_versions_expected",
        "UPDATE `tabInstalled Application` SET app_version = '0.8.0' WHERE app_name = 'verenigingen'",
        "UPDATE `tabInstalled Application` SET app_version = '0.9.0' WHERE app_name = 'verenigingen'",
    ),
    "job_unknown": changed(
        "a job of the app is not scheduled",
        "scheduled_jobs_registered",
        "UPDATE `tabScheduled Job Type` SET method = CONCAT('x', method) WHERE method LIKE '%.execute_payment_retry'",
        "UPDATE `tabScheduled Job Type` SET method = SUBSTR(method, 2) WHERE method LIKE '%.execute_payment_retry'",
    ),
    "table_never_made": changed(
        "a DocType has no table",
        "doctypes_have_tables",
        "INSERT INTO tabDocType (name, issingle, is_virtual) VALUES ('Fault', 0, 0)",
        "DELETE FROM tabDocType WHERE name = 'Fault'",
    ),
    "logs_not_cleared": row_fault(
        "old log rows are not cleared",
        "log_rows_past_retention",
        ("tabScheduled Job Log", 12_000, 20 * D, {"status": "Complete"}),
    ),
    "time_zone_unset": fault(
        "System Settings name no time zone (the settings do, or all times would be wrong)",
        "site_time_zone_set",
        "",
        sql("UPDATE tabSingles SET value = '' WHERE field = 'time_zone'"),
        sql("UPDATE tabSingles SET value = 'Europe/Amsterdam' WHERE field = 'time_zone'"),
        {"": {"time_zone": "Europe/Amsterdam"}},
    ),
    "sessions_not_cleared": changed(
        "sessions are not cleared",
        "active_sessions",
        "INSERT INTO tabSessions (user, sid, status) SELECT 'x', CONCAT('fault', seq), 'Active' FROM seq_1_to_11000",
        "DELETE FROM tabSessions WHERE user = 'x'",
    ),
}
