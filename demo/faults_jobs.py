"""Faults of the scheduler and its jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo.fault import Act, Fault, ago, both, config, fault, idle, kill, lively, no_rows, rows, sql
from demo.faults_rows import shift_activity

if TYPE_CHECKING:
    from demo.site import Demo

TYPES, LOG = "`tabScheduled Job Type`", "tabScheduled Job Log"


def last_ran(frequency: str) -> Act:
    """Job types of a frequency last ran two hours ago."""

    def act(demo: Demo) -> None:
        statement = f"UPDATE {TYPES} SET last_execution = %s WHERE frequency LIKE %s AND last_execution > %s"
        sql(statement, ago(hours=2), frequency, ago(hours=2))(demo)

    return act


def dead_scheduler(demo: Demo) -> None:
    """Its process is gone, and nothing ran for two hours; the workers live on."""
    demo.kill("pulse")
    last_ran("%")(demo)


def scheduler_again(demo: Demo) -> None:
    """A new process."""
    demo.start_again("pulse")
    demo.beat()


FAULTS: dict[str, Fault] = {
    "scheduler_disabled": fault(
        "the scheduler is off in System Settings",
        "scheduler_enabled",
        "",
        sql("UPDATE tabSingles SET value = '0' WHERE field = 'enable_scheduler'"),
        sql("UPDATE tabSingles SET value = '1' WHERE field = 'enable_scheduler'"),
    ),
    "scheduler_paused": fault(
        "the scheduler is paused in site_config.json",
        "scheduler_enabled",
        "",
        config(pause_scheduler=True),
        config(pause_scheduler=False),
    ),
    "scheduler_dead": fault(
        "the scheduler's process is gone",
        "scheduler_process_runs scheduler_last_execution_age_seconds scheduler_frequent_jobs_age_seconds"
        " scheduler_overdue_jobs",
        "",
        dead_scheduler,
        scheduler_again,
    ),
    "scheduler_process_gone": fault(
        "the process is gone, its effects not yet",
        "scheduler_process_runs",
        "",
        kill("pulse"),
        scheduler_again,
    ),
    "frequent_jobs_stalled": fault(
        "the four-minute jobs do not run",
        "scheduler_frequent_jobs_age_seconds scheduler_overdue_jobs",
        "",
        both(idle("frequent"), last_ran("All")),
        lively("frequent"),
    ),
    "job_stopped": fault(
        "a scheduled job was stopped by hand",
        "scheduler_stopped_jobs",
        "",
        sql(f"UPDATE {TYPES} SET stopped = 1 WHERE name = 'daily.job_1'"),
        sql(f"UPDATE {TYPES} SET stopped = 0"),
    ),
    "scheduled_job_failed": fault(
        "the newest run of a weekly job failed, as each one of its week",
        "scheduler_failing_jobs scheduler_jobs_always_failing",
        "",
        rows(
            LOG, 2, timedelta(hours=3), timedelta(days=3), status="Failed", scheduled_job_type="weekly.fault"
        ),
        no_rows(LOG),
    ),
    "scheduled_jobs_failing": fault(
        "the newest runs of six jobs failed, which ended well before",
        "scheduler_failing_jobs",
        "",
        both(
            rows(
                LOG, 6, timedelta(hours=3), status="Failed", scheduled_job_type=lambda n: f"daily.fault_{n}"
            ),
            sql(
                f"INSERT INTO `{LOG}` (name, creation, modified, status, scheduled_job_type)"
                " SELECT CONCAT(name, '-before'), creation - INTERVAL 1 DAY, modified - INTERVAL 1 DAY, 'Complete',"
                f" scheduled_job_type FROM `{LOG}` WHERE name LIKE 'fault-%'"
            ),
        ),
        no_rows(LOG),
    ),
    "money_job_failed": fault(
        "the night's collection batch could not be made: its job failed with a long text",
        "scheduler_money_jobs_failed scheduler_failing_jobs",
        "",
        rows(
            LOG,
            1,
            timedelta(minutes=5),
            status="Failed",
            scheduled_job_type="sepa_processor.create_monthly_dues_collection_batch",
        ),
        no_rows(LOG),
    ),
    "money_job_late": fault(
        "a job that bills has not started for two days",
        "scheduler_money_jobs_late scheduler_overdue_jobs",
        "",
        both(
            idle("jobs"),
            sql(
                f"UPDATE {TYPES} SET last_execution = last_execution - INTERVAL 2 DAY"
                " WHERE method = 'verenigingen.utils.payment_retry.execute_payment_retry'"
            ),
        ),
        lively("jobs"),
    ),
    "site_asleep": fault(
        "nobody has logged in for five days, and Frappe runs its jobs once a day",
        "scheduler_awake scheduler_last_execution_age_seconds scheduler_frequent_jobs_age_seconds"
        " scheduler_overdue_jobs silent_stop_logins",
        "",
        both(idle("logins"), idle("frequent"), idle("jobs"), shift_activity("-", 5), last_ran("%")),
        both(shift_activity("+", 5), lively("logins"), lively("frequent"), lively("jobs")),
    ),
    "scheduled_jobs_stuck": fault(
        "the newest runs of six jobs were killed half-way",
        "scheduler_jobs_stuck_in_start",
        "",
        rows(LOG, 6, timedelta(hours=5), status="Start", scheduled_job_type=lambda n: f"hourly.fault_{n}"),
        no_rows(LOG),
    ),
}
