"""Reads: workflows, their runs, and what a run of one came to."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from agents.models import Agent, AgentStatus
from agents.work.queries import unusable
from automatos.errors import NotFound
from recipes.models import Execution, Workflow
from workspaces.models import Workspace


def workflows_of(workspace: Workspace) -> QuerySet[Workflow]:
    """The workspace's workflows, the last changed first."""
    return (
        Workflow.objects.visible()
        .filter(workspace=workspace)
        .select_related("lead", "created_by")
        .order_by("-updated_at", "-id")
    )


def workflow(*, workspace: Workspace, workflow_id: UUID) -> Workflow:
    """One workflow; NotFound when it is unknown, deleted or another workspace's."""
    found = workflows_of(workspace).filter(pk=workflow_id).first()
    if found is None:
        raise NotFound()
    return found


def runs_of(workflow: Workflow) -> QuerySet[Execution]:
    """Its runs, the newest first; dry runs are not among them."""
    rows = Execution.objects.filter(workflow=workflow, workspace_id=workflow.workspace_id)
    return rows.exclude(input_data__has_key="dry_run").select_related("user").order_by("-created_at", "-id")


def run_of(*, workspace: Workspace, execution_id: UUID, workflow: Workflow | None = None) -> Execution:
    """One run of a workflow, a dry one too; NotFound when it is none, or another workspace's or workflow's."""
    rows = Execution.objects.filter(workspace=workspace, pk=execution_id, workflow__isnull=False)
    if workflow is not None:
        rows = rows.filter(workflow=workflow)
    found = rows.select_related("user", "workflow").first()
    if found is None:
        raise NotFound()
    return found


def plan_run_of(workflow: Workflow) -> Execution | None:
    """The newest dry run, live or over; None before the first."""
    if workflow.plan_run_id is None:
        return None
    return Execution.objects.filter(workspace_id=workflow.workspace_id, pk=workflow.plan_run_id).first()


def last_runs(workflows: Iterable[Workflow]) -> dict[UUID, Execution]:
    """The newest run of each that has one, by the workflow's id."""
    rows = Execution.objects.filter(workflow__in=list(workflows)).exclude(input_data__has_key="dry_run")
    newest = rows.order_by("workflow", "-created_at").distinct("workflow")
    return {row.workflow_id: row for row in newest.defer("input_data", "output_data", "learning") if row.workflow_id}


def lead_of(workflow: Workflow) -> Agent | None:
    """Who plans and answers: the chosen lead, else the first agent of the team that can work, by name."""
    if workflow.lead is not None:
        return workflow.lead
    rows = Agent.objects.visible().filter(workspace_id=workflow.workspace_id, status=AgentStatus.ACTIVE)
    if workflow.agent_ids:
        rows = rows.filter(pk__in=workflow.agent_ids)
    rows = rows.select_related("agent_model_config").order_by("name", "id")
    return next((one for one in rows[:20] if not unusable(one)), None)
