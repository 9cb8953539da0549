"""Real workers of each version, with Frappe's arguments: what the checks see is what is so.

`make test` has the version of the locked environment, `make versions` all.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.rq.lab import LOCKED, VERSIONS, lab
from tests.steady import until

EACH = [LOCKED, *(pytest.param(version, marks=pytest.mark.drill) for version in VERSIONS)]
QUEUES = ("short", "default", "long")
DAY = 86_400


def ago(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds))


@pytest.fixture(params=EACH)
def bench(request, tmp_path):
    with lab(tmp_path, request.param) as made:
        yield made


@pytest.fixture(params=EACH)
def narrow(request, tmp_path):
    """A bench that keeps ten failed jobs of a queue."""
    with lab(tmp_path, request.param, limit=10) as made:
        yield made


def test_jobs_that_run_wait_and_are_put_off(bench):
    done = bench.folder / "done"
    bench.worker("default")
    bench.enqueue({"id": "runs-on", "call": "hold", "kwargs": {"file": str(done)}, "timeout": 300})
    until(lambda: bench.status("runs-on") == "started", "the job runs")
    try:
        assert bench.seen("longest_running_job_seconds").value == 0
        bench.client.hset(f"rq:job:{bench.job('runs-on')}", "started_at", ago(3 * 3600))
        assert bench.seen("longest_running_job_seconds").value == pytest.approx(10_500, abs=300)

        bench.enqueue(
            {"id": "old", "call": "work", "queue": "long"},
            {"id": "front", "call": "work", "queue": "long", "at_front": True},
            {"id": "last", "call": "work", "queue": "long"},
            {"id": "later", "call": "work", "queue": "long", "later": 3600},
            {"id": "after", "call": "work", "queue": "long", "after": "last"},
        )
        assert bench.seen("waiting_jobs").value == 3
        bench.client.hset(f"rq:job:{bench.job('old')}", "enqueued_at", ago(7200))
        assert bench.seen("oldest_job_age_seconds").evidence["long"] == pytest.approx(7200, abs=300)
    finally:
        done.touch()


def test_a_job_that_runs_and_whose_hash_is_gone_is_unknown(bench):
    done = bench.folder / "done"
    bench.worker("default")
    bench.enqueue({"id": "runs", "call": "hold", "kwargs": {"file": str(done)}})
    until(lambda: bench.status("runs") == "started", "the job runs")
    bench.client.delete(f"rq:job:{bench.job('runs')}")
    seen = bench.seen("longest_running_job_seconds")
    done.touch()
    assert seen.error == "of running jobs it is not known since when: 1 in default"


def test_workers_that_end_by_themselves_are_gone_at_once(bench):
    started = [bench.worker("short", "default"), bench.worker("long", "default", "short")]
    bench.worker("short", burst=True)
    seen = bench.seen("live_workers")
    assert (seen.value, seen.evidence) == (1, {"short": 2, "default": 2, "long": 1})
    assert bench.seen("unregistered_workers").value == 0
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(60)
    assert list(bench.client.scan_iter("rq:worker:*")), "their hashes are still there"
    assert bench.seen("live_workers").value == 0
    assert bench.seen("unregistered_workers").value == 0


@pytest.mark.parametrize("reaped", [True, False])
def test_a_worker_that_is_killed_is_seen_in_the_next_run(bench, reaped):
    one, other = bench.worker(*QUEUES), bench.worker("default")
    assert bench.seen("live_workers").value == 1
    one.kill()
    if reaped:
        one.wait(60)
    else:
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and nobody has looked
    seen = bench.seen("live_workers")
    assert (seen.value, seen.evidence) == (0, {"short": 0, "default": 1, "long": 0, "killed": 1})
    assert bench.seen("unregistered_workers").value == 0
    other.kill()
    other.wait(60)
    assert bench.seen("live_workers").evidence["default"] == 0


def test_a_busy_worker_that_is_killed_with_its_horse(bench):
    worker = bench.worker(*QUEUES)
    bench.enqueue({"id": "runs", "call": "hold", "kwargs": {"file": str(bench.folder / "never")}})
    until(lambda: bench.client.hget(bench.hash_of(worker), "state") == "busy", "it works")
    assert bench.seen("live_workers").value == 1
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(60)
    assert bench.seen("live_workers").value == 0


def test_a_horse_that_is_killed_is_a_failed_job(bench):
    worker = bench.worker(*QUEUES)
    bench.enqueue({"id": "bad", "call": "break_"})
    until(lambda: bench.failed() == 1, "it failed")
    bench.enqueue({"id": "runs", "call": "hold", "kwargs": {"file": str(bench.folder / "never")}})

    def horse():
        import psutil

        return [child.pid for child in psutil.Process(worker.pid).children()]

    (pid,) = until(horse, "a horse runs")
    until(lambda: bench.status("runs") == "started", "the job runs")
    os.kill(pid, signal.SIGKILL)
    until(lambda: bench.failed() == 2, "it failed")
    assert bench.seen("failed_jobs_1h").value == 2
    assert bench.seen("live_workers").value == 1


def test_a_worker_whose_redis_was_emptied_works_on_unregistered(bench):
    bench.worker(*QUEUES)
    bench.client.flushall()
    bench.enqueue({"id": "one", "call": "work"})
    until(lambda: bench.status("one") == "finished", "it works")
    assert bench.seen("live_workers").value == 1
    assert bench.seen("unregistered_workers").value == 1


def test_a_pool_without_forks_writes_no_heartbeat_while_it_works(bench):
    done = bench.folder / "done"
    bench.pool(*QUEUES, workers=2, nofork=True)
    bench.enqueue({"id": "runs", "call": "hold", "kwargs": {"file": str(done)}, "timeout": 1500})
    keys = sorted(bench.client.smembers("rq:workers"))
    (busy,) = until(
        lambda: [key for key in keys if bench.client.hget(key, "state") == "busy"], "one of them works"
    )
    until(lambda: bench.client.ttl(busy) > 1000, "the hash is kept as long as the job may take")
    for key in keys:
        bench.client.hset(key, "last_heartbeat", ago(511))
    seen = bench.seen("live_workers")
    done.touch()
    assert (seen.value, seen.evidence) == (1, dict.fromkeys(QUEUES, 1))


def test_a_forking_pool_and_one_of_its_workers_killed(bench):
    bench.pool(*QUEUES, workers=2)
    assert bench.seen("live_workers").value == 2
    key = sorted(bench.client.smembers("rq:workers"))[0]
    os.kill(int(bench.client.hget(key, "pid")), signal.SIGKILL)
    # The pool soon has another in its place.
    until(lambda: bench.seen("live_workers").evidence.get("killed") == 1, "the one is seen as killed")
    until(lambda: bench.seen("live_workers").value == 2, "there are two again")


def test_failed_jobs_count_by_their_own_end(bench):
    bench.worker(*QUEUES, "own")
    jobs = [{"id": f"bad{n}", "call": "break_", "failure_ttl": 86_400} for n in range(4)]
    bench.enqueue(*jobs, {"id": "ever", "call": "break_", "failure_ttl": -1})
    until(lambda: bench.failed() == 5, "they failed")
    # The key was another when they were queued, and is changed now.
    for ttl in (86_400, 604_800, 2_592_000, "30d"):
        bench.configure(rq_job_failure_ttl=ttl)
        assert bench.seen("failed_jobs_1h").value == 5
    for number in range(3):
        bench.client.hset(f"rq:job:{bench.job(f'bad{number}')}", "ended_at", ago(3 * DAY))
    assert bench.seen("failed_jobs_1h").value == 2


def test_a_registry_at_its_limit_cannot_be_counted(narrow):
    narrow.worker(*QUEUES)
    narrow.enqueue(*({"id": f"old{n}", "call": "break_"} for n in range(8)))
    until(lambda: narrow.failed() == 8, "they failed")
    assert narrow.seen("failed_jobs_1h").value == 8
    for number in range(8):  # two days ago
        narrow.client.hset(f"rq:job:{narrow.job(f'old{number}')}", "ended_at", ago(2 * DAY))
        narrow.client.zincrby(f"rq:failed:{narrow.queue('default')}", -2 * DAY, narrow.job(f"old{number}"))
    narrow.enqueue(*({"id": f"new{n}", "call": "break_"} for n in range(30)))
    until(lambda: narrow.status("new29") == "failed", "they failed")
    until(lambda: narrow.client.llen(f"rq:queue:{narrow.queue('default')}") == 0, "none waits")
    seen = narrow.seen("failed_jobs_1h")
    assert seen.value is None
    assert "default holds 10 failed jobs, of which Frappe throws the newest away" in seen.error
    narrow.configure(rq_failed_jobs_limit=500)
    assert narrow.seen("failed_jobs_1h").value == 2
