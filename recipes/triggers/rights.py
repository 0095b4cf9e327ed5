"""Whether what starts by itself may start: its owner's rights are looked at each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from automatos.errors import NotAllowed
from workspaces.models import Membership, User
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.permissions import allowed

ACTION = "executions:run"


@contextmanager
def on_behalf_of(owner: User | None, workspace_id: UUID, *, via: str, name: str) -> Iterator[User]:
    """What happens inside is the owner's doing. Raises NotAllowed where they may start no runs here any more.

    via, name: what starts, for the audit log. Call it in the workspace's scope.
    """
    membership = Membership.objects.filter(workspace_id=workspace_id, user=owner).first() if owner else None
    if owner is None or not owner.is_active or membership is None:
        raise NotAllowed(
            "Whoever it started runs for is not a member any more. Let it go on to start them for yourself."
        )
    if not allowed(membership.role, ACTION):
        raise NotAllowed(
            f"{owner.display_name} has the role {membership.role} now, which may not start runs. "
            "Let it go on to start them for yourself."
        )
    with acting_as(Actor(user_id=owner.pk, name=owner.email, via=via, credential=name[:120])):
        yield owner
