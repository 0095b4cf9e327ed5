"""The tools one agent has: the built-in ones chosen for it, and what its skills, documents and apps add."""

from collections.abc import Mapping

from agents.knowledge.tool import SEARCH, search_tool
from agents.skills.tools import tools_for
from agents.work.spec import AgentSpec
from automatos.llm.types import ToolSpec
from tools.app_calls.tools import tools_for as app_tools
from tools.builtin import BUILTIN
from tools.contract import Tool

Toolbox = Mapping[str, Tool]


def toolbox_of(spec: AgentSpec) -> Toolbox:
    """The agent's tools by name, in the order they were chosen. What is not in it the agent cannot use."""
    chosen = {name: BUILTIN[name] for name in spec.tool_ids if name in BUILTIN}
    looking_up = {SEARCH: search_tool(spec.id)} if spec.has_documents else {}
    return {**chosen, **tools_for(spec.skills), **looking_up, **app_tools(spec.id, spec.apps)}


def told(tools: Toolbox) -> tuple[ToolSpec, ...]:
    """The tools as the model sees them."""
    return tuple(ToolSpec(tool.name, tool.description, tool.schema) for tool in tools.values())
