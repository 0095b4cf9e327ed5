"""How PostgreSQL answers what a request asks: each plan, run again as the same role in the same scope."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

# A node that reads more rows of a table than this does not scale with its workspace; counting in an index alone does.
MANY_ROWS = 20_000


@dataclass(frozen=True)
class Asked:
    """One statement. seconds: of the whole round. plan: as EXPLAIN's JSON has it; None for what is no query."""

    sql: str
    seconds: float
    plan: dict[str, Any] | None


class Explained:
    """Keeps each query of a block with its plan (`with Explained() as explained:`)."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._wrapper = connection.execute_wrapper(self._keep)

    def __enter__(self) -> "Explained":
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._wrapper.__exit__(*error)

    def _keep(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = time.perf_counter()
        result = execute(sql, params, many, context)
        took = time.perf_counter() - began
        plan = self._plan(sql, params) if not many and sql.lstrip("( ").startswith(("SELECT", "WITH")) else None
        self.asked.append(Asked(sql, took, plan))
        return result

    def _plan(self, sql: str, params: Any) -> dict[str, Any]:
        # Past Django, so that the question about the plan is not kept itself; the role and the scope are the session's.
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            (found,) = cursor.fetchone()
            return dict(found[0])

    def slowest(self, number: int) -> list[Asked]:
        """Those with a plan that took longest, by PostgreSQL's own clock."""
        return sorted((one for one in self.asked if one.plan), key=lambda one: -_milliseconds(one))[:number]

    def wide(self) -> list[str]:
        """What reads more rows than MANY_ROWS, as a line each."""
        return [line for one in self.asked for line, rows in _nodes(one) if rows > MANY_ROWS]


def lines(one: Asked) -> Iterator[str]:
    """The plan, a line for each node that reads a table or an index, and for each that sorts or counts."""
    yield f"{_milliseconds(one):7.1f} ms  {' '.join(one.sql.split())[:160]}"
    yield from (f"           {line}" for line, _ in _nodes(one))


def _milliseconds(one: Asked) -> float:
    return float(one.plan["Execution Time"] + one.plan["Planning Time"]) if one.plan else 0.0


def _nodes(one: Asked) -> Iterator[tuple[str, int]]:
    waiting = [one.plan["Plan"]] if one.plan else []
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.get("Plans", []))
        if not ({"Relation Name", "Index Name", "Sort Key"} & node.keys() or node["Node Type"] == "Aggregate"):
            continue
        loops = node["Actual Loops"]
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        is_read = "Relation Name" in node and node["Node Type"] != "Index Only Scan"
        rows = int((node["Actual Rows"] + removed) * loops) if is_read else 0
        where = " on ".join(filter(None, (node.get("Index Name", ""), node.get("Relation Name", ""))))
        left = f", {removed * loops:,.0f} left out" if removed else ""
        buffers = node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)
        text = f"{node['Node Type']} {where}: {node['Actual Rows'] * loops:,.0f} rows{left}, {buffers:,} blocks"
        yield " ".join(text.split()), rows


def shown(explained: Explained, number: int) -> Iterator[str]:
    """The plans of the slowest statements, and what reads too much."""
    for one in explained.slowest(number):
        yield from lines(one)
    for line in explained.wide():
        yield f"    WIDE   {line}"
