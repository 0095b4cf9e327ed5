"""Stage 2, Agent Selection: each subtask gets the agent that fits best; a dry run keeps the plan with its workflow."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from automatos.events import iso
from automatos.ids import as_uuid
from recipes.engine.stages import Question, StageFailed, StageInput, StageResult
from recipes.models import Workflow
from recipes.workflows.plans import document, dumped, selected
from recipes.workflows.profiles import team_of
from recipes.workflows.stages.decomposition import goal_of, plan_of
from workspaces.scope.tenancy import workspace_scope


class Selecting:
    """Who does what. config: agent_ids (of the team; empty: all), given (picks), lead_model, keep (a dry run)."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: code compares."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """The selection, and the plan as the workflow keeps it."""
        plan = plan_of(stage)
        named = [key for key in map(as_uuid, stage.config.get("agent_ids") or ()) if key]
        given = stage.config.get("given") or {}
        with workspace_scope(stage.workspace_id):
            team = team_of(stage.workspace_id, named)
        if not team.profiles:
            raise StageFailed("No agent of the team is active. Make one active or add others.", code="no_agents")
        chosen = {key: agent for key, value in given.items() if (agent := as_uuid(value))}
        found = selected(team, plan, lead_model=str(stage.config.get("lead_model", "")), chosen=chosen)
        if stage.config.get("keep"):
            _keep(stage, document(plan, found, goal=goal_of(stage), execution_id=str(stage.execution_id)))
        elif len(found["unfit"]) == len(plan.subtasks):
            names = ", ".join(one.title for one in plan.subtasks[:5])
            raise StageFailed(f"Nobody of the team fits: {names}. Make or install a fitting agent.", code="nobody_fits")
        return StageResult(dumped(found))


def _keep(stage: StageInput, body: dict[str, Any]) -> None:
    """The plan becomes its workflow's, unless another dry run was started since."""
    workflow_id = UUID(str(stage.config["workflow_id"]))
    with workspace_scope(stage.workspace_id):
        rows = Workflow.objects.select_for_update().filter(pk=workflow_id, plan_run_id=stage.execution_id)
        workflow = rows.first()
        if workflow is not None and (workflow.plan or {}).get("execution_id") != body["execution_id"]:
            workflow.plan = {**body, "made_at": iso(timezone.now())}
            workflow.plan_version += 1
            workflow.save(update_fields=["plan", "plan_version", "updated_at"])
