"""The machine that the site, or this suite, runs on."""

from fixtures import check, host


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
