"""Each of the two walls between workspaces holds without the other: the database's policies and our own filters.

The second test is what finds a forgotten filter: `python -m benchmarks.mutants` removes each one and runs it.
"""

from typing import Any

import pytest
from django.db import connection

from agents.models import Agent
from automatos.tests.isolation_report import Report
from workspaces.models import Role
from workspaces.scope import tenancy
from workspaces.tests import matrix_filters
from workspaces.tests.matrix import HEADER, World
from workspaces.tests.matrix_cases import leaks_at, strangers_at, unlike_without_policies
from workspaces.tests.matrix_doors import Door, operations, pages

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]


PARTS = 4


def chosen(part: int) -> list[Door]:
    """This part's operations and pages."""
    return [*operations(), *pages()][part::PARTS]


@pytest.fixture
def lonely(calm: None) -> World:
    """A world whose two workspaces have nobody in common."""
    return World(with_common=False)


@pytest.mark.parametrize("part", range(PARTS))
def test_without_our_filters_the_database_hides_other_workspaces(
    part: int, lonely: World, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    matrix_filters.drop_filters(monkeypatch)
    for door in chosen(part):
        leaks_at(lonely, door)
    report(lonely, "operations and pages, no filters", len(chosen(part)))
    assert sum(lonely.granted()) > 20


@pytest.mark.parametrize("part", range(PARTS))
def test_without_the_policies_our_filters_hide_other_workspaces(
    part: int, world: World, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    matrix_filters.drop_policies(monkeypatch)
    for door in chosen(part):
        strangers_at(world, door, ways=False)
    report(world, "operations and pages, no policies", len(chosen(part)))
    assert not world.wrong, f"{len(world.wrong)} answers\n" + "\n".join(world.wrong)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_policies_change_no_answer_our_filters_leave_nothing_to_them(
    part: int, world: World, report: Report
) -> None:
    for door in chosen(part):
        unlike_without_policies(world, door, matrix_filters.without_policies)
    report(world, "operations and pages, with policies and without", len(chosen(part)))
    assert not world.wrong, "\n".join(world.wrong)


def test_a_dropped_filter_is_really_gone(lonely: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = lonely.ours.workspace
    assert set(Agent.objects.filter(workspace=ours).values_list("workspace_id", flat=True)) == {ours.pk}
    matrix_filters.drop_filters(monkeypatch)
    assert Agent.objects.visible().filter(workspace=ours).filter(workspace_id__in=[ours.pk]).count() == 2
    with tenancy.workspace_scope(ours.pk):
        assert Agent.objects.visible().filter(workspace=ours).count() == 1


def test_with_both_walls_gone_rows_leak(lonely: World, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix_filters.drop_filters(monkeypatch)
    matrix_filters.drop_policies(monkeypatch)
    answer: Any = lonely.members[Role.OWNER].get("/api/agents", headers={HEADER: str(lonely.ours.workspace.pk)})
    assert answer.status_code == 200
    assert lonely.theirs.marker in answer.content.decode()
    assert connection.in_atomic_block
