"""What became of an invitation."""

from datetime import timedelta

from django.db.models import TextChoices
from django.utils import timezone

from workspaces.models import Invitation

GOOD_FOR = timedelta(days=7)


class State(TextChoices):
    """Only an open invitation lets anybody in."""

    OPEN = "open", "Open"
    EXPIRED = "expired", "Expired"
    ACCEPTED = "accepted", "Accepted"
    REVOKED = "revoked", "Withdrawn"


def state_of(invitation: Invitation) -> State:
    """The state as of now."""
    if invitation.revoked_at:
        return State.REVOKED
    if invitation.accepted_at:
        return State.ACCEPTED
    return State.OPEN if invitation.expires_at > timezone.now() else State.EXPIRED
