"""Members of the demo, with their memberships, dues schedules, mandates, and the volunteers among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from demo import seed_money
from demo.days import local, moments
from demo.seed_money import iban
from demo.seed_rest import Row, Table

JOINS_A_DAY = 2.2

FIRST = ["Anna", "Bram", "Carla", "Daan", "Eva", "Finn", "Greet", "Hugo", "Iris", "Joost", "Kim", "Lars"]
LAST = ["Voorbeeld", "Fictief", "Proefman", "van Test", "Denkbeeld", "de Nep", "Modelstra", "Verzonnen"]


def tables(at: float, count: int) -> Iterator[Table]:
    """Members, `count` of them, with what each has; `at` in epoch seconds."""
    now, chance = local(at), random.Random(5000)
    today = now.date()
    members: list[Row] = []
    memberships: list[Row] = []
    dues: list[Row] = []
    mandates: list[Row] = []
    volunteers: list[Row] = []
    joins = moments("join", JOINS_A_DAY, at, count / JOINS_A_DAY * 1.15)[:count]
    chance.shuffle(joins)
    for number, joined in enumerate(joins):
        name = f"MEM-{number:05}"
        gone = number % 25 == 24
        debit = number % 5 != 0
        method = "SEPA Direct Debit" if debit else "Bank Transfer"
        status = "Terminated" if gone else "Active"
        full_name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        changed = joined + (now - joined) * 0.5
        members.append(
            (name, joined, changed, f"L{number:05}", status, "Active", method, f"CUS-{number:05}", full_name)
        )
        ended = "Cancelled" if gone else "Active"
        memberships.append(
            (f"MSH-{number:05}", joined, changed, 1, name, ended, joined.date(), today + timedelta(days=200))
        )
        if not gone:
            next_date = today + timedelta(days=1 + (number - today.toordinal()) % 90)
            dues.append((f"DUE-{number:05}", joined, changed, name, "Active", 0, "Quarterly", 15, next_date))
        if debit:
            state = "Cancelled" if gone else "Active"
            cancelled = changed.date() if gone else None
            mandates.append(
                (
                    f"MAN-{number:05}",
                    joined,
                    changed,
                    f"M-{number:05}",
                    name,
                    state,
                    iban(number),
                    joined.date(),
                    cancelled,
                    int(not gone),
                )
            )
        if number % 12 == 0 and not gone:
            volunteers.append((f"VOL-{number:05}", joined, changed, name, "Active"))
    dues += [
        (f"Template-{template}", now, now, None, "Active", 1, "Annual", 60, None)
        for template in ("Jaar", "Kwartaal", "Maand")
    ]
    stamp = ("name", "creation", "modified")
    yield Table(
        "tabMember",
        (*stamp, "member_id", "status", "application_status", "payment_method", "customer", "full_name"),
        members,
    )
    yield Table(
        "tabMembership", (*stamp, "docstatus", "member", "status", "start_date", "renewal_date"), memberships
    )
    yield Table(
        "tabMembership Dues Schedule",
        (*stamp, "member", "status", "is_template", "billing_frequency", "dues_rate", "next_invoice_date"),
        dues,
    )
    yield Table(
        "tabSEPA Mandate",
        (*stamp, "mandate_id", "member", "status", "iban", "sign_date", "cancelled_date", "is_active"),
        mandates,
    )
    yield Table("tabVolunteer", (*stamp, "member", "status"), volunteers)
    yield from seed_money.tables(at, [row for row in mandates if row[5] == "Active"])
