"""Changes: which skills a workspace uses."""

from uuid import UUID

from django.db import transaction

from agents.models import Skill
from automatos.errors import NotFound
from workspaces.audit import log as audit
from workspaces.models import Workspace


@transaction.atomic
def enable_skill(*, workspace: Workspace, skill_id: UUID, is_enabled: bool) -> Skill:
    """The skill for agents to have, or not; agents that have it lose it, and get it back when it is enabled again."""
    rows = Skill.objects.select_for_update(of=("self",)).filter(workspace=workspace, deleted_at=None)
    skill = rows.filter(pk=skill_id).first()
    if skill is None:
        raise NotFound()
    if skill.is_enabled != is_enabled:
        skill.is_enabled = is_enabled
        skill.save(update_fields=["is_enabled"])
        done = "skill.enabled" if is_enabled else "skill.disabled"
        audit.record(done, workspace_id=workspace.pk, target=("skill", skill.pk, skill.slug))
    return skill
