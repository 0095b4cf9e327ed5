"""What hooks of plugins may listen to, and what the events of Claude Code are here.

Ours are nine. An event of Claude Code that has no place here keeps its hook inert, and the page says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Event = Literal[
    "run_start",
    "run_end",
    "step_start",
    "step_end",
    "prompt_submitted",
    "before_model_call",
    "after_model_call",
    "before_tool_call",
    "after_tool_call",
]
EVENTS: Mapping[str, str] = {
    "run_start": "a run starts",
    "run_end": "a run ends",
    "step_start": "an agent starts a task",
    "step_end": "an agent ends a task",
    "prompt_submitted": "an agent is given its task",
    "before_model_call": "before a model is asked",
    "after_model_call": "after a model answered",
    "before_tool_call": "before a tool is used",
    "after_tool_call": "after a tool was used",
}
PERSON = "Whether a call is allowed is decided by the workspace and its people; a plugin has no say in it."
FOLDER = "There is no working folder here: files belong to a run."
TASKS = "There is no list of tasks here: the steps of a recipe are its tasks."
WINDOW = "What is left out of a long talk is decided by the platform."
MODEL = "Which model answers is decided by the agent's settings."
FORMS = "Questions of an MCP server are not handed on to plugins."


@dataclass(frozen=True, slots=True)
class Place:
    """What an event of Claude Code is here. event: empty where it has no place, and why says so.

    only: failures, asked agents or commands, where it means those alone.
    """

    event: Event | Literal[""] = ""
    why: str = ""
    only: Literal["", "failed", "asked", "command"] = ""


CLAUDE: Mapping[str, Place] = {
    "SessionStart": Place("run_start"),
    "Setup": Place(why="Nothing is set up: a plugin is ready when it is enabled."),
    "UserPromptSubmit": Place("prompt_submitted"),
    "UserPromptExpansion": Place("prompt_submitted", only="command"),
    "PreToolUse": Place("before_tool_call"),
    "PermissionRequest": Place(why=PERSON),
    "PermissionDenied": Place(why=PERSON),
    "PostToolUse": Place("after_tool_call"),
    "PostToolUseFailure": Place("after_tool_call", only="failed"),
    "PostToolBatch": Place("before_model_call"),
    "Notification": Place(why="Who is notified of what is set in the workspace."),
    "MessageDisplay": Place("after_model_call"),
    "SubagentStart": Place("step_start", only="asked"),
    "SubagentStop": Place("step_end", only="asked"),
    "TaskCreated": Place(why=TASKS),
    "TaskCompleted": Place(why=TASKS),
    "Stop": Place("step_end"),
    "StopFailure": Place(why="A step that failed is handled as the recipe says."),
    "TeammateIdle": Place(why="Agents have no team that waits."),
    "InstructionsLoaded": Place(why="Instructions stand in the agent and are not loaded from files."),
    "ConfigChange": Place(why="Settings are changed by people, who are shown what changes."),
    "CwdChanged": Place(why=FOLDER),
    "DirectoryAdded": Place(why=FOLDER),
    "FileChanged": Place(why=FOLDER),
    "WorktreeCreate": Place(why=FOLDER),
    "WorktreeRemove": Place(why=FOLDER),
    "PreCompact": Place(why=WINDOW),
    "PostCompact": Place(why=WINDOW),
    "PreModelSwitch": Place(why=MODEL),
    "PostModelSwitch": Place(why=MODEL),
    "Elicitation": Place(why=FORMS),
    "ElicitationResult": Place(why=FORMS),
    "SessionEnd": Place("run_end"),
}


def place_of(name: str) -> Place:
    """What an event means here, by our name or by Claude Code's."""
    if name in EVENTS:
        return Place(name)  # type: ignore[arg-type]  # one of them
    return CLAUDE.get(name) or Place(why="No such event is known here.")
