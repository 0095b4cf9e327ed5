"""What would miss an app. Apps of ours that use apps name a function in settings.APP_USES that says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class AppUse:
    """One thing that needs an app: what it is (agent, recipe), its name, its page and its id."""

    kind: str
    name: str
    href: str
    id: UUID


Lookup = Callable[[Workspace, Sequence[str]], dict[str, list[AppUse]]]


def uses_of(workspace: Workspace, apps: Sequence[str]) -> dict[str, list[AppUse]]:
    """By app, everything that needs it."""
    found: dict[str, list[AppUse]] = {app: [] for app in apps}
    for path in settings.APP_USES:
        for app, uses in cast(Lookup, import_string(path))(workspace, apps).items():
            found[app].extend(uses)
    return found
