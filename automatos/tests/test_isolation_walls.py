"""Each of the two walls between workspaces holds without the other: the database's policies and our own filters.

The second test is what finds a forgotten filter: `python -m benchmarks.mutants` removes each one and runs it.
"""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from agents.models import Agent
from workspaces import tenancy
from workspaces.credential_types import seed_credential_types
from workspaces.models import Role
from workspaces.tests import matrix_filters
from workspaces.tests.matrix import HEADER, World
from workspaces.tests.matrix_cases import here, strangers_at, unlike_without_policies
from workspaces.tests.matrix_doors import operations, pages

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def calm(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE_LIMIT = 0
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    seed_credential_types()


def report(name: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{name}: {world.requests} requests, leaks: {len(world.leaks)}, {sum(world.granted())} granted")
    assert not world.leaks, "\n".join(world.leaks)


def test_without_our_filters_the_database_hides_other_workspaces(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(with_common=False)
    matrix_filters.drop_filters(monkeypatch)
    for door in [*operations(), *pages()]:
        strangers_at(world, door)
        if door.role:
            # The doors are really open: members still get in.
            world.ask(world.members[Role.OWNER], door, world.ids, headers=here(world, door))
    report("filters off", world, capsys)
    assert sum(world.granted()) > 200


def test_without_the_policies_our_filters_hide_other_workspaces(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    matrix_filters.drop_policies(monkeypatch)
    for door in [*operations(), *pages()]:
        strangers_at(world, door)
    report("policies off", world, capsys)
    assert not world.wrong, f"{len(world.wrong)} answers\n" + "\n".join(world.wrong)


def test_the_policies_change_no_answer_our_filters_leave_nothing_to_them() -> None:
    world = World()
    for door in [*operations(), *pages()]:
        unlike_without_policies(world, door, matrix_filters.without_policies)
    assert not world.wrong, "\n".join(world.wrong)


def test_a_dropped_filter_is_really_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(with_common=False)
    ours = world.ours.workspace
    assert set(Agent.objects.filter(workspace=ours).values_list("workspace_id", flat=True)) == {ours.pk}
    matrix_filters.drop_filters(monkeypatch)
    assert Agent.objects.filter(workspace=ours).filter(workspace_id__in=[ours.pk]).count() == 2
    with tenancy.workspace_scope(ours.pk):
        assert Agent.objects.filter(workspace=ours).count() == 1


def test_with_both_walls_gone_rows_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(with_common=False)
    matrix_filters.drop_filters(monkeypatch)
    matrix_filters.drop_policies(monkeypatch)
    answer: Any = world.members[Role.OWNER].get("/api/agents", headers={HEADER: str(world.ours.workspace.pk)})
    assert answer.status_code == 200
    assert world.theirs.marker in answer.content.decode()
    assert connection.in_atomic_block
