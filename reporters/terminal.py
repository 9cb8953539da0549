"""What a person reads at the end of a run, at 80 columns: what is not ok, and one line of totals."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reporters.history import Since
from reporters.run import Result, Run
from reporters.runbook import first_step

WIDTH = 80
LISTED = 100
"""Of many sites' troubles so many are listed, the worst first."""

FEW = 3
Line = tuple[str, str]
"""A text and the colour it is written in on a terminal; empty for none."""

COLOURS = {"critical": "red", "high": "red", "warning": "yellow", "info": "blue"}


def summary(run: Run, since: Mapping[Since, float], root: Path) -> Iterator[Line]:
    """The table of what is not ok, root causes first, and the totals."""
    blind = _blind(run)
    for reason, sites in blind.items():
        more = f" and {len(sites) - FEW} more" if len(sites) > FEW else ""
        yield f"UNKNOWN  everything on {', '.join(sites[:FEW])}{more}", "purple"
        yield from wrapped("reason", reason)
        yield "", ""
    hidden = {site for sites in blind.values() for site in sites}
    bad = [one for one in run.worst() if one.status in ("failing", "unknown") and one.site not in hidden]
    several = len({result.site for result in run.results}) > 1
    followers: dict[tuple[str, str | None], list[Result]] = {}
    for result in bad:
        followers.setdefault((result.site, result.root), []).append(result)
    roots = [result for result in bad if result.root is None]
    for result in roots[:LISTED]:
        began = since.get((result.site, result.check, result.severity, result.status))
        yield _head(result, result.site if several else "", began)
        yield from _entry(result, followers.get((result.site, result.check), []), root)
        yield "", ""
    if len(roots) > LISTED:
        yield f"{len(roots) - LISTED} more are not listed here; the status page has them", ""
        yield "", ""
    yield totals(run), _colour(run)


def _blind(run: Run) -> dict[str, list[str]]:
    """Reason -> the sites of which nothing at all was seen for it; of one site alone each check is told."""
    reasons: dict[str, set[str]] = {}
    for result in run.results:
        reasons.setdefault(result.site, set()).add(result.reason if result.status == "unknown" else "")
    found: dict[str, list[str]] = {}
    for site, told in reasons.items() if len(reasons) > 1 else ():
        if len(told) == 1 and (reason := next(iter(told))):
            found.setdefault(reason, []).append(site)
    return found


def _head(result: Result, site: str, began: float | None) -> Line:
    word = "UNKNOWN" if result.status == "unknown" else result.severity.upper()
    where, told = f" on {site}" if site else "", f" since {_moment(began)}" if began else ""
    colour = COLOURS[result.severity] if result.status == "failing" else "purple"
    return f"{word:<9}{result.check}{where}{told}", colour


def _entry(result: Result, followers: list[Result], root: Path) -> Iterator[Line]:
    if result.status == "failing" and result.limit is not None:
        yield f"  value    {figure(result.value, result.unit)}, {limit(result)}", ""
    else:
        yield from wrapped("reason", result.reason)
    yield from wrapped("evidence", evidence(result.evidence))
    yield from wrapped("fails", ", ".join(one.check for one in followers if one.status == "failing"))
    yield from wrapped("blocks", ", ".join(one.check for one in followers if one.status == "unknown"))
    yield from wrapped("first", first_step(root / result.runbook) or "")
    yield f"  runbook  {result.runbook}", ""


def detail(results: Sequence[Result], since: Mapping[Since, float]) -> Iterator[Line]:
    """One check while debugging: its value, each limit and the headroom, and the evidence."""
    one = results[0]
    value = figure(one.value, one.unit) if one.value is not None else one.reason or "the condition holds"
    seen = f"{_moment(one.observed_at)}, {one.duration * 1000:.0f} ms" if one.observed_at else "not observed"
    yield f"{one.check}: {one.summary}", ""
    yield f"  value    {value}", ""
    yield f"  observed {seen}", ""
    for result in results:
        colour = {"failing": "red", "unknown": "purple"}.get(result.status, "green")
        room = f", {headroom(result)}" if result.value is not None and result.limit is not None else ""
        bound = f"{limit(result)}{room}" if result.limit is not None else "a condition"
        began = since.get((result.site, result.check, result.severity, result.status))
        yield (
            f"  {result.severity:<8} {result.status}: {bound}{f', since {_moment(began)}' if began else ''}",
            colour,
        )
    yield from wrapped("evidence", evidence(one.evidence))


def totals(run: Run) -> str:
    """`46 checks on vereniging.demo: 44 ok, 2 failing; 1.2 s`."""
    counts = run.counts()
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    sites = sorted({result.site for result in run.results if result.site})
    where = f" on {len(sites)} sites" if len(sites) > 1 else f" on {sites[0]}" if sites else ""
    part = "" if run.complete else " (a part of all)"
    return f"{sum(counts.values())} checks{part}{where}: {told or 'nothing judged'}; {run.duration:.1f} s"


def figure(value: float | None, unit: str) -> str:
    """A figure for reading: 1,234.5 errors, 93.2 %."""
    if value is None:
        return "no value"
    text = f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def limit(result: Result) -> str:
    """`at most 50 errors (warning)`."""
    word = "at least" if result.direction == ">=" else "at most"
    return f"{word} {figure(result.limit, result.unit)} is {'needed' if word == 'at least' else 'allowed'}"


def headroom(result: Result) -> str:
    """How far the value is from its limit."""
    assert result.value is not None
    assert result.limit is not None
    room = (result.limit - result.value) * (-1 if result.direction == ">=" else 1)
    return f"{figure(abs(room), '')} {'left' if room >= 0 else 'beyond'}"


def evidence(seen: Mapping[str, object]) -> str:
    """The evidence as `name value` pairs on one line."""
    return ", ".join(f"{name} {_short(value)}" for name, value in seen.items())


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def wrapped(word: str, text: str) -> Iterator[Line]:
    """A word and its text over as many lines as it takes; none without text."""
    for number, line in enumerate(textwrap.wrap(text, WIDTH - 11, break_on_hyphens=False)):
        yield f"  {word if number == 0 else '':<8} {line}", ""


def folded(text: str) -> list[str]:
    """A text over as many lines as it takes, without a break in a path that one may copy."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def printable(text: str) -> str:
    """Text that a terminal only shows: what a site answered may hold what moves the cursor or colours it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _moment(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    today = moment.date() == datetime.now(UTC).astimezone().date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


def _colour(run: Run) -> str:
    counts = run.counts()
    if counts["failing"]:
        return "red"
    return "yellow" if counts["unknown"] or counts["blocked"] or not counts["ok"] else "green"
