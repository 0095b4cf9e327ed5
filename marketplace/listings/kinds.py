"""What the owning apps do for the marketplace: pack, say what is needed, install, compare, update, clean up.

Apps of ours that own something to share name an object in settings.MARKETPLACE_KINDS. The marketplace keeps what they
pack as plain JSON and knows nothing of their tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from automatos.errors import NotFound
from workspaces.models import User, Workspace

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Packed:
    """What an owning app packed. href: its page. known: texts that only this workspace has, by kind."""

    name: str
    description: str
    category: str
    tags: Sequence[str]
    body: Body
    face: UUID
    href: str
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """Something an installation should have. href, button: where the missing thing is got; is_met: it is here."""

    kind: str
    name: str
    text: str
    is_met: bool
    href: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An agent that comes along. choices: own agents that can stand in, as (id, name)."""

    key: str
    name: str
    description: str
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What came of an installation. made: every row, as {kind, id, name}. said: what a person should know."""

    object_id: UUID
    made: Sequence[Mapping[str, str]]
    said: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An update: from the copy that was installed to a newer one. made: what the installation made so far."""

    base: Body
    new: Body
    made: Sequence[Mapping[str, str]]


class Kind(Protocol):
    """One kind of listing, as its owning app sees it. Each call is made in the workspace's scope."""

    permission: str
    removal: str

    def pack(self, workspace: Workspace, source_id: UUID) -> Packed:
        """The row as a copy for others. Raises NotFound."""

    def needs(self, workspace: Workspace, body: Body) -> list[Need]:
        """What a copy needs, and whether this workspace has it."""

    def parts(self, workspace: Workspace, body: Body) -> list[Part]:
        """Agents that come along."""

    def lines(self, body: Body) -> str:
        """The copy as text that people compare."""

    def install(self, workspace: Workspace, user: User, body: Body, choices: Mapping[str, str]) -> Made:
        """Make it here. choices: own agents by the part they stand in for. Raises InvalidInput, PlanLimit."""

    def current(self, workspace: Workspace, object_id: UUID, made: Sequence[Mapping[str, str]]) -> Body | None:
        """The installed thing as it is now; None when it is gone."""

    def update(self, workspace: Workspace, user: User, object_id: UUID, change: Change) -> Made:
        """Bring it to the new copy; what was changed here since stays."""

    def uninstall(
        self, workspace: Workspace, user: User, object_id: UUID, made: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """Take away what was made, and say what, and what stays and why."""

    def href(self, workspace: Workspace, object_id: UUID) -> str:
        """The page of what was made; empty when it is gone."""

    def counts(self, body: Body) -> dict[str, int]:
        """Numbers of its parts, for a card."""

    def reach(self, body: Body) -> list[str]:
        """Kinds of things through which it reaches out, as a card's filters know them."""


def kind_of(name: str) -> Kind:
    """The owning app's object. Raises NotFound for a word that is no kind."""
    path = settings.MARKETPLACE_KINDS.get(name)
    if path is None:
        raise NotFound()
    return cast(Kind, import_string(path))
