"""An invoice as faults make it."""

from __future__ import annotations

from datetime import timedelta

from demo.fault import day

INVOICE = "tabSales Invoice"
SOON = day(30)

Columns = dict[str, object]


def invoice(count: int, age: timedelta, **more: object) -> tuple[str, int, timedelta, Columns]:
    """A submitted, unpaid invoice that is due in a month."""
    usual: dict[str, object] = {
        "docstatus": 1,
        "status": "Unpaid",
        "posting_date": day(-age.days),
        "due_date": SOON,
        "grand_total": 15,
        "outstanding_amount": 15,
        "customer": "CUS-FAULT",
        "is_return": 0,
    }
    return INVOICE, count, age, usual | more
