"""What a deployment leaves behind."""

from fixtures import (
    check,
    jobs_missing,
    patches_pending,
    sql,
    versions_differ,
    workers_older_than_code,
)


@check(sql("patches_skipped"), unit="patches", warning=0, every="daily")
def test_patches_skipped(value, limit):
    """No patch of a migration was skipped."""
    assert value <= limit


@check(patches_pending(), severity="high", every="hourly", smoke=True)
def test_migrations_pending(value):
    """Every patch that the installed apps name was applied."""
    assert value == 0, "patches are pending"


@check(versions_differ(), severity="warning", every="hourly", smoke=True)
def test_app_versions_expected(value):
    """Each app's version is the one that the settings expect, and the site was migrated to it."""
    assert value == 0, "versions differ"


@check(jobs_missing(), severity="warning", every="daily", smoke=True)
def test_scheduled_jobs_registered(value):
    """Every job that an app wants to have scheduled is known to the scheduler."""
    assert value == 0, "jobs are missing"


@check(sql("doctypes_without_table"), severity="high", every="daily", smoke=True)
def test_doctypes_have_tables(value):
    """Every DocType has its table: a migration that broke off leaves some without."""
    assert value == 0, "tables are missing"


@check(
    workers_older_than_code(),
    severity="warning",
    every="hourly",
    smoke=True,
    depends_on="redis_queue_answers",
)
def test_workers_older_than_code(value):
    """Every worker started after the last change of an app's code: older ones run the old code."""
    assert value == 0, "workers run old code"
