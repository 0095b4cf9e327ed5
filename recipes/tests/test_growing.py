"""Runs that grow: steps join a run under way, and what they grew under goes on when all of them are over."""

from dataclasses import replace

import pytest
from django.db import IntegrityError

from recipes.engine import growing, turns
from recipes.engine.ledger import Ledger
from recipes.engine.new_steps import NewStep, Round
from recipes.engine.sql import statements
from recipes.engine.steps import Job, Outcome, lock_steps
from recipes.tests.kit import Cast, assert_numbered_without_gap, final_output
from recipes.tests.test_engine import ME, claim, done, reply
from workspaces.scope.tenancy import Purpose

pytestmark = pytest.mark.django_db


def grow(job: Job, rounds: list[Round], mode: str = "") -> list[int]:
    """As a turn does it."""
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        run, step = lock_steps(ledger, [job.step_id])[job.step_id]
        orders = growing.grow(ledger, run, step, rounds, mode=mode)
        ledger.write()
    return orders


def body(cast: Cast, *prompts: str, after: tuple[str, ...] = ()) -> list[NewStep]:
    """Steps of a round: a condition where the prompt is one."""
    return [
        NewStep(
            order=place,
            step_id=f"part_{place}",
            name="",
            output_key=f"part_{place}",
            prompt_template=prompt,
            agent_id=cast.agent.pk,
            agent_name="Quill",
            after=after if place > 1 else (),
        )
        for place, prompt in enumerate(prompts, 1)
    ]


def test_rounds_join_a_run_and_their_parent_goes_on_when_they_are_over() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("Plan", "Split {step_1}", "Close {previous_output}"))
    parent = done(claim()[0], "the plan")[0]
    steps = body(cast, "Do it with {step_1}", "Check {part_1} of {step_1}")
    assert grow(parent, [Round(1, steps), Round(2, steps)]) == [4, 5, 6, 7]
    execution.refresh_from_db()
    assert (execution.status, execution.total_steps, execution.unfinished_steps) == ("running", 7, 6)
    held = execution.steps.get(order=2)
    assert (held.status, held.owner, held.waiting_on, held.grown) == ("running", None, 4, 2)
    first, second = claim()
    assert [job.task.messages[-1].content for job in (first, second)] == ["Do it with the plan"] * 2
    paths = list(execution.steps.filter(path__isnull=False).values_list("path", "iteration", "parent"))
    assert paths == [(f"step_2.{n}.part_{part}", n, held.pk) for n in (1, 2) for part in (1, 2)]
    (check,) = done(second, "second")
    assert check.task.messages[-1].content == "Check second of the plan", "it reads its own round"
    # The old hand on the parent is refused, whatever it brings.
    turn = turns.take_turn(ME, [Outcome(parent.step_id, parent.fence, reply=reply("late"))], 0)
    assert turn.notices == []
    assert done(check, "b") == []
    (check,) = done(first, "first")
    (again,) = done(check, "a")
    assert (again.order, again.fence) == (2, parent.fence + 2), "claimed again in the turn that settled the last one"
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        _, step = lock_steps(ledger, [again.step_id])[again.step_id]
        assert [(one.iteration, one.output) for one in growing.children(ledger, step)] == [
            (1, "first"), (1, "a"), (2, "second"), (2, "b"),
        ]  # fmt: skip
    grow(again, [Round(3, body(cast, "One more"))], mode="parallel")
    (again,) = done(claim()[0], "more")
    (last,) = done(again, "all of it")
    assert last.task.messages[-1].content == "Close all of it", "what is inside is nobody's previous output"
    done(last, "closed")
    execution.refresh_from_db()
    assert (execution.status, final_output(execution)) == ("completed", "closed")
    assert sorted((execution.output_data or {})["outputs"]) == ["step_1", "step_2", "step_3"]
    told = assert_numbered_without_gap(execution)
    assert (told.count("steps.added"), told.count("step.started")) == (2, 8)
    assert (execution.unfinished_steps, execution.total_steps, execution.current_step) == (0, 8, 3)


def test_a_condition_inside_looks_at_its_own_round_and_an_edge_may_be_given() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("Split"))
    parent = claim()[0]
    steps = body(cast, "Rate", "Check", "Mend", "Send", after=("part_1",))
    steps[1] = NewStep(
        order=2, step_id="check", name="", output_key="check", kind="condition", config={"expression": "part_1 > 5"}
    )
    steps[2] = replace(steps[2], under="check", branch="else", after=())
    grow(parent, [Round(n, steps) for n in (1, 2)], mode="parallel")
    held = claim()
    assert [job.order for job in held] == [2, 6]
    more = done(held[0], "7")
    assert [(job.order, job.task.messages[-1].content) for job in more] == [
        (5, "Send\n\n## Results of the earlier steps\n\n### part_1\n\n7")
    ]
    turns.take_turn(ME, [], 9)
    assert execution.steps.get(order=4).status == "skipped"
    assert execution.steps.get(order=8).status == "pending"
    events = {(event.step, event.type): event.data for event in execution.events.all()}
    assert events[4, "step.skipped"]["path"] == "step_1.1.part_3"


def test_a_round_comes_once() -> None:
    cast = Cast()
    execution = cast.cook(cast.recipe("Split"))
    parent = claim()[0]
    grow(parent, [Round(1, body(cast, "One"))])
    with pytest.raises(IntegrityError):
        grow(parent, [Round(1, body(cast, "One"))])
    assert execution.steps.count() == 2
