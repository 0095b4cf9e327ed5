"""What the hooks of an agent's plugins say of something that is about to happen, or that happened.

Rules that match, add text, refuse or ask decide the same way each time; whoever asks keeps the ruling all the same:
an address may answer otherwise the next time, and a plugin may be taken away meanwhile.
"""

import fnmatch
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from marketplace.hooks.tool_names import names_of
from tools.sources import NOTHING, Found

LONGEST_VALUE = 2_000
PLACE = re.compile(r"\{(event|tool_name|tool_input|tool_output|prompt|answer|agent)\}")


@dataclass(frozen=True, slots=True)
class Happening:
    """What hooks are told. event: one of ours. tool_input: JSON; tool_output, answer: as far as there are any.

    is_failed: the tool said that something went wrong. is_asked: the agent was asked by another one. command: the
    prompt calls a command.
    """

    event: str
    agent: str
    tool_name: str = ""
    tool_input: str = ""
    tool_output: str = ""
    prompt: str = ""
    answer: str = ""
    is_failed: bool = False
    is_asked: bool = False
    command: bool = False

    def value(self, name: str) -> str:
        """A field's text."""
        return str(getattr(self, name))


@dataclass(frozen=True, slots=True)
class Ruling:
    """What hooks said together. notes: texts for the model, each with its origin; refused, asks: why, empty if not.

    by: whose words refuse or ask, as an origin.
    """

    notes: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    asks: str = ""
    by: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody said anything."""
        return not (self.notes or self.refused or self.asks)

    @property
    def origins(self) -> list[str]:
        """Whose words these are."""
        return list(dict.fromkeys([origin for origin, _ in self.notes] + ([self.by] if self.by else [])))

    def joined(self, other: "Ruling") -> "Ruling":
        """Both: the first refusal and the first question count."""
        return Ruling(
            (*self.notes, *other.notes),
            self.refused or other.refused,
            self.asks or other.asks,
            self.by or other.by,
        )

    def to_json(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {"notes": [list(one) for one in self.notes], "refused": self.refused, "asks": self.asks, "by": self.by}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Ruling":
        """As it was kept."""
        notes = tuple((str(origin), str(text)) for origin, text in value.get("notes") or ())
        return cls(notes, *(str(value.get(name) or "") for name in ("refused", "asks", "by")))


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of an agent's plugin. may_call: the workspace lets the plugin tell addresses."""

    plugin_id: UUID
    slug: str
    version: str
    row: Mapping[str, Any]
    may_call: bool = False

    @property
    def origin(self) -> str:
        """How its texts are marked."""
        return f"plugin {self.slug} {self.version}"

    @property
    def is_call(self) -> bool:
        """Whether an address is asked."""
        return self.row.get("does") == "http"


# Asks an address; an empty ruling where it says nothing.
Call = Callable[[Hook, Happening], Awaitable[Ruling]]


@dataclass(frozen=True, slots=True)
class PluginHooks:
    """The hooks of one agent, from what its row of the database says."""

    hooks: Sequence[Hook] = field(default_factory=tuple)

    @classmethod
    def of(cls, found: Found = NOTHING) -> "PluginHooks":
        """kept: plugin, slug, version, hooks. live: the plugins that may still be used, and whether they may call."""
        usable = {str(plugin): bool(calls) for plugin, calls in found.live or ()}
        return cls(
            [
                Hook(UUID(plugin), slug, version, row, usable[plugin])
                for plugin, slug, version, rows in found.kept or ()
                if plugin in usable
                for row in rows or ()
            ]
        )

    def concerned(self, happening: Happening) -> list[Hook]:
        """Those that listen to it."""
        return [hook for hook in self.hooks if _concerns(hook.row, happening) and (hook.may_call or not hook.is_call)]

    def listens(self, *events: str) -> bool:
        """Whether any of them listens to one of these events at all."""
        return any(hook.row.get("event") in events for hook in self.hooks)


async def ruling_of(hooks: Sequence[Hook], happening: Happening, call: Call) -> Ruling:
    """What they say together, in their order."""
    found = Ruling()
    for hook in hooks:
        found = found.joined(await call(hook, happening) if hook.is_call else _said(hook, happening))
    return found


def _said(hook: Hook, happening: Happening) -> Ruling:
    text = PLACE.sub(lambda match: happening.value(match[1])[:LONGEST_VALUE], str(hook.row.get("text", "")))
    match hook.row.get("does"):
        case "context":
            return Ruling(notes=((hook.origin, text),))
        case "refuse":
            return Ruling(refused=text or "It gives no reason.", by=hook.origin)
        case _:
            return Ruling(asks=text or "It gives no reason.", by=hook.origin)


def _concerns(row: Mapping[str, Any], happening: Happening) -> bool:
    if row.get("event") != happening.event:
        return False
    only = {"failed": happening.is_failed, "asked": happening.is_asked, "command": happening.command}
    if not only.get(str(row.get("only", "")), True):
        return False
    tools = row.get("tools") or []
    if tools and happening.tool_name and not _is_named(happening.tool_name, tools):
        return False
    matches: Mapping[str, Sequence[str]] = row.get("match") or {}
    return all(_holds(happening.value(name), texts) for name, texts in matches.items())


def _is_named(tool: str, wanted: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, one) for name in names_of(tool) for one in wanted)


def _holds(text: str, texts: Sequence[str]) -> bool:
    lower = text.lower()
    return any(one.lower() in lower for one in texts)
