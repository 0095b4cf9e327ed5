"""Skills, commands and agents out of Markdown files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from automatos.skill_format.front_matter import FrontMatter, read_front_matter
from automatos.skill_format.plain_text import one_line, shorten, visible
from automatos.skill_format.reading import LONGEST_FILE, SHELL_LINE, read_skill, slug
from automatos.skill_format.skill import SKILL_FILE, Skipped
from marketplace.packages.folder import Folder
from marketplace.packages.json_text import text_of
from marketplace.packages.notes import refusal, shown
from marketplace.packages.package import AgentTemplate, Command, PackageFile, Skill
from marketplace.packages.values import LONGEST_TEXT, items, line, tools, words

# What Claude Code ignores in an agent that comes with a plugin, for it would give the agent rights.
IGNORED_OF_AGENTS = ("hooks", "mcpServers", "permissionMode", "initialPrompt")
COMMAND_FIELDS = words(
    "name description argument-hint arguments allowed-tools disallowed-tools model effort disable-model-invocation "
    "user-invocable context agent background hooks shell when_to_use metadata license compatibility paths"
)
AGENT_FIELDS = words(
    "name description tools disallowedTools model permissionMode maxTurns skills mcpServers hooks memory background "
    "omitClaudeMd effort isolation color initialPrompt experimental"
)


def read_skills(folder: Folder, files: Iterable[PackageFile]) -> list[Skill]:
    """The skills in these SKILL.md files. A file of a skill belongs to the deepest one above it."""
    found = [skill for file in files if (skill := _skill(folder, file))]
    homes = {skill.path.rpartition("/")[0] for skill in found}
    owned: dict[str, list[str]] = {home: [] for home in homes}
    for path in folder.by_path:
        home = _home(path, homes)
        if home is not None and path != f"{home}/{SKILL_FILE}".lstrip("/"):
            owned[home].append(path)
    return [replace(skill, files=tuple(owned[skill.path.rpartition("/")[0]])) for skill in found]


def read_command(folder: Folder, file: PackageFile, name: str) -> Command:
    """The command in a Markdown file, which is called after the file."""
    head, body = _read(folder, file)
    fields = head.fields
    _warn_unknown(folder, file, fields, COMMAND_FIELDS)
    if SHELL_LINE.search(body):
        sentence = f"Commands in the text of {shown(file.path)} (!`…`) are shown as text and never run."
        folder.notes.warn("inert_shell", file.path, sentence)
    return Command(
        name=name,
        description=_description(folder, file, fields, body),
        body=body,
        path=file.path,
        argument_hint=line(fields.get("argument-hint")) or " ".join(_hints(fields.get("argument-hint"))),
        allowed_tools=tools(fields.get("allowed-tools")),
        model=line(fields.get("model")),
        extra=_rest(fields, {"name", "description", "argument-hint", "allowed-tools", "model"}),
    )


def read_agent(folder: Folder, file: PackageFile, place: str) -> AgentTemplate:
    """The agent in a Markdown file. place: the file's path below the agents' folder, without its ending."""
    head, body = _read(folder, file)
    fields = head.fields
    _warn_unknown(folder, file, fields, AGENT_FIELDS)
    if risky := [name for name in IGNORED_OF_AGENTS if name in fields]:
        sentence = f"{shown(file.path)} asks for {', '.join(risky)}, which a package may not set; it is not acted on."
        folder.notes.warn("agent_rights", file.path, sentence)
    name = line(fields.get("name"), 100)
    if not name:
        folder.notes.warn("no_name", file.path, f"{shown(file.path)} has no name; it is called after its file.")
    return AgentTemplate(
        name=name or place.replace("/", ":"),
        description=_description(folder, file, fields, body),
        instructions=body,
        path=file.path,
        model=line(fields.get("model")),
        tools=tools(fields.get("tools")),
        skills=items(fields.get("skills")),
        extra=_rest(fields, {"name", "description", "model", "tools", "skills"}),
    )


def _skill(folder: Folder, file: PackageFile) -> Skill | None:
    home = file.path.rpartition("/")[0]
    _check_head(folder, file)
    read = read_skill(file.data, path=home, otherwise=folder.name, lenient=True)
    if isinstance(read, Skipped):
        folder.notes.warn("skill_left_out", file.path, f"{shown(file.path)} was left out: {read.reason}")
        return None
    for warning in read.warnings:
        folder.notes.warn("skill", file.path, f"{shown(file.path)}: {warning}")
    return Skill(
        name=read.name,
        description=read.description,
        body=read.body,
        path=file.path,
        allowed_tools=read.allowed_tools,
        license=read.license,
        compatibility=read.compatibility,
        metadata=read.metadata,
        extra=read.extra,
    )


def _check_head(folder: Folder, file: PackageFile) -> FrontMatter:
    """The front matter of a file. Raises PackageRefused for one that no person wrote, and for what is no text."""
    if file.size > LONGEST_FILE:
        sentence = f"{shown(file.path)} has {file.size:,} bytes; at most {LONGEST_FILE:,} are read of such a file."
        raise refusal("text_too_large", file.path, sentence)
    head = read_front_matter(text_of(file, folder.notes))
    if _holds_zero(head.fields):
        sentence = f"The front matter of {shown(file.path)} has a text with a zero byte. Leave it out."
        raise refusal("zero_bytes", file.path, sentence)
    if head.excess:
        sentence = f"The front matter of {shown(file.path)} cannot be taken: {head.excess}. Make it simpler."
        raise refusal("yaml_bomb", file.path, sentence)
    return head


def _holds_zero(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_zero(item) for pair in value.items() for item in pair)
    return any(map(_holds_zero, value)) if isinstance(value, list) else "\x00" in value


def _read(folder: Folder, file: PackageFile) -> tuple[FrontMatter, str]:
    """Front matter and body, with a warning for what is wrong in them."""
    head = _check_head(folder, file)
    for warning in head.warnings:
        folder.notes.warn("front_matter", file.path, f"{shown(file.path)}: {warning}")
    if head.problem and file.data.lstrip(b"\xef\xbb\xbf").startswith(b"---"):
        folder.notes.warn("front_matter", file.path, f"{shown(file.path)}: {head.problem}")
    body, hidden = visible(head.body)
    fields = {name: _cleaned(value) for name, value in head.fields.items()}
    if hidden or fields != head.fields:
        sentence = (
            f"Invisible characters were taken out of {shown(file.path)}: a model would read what a person cannot see."
        )
        folder.notes.warn("invisible_characters", file.path, sentence)
    if not body.strip():
        folder.notes.warn("empty", file.path, f"{shown(file.path)} has no text after its front matter.")
    return replace(head, fields=fields), body


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)[0]
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return {visible(name)[0]: _cleaned(item) for name, item in value.items()}


def _description(folder: Folder, file: PackageFile, fields: Mapping[str, Any], body: str) -> str:
    """What it says it is for, else its first line."""
    text = fields.get("description")
    text = one_line(text) if isinstance(text, str) else ""
    if not text:
        first = next((part.lstrip("# ") for part in body.split("\n") if part.strip("# ")), "")
        return shorten(one_line(first), 200)
    if len(text) > LONGEST_TEXT:
        sentence = f"The description in {shown(file.path)} has {len(text):,} characters; {LONGEST_TEXT:,} are kept."
        folder.notes.warn("long_description", file.path, sentence)
    return shorten(text, LONGEST_TEXT)


def _warn_unknown(folder: Folder, file: PackageFile, fields: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := [name for name in fields if name not in known]:
        names = ", ".join(shown(name) for name in unknown[:5])
        sentence = f"{shown(file.path)} has names in its front matter that are not part of the format: {names}."
        folder.notes.warn("unknown_field", file.path, sentence)


def _hints(value: Any) -> tuple[str, ...]:
    """`argument-hint: [branch] [title]` is a list for YAML."""
    return tuple(f"[{item}]" for item in items(value)) if isinstance(value, list) else ()


def _rest(fields: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in taken}


def command_name(path: str) -> str:
    """What a command in a file below the commands' folder is called: `front/button.md` is front:button."""
    return ":".join(slug(part) or "command" for part in path.rsplit(".", 1)[0].split("/"))


def _home(path: str, homes: set[str]) -> str | None:
    """The deepest of these folders that the path lies in."""
    folder = path.rpartition("/")[0]
    while folder not in homes:
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return folder
