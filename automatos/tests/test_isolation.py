"""Nobody sees, changes or learns of anything in a workspace they do not belong to: every door, everybody, every id."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from workspaces.credential_types import seed_credential_types
from workspaces.tests.matrix import World
from workspaces.tests.matrix_cases import everybody_at
from workspaces.tests.matrix_doors import Door, operations, pages

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.API_RATE_LIMIT = 0
    # What streams asks for the database on the test's own connection, which must stay open.
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()
    return World()


def walked(world: World, doors: Callable[[], list[Door]], capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody at every door; says how many, and fails with what was wrong."""
    found = doors()
    for door in found:
        everybody_at(world, door)
    with capsys.disabled():
        print(f"\n{doors.__name__}: {len(found)}, requests: {world.requests}, leaks: {len(world.leaks)}")
        print(f"answers by status: {dict(sorted(world.statuses.items()))}")
    assert not world.leaks, "\n".join(world.leaks)
    assert not world.wrong, f"{len(world.wrong)} answers\n" + "\n".join(world.wrong)


def test_nobody_reaches_another_workspace_by_any_operation(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    walked(world, operations, capsys)


def test_nobody_reaches_another_workspace_by_any_page(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    walked(world, pages, capsys)
