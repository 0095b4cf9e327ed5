"""A goal's run under harm and load: its worker killed in each of the nine stages, and twenty subtasks at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.tests.kit import assert_numbered_without_gap, ended, wait_for
from recipes.workflows.names import EXECUTION, STAGES
from recipes.workflows.tests.kit import DONE, GOALS, Goal, Kitchen, last_statuses, planned, stage_statuses

pytestmark = pytest.mark.slow
# Seconds that the end of a held stage waits, so that its worker can be killed before it.
HELD = 2
HOLD = f"""
CREATE TABLE held_stages (step_id text);
CREATE FUNCTION hold_stage() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF EXISTS (SELECT FROM held_stages h WHERE h.step_id = NEW.step_id) THEN PERFORM pg_sleep({HELD}); END IF;
    RETURN NEW; END $$;
CREATE TRIGGER hold_stage BEFORE UPDATE ON execution_steps FOR EACH ROW
    WHEN (NEW.kind = 'stage' AND NEW.status = 'completed') EXECUTE FUNCTION hold_stage();
"""
LET_GO = "DROP TRIGGER hold_stage ON execution_steps; DROP FUNCTION hold_stage(); DROP TABLE held_stages"


@contextmanager
def stages_held() -> Iterator[None]:
    """Stages that stand in `held_stages` come to no end at once."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(LET_GO)


def hold(*stages: str) -> None:
    """Exactly these are held."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM held_stages")
        cursor.execute("INSERT INTO held_stages SELECT unnest(%s::text[])", [list(stages)])


@pytest.mark.chaos
def test_a_worker_killed_in_each_of_the_nine_stages_costs_no_finished_call_twice(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    goal = Goal("killed", [GOALS[1].plans[0]], DONE)
    kitchen.listen([goal])
    # How often each call had been sent when it was done.
    finished: dict[UUID, int] = {}
    killed = []
    with stages_held():
        hold(STAGES[0].key)
        execution = kitchen.begin(goal)
        calls = Call.objects.filter(step__execution=execution)
        for number, stage in enumerate(STAGES):
            hold(*(one.key for one in STAGES[number : number + 2]))
            wait_for(execution.steps.filter(step_id=stage.key, status="running").exists)
            if stage.key == EXECUTION:
                wait_for(execution.steps.filter(kind="agent").exclude(started_at=None).exists)
            finished = {**dict(calls.filter(status="done").values_list("id", "sends")), **finished}
            stack.worker.kill()
            killed.append(execution.steps.get(step_id=stage.key).status)
            hold(*(one.key for one in STAGES[number + 1 : number + 2]))
            stack.worker.start()
        over = ended(execution)
    assert killed == ["running"] * 9
    assert (over.status, last_statuses(over), stage_statuses(over)) == ("completed", DONE, ["completed"] * 9)
    assert len(finished) >= 5, "the plan, the three subtasks, the report"
    assert dict(calls.filter(pk__in=finished).values_list("id", "sends")) == finished
    assert_numbered_without_gap(over)
    print(f"killed in 9 of 9 stages; {len(finished)} finished calls, 0 sent again")


def test_twenty_subtasks_of_two_seconds_take_hardly_longer_than_one(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    rows = [(f"w{n}", f"Compare offer number {n}", ("comparison",), ()) for n in range(20)]
    goal = Goal(
        "twenty",
        [planned(*rows)],
        {row[0]: "completed" for row in rows},
        [("## Your part", {"reply": "Done as asked.", "delay": 2.0})],
    )
    run = kitchen.cook(goal)
    assert (run.status, last_statuses(run)) == ("completed", dict(goal.statuses)), run.error
    took = seconds_of(run)
    print("seconds by stage: " + ", ".join(f"{key} {value:.3f}" for key, value in took.items()))
    assert took[EXECUTION] <= 1.3 * 2


def seconds_of(run: Execution) -> dict[str, float]:
    """How long each stage took; of the fourth, from its subtasks' first start to its end."""
    found = {}
    for step in run.steps.filter(kind="stage").order_by("order"):
        assert step.started_at is not None
        assert step.completed_at is not None
        begun = step.started_at
        if step.step_id == EXECUTION:
            starts = run.steps.filter(kind="agent").values_list("started_at", flat=True)
            begun = min(moment for moment in starts if moment)
        found[step.step_id] = (step.completed_at - begun) / timedelta(seconds=1)
    return found
