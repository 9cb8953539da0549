"""The rest of the demo's rows: users, books, volunteers, other services, the framework's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parent / "schema.sql"
APPS = {"frappe": "15.72.4", "erpnext": "15.71.1", "verenigingen": "0.9.0"}
PATCHES = 12
"""Of each app."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Rows of one table; `creation` and `modified` come right after the name in each."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]


def table_names() -> list[str]:
    """Every table of the demo."""
    text = SCHEMA.read_text(encoding="utf-8")
    return [name.strip("`") for name in re.findall(r"^CREATE TABLE (`[^`]+`|\w+)", text, re.M)]


def patches(app: str) -> list[str]:
    """The lines of an app's patches.txt."""
    return [f"{app}.patches.v{number}.change #2024-01-{number + 1:02}" for number in range(PATCHES)]


def tables(now: datetime) -> Iterator[Table]:
    """All of them; `now` is the site's local time."""
    yield from _framework(now)
    yield from _books(now)
    yield from _people(now)
    yield from _services(now)


def _table(name: str, now: datetime, hours: float, columns: str, rows: list[Row]) -> Table:
    """Rows so many hours apart, numbered."""
    stamped = []
    for number, row in enumerate(rows):
        at = now - timedelta(hours=2 + hours * number)
        stamped.append((f"row{number:05}", at, at, *row))
    return Table(name, ("name", "creation", "modified", *columns.split()), stamped)


def _framework(now: datetime) -> Iterator[Table]:
    kept = [name.removeprefix("tab") for name in table_names() if name not in ("tabSingles", "tabSessions")]
    made = now - timedelta(days=800)
    yield Table("tabDocType", ("name", "issingle", "is_virtual"), [(name, 0, 0) for name in kept])
    apps = [(app, made, made, app, version) for app, version in APPS.items()]
    yield Table("tabInstalled Application", ("name", "creation", "modified", "app_name", "app_version"), apps)
    done = [patch for app in APPS for patch in patches(app)]
    rows = [(f"patch{number:04}", made, made, patch, 0) for number, patch in enumerate(done)]
    yield Table("tabPatch Log", ("name", "creation", "modified", "patch", "skipped"), rows)
    users = [(f"lid{number:04}@voorbeeld.invalid", made, made, int(number < 170)) for number in range(180)]
    yield Table("tabUser", ("name", "creation", "modified", "enabled"), users)
    role = [
        (f"role{number:04}", made, made, user[0], "User", "System Manager" if number < 3 else "Member")
        for number, user in enumerate(users)
    ]
    yield Table("tabHas Role", ("name", "creation", "modified", "parent", "parenttype", "role"), role)
    yield _table(
        "tabEmail Account", now, 1, "enable_outgoing default_outgoing awaiting_password", [(1, 1, 0)]
    )
    yield _table("tabUnhandled Email", now, 50, "", [()] * 3)
    yield _table("tabPrepared Report", now, 9, "status", [("Completed",)] * 30 + [("Error",)])
    yield _table("tabAccess Log", now, 12, "export_from", [("Member",)] * 40)
    yield _table("tabDeleted Document", now, 5, "", [()] * 200)
    yield _table("tabAPI Audit Log", now, 0.5, "event_type severity", [("api_call_success", "info")] * 500)


def _books(now: datetime) -> Iterator[Table]:
    entries = []
    for number in range(200):
        at = now - timedelta(hours=2 * number)
        for side, debit, credit in (("d", 15, 0), ("c", 0, 15)):
            entries.append(
                (f"gle{number}{side}", at, at, "Sales Invoice", f"SINV-{number}", debit, credit, 0)
            )
    columns = ("voucher_type", "voucher_no", "debit", "credit", "is_cancelled")
    yield Table("tabGL Entry", ("name", "creation", "modified", *columns), entries)
    days = [((now - timedelta(days=1 + number // 4)).date(), 1, 0) for number in range(400)]
    days += [((now - timedelta(days=20)).date(), 1, 25)] * 3
    yield _table("tabBank Transaction", now, 6, "date docstatus unallocated_amount", days)
    yield _table("tabPayment Entry", now, 6, "docstatus reference_no", [(1, "REF")] * 300 + [(1, None)])
    plans = [("Active",)] * 4
    yield _table("tabPayment Plan", now, 500, "status", plans)
    due = [
        (f"row{number % 4:05}", "Pending", (now + timedelta(days=3 + number)).date()) for number in range(20)
    ]
    yield _table("tabPayment Plan Installment", now, 100, "parent status due_date", due)
    yield _table("tabPayment History Update Queue", now, 3, "status", [("Completed",)] * 60)
    yield _table("tabSEPA Return File Log", now, 700, "status", [("Completed",)] * 12)
    retries = [("Resolved", (now - timedelta(days=30)).date())] * 20
    retries += [("Scheduled", (now + timedelta(days=4)).date())] * 3
    yield _table("tabSEPA Payment Retry", now, 40, "status next_retry_date", retries)
    yield _table("tabSEPA Audit Log", now, 0.3, "compliance_status", [("Compliant",)] * 300)


def _people(now: datetime) -> Iterator[Table]:
    yield _table("tabAccount Creation Request", now, 30, "status", [("Completed",)] * 40)
    before = (now - timedelta(days=20)).date()
    yield _table(
        "tabMembership Termination Request", now, 90, "status termination_date", [("Executed", before)] * 30
    )
    yield _table(
        "tabContribution Amendment Request", now, 90, "status effective_date", [("Applied", before)] * 30
    )
    working = [(f"VOL-{12 * number:05}", "Active", None) for number in range(90)]
    yield _table("tabVolunteer Assignment", now, 60, "parent status end_date", working)
    claims = [("Submitted",)] * 6 + [("Reimbursed",)] * 80
    yield _table("tabVolunteer Expense", now, 40, "status", claims)
    ends = [("Active", (now + timedelta(days=200 + number)).date()) for number in range(25)]
    yield _table("tabPeriodic Donation Agreement", now, 300, "status end_date", ends)


def _services(now: datetime) -> Iterator[Table]:
    yield _table("tabMollie Audit Log", now, 0.7, "status", [("success",)] * 400)
    yield _table("tabE-Boekhouden Import Log", now, 8, "import_status", [("Success",)] * 60)
    yield _table(
        "tabE-Boekhouden Migration", now, 300, "migration_status failed_records", [("Completed", 0)] * 5
    )
    yield _table("tabIntegration Request", now, 2, "status", [("Completed",)] * 300 + [("Failed",)])
    yield _table("tabWebhook Request Log", now, 2, "error", [(None,)] * 200)
    yield _table("tabParty Enrichment Queue", now, 7, "status", [("Completed",)] * 50)
    yield _table("tabBulk Operation Tracker", now, 60, "status", [("Completed",)] * 20)
