"""The pages of usage and budgets in a real browser: both themes, three widths, axe, silence; with rows and without."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.kit import Cast, ended
from workspaces.budgets.services import create_budget
from workspaces.models import ModelUsage, Role, Spend, Workspace

pytestmark = pytest.mark.browser


def test_usage_and_budgets_are_sound(people: People, stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    Workspace.objects.filter(pk=cast.workspace.pk).update(plan="free")
    home = f"/w/{cast.workspace.slug}"
    viewer, owner = people.member(cast.workspace, Role.VIEWER), people.as_user(cast.owner)
    viewer.check(f"{home}/settings/usage/")
    owner.check(f"{home}/settings/budgets/")
    recipe = cast.recipe("one", "two")
    ended(cast.cook(recipe))
    day = datetime.now(UTC).date()
    ModelUsage.objects.create(workspace=cast.workspace, day=day, kind="trial", model="openai:gpt-4o", calls=1)
    for scope, key, period in (
        ("workspace", None, "month"),
        ("recipe", recipe.pk, "run"),
        ("agent", cast.agent.pk, "day"),
    ):
        own = create_budget(
            workspace=cast.workspace, user=cast.owner, scope=scope, scope_id=key, period=period, limit=Decimal(20)
        )
    Spend.objects.create(workspace=cast.workspace, budget=own, window=f"{day}", spent="17.5", reserved="0.25")
    viewer.check(f"{home}/settings/usage/")
    viewer.check(f"{home}/settings/budgets/")
    for page in (
        "settings/budgets/",
        f"settings/budgets/new/?target=agent:{cast.agent.pk}",
        f"settings/budgets/{own.pk}/",
    ):
        owner.check(f"{home}/{page}")
    owner.check(f"{home}/settings/budgets/{own.pk}/delete/")
    owner.check(f"{home}/recipes/{recipe.template_id}/")
    owner.check(f"{home}/agents/{cast.agent.slug}/")
