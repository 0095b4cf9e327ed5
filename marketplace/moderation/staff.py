"""The way in for moderators at the API: staff alone, and then across workspaces."""

from typing import Any

from rest_framework.request import Request

from automatos.errors import NotAllowed
from workspaces.doors.endpoints import SignedInView
from workspaces.models import Role
from workspaces.scope.tenancy import Purpose, system_scope


class StaffView(SignedInView):
    """An operation for staff. A key counts when it stands for all its owner may do: role owner, without scopes."""

    def enter_scope(self, request: Request, kwargs: dict[str, Any]) -> None:
        """Check who it is before any workspace's rows can be read."""
        presented = self.presented
        if not (self.caller.is_active and self.caller.is_staff):
            raise NotAllowed("This is for the moderators of this installation.")
        if presented.bound_to and (presented.role != Role.OWNER or presented.scopes):
            raise NotAllowed("This takes an API key with the role owner and without scopes, or a session.")
        self.inside.enter_context(system_scope(Purpose.MODERATION))
        self.scoped = True
