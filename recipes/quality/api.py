"""REST: how well runs went, what they teach, and what a recipe's runs came to."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes import queries
from recipes.api import RECIPE
from recipes.models import Recipe, StepFigures
from recipes.quality import services
from recipes.quality.queries import Stats, stats_of
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors


class BottleneckOut(serializers.Serializer[Any]):
    """What held a run up."""

    type = serializers.CharField(help_text="slow_step, failed_step or many_retries.")
    step = serializers.IntegerField()
    step_id = serializers.CharField()
    name = serializers.CharField()
    duration_ms = serializers.IntegerField(allow_null=True)
    retries = serializers.IntegerField()


class BreakdownOut(serializers.Serializer[Any]):
    """The five dimensions, each from 0 to 1."""

    completeness = serializers.FloatField()
    accuracy = serializers.FloatField()
    efficiency = serializers.FloatField()
    reliability = serializers.FloatField()
    cost = serializers.FloatField()


class QualityOut(serializers.Serializer[Any]):
    """How well a run went. It measures the run, not the text."""

    quality_score = serializers.FloatField(help_text="The mean of the five dimensions.")
    breakdown = BreakdownOut()
    grade = serializers.CharField(help_text="A, B, C, D or F.")
    bottlenecks = BottleneckOut(many=True)
    assessed_at = serializers.DateTimeField()


class RunIn(InputSerializer):
    """Which run is meant."""

    execution_id = serializers.UUIDField(required=False, help_text="By default the newest run that is over.")


class AssessedOut(serializers.Serializer[Any]):
    """A run and its quality."""

    execution_id = serializers.UUIDField(source="pk")
    recipe_id = serializers.UUIDField()
    quality = QualityOut()


class PatternOut(serializers.Serializer[Any]):
    """Something a run shows."""

    type = serializers.CharField(
        help_text="failure, step_failure, slow_step, empty_output, retry_needed or missing_input."
    )
    severity = serializers.CharField(help_text="high, medium or low.")
    step = serializers.IntegerField(allow_null=True)
    step_id = serializers.CharField()
    detail = serializers.CharField()


class SuggestedOut(serializers.Serializer[Any]):
    """What a run suggests."""

    type = serializers.CharField(help_text="prompt_rewrite, model_upgrade or tool_addition.")
    priority = serializers.CharField(help_text="high, medium or low.")
    because = serializers.CharField(help_text="The pattern behind it.")
    reason = serializers.CharField()
    step = serializers.IntegerField(allow_null=True)
    step_id = serializers.CharField()


class LearnedOut(serializers.Serializer[Any]):
    """What a run teaches."""

    execution_id = serializers.UUIDField()
    patterns = PatternOut(many=True)
    suggestions = SuggestedOut(many=True)
    metrics = serializers.DictField(help_text="total_duration, step_durations, success_rate, retries, errors; seconds.")


class StepStatsOut(serializers.Serializer[StepFigures]):
    """What one step came to with one agent, in all assessed runs."""

    step_id = serializers.CharField()
    order = serializers.IntegerField()
    name = serializers.CharField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    retries = serializers.IntegerField()
    duration_ms = serializers.IntegerField(help_text="The sum of all runs.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    errors = serializers.DictField(child=serializers.IntegerField())  # type: ignore[assignment]  # the field's name


class AgentStatsOut(serializers.Serializer[Any]):
    """What one agent came to in this recipe."""

    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    runs = serializers.IntegerField(help_text="Steps it worked on.")
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    retries = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField()


class StatsOut(serializers.Serializer[Stats]):
    """What a recipe's assessed runs came to."""

    use_count = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True, help_text="Completed of completed and failed, 0 to 1.")
    average_rating = serializers.FloatField(allow_null=True, help_text="The mean of members' stars, 1 to 5.")
    ratings = serializers.IntegerField()
    quality_score = serializers.FloatField(allow_null=True, help_text="The mean of all assessed runs.")
    mean_duration_ms = serializers.FloatField(allow_null=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    steps = StepStatsOut(many=True)
    agents = AgentStatsOut(many=True)
    error_kinds = serializers.DictField(child=serializers.IntegerField(), source="errors")


class _RecipeView(WorkspaceView):
    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return queries.recipe(workspace=self.workspace, key=recipe_id)

    def asked_run(self, request: Request) -> UUID | None:
        """The run that the body names."""
        body = RunIn(data=request.data)
        body.is_valid(raise_exception=True)
        found: UUID | None = body.validated_data.get("execution_id")
        return found


class RecipeAssessQuality(_RecipeView):
    """Assessing a run."""

    needs = {"POST": "executions:run"}
    starts_work = True

    @extend_schema(
        operation_id="recipes_assess_quality",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER, RECIPE],
        request=RunIn,
        responses={200: AssessedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """The quality of a run. Each run is assessed by itself after its end; this makes up for one that was not."""
        run = services.assess_run(recipe=self.recipe(recipe_id), execution_id=self.asked_run(request))
        return Response(AssessedOut(run).data)


class RecipeLearn(_RecipeView):
    """Learning from a run."""

    needs = {"POST": "executions:run"}
    starts_work = True

    @extend_schema(
        operation_id="recipes_learn",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER, RECIPE],
        request=RunIn,
        responses={200: LearnedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """What a run teaches, also where `auto_learning` is off; asked again, it is counted once."""
        run = services.learn_from_run(recipe=self.recipe(recipe_id), execution_id=self.asked_run(request))
        return Response(LearnedOut(services.learning_of(run)).data)


class RecipeStats(_RecipeView):
    """A recipe's figures."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="recipes_stats",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={200: StatsOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """Kept as each run is assessed, so that asking costs the same however many runs there were."""
        return Response(StatsOut(stats_of(self.recipe(recipe_id))).data)
