"""What a deployment leaves behind."""

from fixtures import (
    check,
    config_readable,
    jobs_missing,
    patches_pending,
    sql,
    switched_on,
    tables_missing,
    versions_differ,
    workers_older_than_code,
)


@check(config_readable(), severity="critical", smoke=True)
def test_site_config_readable(value):
    """The site's config can be read as Frappe reads it, and names a MariaDB database."""
    assert not value, value


@check(sql("patches_skipped"), unit="patches", warning=0, every="daily")
def test_patches_skipped(value, limit):
    """No patch of a migration was skipped and left undone."""
    assert value <= limit


@check(patches_pending(), severity="high", every="hourly", smoke=True)
def test_migrations_pending(value):
    """Every patch that the site's apps name was applied."""
    assert value == 0, "patches are pending"


@check(versions_differ(), severity="warning", every="hourly", smoke=True)
def test_app_versions_expected(value):
    """Each of the site's apps has the version that the settings expect, and the site was migrated to it."""
    assert value == 0, "versions differ"


@check(jobs_missing(), severity="warning", every="daily", smoke=True)
def test_scheduled_jobs_registered(value):
    """Every job that the site's apps want to have scheduled is known to the scheduler, stopped or not."""
    assert value == 0, "jobs are missing"


@check(tables_missing(), severity="high", every="daily", smoke=True)
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


@check(switched_on("developer_mode", "allow_tests", "ignore_csrf"), severity="high", every="hourly")
def test_config_developer_mode(value):
    """The site's config has none of the switches on that belong to a developer's machine."""
    assert value == 0, "a developer's switch is on"


@check(switched_on("mute_emails"), severity="high", every="hourly")
def test_config_mail_muted(value):
    """Mail is not muted in the site's config: Frappe would keep it all, without an error."""
    assert value == 0, "mail is muted"


@check(switched_on("server_script_enabled"), severity="info", every="daily")
def test_config_server_scripts(value):
    """Nobody may write scripts in the desk that run on the server."""
    assert value == 0, "server scripts are allowed"
