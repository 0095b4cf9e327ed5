"""Texts that were written to be costly stand wherever texts can: pages stay cheap, and none fails.

`python -m benchmarks.hostile_pages` tries all kinds at all doors, with bodies too; here one of them is shown by pages.
"""

import pytest

from automatos.tests import hostile_texts
from automatos.tests.queries import asked
from workspaces.tests.matrix import World
from workspaces.tests.matrix_doors import operations, pages

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]
# Seconds of processor time, of the least of three requests with a text that is new each time. The benchmark's limit is
# a fifth of this: here a slow machine has to pass, and what burns takes many times as much.
MOST = 1.0


def test_no_text_makes_a_page_costly(world: World) -> None:
    planted = hostile_texts.Planted(world.ours)
    assert planted.fill("long Markdown") > 300
    doors, costly, failed = [door for door in pages() if door.method == "GET"], [], []
    assert len(doors) > 100
    for _ in range(3):
        asked = [(door, *hostile_texts.cost_of(world, door, None)[:2]) for door in doors]
        failed += [door.label for door, _, status in asked if status >= 500]
        costly = [(door, took) for door, took, _ in asked if took > MOST]
        doors = [door for door, _ in costly]
        planted.fill("nested links")
    assert not failed
    assert not costly, [(door.label, round(took, 2)) for door, took in costly]


@pytest.mark.parametrize("part", ["allowances", "events", "files", "rating"])
def test_a_part_of_a_run_is_read_without_the_texts_of_its_steps(world: World, part: str) -> None:
    label = f"GET /api/executions/{{execution_id}}/{part}"
    (door,) = [door for door in operations() if door.label == label]
    with asked() as sql:
        _, status, _ = hostile_texts.cost_of(world, door, None)
    assert status in (200, 404)
    assert not [one for one in sql if '"execution_steps"."prompt"' in one]
