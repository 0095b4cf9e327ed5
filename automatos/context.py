"""What every page's frame shows: theme, and inside a workspace the navigation with its counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from agents.models import Agent
from recipes.models import LIVE_STATUSES, Execution, Recipe
from workspaces.doors.asking import whom_to_ask
from workspaces.models import Membership, Role, Workspace
from workspaces.queries import memberships_of
from workspaces.scope.permissions import allowed
from workspaces.scope.tenancy import workspace_scope
from workspaces.settings_nav import SettingsPlace, settings_places


@dataclass(frozen=True)
class Place:
    """An entry of the navigation or the palette."""

    label: str
    icon: str
    href: str
    current: bool = False
    count: int | None = None
    hot: int = 0


@dataclass(frozen=True)
class Group:
    """Entries under a heading; the first group has none."""

    label: str
    places: Sequence[Place]


@dataclass(frozen=True)
class Shell:
    """The frame of a workspace's page."""

    workspace: Workspace
    role: str
    memberships: Sequence[Membership]
    nav: Sequence[Group]
    palette: Sequence[Group]
    search: str
    settings: Sequence[SettingsPlace]

    @property
    def ask(self) -> str:
        """Whom to ask for what one's own role does not allow; looked up where a page says so."""
        return whom_to_ask(self.workspace)


def shell(request: HttpRequest) -> dict[str, Any]:
    """theme: "light", "dark" or empty (follow the system); shell: None outside a workspace, else two queries."""
    theme = request.COOKIES.get("theme", "")
    found: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "shell": None,
        "open_access": not settings.REQUIRE_AUTH,
    }
    membership: Membership | None = getattr(request, "membership", None)
    if membership is not None:
        # Error pages are drawn after the request's own scope has ended.
        with workspace_scope(membership.workspace_id, membership.user_id):
            found["shell"] = _shell(request.path, membership)
    return found


def _shell(path: str, membership: Membership) -> Shell:
    workspace = membership.workspace
    home = f"/w/{workspace.slug}/"
    return Shell(
        workspace=workspace,
        role=Role(membership.role).label,
        memberships=list(memberships_of(membership.user)),
        nav=_nav(home, path, _counts(workspace)),
        palette=_palette(home, membership.role),
        search=f"{home}search",
        settings=settings_places(workspace.slug, membership.role, path) if path.startswith(f"{home}settings/") else (),
    )


def _counts(workspace: Workspace) -> dict[str, int]:
    """agents, recipes and cooking, in one query."""
    querysets: dict[str, QuerySet[Any]] = {
        "agents": Agent.objects.visible(),
        "recipes": Recipe.objects.visible(),
        "cooking": Execution.objects.filter(status__in=LIVE_STATUSES),
    }
    counted = {
        f"n_{name}": Coalesce(Subquery(_number(queryset.filter(workspace=workspace))), 0)
        for name, queryset in querysets.items()
    }
    row = Workspace.objects.filter(pk=workspace.pk).annotate(**counted).values(*counted).get()
    return {name.removeprefix("n_"): number for name, number in row.items()}


def _number(queryset: QuerySet[Any]) -> QuerySet[Any, int]:
    counted: QuerySet[Any, int] = queryset.order_by().values("workspace_id").annotate(n=Count("pk"))
    return counted.values_list("n", flat=True)


def _nav(home: str, path: str, counts: dict[str, int]) -> list[Group]:
    def place(label: str, icon: str, under: str, **more: Any) -> Place:
        href = home + under
        return Place(label, icon, href, current=path.startswith(href) if under else path == href, **more)

    return [
        Group("", [place("Dashboard", "layout-dashboard", "")]),
        Group(
            "Build",
            [
                place("Agents", "bot", "agents/", count=counts["agents"]),
                place("Personas", "drama", "personas/"),
                place("Recipes", "book-open-text", "recipes/", count=counts["recipes"]),
                place("Skills", "graduation-cap", "skills/"),
                place("Knowledge", "library", "knowledge/"),
            ],
        ),
        Group("Run", [place("Kitchen", "flame", "runs/", hot=counts["cooking"])]),
        Group("Workspace", [place("Settings", "settings-2", "settings/")]),
    ]


def _palette(home: str, role: str) -> list[Group]:
    actions = [Place("Cook a recipe", "flame", f"{home}recipes/")] if allowed(role, "executions:run") else []
    if allowed(role, "agents:write"):
        actions.append(Place("Create an agent", "plus", f"{home}agents/new/"))
    if allowed(role, "recipes:write"):
        actions.append(Place("Create a recipe", "list-plus", f"{home}recipes/new/"))
    places = [
        Place("Dashboard", "layout-dashboard", home),
        Place("Agents", "bot", f"{home}agents/"),
        Place("Personas", "drama", f"{home}personas/"),
        Place("Recipes", "book-open-text", f"{home}recipes/"),
        Place("Skills", "graduation-cap", f"{home}skills/"),
        Place("Knowledge", "library", f"{home}knowledge/"),
        Place("Kitchen", "utensils", f"{home}runs/"),
        Place("Waiting for approval", "hand", f"{home}approvals/"),
        *(
            Place(f"Settings: {entry.label}", entry.icon, entry.href)
            for entry in settings_places(home.split("/")[2], role, "")
            if not entry.needs
        ),
        Place("Your workspaces", "building-2", "/workspaces/"),
        Place("API documentation", "circle-question-mark", "/api/docs/"),
    ]
    return [Group("Actions", actions), Group("Places", places)] if actions else [Group("Places", places)]
