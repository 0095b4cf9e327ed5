"""Who may do what: one table, read by every door."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos.errors import NotAllowed
from workspaces.models import Role, Workspace

RANK = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}

# The least role that may do it. What is not listed nobody may do.
NEEDED_ROLE: dict[str, Role] = {
    "workspace:read": Role.VIEWER,
    "workspace:write": Role.ADMIN,
    "workspace:leave": Role.VIEWER,
    "workspace:transfer": Role.OWNER,
    "workspace:delete": Role.OWNER,
    "members:read": Role.VIEWER,
    "members:write": Role.ADMIN,
    "api_keys:read": Role.ADMIN,
    "api_keys:write": Role.ADMIN,
    "audit:read": Role.ADMIN,
    "credentials:read": Role.EDITOR,
    "credentials:write": Role.ADMIN,
    "usage:read": Role.VIEWER,
    "budgets:read": Role.VIEWER,
    "budgets:write": Role.ADMIN,
    "agents:read": Role.VIEWER,
    "agents:write": Role.EDITOR,
    "agents:delete": Role.ADMIN,
    "skills:read": Role.VIEWER,
    "skills:write": Role.EDITOR,
    "skills:delete": Role.ADMIN,
    "knowledge:read": Role.VIEWER,
    "knowledge:write": Role.EDITOR,
    "knowledge:delete": Role.ADMIN,
    "recipes:read": Role.VIEWER,
    "recipes:write": Role.EDITOR,
    "recipes:delete": Role.ADMIN,
    "triggers:read": Role.VIEWER,
    "triggers:write": Role.EDITOR,
    "workflows:read": Role.VIEWER,
    "workflows:write": Role.EDITOR,
    "workflows:delete": Role.ADMIN,
    "executions:read": Role.VIEWER,
    "executions:run": Role.EDITOR,
    "executions:rate": Role.VIEWER,
    "approvals:decide": Role.EDITOR,
    "tools:read": Role.VIEWER,
    "plugins:read": Role.VIEWER,
    "plugins:report": Role.VIEWER,
    "plugins:submit": Role.ADMIN,
    "plugins:enable": Role.ADMIN,
    "plugins:review": Role.EDITOR,
    "listings:read": Role.VIEWER,
    "listings:share": Role.EDITOR,
    "listings:publish": Role.ADMIN,
    "listings:install": Role.EDITOR,
    "listings:review": Role.EDITOR,
    "listings:remove": Role.ADMIN,
    "tools:write": Role.EDITOR,
    "tools:run": Role.EDITOR,
    "services:write": Role.EDITOR,
    "apps:read": Role.VIEWER,
    "apps:connect": Role.EDITOR,
    "apps:disconnect": Role.ADMIN,
    "apps:sync": Role.EDITOR,
}


def allowed(role: str, action: str) -> bool:
    """Whether the role includes `resource:action`; an action nobody declared is refused."""
    needed = NEEDED_ROLE.get(action)
    return needed is not None and RANK[Role(role)] >= RANK[needed]


def require(role: str, action: str) -> None:
    """Pass, or raise NotAllowed naming the role it takes."""
    if allowed(role, action):
        return
    needed = NEEDED_ROLE.get(action)
    if needed is None:
        raise NotAllowed("Nobody may do this here.")
    raise NotAllowed(f"Your role here is {role}; this takes {needed} or higher. Ask an admin of the workspace.")


def lower(first: str, second: str) -> Role:
    """The lesser of two roles."""
    return min(Role(first), Role(second), key=RANK.__getitem__)


@dataclass(frozen=True, slots=True)
class Access:
    """A caller inside a workspace. scopes: when not empty, the only actions the caller's key is good for."""

    workspace: Workspace
    role: Role
    scopes: Sequence[str] = ()

    def allows(self, action: str) -> bool:
        """Whether the caller may do `resource:action`."""
        return allowed(self.role, action) and (not self.scopes or action in self.scopes)

    def narrowed(self, role: Role | None, scopes: Sequence[str]) -> "Access":
        """The same caller with at most this role (None: their own) and, when not empty, only these scopes."""
        return Access(self.workspace, lower(self.role, role) if role else self.role, scopes)

    def require(self, action: str) -> None:
        """Pass, or raise NotAllowed naming what is missing."""
        require(self.role, action)
        if self.scopes and action not in self.scopes:
            raise NotAllowed(f"This API key lacks the scope {action}.")
