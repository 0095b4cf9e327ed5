"""A stand-in of Composio, and an installation that asks it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tools.composio.testing import KEY, StandIn, serve
from workspaces.credentials.types import seed_credential_types


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A server of this test's own."""
    with serve() as running:
        yield running


@pytest.fixture
def credential_types(db: None) -> None:
    """What kinds of credentials there are."""
    seed_credential_types()


@pytest.fixture
def composio(stand_in: StandIn, settings: Settings) -> StandIn:
    """The same, with the installation's key for it in place."""
    settings.COMPOSIO_API_KEY, settings.COMPOSIO_BASE_URL = KEY, stand_in.url
    return stand_in
