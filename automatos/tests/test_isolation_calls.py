"""Workers, tools, commands and sign-in keep to the workspace they are told, and never touch another one's rows."""

import pytest

from automatos.tests.isolation_calls import CALLS
from automatos.tests.isolation_checks import alone
from automatos.tests.isolation_report import Report
from workspaces.tests.matrix import World

pytestmark = pytest.mark.django_db
PARTS = 3


@pytest.mark.parametrize("part", range(PARTS))
def test_background_work_keeps_to_its_workspace(part: int, world: World, report: Report) -> None:
    for call in CALLS[part::PARTS]:
        alone(world, call)
    report(world, "background work, with both walls and without policies", len(CALLS[part::PARTS]))
    assert not world.wrong, "\n".join(world.wrong)
