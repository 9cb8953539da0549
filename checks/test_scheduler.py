"""The scheduler, judged by its effects: no setting shows that its process is dead."""

from fixtures import check, lock_held, sql

SWITCHES = ("pause_scheduler", "disable_scheduler", "maintenance_mode")
"""Keys of the bench's configs that stop the scheduler while System Settings call it enabled."""


@check(sql("scheduler_switch"), severity="critical", smoke=True)
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
)
def test_scheduler_frequent_jobs_age_seconds(value, limit):
    """The jobs that run every four minutes ran; they send the mail, and leave no other trace."""
    assert value <= limit


@check(sql("scheduler_stopped_jobs"), unit="jobs", info=0, every="daily")
def test_scheduler_stopped_jobs(value, limit):
    """No scheduled job was stopped by hand and forgotten."""
    assert value <= limit


@check(
    sql("scheduler_failed_jobs_24h"),
    unit="runs",
    warning=5,
    high=20,
    every="hourly",
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
)
def test_scheduler_jobs_stuck_in_start(value, limit):
    """No scheduled job was killed half-way: its log row stays at Start for ever."""
    assert value <= limit


@check(sql("site_setup_complete"), severity="high", smoke=True, every="daily")
def test_site_setup_complete(value):
    """The setup wizard was finished; the scheduler skips a site where it was not."""
    assert value == 1


@check(sql("site_time_zone_set"), severity="high", every="daily")
def test_site_time_zone_set(value):
    """System Settings name a time zone; without one Frappe writes Indian time."""
    assert value == 1


@check(sql("scheduler_jobs_dated_in_future"), unit="jobs", high=0, every="daily")
def test_scheduler_jobs_dated_in_future(value, limit):
    """No scheduled job is dated in the future: it would not run until then, while everything says enabled."""
    assert value <= limit


@check(sql("scheduler_overdue_jobs"), unit="jobs", warning=0, high=5, every="hourly")
def test_scheduler_overdue_jobs(value, limit):
    """Every scheduled job ran within its period and a margin."""
    assert value <= limit


@check(sql("scheduler_money_jobs_late"), unit="jobs", warning=0, high=1, every="hourly")
def test_scheduler_money_jobs_late(value, limit):
    """The seven daily jobs that make and collect invoices all started within 26 hours."""
    assert value <= limit


@check(
    sql("scheduler_worst_job_failure_percent_7d"), unit="% of its runs", warning=25, high=50, every="daily"
)
def test_scheduler_worst_job_failure_percent_7d(value, limit):
    """No scheduled job of three runs or more fails often."""
    assert value <= limit


@check(sql("dues_generation_age_hours"), unit="hours", warning=25, high=48, every="hourly")
def test_dues_generation_age_hours(value, limit):
    """The job that makes the invoices for dues started within a day."""
    assert value <= limit
