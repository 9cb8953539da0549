"""Faults of background jobs, workers and the scheduler."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo.fault import Act, Fault, ago, both, config, fault, idle, kill, lively, no_rows, rows, sql
from demo.faults_rows import shift_activity

if TYPE_CHECKING:
    from demo.site import Demo

TYPES, LOG = "`tabScheduled Job Type`", "tabScheduled Job Log"


def queue_key(demo: Demo, queue: str) -> str:
    """A queue's name, with the path of the bench in it."""
    return f"{str(demo.bench).strip('/').replace('/', '-')}:{queue}"


def enqueue(count: int, age: timedelta, queue: str = "default") -> Any:
    """Waiting jobs, as rq writes them."""

    def act(demo: Demo) -> None:
        pipe = demo.redis("queue").pipeline()
        at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for number in range(count):
            pipe.hset(
                f"rq:job:fault-{number}", mapping={"enqueued_at": at, "created_at": at, "status": "queued"}
            )
            pipe.rpush(f"rq:queue:{queue_key(demo, queue)}", f"fault-{number}")
        pipe.execute()

    return act


def dequeue(demo: Demo) -> None:
    """No jobs wait."""
    client = demo.redis("queue")
    for queue in ("short", "default", "long"):
        client.delete(f"rq:queue:{queue_key(demo, queue)}")
    for key in client.scan_iter("rq:job:fault-*"):
        client.delete(key)


def fail_jobs(demo: Demo) -> None:
    """25 jobs that failed within the last hour: the score is the end and seven days."""
    ends = {f"fault-{number}": time.time() - 60 * number + 604_800 for number in range(25)}
    demo.redis("queue").zadd(f"rq:failed:{queue_key(demo, 'short')}", ends)


def no_failed_jobs(demo: Demo) -> None:
    """An empty registry."""
    demo.redis("queue").delete(f"rq:failed:{queue_key(demo, 'short')}")


def no_workers(demo: Demo) -> None:
    """What is left 480 s after a kill: members of the set, whose hashes have expired."""
    client = demo.redis("queue")
    for key in client.scan_iter("rq:worker:*"):
        client.delete(key)


def unregister(demo: Demo) -> None:
    """The queue Redis was restarted under live workers: only what a heartbeat writes is there."""
    client: Any = demo.redis("queue")
    for key in [*client.scan_iter("rq:worker:*")]:
        heartbeat = client.hget(key, "last_heartbeat")
        client.delete(key)
        client.hset(key, mapping={"state": "idle", "last_heartbeat": heartbeat})
    client.delete("rq:workers")


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
    "workers_dead": fault(
        "no worker lives", "rq_workers_alive", "", both(idle("workers"), no_workers), lively("workers")
    ),
    "worker_unregistered": fault(
        "the workers live, but are not registered",
        "rq_workers_registered",
        "",
        both(idle("workers"), unregister),
        lively("workers"),
    ),
    "queue_backlog": fault(
        "600 jobs wait", "rq_waiting_jobs", "", enqueue(600, timedelta(seconds=5)), dequeue
    ),
    "queue_stuck": fault(
        "one job waits for two hours",
        "rq_oldest_job_age_seconds",
        "",
        enqueue(1, timedelta(hours=2)),
        dequeue,
    ),
    "jobs_failing": fault(
        "25 jobs failed in the last hour", "rq_failed_jobs_1h", "", fail_jobs, no_failed_jobs
    ),
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
