"""Commands that a person calls: `/name` at the beginning of a message, and what the agent then reads with it."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from uuid import UUID

from automatos.errors import InvalidInput
from marketplace.context.plugin import AssignedPlugin
from marketplace.context.service import PluginContextService
from marketplace.context.stored import command_text
from tools.contract import ToolProblem

# `/plugin:name` says of which plugin, where two have a command of one name.
LINE = re.compile(r"/(?P<name>[^\s/]{1,200})(?:\s+(?P<rest>.*))?", re.DOTALL)
LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command as a person sees it. hint: of its arguments; plugin: whose it is, with the version."""

    name: str
    summary: str
    hint: str
    plugin: str


@dataclass(frozen=True, slots=True)
class Called:
    """A command that a message calls. text: for the model, its arguments in their places, fenced; origin: whose."""

    name: str
    plugin: str
    origin: str
    text: str

    def kept(self) -> dict[str, str]:
        """As the run keeps it."""
        return asdict(self)


def commands_of(plugins: PluginContextService) -> list[SlashCommand]:
    """What may be called, each under the name that calls it."""
    return [
        SlashCommand(name, str(row.get("summary", "")), str(row.get("hint", "")), plugin.label)
        for name, plugin, row in _named(plugins)
    ]


def called_by(message: str, workspace_id: UUID, plugins: PluginContextService) -> Called | None:
    """The command that a message calls; None where it calls none. Raises InvalidInput for one that is gone."""
    match = LINE.fullmatch(message.strip())
    if match is None:
        return None
    wanted = match["name"].lower()
    for name, plugin, row in _named(plugins):
        if wanted in (name.lower(), f"{plugin.slug}:{row['name']}".lower()):
            break
    else:
        return None
    try:
        text = command_text(workspace_id, plugin, str(row["name"]), {"arguments": (match["rest"] or "").strip()})
    except ToolProblem as problem:
        raise InvalidInput(str(problem), fields={"message": [str(problem)]}) from problem
    if len(text) > LONGEST_TEXT:
        sentence = f"/{name} with these arguments has {len(text):,} characters; at most {LONGEST_TEXT:,} are taken."
        raise InvalidInput(sentence, fields={"message": [sentence]})
    return Called(name, plugin.label, plugin.origin, text)


def _named(plugins: PluginContextService) -> Iterator[tuple[str, AssignedPlugin, dict[str, object]]]:
    """Each command of each plugin; a name that an earlier one has goes with its plugin's before it."""
    taken: set[str] = set()
    for plugin in plugins.usable:
        for row in plugin.commands:
            name = str(row.get("name", ""))
            if name.lower() in taken:
                name = f"{plugin.slug}:{name}"
            taken.add(name.lower())
            yield name, plugin, dict(row)
