"""The tools one agent has: what each source of tools gives it, and what its skills and documents add."""

from collections.abc import Mapping

from agents.knowledge.tool import search_tool
from agents.skills.tools import tools_for
from agents.work.spec import AgentSpec
from automatos.llm.types import ToolSpec
from tools.contract import Tool
from tools.sources import tools_of

Toolbox = Mapping[str, Tool]


def toolbox_of(spec: AgentSpec) -> Toolbox:
    """The agent's tools by name. What is not in it the agent cannot use."""
    looking_up = [search_tool(spec.id)] if spec.has_documents else []
    return tools_of(spec.id, spec.found, [*tools_for(spec.skills).values(), *looking_up])


def told(tools: Toolbox) -> tuple[ToolSpec, ...]:
    """The tools as the model sees them."""
    return tuple(ToolSpec(tool.name, tool.description, tool.schema) for tool in tools.values())
