"""Arguments of a call before it is made: what does not fit the tool, or the action of an app that it names."""

from collections.abc import Mapping
from uuid import UUID

from tools.app_calls.tools import USE
from tools.arguments import misfits
from tools.composio.access import key_state
from tools.contract import Arguments, Schema
from tools.models import ComposioActionCache
from tools.models.catalogue import in_catalogue


def misfits_of_call(workspace_id: UUID, tool: str, arguments: Arguments, schema: Schema) -> list[tuple[str, str]]:
    """What does not fit, as (field, sentence); empty when the call can be made so. schema: of the tool's arguments.

    Needs the workspace's scope.
    """
    found = misfits(arguments, schema)
    given = arguments.get("arguments") or {}
    if found or tool != USE or not isinstance(given, Mapping):
        return found
    catalogue = key_state(workspace_id).catalogue(workspace_id)
    rows = ComposioActionCache.objects.filter(in_catalogue(catalogue), action=str(arguments.get("action", "")).upper())
    wanted = rows.values_list("parameters", flat=True).first()
    if wanted is None:
        return [("action", f"{str(arguments.get('action', ''))[:80]} is no action that is known here.")]
    return [(f"arguments.{field}" if field != "arguments" else field, text) for field, text in misfits(given, wanted)]
