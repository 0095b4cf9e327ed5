"""REST: recipes as YAML files with their agents."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import choice
from recipes import queries
from recipes.api import RECIPE, RecipeOut, written
from recipes.editor import files_services as files
from recipes.triggers import config_services as starts
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

YAML = "application/yaml"
OF = OpenApiParameter("of", str, enum=["published", "draft"], description="By default published, where anything is.")


class RecipeExport(WorkspaceView):
    """A recipe as a file."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="recipes_export",
        parameters=[WORKSPACE_HEADER, RECIPE, OF],
        responses={(200, YAML): str, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> HttpResponse:
        """The recipe and its agents as YAML, without ids and secrets; the same recipe gives the same bytes."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        is_draft = choice(request, "of", ("published", "draft")) == "draft"
        text = files.export(recipe, draft=is_draft, starts=starts.file_config(recipe))
        answer = HttpResponse(text, content_type=f"{YAML}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{recipe.template_id}.yaml"'
        return answer


class RecipeImportIn(InputSerializer):
    """A file that export wrote, or that somebody wrote like it."""

    yaml = serializers.CharField(trim_whitespace=False, help_text="The file's text.")
    publish = serializers.BooleanField(required=False, default=False, help_text="false: as a draft, finished or not.")


class ImportedOut(RecipeOut):
    """The recipe that came of it."""

    said = serializers.ListField(child=serializers.CharField(), help_text="What came along, and what is missing.")


class RecipeImport(WorkspaceView):
    """Taking a recipe in."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_import",
        parameters=[WORKSPACE_HEADER],
        request=RecipeImportIn,
        responses={201: ImportedOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new recipe with its agents; those that are here word for word do the work themselves.

        400 names under `yaml` everything that is wrong, with its line.
        """
        body = RecipeImportIn(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        made, secrets = starts.import_recipe(
            workspace=self.workspace, user=self.caller, access=self.access, text=sent["yaml"], publish=sent["publish"]
        )
        location = f"/api/workflow-recipes/{made.recipe.template_id}"
        out = {**written(self.workspace, made.recipe, secrets), "said": made.said}
        return Response(out, status=201, headers={"Location": location})
