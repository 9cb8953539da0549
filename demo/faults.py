"""Every fault by name: exactly the checks that it names fail, and those that it names are unknown."""

from __future__ import annotations

from demo import faults_host, faults_jobs, faults_rows, faults_servers, faults_web
from demo.fault import Fault

FAULTS: dict[str, Fault] = {
    **faults_web.FAULTS,
    **faults_servers.FAULTS,
    **faults_jobs.FAULTS,
    **faults_rows.FAULTS,
    **faults_host.FAULTS,
}
