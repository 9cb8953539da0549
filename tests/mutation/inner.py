"""`pytest` for a test that starts one: not by the command but in a fork, where the changed function lives on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests import conftest
from tests.conftest import Outcome

COMMAND = conftest.run_pytest
OVER: set[int] = set()
"""Lines that were come over, when that is looked at: those of the fork are added."""


def run_pytest(
    folder: Path,
    *arguments: str,
    env: dict[str, str] | None = None,
    timeout: float = 100,
    **special: Any,
) -> Outcome:
    """As tests.conftest.run_pytest; what needs a process that is started anew gets one."""
    if any(special.values()):
        return COMMAND(folder, *arguments, env=env, timeout=timeout, **special)
    with tempfile.TemporaryDirectory() as held:
        record, said, over = (Path(held) / name for name in ("record", "said", "over"))
        child = os.fork()
        if not child:
            status = 70
            try:
                for key in [key for key in os.environ if key.startswith(("CHECKS_", "PYTEST_"))]:
                    del os.environ[key]
                os.environ.update({"COLUMNS": "80"} | (env or {}))
                status = _inside(folder, arguments, record, said)
                over.write_text(json.dumps(sorted(OVER)))
            finally:
                os._exit(status)
        until = time.monotonic() + timeout
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > until:
                os.kill(child, 9)
                os.waitpid(child, 0)
                raise subprocess.TimeoutExpired("pytest", timeout)
            time.sleep(0.01)
        if over.exists():
            OVER.update(json.loads(over.read_text()))
        document = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
        return Outcome(os.waitstatus_to_exitcode(ended[1]), said.read_text(encoding="utf-8"), document)


def _inside(folder: Path, arguments: tuple[str, ...], record: Path, said: Path) -> int:
    os.setsid()
    os.chdir(folder)
    to = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(to, 1)
    os.dup2(to, 2)
    sys.stdin, sys.stdout, sys.stderr = (open(n, mode, closefd=False) for n, mode in enumerate("rww"))  # noqa: SIM115
    sys.path.insert(0, str(folder))
    quiet = ("-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    status = pytest.main([*quiet, f"--json-report-file={record}", *arguments])
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status)
