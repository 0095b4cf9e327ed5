"""The agents that can have plugins. They live in a higher app, which names a function in settings.PLUGIN_HOLDERS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Holder:
    """An agent: its id, its name, what is said below it, and its page of plugins."""

    id: UUID
    name: str
    note: str
    href: str


Lookup = Callable[[Workspace], Sequence[Holder]]


def holders_in(workspace: Workspace) -> list[Holder]:
    """Every agent of the workspace, by name."""
    return list(cast(Lookup, import_string(settings.PLUGIN_HOLDERS))(workspace))
