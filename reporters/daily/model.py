"""What a report holds. Times are in epoch seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from fixtures.declaration import Severity
from fixtures.known import Left
from reporters.daily.spans import Span

Mark = Literal["ahead", "none", "rest", "ok", "part", "unknown", "warning", "failing"]
MARKS: tuple[Mark, ...] = ("ahead", "none", "rest", "ok", "part", "unknown", "warning", "failing")
"""What a bar shows, from good to bad: not there yet, no data, not due, ok, ok as far as it was seen, not
observed, a lower limit passed, failing."""

TARGET = 99.5
"""Per cent of the observations that should be ok."""


class Counts(Struct):
    """Observations by status."""

    ok: int = 0
    failing: int = 0
    unknown: int = 0

    def add(self, ok: int, failing: int, unknown: int) -> None:
        """Count more."""
        self.ok += ok
        self.failing += failing
        self.unknown += unknown

    @property
    def share(self) -> float | None:
        """Per cent ok of what was observed; None when nothing was."""
        seen = self.ok + self.failing
        return 100 * self.ok / seen if seen else None


class Row(Struct, frozen=True):
    """One check: its bars are the worst of all its limits, its counts those of the gravest limit.

    `seconds` of observing: the average, and the longest that is known.
    """

    site: str
    check: str
    group: str
    severity: Severity
    every: str
    summary: str
    runbook: str
    counts: Counts
    before: Counts
    bars: Sequence[Mark]
    seconds: tuple[float, float]
    events: str = ""

    @property
    def grave(self) -> bool:
        """Whether its gravest limit is a high or critical one."""
        return self.severity in ("high", "critical")


class Group(Struct, frozen=True):
    """The checks of one subject on one site."""

    site: str
    name: str
    counts: Counts
    before: Counts
    bars: Sequence[Mark]
    rows: Sequence[Row]


class Incident(Struct, frozen=True):
    """Trouble that people were told of; `followers` failed or went unobserved because of it."""

    id: str
    site: str
    check: str
    group: str
    severity: Severity
    status: str
    since: float
    ended: float | None
    root: str | None
    followers: tuple[str, ...] = ()
    summary: str = ""
    runbook: str = ""
    events: str = ""


class Change(Struct, frozen=True):
    """What is not as it was at the end of the time before."""

    kind: Literal["broke", "blind", "mended", "passed", "new", "gone", "unusual"]
    site: str
    check: str
    runbook: str = ""


class Figure(Struct, frozen=True):
    """A named figure: its values (None where it could not be observed), limits, and what is usual.

    `band`: from when, the lowest and the highest of the time before at the same hours of the day. `step`
    is the usual time between two values.
    """

    site: str
    check: str
    metric: str
    group: str
    summary: str
    unit: str
    direction: str | None
    runbook: str
    points: Sequence[tuple[float, float | None]]
    limits: Sequence[tuple[Severity, float]]
    band: Sequence[tuple[float, float, float]]
    step: float
    last: float | None
    average: float | None
    before: float | None
    mark: Mark
    unusual: bool

    @property
    def values(self) -> list[float]:
        """Those that were observed."""
        return [value for _, value in self.points if value is not None]


class Asked(Struct, frozen=True):
    """What a site itself was asked for; `why` says why there is no answer.

    `days` is how many the errors and users are of; the batches are those changed in the last 7 days.
    """

    site: str
    days: int
    errors: Sequence[tuple[str, int]] = ()
    users: int | None = None
    batches: Sequence[tuple[str, int]] = ()
    why: str = ""


class Unobserved(Struct, frozen=True):
    """A check that could not be observed, or gave no result at all (`times` is 0 then)."""

    site: str
    check: str
    times: int
    share: float
    reason: str
    runbook: str


class Gap(Struct, frozen=True):
    """A time without runs."""

    begin: float
    end: float
    missed: int


class Quiet(Struct, frozen=True):
    """A silence or a maintenance window."""

    scope: str
    owner: str
    because: str
    starts: float
    ends: float


class Report(Struct, frozen=True):
    """All of it, as it was known at `at`; `until` is where its time or the present cuts it off."""

    span: Span
    at: float
    until: float
    sites: tuple[str, ...]
    interval: float
    runs: int
    expected: int
    broken_off: int
    counts: Counts
    before: Counts
    runs_before: int
    groups: Sequence[Group]
    incidents: Sequence[Incident]
    incidents_before: int
    changes: Sequence[Change]
    figures: Sequence[Figure]
    unobserved: Sequence[Unobserved]
    gaps: Sequence[Gap]
    silences: Sequence[Quiet]
    asked: Sequence[Asked] = ()
    known: Sequence[Left] = ()

    @property
    def rows(self) -> list[Row]:
        """All checks."""
        return [row for group in self.groups for row in group.rows]

    @property
    def whole(self) -> bool:
        """Whether its time is over."""
        return self.at >= self.span.end
