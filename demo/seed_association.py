"""Members of the demo, with their memberships, dues schedules, mandates, and the volunteers among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from demo import seed_money
from demo.days import local, moments
from demo.seed_dues import RATE, Payer, next_month, nights
from demo.seed_money import iban
from demo.seed_rest import Row, Table

JOINS_A_DAY = 2.2
TYPE = "Lid voor het leven"
"""A membership without a date of renewal: the app never moves one, and no membership ever expires."""

FIRST = ["Anna", "Bram", "Carla", "Daan", "Eva", "Finn", "Greet", "Hugo", "Iris", "Joost", "Kim", "Lars"]
LAST = ["Voorbeeld", "Fictief", "Proefman", "van Test", "Denkbeeld", "de Nep", "Modelstra", "Verzonnen"]


def tables(at: float, count: int) -> Iterator[Table]:
    """Members, `count` of them, with what each has; `at` in epoch seconds."""
    now, chance = local(at), random.Random(5000)
    members: list[Row] = []
    memberships: list[Row] = []
    mandates: list[Row] = []
    requests: list[Row] = []
    volunteers: list[Row] = []
    payers: list[Payer] = []
    saved = last_night(now)
    joins = moments("join", JOINS_A_DAY, at, count / JOINS_A_DAY * 1.15)[:count]
    chance.shuffle(joins)
    for number, joined in enumerate(joins):
        name = f"MEM-{number:05}"
        gone = number % 25 == 24
        debit = number % 5 != 0
        method = "SEPA Direct Debit" if debit else "Bank Transfer"
        status = "Terminated" if gone else "Active"
        full_name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        left = joined + (now - joined) * 0.5 if gone else None
        changed = left or joined
        account = iban(number) if debit else None
        who = (f"L{number:05}", status, "Approved", method, f"CUS-{number:05}", full_name, account)
        members.append((name, joined, max(joined, saved), *who))
        ended = ("Cancelled", left.date(), "Immediate") if left else ("Active", None, None)
        memberships.append((f"MSH-{number:05}", joined, changed, 1, name, TYPE, joined.date(), *ended))
        if left:
            dates = (left.date(), left.date(), left)
            requests.append((f"TERM-REQ-{number:05}", left, left, name, "Voluntary", "Executed", *dates))
        else:
            payers.append(Payer(number, joined, debit, free=number % 100 == 50))
        if debit:
            state = "Cancelled" if gone else "Active"
            signed = (f"M-{number:05}", name, state, iban(number), joined.date(), left and left.date())
            mandates.append((f"MAN-{number:05}", joined, changed, *signed, int(not gone)))
        if number % 12 == 0 and not gone:
            volunteers.append((f"VOL-{number:05}", joined, joined, name, "Active"))
    requests += _open_requests(now)
    stamp = ("name", "creation", "modified")
    yield Table(
        "tabMember",
        (
            *stamp,
            "member_id",
            "status",
            "application_status",
            "payment_method",
            "customer",
            "full_name",
            "iban",
        ),
        members,
    )
    yield Table("tabMembership Type", (*stamp, "minimum_amount"), [(TYPE, now, now, 2)])
    yield Table(
        "tabMembership",
        (
            *stamp,
            "docstatus",
            "member",
            "membership_type",
            "start_date",
            "status",
            "cancellation_date",
            "cancellation_type",
        ),
        memberships,
    )
    yield Table(
        "tabMembership Termination Request",
        (
            *stamp,
            "member",
            "termination_type",
            "status",
            "request_date",
            "termination_date",
            "execution_date",
        ),
        requests,
    )
    yield _schedules(now, payers)
    yield Table(
        "tabSEPA Mandate",
        (*stamp, "mandate_id", "member", "status", "iban", "sign_date", "cancelled_date", "is_active"),
        mandates,
    )
    yield Table("tabVolunteer", (*stamp, "member", "status"), volunteers)
    yield from seed_money.tables(at, payers)


def last_night(now: datetime) -> datetime:
    """When the app last saved each member, as it does every night."""
    night = now.replace(hour=0, minute=0, second=40, microsecond=0)
    return night if night <= now else night - timedelta(days=1)


def _open_requests(now: datetime) -> Iterator[Row]:
    """Two that the board has not decided, three that are to be executed."""
    today = now.date()
    for number in range(5):
        state, on = ("Pending", None) if number < 2 else ("Approved", today + timedelta(days=number))
        asked = now - timedelta(days=2)
        member = f"MEM-{number:05}"
        yield f"TERM-REQ-O{number}", asked, asked, member, "Voluntary", state, asked.date(), on, None


def _schedules(now: datetime, payers: list[Payer]) -> Table:
    """Monthly ones, as the last night of billing left them; a free one's date stays. Three templates."""
    billed = nights(now)[0]
    rows: list[Row] = []
    for payer in payers:
        done = payer.joined < billed
        first = next_month(payer.joined.date())
        dates = (billed.date(), next_month(billed.date())) if done else (None, first)
        rate, why = (0, "Erelid") if payer.free else (RATE, None)
        if payer.free:
            dates = (None, first)
        changed = billed if done and not payer.free else payer.joined
        of = (payer.member, f"MSH-{payer.number:05}", TYPE)
        state = ("Active", 0, "Monthly", rate, why, *dates)
        rows.append((f"DUE-{payer.number:05}", payer.joined, changed, *of, *state))
    rows += [
        (f"Template-{name}", now, now, None, None, TYPE, "Active", 1, "Annual", 60, None, None, None)
        for name in ("Jaar", "Kwartaal", "Maand")
    ]
    columns = (
        "name creation modified member membership membership_type status is_template billing_frequency"
        " dues_rate custom_amount_reason last_invoice_date next_invoice_date"
    )
    return Table("tabMembership Dues Schedule", tuple(columns.split()), rows)
