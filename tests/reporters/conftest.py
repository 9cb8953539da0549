"""A receiver of webhooks, shared by the tests of messages."""

from __future__ import annotations

import pytest

from tests.servers import Receiver


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()
