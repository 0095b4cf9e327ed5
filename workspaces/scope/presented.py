"""What a caller brought to be let in: the same shape for every way in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workspaces.models import ApiKey, Role


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential that was judged and found good. It can narrow what its person may do, and never widen it.

    via: session, clerk, api_key or open, as the audit log writes it. credential: which one, in the log's words.
    workspace_id: the workspace meant by a request that names none. bound_to: the only one that may be reached.
    role: the most it is good for; None: all its person may do. scopes: when not empty, the only actions.
    key_id, rate_limit: of an API key; its requests a minute, None: the installation's limit.
    """

    via: str
    credential: str = ""
    workspace_id: UUID | None = None
    bound_to: UUID | None = None
    role: Role | None = None
    scopes: Sequence[str] = ()
    key_id: UUID | None = None
    rate_limit: int | None = None

    @classmethod
    def of_key(cls, key: ApiKey) -> "Presented":
        """An API key: bound to its workspace, at most its role, only its scopes."""
        return cls(
            via="api_key",
            credential=key.prefix,
            workspace_id=key.workspace_id,
            bound_to=key.workspace_id,
            role=Role(key.role),
            scopes=tuple(key.scopes),
            key_id=key.pk,
            rate_limit=key.rate_limit,
        )


SESSION = Presented("session")
OPEN = Presented("open")
