"""REST: workflows, and running them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.rest_lists import choice, list_parameters, listing, ordered, page_of, searched
from recipes.models import Execution, ExecutionStatus, Trigger, Workflow, WorkflowStatus
from recipes.runs.links import LinksOut, links_of
from recipes.workflows import queries, run_services, services
from recipes.workflows.names import ON_ERROR, STAGES
from recipes.workflows.services import WorkflowInput
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.doors.idempotency import HEADER, once

ORDERINGS = ("name", "created_at", "updated_at")
WORKFLOW = OpenApiParameter("workflow_id", UUID, OpenApiParameter.PATH)
STAGES_HELP = (
    f"What differs from the usual, by stage ({', '.join(stage.key for stage in STAGES)}): "
    f'{{"prompt": "…", "on_error": "{" | ".join(ON_ERROR)}"}}.'
)


class WorkflowIn(InputSerializer):
    """What is decided about a workflow."""

    shown_only: tuple[str, ...] = (
        *("id", "lead_name", "version", "plan_version", "has_plan", "created_at", "updated_at"),
    )

    goal = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="At most 4,000 characters.")
    name = serializers.CharField(required=False, allow_blank=True, help_text="By default from the goal.")
    description = serializers.CharField(required=False, allow_blank=True)
    status = WordField(required=False, help_text=", ".join(WorkflowStatus.values))
    lead_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The agent that plans and answers; by default the first by name."
    )
    agent_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Who may be picked; empty for every active agent."
    )
    stages = serializers.DictField(required=False, help_text=STAGES_HELP)
    max_cost = serializers.DecimalField(
        10, 4, required=False, allow_null=True, help_text="US dollars a run may spend; none for no limit."
    )
    total_timeout = serializers.FloatField(required=False, help_text="Seconds a run may take; 1800 by default.")


class ChangedWorkflowIn(WorkflowIn):
    """A workflow's new values."""

    shown_only = ("id", "lead_name", "plan_version", "has_plan", "created_at", "updated_at")

    version = serializers.IntegerField(
        required=False, help_text="The version the change was made from; 409 when it is not the newest any more."
    )


