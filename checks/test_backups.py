"""Backups: Frappe makes none by itself, so their absence is silent."""

from fixtures import backup, check, file_age, files_backup_age, open_backups, readable_backup


@check(backup("count"), severity="high", every="hourly", smoke=True)
def test_backup_exists(value):
    """A backup of the whole database lies in the site's backup folder."""
    assert value > 0


@check(
    backup("age_hours"),
    unit="hours",
    warning=26,
    high=50,
    every="hourly",
    smoke=True,
    depends_on="backup_exists",
)
def test_backup_age_hours(value, limit):
    """The newest database backup is of today."""
    assert value <= limit


@check(
    backup("size_ratio"),
    unit="of the median",
    warning=0.7,
    high=0.4,
    every="hourly",
    depends_on="backup_exists",
)
def test_backup_size_ratio(value, limit):
    """The newest backup is about as large as those before it: one that shrank is not complete."""
    assert value >= limit


@check(file_age("offsite_marker"), unit="hours", warning=50, high=100, every="daily")
def test_backup_offsite_age_hours(value, limit):
    """A copy left this host lately, by the age of the file that the copying job touches."""
    assert value <= limit


@check(readable_backup(), severity="high", every="daily", depends_on="backup_exists")
def test_backup_readable(value):
    """The newest database backup unpacks, and its last line says that the dump is complete."""
    assert value


@check(open_backups(), severity="warning", every="daily", depends_on="backup_exists")
def test_backup_files_private(value):
    """No backup can be read by every account of the host: it holds all members' data."""
    assert value == 0, "every account of the host can read backups"


@check(files_backup_age(), unit="hours", warning=170, high=340, every="daily", depends_on="backup_exists")
def test_backup_files_age_hours(value, limit):
    """The uploaded files are backed up each week: mandates and receipts are among them."""
    assert value <= limit
