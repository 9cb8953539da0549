"""Faults of the host and of backups.

The host is this machine: its limits are narrowed, not its disk filled.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.fault import Fault, both, fault, idle, lively

if TYPE_CHECKING:
    from demo.site import Demo


EVERYTHING = " ".join(
    name
    for file in sorted((Path(__file__).parents[1] / "checks").glob("test_*.py"))
    for name in re.findall(r"^def test_(\w+)", file.read_text(encoding="utf-8"), re.M)
)


WITHOUT_CONFIG = (
    "backup_offsite_age_hours disk_full_in_days disk_usage dns_resolves https_redirect inodes_used_percent"
    " load_per_core memory_available_percent oom_kills_24h oom_kills_since_boot open_files_percent"
    " realtime_answers redis_cache_answers redis_cache_memory_percent redis_queue_answers"
    " redis_queue_evicted_since_start redis_queue_evictions redis_queue_memory_percent redis_queue_policy"
    " redis_rejected_connections redis_rejected_since_start rq_failed_jobs_1h rq_longest_running_job_seconds"
    " rq_oldest_job_age_seconds rq_waiting_jobs rq_workers_alive rq_workers_registered scheduler_process_runs"
    " swap_used_percent tls_certificate_valid tls_days_left tls_life_left_percent unknown_host_refused web_log_errors_1h"
    " workers_older_than_code"
)
"""What can be observed though a site's own config says nothing."""


def empty_config(demo: Demo) -> None:
    """A disk that was full while Frappe wrote the site's config."""
    demo.site_config.rename(demo.site_config.with_suffix(".kept"))
    demo.site_config.touch()


def whole_config(demo: Demo) -> None:
    """As it was."""
    demo.site_config.with_suffix(".kept").replace(demo.site_config)


def folder(demo: Demo) -> Path:
    """Where the demo's backups lie."""
    return demo.bench / "sites" / "vereniging.demo" / "private" / "backups"


def newest(demo: Demo) -> Path:
    """The newest database backup."""
    return max(folder(demo).glob("*-database.sql.gz"), key=lambda file: file.stat().st_mtime)


def hide_backups(demo: Demo) -> None:
    """The folder is not there."""
    folder(demo).rename(demo.folder / "hidden")


def show_backups(demo: Demo) -> None:
    """It is there again."""
    if folder(demo).is_symlink():
        folder(demo).unlink()
    (demo.folder / "hidden").rename(folder(demo))


def loop_backups(demo: Demo) -> None:
    """A folder that even root cannot read."""
    hide_backups(demo)
    folder(demo).symlink_to(folder(demo))


def age_backups(hours: float) -> Any:
    """All backups grow older, or younger, by so many hours."""

    def act(demo: Demo) -> None:
        for file in folder(demo).iterdir():
            at = file.stat().st_mtime - hours * 3600
            os.utime(file, (at, at))

    return act


def age_files(hours: float) -> Any:
    """The backups of the uploaded files grow older, or younger."""

    def act(demo: Demo) -> None:
        for file in folder(demo).glob("*-private-files.tar"):
            at = file.stat().st_mtime - hours * 3600
            os.utime(file, (at, at))

    return act


def opened(demo: Demo) -> Path:
    """A folder that every account may enter, as the demo's own may not."""
    return Path(tempfile.gettempdir()).resolve() / f"open-backups-{demo.port('https')}"


def open_to_all(demo: Demo) -> None:
    """The backups lie in a folder for all."""
    shutil.copytree(folder(demo), opened(demo))
    opened(demo).chmod(0o755)
    for file in opened(demo).iterdir():
        file.chmod(0o644)


def closed_again(demo: Demo) -> None:
    """That folder is gone."""
    shutil.rmtree(opened(demo))


