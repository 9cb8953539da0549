"""The machine that the site, or this suite, runs on."""

from fixtures import check, clock_offset, days_left, host, increase, log_errors


@check(host("disk_used_percent"), unit="%", warning=90, critical=95, smoke=True)
def test_disk_usage(value, limit):
    """The fullest file system of bench, backups, database and root has room."""
    assert value <= limit


@check(host("inodes_used_percent"), unit="%", warning=80, critical=95)
def test_inodes_used_percent(value, limit):
    """The file systems can take more files."""
    assert value <= limit


@check(host("memory_available_percent"), unit="%", warning=10, critical=4)
def test_memory_available_percent(value, limit):
    """Memory is left before the kernel starts to kill processes."""
    assert value >= limit


@check(host("load_per_core"), unit="processes per core", warning=2, high=4)
def test_load_per_core(value, limit):
    """The five-minute load is one that the cores can carry."""
    assert value <= limit


@check(host("swap_used_percent"), unit="%", warning=50)
def test_swap_used_percent(value, limit):
    """Most of the swap space is free, where memory is short."""
    assert value <= limit


@check(host("open_files_percent"), unit="%", warning=70, critical=90, every="hourly")
def test_open_files_percent(value, limit):
    """The kernel can open more files."""
    assert value <= limit


@check(
    days_left(host("disk_used_percent"), of="disk_usage", full=100, days=7),
    unit="days",
    warning=14,
    high=3,
    every="hourly",
    depends_on="disk_usage",
)
def test_disk_full_in_days(value, limit):
    """At the pace of the last week the fullest disk lasts."""
    assert value >= limit


@check(
    clock_offset(),
    unit="seconds",
    warning=1,
    high=5,
    every="hourly",
    depends_on=("database_answers", "site_answers"),
)
def test_clock_offset_seconds(value, limit):
    """This host, the database and the web server tell the same time."""
    assert value <= limit


@check(host("oom_kills"), unit="processes", info=100, every="hourly")
def test_oom_kills_since_boot(value, limit):
    """The kernel has killed few processes for want of memory since it started."""
    assert value <= limit


@check(
    increase(host("oom_kills"), of="oom_kills_since_boot", hours=24),
    unit="processes",
    warning=0,
    every="hourly",
    events="24h",
)
def test_oom_kills_24h(value, limit):
    """The kernel killed no process for want of memory in 24 hours."""
    assert value <= limit


@check(
    log_errors("web.error.log"),
    unit="requests",
    warning=20,
    every="hourly",
    depends_on="maintenance_mode_off",
    events="1h",
)
def test_web_log_errors_1h(value, limit):
    """Few requests of the last hour left a traceback in the web server's log."""
    assert value <= limit
