"""Nobody's backlog, clock or lock holds up others: claims go round the workspaces, by the database's clock."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from automatos.errors import Conflict, InvalidInput
from automatos.llm.errors import ModelRejected
from automatos.testing import Stack
from recipes.engine import queueing, turns
from recipes.engine.claiming import Wanted
from recipes.engine.steps import Outcome
from recipes.models import Execution, ExecutionStep, Recipe, Trigger
from recipes.runs import services as runs
from recipes.services import RecipeInput, update_recipe
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, wait_for
from recipes.tests.test_engine import claim, done, reply
from recipes.validation import StepInput
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of


@pytest.mark.django_db
def test_a_backlog_of_one_workspace_does_not_hold_up_another() -> None:
    many, few, one = Cast(), Cast(), Cast()
    recipe = many.recipe("Cook")
    for _ in range(40):
        many.cook(recipe)
    for _ in range(3):
        few.cook(few.recipe("Cook"))
    one.cook(one.recipe("Cook"))
    taken = Counter(job.workspace_id for job in claim(9))
    assert taken == {many.workspace.pk: 5, few.workspace.pk: 3, one.workspace.pk: 1}
    assert Counter(job.workspace_id for job in claim(9)) == {many.workspace.pk: 9}


@pytest.mark.django_db
def test_a_workspace_has_no_more_than_its_share_of_a_worker() -> None:
    cast, other = Cast(), Cast()
    recipe = cast.recipe("Cook")
    for _ in range(10):
        cast.cook(recipe)
    other.cook(other.recipe("Cook"))
    wanted = Wanted(share=5, busy={cast.workspace.pk: 3})
    taken = Counter(job.workspace_id for job in turns.take_turn(uuid4(), [], 10, wanted).jobs)
    assert taken == {cast.workspace.pk: 2, other.workspace.pk: 1}
    full = Wanted(share=5, busy={cast.workspace.pk: 5})
    assert turns.take_turn(uuid4(), [], 10, full).jobs == []


@pytest.mark.django_db
def test_a_backlog_of_any_size_and_priority_delays_another_workspace_by_one_slot() -> None:
    many, one = Cast(), Cast()
    recipe = many.recipe("Cook")
    backlog = [many.cook(recipe) for _ in range(100)]
    ExecutionStep.objects.filter(execution__in=backlog).update(priority=10)
    (busy,) = claim(1)
    single = one.cook(one.recipe("Cook"))
    # One slot: the next claim after its call is the other workspace's.
    jobs = done(busy, limit=2)
    assert [job.execution_id for job in jobs].count(single.pk) == 1


@pytest.mark.django_db
def test_of_a_workspace_the_highest_priority_goes_first_then_the_oldest() -> None:
    cast = Cast()
    recipe = cast.recipe("Cook", "Serve")
    runs_of = {wish: _cook(cast, recipe, wish) for wish in (0, 5, -5, 10)}
    order = [next(w for w, run in runs_of.items() if run.pk == job.execution_id) for job in (*claim(1), *claim(3))]
    assert order == [10, 5, 0, -5]
    with pytest.raises(InvalidInput, match=r"priority|10"):
        _cook(cast, recipe, 11)
    own = cast.recipe("Cook", execution_config={"priority": 7})
    assert [_cook(cast, own, wish).priority for wish in (None, 0, 3)] == [7, 0, 3]


def _cook(cast: Cast, recipe: Recipe, priority: int | None = None) -> Execution:
    return runs.start(
        workspace=cast.workspace, recipe=recipe, input_data={}, user=cast.owner, trigger=Trigger.API, priority=priority
    )


@pytest.mark.django_db
def test_only_so_many_runs_of_a_recipe_cook_at_once_and_the_next_begins_when_one_ends() -> None:
    cast = Cast()
    config = {"max_concurrent_runs": 2, "total_timeout": 300}
    recipe, other = cast.recipe("Cook", execution_config=config), cast.recipe("Other")
    first, second, third, fourth = (_cook(cast, recipe, priority) for priority in (0, 0, 0, 1))
    free = _cook(cast, other)
    jobs = {job.execution_id: job for job in claim()}
    assert jobs.keys() == {first.pk, second.pk, free.pk}
    third.refresh_from_db()
    assert (third.status, third.is_queued, third.seconds_left) == ("pending", True, 300)
    assert turns.end_overdue().dropped == [], "its time counts once it begins"
    done(jobs[first.pk])
    (begun,) = claim()
    assert begun.execution_id == fourth.pk, "by priority"
    assert 200 < begun.task.timeout <= 300
    runs.cancel(execution=second, user=cast.owner)
    assert [job.execution_id for job in claim()] == [third.pk]
    fifth = _cook(cast, recipe)
    assert claim() == []
    data = RecipeInput(
        name="Brief",
        steps=[StepInput(agent_id=cast.agent.pk, prompt_template="Cook")],
        execution_config={"max_concurrent_runs": 0},
    )
    update_recipe(recipe=type(recipe).objects.get(pk=recipe.pk), user=cast.owner, data=data)
    assert queueing.begin_waiting() == 1
    assert [job.execution_id for job in claim()] == [fifth.pk]


@pytest.mark.slow
def test_another_workspace_is_served_while_one_fills_the_worker(stack: Stack) -> None:
    stack.models.clear()
    many, one = Cast(), Cast()
    held = stack.models.hold("slow")
    with stack.restarted(stack.worker, WORKER_SLOTS="20"):
        backlog = [many.cook(many.recipe("slow")) for _ in range(40)]
        held.wait_for_requests(18)
        quick = one.cook(one.recipe("quick"))
        assert ended(quick, 20).status == "completed"
        assert stack.models.count("slow") == 18
        held.release()
        assert {ended(run, 30).status for run in backlog} == {"completed"}


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [600, -600])
def test_the_databases_clock_decides(monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    cast = Cast()
    real = timezone.now

    def wrong() -> datetime:
        return real() + timedelta(seconds=ahead)

    recipe = cast.recipe("Cook", "Serve", execution_config={"total_timeout": 300})
    monkeypatch.setattr(timezone, "now", wrong)
    execution = cast.cook(recipe)
    (first,) = claim()
    assert first.task.timeout > 100
    (second,) = done(first)
    assert turns.end_overdue().dropped == []
    done(second)
    monkeypatch.undo()
    execution.refresh_from_db()
    assert execution.status == "completed"
    moments = [execution.created_at, execution.completed_at, *execution.events.values_list("at", flat=True)]
    assert all(moment and abs((moment - real()).total_seconds()) < 60 for moment in moments)


@pytest.mark.django_db
def test_nothing_is_told_of_a_run_after_its_end() -> None:
    cast = Cast()
    recipe = cast.recipe("One", "Two", "Three", "Four", execution_config={"mode": "parallel"})
    execution = cast.cook(recipe)
    one, two, three, four = claim()
    outcomes = [
        Outcome(job.step_id, job.fence, reply=reply("x") if error is None else None, error=error)
        for job, error in ((one, None), (two, _error()), (three, None), (four, _error()))
    ]
    turns.take_turn(uuid4(), outcomes, 0)
    kinds = assert_numbered_without_gap(execution)
    assert kinds[-1] == "execution.failed"
    assert kinds.count("execution.failed") == 1
    execution.refresh_from_db()
    assert (execution.input_tokens, execution.status) == (20, "failed"), "what was answered is paid"
    assert set(execution.steps.values_list("status", flat=True)) == {"completed", "failed", "cancelled"}


def _error() -> ModelRejected:
    return ModelRejected("No.")


@pytest.mark.slow
def test_a_run_that_somebody_holds_keeps_no_other_one_waiting(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    held = stack.models.hold("all")
    executions = [cast.cook(cast.recipe("all", "then")) for _ in range(10)]
    held.wait_for_requests(10)
    with psycopg.connect(**{**connection.get_connection_params(), "autocommit": False}) as holder:
        holder.execute("SELECT 1 FROM recipe_executions WHERE id = %s FOR UPDATE", [executions[0].pk])
        held.release()
        assert [ended(run, 25).status for run in executions[1:]] == ["completed"] * 9
    assert ended(executions[0], 20).status == "completed"
    assert "execution.resumed" not in assert_numbered_without_gap(executions[0])


@pytest.mark.slow
def test_cancelling_and_failing_at_once_never_wait_for_each_other_for_ever(stack: Stack) -> None:
    """Runs of parallel steps that all end at the moment at which they are cancelled."""
    stack.models.clear()
    cast = Cast()
    held = stack.models.hold("step")
    config = {"mode": "parallel"}
    recipe = cast.recipe(*[f"step {n}" for n in range(6)], execution_config=config)
    executions = [cast.cook(recipe) for _ in range(12)]
    held.wait_for_requests(72)
    log = stack.worker.log.read_text()
    gate = threading.Barrier(2)

    def cancel() -> None:
        gate.wait()
        for execution in executions:
            with suppress(Conflict):  # it was over already
                runs.cancel(execution=execution, user=cast.owner)
        connection.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    gate.wait()
    held.release()
    thread.join()
    for execution in executions:
        kinds = assert_numbered_without_gap(ended(execution, 20))
        assert kinds[-1].startswith("execution.")
        assert sum(kind in {"execution.completed", "execution.cancelled"} for kind in kinds) == 1
    assert "deadlock" not in stack.worker.log.read_text()[len(log) :]


@pytest.mark.django_db(transaction=True)
def test_who_begins_a_run_waits_for_its_turn_without_the_log() -> None:
    """Who cancels one has the recipe's slots, and asks for the log after that: neither waits for the other."""
    cast = Cast()
    recipe = cast.recipe("Cook", execution_config={"max_concurrent_runs": 1})
    first = _cook(cast, recipe)
    turns.cancel([first.pk], by="")
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    begun: list[int] = []

    def begin(path: str) -> None:
        begun.append(api.post(path, {})[0])
        connection.close()

    paths = f"/api/workflow-recipes/{recipe.template_id}/execute", f"/api/executions/{first.pk}/retry"
    threads = [threading.Thread(target=begin, args=(path,)) for path in paths]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(queueing.LOCK, [str(recipe.pk)])
        for thread in threads:
            thread.start()
        wait_for(lambda: _waiting(cursor) == len(threads))
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        runs.record("run.cancelled", first)
    for thread in threads:
        thread.join()
    assert begun == [202, 202]
    assert Execution.objects.filter(recipe=recipe, is_queued=True).count() == 1


