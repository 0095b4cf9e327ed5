"""What the pages of apps show: an app with its connection, its words and who needs it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.composio import queries
from tools.composio.access import KeyState
from tools.composio.app_uses import AppUse, uses_of
from tools.composio.words import Word, word_of
from tools.models import ComposioAppCache, ComposioConnection
from workspaces.models import Workspace

MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class ShownApp:
    """An app as pages list it. name: also of one the catalogue does not hold any more."""

    slug: str
    name: str
    word: Word
    app: ComposioAppCache | None = None
    connection: ComposioConnection | None = None
    has_logo: bool = False
    uses: Sequence[AppUse] = field(default=())

    @property
    def letter(self) -> str:
        """What stands where there is no picture."""
        return (self.name or "?")[0].upper()

    @property
    def is_broken(self) -> bool:
        """Whether it needs reconnecting."""
        return self.connection is not None and self.connection.status == "error"

    @property
    def is_connected(self) -> bool:
        """Whether calls can be made."""
        return self.connection is not None and self.connection.status == "active"


def shown(apps: Sequence[ComposioAppCache], connections: Mapping[str, ComposioConnection]) -> list[ShownApp]:
    """Apps of the catalogue with their connections."""
    logos = queries.with_logos(apps)
    return [
        ShownApp(
            app.slug,
            app.display_name,
            word_of(connections.get(app.slug)),
            app,
            connections.get(app.slug),
            app.pk in logos,
        )
        for app in apps
    ]


def connected_apps(workspace: Workspace, *, with_uses: bool = True) -> list[ShownApp]:
    """Every app the workspace has or had a connection to, broken ones first."""
    rows = list(queries.connections_of(workspace))
    names = queries.names_of(workspace, [row.app for row in rows])
    logos = queries.with_logos(list(names.values()))
    uses = uses_of(workspace, [row.app for row in rows if row.status == "error"]) if with_uses else {}
    return [
        ShownApp(
            row.app,
            names[row.app].display_name if row.app in names else row.app,
            word_of(row),
            names.get(row.app),
            row,
            row.app in names and names[row.app].pk in logos,
            uses.get(row.app, ()),
        )
        for row in rows
    ]


def broken_apps(workspace: Workspace, only: Iterable[str] | None = None) -> list[ShownApp]:
    """Those that need reconnecting; one query where none does. only: of these apps."""
    if not queries.broken(workspace.pk).exists():
        return []
    wanted = None if only is None else set(only)
    return [app for app in connected_apps(workspace) if app.is_broken and (wanted is None or app.slug in wanted)]


def one_app(workspace: Workspace, app: ComposioAppCache) -> ShownApp:
    """One app with everything."""
    connection = queries.connection_of(workspace, app.slug)
    uses = uses_of(workspace, [app.slug])[app.slug]
    has_logo = bool(queries.with_logos([app]))
    return ShownApp(app.slug, app.display_name, word_of(connection), app, connection, has_logo, uses)


def sync_counts(workspace: Workspace, state: KeyState) -> tuple[int, int]:
    """How many apps and actions the catalogue holds."""
    rows = queries.apps_of(workspace, state).order_by().values_list("action_count", flat=True)
    counts = list(rows)
    return len(counts), sum(counts)
