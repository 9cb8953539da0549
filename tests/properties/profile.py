"""How many inputs are tried: few and always the same in `make test`, many and new ones with FUZZ=long.

Nothing is written into the tree but below .cache, where an input that failed is kept and tried first.
"""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase

LONG = os.environ.get("FUZZ") == "long"
KEPT = Path(__file__).parents[2] / ".cache" / "hypothesis"
EXAMPLES = int(os.environ.get("INPUTS", "2000")) if LONG else 40

set_hypothesis_home_dir(KEPT)
bounds = {
    "max_examples": EXAMPLES,
    "deadline": None,  # other work on the machine is no fault of the property
    "suppress_health_check": [*HealthCheck],
}
# Making an input that fails smaller can take minutes: `make fuzz` does it.
settings.register_profile(
    "quick", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate], **bounds
)
settings.register_profile("long", database=DirectoryBasedExampleDatabase(KEPT / "examples"), **bounds)
settings.load_profile("long" if LONG else "quick")


def share(part: float) -> settings:
    """Fewer examples, or more, for what takes longer or less than most."""
    return settings(max_examples=max(3, round(EXAMPLES * part)))


class Tried:
    """Counts inputs."""

    def __init__(self) -> None:
        self.count = 0

    def one(self) -> None:
        self.count += 1


TRIED = Tried()
