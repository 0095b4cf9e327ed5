"""REST: a recipe's evaluation sets."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from recipes.api import RECIPE
from recipes.evaluations import queries, set_services
from recipes.evaluations.set_services import SetInput
from recipes.models import EvaluationSet, Recipe
from recipes.queries import recipe as recipe_at
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

SET = OpenApiParameter("evaluation_set_id", UUID, OpenApiParameter.PATH)
DOLLARS = "US dollars that one evaluation may take, runs and judges together."
SHARE = "The share of the cases that has to pass, 0 to 1."
TIMES = "Five fields: when what is published is evaluated by itself; empty for never."
REQUIRED = "Whether a draft of the recipe is published only after it passed this set."


class EvaluationSetIn(InputSerializer):
    """What is decided about a set."""

    shown_only = ("id", "recipe_id", "version", "cases", "next_due_at", "suspended", "created_at", "updated_at")

    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    budget = serializers.DecimalField(required=False, max_digits=14, decimal_places=6, help_text=DOLLARS)
    judge_model = serializers.CharField(
        required=False, allow_blank=True, help_text="provider:model, asked where a case expects a judge's word."
    )
    pass_at = serializers.FloatField(required=False, help_text=SHARE)
    is_required = serializers.BooleanField(required=False, help_text=REQUIRED)
    cron = serializers.CharField(required=False, allow_blank=True, help_text=TIMES)
    time_zone = serializers.CharField(required=False, help_text="An IANA name; UTC by default.")


class EvaluationSetOut(serializers.Serializer[EvaluationSet]):
    """A set of cases."""

    id = serializers.UUIDField()
    recipe_id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    budget = serializers.DecimalField(max_digits=14, decimal_places=6, help_text=DOLLARS)
    judge_model = serializers.CharField()
    pass_at = serializers.FloatField(help_text=SHARE)
    is_required = serializers.BooleanField(help_text=REQUIRED)
    cron = serializers.CharField(help_text=TIMES)
    time_zone = serializers.CharField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    suspended = serializers.CharField(help_text="Why it is evaluated by itself no more; a change lets it go on.")
    version = serializers.IntegerField(help_text="Raised by each change of the cases.")
    cases = serializers.SerializerMethodField(help_text="How many it has.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_cases(self, one: EvaluationSet) -> int:
        """Counted with the list, or for this one."""
        counted: int | None = getattr(one, "case_count", None)
        return queries.cases_of(one).count() if counted is None else counted


class EvaluationsView(WorkspaceView):
    """What all these operations need."""

    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return recipe_at(workspace=self.workspace, key=recipe_id)


def _input(values: dict[str, Any]) -> SetInput:
    budget: Decimal = values.pop("budget", Decimal(5))
    return SetInput(budget=budget, **values)


class EvaluationSetList(EvaluationsView):
    """A recipe's sets."""

    needs = {"GET": "recipes:read", "POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_sets_list",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters()],
        responses={200: page_of(EvaluationSetOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """The oldest first."""
        rows = queries.sets_of(self.recipe(recipe_id))
        return listing(request, searched(rows, request, ["name", "description"]), EvaluationSetOut)

    @extend_schema(
        operation_id="evaluation_sets_create",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=EvaluationSetIn,
        responses={201: EvaluationSetOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """A new set, which has no cases yet."""
        body = EvaluationSetIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = _input(dict(body.validated_data))
        made = set_services.create_set(recipe=self.recipe(recipe_id), user=self.caller, data=data)
        return Response(EvaluationSetOut(made).data, status=201)


class EvaluationSetDetail(EvaluationsView):
    """One set."""

    needs = {"GET": "recipes:read", "PATCH": "recipes:write", "DELETE": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_sets_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        responses={200: EvaluationSetOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """The set; its cases and evaluations are listed under it."""
        return Response(EvaluationSetOut(queries.set_of(self.recipe(recipe_id), evaluation_set_id)).data)

    @extend_schema(
        operation_id="evaluation_sets_change",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        request=EvaluationSetIn,
        responses={200: EvaluationSetOut, **errors(404, 415)},
    )
    def patch(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """What is sent changes."""
        recipe = self.recipe(recipe_id)
        body = EvaluationSetIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        data = replace(set_services.as_input(set_services.held(recipe, evaluation_set_id)), **body.validated_data)
        changed = set_services.change_set(recipe=recipe, set_id=evaluation_set_id, user=self.caller, data=data)
        return Response(EvaluationSetOut(changed).data)

    @extend_schema(
        operation_id="evaluation_sets_remove",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """It is required no more; what is under way goes on."""
        set_services.remove_set(recipe=self.recipe(recipe_id), set_id=evaluation_set_id)
        return Response(status=204)


class EvaluationSetRestore(EvaluationsView):
    """Taking a removal back."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_sets_restore",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        request=None,
        responses={200: EvaluationSetOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """The set is back as it was."""
        found = set_services.restore_set(recipe=self.recipe(recipe_id), set_id=evaluation_set_id)
        return Response(EvaluationSetOut(found).data)
