"""A pytest plugin, and a program: what runs in it has the time that stands in the file $SOAK_CLOCK.

`python -m tests.soak.inside CLOCK ARGUMENTS` is `python -m reporters.serve ARGUMENTS` in the time of that file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fixtures import clock

CLOCK = Path(os.environ.get("SOAK_CLOCK") or sys.argv[1])


def now() -> float:
    """The time of the soak; within a run it stands still, so that the model knows it to the second."""
    return float(CLOCK.read_text(encoding="ascii"))


clock.now = now

if __name__ == "__main__":
    from reporters import serve

    sys.exit(serve.main(sys.argv[2:]))
