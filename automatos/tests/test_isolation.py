"""Nobody sees, changes or learns of anything in a workspace they do not belong to: every door, everybody, every id."""

import pytest

from automatos.tests.isolation_report import Report
from workspaces.tests.matrix import World
from workspaces.tests.matrix_cases import everybody_at
from workspaces.tests.matrix_doors import Doors, operations, pages, pages_outside

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400)]


def name_of(doors: Doors) -> str:
    """What they are called."""
    return str(getattr(doors, "__name__", "")).replace("_", " ")


# Into how many tests each is split, so that several processes share them.
PARTS: dict[Doors, int] = {operations: 6, pages: 4, pages_outside: 1}
EACH = [pytest.param(doors, part, id=f"{name_of(doors)}-{part}") for doors in PARTS for part in range(PARTS[doors])]


@pytest.mark.parametrize(("doors", "part"), EACH)
def test_nobody_reaches_another_workspace_by_any(doors: Doors, part: int, world: World, report: Report) -> None:
    chosen = doors()[part :: PARTS[doors]]
    for door in chosen:
        everybody_at(world, door)
    report(world, name_of(doors), len(chosen))
    assert not world.wrong, f"{len(world.wrong)} answers\n" + "\n".join(world.wrong)
