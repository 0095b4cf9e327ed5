"""The page of usage in a real browser: both themes, three widths, axe, silence; with runs and without."""

import pytest

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.kit import Cast, ended
from workspaces.models import Role, Workspace

pytestmark = pytest.mark.browser


def test_usage_is_sound(people: People, stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    Workspace.objects.filter(pk=cast.workspace.pk).update(plan="free")
    viewer, path = people.member(cast.workspace, Role.VIEWER), f"/w/{cast.workspace.slug}/settings/usage/"
    viewer.check(path)
    ended(cast.cook(cast.recipe("one", "two")))
    viewer.check(path)