def _waiting(cursor: CursorWrapper) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()"
    )
    found: int = cursor.fetchone()[0]
    return found


@pytest.mark.slow
def test_a_recipe_saved_while_it_is_cooked_is_cooked_as_one_version(stack: Stack) -> None:
    """Each version's prompts carry its number of steps; none may be mixed with another one's."""
    stack.models.clear()
    cast = Cast()
    recipe = cast.recipe("v1 of 1")
    stop = threading.Event()

    def save() -> None:
        for number in range(2, 60):
            if stop.is_set():
                break
            fresh = type(recipe).objects.get(pk=recipe.pk)
            size = 1 + number % 3
            steps = [StepInput(agent_id=cast.agent.pk, prompt_template=f"v{number} of {size}") for _ in range(size)]
            data = RecipeInput(name="Brief", steps=steps)
            update_recipe(recipe=fresh, user=cast.owner, data=data)
        connection.close()

    thread = threading.Thread(target=save)
    thread.start()
    executions: list[Execution] = []
    while thread.is_alive() and len(executions) < 150:
        executions.append(cast.cook(type(recipe).objects.get(pk=recipe.pk)))
    stop.set()
    thread.join()
    versions = dict(recipe.versions.values_list("version", "body"))
    assert len(versions) > 3
    for execution in executions:
        prompts = list(ExecutionStep.objects.filter(execution=execution).values_list("prompt_template", flat=True))
        execution.refresh_from_db()
        assert len(prompts) == execution.total_steps
        assert len(set(prompts)) == 1
        assert prompts[0].endswith(f"of {len(prompts)}")
        kept = versions[execution.recipe_version]["steps"]
        assert [step["prompt_template"] for step in kept] == prompts
    wait_for(lambda: not Execution.objects.filter(pk__in=[e.pk for e in executions], status="pending").exists())
