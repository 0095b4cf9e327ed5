"""The graph of a run: random recipes, any order of ends, each told twice."""

import random
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recipes.engine.graph import BRANCHES, Line, Node, advance, lay_out
from recipes.engine.growing import laid_out
from recipes.engine.new_steps import NewStep, Round, Row
from recipes.models import StepStatus


@st.composite
def recipes(draw: st.DrawFn) -> list[Line]:
    """Steps of any kind, in branches of conditions before them, naming outputs of steps before them."""
    lines: list[Line] = []
    for order in range(1, draw(st.integers(1, 9)) + 1):
        conditions = [line for line in lines if line.kind == "condition"]
        above = draw(st.sampled_from([None, *conditions]))
        kind = draw(st.sampled_from(["agent", "agent", "condition"]))
        named = draw(st.lists(st.sampled_from([line.output_key for line in lines]), max_size=3)) if lines else []
        lines.append(
            Line(
                order,
                f"s{order}",
                f"key{order}",
                "".join(f"{{{key}}}" for key in named),
                kind,
                above.step_id if above else "",
                draw(st.sampled_from(BRANCHES)) if above else "",
                kind != "condition",
            )
        )
    return lines


@dataclass
class World:
    """A run as the tables hold it: what each step waits for, and which ones are settled."""

    nodes: dict[int, Node]
    waiting: dict[int, int]
    settled: list[int] = field(default_factory=list)

    def runnable(self) -> list[int]:
        return [o for o, node in self.nodes.items() if node.status == "pending" and self.waiting[o] == 0]

    def end(self, order: int, outcome: str, status: str = "completed") -> None:
        changes = advance(self.nodes, order, outcome)
        if self.nodes[order].status in ("completed", "skipped"):
            assert (changes.skipped, changes.freed) == ([], {}), "told twice, it changes nothing"
            return
        self.settle(order, status)
        for skipped in changes.skipped:
            self.settle(skipped, "skipped")
        for target, steps in changes.freed.items():
            assert self.nodes[target].status == "pending"
            self.waiting[target] -= steps
            assert self.waiting[target] >= 0, f"{target} was freed too often"

    def end_in(self, row: Row, outcome: str) -> None:
        """The end of a step of a round, decided by its own round."""
        first, last = (row.scope or {})["block"]
        whole, self.nodes = self.nodes, {o: node for o, node in self.nodes.items() if first <= o <= last}
        changes = advance(self.nodes, row.order, outcome)
        self.nodes = whole
        if whole[row.order].status in ("completed", "skipped"):
            assert (changes.skipped, changes.freed) == ([], {}), "told twice, it changes nothing"
            return
        self.settle(row.order, "completed")
        for skipped in changes.skipped:
            self.settle(skipped, "skipped")
        for target, steps in changes.freed.items():
            assert whole[target].status == "pending"
            self.waiting[target] -= steps
            assert self.waiting[target] >= 0, f"{target} was freed too often"

    def settle(self, order: int, status: str) -> None:
        assert order not in self.settled, "each step settles once"
        self.settled.append(order)
        self.nodes[order] = replace(self.nodes[order], status=StepStatus(status))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(recipes(), st.sampled_from(["sequential", "parallel"]), st.randoms(use_true_random=False))
def test_any_run_comes_to_its_end_whatever_the_order(lines: list[Line], mode: str, rng: random.Random) -> None:
    places = lay_out(lines, mode)
    world = World(
        {
            line.order: Node(line.order, "pending", places[line.order].leads_to, places[line.order].gate, line.branch)
            for line in lines
        },
        {order: len(place.depends_on) for order, place in places.items()},
    )
    taken: dict[str, str] = {}
    while ready := world.runnable():
        for order in rng.sample(ready, rng.randint(1, len(ready))):
            line = lines[order - 1]
            for needed in places[order].depends_on:
                assert world.nodes[needed].status in ("completed", "skipped"), "nothing begins before its inputs"
            if line.under:
                assert taken.get(line.under) == line.branch, "only what stands in the branch that is taken begins"
            failed = rng.random() < 0.1
            outcome = rng.choice(BRANCHES) if line.kind == "condition" and not failed else ""
            taken[line.step_id] = outcome
            world.end(order, outcome, "skipped" if failed else "completed")
            world.end(order, rng.choice(["", *BRANCHES]))
    assert sorted(world.settled) == [line.order for line in lines], "every step is settled, skipped branches too"
    for line in lines:
        if line.under and taken.get(line.under) != line.branch:
            assert world.nodes[line.order].status == "skipped"


