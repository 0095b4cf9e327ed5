"""Changes: workflows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from automatos.rows import hold, locked
from recipes.models import Workflow, WorkflowStatus
from recipes.workflows.names import ON_ERROR, STAGE
from recipes.workflows.planning import LONGEST_GOAL, title_of
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

MOST_WORKFLOWS = 500
MOST_TEAM = 100
LONGEST_PROMPT = 8_000
SHORTEST_RUN, LONGEST_RUN = 10, 86_400
LOWEST_COST, HIGHEST_COST = 0.0001, 100_000
COLUMNS = (
    "name", "goal", "description", "status", "lead_id", "agent_ids", "stages", "max_cost",
    "total_timeout",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInput:
    """Everything a person decides about a workflow. name: by default the first words of the goal.

    agent_ids: who may be picked, empty for everybody; stages: {stage: {"prompt", "on_error"}}; max_cost in US dollars;
    total_timeout in seconds.
    """

    goal: str
    name: str = ""
    description: str = ""
    status: str = WorkflowStatus.DRAFT
    lead_id: UUID | None = None
    agent_ids: Sequence[UUID] = ()
    stages: Mapping[str, Any] = field(default_factory=dict)
    max_cost: Decimal | None = None
    total_timeout: float = 1800.0


def as_input(workflow: Workflow) -> WorkflowInput:
    """The workflow as it is, ready for `dataclasses.replace` and update_workflow."""
    return WorkflowInput(**{name: getattr(workflow, name) for name in COLUMNS})


@transaction.atomic
def create_workflow(*, workspace: Workspace, user: User | None, data: WorkflowInput) -> Workflow:
    """A new workflow, or InvalidInput naming each wrong field."""
    columns = _checked(workspace, data)
    _require_room(workspace)
    workflow = Workflow.objects.create(workspace=workspace, created_by=user, **columns)
    audit.record_row("workflow.created", workflow, after=_told(workflow))
    return workflow


@transaction.atomic
def update_workflow(*, workflow: Workflow, data: WorkflowInput, expected_version: int | None = None) -> Workflow:
    """The workflow with everything as in `data`. Runs under way go on as they began; a plan for another goal goes.

    expected_version: the version the change was made from; Conflict when someone else saved meanwhile.
    """
    workflow = lock_workflow(workflow)
    if expected_version is not None and workflow.version != expected_version:
        raise Conflict(f"{workflow.name} was saved by someone else meanwhile. Load it again, then make your change.")
    before = _told(workflow)
    for name, value in _checked(workflow.workspace, data).items():
        setattr(workflow, name, value)
    if workflow.plan is not None and workflow.goal != before["goal"]:
        workflow.plan, workflow.plan_run_id = None, None
        workflow.plan_version += 1
    workflow.version += 1
    workflow.save()
    audit.record_row("workflow.updated", workflow, **audit.changes(before, _told(workflow), _told(workflow)))
    return workflow


@transaction.atomic
def set_status(*, workflow: Workflow, status: str) -> Workflow:
    """Draft, active or archived."""
    workflow = lock_workflow(workflow)
    problems = Problems()
    problems.choice("status", status, WorkflowStatus.values)
    problems.raise_any()
    before = {"status": workflow.status}
    workflow.status, workflow.version = status, workflow.version + 1
    workflow.save(update_fields=["status", "version", "updated_at"])
    audit.record_row("workflow.updated", workflow, before=before, after={"status": status})
    return workflow


@transaction.atomic
def delete_workflow(*, workflow: Workflow) -> None:
    """Take it out of sight. Its runs stay readable; for 30 days it can be brought back."""
    workflow = lock_workflow(workflow)
    workflow.deleted_at = timezone.now()
    workflow.save(update_fields=["deleted_at", "updated_at"])
    audit.record_row(
        "workflow.deleted", workflow, before={"deleted_at": None}, after={"deleted_at": workflow.deleted_at}
    )


@transaction.atomic
def restore_workflow(*, workspace: Workspace, workflow_id: UUID) -> Workflow:
    """Bring a deleted workflow back."""
    hold(workspace)
    found = Workflow.objects.select_for_update().filter(workspace=workspace, pk=workflow_id).first()
    if found is None:
        raise NotFound()
    if found.deleted_at is not None:
        _require_room(workspace)
        before, found.deleted_at = {"deleted_at": found.deleted_at}, None
        found.save(update_fields=["deleted_at", "updated_at"])
        audit.record_row("workflow.restored", found, before=before, after={"deleted_at": None})
    return found


def _require_room(workspace: Workspace) -> None:
    hold(workspace)
    if Workflow.objects.visible().filter(workspace=workspace).count() >= MOST_WORKFLOWS:
        raise Conflict(f"There are {MOST_WORKFLOWS} workflows here, the most there may be. Delete some of them first.")


def lock_workflow(workflow: Workflow) -> Workflow:
    """The row as it is now, ours until the transaction ends; NotFound when it was deleted meanwhile."""
    return locked(Workflow.objects.visible().select_related("workspace"), pk=workflow.pk)


def _checked(workspace: Workspace, data: WorkflowInput) -> dict[str, Any]:
    """The columns. Raises InvalidInput with every problem found."""
    problems = Problems()
    goal = problems.text("goal", data.goal.replace("\r\n", "\n"), longest=LONGEST_GOAL, required=True)
    columns: dict[str, Any] = {
        "goal": goal,
        "name": problems.text("name", data.name, longest=160) or title_of(goal),
        "description": problems.text("description", data.description, longest=10_000),
        "status": data.status,
        "stages": _stages(data.stages, problems),
        "agent_ids": _team(workspace, data, problems),
        "lead_id": data.lead_id,
        "max_cost": data.max_cost,
        "total_timeout": data.total_timeout,
    }
    problems.choice("status", data.status, WorkflowStatus.values)
    problems.number("total_timeout", data.total_timeout, low=SHORTEST_RUN, high=LONGEST_RUN)
    if data.max_cost is not None:
        problems.number("max_cost", float(data.max_cost), low=LOWEST_COST, high=HIGHEST_COST)
    problems.raise_any()
    return columns


def _team(workspace: Workspace, data: WorkflowInput, problems: Problems) -> list[UUID]:
    """Who may be picked; notes agents that are not there, the lead among them."""
    wanted = list(dict.fromkeys(data.agent_ids))
    if len(wanted) > MOST_TEAM:
        problems.add("agent_ids", f"There are {len(wanted)} agents; name {MOST_TEAM} or fewer, or none for all.")
        return []
    rows = Agent.objects.visible().filter(workspace=workspace)
    there = set(rows.filter(pk__in=[*wanted, *([data.lead_id] if data.lead_id else [])]).values_list("pk", flat=True))
    for agent_id in wanted:
        if agent_id not in there:
            problems.add("agent_ids", f"There is no agent {agent_id} in this workspace.")
    if data.lead_id and data.lead_id not in there:
        problems.add("lead_id", f"There is no agent {data.lead_id} in this workspace.")
    return wanted


def _stages(given: Mapping[str, Any], problems: Problems) -> dict[str, dict[str, str]]:
    """What differs from the usual; notes stages and settings there are not."""
    kept: dict[str, dict[str, str]] = {}
    for key, settings in given.items():
        stage = STAGE.get(key)
        if stage is None:
            problems.add(f"stages.{key[:60]}", f"There is no such stage. There are: {', '.join(STAGE)}.")
            continue
        if not isinstance(settings, Mapping):
            problems.add(f"stages.{key}", 'Write an object, for example {"on_error": "skip"}.')
            continue
        kept[key] = _settings(key, settings, problems, has_prompt=stage.has_prompt)
    return {key: found for key, found in kept.items() if found}


def _settings(key: str, given: Mapping[str, Any], problems: Problems, *, has_prompt: bool) -> dict[str, str]:
    found = {}
    for name in given:
        if name not in ("prompt", "on_error"):
            problems.add(f"stages.{key}.{str(name)[:60]}", "A stage has a prompt and on_error, and nothing else.")
    prompt, on_error = given.get("prompt") or "", given.get("on_error") or ""
    if not isinstance(prompt, str):
        problems.add(f"stages.{key}.prompt", "Write text.")
    elif prompt.strip() and not has_prompt:
        problems.add(f"stages.{key}.prompt", "No model is asked in this stage, so it has no prompt.")
    elif prompt.strip():
        found["prompt"] = problems.text(f"stages.{key}.prompt", prompt, longest=LONGEST_PROMPT)
    if on_error:
        problems.choice(f"stages.{key}.on_error", str(on_error), ON_ERROR)
        if on_error != STAGE[key].on_error:
            found["on_error"] = str(on_error)
    return found


def _told(workflow: Workflow) -> dict[str, Any]:
    """What the audit log says of it."""
    return {name: getattr(workflow, name) for name in COLUMNS}
