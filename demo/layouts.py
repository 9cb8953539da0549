"""The indexes that Frappe's versions give a site's tables: what differs between 15 and 16 stands here.

15 makes an index on `modified` for each DocType. 16 makes one on `creation` instead and drops the other,
but for DocTypes that sort by `modified`: none of Frappe's and ERPNext's own any more, most of
Verenigingen's. (Read in frappe/database/mariadb/schema.py and patches/v16_0/switch_default_sort_order.py.)
Child tables have neither. So what a statement looks for in a time is bounded by both, unless its table
keeps the first:

- `creation > X` says `modified > X` as well, `modified < X` says `creation < X`: adding it changes nothing.
- `modified > X` alone needs an older bound of `creation` besides.
"""

from __future__ import annotations

import re

SORTED_BY_MODIFIED = """
Account Creation Request, Bulk Operation Tracker, Chapter Join Request, Contribution Amendment Request,
Direct Debit Batch, Donation, E-Boekhouden Import Log, E-Boekhouden Migration, Member, Member Contact Request,
Membership, Membership Termination Request, Membership Type, Mijnrood CSV Import, MT940 Import,
Party Enrichment Queue, Payment Plan, Periodic Donation Agreement, SEPA Mandate, SEPA Payment Retry,
SEPA Retry Batch, SEPA Return File Log, Volunteer, Volunteer Expense
"""
"""DocTypes of Verenigingen whose sort_field is `modified`."""

MODIFIED, CREATION = "KEY modified (modified)", "KEY creation (creation)"


def kept() -> frozenset[str]:
    """Tables that have both indexes under Frappe 16."""
    return frozenset(f"tab{name.strip()}" for name in SORTED_BY_MODIFIED.split(","))


def frappe_16(schema: str) -> str:
    """The definitions of a site of 15, as they are after its upgrade to 16."""

    def changed(found: re.Match[str]) -> str:
        both = found[1].strip("`") in kept()
        return found[0].replace(MODIFIED, f"{MODIFIED}, {CREATION}" if both else CREATION)

    return re.sub(r"^CREATE TABLE (`[^`]+`|\w+) .*$", changed, schema, flags=re.MULTILINE)
