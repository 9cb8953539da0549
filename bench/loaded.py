"""A pytest plugin (`-p bench.loaded`): at the end, what this process has imported, a line a module.

Into the file that $BENCH_LOADED names. From outside, since a test inside would see its own imports.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """After the last reporter."""
    Path(os.environ["BENCH_LOADED"]).write_text("\n".join(sorted(sys.modules)), encoding="utf-8")
