"""What an agent has read from elsewhere, and which calls that makes dangerous."""

from collections.abc import Iterable

from automatos.llm.parts import ToolCall
from tools.addresses import FreeReads
from tools.contract import Effects, Tool, ToolResult

# What untrusted text makes dangerous: changes here, and anything that leaves.
SIDE_EFFECTS = ("writes", "outside")


class Taint:
    """Origins of untrusted text an agent has read, and the addresses it was told by others.

    An address that stands in their words as a whole tells little; one the agent wrote itself, in an answer, a file, a
    query or to another agent, may carry out what it knows. So the agent's own words are never among them, and since
    choosing tells something too, choices are counted (`tools/addresses.py`).
    """

    def __init__(self, origins: Iterable[str], heard: Iterable[str]) -> None:
        self._origins = dict.fromkeys(origins)
        self._reads = FreeReads(heard)

    @property
    def origins(self) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(self._origins)

    def add(self, origins: Iterable[str]) -> None:
        """Text of these origins was read."""
        self._origins |= dict.fromkeys(origins)

    def read(self, tool: Tool | None, call: ToolCall, result: ToolResult) -> None:
        """A tool's result was read."""
        if self._origins and tool is not None and (sent := tool.sends(call.arguments)):
            self._reads.done(sent, _manner(call))
        if result.origin:
            self.add([result.origin])
            if tool is not None and tool.quotes and tool.quotes(result):
                self._reads.hear(result.content)

    def needs_person(self, tool: Tool | None, call: ToolCall, policy: str) -> bool:
        """Whether a person's word is wanted before the call.

        By the tool's own policy, or by the workspace's (after_untrusted, always or never).
        """
        if tool is None or tool.blocked:
            return False
        if tool.asks_person(call.arguments):
            return True
        if policy == "never":
            return False
        is_side_effect = effects_of(tool, call) in SIDE_EFFECTS
        if policy == "always":
            return is_side_effect or (bool(self._origins) and self._tells(tool, call))
        return bool(self._origins) and (is_side_effect or self._tells(tool, call))

    def _tells(self, tool: Tool, call: ToolCall) -> bool:
        """Whether reading a place may carry something out."""
        sent = tool.sends(call.arguments)
        return bool(sent) and not self._reads.allows(sent, _manner(call))


def _manner(call: ToolCall) -> str:
    """How a place is asked, without the place in its text that reading goes on from."""
    asked = {name: value for name, value in sorted(call.arguments.items()) if name not in ("url", "offset")}
    return f"{call.name} {asked}"


def effects_of(tool: Tool | None, call: ToolCall) -> Effects:
    """What a call can do; one of an unknown tool does nothing but say so."""
    return tool.effects_of(call.arguments) if tool else "none"
