"""Servers that are commands on this machine: only those the operator lists, with the arguments that stand there."""

import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from automatos.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments. home: the folder it runs in and takes for its own, without our environment."""

    path: str
    arguments: list[str]
    home: str


def why_refused(name: str) -> str:
    """Why this command cannot be used; empty when it can."""
    if name in settings.MCP_COMMANDS:
        return ""
    allowed = ", ".join(settings.MCP_COMMANDS)
    there_are = f"Allowed are: {allowed}." if allowed else "None is allowed here."
    return f"The operator of this installation does not allow this command. {there_are} The setting is MCP_COMMANDS."


def command_of(name: str) -> Command:
    """What the SDK is to start. InvalidInput for one that is not allowed or not installed."""
    if problem := why_refused(name):
        raise InvalidInput(problem)
    command, *arguments = shlex.split(settings.MCP_COMMANDS[name])
    # One installed beside us is preferred: it is what was pinned.
    beside = Path(sys.executable).parent / command
    path = str(beside) if beside.is_file() else shutil.which(command)
    if path is None:
        raise InvalidInput(f"{command} is allowed, but is not installed on this machine.")
    return Command(path, arguments, tempfile.gettempdir())
