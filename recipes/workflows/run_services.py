"""Starting: a dry run that plans, and a run through all nine stages."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from agents.models import Agent
from agents.work.queries import unusable
from automatos.errors import Conflict
from automatos.llm.families import BUNDLED
from recipes.engine.new_steps import NewStep
from recipes.engine.sql import statements
from recipes.models import ErrorHandling, Execution, Mode, StepKind, Trigger, Workflow, WorkflowStatus
from recipes.runs.services import begin, require_room
from recipes.workflows.names import DECOMPOSITION, EXECUTION, PLANNED, SELECTION, STAGES, StageName
from recipes.workflows.planning import known_capabilities
from recipes.workflows.profiles import team_of
from recipes.workflows.prompt_services import prompts_of
from recipes.workflows.queries import lead_of
from recipes.workflows.services import lock_workflow
from recipes.workflows.stages.decomposition import GIVEN, MODEL, RULES
from workspaces.budgets.services import create_budget
from workspaces.models import Budget, User, Workspace

# Seconds that a stage's model, or code, may take; a dry run; a subtask.
STAGE_SECONDS = 300.0
PLAN_SECONDS = 300
SUBTASK_SECONDS = 600.0
HANDLING = {"abort": ErrorHandling.STOP, "skip": ErrorHandling.SKIP, "retry": ErrorHandling.RETRY}
# As the pages say it, and the plan.
BY_RULES = (
    "The embedded model cannot plan, so rules do: a subtask for each sentence of the goal, three at most, one after "
    "another. Give the lead agent another model for a real plan."
)


@dataclass(frozen=True, slots=True)
class Lead:
    """Who plans and answers, and whether its model can."""

    agent: Agent
    model: str

    @property
    def can_plan(self) -> bool:
        """Whether its model is asked; for the embedded one rules stand in."""
        return not (self.model == f"local:{BUNDLED}" and not settings.LOCAL_LLM_MODEL_PATH)


def lead_for(workflow: Workflow) -> Lead:
    """The lead as it is now. Raises Conflict where nobody can lead."""
    agent = lead_of(workflow)
    if agent is None:
        raise Conflict("No agent of this workspace is active, so nobody can work on the goal.", code="no_agents")
    if reason := unusable(agent):
        raise Conflict(f"The lead cannot work. {reason}", code="agent_unusable", fields={"lead_id": [reason]})
    return Lead(agent, agent.agent_model_config.model)


@transaction.atomic
def plan(*, workspace: Workspace, workflow: Workflow, user: User | None, trigger: Trigger) -> Execution:
    """Start a dry run: the first two stages alone, whose plan becomes the workflow's. One at a time.

    Raises Conflict where nobody can lead or the workflow is archived, TooMany where the plan of the workspace is full.
    """
    workflow = lock_workflow(workflow)
    running = Execution.objects.filter(pk=workflow.plan_run_id).first() if workflow.plan_run_id else None
    if running is not None and running.is_live:
        return running
    lead = _ready(workflow)
    return _begin(workspace, workflow, lead, user, trigger, is_dry=True, given=None)


@transaction.atomic
def execute(
    *, workspace: Workspace, workflow: Workflow, user: User | None, trigger: Trigger, use_plan: bool = True
) -> Execution:
    """Start a run through all nine stages. use_plan: with the workflow's plan where it has one, as it was edited.

    Raises as `plan` does. A draft becomes active with its first run.
    """
    workflow = lock_workflow(workflow)
    lead = _ready(workflow)
    given = workflow.plan if use_plan else None
    execution = _begin(workspace, workflow, lead, user, trigger, is_dry=False, given=given)
    if workflow.status == WorkflowStatus.DRAFT:
        workflow.status = WorkflowStatus.ACTIVE
        workflow.save(update_fields=["status", "updated_at"])
    return execution


def _ready(workflow: Workflow) -> Lead:
    if workflow.status == WorkflowStatus.ARCHIVED:
        raise Conflict("This workflow is archived. Make it active before it is planned or cooked.", code="archived")
    return lead_for(workflow)


def _begin(
    workspace: Workspace,
    workflow: Workflow,
    lead: Lead,
    user: User | None,
    trigger: Trigger,
    *,
    is_dry: bool,
    given: dict[str, Any] | None,
) -> Execution:
    labels = team_of(workspace.pk, workflow.agent_ids).labels if given is None else frozenset[str]()
    with statements() as sql:
        require_room(sql, workspace)
        now = sql.now
        inputs = {"goal": workflow.goal, **({"dry_run": True} if is_dry else {})}
        execution = Execution(
            workspace=workspace,
            workflow=workflow,
            recipe_name=f"{workflow.name[:150]} (plan)" if is_dry else workflow.name,
            recipe_version=workflow.version,
            mode=Mode.SEQUENTIAL,
            input_data=inputs,
            triggered_by=trigger,
            user=user,
            created_at=now,
            deadline_at=now + timedelta(seconds=PLAN_SECONDS if is_dry else workflow.total_timeout),
        )
        if is_dry:
            workflow.plan_run_id = execution.pk
            Workflow.objects.filter(pk=workflow.pk).update(plan_run_id=execution.pk)
        steps = _steps(workflow, lead, known_capabilities(labels), is_dry=is_dry, given=given)
        begin(sql, execution, steps, {"workflow_id": workflow.pk, "dry_run": is_dry, "trigger": str(trigger)})
    if workflow.max_cost is not None and not is_dry:
        create_budget(
            workspace=workspace,
            user=user,
            scope=Budget.Scope.RUN,
            period=Budget.Period.RUN,
            limit=workflow.max_cost,
            scope_id=execution.pk,
        )
    return execution


def _steps(
    workflow: Workflow, lead: Lead, known: set[str], *, is_dry: bool, given: dict[str, Any] | None
) -> list[NewStep]:
    """The stages as steps, in order."""
    configs = _configs(workflow, lead, known, is_dry=is_dry, given=given)
    wanted = [stage for stage in STAGES if not is_dry or stage.key in PLANNED]
    prompts = prompts_of(workflow.workspace)
    return [_step(workflow, stage, configs.get(stage.key, {}), lead, prompts.get(stage.key, "")) for stage in wanted]


def _configs(
    workflow: Workflow, lead: Lead, known: set[str], *, is_dry: bool, given: dict[str, Any] | None
) -> dict[str, dict[str, Any]]:
    planner = GIVEN if given else MODEL if lead.can_plan else RULES
    decomposition: dict[str, Any] = {"planner": planner}
    if given:
        decomposition["given"] = given
    elif planner == MODEL:
        decomposition["known"] = sorted(known)
    else:
        decomposition["why"] = BY_RULES
    picks = {one["id"]: one["agent_id"] for one in (given or {}).get("subtasks", ()) if one.get("agent_id")}
    selection = {
        "agent_ids": [str(key) for key in workflow.agent_ids],
        "lead_model": lead.model,
        **({"given": picks} if picks else {}),
        **({"keep": True, "workflow_id": str(workflow.pk)} if is_dry else {}),
    }
    execution = {
        "agent_ids": [str(key) for key in workflow.agent_ids],
        "lead_id": str(lead.agent.pk),
        "lead_name": lead.agent.name,
        "subtask_seconds": min(SUBTASK_SECONDS, workflow.total_timeout),
    }
    return {DECOMPOSITION: decomposition, SELECTION: selection, EXECUTION: execution}


def _step(workflow: Workflow, stage: StageName, config: dict[str, Any], lead: Lead, prompt: str) -> NewStep:
    """One stage as a step: led by the lead where a model may be asked. prompt: the workspace's words for it."""
    changed = workflow.stages.get(stage.key, {})
    on_error = changed.get("on_error") or stage.on_error
    asks = stage.has_prompt and lead.can_plan and config.get("planner", MODEL) == MODEL
    return NewStep(
        order=stage.number,
        step_id=stage.key,
        name=stage.label,
        output_key=stage.key,
        prompt_template=changed.get("prompt") or prompt,
        kind=StepKind.STAGE,
        config={"stage": stage.key, "by_rules": not lead.can_plan, **config},
        agent_id=lead.agent.pk if asks else None,
        agent_name=lead.agent.name if asks else "",
        error_handling=HANDLING[on_error],
        max_retries=1 if on_error == "retry" else 0,
        max_iterations=1,
        timeout=min(STAGE_SECONDS, workflow.total_timeout),
    )
