"""Faults of the queues and the workers that serve them."""

from __future__ import annotations

import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo.fault import Fault, both, config, fault, idle, lively
from demo.pulse import prefix

if TYPE_CHECKING:
    from demo.site import Demo

OTHER, KEPT = "home-frappe-staging-bench", 40


def queue_key(demo: Demo, queue: str) -> str:
    """A queue's name, with the path of the bench in it."""
    return f"{prefix(demo.bench)}:{queue}"


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


def ended(demo: Demo) -> None:
    """What is left for a minute by workers that were stopped: hashes that say so, listed nowhere."""
    client: Any = demo.redis("queue")
    for key in [*client.scan_iter("rq:worker:*")]:
        client.hset(key, "death", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    client.delete("rq:workers")


def killed(demo: Demo) -> None:
    """What is left for eight minutes by workers of this host that were killed: all, but no process."""
    client: Any = demo.redis("queue")
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    for key in [*client.scan_iter("rq:worker:*")]:
        client.hset(key, mapping={"hostname": socket.gethostname(), "pid": str(gone.pid)})


def others(demo: Demo) -> None:
    """The workers of another bench on the same Redis."""
    client: Any = demo.redis("queue")
    for key in [*client.scan_iter("rq:worker:*")]:
        names = str(client.hget(key, "queues")).split(",")
        client.hset(key, "queues", ",".join(f"{OTHER}:{name.rpartition(':')[2]}" for name in names))


def fill_failed(demo: Demo) -> None:
    """As many failed jobs as the site keeps, all of them two days old."""
    kept = {f"fault-{number}": time.time() + 5 * 86_400 + number for number in range(KEPT)}
    demo.redis("queue").zadd(f"rq:failed:{queue_key(demo, 'short')}", kept)


def run_unknown(demo: Demo) -> None:
    """A job that runs by rq 2's list of executions, and of which nothing else is there."""
    member = f"vereniging.demo||fault:{'0' * 32}"
    demo.redis("queue").zadd(f"rq:wip:{queue_key(demo, 'long')}", {member: time.time() + 900})


def end_unknown(demo: Demo) -> None:
    """It ended."""
    demo.redis("queue").delete(f"rq:wip:{queue_key(demo, 'long')}")


def unregister(demo: Demo) -> None:
    """The queue Redis was restarted under live workers: only what a heartbeat writes is there."""
    client: Any = demo.redis("queue")
    for key in [*client.scan_iter("rq:worker:*")]:
        heartbeat = client.hget(key, "last_heartbeat")
        client.delete(key)
        client.hset(key, mapping={"state": "idle", "last_heartbeat": heartbeat})
    client.delete("rq:workers")


FAULTS: dict[str, Fault] = {
    "workers_dead": fault(
        "no worker lives", "rq_workers_alive", "", both(idle("workers"), no_workers), lively("workers")
    ),
    "workers_stopped": fault(
        "the workers were stopped a moment ago",
        "rq_workers_alive",
        "",
        both(idle("workers"), ended),
        both(no_workers, lively("workers")),
    ),
    "workers_killed": fault(
        "the workers were killed a moment ago, and are still listed",
        "rq_workers_alive",
        "",
        both(idle("workers"), killed),
        lively("workers"),
    ),
    "workers_of_another_bench": fault(
        "another bench on the same Redis has workers, this one has none",
        "rq_workers_alive",
        "",
        both(idle("workers"), others),
        lively("workers"),
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
    "failed_jobs_full": fault(
        "as many failed jobs are kept as may be, and Frappe throws the newest away",
        "",
        "rq_failed_jobs_1h",
        both(config(rq_failed_jobs_limit=KEPT), fill_failed),
        both(config(rq_failed_jobs_limit=0), no_failed_jobs),
    ),
    "running_job_unknown": fault(
        "a job runs, and its own key is gone",
        "",
        "rq_longest_running_job_seconds",
        run_unknown,
        end_unknown,
    ),
}
