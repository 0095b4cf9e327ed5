"""A package put together from what was read of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from automatos.skill_format.plain_text import shorten, visible
from automatos.skill_format.reading import slug
from automatos.skill_format.skill import tokens
from marketplace.packages.folder import Folder
from marketplace.packages.notes import refusal, shown
from marketplace.packages.package import (
    AgentTemplate,
    Command,
    Hook,
    Layout,
    McpServer,
    Package,
    Skill,
    Tool,
)
from marketplace.packages.parts import read_parts, warn_of_files
from marketplace.packages.permissions import permissions_of
from marketplace.packages.values import LONGEST_TEXT, items, line

LONGEST_NAME, LONGEST_VERSION, LONGEST_READ_ME = 100, 64, 20_000
MOST_TOKENS = 10**9
READ_ME = ("README.md", "readme.md", "Readme.md")
MANIFESTS = (".claude-plugin/plugin.json", ".claude-plugin/marketplace.json", "manifest.json", ".mcp.json")


@dataclass(frozen=True)
class Found:
    """The components of a package, and what its author says of it. manifest: its own or its catalogue entry's fields.

    name: what to call it where the manifest does not say.
    """

    layout: Layout
    name: str
    manifest: dict[str, Any]
    manifest_path: str
    marketplace: str = ""
    root: str = ""
    skills: Sequence[Skill] = ()
    commands: Sequence[Command] = ()
    agents: Sequence[AgentTemplate] = ()
    hooks: Sequence[Hook] = ()
    servers: Sequence[McpServer] = ()
    tools: Sequence[Tool] = field(default_factory=tuple)


def assemble(folder: Folder, found: Found) -> Package:
    """The package, with the warnings about its files. Raises PackageRefused if it has no name."""
    fields = found.manifest
    parts = read_parts(folder, fields, found.manifest_path)
    if not _located(found) and not found.tools and not parts:
        folder.notes.warn("empty_package", "", "The package holds no skill, command, agent, hook, server or tool.")
    warn_of_files(folder)
    name = line(fields.get("displayName") or fields.get("name"), LONGEST_NAME) or found.name
    author = _author(fields.get("author"))
    taken = {each.path for each in _located(found)} | {part.path for part in parts}
    return Package(
        layout=found.layout,
        slug=_slug(folder, found),
        name=name,
        version=line(fields.get("version"), LONGEST_VERSION),
        description=_description(folder, found),
        long_description=_long_description(folder, fields),
        author=author["name"],
        author_email=author["email"],
        author_url=_web(folder, author["url"], found.manifest_path),
        license=line(fields.get("license"), 200),
        tags=items(fields.get("tags") or fields.get("keywords")),
        category=line(fields.get("category"), LONGEST_NAME),
        homepage=_web(folder, line(fields.get("homepage")), found.manifest_path),
        repository=_repository(fields.get("repository")),
        recommended_models=items(fields.get("recommended_models")),
        token_estimate=_tokens(folder, found),
        skills=tuple(found.skills),
        commands=tuple(found.commands),
        agents=tuple(found.agents),
        hooks=tuple(found.hooks),
        mcp_servers=tuple(found.servers),
        tools=tuple(found.tools),
        parts=tuple(parts),
        permissions=permissions_of(
            skills=found.skills,
            commands=found.commands,
            agents=found.agents,
            hooks=found.hooks,
            servers=found.servers,
            parts=parts,
            manifest=fields,
            manifest_path=found.manifest_path,
        ),
        resources=tuple(path for path in folder.by_path if path not in taken and path not in MANIFESTS),
        files=tuple(folder.by_path.values()),
        warnings=folder.notes.all,
        root=found.root,
        marketplace=found.marketplace,
        manifest=fields,
    )


def _slug(folder: Folder, found: Found) -> str:
    """Its name in addresses. Raises PackageRefused where there is nothing to make one of."""
    given = found.manifest.get("slug") or found.manifest.get("name")
    said = line(given, LONGEST_NAME) or found.name
    made = slug(said)
    if not made:
        raise refusal(
            "no_name", found.manifest_path, f"{shown(said) or 'The package'} has no letters to make a name of."
        )
    if given and made != given:
        folder.notes.warn("name", found.manifest_path, f"The name is {shown(str(given))!r}, which becomes {made}.")
    return made


def _description(folder: Folder, found: Found) -> str:
    text = line(found.manifest.get("description"), 100_000)
    if not text and len(found.skills) == 1 and not found.commands and not found.agents:
        text = found.skills[0].description
    if len(text) > LONGEST_TEXT:
        sentence = f"The description has {len(text):,} characters; {LONGEST_TEXT:,} are kept."
        folder.notes.warn("long_description", found.manifest_path, sentence)
    return shorten(text, LONGEST_TEXT)


def _long_description(folder: Folder, fields: dict[str, Any]) -> str:
    """The author's own, else the beginning of the README."""
    given = fields.get("long_description")
    if isinstance(given, str) and given.strip():
        return given.strip()[:LONGEST_READ_ME]
    file = next((file for name in READ_ME if (file := folder.get(name))), None)
    return visible(file.text or "")[0].strip()[:LONGEST_READ_ME] if file else ""


def _author(value: Any) -> dict[str, str]:
    """Name, address of mail and page, from an object or from `Name <mail> (page)`."""
    if isinstance(value, dict):
        return {key: line(value.get(key), 200) for key in ("name", "email", "url")}
    text = line(value, 400)
    name, _, rest = text.partition("<")
    mail, _, page = rest.partition(">")
    if not rest:
        name, _, page = text.partition("(")
    return {"name": name.strip(" ("), "email": mail.strip(), "url": page.strip(" ()")}


def _web(folder: Folder, url: str, where: str) -> str:
    """An address that a page may link to; "" with a warning for any other."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in ("http", "https") and parts.hostname:
        return url
    folder.notes.warn("address", where, f"{shown(url)} is no address of a web page and was left out.")
    return ""


def _repository(value: Any) -> str:
    return line(value.get("url") if isinstance(value, dict) else value)


def _tokens(folder: Folder, found: Found) -> int:
    """What its author says, if it is a number; else a count of the texts that reach models."""
    given = found.manifest.get("token_estimate")
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given < MOST_TOKENS:
        return given
    if given is not None:
        folder.notes.warn(
            "token_estimate", found.manifest_path, "`token_estimate` is no number of tokens; counted anew."
        )
    texts = [text for skill in found.skills for text in (skill.name, skill.description, skill.body)]
    texts += [text for command in found.commands for text in (command.name, command.description, command.body)]
    texts += [text for agent in found.agents for text in (agent.name, agent.description, agent.instructions)]
    texts += [text for tool in found.tools for text in (tool.name, tool.description)]
    return sum(map(tokens, texts))


def _located(found: Found) -> Sequence[Skill | Command | AgentTemplate | Hook | McpServer]:
    """The components that stand in a file."""
    return [*found.skills, *found.commands, *found.agents, *found.hooks, *found.servers]
