"""Tools as packages for Claude Code name them, and what does their work here."""

from collections.abc import Mapping

OURS: Mapping[str, tuple[str, ...]] = {
    "Read": ("file_read",),
    "LS": ("file_list",),
    "Glob": ("file_list",),
    "Grep": ("file_list", "file_read"),
    "Write": ("file_write",),
    "Edit": ("file_read", "file_write"),
    "MultiEdit": ("file_read", "file_write"),
    "WebFetch": ("web_fetch",),
    "Task": ("ask_agent",),
    "Agent": ("ask_agent",),
    "Skill": ("plugin_skill",),
}


def names_of(tool: str) -> tuple[str, ...]:
    """The tool's own name, then those that packages may mean it by."""
    return (tool, *(name for name, ours in OURS.items() if tool == ours[-1]))
