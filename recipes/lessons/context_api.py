"""REST: what the first agent of a recipe's next run is told, with the lessons that join it."""

import json
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.equipment.api import AssembledOut
from agents.equipment.context_queries import assembled_context
from automatos.errors import Conflict, wrong_field
from recipes import queries
from recipes.api import RECIPE
from recipes.lessons.api import LessonOut
from recipes.lessons.context_queries import first_context
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

INPUTS = OpenApiParameter(
    "input_data", str, description="The run's inputs as a JSON object; lessons are chosen by them. Empty: none."
)


class RecipeContextOut(AssembledOut):
    """What the first agent is told: its own context, then the prompt of its step with the lessons at its end."""

    step_id = serializers.CharField()
    order = serializers.IntegerField()
    prompt = serializers.CharField(help_text="As it is sent; a name without a value yet stays as it is written.")
    lessons = LessonOut(many=True, help_text="Of the recipe at most 10, then of the agent at most 5, as they are told.")
    lessons_tokens = serializers.IntegerField(help_text="About how many tokens the lessons take.")


class RecipeContext(WorkspaceView):
    """The context of a recipe's first agent."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="recipes_assembled_context",
        parameters=[WORKSPACE_HEADER, RECIPE, INPUTS],
        responses={200: RecipeContextOut, **errors(404, 409)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """What the next run's first agent is sent; of a run that was, see `lessons` and `prompt` of its step."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        found = first_context(recipe, _inputs(request))
        if found is None or found.step.agent is None:
            raise Conflict("No step of this recipe has an agent.", code="no_agent")
        shape: dict[str, Any] = {
            **assembled_context(found.step.agent, found.prompt),
            "step_id": found.step.step_id,
            "order": found.step.order,
            "prompt": found.prompt,
            "lessons": found.lessons.every,
            "lessons_tokens": found.lessons_tokens,
        }
        return Response(RecipeContextOut(shape).data)


def _inputs(request: Request) -> dict[str, Any]:
    text = request.query_params.get("input_data", "")
    try:
        given = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise wrong_field("input_data", 'Write a JSON object, as in {"topic": "tides"}.')
    return given
