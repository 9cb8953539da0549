"""The suite as a package: the folders of a clone below one, and the command `verenigingen-checks`.

In the wheel this file is `verenigingen_checks/__init__.py`, which pytest finds as a plugin of that name; in a
clone nothing uses it. The folders keep their names, so they go onto the path and not into site-packages.
(PYTEST_DONT_REWRITE: the command imports this before pytest begins, and it asserts nothing.)
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

HOME = Path(__file__).parent
sys.path.insert(0, str(HOME))

pytest_addoption = runpy.run_path(str(HOME / "conftest.py"))["pytest_addoption"]


def main() -> int:
    """`pytest ARGUMENTS` on the packaged checks; an argument `checks/...` names some of them."""
    import pytest

    given = sys.argv[1:]
    arguments = [str(HOME / one) if one.startswith("checks/") else one for one in given]
    if arguments == given:
        arguments.insert(0, str(HOME / "checks"))
    return pytest.main(["-c", str(HOME / "pytest.ini"), "-p", "no:cacheprovider", *arguments])
