"""A workspace's own keys, for embedding its texts."""

from uuid import UUID

from automatos.llm.registry import Credentials
from workspaces.credentials import provider_keys


def keys_of(workspace_id: UUID) -> Credentials:
    """The keys by provider, opened; that they were stands in the audit log. Call it in the workspace's scope."""
    own = provider_keys.keys_of(workspace_id)
    used = [key for provider, key in own.keys.items() if provider == "openai"]
    provider_keys.note_uses(used)
    return {provider: key for provider, key in own.credentials.items() if provider == "openai"}
