"""The tools one agent has: which the model is told of, and what each can do."""

from collections.abc import Mapping
from typing import Any

from agents.runtime import AgentSpec
from automatos.llm.types import ToolSpec
from tools.builtin import BUILTIN
from tools.contract import Effects


def specs_of(spec: AgentSpec) -> tuple[ToolSpec, ...]:
    """The agent's tools as the model sees them, in the order they were chosen; unknown names are left out."""
    return tuple(_told(name) for name in spec.tool_ids if name in BUILTIN)


def effects_of(name: str, arguments: Mapping[str, Any]) -> Effects:
    """What a call can do. An unknown tool does nothing but answer that it is unknown."""
    tool = BUILTIN.get(name)
    return tool.effects_of(arguments) if tool else "none"


def _told(name: str) -> ToolSpec:
    tool = BUILTIN[name]
    return ToolSpec(tool.name, tool.description, tool.schema)
