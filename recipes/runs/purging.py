"""What time takes away: a workspace deleted 30 days ago, recipes, workflows, runs, agents and conversations deleted as
long ago, and conversations that nobody kept and nobody carried on for 30 days, with their answers and files.

Runs outlive their recipe and agents: as long as one names them, a deleted recipe or agent stays, out of sight.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from agents.models import Agent, Conversation
from marketplace.models import AssignedPlugin, PluginAgent
from recipes.models import LIVE_STATUSES, Execution, Recipe, Workflow
from tools.files import remove_run_files
from tools.models import AgentAppAssignment, AgentRemoteTool
from workspaces.limits.plans import release_storage
from workspaces.purging import UNDO, in_batches, overdue_workspaces

# A run has its steps, their calls and hundreds of events; a conversation has a few runs.
RUNS_AT_ONCE = 50
CONVERSATIONS_AT_ONCE = 20
# How long a conversation is there that nobody kept, after its last message.
UNKEPT = timedelta(days=30)
# What an agent was given, by apps that know it by its id alone.
GIVEN = (AgentAppAssignment, AgentRemoteTool, AssignedPlugin, PluginAgent)


def purge() -> dict[str, int]:
    """Remove it, runs first; how many of each."""
    now = timezone.now()
    before, gone = now - UNDO, overdue_workspaces().values("pk")
    over = Q(deleted_at__lt=before) | Q(deleted_at=None, is_kept=False, updated_at__lt=now - UNKEPT)
    live = Execution.objects.filter(status__in=LIVE_STATUSES, conversation__isnull=False).values("conversation")
    talks = Conversation.objects.filter(over).exclude(pk__in=live)
    # A workspace may have more runs than one round removes: what they name stays until the round that finds none.
    passed = Q(workspace__in=gone) | Q(deleted_at__lt=before)
    runs = Execution.objects.filter(passed)
    idle = Agent.objects.filter(execution_steps=None, recipe_steps=None)
    return {
        "executions": in_batches(runs, RUNS_AT_ONCE, action="run.purged", first=remove_files),
        "conversations": in_batches(
            talks, CONVERSATIONS_AT_ONCE, action="conversation.purged", first=_remove_files_of_answers
        ),
        "recipes": in_batches(Recipe.objects.filter(passed, executions=None), action="recipe.purged"),
        "workflows": in_batches(Workflow.objects.filter(passed, executions=None), action="workflow.purged"),
        "agents": in_batches(idle.filter(passed), action="agent.purged", first=_take_away),
    }


def _take_away(agent_ids: list[UUID]) -> None:
    for model in GIVEN:
        model._default_manager.filter(agent_id__in=agent_ids).delete()


def remove_files(execution_ids: list[UUID]) -> None:
    """Remove the files of these runs, and of those inside of them, which go with them."""
    inside = Q(pk__in=execution_ids) | Q(root_id__in=execution_ids)
    for execution in Execution.objects.filter(inside).select_related("workspace"):
        release_storage(execution.workspace, remove_run_files(execution.workspace_id, execution.pk))


def _remove_files_of_answers(conversation_ids: list[UUID]) -> None:
    remove_files(list(Execution.objects.filter(conversation__in=conversation_ids).values_list("pk", flat=True)))
