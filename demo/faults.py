"""Every fault by name: exactly the checks that it names fail, and those that it names are unknown."""

from __future__ import annotations

from demo import (
    faults_batches,
    faults_dues,
    faults_host,
    faults_jobs,
    faults_journeys,
    faults_mandates,
    faults_members,
    faults_more,
    faults_people,
    faults_rows,
    faults_servers,
    faults_services,
    faults_web,
    faults_workers,
)
from demo.fault import Fault

ROWS: dict[str, Fault] = {
    **faults_rows.FAULTS,
    **faults_batches.FAULTS,
    **faults_mandates.FAULTS,
    **faults_dues.FAULTS,
    **faults_members.FAULTS,
    **faults_services.FAULTS,
    **faults_people.FAULTS,
}
"""What is rows only: each is judged without starting pytest, and all at once by it."""

FAULTS: dict[str, Fault] = {
    **faults_web.FAULTS,
    **faults_servers.FAULTS,
    **faults_workers.FAULTS,
    **faults_jobs.FAULTS,
    **faults_journeys.FAULTS,
    **faults_host.FAULTS,
    **faults_more.FAULTS,
    **ROWS,
}
