"""Each test of accounts begins with nobody having tried anything."""

import pytest

from workspaces.limits import throttling


@pytest.fixture(autouse=True)
def nobody_has_tried_anything(embedded_servers: None) -> None:
    """Every test comes from the same address."""
    throttling.forget_all()
