"""What the end of a run, or an event of an app, starts: looked for every few seconds, each once.

A chain of runs that start one another ends after `MOST_CHAIN` of them, and triggers that would go in a circle are
refused when they are made.
"""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from automatos.errors import TooMany
from recipes.models import Execution, RecipeTrigger, TriggerKind
from recipes.triggers.delivery_services import origin_of, take
from tools.models import ComposioEvent
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

BATCH = 200
# Only what came since the trigger is as it is, and of the last day. A run may have waited a week for a person. The end
# of a run inside of another one starts nothing: a loop of them would start as many, whose loops would again. Nor does
# that of a run which an evaluation tries.
ENDED = (
    "SELECT t.workspace_id, t.id, e.id FROM recipe_triggers t JOIN recipe_executions e "
    "ON e.recipe_id = t.after_recipe_id AND e.workspace_id = t.workspace_id WHERE t.kind = %s "
    "AND NOT t.is_paused AND t.deleted_at IS NULL AND e.created_at > now() - interval '8 days' "
    "AND e.completed_at > greatest(t.updated_at, now() - interval '1 day') "
    "AND e.parent_step_id IS NULL AND e.triggered_by <> 'evaluation' AND jsonb_exists(t.config->'on', e.status) "
    "AND NOT EXISTS (SELECT 1 FROM trigger_deliveries d WHERE d.trigger_id = t.id AND d.dedupe_key = 'run:' || e.id) "
    "ORDER BY e.completed_at LIMIT %s"
)
HAPPENED = (
    "SELECT t.workspace_id, t.id, e.id FROM recipe_triggers t JOIN composio_events e "
    "ON e.trigger_id = t.app_event_id AND e.workspace_id = t.workspace_id WHERE t.kind = %s "
    "AND NOT t.is_paused AND t.deleted_at IS NULL AND e.kind = 'trigger' "
    "AND e.received_at > greatest(t.updated_at, now() - interval '1 day') AND NOT EXISTS (SELECT 1 "
    "FROM trigger_deliveries d WHERE d.trigger_id = t.id AND d.dedupe_key = 'event:' || e.id) "
    "ORDER BY e.received_at LIMIT %s"
)


def follow() -> int:
    """Start what ended runs and events of apps start; how many runs."""
    started = 0
    for kind, sql in ((TriggerKind.RECIPE, ENDED), (TriggerKind.APP, HAPPENED)):
        for workspace_id, trigger_id, key in _found(sql, kind):
            try:
                started += _take(kind, workspace_id, trigger_id, key)
            except TooMany:
                continue  # the plan has no room: looked for again
            except Exception:  # one that cannot be started keeps no other from it
                logger.exception("Trigger %s could not take %s", trigger_id, key)
    return started


def _found(sql: str, kind: str) -> list[tuple[UUID, UUID, UUID]]:
    with system_scope(Purpose.UPKEEP), connection.cursor() as cursor:
        cursor.execute(sql, [kind, BATCH])
        return list(cursor.fetchall())


def _take(kind: str, workspace_id: UUID, trigger_id: UUID, key: UUID) -> int:
    with workspace_scope(workspace_id):
        rows = RecipeTrigger.objects.filter(pk=trigger_id, deleted_at=None, is_paused=False)
        trigger = rows.select_related("recipe", "workspace", "owner").first()
        if trigger is None:
            return 0
        if kind == TriggerKind.RECIPE:
            run = Execution.objects.get(pk=key)
            origins = _origins_of(run)
            taken = take(trigger, f"run:{key}", told(run), origins=origins, chain=run.chain + 1)
        else:
            event = ComposioEvent.objects.get(pk=key)
            taken = take(trigger, f"event:{key}", event.data, origins=[f"{origin_of(trigger)} {event.app}".strip()])
        return int(taken.error is None and not taken.again)


def told(run: Execution) -> dict[str, Any]:
    """What the next recipe may take of a run, by the names of places in it."""
    output = run.output_data or {}
    return {
        "execution_id": str(run.pk),
        "recipe": run.recipe_name,
        "status": run.status,
        "output": output.get("final_output", ""),
        "outputs": output.get("outputs", {}),
        "input": run.input_data,
        "error": run.error or {},
    }


def _origins_of(run: Execution) -> list[str]:
    """Where untrusted text behind anything of the run came from."""
    found: Iterable[Any] = run.steps.exclude(origins=None).values_list("origins", flat=True)
    given = (run.untrusted_inputs or {}).values()
    return list(dict.fromkeys(str(origin) for origins in (*found, *given) for origin in origins or ()))
