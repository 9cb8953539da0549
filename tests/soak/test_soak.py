"""A minute of the soak; `make soak` has 10,000 runs of it."""

from __future__ import annotations

from pathlib import Path

from tests.soak.soak import soaking


def test_sixty_runs(tmp_path: Path) -> None:
    with soaking(tmp_path, 1) as soak:
        soak.runs(60)
    assert soak.surprises == []
    assert soak.judge.told["webhook begun"] > 5
