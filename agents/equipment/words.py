"""What pages say about a built-in tool; its own description is written for models."""

from dataclasses import dataclass

from tools.contract import Tool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a tool can do to the world, in two words. tone: the colour of its mark."""

    word: str
    tone: str


EFFECTS = {
    "none": Effect("Only computes", ""),
    "reads": Effect("Reads", "info"),
    "writes": Effect("Writes here", "warn"),
    "outside": Effect("Sends outside", "warn"),
}


def about(tool: Tool) -> str:
    """The first sentence of the tool's description."""
    return f"{tool.description.split('. ')[0].rstrip('.')}."
