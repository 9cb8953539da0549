"""What a fault is, and the means by which faults are made and undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo.pulse import site_now

if TYPE_CHECKING:
    from demo.site import Demo

Act = Callable[["Demo"], object]
Overrides = Mapping[str, Mapping[str, Any]]


def nothing(_: Demo) -> None:
    """Nothing to do."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: which checks must fail for it, and which can then not be observed."""

    summary: str
    fails: frozenset[str]
    blocks: frozenset[str] = frozenset()
    inject: Act = nothing
    heal: Act = nothing
    settings: Overrides | Callable[[Demo], Overrides] = field(default_factory=dict)


def fault(  # noqa: PLR0913, PLR0917 (a table of facts)
    summary: str,
    fails: str = "",
    blocks: str = "",
    inject: Act = nothing,
    heal: Act = nothing,
    settings: Overrides | Callable[[Demo], Overrides] | None = None,
) -> Fault:
    """A Fault, with the ids of its checks in one text each."""
    return Fault(summary, frozenset(fails.split()), frozenset(blocks.split()), inject, heal, settings or {})


def both(*acts: Act) -> Act:
    """One act after the other."""

    def act(demo: Demo) -> None:
        for one in acts:
            one(demo)

    return act


def sql(statement: str, *values: object) -> Act:
    """A statement as administrator."""

    def act(demo: Demo) -> None:
        with demo.root() as cursor:
            cursor.execute(statement, values or None)

    return act


def rows(table: str, count: int, age: timedelta, apart: timedelta = timedelta(), **columns: object) -> Act:
    """`count` rows, the newest of this age and the others each so much older."""
    names = ", ".join(["name", "creation", "modified", *columns])
    marks = ", ".join(["%s"] * (3 + len(columns)))

    def act(demo: Demo) -> None:
        now = site_now()
        made = [
            (
                f"fault-{number}",
                *[now - age - number * apart] * 2,
                *(_value(one, number) for one in columns.values()),
            )
            for number in range(count)
        ]
        with demo.root() as cursor:
            cursor.executemany(f"INSERT INTO `{table}` ({names}) VALUES ({marks})", made)

    return act


def _value(told: object, number: int) -> object:
    """A column's value in one row: as it stands, or made now from the row's number."""
    return told(number) if callable(told) else told


def day(offset: int) -> Callable[[int], date]:
    """The date so many days from today."""
    return lambda _: (site_now() + timedelta(days=offset)).date()


def row_fault(
    summary: str, fails: str, *made: tuple[str, int, timedelta, Mapping[str, object]], apart: float = 0
) -> Fault:
    """A fault that is rows in some tables, each (table, count, age, columns), so many seconds apart."""
    parts = [rows(table, count, age, timedelta(seconds=apart), **more) for table, count, age, more in made]
    return fault(summary, fails, "", both(*parts), both(*(no_rows(table) for table, *_ in made)))


def changed(summary: str, fails: str, there: str, back: str, stands_still: str = "") -> Fault:
    """A fault that is a statement, and the statement that undoes it."""
    if not stands_still:
        return fault(summary, fails, "", sql(there), sql(back))
    return fault(
        summary, fails, "", both(idle(stands_still), sql(there)), both(sql(back), lively(stands_still))
    )


def no_rows(table: str) -> Act:
    """Take away what `rows` put there."""
    return sql(f"DELETE FROM `{table}` WHERE name LIKE 'fault-%'")


def behave(**told: object) -> Act:
    """The web front misbehaves."""
    return lambda demo: demo.behave(**told)


def config(*, common: bool = False, **values: object) -> Act:
    """Keys of site_config.json, or of the bench's common one."""
    return lambda demo: demo.set_config(common=common, **values)


def signal(name: str, number: int) -> Act:
    """A signal to one of the servers."""
    return lambda demo: demo.signal(name, number)


def kill(name: str) -> Act:
    """End one of the servers."""
    return lambda demo: demo.kill(name)


def start(name: str) -> Act:
    """Start it again."""
    return lambda demo: demo.start_again(name)


def idle(part: str) -> Act:
    """A part of the site's own life stands still, so that it does not undo the fault, for however long."""
    return lambda demo: demo.set_idle(part, idle=True)


def lively(part: str) -> Act:
    """It goes on, and makes up for what it missed."""

    def act(demo: Demo) -> None:
        demo.set_idle(part, idle=False)
        demo.beat()

    return act


def ago(**span: float) -> datetime:
    """Site time, so long ago."""
    return site_now() - timedelta(**span)
