"""REST: every problem of a recipe before it is published or cooked, and what a run will take."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import InvalidInput
from recipes import queries
from recipes.api import RECIPE, RecipeIn, drafted
from recipes.editor import checks_queries as checks
from recipes.editor import files_services as files
from recipes.editor import services as drafts
from recipes.editor.body import STARTS, Body
from recipes.editor.document import Document
from recipes.editor.estimates_queries import estimate
from recipes.triggers import config_shape
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class ValidateIn(RecipeIn):
    """What is looked at."""

    yaml = serializers.CharField(required=False, trim_whitespace=False, help_text="A file in place of all of it.")
    of = serializers.ChoiceField(choices=("published", "draft"), required=False, help_text="By default published.")


class CureOut(serializers.Serializer[Any]):
    """What mends it: in the field's text `old` becomes `new`."""

    words = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class CheckedProblemOut(serializers.Serializer[Any]):
    """One thing that is wrong."""

    field = serializers.CharField()
    text = serializers.CharField()
    severity = serializers.ChoiceField(choices=(checks.ERROR, checks.WARNING))
    step_id = serializers.CharField()
    cures = CureOut(many=True)
    line = serializers.IntegerField(allow_null=True, help_text="In the YAML that was sent.")


class StepEstimateOut(serializers.Serializer[Any]):
    """Of one step."""

    step_id = serializers.CharField()
    cost = serializers.DecimalField(max_digits=16, decimal_places=8, help_text="US dollars.")
    duration_ms = serializers.FloatField()
    tokens = serializers.IntegerField()
    basis = serializers.ChoiceField(choices=("runs", "prices", "unknown"))
    runs = serializers.IntegerField()


class EstimateOut(serializers.Serializer[Any]):
    """Of a run in which every step is taken once."""

    cost = serializers.DecimalField(max_digits=16, decimal_places=8, help_text="US dollars.")
    duration_ms = serializers.FloatField()
    is_whole = serializers.BooleanField(help_text="Whether every step of an agent is in it.")
    steps = StepEstimateOut(many=True)


class ProblemsOut(serializers.Serializer[Any]):
    """What a check found."""

    valid = serializers.BooleanField(help_text="Whether there is no error; warnings do not count.")
    problems = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="The errors' sentences by field."
    )
    details = CheckedProblemOut(many=True, help_text="Errors and warnings with what mends them.")
    estimate = EstimateOut(allow_null=True)


class RecipeValidate(WorkspaceView):
    """Checking a recipe without saving or cooking it."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_validate",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=ValidateIn,
        responses={200: ProblemsOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """Every problem of the recipe with what is sent in place of what is saved, and what a run will take."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = ValidateIn(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        values = sent.validated_data
        document: Document | None = None
        if "yaml" in values:
            try:
                body, document = files.read_code(self.workspace, values["yaml"], template_id=recipe.template_id)
            except InvalidInput as error:
                return Response(ProblemsOut(_unreadable(error)).data)
        else:
            kept = drafts.draft_of(recipe) if values.get("of") == "draft" or recipe.version == 0 else None
            body = drafted(drafts.body_now(recipe, kept), values)
        found = [*checks.check(self.workspace, body, recipe), *_of_starts(body)]
        bad = [one for one in found if one.severity == checks.ERROR]
        grouped: dict[str, list[str]] = {}
        for one in bad:
            grouped.setdefault(one.field, []).append(one.text)
        details = [
            {**{name: getattr(one, name) for name in ("field", "text", "severity", "step_id", "cures")},
             "line": document.line(one.field) if document else None}
            for one in found
        ]  # fmt: skip
        out = {
            "valid": not bad,
            "problems": grouped,
            "details": details,
            "estimate": estimate(self.workspace, recipe, body),
        }
        return Response(ProblemsOut(out).data)


def _of_starts(body: Body) -> Iterator[checks.Problem]:
    try:
        config_shape.read(body.get(STARTS) or {})
    except InvalidInput as error:
        for name, texts in error.fields.items():
            yield from (checks.Problem(name, text) for text in texts)


def _unreadable(error: InvalidInput) -> dict[str, Any]:
    texts = error.fields.get("yaml") or [error.message]
    details: list[dict[str, Any]] = []
    for text in texts:
        words = text.split(":")[0].removeprefix("Line ")
        line = int(words) if words.isdigit() else None
        details.append({"field": "yaml", "text": text, "severity": "error", "step_id": "", "cures": [], "line": line})
    return {"valid": False, "problems": {"yaml": texts}, "details": details, "estimate": None}
