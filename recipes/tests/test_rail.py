"""The kitchen's rail: rounds of loops and branches not taken stand as one line each, but for where one looks."""

from typing import Any
from uuid import uuid4

import pytest

from recipes.kitchen.rail import Fold, Ticket, rail_of
from recipes.models import ExecutionStep

LOOP, GATE = uuid4(), uuid4()


def step(order: int, place: str, status: str = "completed", **more: Any) -> ExecutionStep:
    path = place if "." in place else None
    return ExecutionStep(order=order, step_id=place.rpartition(".")[2], path=path, status=status, **more)


def looped(rounds: int, running: int = 0) -> list[ExecutionStep]:
    """A step, a loop with two steps in each of its rounds, and a step."""
    steps = [step(1, "first"), step(2, "loop", kind="loop")]
    for number in range(1, rounds + 1):
        status = "running" if number == running else "completed"
        steps += [
            step(10 * number, f"loop.{number}.a", status, iteration=number),
            step(10 * number + 1, f"loop.{number}.b", iteration=number),
        ]
    return [*steps, step(3, "last")]


def rail(steps: list[ExecutionStep], chosen: int) -> list[str]:
    """What stands in it: numbers of steps, and folds with what they say."""
    looks = {"completed": "ok", "running": "hot", "failed": "bad", "skipped": "skip", "pending": "wait"}
    tickets = [
        Ticket(
            one.order,
            one.step_id,
            None,
            "",
            "",
            looks[one.status],
            "",
            "",
            None,
            0,
            None,
            ["only if not gate"] if one.branch == "else" else [],
            one.order == chosen,
        )
        for one in steps
    ]
    lines = rail_of(tickets, steps, next(one for one in steps if one.order == chosen))
    return [f"{one.name} {one.word} {one.steps}" if isinstance(one, Fold) else str(one.order) for one in lines]


def test_the_round_that_is_looked_at_is_open_and_the_others_are_a_line_each() -> None:
    found = rail(looped(8, running=5), 31)
    assert found == [
        "1",
        "2",
        "Round 1 done 2 steps",
        "Round 2 done 2 steps",
        "30",
        "31",
        "Round 4 done 2 steps",
        "Round 5 cooking 2 steps",
        "Round 6 done 2 steps",
        "Round 7 done 2 steps",
        "Round 8 done 2 steps",
        "3",
    ]
    assert rail(looped(8), 1)[2:4] == ["Round 1 done 2 steps", "Round 2 done 2 steps"]


def test_a_fold_leads_to_the_step_that_matters() -> None:
    steps = looped(8)
    steps[5].status = "failed"  # the second of round 2
    tickets = [
        Ticket(one.order, "", None, "", "", "bad" if one.status == "failed" else "ok", "", "", None, 0, None, [], False)
        for one in steps
    ]
    fold = rail_of(tickets, steps, steps[0])[3]
    assert isinstance(fold, Fold)
    assert (fold.name, fold.order, fold.word) == ("Round 2", 21, "failed")


def test_while_somebody_follows_no_round_is_opened_and_the_one_at_work_is_marked() -> None:
    steps = looped(8, running=5)
    tickets = [Ticket(one.order, "", None, "", "", "ok", "", "", None, 0, None, [], one.order == 50) for one in steps]
    folds = [one for one in rail_of(tickets, steps, None) if isinstance(one, Fold)]
    assert [(fold.name, fold.selected) for fold in folds] == [(f"Round {n}", n == 5) for n in range(1, 9)]
    assert folds[4].orders == [50, 51]


def test_a_short_loop_stands_open() -> None:
    assert rail(looped(3), 1) == ["1", "2", "10", "11", "20", "21", "30", "31", "3"]


@pytest.mark.parametrize(("chosen", "folded"), [(1, True), (5, False)])
def test_a_branch_that_was_not_taken_is_a_line(chosen: int, folded: bool) -> None:
    lane = {"parent_id": GATE, "branch": "else"}
    steps = [
        step(1, "a"),
        step(2, "gate", kind="condition"),
        step(3, "yes", parent_id=GATE, branch="then"),
        step(4, "no", "skipped", **lane),
        step(5, "no_2", "skipped", **lane),
        step(6, "z"),
    ]
    middle = ["Branch not taken only if not gate 2 steps"] if folded else ["4", "5"]
    assert rail(steps, chosen) == ["1", "2", "3", *middle, "6"]
