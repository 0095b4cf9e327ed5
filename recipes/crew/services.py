"""Changing an agent's status while it may be at work: what the change touches, and the three ways to stop."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import TextChoices

from agents import services
from agents.models import Agent, AgentStatus
from automatos import events
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict
from recipes.engine.agent_moves import abort_steps
from recipes.engine.tasks import send_wake_up
from recipes.models import LIVE_STATUSES, Execution, ExecutionStep, RecipeStep, StepStatus
from workspaces.models import User
from workspaces.scope.tenancy import workspace_scope

UNFINISHED = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING)
MOST_SHOWN = 20


class StopMode(TextChoices):
    """How an agent leaves its work."""

    GRACEFUL = "graceful", "Finish the current step"
    IMMEDIATE = "immediate", "Stop at once"
    SCHEDULED = "scheduled", "After the current runs"


@dataclass(frozen=True, slots=True)
class Impact:
    """What a stop touches. cooking: steps it works on now; runs: live runs that need it, newest first, at most 20.

    recipes: the recipes that name it, as (template_id, name, number of its steps), by name.
    """

    cooking: int
    run_count: int
    runs: list[Execution]
    recipes: list[tuple[str, str, int]]


def impact(agent: Agent) -> Impact:
    """What depends on the agent at this moment."""
    runs = Execution.objects.filter(workspace_id=agent.workspace_id, status__in=LIVE_STATUSES).filter(
        pk__in=ExecutionStep.objects.filter(
            agent=agent, status__in=UNFINISHED, execution__status__in=LIVE_STATUSES
        ).values("execution_id")
    )
    named: dict[str, tuple[str, str, int]] = {}
    steps = RecipeStep.objects.filter(agent=agent, recipe__deleted_at=None).select_related("recipe")
    for step in steps.order_by("recipe__name", "recipe_id"):
        recipe = step.recipe
        count = named[recipe.template_id][2] if recipe.template_id in named else 0
        named[recipe.template_id] = (recipe.template_id, recipe.name, count + 1)
    return Impact(
        cooking=ExecutionStep.objects.filter(agent=agent, status=StepStatus.RUNNING).count(),
        run_count=runs.count(),
        runs=list(runs.order_by("-created_at")[:MOST_SHOWN]),
        recipes=list(named.values()),
    )


def moves(agent: Agent) -> list[AgentStatus]:
    """What the agent may become now."""
    return list(services.ALLOWED_MOVES[AgentStatus(agent.status)])


def change_status(*, agent: Agent, user: User | None, status: str, mode: str = "") -> Agent:
    """The agent in its new status, or on its way there.

    mode graceful (the default): steps it works on are finished, later ones fail. immediate: those it works on fail as
    well, their calls are aborted. scheduled: it stays active for the runs that are live and takes no new ones.
    Raises InvalidInput for an unknown word, Conflict for a move the table does not have.
    """
    problems = Problems()
    problems.choice("mode", mode or StopMode.GRACEFUL, StopMode.values)
    problems.raise_any()
    services.check_move(agent, status)
    if mode == StopMode.SCHEDULED:
        return _later(agent, user, status)
    with transaction.atomic():
        stops = mode == StopMode.IMMEDIATE and status != AgentStatus.ACTIVE
        if stops:
            # Before the agent's own row and the audit log: whoever changes a run locks the run first.
            _abort(agent)
        changed = services.change_status(agent=agent, user=user, status=status)
        if stops:
            # What a worker claimed meanwhile, before it could see the new status.
            after_commit(partial(_abort_late, agent))
    return changed


def _later(agent: Agent, user: User | None, status: str) -> Agent:
    if agent.status != AgentStatus.ACTIVE:
        raise Conflict(f"{agent.name} is not active, so there is nothing to wait for.", code="move_not_allowed")
    waits = impact(agent).run_count > 0
    return services.change_status(agent=agent, user=user, status=status, later=waits)


def _abort(agent: Agent) -> None:
    notices, turn, steps = abort_steps(agent)
    for notice in notices:
        events.publish_on_commit(notice)
        after_commit(partial(_wake, notice.execution_id))
    for execution_id in turn.dropped:
        events.drop_on_commit(execution_id)
    if steps:
        events.drop_steps_on_commit(steps)


def _abort_late(agent: Agent) -> None:
    with workspace_scope(agent.workspace_id):
        _abort(agent)


def _wake(execution_id: UUID) -> None:
    send_wake_up(str(execution_id))
