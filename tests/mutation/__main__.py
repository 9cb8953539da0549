"""`make mutants`: whether the tests notice when the code that judges and tells is changed.

Each module has tests that take seconds. They are collected once; for each mutant a process is forked in which the
one function has the changed code, and the tests run that came over its lines; where they start a pytest, that is
a fork too. What is outside of functions is changed on disk, in a copy of the tree. A test that failed must fail
again alone before it counts.

    python -m tests.mutation [MODULE ...] [--fast]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import conftest
from tests.mutation import disk, inner
from tests.mutation.forks import Forks
from tests.mutation.operators import mutants
from tests.mutation.plan import PLAN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "mutants"
PAGE = ROOT / "docs" / "mutants.md"
ABREAST = 2


def module(name: str, tests: Sequence[str], trees: Sequence[Path]) -> dict[str, str]:
    """How each mutant of a module ended, by what it is called."""
    path = ROOT / name
    found = list(mutants(path.read_text(encoding="utf-8"), str(path)))
    forks = Forks(path, found, FOLDER / name.replace("/", "-"), ABREAST)
    conftest.run_pytest = inner.run_pytest
    status = pytest.main([*tests, "-q", "-s", "-p", "no:cacheprovider"], plugins=[forks])
    if status:
        raise SystemExit(f"{name}: {status!r}")
    left = [n for n in range(len(found)) if trees and forks.ends.get(n, "disk") == "disk"]

    def work(worker: int) -> None:
        for n in left[worker::ABREAST]:
            forks.ends[n] = disk.judge(trees[worker], name, found[n], tests)
            print(f"disk {n + 1} {forks.ends[n]:9.60} {found[n].key}", flush=True)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(ABREAST)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return _named([one.key for one in found], [forks.ends.get(n, "disk") for n in range(len(found))])


def _named(keys: Sequence[str], ends: Sequence[str]) -> dict[str, str]:
    """Ends by key; the second mutant of a key is called (2)."""
    named: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=True):
        n, own = 1, key
        while own in named:
            n, own = n + 1, f"{key} ({n + 1})"
        named[own] = end
    return named


def explained(page: str, name: str) -> set[str]:
    """The survivors of a module that the page gives a reason for."""
    section = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    return set(re.findall(r"^- `(.+?)`: ", section[1], re.M)) if section else set()


def told(page: str, name: str, made: int, left: int) -> str:
    """The page with a module's figures in its table."""
    row = f"| {name} | {made} | {made - left} | {left} |"
    return re.sub(rf"^\| {re.escape(name)} \|.*\|$", row, page, flags=re.M)


def main() -> int:
    """Each module in turn; 1 when a mutant survives that docs/mutants.md gives no reason for."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("modules", nargs="*", help="all, or some: fixtures/judging.py")
    parser.add_argument(
        "--fast", action="store_true", help="only inside functions, and the page stays as it is"
    )
    given = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="mutants-") as folder:
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
        return judge(given, [Path(folder) / f"tree-{n}" for n in range(ABREAST)])


def judge(given: argparse.Namespace, trees: Sequence[Path]) -> int:
    """What was asked for."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not given.fast:
        disk.copies(ROOT, trees)
    missing = 0
    for name in given.modules or PLAN:
        record = FOLDER / (name.replace("/", "-") + ".json")
        record.unlink(missing_ok=True)
        child = os.fork()  # each module's tests are imported afresh
        if not child:
            record.write_text(json.dumps(module(name, PLAN[name], () if given.fast else trees), indent=1))
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        if not record.exists():
            return 1
        ends = json.loads(record.read_text())
        left = {key for key, end in ends.items() if not end.startswith("killed")}
        page = PAGE.read_text(encoding="utf-8")
        known = explained(page, name)
        missing += len(left - known)
        print(f"{name}: {len(ends)} mutants, {len(ends) - len(left)} killed, {len(left)} survived")
        for key in sorted(left - known):
            print(f"  no reason is given: {key} ({ends[key]})")
        for key in sorted(known - left):
            print(f"  does not survive: {key}")
        if not given.fast:
            PAGE.write_text(told(page, name, len(ends), len(left)), encoding="utf-8")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
