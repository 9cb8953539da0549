"""The record of a run, out of what pytest-json-report writes. Only this module knows its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fixtures.declaration import SEVERITIES, Severity

T = TypeVar("T")
Status = Literal["ok", "failing", "unknown", "skipped"]

KEY = "verenigingen_checks"
"""Where the run's own facts stand in the JSON document."""

FORMAT = 1
FULL = "full"
"""The suite of runs that judge every check; any other is named by `--suite`."""

NOT_DUE = "not due"
"""How the reason begins of what a scheduled run left out: its last result still stands."""

OUTCOMES: Mapping[str, Status] = {
    "passed": "ok",
    "failed": "failing",
    "error": "unknown",
    "skipped": "skipped",
}


class Result(Struct, frozen=True, gc=False):
    """One item's outcome; `observed_at` in epoch seconds, `duration` in seconds.

    `limit` is None for a condition.
    `root` is the failing check that this one's trouble comes from; unknown with a root is blocked. `events`
    is the time whose events the value counts (24h), empty for a state.
    """

    check: str
    site: str
    group: str
    severity: Severity
    status: Status
    value: int | float | None = None
    limit: float | None = None
    direction: str | None = None
    unit: str = ""
    reason: str = ""
    evidence: Mapping[str, Any] = {}
    observed_at: float = 0.0
    duration: float = 0.0
    summary: str = ""
    runbook: str = ""
    every: str = "run"
    smoke: bool = False
    depends_on: tuple[str, ...] = ()
    metric: str | None = None
    root: str | None = None
    events: str = ""

    @property
    def not_due(self) -> bool:
        """Left out of this run, and judged in an earlier one."""
        return self.status == "skipped" and self.reason.startswith(NOT_DUE)

    @property
    def blocked(self) -> bool:
        """Unknown because a check that it depends on fails."""
        return self.status == "unknown" and self.root is not None

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Order from fine to bad: failing beats unknown beats the rest, then severity."""
        return self.status == "failing", self.status == "unknown", SEVERITIES.index(self.severity)


class Run(Struct, frozen=True):
    """All results of one `pytest checks/`.

    `whole`: all that its suite should judge was selected (every check of each site, or what `--suite`
    named); `complete`: and all of it was judged.
    """

    id: str
    started: float
    duration: float
    exit_status: int
    complete: bool
    selected: int
    results: tuple[Result, ...]
    suite: str = FULL
    whole: bool = True

    @property
    def full(self) -> bool:
        """Whether it judged every check of each site: what others are shown is replaced by it."""
        return self.complete and self.suite == FULL

    def sites(self) -> tuple[str, ...]:
        """The sites that have results, in the order of their first."""
        return tuple(dict.fromkeys(result.site for result in self.results))

    def by_site(self) -> dict[str, Run]:
        """Site -> this run with its results alone: once through them all, and not once for each site."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.site, []).append(result)
        return {site: replace(self, results=tuple(own)) for site, own in found.items()}

    def worst(self) -> list[Result]:
        """One result a check and site, at its worst; the worst first."""
        found: dict[tuple[str, str], Result] = {}
        for result in self.results:
            key = (result.site, result.check)
            if key not in found or result.rank > found[key].rank:
                found[key] = result
        return sorted(found.values(), key=lambda result: result.rank, reverse=True)

    def counts(self) -> dict[str, int]:
        """Checks by status, `blocked` told apart from `unknown`."""
        found = dict.fromkeys(("ok", "failing", "unknown", "blocked", "skipped"), 0)
        for result in self.worst():
            found["blocked" if result.blocked else result.status] += 1
        return found

    def left_out(self) -> set[tuple[str, str]]:
        """Site and check of what was not judged: an earlier result may stand for it."""
        return {(result.site, result.check) for result in self.results} - self._judged()

    def _judged(self) -> set[tuple[str, str]]:
        return {(result.site, result.check) for result in self.results if result.status != "skipped"}

    def with_results(self, more: Iterable[Result]) -> Run:
        """This run and results carried over from earlier ones, their roots worked out anew."""
        have = self._judged()
        carried = [result for result in more if (result.site, result.check) not in have]
        taken = {(result.site, result.check) for result in carried}
        kept = [result for result in self.results if (result.site, result.check) not in taken]
        return replace(self, results=rooted([*kept, *carried]))


