"""Reads: one's own drafts, and what the wizard offers to choose from."""

from uuid import UUID

from django.db.models import QuerySet

from agents.models import AgentDraft, Skill
from automatos.errors import NotFound
from workspaces.models import User, Workspace


def drafts_of(workspace: Workspace, user: User) -> QuerySet[AgentDraft]:
    """The person's drafts that are neither finished nor discarded, the last touched first."""
    return AgentDraft.objects.filter(workspace=workspace, user=user, agent=None, discarded_at=None).order_by(
        "-updated_at", "id"
    )


def draft_at(*, workspace: Workspace, user: User, draft_id: UUID, discarded: bool = False) -> AgentDraft:
    """One draft of the person's own, also a finished one with its agent; NotFound when it is anyone else's."""
    rows = AgentDraft.objects.select_related("agent").filter(workspace=workspace, user=user, pk=draft_id)
    found = rows.filter(discarded_at__isnull=not discarded).first()
    if found is None:
        raise NotFound()
    return found


def skills_on_offer(workspace: Workspace) -> list[Skill]:
    """The skills chosen for the workspace, with what they cost, by name."""
    rows = Skill.objects.filter(workspace=workspace, is_enabled=True, deleted_at=None).select_related("source")
    return list(
        rows.only("name", "slug", "description", "metadata_tokens", "body_tokens", "source__name").order_by(
            "name", "id"
        )
    )
