"""Reads for the agent pages: the list with its filters, and one agent by its address."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import QueryDict

from agents.models import Agent, AgentStatus, AgentType, Category
from agents.queries import agents_of, deleted_agents
from automatos import listing
from automatos.errors import NotFound
from workspaces.models import Workspace

SORTS = {"name": "Name", "newest": "Newest", "edited": "Last edited", "used": "Most used"}
DELETED = "deleted"
GRID, TABLE = "grid", "table"
MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class AgentFilter:
    """What the address of the list asks for. Empty values do not narrow it."""

    q: str = ""
    category: str = ""
    kind: str = ""
    status: str = ""
    tag: str = ""
    sort: str = "name"
    view: str = GRID

    @classmethod
    def of(cls, query: QueryDict) -> "AgentFilter":
        """Read from a query string; what is not a known choice is ignored."""
        return cls(
            q=listing.words(query),
            category=listing.choice(query, "category", Category.values),
            kind=listing.choice(query, "type", AgentType.values),
            status=listing.choice(query, "status", [*AgentStatus.values, DELETED]),
            tag=listing.words(query, "tag"),
            sort=listing.choice(query, "sort", SORTS, "name"),
            view=listing.choice(query, "view", (GRID, TABLE), GRID),
        )

    @property
    def narrows(self) -> bool:
        """Whether something is left out on purpose."""
        return bool(self.q or self.category or self.kind or self.status or self.tag)

    def agents(self, workspace: Workspace) -> QuerySet[Agent]:
        """The workspace's agents that match, in the order asked for."""
        if self.status == DELETED:
            rows = deleted_agents(workspace)
        else:
            rows = agents_of(workspace)
            rows = rows.filter(status=self.status) if self.status else rows
        if self.q:
            rows = rows.filter(
                Q(name__icontains=self.q) | Q(description__icontains=self.q) | Q(tags__contains=[self.q])
            )
        rows = rows.filter(category=self.category) if self.category else rows
        rows = rows.filter(agent_type=self.kind) if self.kind else rows
        rows = rows.filter(tags__contains=[self.tag]) if self.tag else rows
        if self.sort == "used":
            return rows.annotate(uses=Coalesce(Sum("usage__runs"), 0)).order_by("-uses", "name", "id")
        return rows.order_by({"newest": "-created_at", "edited": "-edited_at"}.get(self.sort, "name"), "id")


def tags_of(workspace: Workspace) -> list[str]:
    """Every tag of the workspace's agents, by name."""
    given = agents_of(workspace).order_by().annotate(one=Func(F("tags"), function="unnest"))
    return sorted(set(given.values_list("one", flat=True)[: MOST_TAGS * 10]), key=str.lower)[:MOST_TAGS]


def agent_at(*, workspace: Workspace, key: str) -> Agent:
    """One agent by its slug or id; NotFound when it is unknown, deleted or another workspace's."""
    agents = agents_of(workspace).select_related("edited_by")
    try:
        found = agents.filter(pk=UUID(key)).first()
    except ValueError:
        found = agents.filter(slug=key).first()
    if found is None:
        raise NotFound()
    return found
