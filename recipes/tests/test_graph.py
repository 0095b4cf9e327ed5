"""The graph of a run: random recipes, any order of ends, each told twice."""

import random
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recipes.engine.graph import BRANCHES, Line, Node, advance, lay_out
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
