"""One demo for all tests of this folder; each leaves it healthy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.site import Demo


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with Demo(tmp_path_factory.mktemp("demo") / "site") as demo:
        yield demo
