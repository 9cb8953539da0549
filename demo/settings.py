"""The settings file of a demo site: its own part, and what the active faults change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from demo.web import SITE
from demo.web_session import MONITOR

if TYPE_CHECKING:
    from demo.site import Demo

Overrides = Mapping[str, Mapping[str, Any]]

HOST_IS_YOURS: Overrides = {
    "checks.disk_usage": {"warning": 99.5, "critical": 99.9},
    "checks.inodes_used_percent": {"warning": 99.5, "critical": 99.9},
    "checks.memory_available_percent": {"warning": 0.02, "critical": 0.01},
    "checks.swap_used_percent": {"warning": 99.9},
    "checks.open_files_percent": {"warning": 98, "critical": 99},
    "checks.oom_kills_since_boot": {"info": 1_000_000},
    "checks.clock_offset_seconds": {"warning": 2, "high": 5},
    "checks.disk_full_in_days": {"warning": 0.02, "high": 0.01},
    "checks.database_buffer_pool_miss_percent": {"warning": 50, "high": 90},
    "checks.database_growth_percent_7d": {"warning": 300, "high": 900},
    "checks.load_per_core": {"warning": 500, "high": 1000},
    "checks.site_answer_seconds": {"warning": 25, "critical": 28},
    "checks.login_page_seconds": {"warning": 25, "critical": 28},
    "checks.database_answer_seconds": {"warning": 25, "critical": 28},
}
"""The host is this machine and not the demo's, and faults fill its tables: wide limits where that shows."""


def render(demo: Demo) -> str:
    """checks.toml as it should be now."""
    base: dict[str, dict[str, Any]] = {
        "": {"bench": str(demo.bench), "state": str(demo.folder / "state"), "deadline": 30},
        "database": {
            "user": "checks",
            "password_file": str(demo.folder / "checks-password"),
            "replica_host": "127.0.0.1",
            "replica_port": demo.port("database"),
        },
        "web": {
            "url": f"https://localhost:{demo.port('https')}",
            "host": SITE,
            "http_url": f"http://localhost:{demo.port('http')}",
            "tls_ca": str(demo.folder / "tls" / "ca.pem"),
            "status_page": "/system-status",
        },
        # A country without public holidays: the day after one would not be judged for a silent stop.
        "alerts": {"holidays": "BV"},
        "backups": {"offsite_marker": str(demo.folder / "offsite-marker")},
        "host": {"disks": [str(demo.folder)]},
        "timeouts": {"connect": 4, "read": 6, "statement": 5},
    }
    if demo.browser:
        base["browser"] = {"user": MONITOR[0], "password": MONITOR[1]}
    if demo.monitoring:
        base["pushgateway"] = {"url": demo.monitoring.url("pushgateway")}
    for overrides in (HOST_IS_YOURS, *demo.active.values()):
        for section, values in overrides.items():
            base[section] = base.get(section, {}) | dict(values)
    lines = ["# Written by the demo. The host is this machine, so its limits are wide."]
    for section, values in base.items():
        lines += [f"\n[{section}]"] if section else []
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
