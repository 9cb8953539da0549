"""Days and names of the association: when its money moves, what its documents are called."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fixtures.target2 import business_day, is_business_day

DAY = timedelta(days=1)
SITE_MADE = datetime.fromisoformat("2027-03-01T10:00")
FIRST_COLLECTION = date(2027, 6, 15)

DAY_BEFORE = datetime.fromisoformat("2027-06-14T09:10")
"""A Monday: the batch of ten rows is collected tomorrow."""

COLLECTION_DAY = datetime.fromisoformat("2027-06-15T15:00")

TWO_WEEKS_LATER = datetime.fromisoformat("2027-06-29T09:10")
"""Eight debits are booked and two came back."""

MONTH_LATER = datetime.fromisoformat("2027-07-14T09:10")
"""July's batch is collected tomorrow: nine invoices of July and the two that came back in June."""


def member(number: int) -> str:
    return f"MEM-{number:02}"


def customer(number: int) -> str:
    return f"CUS-{number:02}"


def schedule(number: int) -> str:
    return f"DUES-{number:02}"


def mandate(number: int) -> str:
    return f"MND-{number:02}"


def invoice(number: int, month: date = FIRST_COLLECTION) -> str:
    """A monthly invoice; without a month, June's."""
    return f"INV-{month:%y%m}-{number:02}"


def batch(month: date = FIRST_COLLECTION) -> str:
    return f"BATCH-{month:%y%m}"


def collection(month: date) -> date:
    """The fifteenth, or the next day on which money moves."""
    day = month.replace(day=15)
    return day if is_business_day(day) else business_day(day, 1)


def months(now: datetime) -> list[date]:
    """The first day of each month from April 2027 on."""
    found = [date(2027, 4, 1)]
    while next_month(found[-1]) <= now.date():
        found.append(next_month(found[-1]))
    return found


def iban(number: int) -> str:
    """A Dutch IBAN with good check digits (ISO 7064, mod 97) of a bank that does not exist."""
    account = f"VERZ{number:010}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"


def spaced(number: str) -> str:
    """An IBAN in groups of four, as the app keeps a mandate's."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def next_month(day: date) -> date:
    """The first of the next month."""
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


def booked(day: date) -> datetime:
    """When the bank's statement of a collection is booked."""
    return on(business_day(day, 1), 11)


def on(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))
