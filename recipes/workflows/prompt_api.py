"""REST: how a workspace words the prompts of a workflow's stages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes.workflows.prompt_services import set_prompts, worded
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class StagePromptOut(serializers.Serializer[Any]):
    """A stage that asks a model."""

    stage = serializers.CharField(source="stage.key")
    number = serializers.IntegerField(source="stage.number")
    name = serializers.CharField(source="stage.label")
    prompt = serializers.CharField(help_text="The workspace's words; empty where the usual ones are sent.")
    usual = serializers.CharField(help_text="What is sent where neither the workspace nor the workflow says otherwise.")


class StagePromptsOut(serializers.Serializer[Any]):
    """All of them; there are three."""

    items = StagePromptOut(many=True)


class StagePromptsIn(InputSerializer):
    """Other words for stages."""

    prompts = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        help_text="By stage; an empty text goes back to the usual words, a stage left out keeps its own.",
    )


class StagePrompts(WorkspaceView):
    """The workspace's prompts of stages."""

    needs = {"GET": "workflows:read", "PUT": "workflows:write"}

    @extend_schema(
        operation_id="workflows_stage_prompts",
        parameters=[WORKSPACE_HEADER],
        responses={200: StagePromptsOut, **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Each stage that asks a model, with the workspace's words and the usual ones."""
        return self._shown()

    @extend_schema(
        operation_id="workflows_stage_prompts_update",
        parameters=[WORKSPACE_HEADER],
        request=StagePromptsIn,
        responses={200: StagePromptsOut, **errors(404, 415)},
    )
    def put(self, request: Request) -> Response:
        """Word them otherwise, for every run that starts from now on."""
        body = StagePromptsIn(data=request.data)
        body.is_valid(raise_exception=True)
        set_prompts(workspace=self.workspace, user=self.caller, prompts=body.validated_data["prompts"])
        return self._shown()

    def _shown(self) -> Response:
        return Response(StagePromptsOut({"items": worded(self.workspace)}).data)
