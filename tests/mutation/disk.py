"""Mutants on disk, in copies of the tree: what a module does when it is imported cannot be changed later."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.operators import Mutant

SECONDS = 1200


def judge(tree: Path, name: str, mutant: Mutant, tests: Sequence[str]) -> str:
    """How a mutant ends in a copy of the tree, by a pytest of its own."""
    file = tree / name
    kept = file.read_bytes()
    file.write_text(mutant.source, encoding="utf-8")
    try:
        words = (
            sys.executable,
            "-m",
            "pytest",
            *tests,
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "not drill",
        )
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            words, cwd=tree, capture_output=True, text=True, timeout=SECONDS, check=False, env=env
        )
    except subprocess.TimeoutExpired:
        return "killed by time"
    finally:
        file.write_bytes(kept)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.M)
    if done.returncode == 0:
        return "survived"
    return f"killed by {failed[1] if failed else 'pytest'}"


def copies(root: Path, trees: Sequence[Path]) -> None:
    """The trees for mutants on disk."""
    listed = subprocess.run(
        ("git", "ls-files", "-co", "--exclude-standard", "-z"),
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for tree in trees:
        shutil.rmtree(tree, ignore_errors=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (root / name).exists():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(root / name, tree / name)
