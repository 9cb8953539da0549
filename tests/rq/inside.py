"""Run by each version's own Python: jobs, workers and pools with the arguments that Frappe gives to rq.

`inside.py enqueue|worker|pool JSON`; only rq and redis can be imported here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.job import Callback
from rq.registry import FailedJobRegistry
from rq.worker import DequeueStrategy
from rq.worker_pool import WorkerPool

FORMATS = {"date_format": "%Y-%m-%d %H:%M:%S", "log_format": "%(asctime)s,%(msecs)03d %(message)s"}


def work() -> int:
    """A job that ends well."""
    return 1


def break_() -> None:
    """A job that does not."""
    raise ValueError("broken on purpose")


def hold(file: str) -> None:
    """A job that runs until a file is there."""
    while not os.path.exists(file):  # noqa: PTH110
        time.sleep(0.05)


def trim(job: Any, connection: Any, *_: object) -> None:
    """What Frappe hangs on each job: of a registry beyond its limit, what comes last is thrown away."""
    for queue in Queue.all(connection=connection):
        registry = FailedJobRegistry(queue.name, connection=connection)
        for other in registry.get_job_ids()[int(os.environ["RQ_LIMIT"]) - 1 :]:
            registry.remove(other, delete_job=True)


def enqueue(connection: Redis, jobs: list[dict[str, Any]]) -> None:
    """Each {id, queue, call} and what else it says."""
    made: dict[str, Any] = {}
    for one in jobs:
        queue, call = Queue(one["queue"], connection=connection), f"inside.{one['call']}"
        if "later" in one:
            queue.enqueue_in(timedelta(seconds=one["later"]), call, job_id=one["id"])
            continue
        made[one["id"]] = queue.enqueue_call(
            call,
            kwargs=one.get("kwargs", {}),
            timeout=one.get("timeout", 300),
            at_front=one.get("at_front", False),
            depends_on=made.get(one.get("after", "")),
            on_failure=Callback(func=trim),
            failure_ttl=one.get("failure_ttl", 604_800),
            result_ttl=600,
            job_id=one["id"],
        )


def main(action: str, told: dict[str, Any]) -> None:
    """Do one thing; a worker and a pool go on until they are ended."""
    connection = Redis(port=told["port"])
    if action == "enqueue":
        enqueue(connection, told["jobs"])
    elif action == "worker":
        worker = Worker(
            [Queue(name, connection=connection) for name in told["queues"]], connection=connection
        )
        worker.work(
            logging_level="WARNING",
            burst=told.get("burst", False),
            dequeue_strategy=DequeueStrategy.DEFAULT,
            with_scheduler=False,
            **FORMATS,
        )
    else:
        # Without forks, as FRAPPE_BACKGROUND_WORKERS_NOFORK makes them: a beat when a job starts, for all of it.
        kind = SimpleWorker if told.get("nofork") else Worker
        pool = WorkerPool(
            told["queues"], connection=connection, num_workers=told["workers"], worker_class=kind
        )
        pool.start(logging_level="WARNING", burst=False)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
