"""What a tool is, what it is given, and what it gives back."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from uuid import UUID

import orjson

# none: touches nothing. reads: looks at what is there, here or elsewhere. writes: changes something of this workspace.
# outside: sends something out that may change things elsewhere.
Effects = Literal["none", "reads", "writes", "outside"]
# What carries a call out, as the journal has it.
Kind = Literal["tool", "command", "composio", "mcp", "http", "embedding"]
Schema = dict[str, Any]
Arguments = Mapping[str, Any]

LONGEST_CONTENT = 20_000
# Runs a synchronous function in a thread that may ask the database.
Decide = Callable[..., Awaitable[Any]]
# Said of a call that went out and had no answer.
UNCERTAIN = "It was sent, but no answer came: it may have taken effect. Find out before you do it again."


class ToolProblem(Exception):
    """An expected refusal or failure; its text is for the model and says what to do instead.

    retryable: the same call may succeed later.
    """

    def __init__(self, text: str, *, retryable: bool = False) -> None:
        super().__init__(text)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model gets to see. origin: where untrusted text came from, such as `web page https://…`; empty if ours.

    artefacts: names of files of the run that the call made. retryable: an error that may pass.
    repeated: answered from the record of this step; nothing was done again. fenced: the content says by itself where it
    is from and how far it counts, so it is given to the model as it is; it stays untrusted for approvals.
    uncertain: an error after which nobody knows whether the call took effect.
    """

    content: str
    is_error: bool = False
    origin: str = ""
    artefacts: tuple[str, ...] = ()
    retryable: bool = False
    repeated: bool = False
    fenced: bool = False
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a run. size: bytes."""

    name: str
    size: int
    modified: datetime


class RunFiles(Protocol):
    """The files of one run. A name that cannot be used, a missing file and a full quota are ToolProblems."""

    async def list(self) -> Sequence[FileEntry]:
        """All files, by name."""
        ...

    async def read(self, name: str) -> bytes:
        """The content of one file."""
        ...

    async def write(self, name: str, data: bytes) -> FileEntry:
        """Make or replace a file."""
        ...


@dataclass(frozen=True, slots=True)
class Recollection:
    """Something remembered earlier. source: who noted it. origins: untrusted texts that stood before it was noted."""

    text: str
    tags: Sequence[str] = ()
    source: str = ""
    noted_at: datetime | None = None
    origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Noting:
    """The call that notes something. key: the same when it is made again; None makes each call a new one.

    origins: where untrusted text came from that the agent read before.
    """

    key: UUID | None = None
    origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of a document. place: its heading, or which part it is."""

    title: str
    place: str
    text: str


class Knowledge(Protocol):
    """The documents that agents may look things up in."""

    async def search(self, agent_id: UUID, query: str, limit: int) -> Sequence[Found]:
        """The passages of the agent's documents that fit best, best first."""
        ...


class Memory(Protocol):
    """What the agents of a workspace keep beyond a run."""

    async def remember(self, text: str, tags: Sequence[str], call: Noting) -> None:
        """Keep the text; the same call keeps it once. ToolProblem when there is no room."""
        ...

    async def recall(self, query: str, limit: int) -> Sequence[Recollection]:
        """What fits the query best, best first."""
        ...


class Skills(Protocol):
    """The texts of the workspace's skills. A file that is not there is a ToolProblem."""

    async def load(self, skill_id: UUID, name: str) -> ToolResult:
        """The instructions of one. name: as the model calls it."""
        ...

    async def read(self, skill_id: UUID, name: str, path: str, offset: int) -> ToolResult:
        """A part of a file that comes with it, from the offset (characters) on."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What one agent asks another. depth: how many agents stand above it. budget: US dollars left, or None."""

    agent: str
    task: str
    depth: int
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server wants to know of a person while it works on a call.

    schema: of a flat object, which the person fills in. url: a page to visit instead; empty where there is none.
    """

    server: str
    tool: str
    message: str
    schema: Schema = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. action: accept, decline, or cancel where nobody answered in time. values: by field."""

    action: Literal["accept", "decline", "cancel"]
    values: Mapping[str, Any] = field(default_factory=dict)


