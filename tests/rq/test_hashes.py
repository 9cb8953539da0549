"""What the queue Redis may hold besides what rq writes while it is watched: hashes by hand, on a real server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures import rq
from fixtures.observe import observe
from fixtures.probes.bench import workers_older_than_code
from fixtures.probes.rq_bench import bench_jobs, seconds
from fixtures.probes.rq_workers import same_host
from fixtures.schema import Secret
from tests.rq.lab import LOCKED, SITE, lab
from tests.rq.test_versions import ago

DAY = 86_400
OTHER = "home-frappe-staging-bench"


@pytest.fixture
def bench(tmp_path):
    with lab(tmp_path, LOCKED) as made:
        yield made


def worker(bench, name="a", *queues, prefix=None, listed=True, **fields):
    """A worker's hash as rq 1.15 to 3 write it."""
    key, prefix = f"rq:worker:{name * 32}", prefix or bench.prefix
    told = {
        "birth": ago(3600),
        "last_heartbeat": ago(5),
        "queues": ",".join(f"{prefix}:{queue}" for queue in queues or ("short", "default", "long")),
        "state": "idle",
        "hostname": "elsewhere.invalid",
        "pid": "4321",
        "ip_address": "127.0.0.1:51234",
    }
    bench.client.delete(key)
    bench.client.hset(key, mapping={name: text for name, text in (told | fields).items() if text is not None})
    if listed:
        bench.client.sadd("rq:workers", key)
    return key


def here(pid, **fields):
    return {"hostname": socket.gethostname(), "pid": str(pid)} | fields


def ended_pid():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def sleeper():
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


def alive(bench):
    return bench.seen("live_workers").value


def test_a_worker_of_another_bench_does_not_count(bench):
    for prefix in (OTHER, f"{bench.prefix}-2", f"x{bench.prefix}"):
        worker(bench, "b", prefix=prefix)
        assert (alive(bench), bench.seen("unregistered_workers").value) == (0, 0)
        worker(bench, "b", prefix=prefix, listed=False)
        assert (alive(bench), bench.seen("unregistered_workers").value) == (0, 0)
    worker(bench, "a")
    assert alive(bench) == 1


def test_a_loose_worker_counts_for_each_queue_and_a_listed_one_for_its_own(bench):
    worker(bench, "a", queues=None, birth=None, pid=None, hostname=None, listed=False)
    assert (alive(bench), bench.seen("unregistered_workers").value) == (1, 1)
    bench.client.flushall()
    worker(bench, "a", "short", listed=False)
    seen = bench.seen("live_workers")
    assert (seen.value, seen.evidence) == (0, {"short": 1, "default": 0, "long": 0})
    assert bench.seen("unregistered_workers").value == 1


def test_a_loose_worker_is_not_known_to_be_ours_where_two_benches_share(bench):
    worker(bench, "a", queues=None, listed=False)
    bench.client.sadd("rq:queues", f"rq:queue:{OTHER}:short")
    assert "another bench shares this Redis" in bench.seen("live_workers").error
    worker(bench, "b")
    assert alive(bench) == 2


def test_a_worker_that_said_that_it_ended_is_neither(bench):
    worker(bench, death=ago(1), listed=False)
    assert (alive(bench), bench.seen("unregistered_workers").value) == (0, 0)


def test_a_heartbeat_that_is_no_time_is_unknown_and_not_dead(bench):
    worker(bench, last_heartbeat="1795838076.24")
    assert bench.seen("live_workers").error == "what a worker wrote as its heartbeat is no time"
    worker(bench, "b")
    assert alive(bench) == 1


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_by_its_heartbeat_where_it_is_of_another_host(bench, state):
    worker(bench, state=state, last_heartbeat=ago(479 - 60), pid=str(ended_pid()))
    assert alive(bench) == 1
    key = worker(bench, state=state, last_heartbeat=ago(3000))
    bench.client.expire(key, 900)  # as rq has it kept for the whole of a job
    assert alive(bench) == (state == "busy")


def test_by_its_process_where_it_is_of_this_host(bench, sleeper):
    worker(bench, **here(ended_pid()), state="busy")
    assert bench.seen("live_workers").evidence["killed"] == 1
    worker(bench, **here(os.getpid(), birth=ago(0)))
    assert alive(bench) == 1
    worker(bench, **here(sleeper, birth=ago(0)))
    assert alive(bench) == 1
    # Its heartbeat is old, though its process is there: it hangs.
    worker(bench, **here(sleeper, birth=ago(0), last_heartbeat=ago(600)))
    assert alive(bench) == 0


