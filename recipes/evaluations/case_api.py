"""REST: the cases of an evaluation set."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from recipes.api import RECIPE
from recipes.evaluations import case_services, queries
from recipes.evaluations.api import SET, EvaluationsView
from recipes.evaluations.case_services import CaseInput
from recipes.models import EvaluationCase
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors

NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The case's number in its set.")
EXPECTED = (
    "Each with a type: contains (text), exact (text), regex (pattern), json_schema (schema), similar (text, at_least "
    "0 to 1), judge (rubric: a list of points, at_least 1 to 5)."
)


class EvaluationCaseIn(InputSerializer):
    """What is put in, and what is expected of the output."""

    shown_only = ("id", "number", "source_id", "created_at")

    name = serializers.CharField(required=False, allow_blank=True)
    input_data = serializers.DictField(required=False)
    expectations = serializers.ListField(child=serializers.DictField(), help_text=EXPECTED)


class EvaluationCaseOut(serializers.Serializer[EvaluationCase]):
    """A case."""

    id = serializers.UUIDField(help_text="Of the case as it reads now; a change gives it another one.")
    number = serializers.IntegerField()
    name = serializers.CharField()
    input_data = serializers.DictField()
    expectations = serializers.ListField(child=serializers.DictField())
    source_id = serializers.UUIDField(allow_null=True, help_text="The run its inputs are from.")
    untrusted_inputs = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="Inputs that somebody outside wrote, each with where it came from; null where there are none.",
    )
    created_at = serializers.DateTimeField()


class CasesFromRunsIn(InputSerializer):
    """Which runs."""

    execution_ids = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class CasesFromCsvIn(InputSerializer):
    """A table."""

    csv = serializers.CharField(
        trim_whitespace=False,
        allow_blank=True,
        help_text="The first line names the columns: inputs of the recipe, name, and types of expectations.",
    )


class CasesAddedOut(serializers.Serializer[Any]):
    """Cases that were added."""

    items = EvaluationCaseOut(many=True)


class EvaluationCaseList(EvaluationsView):
    """A set's cases."""

    needs = {"GET": "recipes:read", "POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_cases_list",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, *list_parameters()],
        responses={200: page_of(EvaluationCaseOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """By their numbers."""
        rows = queries.cases_of(queries.set_of(self.recipe(recipe_id), evaluation_set_id))
        return listing(request, searched(rows, request, ["name"]), EvaluationCaseOut)

    @extend_schema(
        operation_id="evaluation_cases_create",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        request=EvaluationCaseIn,
        responses={201: EvaluationCaseOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """A new case at the end."""
        body = EvaluationCaseIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = CaseInput(**body.validated_data)
        made = case_services.add_case(recipe=self.recipe(recipe_id), set_id=evaluation_set_id, data=data)
        return Response(EvaluationCaseOut(made).data, status=201)


class EvaluationCaseDetail(EvaluationsView):
    """One case."""

    needs = {"GET": "recipes:read", "PUT": "recipes:write", "DELETE": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_cases_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, NUMBER],
        responses={200: EvaluationCaseOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, evaluation_set_id: UUID, number: int) -> Response:
        """The case as it reads now."""
        one = queries.set_of(self.recipe(recipe_id), evaluation_set_id)
        return Response(EvaluationCaseOut(queries.case_of(one, number)).data)

    @extend_schema(
        operation_id="evaluation_cases_replace",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, NUMBER],
        request=EvaluationCaseIn,
        responses={200: EvaluationCaseOut, **errors(404, 415)},
    )
    def put(self, request: Request, recipe_id: str, evaluation_set_id: UUID, number: int) -> Response:
        """The case anew; results of before keep the old one."""
        body = EvaluationCaseIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = CaseInput(**body.validated_data)
        recipe = self.recipe(recipe_id)
        made = case_services.change_case(recipe=recipe, set_id=evaluation_set_id, number=number, data=data)
        return Response(EvaluationCaseOut(made).data)

    @extend_schema(
        operation_id="evaluation_cases_remove",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, NUMBER],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, evaluation_set_id: UUID, number: int) -> Response:
        """The case out of the set; its results stay."""
        case_services.remove_case(recipe=self.recipe(recipe_id), set_id=evaluation_set_id, number=number)
        return Response(status=204)


class EvaluationCaseRestore(EvaluationsView):
    """Taking a removal back."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_cases_restore",
        parameters=[WORKSPACE_HEADER, RECIPE, SET, NUMBER],
        request=None,
        responses={200: EvaluationCaseOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID, number: int) -> Response:
        """The case is back as it read last."""
        recipe = self.recipe(recipe_id)
        found = case_services.restore_case(recipe=recipe, set_id=evaluation_set_id, number=number)
        return Response(EvaluationCaseOut(found).data)


class EvaluationCasesFromRuns(EvaluationsView):
    """Cases from runs."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_cases_from_runs",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        request=CasesFromRunsIn,
        responses={201: CasesAddedOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """A case for each run, with its inputs; it expects something similar in meaning to the run's output."""
        body = CasesFromRunsIn(data=request.data)
        body.is_valid(raise_exception=True)
        keys: list[UUID] = body.validated_data["execution_ids"]
        made = case_services.add_from_runs(
            recipe=self.recipe(recipe_id), set_id=evaluation_set_id, execution_ids=list(dict.fromkeys(keys))
        )
        return Response(CasesAddedOut({"items": made}).data, status=201)


class EvaluationCasesFromCsv(EvaluationsView):
    """Cases from CSV."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="evaluation_cases_import",
        parameters=[WORKSPACE_HEADER, RECIPE, SET],
        request=CasesFromCsvIn,
        responses={201: CasesAddedOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str, evaluation_set_id: UUID) -> Response:
        """A case for each row, or none: what is wrong is said by row and column."""
        body = CasesFromCsvIn(data=request.data)
        body.is_valid(raise_exception=True)
        text: str = body.validated_data["csv"]
        made = case_services.add_from_csv(recipe=self.recipe(recipe_id), set_id=evaluation_set_id, text=text)
        return Response(CasesAddedOut({"items": made}).data, status=201)
