"""REST: the plan of a workflow: made by a dry run, read, and changed before anything starts."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from recipes.models import Trigger, Workflow
from recipes.workflows import plan_services, queries, run_services
from recipes.workflows.api import WORKFLOW, RunStartedOut, WorkflowView, plain, started
from recipes.workflows.planning import COMPLEXITIES, STRATEGIES
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, errors
from workspaces.doors.idempotency import HEADER, once


class SubtaskEstimateOut(serializers.Serializer[Any]):
    """About what a subtask takes."""

    seconds = serializers.FloatField()
    cost = serializers.FloatField(help_text="US dollars.")


class PlanEstimateOut(SubtaskEstimateOut):
    """About what the whole plan takes: its longest chain, and the cost of everything."""

    seconds_low = serializers.FloatField()
    seconds_high = serializers.FloatField()
    chain = serializers.ListField(
        child=serializers.CharField(), help_text="The subtasks that decide how long it takes."
    )


class CandidateOut(serializers.Serializer[Any]):
    """An agent that was compared. All figures 0 to 1."""

    agent_id = serializers.UUIDField()
    name = serializers.CharField()
    score = serializers.FloatField()
    capability = serializers.FloatField()
    past_success = serializers.FloatField()
    load = serializers.FloatField(help_text="1 where it is free.")
    fits = serializers.BooleanField()
    reasoning = serializers.CharField()


class SubtaskOut(serializers.Serializer[Any]):
    """A subtask with its agent."""

    id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    complexity = serializers.ChoiceField(choices=COMPLEXITIES)
    required_capabilities = serializers.ListField(child=serializers.CharField())
    priority = serializers.IntegerField(help_text="1 (first) to 5.")
    dependencies = serializers.ListField(child=serializers.CharField(), help_text="Ids of subtasks it waits for.")
    agent_id = serializers.UUIDField(allow_null=True, help_text="None where nobody fits.")
    agent_name = serializers.CharField()
    match_score = serializers.FloatField()
    reasoning = serializers.CharField()
    is_chosen = serializers.BooleanField(help_text="A person chose the agent.")
    candidates = CandidateOut(many=True)
    estimate = SubtaskEstimateOut()


class PlanBodyOut(serializers.Serializer[Any]):
    """A plan."""

    strategy = serializers.ChoiceField(choices=STRATEGIES)
    planner = serializers.ChoiceField(choices=("model", "rules", "person"), help_text="Who made it.")
    subtasks = SubtaskOut(many=True)
    unfit = serializers.ListField(child=serializers.CharField(), help_text="Subtasks nobody fits.")
    estimate = PlanEstimateOut()
    goal = serializers.CharField()
    made_at = serializers.CharField()


class PlanOut(serializers.Serializer[Any]):
    """Where planning stands, and the plan there is."""

    status = serializers.CharField(help_text="Of the newest dry run, as of any run; none before the first.")
    execution_id = serializers.UUIDField(allow_null=True, help_text="The newest dry run.")
    error = serializers.JSONField(allow_null=True, help_text="Why the newest dry run gave no plan.")
    plan_version = serializers.IntegerField()
    plan = PlanBodyOut(allow_null=True)


class SubtaskIn(InputSerializer):
    """A subtask as a person wants it."""

    shown_only = ("agent_name", "match_score", "reasoning", "is_chosen", "candidates", "estimate")

    id = serializers.CharField()
    title = serializers.CharField(required=False, allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    complexity = WordField(required=False, help_text=", ".join(COMPLEXITIES))
    required_capabilities = serializers.ListField(child=serializers.CharField(), required=False)
    priority = serializers.IntegerField(required=False)
    dependencies = serializers.ListField(child=serializers.CharField(), required=False)
    agent_id = serializers.UUIDField(required=False, allow_null=True, help_text="None for whoever fits best.")


class PlanIn(InputSerializer):
    """A plan as a person wants it."""

    shown_only = ("planner", "unfit", "estimate", "goal", "made_at", "execution_id")

    strategy = WordField(help_text=", ".join(STRATEGIES))
    subtasks = SubtaskIn(many=True)
    plan_version = serializers.IntegerField(
        required=False, help_text="The version the change was made from; 409 when it is not the newest any more."
    )


def plan_answer(workflow: Workflow) -> dict[str, Any]:
    """The plan of a workflow as it is answered."""
    run = queries.plan_run_of(workflow)
    return {
        "status": run.status if run else "none",
        "execution_id": run.pk if run else None,
        "error": run.error if run else None,
        "plan_version": workflow.plan_version,
        "plan": workflow.plan,
    }


class WorkflowPlan(WorkflowView):
    """A workflow's plan."""

    needs = {"GET": "workflows:read", "POST": "executions:run", "PUT": "workflows:write"}

    @extend_schema(
        operation_id="workflows_plan_retrieve",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        responses={200: PlanOut, **errors(404)},
    )
    def get(self, request: Request, workflow_id: UUID) -> Response:
        """Subtasks, their order, the agents with score and reason, expected time and cost."""
        return Response(PlanOut(plan_answer(self.workflow(workflow_id))).data)

    @extend_schema(
        operation_id="workflows_plan",
        parameters=[WORKSPACE_HEADER, WORKFLOW, ONCE_HEADER],
        request=None,
        responses={202: RunStartedOut, **errors(404, 409)},
    )
    def post(self, request: Request, workflow_id: UUID) -> Response:
        """A dry run: the goal is planned, and nothing else is done. Answers at once; read the plan when it is over."""
        workflow = self.workflow(workflow_id)
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"workflow-plan:{workflow.pk}",
            key=request.headers.get(HEADER),
            body=None,
            act=lambda: (202, self._plan(request, workflow)),
        )
        return Response(answer, status=status, headers={"Location": f"/api/workflows/{workflow.pk}/plan"})

    @extend_schema(
        operation_id="workflows_plan_update",
        parameters=[WORKSPACE_HEADER, WORKFLOW],
        request=PlanIn,
        responses={200: PlanOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, workflow_id: UUID) -> Response:
        """The plan as you want it; the next run follows it."""
        body = PlanIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        wanted = {"strategy": values["strategy"], "subtasks": [plain(one) for one in values["subtasks"]]}
        workflow = plan_services.change_plan(
            workflow=self.workflow(workflow_id), body=wanted, expected_version=values.get("plan_version")
        )
        return Response(PlanOut(plan_answer(workflow)).data)

    def _plan(self, request: Request, workflow: Workflow) -> dict[str, Any]:
        execution = run_services.plan(
            workspace=self.workspace, workflow=workflow, user=self.caller, trigger=Trigger.API
        )
        return started(request, execution, self.workspace.slug)
