"""The scheduler, judged by its effects: no setting shows that its process is dead."""

from fixtures import check, lock_held, sql

SWITCHES = ("pause_scheduler", "disable_scheduler", "maintenance_mode")
"""Keys of site_config.json that stop the scheduler while System Settings call it enabled."""


@check(sql("scheduler_switch"), severity="critical", smoke=True, depends_on="database_answers")
def test_scheduler_enabled(value, site_config):
    """The scheduler is switched on, in System Settings and in the site's config."""
    assert value == 1
    assert [key for key in SWITCHES if site_config.get(key)] == []


@check(lock_held("config/scheduler_process"), severity="high")
def test_scheduler_process_runs(value):
    """The scheduler's process holds its lock file."""
    assert value


@check(
    sql("scheduler_last_execution_age_seconds"),
    unit="seconds",
    warning=600,
    high=1800,
    critical=3600,
    depends_on="database_answers",
)
def test_scheduler_last_execution_age_seconds(value, limit):
    """Some scheduled job ran recently."""
    assert value <= limit


@check(
    sql("scheduler_frequent_jobs_age_seconds"),
    unit="seconds",
    warning=900,
    high=1800,
    critical=3600,
    smoke=True,
    depends_on="database_answers",
)
def test_scheduler_frequent_jobs_age_seconds(value, limit):
    """The jobs that run every four minutes ran; they send the mail, and leave no other trace."""
    assert value <= limit


@check(sql("scheduler_stopped_jobs"), unit="jobs", info=0, every="daily", depends_on="database_answers")
def test_scheduler_stopped_jobs(value, limit):
    """No scheduled job was stopped by hand and forgotten."""
    assert value <= limit


@check(
    sql("scheduler_failed_jobs_24h"),
    unit="runs",
    warning=5,
    high=20,
    every="hourly",
    depends_on="database_answers",
)
def test_scheduler_failed_jobs_24h(value, limit):
    """Few runs of scheduled jobs failed in 24 hours; such a run counts as a success in the queue."""
    assert value <= limit


@check(
    sql("scheduler_jobs_stuck_in_start"),
    unit="runs",
    warning=0,
    high=5,
    every="hourly",
    depends_on="database_answers",
)
def test_scheduler_jobs_stuck_in_start(value, limit):
    """No scheduled job was killed half-way: its log row stays at Start for ever."""
    assert value <= limit
