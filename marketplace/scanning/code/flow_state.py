"""What the analysis of a file knows at a moment, and how it goes through statements."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.scanning.code import ir
from marketplace.scanning.hits import Fact
from marketplace.scanning.hosts import Known
from marketplace.scanning.prose.reading import PERSIST_PATH

NONE: frozenset[str] = frozenset()
DEEPEST, MOST_STEPS = 6, 60_000
# Labels that a value hands on to whatever is made of it.
Shell = Callable[[str, int], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Value:
    """labels: what is in it; const: what it is, if known; dotted: which name it stands for; items: of a list."""

    labels: frozenset[str] = NONE
    const: str | bytes | int | None = None
    dotted: str = ""
    func: ir.Func | None = None
    items: tuple["Value", ...] = ()

    def text(self) -> str:
        if isinstance(self.const, bytes):
            return self.const.decode("latin-1")
        return self.const if isinstance(self.const, str) else ""


EMPTY = Value()


class OutOfTime(Exception):
    """The code is too large to be followed within the time for one file."""


@dataclass
class FlowState:
    """One file's analysis. `facts` holds what was found; lines: the file's lines, for quotes."""

    known: Known
    lines: list[str]
    shell: Shell
    deadline: float
    facts: list[Fact] = field(default_factory=list)
    literals: list[tuple[int, str]] = field(default_factory=list)
    names: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, ir.Func] = field(default_factory=dict)
    files: dict[str, frozenset[str]] = field(default_factory=dict)
    depth: int = 0
    steps: int = 0
    block: int = 0
    looped: bool = False
    returned: list[Value] = field(default_factory=list)
    under: dict[tuple[str, frozenset[str]], Value] = field(default_factory=dict)
    top: bool = True
    seen: set[tuple[str, int, str, frozenset[str]]] = field(default_factory=set)

    def run(self, nodes: list[ir.Node]) -> None:
        """Follow the whole module, then each function that nothing called."""
        self._collect(nodes)
        self.statements(nodes)
        self.top = False
        for number, function in enumerate(list(self.functions.values()), 1):
            self.block = number
            self.call_function(function, [])

    def _collect(self, nodes: list[ir.Node]) -> None:
        for node in nodes:
            if isinstance(node, ir.Func) and node.name:
                self.functions[node.name] = node
                self._collect(node.body)
            elif isinstance(node, ir.Block):
                self._collect(node.body)

    def statements(self, nodes: list[ir.Node]) -> None:
        for node in nodes:
            self.statement(node)

    def statement(self, node: ir.Node) -> None:
        self.tick()
        if isinstance(node, ir.Block):
            if node.kind == "for" and node.body and isinstance(node.body[0], ir.Assign):
                self._each(node.body[0])
            before, self.looped = self.looped, self.looped or node.endless
            for _ in range(2 if node.kind in ("for", "while") else 1):
                self.statements(node.body)
            self.looped = before
        elif isinstance(node, ir.Return):
            self.returned.append(self.value(node.value) if node.value is not None else EMPTY)
        elif isinstance(node, ir.Import):
            for local, dotted in node.names.items():
                self.names[local] = Value(dotted=dotted)
        elif isinstance(node, ir.Func):
            if node.name:
                self.functions[node.name] = node
                self.names[node.name] = Value(func=node)
        else:
            self.value(node)

    def _each(self, head: ir.Assign) -> None:
        """The name of a loop over constants stands for all of them."""
        texts = [item.text() for item in self.value(head.value).items]
        if len(head.targets) == 1 and texts and all(texts) and len(texts) < 100:
            head.value = ir.Const(" ".join(texts), head.line)

    def value(self, node: ir.Node) -> Value:
        """What an expression gives."""
        raise NotImplementedError

    def call_function(self, function: ir.Func, args: list[Value], kwargs: dict[str, Value] | None = None) -> Value:
        """What a function of the same file gives for these arguments."""
        raise NotImplementedError

    def tick(self) -> None:
        """Count a step; ends the analysis when there are too many, or no time is left."""
        self.steps += 1
        if self.steps % 256 == 0 and (self.steps > MOST_STEPS or time.process_time() > self.deadline):
            raise OutOfTime

    def note(
        self, kind: str, line: int, labels: frozenset[str] = NONE, address: str = "", value: str = "", **extra: object
    ) -> None:
        """Keep a fact, once."""
        key = (kind, line, address[:200], labels)
        if key in self.seen or len(self.facts) > 400:
            return
        self.seen.add(key)
        place = (
            self.known.host(address)
            if "://" in address or (address and kind in ("send", "fetch") and "." in address)
            else None
        )
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else value
        persist = bool(value and PERSIST_PATH.search(value))
        self.facts.append(
            Fact(
                kind,
                line,
                text.strip()[:400],
                labels,
                place,
                value,
                self.block,
                self.top,
                extra={"persist": persist, "looped": self.looped, **extra},
            )
        )
