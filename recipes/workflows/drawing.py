"""The graph of subtasks as a page draws it: columns of nodes, and curves between two columns. Pure: no database.

An edge that passes a column goes through an empty row of it, so that no curve crosses a node.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Pixels, as in static/css/workflows.css: a node, the gap between two, and between two columns.
NODE, GAP, BETWEEN = 74, 14, 44


@dataclass(frozen=True, slots=True)
class Curve:
    """A line between two columns, as the path of an SVG. look: waits, given, broken."""

    path: str
    look: str


@dataclass(slots=True)
class Column:
    """rows: ids of subtasks from top to bottom, None for an empty row. curves: to the next column; height in pixels."""

    rows: list[str | None]
    curves: list[Curve] = field(default_factory=list)
    height: int = 0


def columns_of(depends: Mapping[str, Sequence[str]], looks: Mapping[tuple[str, str], str]) -> list[Column]:
    """The columns. depends: what each subtask waits for, in an order to follow; looks: of edges (from, to)."""
    depth: dict[str, int] = {}
    for key, needs in depends.items():
        depth[key] = 1 + max((depth[need] for need in needs if need in depth), default=-1)
    columns = [Column([]) for _ in range(max(depth.values(), default=-1) + 1)]
    for key, level in depth.items():
        columns[level].rows.append(key)
    height = 0
    lines = _lines(depends, depth, columns)
    for column in columns:
        height = max(height, len(column.rows) * (NODE + GAP) - GAP)
    for level, start, end, edge in lines:
        look = looks.get(edge, "waits")
        first = _middle(start, len(columns[level].rows), height)
        last = _middle(end, len(columns[level + 1].rows), height)
        half = BETWEEN // 2
        columns[level].curves.append(Curve(f"M0 {first}C{half} {first} {half} {last} {BETWEEN} {last}", look))
    for column in columns:
        column.height = height
    return columns


def _lines(
    depends: Mapping[str, Sequence[str]], depth: Mapping[str, int], columns: Sequence[Column]
) -> list[tuple[int, int, int, tuple[str, str]]]:
    """Each piece of an edge: the column it begins in, the rows of its ends, and the edge. Adds the empty rows."""
    lines = []
    for key, needs in depends.items():
        for need in needs:
            if need not in depth:
                continue
            row = columns[depth[need]].rows.index(need)
            for level in range(depth[need], depth[key]):
                if level + 1 == depth[key]:
                    target = columns[level + 1].rows.index(key)
                else:
                    columns[level + 1].rows.append(None)
                    target = len(columns[level + 1].rows) - 1
                lines.append((level, row, target, (need, key)))
                row = target
    return lines


def _middle(row: int, rows: int, height: int) -> int:
    """The middle of a row of a column that stands centred in this height."""
    top = (height - (rows * (NODE + GAP) - GAP)) // 2
    return top + row * (NODE + GAP) + NODE // 2
