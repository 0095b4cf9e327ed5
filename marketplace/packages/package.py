"""What a package is once it has been read: one model for every layout, as plain data that can be kept as JSON.

All text here was written by strangers. Paths are relative to the package's own root, with slashes. What components say
is cleaned of characters that no reader sees; `PackageFile.data` never is: what is scanned is what is kept.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, TypeVar

from automatos.errors import InvalidInput

# manifest: the `manifest.json` package. claude_plugin: a Claude Code plugin, with or without plugin.json.
# skill: one Agent Skills folder. skills: several of them without anything else.
Layout = Literal["manifest", "claude_plugin", "skill", "skills"]
HookKind = Literal["command", "http", "mcp_tool", "prompt", "agent", "context", "refuse", "ask", "other"]
Transport = Literal["stdio", "http", "sse", "ws", "bundle", "unknown"]
PartKind = Literal["executable", "lsp_server", "monitor", "output_style", "settings", "theme", "workflow", "evaluation"]
PermissionKind = Literal[
    "tool", "command", "host", "environment", "user_setting", "secret_setting", "dependency", "executable"
]


@dataclass(frozen=True)
class PackageFile:
    """One file. sha256: hexadecimal, of `data`; executable: the mode bit of the archive or of git."""

    path: str
    data: bytes = field(repr=False)
    executable: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    @cached_property
    def sha256(self) -> str:
        """The content's name in the store."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> str | None:
        """The content as it stands if it is UTF-8 without zero bytes, else None."""
        if b"\x00" in self.data:
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    def facts(self) -> dict[str, Any]:
        """What is kept of it as JSON: path, size, sha256, executable."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256, "executable": self.executable}


@dataclass(frozen=True)
class PackageWarning:
    """What is not as it should be and was taken all the same. code: stable; entry: path, "" for the whole."""

    code: str
    entry: str
    sentence: str


@dataclass(frozen=True)
class Refusal:
    """Why nothing was taken. code: stable; entry: the path to blame, "" for the whole; sentence: with the cure."""

    code: str
    entry: str
    sentence: str


class PackageRefused(InvalidInput):
    """A package that is not taken in; `refusal` says why. Doors answer 400 under the field they name."""

    def __init__(self, refusal: Refusal, *, field: str = "file") -> None:
        super().__init__(refusal.sentence, code=refusal.code, fields={field: [refusal.sentence]})
        self.refusal = refusal


@dataclass(frozen=True)
class Skill:
    """A SKILL.md. path: that file; files: what comes with it; allowed_tools: wished for, grants nothing.

    extra: front matter beyond the specification's six fields.
    """

    name: str
    description: str
    body: str
    path: str
    allowed_tools: tuple[str, ...] = ()
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A prompt that is called by name. path: its file, or the manifest that holds it."""

    name: str
    description: str
    body: str
    path: str
    argument_hint: str = ""
    allowed_tools: tuple[str, ...] = ()
    model: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AgentTemplate:
    """An agent that a workspace may install. instructions: its system prompt; skills: names of those it preloads."""

    name: str
    description: str
    instructions: str
    path: str
    model: str = ""
    tools: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hook:
    """What the author wants done on an event. action: the command line, address, tool or prompt, as text; never run.

    timeout: seconds, 0 if not said.
    """

    event: str
    matcher: str
    kind: HookKind
    action: str
    path: str
    timeout: float = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class McpServer:
    """A server of tools the package names. command and args for stdio, url for the others; nothing is started."""

    name: str
    transport: Transport
    path: str
    command: str = ""
    args: tuple[str, ...] = ()
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool that a `manifest.json` names. Its description reaches models."""

    name: str
    description: str


@dataclass(frozen=True)
class Part:
    """A component that this product has no use for and shows as inert: a file in `bin/`, an output style, …"""

    kind: PartKind
    name: str
    path: str


@dataclass(frozen=True)
class Permission:
    """What the package asks for. value: a tool, command line, host, variable, setting; path: where it says so."""

    kind: PermissionKind
    value: str
    path: str


@dataclass(frozen=True)
class Package:
    """One package. slug: lowercase letters, digits and hyphens; version: as written, perhaps empty.

    token_estimate: what its texts cost a model, as its author says or counted. files: all, in order of their paths.
    resources: paths of those that are neither component nor manifest. root: its folder in the source, "" for the top.
    marketplace: name of the catalogue that lists it. manifest: the author's own, as JSON.
    """

    layout: Layout
    slug: str
    name: str
    version: str = ""
    description: str = ""
    long_description: str = ""
    author: str = ""
    author_email: str = ""
    author_url: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    homepage: str = ""
    repository: str = ""
    recommended_models: tuple[str, ...] = ()
    token_estimate: int = 0
    skills: tuple[Skill, ...] = ()
    commands: tuple[Command, ...] = ()
    agents: tuple[AgentTemplate, ...] = ()
    hooks: tuple[Hook, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    tools: tuple[Tool, ...] = ()
    parts: tuple[Part, ...] = ()
    permissions: tuple[Permission, ...] = ()
    resources: tuple[str, ...] = ()
    files: tuple[PackageFile, ...] = ()
    warnings: tuple[PackageWarning, ...] = ()
    root: str = ""
    marketplace: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over path, content and mode of every file: the same bytes are the same package, wherever it lay."""
        return digest_of((file.path, file.sha256, file.executable) for file in self.files)

    @cached_property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind of component."""
        names = ("skills", "commands", "agents", "hooks", "mcp_servers", "tools")
        return {name: len(getattr(self, name)) for name in names}

    def file(self, path: str) -> PackageFile | None:
        """The file at this path."""
        return next((file for file in self.files if file.path == path), None)


def digest_of(files: Iterable[tuple[str, str, bool]]) -> str:
    """The digest of a package from path, SHA-256 and mode of each of its files."""
    listing = "".join(f"{path}\0{sha256}\0{int(executable)}\n" for path, sha256, executable in sorted(files))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


Component = TypeVar("Component")
# Fields that hold components, with the type of each.
LISTS: Mapping[str, type[Any]] = {
    "skills": Skill,
    "commands": Command,
    "agents": AgentTemplate,
    "hooks": Hook,
    "mcp_servers": McpServer,
    "tools": Tool,
    "parts": Part,
    "permissions": Permission,
    "warnings": PackageWarning,
}


def as_json(package: Package) -> dict[str, Any]:
    """Everything about the package but the contents of its files."""
    value = {each.name: getattr(package, each.name) for each in fields(Package) if each.name not in LISTS}
    value |= {name: [asdict(item) for item in getattr(package, name)] for name in LISTS}
    return value | {"files": [file.facts() for file in package.files], "manifest": dict(package.manifest)}


def from_json(value: Mapping[str, Any], files: Iterable[PackageFile] = ()) -> Package:
    """The package that `as_json` wrote, with these files; names it does not know are passed over."""
    known = {each.name: value[each.name] for each in fields(Package) if each.name in value}
    known |= {name: tuple(_item(kind, item) for item in known.get(name, ())) for name, kind in LISTS.items()}
    texts = {name: tuple(known.get(name, ())) for name in ("tags", "recommended_models", "resources")}
    return Package(**{**known, **texts, "files": tuple(files)})


def _item(kind: type[Component], value: Mapping[str, Any]) -> Component:
    names = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    found = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name in names}
    return kind(**found)