def test_a_number_that_another_process_has_by_now(bench, sleeper):
    worker(bench, **here(sleeper, birth=ago(3600)))
    assert bench.seen("live_workers").evidence["killed"] == 1


def test_a_clock_that_was_set_makes_no_worker_another_one(bench, tmp_path):
    """A worker's own process, whose start seems to be after its birth since the clock went ahead."""
    script = tmp_path / "worker.py"
    script.write_text("import time; time.sleep(600)\n")
    with subprocess.Popen([sys.executable, str(script)]) as process:
        worker(bench, **here(process.pid, birth=ago(7200), last_heartbeat=ago(0)))
        found = alive(bench)
        process.kill()
    assert found == 1


def test_a_host_of_the_same_name_is_another_by_its_address(bench):
    worker(bench, **here(ended_pid(), ip_address="10.11.12.13:40000"))
    assert alive(bench) == 1


def test_a_server_that_does_not_say_who_comes(bench):
    bench.client.execute_command("ACL", "SETUSER", "default", "-client")
    worker(bench, **here(ended_pid()))
    assert alive(bench) == 0
    worker(bench, **here(ended_pid(), ip_address="10.11.12.13:40000"))
    assert alive(bench) == 1


@pytest.mark.parametrize("told", ["", "unknown", "/run/redis.sock:0"])
def test_an_address_that_says_nothing_changes_nothing(bench, told):
    worker(bench, **here(ended_pid(), ip_address=told))
    assert alive(bench) == 0


@pytest.mark.parametrize(
    ("told", "local", "server", "same"),
    [
        ("10.0.0.5:4000", "10.0.0.5", "10.0.0.9", True),
        ("10.0.0.6:4000", "10.0.0.5", "10.0.0.9", False),
        ("127.0.0.1:4000", "10.0.0.5", "10.0.0.9", False),
        ("127.0.0.1:4000", "10.0.0.9", "10.0.0.9", True),
        ("10.0.0.9", "127.0.0.1", "127.0.0.1", False),
        ("[fd00::5]:4000", "fd00::5", "fd00::9", True),
        ("::ffff:10.0.0.5", "10.0.0.5", "10.0.0.9", True),
        ("1.2.3", "10.0.0.5", "10.0.0.9", True),
    ],
)
def test_which_addresses_may_be_of_one_host(told, local, server, same):
    assert same_host(told, local, server) is same


