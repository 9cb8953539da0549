"""What nobody writes on purpose: times that are none, numbers beyond all, keys of another kind, names of bytes."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace
from redis import Redis

from fixtures import rq
from fixtures.observe import observe
from fixtures.probes.bench import workers_older_than_code
from fixtures.probes.rq import QUEUES
from fixtures.probes.rq_names import COUNT, ROUNDS
from fixtures.probes.rq_workers import HASHES
from fixtures.schema import Override
from tests.rq.lab import FIGURES, LOCKED, lab
from tests.rq.test_hashes import DAY, OTHER, alive, ended_pid, fail, here, worker
from tests.rq.test_versions import ago
from tests.steady import until

AHEAD = "2999-01-01T00:00:00.000000Z"
MANY_DIGITS = "9" * 400
NO_TIMES = [AHEAD, "soon", "", "1795838076.24", MANY_DIGITS]


@pytest.fixture
def bench(tmp_path):
    with lab(tmp_path, LOCKED) as made:
        yield made


def unknown(bench):
    """The figures that are unknown, with their reasons."""
    found = {figure: bench.seen(figure).error for figure in FIGURES}
    return {figure: reason for figure, reason in found.items() if reason is not None}


def wait(bench, name, queue="default", **fields):
    if fields:
        bench.client.hset(f"rq:job:{name}", mapping=fields)
    bench.client.rpush(f"rq:queue:{bench.queue(queue)}", name)


def start(bench, name, queue="default", **fields):
    bench.client.hset(f"rq:job:{name}", mapping=fields)
    bench.client.zadd(f"rq:wip:{bench.queue(queue)}", {f"{name}:{'a' * 32}": time.time() + 60})


@pytest.mark.parametrize("state", ["idle", "busy"])
@pytest.mark.parametrize("seconds", [600, DAY, None])
def test_a_heartbeat_in_the_future_is_no_proof_of_life(bench, state, seconds):
    beat = AHEAD if seconds is None else ago(-seconds)
    key = worker(bench, state=state, last_heartbeat=beat)
    said = "a worker's heartbeat is in the future, and Redis does not keep its key as rq has it kept"
    assert bench.seen("live_workers").error == said
    bench.client.expire(key, 300)  # as rq does with each heartbeat, by the clock of Redis
    assert alive(bench) == 1
    bench.client.expire(key, 100 * DAY)
    assert bench.seen("live_workers").error == (None if state == "busy" else said)
    worker(bench, "b")
    assert alive(bench) == (2 if state == "busy" else 1)


def test_a_clock_that_is_a_little_ahead_is_no_damage(bench):
    worker(bench, last_heartbeat=ago(-200))
    assert alive(bench) == 1


def test_a_real_worker_whose_clock_is_ahead_lives_until_it_ends(bench):
    process = bench.worker("short", "default", "long")
    key = bench.hash_of(process)
    bench.client.hset(key, mapping={"last_heartbeat": AHEAD, "hostname": "elsewhere.invalid"})
    assert alive(bench) == 1
    process.kill()
    process.wait()
    bench.client.pexpire(key, 1)
    until(lambda: not bench.client.exists(key), "its key is gone")
    assert alive(bench) == 0


def test_a_worker_that_was_busy_is_not_alive_for_ever(bench):
    worker(bench, state="busy", last_heartbeat="2020-01-01T00:00:00.000000Z")
    assert "its key is kept for ever" in bench.seen("live_workers").error


@pytest.mark.parametrize("told", [{"last_heartbeat": AHEAD}, {"birth": AHEAD, "last_heartbeat": AHEAD}])
def test_a_process_that_is_gone_is_missed_whatever_it_wrote(bench, told):
    worker(bench, **here(ended_pid()) | told)
    assert bench.seen("live_workers").evidence == {"short": 0, "default": 0, "long": 0, "killed": 1}


@pytest.mark.parametrize("enqueued", NO_TIMES)
def test_a_job_that_waits_since_nobody_knows_when(bench, enqueued):
    wait(bench, "odd", enqueued_at=enqueued, created_at=ago(9 * DAY))
    said = "since when they wait is unknown, as enqueued_at is no time of the past: 1 in default"
    assert unknown(bench) == {"oldest_job_age_seconds": said}
    wait(bench, "young", enqueued_at=ago(20))
    assert bench.seen("oldest_job_age_seconds").error == said
    wait(bench, "old", enqueued_at=ago(5000))
    seen = bench.seen("oldest_job_age_seconds")
    assert seen.value == pytest.approx(5000, abs=60)
    assert seen.evidence["at least, since"] == said


def test_jobs_without_any_time_and_those_that_were_taken_back(bench):
    wait(bench, "taken back")
    assert bench.seen("oldest_job_age_seconds").value == 0
    wait(bench, "untold", "long", status="queued")
    assert "1 in long" in bench.seen("oldest_job_age_seconds").error
    bench.client.hset("rq:job:untold", "created_at", ago(60))
    assert bench.seen("oldest_job_age_seconds").value == 0


def test_an_age_beyond_the_sites_own_limit_stands(bench):
    wait(bench, "odd", enqueued_at="soon")
    wait(bench, "old", enqueued_at=ago(1000))
    site = bench.site()
    assert observe(site, rq("oldest_job_age_seconds")).value == pytest.approx(1000, abs=60)
    for own in (Override(warning=1700), Override(warning="off")):
        mild = replace(site, checks={"rq_oldest_job_age_seconds": own})
        assert "1 in default" in observe(mild, rq("oldest_job_age_seconds")).error


@pytest.mark.parametrize("started", NO_TIMES)
def test_a_job_that_runs_since_nobody_knows_when(bench, started):
    start(bench, "odd", started_at=started, timeout="300")
    said = "of running jobs it is not known since when: 1 in default"
    assert unknown(bench) == {"longest_running_job_seconds": said}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": "failed"},
        {"ended_at": "soon"},
        {"ended_at": AHEAD},
        {"started_at": "soon"},
        {"ended_at": "soon", "started_at": ago(2 * DAY)},
    ],
)
def test_a_failed_job_that_is_kept_for_ever_and_says_no_time(bench, fields):
    fail(bench, "odd", -1, **fields)
    said = "at least 0 failed within the hour; of 1 in default it is not known when"
    assert unknown(bench) == {"failed_jobs_1h": said}


@pytest.mark.parametrize("number", [MANY_DIGITS, "9" * 5000, f"-{MANY_DIGITS}", "1e400", "nan", "soon"])
def test_a_number_beyond_all_touches_its_own_figure(bench, number):
    worker(bench)
    start(bench, "odd", started_at=ago(10), timeout=number)
    start(bench, "over", "long", started_at=ago(3 * 3600), timeout="1500")
    assert bench.seen("longest_running_job_seconds").value == pytest.approx(9300, abs=60)
    bench.client.delete(f"rq:wip:{bench.queue('long')}")
    fail(bench, "odd failed", time.time() + DAY, failure_ttl=number)
    found = unknown(bench)
    assert found == {
        "longest_running_job_seconds": (
            "how long running jobs may take is unknown, timeout being no number: 1 in default"
        ),
        "failed_jobs_1h": "at least 0 failed within the hour; of 1 in default it is not known when",
    }


@pytest.mark.parametrize("score", ["inf", "1e308"])
def test_a_score_beyond_all_is_a_job_that_failed_nobody_knows_when(bench, score):
    fail(bench, "odd", float(score))
    assert "of 1 in default" in bench.seen("failed_jobs_1h").error


def test_numbers_beyond_all_in_the_config_and_a_workers_hash(bench):
    workers = {"reports": {"timeout": 10**400}, "more": {"timeout": "9" * 5000}, "most": {"timeout": 1e308}}
    bench.configure(workers=workers, rq_job_failure_ttl=10**400, rq_failed_jobs_limit=10**400)
    for name in workers:
        wait(bench, name, name, enqueued_at=ago(10))
    worker(bench, "a", "short", "default", "long", *workers, **here(MANY_DIGITS, birth=MANY_DIGITS))
    fail(bench, "odd", time.time() + DAY)
    assert unknown(bench) == {}


DAMAGED = {
    "rq:queues": {
        "waiting_jobs": "the key rq:queues should be a set, and is none (WRONGTYPE)",
        "oldest_job_age_seconds": "the key rq:queues should be a set",
        "longest_running_job_seconds": "the key rq:queues should be a set",
        "failed_jobs_1h": "the key rq:queues should be a set",
    },
    "rq:workers": {"unregistered_workers": "the key rq:workers should be a set, and is none (WRONGTYPE)"},
    "rq:queue:{}:long": {
        "waiting_jobs": ":long should be a list, and is none (WRONGTYPE)",
        "oldest_job_age_seconds": ":long should be a list, and is none (WRONGTYPE)",
    },
    "rq:wip:{}:long": {
        "longest_running_job_seconds": ":long should be a sorted set, and is none (WRONGTYPE)"
    },
    "rq:failed:{}:long": {"failed_jobs_1h": ":long should be a sorted set, and is none (WRONGTYPE)"},
    "rq:worker:odd": {
        "unregistered_workers": "the key rq:worker:odd should be a hash, and is none (WRONGTYPE)"
    },
    "rq:job:waits": {"oldest_job_age_seconds": "the key rq:job:... of a job should be a hash"},
    "rq:job:runs": {"longest_running_job_seconds": "1 in default"},
    "rq:job:failed": {"failed_jobs_1h": "of 1 in default it is not known when"},
}


@pytest.mark.parametrize("key", DAMAGED)
def test_a_key_of_another_kind_touches_what_needs_it(bench, key):
    worker(bench)
    wait(bench, "waits", enqueued_at=ago(10))
    start(bench, "runs", started_at=ago(10), timeout="300")
    fail(bench, "failed", -1, ended_at=ago(2 * DAY))
    assert unknown(bench) == {}
    damaged = key.format(bench.prefix)
    bench.client.delete(damaged)
    bench.client.set(damaged, "x")
    found = unknown(bench)
    assert set(found) == set(DAMAGED[key])
    assert all(words in found[figure] for figure, words in DAMAGED[key].items())
    assert alive(bench) == 1


def test_what_is_too_much_anyway_stands_beside_a_key_of_another_kind(bench):
    for key in ("rq:queue:{}:short", "rq:wip:{}:short", "rq:failed:{}:short", "rq:queues"):
        bench.client.set(key.format(bench.prefix), "x")
    bench.client.rpush(f"rq:queue:{bench.queue('long')}", *map(str, range(700)))
    start(bench, "runs", started_at=ago(DAY), timeout="300")
    for number in range(30):
        fail(bench, f"f{number}", -1, ended_at=ago(60))
    assert bench.seen("waiting_jobs").value == 700
    assert bench.seen("longest_running_job_seconds").value == pytest.approx(DAY - 300, abs=60)
    assert bench.seen("failed_jobs_1h").value == 30


def test_a_worker_that_cannot_be_read_may_be_the_one_that_is_missed(bench):
    bench.client.set("rq:worker:odd", "x")
    assert "rq:worker:odd should be a hash" in bench.seen("live_workers").error
    app = bench.bench / "apps" / "frappe" / "frappe"
    app.mkdir(parents=True)
    (app / "__init__.py").write_text("")
    (bench.bench / "sites" / "apps.txt").write_text("frappe\n")
    assert "rq:worker:odd should be a hash" in observe(bench.site(), workers_older_than_code()).error


@pytest.mark.parametrize(
    ("name", "told"), [(b"caf\xe9", r"caf\xe9"), (b"\xff\xfe", r"\xff\xfe"), (b"a\nb", r"a\nb")]
)
def test_a_queue_whose_name_is_no_text_counts(bench, name, told):
    raw = Redis(port=bench.port)
    queue = f"{bench.prefix}:".encode() + name
    raw.sadd("rq:queues", b"rq:queue:" + queue)
    raw.rpush(b"rq:queue:" + queue, *(b"job %d \xe9" % number for number in range(300)))
    raw.hset(b"rq:job:job 7 \xe9", "enqueued_at", ago(5000))
    raw.zadd(b"rq:failed:" + queue, {b"f\xe9": time.time() - 60 + 7 * DAY})
    raw.close()
    seen = bench.seen("waiting_jobs")
    assert (seen.value, seen.evidence[told]) == (300, 300)
    assert bench.seen("oldest_job_age_seconds").evidence[told] == pytest.approx(5000, abs=60)
    assert bench.seen("failed_jobs_1h").evidence[told] == 1


def test_of_very_many_queues_some_are_looked_at_and_the_rest_is_unknown(bench):
    worker(bench)
    names = [f"rq:queue:{bench.queue(str(number))}" for number in range(QUEUES)]
    bench.client.sadd("rq:queues", *names[: QUEUES - 3])
    assert unknown(bench) == {}
    assert len(bench.seen("waiting_jobs").evidence) == QUEUES
    bench.client.sadd("rq:queues", *names)
    said = f"there are more queues than the {QUEUES} that are looked at"
    assert unknown(bench) == {
        "waiting_jobs": f"at least 0 wait; {said}",
        "oldest_job_age_seconds": said,
        "longest_running_job_seconds": said,
        "failed_jobs_1h": f"at least 0 failed within the hour; {said}",
    }
    wait(bench, "old", "short", enqueued_at=ago(5000))
    assert bench.seen("oldest_job_age_seconds").value == pytest.approx(5000, abs=60)


def test_of_very_many_names_some_are_read(bench):
    """Most of another bench's: ours may be among those that are not read."""
    worker(bench)
    pipe = bench.client.pipeline(transaction=False)
    for first in range(0, 3 * ROUNDS * COUNT, COUNT):
        pipe.sadd("rq:queues", *(f"rq:queue:{OTHER}:{first + number}" for number in range(COUNT)))
    pipe.execute()
    said = f"rq:queues holds more names than the {ROUNDS * COUNT:,} that are read"
    assert set(unknown(bench)) == set(FIGURES[:4])
    assert said in bench.seen("waiting_jobs").error
    remote = replace(bench.site(), bench=None, queue_prefix=None)
    assert said in observe(remote, rq("waiting_jobs")).error


def test_of_very_many_workers_some_are_looked_at(bench):
    bench.client.sadd("rq:workers", *(f"rq:worker:{number}" for number in range(HASHES + 1)))
    assert "more workers than the 2,000" in bench.seen("live_workers").error
    assert "more workers than the 2,000" in bench.seen("unregistered_workers").error


def test_an_answer_that_is_too_large_touches_its_own_figure(bench):
    worker(bench)
    bench.client.config_set("maxmemory", 0)
    wait(bench, "odd", enqueued_at="x" * 80 * 2**20)
    said = "its answer to HMGET is larger than 64 MiB"
    assert unknown(bench) == {"oldest_job_age_seconds": said}
    assert alive(bench) == 1
