"""The few kinds of node that the flow analysis knows; Python and JavaScript are both turned into them."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Const:
    value: str | bytes | int | None
    line: int = 0


@dataclass(slots=True)
class Name:
    name: str
    line: int = 0


@dataclass(slots=True)
class Attr:
    base: "Node"
    name: str
    line: int = 0


@dataclass(slots=True)
class Index:
    """base[key]; slice: `reverse` for `[::-1]`."""

    base: "Node"
    key: "Node | None"
    slice: str = ""
    line: int = 0


@dataclass(slots=True)
class Call:
    func: "Node"
    args: list["Node"]
    kwargs: dict[str, "Node"] = field(default_factory=dict)
    line: int = 0
    new: bool = False


@dataclass(slots=True)
class Op:
    """Two joined by an operator: `+`, `^`, `%` …"""

    op: str
    left: "Node"
    right: "Node"
    line: int = 0


@dataclass(slots=True)
class Many:
    """Several in one: a list, a dictionary, a filled-in text. joined: it is one text."""

    items: list["Node"]
    joined: bool = False
    keys: list[str] = field(default_factory=list)
    line: int = 0


@dataclass(slots=True)
class Each:
    """A comprehension: `body` for every `target` in `source`."""

    target: list[str]
    source: "Node"
    body: "Node"
    line: int = 0


@dataclass(slots=True)
class Func:
    name: str
    params: list[str]
    body: list["Node"]
    line: int = 0
    result: "Node | None" = None


@dataclass(slots=True)
class Assign:
    targets: list[str]
    value: "Node"
    line: int = 0
    add: bool = False
    place: "Node | None" = None


@dataclass(slots=True)
class Block:
    """Statements under one head. loop: `for` or `while`, endless: without a condition."""

    body: list["Node"]
    kind: str = ""
    endless: bool = False
    line: int = 0


@dataclass(slots=True)
class Return:
    value: "Node | None"
    line: int = 0


@dataclass(slots=True)
class Import:
    """names: local name -> dotted name."""

    names: dict[str, str]
    line: int = 0


Node = Const | Name | Attr | Index | Call | Op | Many | Each | Func | Assign | Block | Return | Import
