"""Some thirty runs of the soak in which more goes wrong; `make soak` has 10,000 runs of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import fault, pulse
from tests.soak import site as soaked
from tests.soak import soak, weather


@pytest.mark.timeout(1200)  # a busy machine takes ten times as long
def test_thirty_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "KILL", 0.12)
    monkeypatch.setattr(soak, "OUTAGE", 0.08)
    monkeypatch.setattr(soak, "OUTAGES", ((1, 2), (3, 8)))
    monkeypatch.setattr(soak, "ASK", 20)
    monkeypatch.setattr(weather, "COME", 0.5)
    monkeypatch.setattr(weather, "STAY", ((1, 1), (2, 4), (3, 6), (5, 9)))
    quick = {
        slot: tuple(one for one in names if one not in weather.HANGS) for slot, names in weather.SLOTS.items()
    }
    monkeypatch.setattr(weather, "SLOTS", quick)
    monkeypatch.setattr(soaked, "TIMEOUTS", {"connect": 30, "read": 30, "statement": 30, "probe": 60})
    with soak.soaking(tmp_path, 1) as made:
        made.runs(32)
    assert fault.site_now is pulse.site_now
    assert made.surprises == []
    assert made.judge.told["webhook begun"] > 5
    assert made.outages
    assert made.counts["pages asked for"]
