"""The scheduler, judged by its effects: no setting shows that its process is dead."""

from fixtures import check, lock_held, named, sql

SWITCHES = ("pause_scheduler", "disable_scheduler")
"""Keys of the bench's configs that stop the scheduler while System Settings call it enabled.

maintenance_mode does so too, and is a check of its own."""


@check(sql("scheduler_switch"), severity="critical", smoke=True, depends_on="maintenance_mode_off")
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
    depends_on=("scheduler_awake", "maintenance_mode_off"),
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
    depends_on=("scheduler_awake", "maintenance_mode_off"),
)
def test_scheduler_frequent_jobs_age_seconds(value, limit):
    """The jobs that run every four minutes ran; they send the mail, and leave no other trace."""
    assert value <= limit


@check(named("scheduler_stopped_jobs"), unit="jobs", info=0, every="daily")
def test_scheduler_stopped_jobs(value, limit):
    """No scheduled job was stopped by hand and forgotten."""
    assert value <= limit


@check(
    named("scheduler_jobs_stuck_in_start"),
    unit="jobs",
    warning=0,
    high=5,
    every="hourly",
)
def test_scheduler_jobs_stuck_in_start(value, limit):
    """No scheduled job's newest run was killed half-way: its log row stays at Start."""
    assert value <= limit


@check(sql("site_setup_complete"), severity="high", smoke=True, every="daily")
def test_site_setup_complete(value):
    """The setup wizard of every app that has one was finished."""
    assert value == 0, "an app's setup wizard was not finished"


@check(sql("site_time_zone_set"), severity="high", every="daily")
def test_site_time_zone_set(value):
    """System Settings name a time zone; without one Frappe writes Indian time."""
    assert value == 1


@check(named("scheduler_jobs_dated_in_future"), unit="jobs", high=0, every="daily")
def test_scheduler_jobs_dated_in_future(value, limit):
    """No scheduled job is dated in the future: it would not run until then, while everything says enabled."""
    assert value <= limit


@check(
    named("scheduler_overdue_jobs"),
    unit="jobs",
    warning=0,
    high=5,
    every="hourly",
    depends_on=("scheduler_awake", "maintenance_mode_off"),
)
def test_scheduler_overdue_jobs(value, limit):
    """Every scheduled job ran within its period and a margin."""
    assert value <= limit


@check(
    named("scheduler_money_jobs_late"),
    unit="jobs",
    warning=0,
    high=1,
    every="hourly",
    depends_on=("scheduler_awake", "maintenance_mode_off"),
)
def test_scheduler_money_jobs_late(value, limit):
    """Each daily job that makes or collects invoices and was not stopped started within 26 hours."""
    assert value <= limit


@check(
    sql("dues_generation_age_hours"),
    unit="hours",
    warning=26,
    high=50,
    every="hourly",
    depends_on=("scheduler_awake", "maintenance_mode_off"),
)
def test_dues_generation_age_hours(value, limit):
    """The job that makes the invoices for dues ended as Complete within a day, if it is not stopped."""
    assert value <= limit


@check(sql("scheduler_awake"), severity="warning", depends_on="maintenance_mode_off")
def test_scheduler_awake(value):
    """The site is awake: Frappe runs all jobs once a day when nobody has logged in for days."""
    assert value == 1, "nobody has logged in for days, and jobs run once a day"


@check(named("scheduler_failing_jobs"), unit="jobs", warning=0, high=5, every="hourly")
def test_scheduler_failing_jobs(value, limit):
    """No scheduled job's newest run failed, but for those known to fail."""
    assert value <= limit


@check(named("scheduler_jobs_always_failing"), unit="jobs", info=0, every="daily")
def test_scheduler_jobs_always_failing(value, limit):
    """Every scheduled job that ran twice or more in a week ended well once, but for those known to fail."""
    assert value <= limit


@check(named("scheduler_money_jobs_failed"), unit="jobs", high=0, every="hourly")
def test_scheduler_money_jobs_failed(value, limit):
    """No job that makes or collects invoices failed without a later run, or a batch, that makes it good."""
    assert value <= limit
