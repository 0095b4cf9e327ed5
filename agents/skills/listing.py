"""What the address of the list of skills asks for, and what its reader may do."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict

from agents.models import Skill
from agents.skills.queries import skills_of
from automatos import listing
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest
from workspaces.models import Workspace

USES = {"yes": "In use", "no": "Not in use"}


@dataclass(frozen=True, slots=True)
class SkillFilter:
    """Empty values do not narrow the list."""

    q: str = ""
    enabled: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "SkillFilter":
        """Read from a query string; what is not a known choice is ignored."""
        return cls(q=listing.words(query), enabled=listing.choice(query, "enabled", USES))

    @property
    def narrows(self) -> bool:
        """Whether something is left out on purpose."""
        return bool(self.q or self.enabled)

    def skills(self, workspace: Workspace) -> QuerySet[Skill]:
        """The workspace's skills that match, by name."""
        rows = skills_of(workspace)
        if self.q:
            rows = rows.filter(Q(name__icontains=self.q) | Q(slug__icontains=self.q) | Q(description__icontains=self.q))
        return rows.filter(is_enabled=self.enabled == "yes") if self.enabled else rows


def rights(request: WorkspaceRequest) -> dict[str, object]:
    """For the templates: what this person may do, and whom to ask for the rest."""
    can_write, can_delete = request.access.allows("skills:write"), request.access.allows("skills:delete")
    ask = "" if can_delete else whom_to_ask(request.workspace)
    return {"can_write": can_write, "can_delete": can_delete, "ask": ask}
