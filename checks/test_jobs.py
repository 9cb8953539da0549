"""Background jobs and the workers that run them."""

from fixtures import check, rq, sql


@check(
    rq("live_workers"),
    unit="workers",
    critical=1,
    at_least=True,
    smoke=True,
    depends_on="redis_queue_answers",
)
def test_rq_workers_alive(value, limit):
    """Each of the queues short, default and long, and of the bench's own, has a worker that lives."""
    assert value >= limit


@check(rq("unregistered_workers"), severity="warning", depends_on="redis_queue_answers")
def test_rq_workers_registered(value):
    """Every worker is registered; after a restart of the queue Redis they work on, unlisted."""
    assert value == 0


@check(rq("waiting_jobs"), unit="jobs", warning=100, high=500, depends_on="redis_queue_answers")
def test_rq_waiting_jobs(value, limit):
    """No queue is piling up."""
    assert value <= limit


@check(
    rq("oldest_job_age_seconds"),
    unit="seconds",
    warning=300,
    high=1800,
    critical=3600,
    depends_on="redis_queue_answers",
)
def test_rq_oldest_job_age_seconds(value, limit):
    """No job waits for long, in the long queue an hour more; a dead worker shows here, not in the length."""
    assert value <= limit


@check(rq("failed_jobs_1h"), unit="jobs", warning=5, high=20, depends_on="redis_queue_answers", events="1h")
def test_rq_failed_jobs_1h(value, limit):
    """Few jobs failed in the last hour."""
    assert value <= limit


@check(sql("prepared_reports_failed_24h"), unit="reports", warning=3, every="hourly", events="24h")
def test_prepared_reports_failed_24h(value, limit):
    """Few background reports failed in 24 hours."""
    assert value <= limit


@check(sql("submission_queue_stuck"), unit="documents", warning=0, every="hourly")
def test_submission_queue_stuck(value, limit):
    """No document of the last 30 days waits for more than an hour to be submitted in the background."""
    assert value <= limit


@check(sql("bulk_operations_stuck"), unit="operations", warning=0, every="hourly")
def test_bulk_operations_stuck(value, limit):
    """No bulk operation has stood still for half an hour, or waited for two to begin."""
    assert value <= limit


@check(
    rq("longest_running_job_seconds"),
    unit="seconds",
    warning=60,
    high=600,
    depends_on="redis_queue_answers",
)
def test_rq_longest_running_job_seconds(value, limit):
    """No job runs on past its own time limit: its worker did not end it, and is stuck."""
    assert value <= limit