def batched(items: Iterable[T], count: int) -> Iterator[tuple[T, ...]]:
    """So many at a time (itertools has it from Python 3.12 on)."""
    rest = iter(items)
    while batch := tuple(islice(rest, count)):
        yield batch


def stamp(document: dict[str, Any], facts: Mapping[str, Any], judged: int | None = None) -> None:
    """Add the run's own facts to a document, and take out what it should not hold.

    `facts`: id, started, selected (how many items), whole and suite; `judged`: how many, where the document
    does not hold them itself.
    """
    judged = len(document.get("tests", ())) if judged is None else judged
    document["environment"] = {}  # pytest-metadata collects variables of CI systems, tokens among them
    ended = document.get("exitcode") in (0, 1)  # pytest's own: not interrupted, no internal error
    complete = facts["whole"] and judged >= facts["selected"] and ended
    document[KEY] = {"format": FORMAT, "complete": complete, **facts}


def from_document(document: Any) -> Run:
    """The run of one JSON document; ValueError when it is none of this suite's."""
    facts = document.get(KEY) if isinstance(document, Mapping) else None
    if not isinstance(facts, Mapping) or facts.get("format") != FORMAT:
        raise ValueError(f"not a run's record of format {FORMAT}")
    try:
        own = {
            "id": facts["id"],
            "started": facts["started"],
            "duration": document["duration"],
            "exit_status": document["exitcode"],
            "complete": facts["complete"],
            "suite": facts.get("suite", FULL),
            "whole": facts.get("whole", facts["complete"]),
            "selected": facts["selected"],
        }
        msgspec.convert(own | {"results": ()}, Run)
        results = rooted(_result(test) for test in document.get("tests", ()))
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise ValueError(f"not a run's record of format {FORMAT}: {type(error).__name__}") from None
    return Run(**own, results=results)


def result_of(told: Mapping[str, Any]) -> Result:
    """A result that was written as JSON, also by another version of the suite."""
    known = {name: value for name, value in told.items() if name in Result.__struct_fields__}
    return Result(**(known | {"depends_on": tuple(known.get("depends_on", ()))}))


def _result(test: Mapping[str, Any]) -> Result:
    told: dict[str, Any] = {}
    for pair in test.get("user_properties", ()):
        told |= pair
    known = {name: told[name] for name in Result.__struct_fields__ if name in told}
    if isinstance(value := known.get("value"), bool):  # of a condition; what reads a number takes no other
        known["value"] = int(value)
    known |= {
        "depends_on": tuple(told.get("depends_on", ())),
        "status": OUTCOMES.get(test["outcome"], "unknown"),
    }
    name = test["nodeid"].rpartition("::")[2]
    least: dict[str, Any] = {"check": name, "site": "", "group": "", "severity": "warning"}
    try:
        msgspec.convert(least | known, Result)  # not taken as it is: it makes floats of whole numbers
    except msgspec.ValidationError:  # an ordinary test may have recorded anything under one of our names
        known = {key: value for key, value in known.items() if _fits(key, value)}
    return Result(**(least | known))


def _fits(key: str, value: Any) -> bool:
    try:
        msgspec.convert(value, get_type_hints(Result)[key])
    except msgspec.ValidationError:
        return False
    return True


def rooted(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results, each that is not fine with the failing check it comes from, if one is."""
    found = tuple(results)
    by_check: dict[tuple[str, str], Result] = {}
    for result in found:
        key = (result.site, result.check)
        if key not in by_check or result.rank > by_check[key].rank:
            by_check[key] = result

    def root(start: Result) -> str | None:
        """Depth first, by the order in which they are named; below a failing one only what is below it."""
        failing, seen, waiting = None, {start.check}, [*reversed(start.depends_on)]
        while waiting:
            name = waiting.pop()
            one = by_check.get((start.site, name))
            if one is None or name in seen or one.status not in ("failing", "unknown"):
                continue
            seen.add(name)
            if one.status == "failing":
                failing, waiting = name, []
            waiting += reversed(one.depends_on)
        return failing

    return tuple(
        replace(result, root=root(result)) if result.status in ("failing", "unknown") else result
        for result in found
    )
