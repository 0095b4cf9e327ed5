"""What is told when a run is over: addresses of hooks that listen for it, where the workspace lets them be called."""

from uuid import UUID, uuid5

from asgiref.sync import async_to_sync

from agents.work.queries import specs_of
from marketplace.hooks.calling import call
from marketplace.hooks.deciding import Happening, Hook
from marketplace.models import EnabledPlugin
from recipes.models import Execution
from workspaces.scope.tenancy import workspace_scope

EVENT = "run_end"


def tell_run_ended(workspace_id: UUID, execution_id: UUID) -> None:
    """Call each address once for a run. One that does not answer is not called again."""
    for hook, happening in _listening(workspace_id, execution_id):
        key = str(uuid5(execution_id, f"{EVENT} {hook.plugin_id} {hook.row.get('place')}"))
        async_to_sync(call)(hook, happening, workspace_id=workspace_id, execution_id=execution_id, key=key)


def _listening(workspace_id: UUID, execution_id: UUID) -> list[tuple[Hook, Happening]]:
    with workspace_scope(workspace_id):
        plugins = EnabledPlugin.objects.filter(workspace_id=workspace_id, has_hooks=True, allows_calls=True)
        run = Execution.objects.filter(pk=execution_id).first() if plugins.exists() else None
        if run is None:
            return []
        agents = run.steps.filter(agent_id__isnull=False).values_list("agent_id", flat=True)
        answer = str((run.output_data or {}).get("final_output") or "")
        found: dict[tuple[UUID, object], tuple[Hook, Happening]] = {}
        for spec in specs_of(set(agents)):
            happening = Happening(EVENT, spec.name, answer=answer)
            for hook in spec.hooks.concerned(happening):
                found.setdefault((hook.plugin_id, hook.row.get("place")), (hook, happening))
        return list(found.values())
