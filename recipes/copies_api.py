"""REST: a recipe copied, and a deleted one brought back."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.errors import NotFound
from recipes import queries, services
from recipes.api import RECIPE, RecipeOut
from recipes.models import Recipe
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

DELETED = OpenApiParameter("recipe_id", UUID, OpenApiParameter.PATH, description="The recipe's UUID.")


class RecipeDuplicate(WorkspaceView):
    """A copy of a recipe."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_duplicate",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=None,
        responses={201: RecipeOut, **errors(402, 404)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """A copy at version 1 under a name and an address of its own."""
        found = queries.recipe(workspace=self.workspace, key=recipe_id)
        made = services.duplicate_recipe(recipe=found, user=self.caller)
        copy = queries.recipe(workspace=self.workspace, key=made.pk)
        return Response(
            RecipeOut(copy).data, status=201, headers={"Location": f"/api/workflow-recipes/{copy.template_id}"}
        )


class RecipeRestore(WorkspaceView):
    """A deleted recipe."""

    needs = {"POST": "recipes:delete"}

    @extend_schema(
        operation_id="recipes_restore",
        parameters=[WORKSPACE_HEADER, DELETED],
        request=None,
        responses={200: RecipeOut, **errors(402, 404)},
    )
    def post(self, request: Request, recipe_id: UUID) -> Response:
        """The recipe back, under its template_id or, when that was taken meanwhile, a new one."""
        gone = Recipe.objects.filter(workspace=self.workspace, pk=recipe_id).first()
        if gone is None:
            raise NotFound()
        services.restore_recipe(recipe=gone, user=self.caller)
        return Response(RecipeOut(queries.recipe(workspace=self.workspace, key=gone.pk)).data)
