"""REST: evaluations are begun, read, compared and stopped."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import DiffLineOut, InputSerializer
from automatos.rest_lists import choice, list_parameters, listing, number, page_of
from recipes.api import RECIPE
from recipes.editor.suggestion_api import IntervalOut
from recipes.evaluations import compare_queries, queries, start_services
from recipes.evaluations.api import SET, EvaluationsView
from recipes.evaluations.start_services import MOST_AT_ONCE, MOST_VARIANTS, Wish
from recipes.models import Evaluation, EvaluationCell
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, errors
from workspaces.doors.idempotency import HEADER, once

EVALUATION = OpenApiParameter("evaluation_id", UUID, OpenApiParameter.PATH)
BASE = OpenApiParameter("base", OpenApiTypes.INT, description="The position of a variant, by default the published.")
OTHER = OpenApiParameter("other", OpenApiTypes.INT, description="The one that is compared with it.")


class EvaluationIn(InputSerializer):
    """What is evaluated."""

    versions = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        max_length=MOST_VARIANTS,
        help_text='Numbers, or "draft"; by default what is published, else the draft.',
    )
    models = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        max_length=MOST_VARIANTS,
        help_text="provider:model in place of the agents' own, in the steps of agents; empty for those.",
    )
    budget = serializers.DecimalField(
        required=False, max_digits=14, decimal_places=6, help_text="US dollars; by default the set's."
    )
    at_once = serializers.IntegerField(required=False, help_text=f"Runs that cook at once, 1 to {MOST_AT_ONCE}.")


def _wish(values: dict[str, Any]) -> Wish:
    """The versions as numbers; whether there are such is for the service to say."""
    words = [text.strip().lower() for text in values.get("versions", ())]
    versions = [int(word) if word.isascii() and word.isdigit() and len(word) < 10 else word for word in words]
    return Wish(**{**values, "versions": versions})


class EvaluationLineOut(serializers.Serializer[queries.Line]):
    """What one variant came to."""

    position = serializers.IntegerField(source="variant.position")
    version = serializers.IntegerField(source="variant.version", help_text="0 for the draft.")
    model = serializers.CharField(source="variant.model", help_text="Empty for the agents' own.")
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    undecided = serializers.IntegerField()
    not_run = serializers.IntegerField(help_text="For lack of money, or since it was stopped.")
    open = serializers.IntegerField(help_text="Not over yet.")
    pass_rate = IntervalOut(source="rate", allow_null=True, help_text="Of passed and failed, by Wilson.")
    quality = IntervalOut(allow_null=True)
    cost = serializers.FloatField(help_text="US dollars, judges included.")
    mean_cost = serializers.FloatField(allow_null=True)
    mean_ms = serializers.FloatField(allow_null=True)
    difference = serializers.IntegerField(allow_null=True, help_text="Cases that pass more than with the base.")


class EvaluationOut(serializers.Serializer[Evaluation]):
    """An evaluation."""

    id = serializers.UUIDField()
    evaluation_set_id = serializers.UUIDField()
    set_version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Evaluation.Status.choices)
    budget = serializers.DecimalField(max_digits=14, decimal_places=6)
    pass_at = serializers.FloatField()
    judge_model = serializers.CharField()
    cases = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


class EvaluationTableOut(serializers.Serializer[queries.Table]):
    """An evaluation with what it came to."""

    evaluation = EvaluationOut()
    spent = serializers.FloatField(help_text="US dollars that counted against the budget.")
    needed = serializers.IntegerField(help_text="How many cases have to pass.")
    has_passed = serializers.BooleanField(help_text="It is over, and so many did with every variant.")
    not_run = serializers.IntegerField()
    lines = EvaluationLineOut(many=True)
    base = serializers.IntegerField(source="base.position")
    other = serializers.IntegerField(source="other.position")
    better = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of cases.")
    worse = serializers.ListField(child=serializers.IntegerField())
    chance = serializers.FloatField(help_text="How likely so uneven a change is by chance (McNemar, exact).")


class EvaluationCellOut(serializers.Serializer[EvaluationCell]):
    """A case with a variant."""

    case_number = serializers.IntegerField(source="case.number")
    case_name = serializers.CharField(source="case.name")
    position = serializers.IntegerField(source="variant.position", help_text="Of the variant.")
    status = serializers.ChoiceField(choices=EvaluationCell.Status.choices)
    verdict = serializers.ChoiceField(choices=EvaluationCell.Verdict.choices)
    reason = serializers.CharField()
    checks = serializers.ListField(child=serializers.DictField())
    execution_id = serializers.UUIDField(allow_null=True)
    output = serializers.CharField(help_text="The first 20,000 characters.")
    quality = serializers.FloatField(allow_null=True)
    cost = serializers.FloatField()
    judge_cost = serializers.FloatField()
    duration_ms = serializers.IntegerField(allow_null=True)


class CaseDifferenceOut(serializers.Serializer[Any]):
    """A case with two variants, and how their outputs differ."""

    base = EvaluationCellOut()
    other = EvaluationCellOut()
    lines = DiffLineOut(many=True)


class EvaluationList(EvaluationsView):
    """A set's evaluations."""

    needs = {"GET": "recipes:read", "POST": "executions:run"}

    @extend_schema(
        operation_id="evaluations_list",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, *list_parameters(search=False)],
        responses={200: page_of(EvaluationOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """The newest first."""
        one = queries.set_of(self.recipe(recipe_id), evaluation_set_id)
        return listing(request, queries.evaluations_of(one), EvaluationOut)

    @extend_schema(
        operation_id="evaluations_start",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, ONCE_HEADER],
        request=EvaluationIn,
        responses={202: EvaluationOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """Begin: each case once with each version and model, as runs of their own, which take part in no figures."""
        recipe = self.recipe(recipe_id)
        body = EvaluationIn(data=request.data)
        body.is_valid(raise_exception=True)
        wish = _wish(body.validated_data)

        def act() -> tuple[int, Any]:
            made = start_services.start_evaluation(recipe=recipe, set_id=evaluation_set_id, user=self.caller, wish=wish)
            return 202, EvaluationOut(made).data

        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"evaluate:{evaluation_set_id}",
            key=request.headers.get(HEADER),
            body=request.data,
            act=act,
        )
        return Response(answer, status=status)


class EvaluationDetail(EvaluationsView):
    """One evaluation."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="evaluations_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, EVALUATION, BASE, OTHER],
        responses={200: EvaluationTableOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_id: UUID) -> Response:
        """What it came to so far, by variant, and two variants compared."""
        found = queries.evaluation_of(self.recipe(recipe_id), evaluation_id)
        return Response(EvaluationTableOut(queries.table_of(found, *_places(request))).data)


def _places(request: Request) -> tuple[int | None, int | None]:
    """Which variants are compared."""
    base, other = (number(request, name, 0, low=1, high=MOST_VARIANTS) or None for name in ("base", "other"))
    return base, other


class EvaluationCells(EvaluationsView):
    """An evaluation's cells."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="evaluations_cells",
        parameters=[
            WORKSPACE_HEADER,
            RECIPE,
            EVALUATION,
            *list_parameters(search=False, filters={"verdict": EvaluationCell.Verdict.values[1:]}),
        ],
        responses={200: page_of(EvaluationCellOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_id: UUID) -> Response:
        """Case by case, of each the variants in their order."""
        rows = queries.cells_of(queries.evaluation_of(self.recipe(recipe_id), evaluation_id))
        if verdict := choice(request, "verdict", EvaluationCell.Verdict.values[1:]):
            rows = rows.filter(verdict=verdict)
        return listing(request, rows, EvaluationCellOut)


class EvaluationCaseDifference(EvaluationsView):
    """One case with two variants."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="evaluations_compare",
        parameters=[
            WORKSPACE_HEADER,
            RECIPE,
            EVALUATION,
            OpenApiParameter("number", int, OpenApiParameter.PATH, description="The case's number."),
            BASE,
            OTHER,
        ],
        responses={200: CaseDifferenceOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_id: UUID, number: int) -> Response:
        """How the outputs of a case differ between two variants."""
        found = queries.evaluation_of(self.recipe(recipe_id), evaluation_id)
        table = queries.table_of(found, *_places(request))
        return Response(CaseDifferenceOut(compare_queries.difference_of(table, number)).data)


class EvaluationCancel(EvaluationsView):
    """Stopping an evaluation."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="evaluations_cancel",
        parameters=[WORKSPACE_HEADER, RECIPE, EVALUATION],
        request=None,
        responses={202: EvaluationOut, **errors(404, 409)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_id: UUID) -> Response:
        """Nothing new is begun, and what cooks is cancelled; a worker does it in a moment."""
        found = start_services.stop_evaluation(recipe=self.recipe(recipe_id), evaluation_id=evaluation_id)
        return Response(EvaluationOut(found).data, status=202)