def shrink(demo: Demo) -> None:
    """The newest backup is a tenth of what it was."""
    file = newest(demo)
    at, content = file.stat().st_mtime, file.read_bytes()
    (demo.folder / "whole").write_bytes(content)
    file.write_bytes(content[: len(content) // 10])
    os.utime(file, (at, at))


def grow(demo: Demo) -> None:
    """It is whole again."""
    file = newest(demo)
    at = file.stat().st_mtime
    file.write_bytes((demo.folder / "whole").read_bytes())
    os.utime(file, (at, at))


def marker(hours: float) -> Any:
    """The off-site copy is so many hours old."""

    def act(demo: Demo) -> None:
        at = time.time() - hours * 3600
        os.utime(demo.folder / "offsite-marker", (at, at))

    return act


def hide_marker(demo: Demo) -> None:
    """The off-site copy's marker is gone."""
    (demo.folder / "offsite-marker").unlink()


def show_marker(demo: Demo) -> None:
    """It is back."""
    (demo.folder / "offsite-marker").touch()


def narrowed(check: str, **limits: float) -> dict[str, dict[str, float]]:
    """Limits that this machine is sure to break."""
    return {f"checks.{check}": limits}


FAULTS: dict[str, Fault] = {
    "disk_full": fault(
        "the disk is fuller than its narrowed limits",
        "disk_usage",
        settings=narrowed("disk_usage", warning=-2, critical=-1),
    ),
    "inodes_full": fault(
        "more inodes are used than its narrowed limits",
        "inodes_used_percent",
        settings=narrowed("inodes_used_percent", warning=-2, critical=-1),
    ),
    "memory_full": fault(
        "less memory is left than its narrowed limits",
        "memory_available_percent",
        settings=narrowed("memory_available_percent", warning=102, critical=101),
    ),
    "load_high": fault(
        "the load is above its narrowed limits",
        "load_per_core",
        settings=narrowed("load_per_core", warning=-2, high=-1),
    ),
    "host_unreadable": fault(
        "the host's figures cannot be read",
        "",
        "disk_usage inodes_used_percent memory_available_percent load_per_core scheduler_process_runs"
        " swap_used_percent open_files_percent disk_full_in_days oom_kills_since_boot oom_kills_24h",
        settings={"host": {"proc": "/nowhere", "disks": ["/nowhere"]}},
    ),
    "site_config_broken": fault(
        "the site's config is empty",
        "site_config_readable site_answers",
        " ".join(set(EVERYTHING.split()) - {"site_config_readable", "site_answers", *WITHOUT_CONFIG.split()}),
        empty_config,
        whole_config,
    ),
    "no_time": fault(
        "the run's deadline passes before anything is observed",
        "",
        EVERYTHING,
        settings={"": {"deadline": 1e-6}},
    ),
    "backups_gone": fault(
        "there is no backup folder",
        "backup_exists",
        "backup_age_hours backup_size_ratio backup_readable",
        hide_backups,
        show_backups,
    ),
    "backups_unreadable": fault(
        "the backup folder cannot be read",
        "",
        "backup_exists backup_age_hours backup_size_ratio backup_readable backup_files_private"
        " backup_files_age_hours",
        loop_backups,
        show_backups,
    ),
    "backups_open": fault(
        "every account of the host can read the backups",
        "backup_files_private",
        "",
        open_to_all,
        closed_again,
        lambda demo: {"backups": {"folder": str(opened(demo))}},
    ),
    "files_backup_old": fault(
        "the uploaded files were last backed up 400 hours ago",
        "backup_files_age_hours",
        "",
        both(idle("backups"), age_files(400)),
        both(age_files(-400), lively("backups")),
    ),
    "backup_old": fault(
        "the newest backup is 63 hours old",
        "backup_age_hours",
        "",
        both(idle("backups"), age_backups(60)),
        both(age_backups(-60), lively("backups")),
    ),
    "backup_shrunk": fault(
        "the newest backup is a tenth of the others",
        "backup_size_ratio backup_readable",
        "",
        both(idle("backups"), shrink),
        both(grow, lively("backups")),
    ),
    "offsite_old": fault(
        "the last copy off this host is 120 hours old", "backup_offsite_age_hours", "", marker(120), marker(0)
    ),
    "offsite_unreadable": fault(
        "the off-site marker is gone", "", "backup_offsite_age_hours", hide_marker, show_marker
    ),
}
