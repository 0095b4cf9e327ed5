"""What recipes and runs tell the pages of agents, which know neither."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from agents.models import Agent
from recipes.models import ExecutionStep, RecipeStep


class AgentWork:
    """Where agents work; see `agents.pages.figures`."""

    def recipes_naming(self, agent: Agent) -> Sequence[Any]:
        """The steps of undeleted recipes that this agent does, with their recipes, by recipe name and order."""
        steps = RecipeStep.objects.filter(agent=agent, recipe__deleted_at=None).select_related("recipe")
        return list(steps.order_by("recipe__name", "recipe_id", "order"))

    def recent_steps(self, agent: Agent, limit: int) -> Sequence[Any]:
        """The last steps this agent worked on, with their runs, newest first."""
        steps = ExecutionStep.objects.filter(agent=agent, started_at__isnull=False).select_related("execution")
        return list(steps.order_by(F("started_at").desc(nulls_last=True))[:limit])

    def cooking_now(self, agent: Agent) -> int:
        """How many steps this agent is working on at this moment."""
        return ExecutionStep.objects.filter(agent=agent, status="running").count()
