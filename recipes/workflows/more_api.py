"""REST: a deleted workflow brought back, an agent for a subtask that nobody fits, and a recipe of a run."""

from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes import queries as recipe_queries
from recipes.api import RecipeOut
from recipes.workflows import hiring_services, queries, services
from recipes.workflows.api import WORKFLOW, WorkflowOut, WorkflowView
from recipes.workflows.recipe_services import save_as_recipe
from recipes.workflows.run_api import EXECUTION
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, errors


class WorkflowRestore(WorkflowView):
    """A deleted workflow."""

    needs = {"POST": "workflows:delete"}

    @extend_schema(
        operation_id="workflows_restore",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        request=None,
        responses={200: WorkflowOut, **errors(404)},
    )
    def post(self, request: Request, workflow_id: UUID) -> Response:
        """The workflow back."""
        services.restore_workflow(workspace=self.workspace, workflow_id=workflow_id)
        return Response(WorkflowOut(self.workflow(workflow_id)).data)


class HireIn(InputSerializer):
    """For which subtask, and whom."""

    subtask = serializers.CharField(help_text="Its id in the plan.")
    listing = serializers.CharField(
        required=False, allow_blank=True, help_text="The slug of an agent of the marketplace; by default one is made."
    )


class HiredOut(serializers.Serializer[Any]):
    """The agent that does the subtask now. said: what is still to be done about it."""

    agent_id = serializers.UUIDField()
    name = serializers.CharField()
    said = serializers.ListField(child=serializers.CharField())


class WorkflowHire(WorkflowView):
    """An agent for a subtask of a plan."""

    needs = {"POST": "agents:write"}
    starts_work = True

    @extend_schema(
        operation_id="workflows_hire",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER, WORKFLOW],
        request=HireIn,
        responses={201: HiredOut, **errors(402, 404, 409, 415)},
    )
    def post(self, request: Request, workflow_id: UUID) -> Response:
        """Install an agent of the marketplace, or make one of the subtask's words, and let it do the subtask."""
        workflow = self.workflow(workflow_id)
        body = HireIn(data=request.data)
        body.is_valid(raise_exception=True)
        slug = body.validated_data.get("listing", "")
        act = partial(hiring_services.install_for, slug=slug) if slug else hiring_services.make_for
        hired = act(workflow=workflow, user=self.caller, subtask=body.validated_data["subtask"])
        return Response(HiredOut(hired).data, status=201, headers={"Location": f"/api/agents/{hired.agent_id}"})


class RunAsRecipeIn(InputSerializer):
    """How the recipe of a run is called, and what it asks for."""

    name = serializers.CharField(required=False, allow_blank=True)
    words = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Words of the goal that become inputs."
    )


class WorkflowRunAsRecipe(WorkflowView):
    """A recipe of a run."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="workflows_execution_save",
        parameters=[WORKSPACE_HEADER, WORKFLOW, EXECUTION],
        request=RunAsRecipeIn,
        responses={201: RecipeOut, **errors(402, 404, 409, 415)},
    )
    def post(self, request: Request, workflow_id: UUID, execution_id: UUID) -> Response:
        """A recipe that repeats what this run did; 409 when no subtask of it was done."""
        execution = queries.run_of(
            workspace=self.workspace, execution_id=execution_id, workflow=self.workflow(workflow_id)
        )
        body = RunAsRecipeIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = save_as_recipe(
            workspace=self.workspace,
            user=self.caller,
            execution=execution,
            name=body.validated_data.get("name", ""),
            words=body.validated_data.get("words", ()),
        )
        recipe = recipe_queries.recipe(workspace=self.workspace, key=made.pk)
        return Response(
            RecipeOut(recipe).data, status=201, headers={"Location": f"/api/workflow-recipes/{recipe.template_id}"}
        )