class WorkflowOut(serializers.Serializer[Workflow]):
    """A workflow."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    goal = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=WorkflowStatus.choices)
    lead_id = serializers.UUIDField(allow_null=True)
    lead_name = serializers.CharField(source="lead.name", default="")
    agent_ids = serializers.ListField(child=serializers.UUIDField())
    stages = serializers.DictField()
    max_cost = serializers.DecimalField(10, 4, allow_null=True)
    total_timeout = serializers.FloatField()
    version = serializers.IntegerField()
    plan_version = serializers.IntegerField(help_text="Counts the changes of its plan.")
    has_plan = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_has_plan(self, workflow: Workflow) -> bool:
        return workflow.plan is not None


class WorkflowView(WorkspaceView):
    """What operations on one workflow share."""

    def workflow(self, workflow_id: UUID) -> Workflow:
        """The workflow of the address."""
        return queries.workflow(workspace=self.workspace, workflow_id=workflow_id)


class WorkflowList(WorkspaceView):
    """The workspace's workflows."""

    needs = {"GET": "workflows:read", "POST": "workflows:write"}

    @extend_schema(
        operation_id="workflows_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(orderings=ORDERINGS, filters={"status": WorkflowStatus.values}),
        ],
        responses={200: page_of(WorkflowOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Workflows, the last changed first; `search` looks at name, goal and description."""
        rows = searched(queries.workflows_of(self.workspace), request, ["name", "goal", "description"])
        if status := choice(request, "status", WorkflowStatus.values):
            rows = rows.filter(status=status)
        return listing(request, ordered(rows, request, ORDERINGS), WorkflowOut)

    @extend_schema(
        operation_id="workflows_create",
        parameters=[WORKSPACE_HEADER],
        request=WorkflowIn,
        responses={201: WorkflowOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new workflow, a draft until its first run."""
        body = WorkflowIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = WorkflowInput(**body.validated_data)
        workflow = services.create_workflow(workspace=self.workspace, user=self.caller, data=data)
        return Response(WorkflowOut(workflow).data, status=201, headers={"Location": f"/api/workflows/{workflow.pk}"})


class WorkflowDetail(WorkflowView):
    """One workflow."""

    needs = {
        "GET": "workflows:read",
        "PUT": "workflows:write",
        "PATCH": "workflows:write",
        "DELETE": "workflows:delete",
    }

    @extend_schema(
        operation_id="workflows_retrieve",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        responses={200: WorkflowOut, **errors(404)},
    )
    def get(self, request: Request, workflow_id: UUID) -> Response:
        """The workflow."""
        return Response(WorkflowOut(self.workflow(workflow_id)).data)

    @extend_schema(
        operation_id="workflows_update",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        request=ChangedWorkflowIn,
        responses={200: WorkflowOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, workflow_id: UUID) -> Response:
        """Everything new; what is left out goes back to the defaults. Another goal takes its plan away."""
        return self._change(request, workflow_id, partial=False)

    @extend_schema(
        operation_id="workflows_partial_update",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        request=ChangedWorkflowIn,
        responses={200: WorkflowOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, workflow_id: UUID) -> Response:
        """Only what is sent changes."""
        return self._change(request, workflow_id, partial=True)

    @extend_schema(
        operation_id="workflows_delete", parameters=[WORKSPACE_HEADER, WORKFLOW], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, workflow_id: UUID) -> Response:
        """Out of sight; its runs stay readable."""
        services.delete_workflow(workflow=self.workflow(workflow_id))
        return Response(status=204)

    def _change(self, request: Request, workflow_id: UUID, *, partial: bool) -> Response:
        workflow = self.workflow(workflow_id)
        body = ChangedWorkflowIn(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        version = values.pop("version", None)
        if partial:  # what is not sent stays as it is by now
            workflow = services.lock_workflow(workflow)
        data = replace(services.as_input(workflow), **values) if partial else WorkflowInput(**values)
        changed = services.update_workflow(workflow=workflow, data=data, expected_version=version)
        return Response(WorkflowOut(self.workflow(changed.pk)).data)


class RunStartedOut(serializers.Serializer[Any]):
    """A run of a workflow that was started."""

    execution_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    total_steps = serializers.IntegerField(help_text="Stages; subtasks join them while it runs.")
    links = LinksOut()


class WorkflowExecuteIn(InputSerializer):
    """How to run it."""

    use_plan = serializers.BooleanField(
        required=False, default=True, help_text="With its plan, where it has one; false plans anew."
    )


class WorkflowExecute(WorkflowView):
    """Running a workflow."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="workflows_execute",
        parameters=[WORKSPACE_HEADER, WORKFLOW, ONCE_HEADER],
        request=WorkflowExecuteIn,
        responses={202: RunStartedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, workflow_id: UUID) -> Response:
        """Start a run through all nine stages and answer at once."""
        workflow = self.workflow(workflow_id)
        body = WorkflowExecuteIn(data=request.data)
        body.is_valid(raise_exception=True)
        use_plan = body.validated_data["use_plan"]
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"workflow:{workflow.pk}",
            key=request.headers.get(HEADER),
            body=request.data,
            act=lambda: (202, self._start(request, workflow, use_plan=use_plan)),
        )
        return Response(answer, status=status, headers={"Location": answer["links"]["self"]})

    def _start(self, request: Request, workflow: Workflow, *, use_plan: bool) -> dict[str, Any]:
        execution = run_services.execute(
            workspace=self.workspace, workflow=workflow, user=self.caller, trigger=Trigger.API, use_plan=use_plan
        )
        return started(request, execution, self.workspace.slug)


def started(request: Request, execution: Execution, slug: str) -> dict[str, Any]:
    """A run as it is answered right after its start."""
    return {
        "execution_id": str(execution.pk),
        "workflow_id": str(execution.workflow_id),
        "status": str(execution.status),
        "total_steps": execution.total_steps,
        "links": links_of(request, execution, slug),
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as JSON has them."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
