"""A shard's results on their way to the run that asked for them: small on the wire and in memory.

What all sites say of a check is sent once a shard and kept once a run; of each result only what was seen
travels.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from reporters.run import Result, Run, Status

Kind = tuple[Any, ...]
Kinds = dict[Kind, Result]
"""What a check is, as one of its results says it; what was seen in that one means nothing."""


class Row(Struct, frozen=True, array_like=True):
    """One result: the number of its kind and of its site, and what was seen."""

    kind: int
    site: int
    status: Status
    value: int | float | None
    reason: str
    evidence: dict[str, Any]
    observed_at: float
    duration: float
    root: str | None


class Packed(Struct, frozen=True):
    """All of a shard."""

    kinds: list[Result]
    sites: list[str]
    rows: list[Row]
    selected: int
    whole: bool


class Answer(Struct, frozen=True):
    """What a shard's run gave; `whole`: all checks of its sites were selected, and judged."""

    results: list[Result]
    selected: int
    whole: bool


DECODER = msgspec.json.Decoder(Packed)


def answer_of(shard: Path) -> Path:
    """Where the process of a shard leaves its answer: beside the file that says what it is."""
    return shard.with_name("answer")


def packed(run: Run) -> bytes:
    """A run, to be sent."""
    kinds: dict[Kind, int] = {}
    sites: dict[str, int] = {}
    named: list[Result] = []
    rows = []
    for one in run.results:
        number = kinds.setdefault(_kind(one), len(kinds))
        if number == len(named):
            named.append(replace(one, site="", reason="", evidence={}, value=None, root=None))
        site = sites.setdefault(one.site, len(sites))
        seen = (one.status, one.value, one.reason, one.evidence, one.observed_at, one.duration, one.root)
        rows.append((number, site, *seen))
    told = {"kinds": named, "sites": [*sites], "rows": rows, "selected": run.selected, "whole": run.complete}
    return zlib.compress(msgspec.json.encode(told), 1)


def unpacked(data: bytes, known: Kinds) -> Answer:
    """What was sent; `known` are the kinds that came before, to which new ones are added.

    Raises:
        ValueError: it is no answer of this version of the suite.
    """
    try:
        found = DECODER.decode(zlib.decompress(data))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"not a shard's answer: {error}") from None
    kinds = [known.setdefault(_kind(one), one) for one in found.kinds]
    results = [_result(kinds[row.kind], found.sites[row.site], row) for row in found.rows]
    return Answer(results, found.selected, found.whole)


def _kind(one: Result) -> Kind:
    """All that was not seen."""
    return (
        one.check,
        one.group,
        one.severity,
        one.limit,
        one.direction,
        one.unit,
        one.summary,
        one.runbook,
        one.every,
        one.smoke,
        one.depends_on,
        one.metric,
        one.events,
    )


def _result(kind: Result, site: str, row: Row) -> Result:
    return Result(
        kind.check,
        site,
        kind.group,
        kind.severity,
        row.status,
        row.value,
        kind.limit,
        kind.direction,
        kind.unit,
        sys.intern(row.reason),
        _shared(row.evidence),
        row.observed_at,
        row.duration,
        kind.summary,
        kind.runbook,
        kind.every,
        kind.smoke,
        kind.depends_on,
        kind.metric,
        row.root,
        kind.events,
    )


def _shared(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """The names of statements and servers are the same for all sites."""
    return {key: sys.intern(told) if type(told) is str else told for key, told in evidence.items()}
