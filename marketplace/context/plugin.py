"""A plugin as an agent has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AssignedPlugin:
    """A plugin of an agent, in the version a run has. why_gone: why it may not be used any more."""

    plugin_id: UUID
    version_id: UUID
    offer: Mapping[str, Any]
    why_gone: str = ""

    @property
    def slug(self) -> str:
        return str(self.offer.get("slug", ""))

    @property
    def label(self) -> str:
        """Its name and version in a line."""
        return f"{self.slug} {self.offer.get('version', '')}"

    @property
    def origin(self) -> str:
        """How texts of it are marked."""
        return f"plugin {self.label}"

    @property
    def skills(self) -> Sequence[Mapping[str, Any]]:
        return self.offer.get("skills") or ()

    @property
    def commands(self) -> Sequence[Mapping[str, Any]]:
        return self.offer.get("commands") or ()
