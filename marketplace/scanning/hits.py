"""What rules are and what they yield, before points are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marketplace.scanning.hosts import Host, Known
from marketplace.scanning.inventory import Source
from marketplace.scanning.report import ChainStep
from marketplace.scanning.scale import Strength

LADDER: tuple[Strength, ...] = ("capability", "weak", "medium", "strong", "decisive")


@dataclass(frozen=True)
class Rule:
    """One rule. id: class letter and number.

    trusted: its decisive finding blocks a package without a person, which a rule earns by raising no alarm on real
    packages. hostile, benign: texts that it must and must not find loud; the first line of each is the file's path.
    """

    id: str
    title: str
    why: str
    cure: str
    hostile: tuple[str, ...]
    benign: tuple[str, ...]
    trusted: bool = False

    @property
    def threat(self) -> str:
        return self.id[0]


@dataclass(frozen=True)
class Hit:
    """One place where a rule holds.

    role, voice, host, joined: factors, see `scale`; kept: takes no discount for role or voice (hidden, decoded or run
    without asking). reach: replaces the file's own. text: what matched; decoded: how it reads if not as written.
    """

    rule: str
    strength: Strength
    line: int
    text: str
    role: float = 1.0
    voice: float = 1.0
    host: float = 1.0
    joined: float = 1.0
    reach: float | None = None
    kept: bool = False
    decoded: str = ""
    chain: tuple[ChainStep, ...] = ()
    declared: bool = False
    concealed: bool = False
    file: str = ""

    def at(self, file: str) -> "Hit":
        return self if self.file else replace(self, file=file)


def step(start: int, *more: object) -> Strength:
    """The strength that many steps up the ladder: one for each that is true."""
    return LADDER[max(0, min(len(LADDER) - 1, start + sum(1 for item in more if item)))]


@dataclass
class Fact:
    """What code or a command does at a line, as far as it can be told without running it.

    kind: send, fetch, run, read, write, delete, shell (a socket joined to one), …; labels: what flows into it
    (secret, environment, file, private, network, decoded, input, …); place: the host reached; value: a path, command or
    variable; text: for the quote; block: facts of one function, command line or fence share it.
    """

    kind: str
    line: int
    text: str
    labels: frozenset[str] = frozenset()
    place: Host | None = None
    value: str = ""
    block: int = 0
    at_import: bool = False
    decoded: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Reading:
    """A source as it was read. lines: raw; plain: as a model reads them; facts: of its code; reach: how it is come by;
    role: of its code as a whole; layer: how it came out of another text, empty for the text itself."""

    source: Source
    lines: list[str]
    plain: list[str]
    known: Known
    reach: float = 0.7
    entry: str = ""
    facts: list[Fact] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    sentences: list[Any] = field(default_factory=list)
    layer: str = ""
    offset: int = 0
    failed: str = ""

    @property
    def path(self) -> str:
        return self.source.path
