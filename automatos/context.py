"""What every page's frame shows: theme, and inside a workspace the navigation with its counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

import agents.places
import marketplace.places
import recipes.places
import tools.places
import workspaces.places
from automatos.places import SECTIONS, NavEntry, PaletteEntry
from marketplace.enabling.queries import Update, waiting_updates
from marketplace.listings.queries import InstalledRow, newer_in
from marketplace.models import PluginNotice
from marketplace.plugins.queries import open_notices
from workspaces.doors.asking import whom_to_ask
from workspaces.models import Membership, Role, Workspace
from workspaces.queries import memberships_of
from workspaces.scope.permissions import allowed
from workspaces.scope.tenancy import workspace_scope
from workspaces.settings_nav import SettingsPlace, settings_places

# Each app's own, in the order in which the palette shows them.
APPS = (
    workspaces.places.PLACES,
    tools.places.PLACES,
    marketplace.places.PLACES,
    agents.places.PLACES,
    recipes.places.PLACES,
)


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
    membership_role: str
    notices: int
    memberships: Sequence[Membership]
    nav: Sequence[Group]
    palette: Sequence[Group]
    search: str
    settings: Sequence[SettingsPlace]

    @property
    def ask(self) -> str:
        """Whom to ask for what one's own role does not allow; looked up where a page says so."""
        return whom_to_ask(self.workspace)

    @property
    def plugin_notices(self) -> Sequence[PluginNotice]:
        """Versions of plugins that were taken away from the workspace; looked up where a page shows them."""
        return open_notices(self.workspace) if self.notices else ()

    @property
    def plugin_updates(self) -> Sequence[Update]:
        """Newer versions of the workspace's plugins that nobody put off; looked up where a page shows them."""
        return waiting_updates(self.workspace)

    @property
    def listing_updates(self) -> Sequence[InstalledRow]:
        """Newer versions of installed agents, recipes and skills that nobody put off."""
        return newer_in(self.workspace)

    @property
    def may_submit(self) -> bool:
        """Whether one's own role looks after plugins."""
        return allowed(self.membership_role, "plugins:submit")


def shell(request: HttpRequest) -> dict[str, Any]:
    """theme: "light", "dark" or empty (follow the system); shell: None outside a workspace, else two queries.

    sends_mail: whether there is a mail server; where there is none, pages say what to do instead.
    """
    theme = request.COOKIES.get("theme", "")
    found: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "shell": None,
        "open_access": not settings.REQUIRE_AUTH,
        "sends_mail": bool(settings.EMAIL_URL),
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
    entries = _entries()
    counts, notices = _counts(workspace, entries)
    return Shell(
        workspace=workspace,
        role=Role(membership.role).label,
        membership_role=membership.role,
        memberships=list(memberships_of(membership.user)),
        nav=_nav(home, path, entries, counts),
        notices=notices,
        palette=_palette(home, membership.role),
        search=f"{home}search",
        settings=settings_places(workspace.slug, membership.role, path) if path.startswith(f"{home}settings/") else (),
    )


def _entries() -> list[NavEntry]:
    """Every entry of the navigation, in the order of its sections."""
    entries = [entry for app in APPS for entry in app.nav]
    return sorted(entries, key=lambda entry: (SECTIONS.index(entry.section), entry.order))


def _counts(workspace: Workspace, entries: Sequence[NavEntry]) -> tuple[dict[str, int], int]:
    """The number beside each entry that has one, by its address, and how many notices are open, in one query."""
    counted = {
        f"n_{number}": Coalesce(Subquery(_number(entry.count().filter(workspace=workspace))), 0)
        for number, entry in enumerate(entries)
        if entry.count
    }
    open_ones = PluginNotice.objects.filter(workspace=workspace, dismissed_at=None)
    counted["notices"] = Coalesce(Subquery(_number(open_ones)), 0)
    row = Workspace.objects.filter(pk=workspace.pk).annotate(**counted).values(*counted).get()
    notices = row.pop("notices")
    return {entries[int(name.removeprefix("n_"))].under: number for name, number in row.items()}, notices


def _number(queryset: QuerySet[Any]) -> QuerySet[Any, int]:
    counted: QuerySet[Any, int] = queryset.order_by().values("workspace_id").annotate(n=Count("pk"))
    return counted.values_list("n", flat=True)


def _nav(home: str, path: str, entries: Sequence[NavEntry], counts: Mapping[str, int]) -> list[Group]:
    def place(entry: NavEntry) -> Place:
        href = home + entry.under
        number = counts.get(entry.under)
        return Place(
            entry.label,
            entry.icon,
            href,
            current=path.startswith(href) if entry.under else path == href,
            count=None if entry.hot else number,
            hot=(number or 0) if entry.hot else 0,
        )

    groups = [Group(name, [place(entry) for entry in entries if entry.section == name]) for name in SECTIONS]
    return [group for group in groups if group.places]


def _palette(home: str, role: str) -> list[Group]:
    def shown(entries: Sequence[PaletteEntry]) -> list[Place]:
        return [
            Place(entry.label, entry.icon, home + entry.under)
            for entry in entries
            if not entry.permission or allowed(role, entry.permission)
        ]

    actions = [place for app in APPS for place in shown(app.actions)]
    places = [
        *(Place(entry.label, entry.icon, home + entry.under) for entry in _entries() if entry.section != "Workspace"),
        *(place for app in APPS for place in shown(app.pages)),
        *(
            Place(f"Settings: {entry.label}", entry.icon, entry.href)
            for entry in settings_places(home.split("/")[2], role, "")
            if not entry.needs
        ),
        Place("Your workspaces", "building-2", "/workspaces/"),
        Place("API documentation", "circle-question-mark", "/api/docs/"),
    ]
    return [Group("Actions", actions), Group("Places", places)] if actions else [Group("Places", places)]
