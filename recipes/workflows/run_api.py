"""REST: the runs of a workflow, and what each came to."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes.models import Execution, ExecutionStatus
from recipes.workflows import queries
from recipes.workflows.api import WORKFLOW, WorkflowView
from recipes.workflows.reading import reading_of, response_of
from workspaces.doors.endpoints import WORKSPACE_HEADER, errors

EXECUTION = OpenApiParameter("execution_id", UUID, OpenApiParameter.PATH)
STAGE_STATUSES = ("pending", "running", "completed", "skipped", "failed")


class WorkflowRunOut(serializers.Serializer[Execution]):
    """A run of a workflow, in short."""

    execution_id = serializers.UUIDField(source="pk")
    workflow_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    quality_score = serializers.FloatField(allow_null=True)
    cost = serializers.DecimalField(14, 8)
    error = serializers.JSONField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


class StageOut(serializers.Serializer[Any]):
    """A stage of a run."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField(source="label", help_text="The name for people.")
    status = serializers.ChoiceField(choices=STAGE_STATUSES)
    step = serializers.IntegerField(help_text="Of the run: what went in and came out stands at …/steps/{n}.")
    duration_ms = serializers.IntegerField(allow_null=True)
    error = serializers.JSONField(allow_null=True)


class SubtaskRunOut(serializers.Serializer[Any]):
    """A subtask of a run."""

    id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    dependencies = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=STAGE_STATUSES)
    agent_id = serializers.UUIDField(allow_null=True)
    agent_name = serializers.CharField()
    match_score = serializers.FloatField(allow_null=True)
    reasoning = serializers.CharField()
    steps = serializers.ListField(child=serializers.IntegerField(), help_text="Every step it had, the last counts.")
    result = serializers.CharField()
    duration_ms = serializers.IntegerField(allow_null=True)
    error = serializers.JSONField(allow_null=True)


class UsedAgentOut(serializers.Serializer[Any]):
    """An agent that worked."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class AnswerSourceOut(serializers.Serializer[Any]):
    """Where statements come from; the answer names it by its number, as [1]."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=("document", "memory", "lesson", "outside"))
    title = serializers.CharField()
    is_outside = serializers.BooleanField(help_text="Not written in this workspace.")


class WorkflowResponseOut(serializers.Serializer[Any]):
    """What a run came to."""

    execution_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    is_dry_run = serializers.BooleanField()
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    result = serializers.CharField(help_text="The answer, in Markdown.")
    quality_score = serializers.FloatField(allow_null=True)
    execution_time = serializers.FloatField(allow_null=True, help_text="Seconds.")
    stages_completed = serializers.IntegerField(help_text="Of nine.")
    planned_by = serializers.ChoiceField(choices=("model", "rules", "person"), allow_null=True)
    replans = serializers.IntegerField(help_text="How often the plan was changed while it ran.")
    stages = StageOut(many=True)
    subtasks = SubtaskRunOut(many=True)
    agents_used = UsedAgentOut(many=True)
    tools_used = serializers.ListField(child=serializers.CharField())
    sources = AnswerSourceOut(many=True)
    error = serializers.JSONField(allow_null=True)
    cost = serializers.DecimalField(14, 8)
    tokens = serializers.IntegerField()


class WorkflowExecutions(WorkflowView):
    """The runs of a workflow."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="workflows_executions",
        parameters=[
            WORKSPACE_HEADER,
            WORKFLOW,
            *list_parameters(search=False, filters={"status": ExecutionStatus.values}),
        ],
        responses={200: page_of(WorkflowRunOut), **errors(404)},
    )
    def get(self, request: Request, workflow_id: UUID) -> Response:
        """Newest first; dry runs are not among them."""
        rows = queries.runs_of(self.workflow(workflow_id))
        if status := choice(request, "status", ExecutionStatus.values):
            rows = rows.filter(status=status)
        return listing(request, rows, WorkflowRunOut)


class WorkflowExecution(WorkflowView):
    """One run of a workflow."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="workflows_execution",
        parameters=[WORKSPACE_HEADER, WORKFLOW, EXECUTION],
        responses={200: WorkflowResponseOut, **errors(404)},
    )
    def get(self, request: Request, workflow_id: UUID, execution_id: UUID) -> Response:
        """The answer with its sources, stages, subtasks, agents and tools; live too, as far as it has come."""
        workflow = self.workflow(workflow_id)
        execution = queries.run_of(workspace=self.workspace, execution_id=execution_id, workflow=workflow)
        return Response(WorkflowResponseOut(response_of(reading_of(execution))).data)
