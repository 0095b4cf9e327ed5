"""REST: a recipe's draft, publishing it, and its versions compared and restored."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import DiffLineOut, InputSerializer
from automatos.errors import NotFound
from automatos.rest_lists import list_parameters, listing, page_of
from recipes import queries, services
from recipes.api import RECIPE, RecipeOut, written
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.editor.compare import between, draft_changes
from recipes.models import Recipe, RecipeVersion
from recipes.triggers import config_services as starts
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class DraftOut(serializers.Serializer[Any]):
    """What is being written at a recipe."""

    exists = serializers.BooleanField(help_text="false: nothing is written, and the body is what is published.")
    base_version = serializers.IntegerField(help_text="The published version it began from; 0 for none.")
    revision = serializers.IntegerField(help_text="Raised by each change; 0 where there is no draft.")
    updated_by = serializers.EmailField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    body = serializers.DictField(help_text="The shape POST /api/workflow-recipes takes, right or not.")
    changes = DiffLineOut(many=True, help_text="What publishing it would change; empty when nothing would.")


class DraftIn(InputSerializer):
    """A draft as a whole."""

    body = serializers.DictField(help_text="The shape POST /api/workflow-recipes takes; it may be unfinished.")
    revision = serializers.IntegerField(
        required=False, help_text="The revision the change was made from; 409 when it is not the newest any more."
    )


def shown(recipe: Recipe) -> dict[str, Any]:
    """The recipe's draft for DraftOut."""
    draft = drafts.draft_of(recipe)
    return {
        "exists": draft is not None,
        "base_version": draft.base_version if draft else recipe.version,
        "revision": draft.revision if draft else 0,
        "updated_by": draft.updated_by.email if draft and draft.updated_by else None,
        "updated_at": draft.updated_at if draft else None,
        "body": bodies.to_saved(drafts.body_now(recipe, draft)),
        "changes": draft_changes(recipe),
    }


class RecipeDraftDetail(WorkspaceView):
    """The draft of a recipe."""

    needs = {"GET": "recipes:write", "PUT": "recipes:write", "DELETE": "recipes:write"}

    @extend_schema(
        operation_id="recipes_draft",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={200: DraftOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """The draft that all editors of the recipe share."""
        return Response(DraftOut(shown(queries.recipe(workspace=self.workspace, key=recipe_id))).data)

    @extend_schema(
        operation_id="recipes_draft_replace",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=DraftIn,
        responses={200: DraftOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, recipe_id: str) -> Response:
        """Another draft in its place; undo brings the old one back."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = DraftIn(data=request.data)
        sent.is_valid(raise_exception=True)
        drafts.replace_body(
            recipe=recipe,
            body=bodies.checked_shape(sent.validated_data["body"]),
            writing=drafts.Writing(user=self.caller, what="changed the draft over the API"),
            revision=sent.validated_data.get("revision"),
        )
        return Response(DraftOut(shown(recipe)).data)

    @extend_schema(
        operation_id="recipes_draft_discard",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={204: None, **errors(404, 409)},
    )
    def delete(self, request: Request, recipe_id: str) -> Response:
        """Back to what is published."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        drafts.discard_draft(recipe=recipe, user=self.caller)
        return Response(status=204)


class UndoIn(InputSerializer):
    """Which way."""

    back = serializers.BooleanField(required=False, default=True, help_text="false: makes the last undone one again.")


class UndoneOut(DraftOut):
    """The draft after it."""

    undone = serializers.CharField(help_text="What was taken back or made again; empty where there was nothing.")


class RecipeDraftUndo(WorkspaceView):
    """Taking changes of a draft back."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_draft_undo",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=UndoIn,
        responses={200: UndoneOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """One change back, or forth again."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = UndoIn(data=request.data)
        sent.is_valid(raise_exception=True)
        undone = drafts.undo(recipe=recipe, user=self.caller, back=sent.validated_data["back"])
        return Response(UndoneOut({**shown(recipe), "undone": undone}).data)


class PublishIn(InputSerializer):
    """How the draft goes live."""

    changelog = serializers.CharField(required=False, allow_blank=True, help_text="What changed, in a line.")
    over = serializers.IntegerField(
        required=False, help_text="A version published since the draft began, to be followed all the same."
    )


class VersionOut(serializers.Serializer[RecipeVersion]):
    """A recipe as it read at one version."""

    version = serializers.IntegerField()
    changelog = serializers.CharField()
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    body = serializers.DictField(help_text="The shape POST /api/workflow-recipes takes.")


class RecipeVersions(WorkspaceView):
    """A recipe's history."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="recipes_versions",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters(search=False)],
        responses={200: page_of(VersionOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """Every version, newest first."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        return listing(request, queries.versions_of(recipe), VersionOut)


class RecipePublish(WorkspaceView):
    """The draft goes live."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_publish",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=PublishIn,
        responses={200: RecipeOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """The draft as the next version; runs under way go on with theirs."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        sent = PublishIn(data=request.data)
        sent.is_valid(raise_exception=True)
        saved, secrets = starts.publish(recipe=recipe, user=self.caller, access=self.access, **sent.validated_data)
        return Response(written(self.workspace, saved, secrets))


class ComparedOut(serializers.Serializer[Any]):
    """What changed between two versions."""

    old = serializers.IntegerField()
    new = serializers.IntegerField()
    lines = DiffLineOut(many=True, help_text="Empty when they read the same.")


class VersionCompare(WorkspaceView):
    """Two versions side by side."""

    needs = {"GET": "recipes:read"}

    @extend_schema(
        operation_id="recipes_versions_compare",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={200: ComparedOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, old: int, new: int) -> Response:
        """Line by line, what became of the old version."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        lines = between(_version(recipe, old), _version(recipe, new))
        return Response(ComparedOut({"old": old, "new": new, "lines": lines}).data)


class VersionRestore(WorkspaceView):
    """An earlier version again."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_versions_restore",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=None,
        responses={200: RecipeOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, version: int) -> Response:
        """The recipe as it read then, as its next version."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        services.restore_version(recipe=recipe, version=version, user=self.caller)
        return Response(RecipeOut(queries.recipe(workspace=self.workspace, key=recipe.pk)).data)


def _version(recipe: Recipe, number: int) -> RecipeVersion:
    found = recipe.versions.filter(version=number).first()
    if found is None:
        raise NotFound()
    return found
