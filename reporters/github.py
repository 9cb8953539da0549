"""GitHub Actions: an annotation for each check that is not ok, and a step summary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reporters.run import Result, Run
from reporters.terminal import Line, figure, limit, totals

MOST = 10
"""GitHub shows ten annotations of a kind for a step; the summary has them all."""


def commands(run: Run) -> Iterator[str]:
    """Workflow commands (docs.github.com, "Workflow commands for GitHub Actions")."""
    bad = [one for one in run.worst() if one.status in ("failing", "unknown") and one.root is None]
    for result in bad[:MOST]:
        kind = (
            "error" if result.status == "failing" and result.severity in ("high", "critical") else "warning"
        )
        title = _property(f"{result.severity} {result.check} {result.status}")
        yield f"::{kind} title={title}::{_data(_said(result))}"


def summary(run: Run) -> str:
    """Markdown: one line of totals, and a table of what is not ok."""
    bad = [one for one in run.worst() if one.status in ("failing", "unknown")]
    rows = [
        f"| {one.severity} | {_cell(one.check)} | {one.status} | {_cell(_said(one))} | {_cell(one.runbook)} |"
        for one in bad
    ]
    head = ["| severity | check | status | | runbook |", "| --- | --- | --- | --- | --- |"] if rows else []
    return "\n".join([f"### {_cell(totals(run))}", "", *head, *rows, ""])


def quoted(lines: Iterable[Line], environ: Mapping[str, str]) -> Iterator[Line]:
    """The lines, none of which GitHub takes for a command: what a site answered may look like one."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield from lines
        return
    token = os.urandom(16).hex()
    yield f"::stop-commands::{token}", ""
    yield from lines
    yield f"::{token}::", ""


def tell(run: Run, environ: Mapping[str, str]) -> Iterator[str]:
    """Lines for the log, where this runs in GitHub Actions; the summary goes into its file."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(summary(run))
    yield from commands(run)


def _said(result: Result) -> str:
    if result.status == "failing" and result.limit is not None:
        return f"{figure(result.value, result.unit)}, {limit(result)}"
    return result.reason


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Plain text in a table's cell: no markup, no new line."""
    flat = " ".join(text.split())
    return "".join(f"&#{ord(letter)};" if letter in "<>&|`*_[]\\~" else letter for letter in flat)
