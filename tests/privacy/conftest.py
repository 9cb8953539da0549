"""The rig, on the demo site of all tests, which it leaves as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.privacy.rig import Rig, bench


@pytest.fixture
def rig(demo, tmp_path) -> Iterator[Rig]:
    made = Rig(demo, tmp_path)
    made.accounts(good=True)
    try:
        with bench(demo):
            yield made
    finally:
        made.close()