class Onlookers(Protocol):
    """The people who watch a run while a call of a tool is under way."""

    async def ask(self, question: Asked) -> Answered:
        """What a person says to it; waits, for a bounded time."""
        ...

    async def tell(self, text: str) -> None:
        """Show how far the call is; may leave some out."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Logged:
    """How the log names a call. source: as the log has it. app: which app, server or API it is of."""

    source: str
    tool: str
    arguments: Arguments
    app: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made, for the log. milliseconds: it took, None where nobody knows; status: as the log has it.

    once: whether it is kept only where nothing of this call is in the log yet.
    """

    logged: Logged
    result: ToolResult
    milliseconds: int | None
    status: str
    key: UUID | None
    once: bool = False


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a call may use; what is None is not offered here, and tools that need it say so.

    call: which one it is, for what is to be done once. doors: what each source of tools lends its own, by its name.
    credential: the fields of the workspace's credential with this id; raises an AppError where there is none.
    ask_agent: puts the question to another agent and gives its answer. depth, max_depth: of agents asking agents.
    note: keeps a call in the log.
    budget: US dollars left to this run, or None for no limit. time_zone: an IANA name, where a call names none.
    """

    workspace_id: UUID
    execution_id: UUID
    files: RunFiles | None = None
    memory: Memory | None = None
    knowledge: Knowledge | None = None
    call: Noting = Noting()
    skills: Skills | None = None
    doors: Mapping[str, object] = field(default_factory=dict)
    credential: Callable[[str], Awaitable[Mapping[str, str]]] | None = None
    ask_agent: Callable[[Question], Awaitable[str]] | None = None
    note: Callable[[Made], Awaitable[None]] | None = None
    depth: int = 0
    max_depth: int = 3
    budget: Decimal | None = None
    time_zone: str = "UTC"
    now: Callable[[], datetime] = field(default=_now)


Run = Callable[[Arguments, ToolContext], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. title: for people. description: for the model. schema: JSON Schema 2020-12 of the arguments.

    effects: the most a call can do; effects_of tells it for given arguments. seconds: the time limit of one call.
    changing: the same call may give something else a moment later, so it is never answered from the record. longest:
    characters of a result. quotes: whether a result was written by others and holds nothing that the agent wrote.
    sends_by: what a reading call says to the place it reads from. adds_by: whether a call made twice does more than
    one made once, although it stays here. asks_by: whether the workspace wants a person's word before this call.
    source: which source gave it (sources.py sets it); empty for what is the agent's own, its skills and documents.
    kind: what carries it out. connection_by: the connection that a call with these arguments uses, if any. logged_by:
    how the log names a call, where what carries it out writes it there itself, since it knows more of it.
    blocked: why it may not be used any more; it stays on offer to a run under way, and each call says so.
    """

    name: str
    title: str
    description: str
    schema: Schema
    effects: Effects
    run: Run
    seconds: float = 30.0
    changing: bool = False
    longest: int = LONGEST_CONTENT
    quotes: Callable[[ToolResult], bool] | None = None
    effects_by: Callable[[Arguments], Effects] | None = None
    sends_by: Callable[[Arguments], str] | None = None
    adds_by: Callable[[Arguments], bool] | None = None
    asks_by: Callable[[Arguments], bool] | None = None
    source: str = ""
    kind: Kind = "tool"
    logged_by: Callable[[Arguments], Logged] | None = None
    connection_by: Callable[[Arguments], UUID | None] | None = None
    blocked: str = ""

    @property
    def version_hash(self) -> str:
        """What the model was told of it: another name, description or schema is another version."""
        told = orjson.dumps([self.name, self.description, self.schema], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(told).hexdigest()

    def effects_of(self, arguments: Arguments) -> Effects:
        """What a call with these arguments can do."""
        return self.effects_by(arguments) if self.effects_by else self.effects

    def sends(self, arguments: Arguments) -> str:
        """What a call with these arguments tells the place it reads from; empty where it reads here."""
        return self.sends_by(arguments) if self.sends_by else ""

    def asks_person(self, arguments: Arguments) -> bool:
        """Whether the workspace wants a person to allow this very call, whatever was read before."""
        return bool(self.asks_by and self.asks_by(arguments))

    def connection_of(self, arguments: Arguments) -> UUID | None:
        """The connection that a call with these arguments uses; None where it uses none."""
        return self.connection_by(arguments) if self.connection_by else None

    def logged_as(self, arguments: Arguments) -> Logged:
        """How the log names a call with these arguments."""
        if self.logged_by is not None:
            return self.logged_by(arguments)
        return Logged("command" if self.kind == "command" else "builtin", self.name, arguments)

    def is_repeatable(self, arguments: Arguments) -> bool:
        """Whether a call that may have been carried out may be made again without harm."""
        return self.effects_of(arguments) != "outside" and not (self.adds_by and self.adds_by(arguments))


def always(_: ToolResult) -> bool:
    """For a tool that only ever quotes."""
    return True


def object_schema(properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """The schema of arguments that takes these names and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def page_of(text: str, offset: int, *, longest: int = LONGEST_CONTENT - 1000) -> str:
    """A part of a long text from the offset (characters) on, with a note how to get the rest."""
    part = text[offset : offset + longest]
    if offset and not part:
        raise ToolProblem(f"The text has {len(text):,} characters; offset {offset:,} is behind its end.")
    end = offset + len(part)
    if end < len(text):
        part += f"\n\n[Characters {offset:,} to {end:,} of {len(text):,}. Go on with offset {end}.]"
    return part