def test_a_condition_one_after_another() -> None:
    lines = [
        Line(1, "draft", "draft", ""),
        Line(2, "check", "check", "", "condition", is_told=False),
        Line(3, "praise", "praise", "", under="check", branch="then"),
        Line(4, "send", "send", "", under="check", branch="then"),
        Line(5, "mend", "mend", "", under="check", branch="else"),
        Line(6, "close", "close", ""),
    ]
    places = lay_out(lines, "sequential")
    assert {order: place.depends_on for order, place in places.items()} == {
        1: (), 2: (1,), 3: (2,), 4: (2, 3), 5: (2,), 6: (4, 5),
    }  # fmt: skip
    assert places[2].leads_to == (3, 4, 5)
    at_once = lay_out([replace(line, text="{draft}" if line.order > 4 else "") for line in lines], "parallel")
    assert {order: place.depends_on for order, place in at_once.items()} == {
        1: (), 2: (), 3: (2,), 4: (2,), 5: (1, 2), 6: (1,),
    }  # fmt: skip


def body_of(lines: list[Line]) -> list[NewStep]:
    """A loop's body like these lines."""
    return [
        NewStep(
            order=line.order, step_id=line.step_id, name="", output_key=line.output_key, kind=line.kind,
            under=line.under, branch=line.branch, prompt_template=line.text,
            config={"expression": line.text.strip("{}").split("}{")[0] or "1"} if line.kind == "condition" else None,
        )
        for line in lines
    ]  # fmt: skip


PARENT: Any = SimpleNamespace(id=uuid4(), order=3, place="each", scope=None, depends_on=[1])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)
@given(
    recipes(), st.sampled_from(["sequential", "parallel"]), st.integers(1, 7), st.integers(1, 4),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_loop_comes_to_its_end_whatever_the_order(
    lines: list[Line], mode: str, count: int, lanes: int, rng: random.Random
) -> None:
    rounds = [Round(n, body_of(lines), {"item": n}, after=n - lanes if n > lanes else 0) for n in range(1, count + 1)]
    rows = {row.order: row for row in laid_out(mode, PARENT, rounds, 5, mode)}
    assert list(rows) == list(range(6, 6 + len(lines) * count)), "numbered after the last one"
    assert len({row.path for row in rows.values()}) == len(rows)
    orders: dict[UUID, int] = {PARENT.id: 3, **{row.id: row.order for row in rows.values()}}
    world = World(
        {order: Node(order, "pending", row.place.leads_to, orders[row.parent or PARENT.id], row.branch)
         for order, row in rows.items()} | {3: Node(3, "pending")},
        {order: len(row.place.depends_on) for order, row in rows.items()} | {3: len(rows)},
    )  # fmt: skip
    begun: set[int] = set()
    while (ready := world.runnable()) != [3]:
        assert ready, "nothing is stuck, and the loop waits for all of its steps"
        for order in rng.sample(ready, rng.randint(1, len(ready))):
            # At once, a step may outlast what is skipped behind it: there the run's own limit holds.
            check_round(world, rows, rows[order], begun, lanes if mode == "sequential" else count)
            outcome = rng.choice(BRANCHES) if rows[order].step.kind == "condition" else ""
            # As the engine does it: a condition inside looks at its own round alone.
            world.end_in(rows[order], outcome)
            world.end_in(rows[order], rng.choice(["", *BRANCHES]))
    assert sorted(world.settled) == sorted(rows), "each step of each round is settled once"


def check_round(world: World, rows: dict[int, Row], row: Row, begun: set[int], lanes: int) -> None:
    number, scope = row.iteration or 0, row.scope or {}
    begun.add(number)
    assert set(scope["sees"]) <= {other.order for other in rows.values() if other.iteration == number}
    open_rounds = {
        n for n in begun
        if any(other.iteration == n and world.nodes[order].status == "pending" for order, other in rows.items())
    }  # fmt: skip
    assert len(open_rounds) <= lanes, "no more rounds are at work than may be"
