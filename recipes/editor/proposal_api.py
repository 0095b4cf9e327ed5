"""REST: a recipe begun from a person's words, and the better draft that a model proposes for it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.errors import NotFound
from recipes import queries
from recipes.api import RECIPE, RecipeOut
from recipes.editor import proposal_services as proposals
from recipes.editor import services as drafts
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors


class RecipeWordsIn(InputSerializer):
    """What the recipe should do."""

    words = serializers.CharField(allow_blank=True, trim_whitespace=False)


class RecipeProposalOut(serializers.Serializer[Any]):
    """How far a model's draft is. rules: the draft was laid out by rules alone, and `why` says what hindered more."""

    state = serializers.ChoiceField(choices=("running", "lost", "done", "failed", "rules"))
    words = serializers.CharField()
    model = serializers.CharField()
    why = serializers.SerializerMethodField()
    cost = serializers.CharField(default="", help_text="US dollars.")
    used = serializers.BooleanField(default=False, help_text="Whether it stands in the draft.")

    def get_why(self, job: dict[str, Any]) -> str:
        return str(job.get("why") or job.get("text") or "")


class RecipeProposals(WorkspaceView):
    """Recipes from words."""

    needs = {"POST": "recipes:write"}
    starts_work = True

    @extend_schema(
        operation_id="recipe_proposals_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=RecipeWordsIn,
        responses={201: RecipeOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """An unpublished recipe, laid out by rules at once. A model works out a better draft meanwhile."""
        body = RecipeWordsIn(data=request.data)
        body.is_valid(raise_exception=True)
        words = body.validated_data["words"].replace("\r\n", "\n")
        made = proposals.start_from_words(workspace=self.workspace, user=self.caller, words=words)
        recipe = queries.recipe(workspace=self.workspace, key=made.pk)
        return Response(
            RecipeOut(recipe).data, status=201, headers={"Location": f"/api/workflow-recipes/{recipe.template_id}"}
        )


class RecipeProposal(WorkspaceView):
    """What a model proposes for a recipe's draft."""

    needs = {"GET": "recipes:write", "POST": "recipes:write", "DELETE": "recipes:write"}

    @extend_schema(
        operation_id="recipe_proposals_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={200: RecipeProposalOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """How far it is; 404 where there is none."""
        return Response(RecipeProposalOut(self._proposal(recipe_id)).data)

    @extend_schema(
        operation_id="recipe_proposals_use",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=None,
        responses={200: RecipeProposalOut, **errors(404, 409)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """Put it into the draft; …/draft/undo gives back what stood there. Nothing changes while it is worked out."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        self._proposal(recipe_id)
        proposals.use(recipe=recipe, user=self.caller)
        return Response(RecipeProposalOut(self._proposal(recipe_id)).data)

    @extend_schema(
        operation_id="recipe_proposals_dismiss",
        parameters=[WORKSPACE_HEADER, RECIPE],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str) -> Response:
        """Wait for it no more; the draft stays as it is."""
        self._proposal(recipe_id)
        proposals.dismiss(recipe=queries.recipe(workspace=self.workspace, key=recipe_id), user=self.caller)
        return Response(status=204)

    def _proposal(self, recipe_id: str) -> dict[str, Any]:
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        job = proposals.shown(drafts.draft_of(recipe))
        if not job:
            raise NotFound()
        return {**job, "state": "lost" if job["lost"] else job["state"]}
