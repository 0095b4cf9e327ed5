"""What a skill is once it has been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from automatos.skill_format.beside import Beside

# Characters per token of English text, a rule of thumb good to about a fifth.
CHARACTERS_PER_TOKEN = 4
SKILL_FILE = "SKILL.md"
# Characters of a body that are given at once; the rest is read like a file.
LONGEST_BODY = 60_000

Kind = Literal["text", "binary"]


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that comes with a skill. path: from the skill's folder; size: bytes; digest: SHA-256 of its bytes."""

    path: str
    size: int
    kind: Kind
    digest: str


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """What a skill costs in a prompt. metadata: always, once assigned; body: when it is activated."""

    metadata: int
    body: int


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill. path: its folder in the source, "" for the top; digest: SHA-256 over SKILL.md and every resource.

    extra: front matter beyond the six fields of the specification, values as text, lists and mappings.
    allowed_tools: what the author would like pre-approved. It is shown to people and grants nothing.
    """

    name: str
    description: str
    body: str
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowed_tools: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    warnings: tuple[str, ...] = ()
    path: str = ""
    digest: str = ""

    @property
    def summary(self) -> str:
        """What it does and when to use it, in one line: all a model knows of it before it is activated."""
        when = self.extra.get("when_to_use", "")
        return " ".join(f"{self.description} {when if isinstance(when, str) else ''}".split())

    @property
    def for_models(self) -> bool:
        """Whether its author lets a model start it by itself."""
        return not is_true(self.extra.get("disable-model-invocation"))

    @property
    def has_more(self) -> bool:
        """Whether there is something to read beyond what its activation gives."""
        return bool(self.resources) or len(self.body) > LONGEST_BODY

    @property
    def token_estimate(self) -> TokenEstimate:
        """Characters divided by four."""
        return TokenEstimate(metadata=tokens(f"{self.name}: {self.summary}"), body=tokens(self.body))


@dataclass(frozen=True, slots=True)
class Brief:
    """A skill as an agent has it. name: unique among the workspace's; origin: where it is from, in words.

    for_models: true also where its author would rather have people start it: a person gave it to this agent.
    """

    id: UUID
    name: str
    summary: str
    has_more: bool
    origin: str
    for_models: bool = True


@dataclass(frozen=True, slots=True)
class Skipped:
    """A SKILL.md that is not a usable skill. path: the file; reason: a sentence with the cure."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a source. warnings: about the source as a whole; each skill carries its own.

    beside: what stands there that is no skill.
    """

    skills: tuple[Skill, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()


def origin_of(name: str, source: str) -> str:
    """Where a skill's text is from, in words, for the label of what comes from outside."""
    return f"skill {name} from {source}"


def is_true(value: object) -> bool:
    """Whether a front matter's value, which is text here, means true in YAML 1.2."""
    return value in ("true", "True", "TRUE")


def tokens(text: str) -> int:
    """Estimated tokens of a text, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
