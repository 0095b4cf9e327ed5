"""The built-in tools as a source."""

from collections.abc import Iterable
from uuid import UUID

from tools.builtin import BUILTIN
from tools.contract import Tool
from tools.sources import BUILTIN as NAME
from tools.sources import Found, ToolSource


class BuiltinTools(ToolSource):
    """Those that were chosen for the agent, in the order they were chosen."""

    name = NAME
    kept = "to_json(a.tool_ids)"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        return [BUILTIN[name] for name in found.kept or () if name in BUILTIN]