class Table:
    """A process table of its own, as a container has one: copies of entries of the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copy("/proc/stat", folder / "stat")
        self.add(1, os.getpid())

    def add(self, pid: int, real: int, inside: int | None = None) -> None:
        entry = self.folder / str(pid)
        entry.mkdir()
        for name in ("stat", "cmdline"):
            (entry / name).write_bytes(Path(f"/proc/{real}/{name}").read_bytes())
        numbers = "\t".join(str(one) for one in (pid, inside) if one is not None)
        (entry / "status").write_text(f"Name:\tx\nNSpid:\t{numbers}\nNSsid:\t1\n")


@pytest.fixture
def table(tmp_path, bench):
    return Table(tmp_path / "table")


def seen_in(bench, table):
    return observe(replace(bench.site(), proc=table.folder), rq("live_workers"))


def test_in_a_table_that_is_another_no_worker_is_missed(bench, table):
    worker(bench, **here(4242))
    assert seen_in(bench, table).value == 1


def test_a_table_is_the_workers_where_redis_is_in_it(bench, table):
    worker(bench, **here(4242))
    pid = bench.client.info("server")["process_id"]
    table.add(pid, pid)
    assert seen_in(bench, table).value == 0
    bench.client.execute_command("ACL", "SETUSER", "default", "-info")
    assert seen_in(bench, table).value == 1, "it may not be asked, so nothing is known"


def test_a_table_is_the_workers_where_another_of_them_is_in_it(bench, table, sleeper):
    worker(bench, "a", "short", **here(sleeper, birth=ago(0)))
    worker(bench, "b", **here(4242))
    table.add(sleeper, sleeper)
    assert seen_in(bench, table).evidence == {"short": 1, "default": 0, "long": 0, "killed": 1}


def test_a_table_that_hides_some_says_nothing(bench, table):
    worker(bench, **here(4242))
    pid = bench.client.info("server")["process_id"]
    table.add(pid, pid)
    shutil.rmtree(table.folder / "1")
    assert seen_in(bench, table).value == 1


def test_a_number_inside_a_container_is_not_missed(bench, table, sleeper):
    worker(bench, **here(42))
    pid = bench.client.info("server")["process_id"]
    table.add(pid, pid)
    assert seen_in(bench, table).value == 0
    table.add(sleeper, sleeper, inside=42)
    assert seen_in(bench, table).value == 1


def test_queues_of_the_config_have_workers_and_limits(bench):
    bench.configure(workers={"reports": {"timeout": 7200, "background_workers": 1}, "short": {"timeout": 60}})
    worker(bench)
    assert bench.seen("live_workers").evidence == {"short": 1, "default": 1, "long": 1, "reports": 0}
    worker(bench, "b", "reports")
    assert alive(bench) == 1
    bench.client.rpush(f"rq:queue:{bench.queue('reports')}", "x")
    assert bench.seen("waiting_jobs").evidence["reports"] == 1
    # It may wait for the one before it, which may take two hours.
    bench.client.hset("rq:job:x", "enqueued_at", ago(7000))
    seen = bench.seen("oldest_job_age_seconds")
    assert (seen.value, seen.evidence["reports"]) == (pytest.approx(100, abs=60), pytest.approx(7000, abs=60))
    # No time limit of their own: by their queue's.
    for queue in ("reports", "short", "gone"):
        bench.client.sadd("rq:queues", f"rq:queue:{bench.queue(queue)}")
        bench.client.hset(f"rq:job:{queue}", mapping={"started_at": ago(1000), "status": "started"})
        bench.client.zadd(f"rq:wip:{bench.queue(queue)}", {f"{queue}:{'a' * 32}": time.time() + 60})
    found = bench.seen("longest_running_job_seconds").evidence
    assert found["reports"] == 0
    assert found["short"] == pytest.approx(940, abs=60)
    assert found["gone"] == pytest.approx(700, abs=60)


@pytest.mark.parametrize("workers", [None, [], "x", {"reports": 5}, {"reports": {"timeout": "soon"}}])
def test_queues_of_a_config_that_makes_no_sense(bench, workers):
    bench.configure(workers=workers)
    worker(bench)
    worker(bench, "b", "reports")
    assert alive(bench) == 1


def test_a_job_over_its_limit_is_told_though_another_is_unknown(bench):
    job = bench.job("x")
    bench.client.hset(f"rq:job:{job}", mapping={"started_at": ago(3 * 3600), "timeout": "1500"})
    bench.client.zadd(f"rq:wip:{bench.queue('long')}", {f"{job}:{'b' * 32}": 1, f"gone:{'c' * 32}": 1})
    assert bench.seen("longest_running_job_seconds").value == pytest.approx(9300, abs=60)
    bench.client.hset(f"rq:job:{job}", "started_at", ago(1600))
    assert "1 in long" in bench.seen("longest_running_job_seconds").error
    bench.client.hset(f"rq:job:{job}", "started_at", "no time")
    assert "2 in long" in bench.seen("longest_running_job_seconds").error


@pytest.mark.parametrize("name", ["one::a:b", "one||a", "plain", f"one:{'d' * 32}"])
@pytest.mark.parametrize("execution", ["", f":{'e' * 32}"])
def test_a_running_job_by_either_form_of_its_entry(bench, name, execution):
    bench.client.hset(f"rq:job:{name}", mapping={"started_at": ago(2000), "timeout": "1500"})
    bench.client.zadd(f"rq:wip:{bench.queue('long')}", {f"{name}{execution}": 1})
    assert bench.seen("longest_running_job_seconds").value == pytest.approx(500, abs=60)


def test_the_oldest_job_stands_behind_those_in_front(bench):
    key = f"rq:queue:{bench.queue('default')}"
    for name, age in (("front", 5), ("old", 5000), ("last", 50)):
        bench.client.hset(f"rq:job:{name}", mapping={"enqueued_at": ago(age)})
        bench.client.rpush(key, name)
    assert bench.seen("oldest_job_age_seconds").value == pytest.approx(5000, abs=60)


def fail(bench, name, score, queue="default", **fields):
    if fields:
        bench.client.hset(f"rq:job:{name}", mapping=fields)
    bench.client.zadd(f"rq:failed:{bench.queue(queue)}", {name: score})


def test_when_a_job_failed(bench):
    now = time.time()
    bench.configure(rq_job_failure_ttl=DAY)
    fail(bench, "by its own end", now + 30 * DAY, ended_at=ago(600), failure_ttl="2592000")
    fail(bench, "by the time it is kept", now - 600 + 30 * DAY, failure_ttl="2592000")
    fail(bench, "by the bench's key", now - 600 + DAY)
    fail(bench, "kept for ever", -1, ended_at=ago(600), failure_ttl="-1")
    fail(bench, "given up, kept for ever", -1, started_at=ago(600), failure_ttl="-1")
    fail(bench, "old", now + DAY - 60, ended_at=ago(2 * DAY), failure_ttl="259200")
    fail(bench, "older", now + DAY, started_at=ago(2 * DAY), failure_ttl="259200")
    fail(bench, "oldest", -1, created_at=ago(2 * DAY))
    assert bench.seen("failed_jobs_1h").value == 5


def test_entries_without_a_job_that_were_kept_by_a_longer_key_are_unknown(bench):
    bench.configure(rq_job_failure_ttl=30 * DAY)
    fail(bench, "by the bench's key", time.time() - 600 + 30 * DAY)
    assert bench.seen("failed_jobs_1h").value == 1
    bench.configure(rq_job_failure_ttl=DAY)
    seen = bench.seen("failed_jobs_1h")
    assert seen.error == "at least 0 failed within the hour; of 1 in default it is not known when"


def test_many_failed_jobs_are_all_read(bench):
    bench.configure(rq_failed_jobs_limit=9999)
    key, now = f"rq:failed:{bench.queue('long')}", time.time()
    pipe = bench.client.pipeline()
    for number in range(2500):  # after the key was shortened, the newest come first
        pipe.hset(f"rq:job:{number}", "ended_at", ago(60 if number < 7 else 2 * DAY))
        pipe.zadd(key, {str(number): now + number})
    pipe.execute()
    assert bench.seen("failed_jobs_1h").value == 7


def test_a_registry_at_its_limit_stands_where_it_is_high_anyway(bench):
    bench.configure(rq_failed_jobs_limit=25)
    for number in range(24):
        fail(bench, f"{number}", time.time() + 7 * DAY - 60)
    assert bench.seen("failed_jobs_1h").value == 24
    bench.client.delete(f"rq:failed:{bench.queue('default')}")
    for number in range(20):
        fail(bench, f"{number}", time.time() + 7 * DAY - 60)
    assert bench.seen("failed_jobs_1h").value == 20
    for number in range(3):  # 23 are kept, and what has run out is only not yet thrown away
        fail(bench, f"old {number}", time.time() + DAY)
        fail(bench, f"out {number}", time.time() - 60, ended_at=ago(2 * DAY))
    assert bench.seen("failed_jobs_1h").value == 20
    fail(bench, "old 4", time.time() + DAY)
    assert bench.seen("failed_jobs_1h").error.startswith(
        "at least 20 failed within the hour; default holds 24"
    )


def test_failed_jobs_that_are_kept_for_less_than_an_hour(bench):
    bench.configure(rq_job_failure_ttl="10m")
    fail(bench, "new", time.time() + 300, ended_at=ago(300))
    seen = bench.seen("failed_jobs_1h")
    assert seen.error == (
        "at least 1 failed within the hour; rq_job_failure_ttl keeps failed jobs for 600 s only"
    )


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (600, 600),
        ("601", 601),
        ("2H", 7200),
        ("30m", 1800),
        ("1d", DAY),
        ("5s", 5),
        (90.9, 90),
        (True, 1),
        (-1, -1),
    ],
)
def test_times_as_rq_understands_them(told, found):
    assert seconds(told) == found


@pytest.mark.parametrize("told", ["soon", "1w", "", "1.5h", float("nan"), [], {}])
def test_what_rq_does_not_understand_is_no_time(told):
    assert seconds(told) is None


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, 7 * DAY),
        (0, 7 * DAY),
        ("", 7 * DAY),
        ("86400", DAY),
        (DAY + 1, DAY + 1),
        (-1, -1),
        ("soon", 7 * DAY),
    ],
)
def test_how_long_failed_jobs_are_kept(bench, told, kept):
    bench.configure(rq_job_failure_ttl=told)
    assert bench_jobs(bench.site()).failure_ttl == kept


@pytest.mark.parametrize(
    ("told", "limit"),
    [(None, 1000), (0, 1000), ("", 1000), (500, 500), ("501", None), (500.0, None)],
)
def test_a_limit_that_frappe_cannot_use_trims_nothing(bench, told, limit):
    bench.configure(rq_failed_jobs_limit=told)
    assert bench_jobs(bench.site()).failed_limit == limit


def test_the_sites_own_key_comes_before_the_common_one(bench):
    bench.configure(rq_job_failure_ttl=DAY)
    config = bench.bench / "sites" / SITE / "site_config.json"
    config.write_text(json.dumps({"rq_job_failure_ttl": 5}))
    site = bench.site()
    assert bench_jobs(site).failure_ttl == 5
    config.write_text("{")
    assert bench_jobs(site).failure_ttl == DAY


def test_only_workers_that_live_can_run_old_code(bench):
    app = bench.bench / "apps" / "frappe" / "frappe"
    app.mkdir(parents=True)
    (app / "__init__.py").write_text("")
    (bench.bench / "sites" / "apps.txt").write_text("frappe\n")
    for name, told in (
        ("a", {}),
        ("b", {"death": ago(1)}),
        ("c", here(ended_pid())),
        ("d", {"last_heartbeat": ago(600)}),
        ("e", {"birth": ago(0)}),
    ):
        worker(bench, name, **told)
    worker(bench, "f", prefix=OTHER)
    assert observe(bench.site(), workers_older_than_code()).evidence == {"workers": 2, "older": 1}


def account(bench, *rules):
    """The site, whose Redis knows it by an account with these rights."""
    bench.client.execute_command("ACL", "SETUSER", "bench", "reset", "on", ">secret", *rules)
    url = Secret(f"redis://bench:secret@127.0.0.1:{bench.port}")
    return replace(bench.site(), redis=(("queue", url),))


def test_the_account_that_frappe_makes_for_a_bench_sees_all(bench):
    """Its rights as `bench create-rq-users` gives them: frappe/utils/redis_queue.py."""
    keys = ("~rq:[^q]*", "~rq:queues", f"~rq:queue:{bench.prefix}:*")
    site = account(bench, *keys, "+@all", "-@admin")
    worker(bench, **here(ended_pid()))
    worker(bench, "b", "short")
    bench.client.rpush(f"rq:queue:{bench.queue('short')}", "x", "y")
    bench.client.sadd("rq:queues", f"rq:queue:{bench.queue('short')}", f"rq:queue:{OTHER}:short")
    fail(bench, "f", time.time() - 60 + 7 * DAY)
    found = {"short": 1, "default": 0, "long": 0, "killed": 1}
    assert observe(site, rq("live_workers")).evidence == found
    assert observe(site, rq("waiting_jobs")).value == 2
    assert observe(site, rq("failed_jobs_1h")).value == 1
    assert observe(site, rq("longest_running_job_seconds")).value == 0


def test_an_account_that_may_not_list_keys_sees_the_rest(bench):
    site = account(bench, "~*", "+@all", "-scan")
    said = "workers that are not listed cannot be looked for: SCAN"
    worker(bench, "a", "short")
    assert observe(site, rq("live_workers")).error.startswith(said)
    worker(bench, "b")
    assert observe(site, rq("live_workers")).value == 1
    assert observe(site, rq("unregistered_workers")).error.startswith(said)
    assert observe(site, rq("waiting_jobs")).value == 0


def test_without_the_bench_the_queues_are_those_of_the_sites_jobs(bench):
    remote = replace(bench.site(), bench=None, queue_prefix=None)
    for prefix, count in ((bench.prefix, 3), (OTHER, 5)):
        bench.client.sadd("rq:queues", f"rq:queue:{prefix}:short")
        bench.client.rpush(f"rq:queue:{prefix}:short", *"abcde"[:count])
    assert observe(remote, rq("waiting_jobs")).value == 8, "nobody knows whose"
    bench.client.zadd(f"rq:finished:{bench.prefix}:short", {f"{SITE}||x": time.time()})
    bench.client.zadd(f"rq:finished:{OTHER}:short", {"two.test||x": time.time()})
    assert observe(remote, rq("waiting_jobs")).value == 3
