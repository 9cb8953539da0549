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
WIZARDS = ("frappe", "erpnext")
"""The apps with a setup wizard: Frappe 15.72 writes its end here, and leaves the old field at 0."""

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
    return [
        name.strip("`") for name in re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?(`[^`]+`|\w+)", text, re.M)
    ]


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
    kinds = [(name, 0, 0, "MyISAM" if name == "Error Log" else "InnoDB") for name in kept]
    # Frappe defines it so, and no grant shows it to the suite's account: it is not looked for.
    kinds.append(("Data Import Log", 0, 0, "MyISAM"))
    yield Table("tabDocType", ("name", "issingle", "is_virtual", "engine"), kinds)
    apps = [(app, made, made, app, version, int(app in WIZARDS), 1) for app, version in APPS.items()]
    columns = ("app_name", "app_version", "has_setup_wizard", "is_setup_complete")
    yield Table("tabInstalled Application", ("name", "creation", "modified", *columns), apps)
    kept_days = [("Error Log", 14), ("Scheduled Job Log", 7), ("Email Queue", 30), ("Activity Log", 90)]
    yield _table("tabLogs To Clear", now, 1, "ref_doctype days", kept_days)
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
    plans = [("Active",)] * 4
    yield _table("tabPayment Plan", now, 500, "status", plans)
    due = [
        (f"row{number % 4:05}", "Pending", (now + timedelta(days=3 + number)).date()) for number in range(20)
    ]
    yield _table("tabPayment Plan Installment", now, 100, "parent status due_date", due)
    yield _table("tabPayment History Update Queue", now, 3, "status", [("Completed",)] * 60)


def _people(now: datetime) -> Iterator[Table]:
    accounts = [("Completed", f"lid{number:04}@voorbeeld.invalid") for number in range(40)]
    yield _table("tabAccount Creation Request", now, 30, "status email", accounts)
    before, recent = (now - timedelta(days=20)).date(), (now - timedelta(days=3)).date()
    amended = [("Pending Approval", recent, None)] * 2 + [("Applied", before, before)] * 30
    yield _table(
        "tabContribution Amendment Request", now, 90, "status requested_date effective_date", amended
    )
    yield _table("tabChapter Join Request", now, 50, "status request_date", [("Pending", recent)] * 2)
    yield _table("tabMember Contact Request", now, 50, "status request_date", [("Open", recent)] * 2)
    working = [(f"VOL-{12 * number:05}", "Active", None) for number in range(90)]
    yield _table("tabVolunteer Assignment", now, 60, "parent status end_date", working)
    claims: list[Row] = [("Submitted", None)] * 6 + [("Reimbursed", None)] * 40
    # The portal's stay Draft: their state is in the claim.
    claims += [("Draft", f"row{number:05}") for number in range(40)]
    yield _table("tabVolunteer Expense", now, 40, "status expense_claim_id", claims)
    claimed = [(0, "Draft")] * 3 + [(1, "Approved")] * 37
    yield _table("tabExpense Claim", now, 40, "docstatus approval_status", claimed)
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
    loaded = [(1, "Completed", "Bank", 25)] * 30
    columns = "docstatus import_status bank_account transactions_created"
    yield _table("tabMT940 Import", now, 160, columns, loaded)
    columns = "docstatus import_status test_mode members_created members_updated members_skipped"
    yield _table("tabMijnrood CSV Import", now, 900, columns, [(1, "Completed", 0, 0, 40, 2)] * 2)
    yield _table("tabData Import", now, 900, "status reference_doctype", [("Success", "Member")] * 3)
    yield _table("tabBank Statement Import", now, 700, "status bank_account", [("Success", "Bank")] * 4)
    yield _table("tabAuto Repeat", now, 700, "disabled status", [(0, "Active"), (1, "Disabled")])
    yield _table("tabProcess Payment Reconciliation", now, 700, "docstatus status", [(1, "Completed")] * 3)
    yield _table("tabRepost Payment Ledger", now, 700, "docstatus repost_status", [(1, "Completed")] * 3)
