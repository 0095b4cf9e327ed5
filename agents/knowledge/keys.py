"""A workspace's own keys, for embedding its texts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from automatos.llm.registry import Credentials
from workspaces.credentials.provider_keys import ask_keys, note_uses, read_keys


def keys_of(workspace_id: UUID) -> Credentials:
    """The keys by provider, opened; that they were stands in the audit log. Call it in the workspace's scope."""

    def send(statement: str, parameters: Sequence[Any]) -> Any:
        cursor = connection.cursor()
        cursor.execute(statement, parameters)
        return cursor

    own = read_keys(ask_keys([workspace_id], send)).get(workspace_id)
    if own is None:
        return {}
    used = [key for provider, key in own.keys.items() if provider == "openai"]
    note_uses(used)
    return {provider: key for provider, key in own.credentials.items() if provider == "openai"}
