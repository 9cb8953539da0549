"""Faults that are rows: errors, log-ins, mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo.fault import Act, Fault, both, fault, idle, lively, no_rows, rows, sql

if TYPE_CHECKING:
    from demo.site import Demo

DEFERRED = "_demo|insert_queue_for_Error Log"


def defer_errors(demo: Demo) -> None:
    """60 errors of GET requests that no scheduled job has written yet."""
    demo.redis("cache").rpush(DEFERRED, *(f'{{"method": "fault {number}"}}' for number in range(60)))


def write_errors(demo: Demo) -> None:
    """They are written."""
    demo.redis("cache").delete(DEFERRED)


def shift_activity(sign: str, days: int = 3) -> Act:
    """The activity log some days earlier, or later."""
    return sql(
        "UPDATE `tabActivity Log` SET"
        f" creation = creation {sign} INTERVAL {days} DAY, modified = modified {sign} INTERVAL {days} DAY"
    )


MONEY_ERROR = (
    "Invoice gen failed for Schedule-ASSOC-00012-Monthly-001: This statement can cause implicit commit"
)


FAULTS: dict[str, Fault] = {
    "error_burst": fault(
        "60 errors in the last hour",
        "error_rate errors_24h error_rate_percent errors_same_title_1h",
        "",
        rows("tabError Log", 60, timedelta(minutes=2), timedelta(seconds=30), method="Fault"),
        no_rows("tabError Log"),
    ),
    "errors_day": fault(
        "250 errors over the day",
        "errors_24h error_rate_percent",
        "",
        rows("tabError Log", 250, timedelta(minutes=100), timedelta(minutes=5), method="Fault"),
        no_rows("tabError Log"),
    ),
    "deferred_errors": fault(
        "60 errors wait in Redis", "deferred_errors_waiting", "", defer_errors, write_errors
    ),
    "login_attack": fault(
        "60 failed log-ins",
        "failed_logins_1h failed_logins_one_address_1h",
        "",
        rows(
            "tabActivity Log",
            60,
            timedelta(minutes=2),
            timedelta(seconds=20),
            operation="Login",
            status="Failed",
            user="x",
        ),
        no_rows("tabActivity Log"),
    ),
    "users_gone": fault(
        "nobody used the site for a day",
        "silent_stop_logins",
        "",
        both(idle("logins"), shift_activity("-")),
        both(shift_activity("+"), lively("logins")),
    ),
    "users_counted": fault(
        "fewer people use the site than its narrowed limit",
        "active_users_24h",
        settings={"checks.active_users_24h": {"info": 1_000_000}},
    ),
    "money_errors": fault(
        "the night's billing failed for 12 schedules, and its job ended Complete",
        "errors_of_money_code_26h",
        "",
        rows(
            "tabError Log",
            12,
            timedelta(hours=9),
            timedelta(seconds=1),
            method=MONEY_ERROR,
            error="Invoice Generation Failure",
        ),
        no_rows("tabError Log"),
    ),
    "diary_burst": fault(
        "300 applications were approved: the app writes its diary, and nothing is said to be wrong",
        "",
        "",
        rows(
            "tabError Log",
            300,
            timedelta(minutes=2),
            timedelta(seconds=10),
            method="Security Event: membership_approved",
        ),
        no_rows("tabError Log"),
    ),
    "mail_errors": fault(
        "25 mails were given up, and others left since",
        "mail_errors_24h mail_error_percent_24h",
        "",
        rows("tabEmail Queue", 25, timedelta(hours=20), status="Error", retry=3),
        no_rows("tabEmail Queue"),
    ),
    "mail_stuck": fault(
        "a mail waits for three hours",
        "mail_oldest_unsent_age_seconds",
        "",
        both(idle("mail"), rows("tabEmail Queue", 1, timedelta(hours=3), status="Not Sent")),
        both(no_rows("tabEmail Queue"), lively("mail")),
    ),
    "mail_refused": fault(
        "the mail server is gone: 11 mails were refused, and none has left since",
        "mail_refused_since_last_sent",
        "",
        both(idle("mail"), rows("tabEmail Queue", 11, timedelta(), status="Not Sent", retry=1)),
        both(no_rows("tabEmail Queue"), lively("mail")),
    ),
    "mail_backlog": fault(
        "1,100 mails wait",
        "mail_waiting",
        "",
        both(idle("mail"), rows("tabEmail Queue", 1100, timedelta(seconds=5), status="Not Sent")),
        both(no_rows("tabEmail Queue"), lively("mail")),
    ),
}
