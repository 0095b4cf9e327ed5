"""Budgets: money held back before each call and settled after it; a run without room stops; nothing stays held."""

import os
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from automatos.llm.errors import ModelRejected, ModelUnavailable
from automatos.llm.types import ModelReply, Usage
from automatos.testing import Stack
from recipes.engine import paying, turns
from recipes.engine.cut import Cut, keep_cut
from recipes.engine.journal import call_id
from recipes.engine.steps import Job, Outcome
from recipes.models import LIVE_STATUSES, Call, Execution, ExecutionStep
from recipes.runs import services as runs
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, wait_for
from recipes.tests.test_engine import ME, claim
from recipes.tests.test_loops import cast_recipe
from workspaces.budgets.services import change_budget, create_budget, delete_budget
from workspaces.models import Budget, Reservation, Spend

SETTINGS = {"mode": "parallel"}
NOTHING = Decimal(0)
PRICED = "openai:gpt-4o"


def budget(cast: Cast, limit: str, scope: str = "workspace", period: str = "day", key: Any = None) -> Budget:
    return create_budget(
        workspace=cast.workspace, user=cast.owner, scope=scope, period=period, limit=Decimal(limit), scope_id=key
    )


def spend(of: Budget) -> Spend:
    return Spend.objects.get(budget=of)


def priced(job: Job, cost: str = "0.01") -> ModelReply:
    return ModelReply("Soup.", job.task.model, "stop", Usage(10, 10), Decimal(cost))


def settle(job: Job, limit: int = 0, **what: Any) -> list[Job]:
    return turns.take_turn(uuid4(), [Outcome(job.step_id, job.fence, attempt=job.attempt, **what)], limit).jobs


def done(job: Job, cost: str = "0.01") -> list[Job]:
    return settle(job, 10, reply=priced(job, cost))


@pytest.mark.django_db
def test_money_is_held_back_with_the_intent_and_settled_with_the_result() -> None:
    cast = Cast(model=PRICED)
    own = budget(cast, "5")
    cast.cook(cast.recipe("One", "Two"))
    (job,) = claim()
    held = Reservation.objects.get()
    assert (held.id, held.step_id) == (call_id(job.step_id, 1), job.step_id)
    assert held.amount > Decimal("0.01"), "the prompt, and all that the answer may have"
    assert (spend(own).reserved, spend(own).spent) == (held.amount, NOTHING)
    (second,) = done(job)
    assert spend(own).spent == Decimal("0.01")
    assert spend(own).reserved == Reservation.objects.get().amount
    settle(second, error=ModelUnavailable("Not now."))
    assert (spend(own).reserved, spend(own).spent, Reservation.objects.count()) == (NOTHING, Decimal("0.01"), 0)


@pytest.mark.django_db
@pytest.mark.parametrize(("scope", "period"), [("workspace", "month"), ("recipe", "run"), ("agent", "day")])
def test_a_run_without_room_stops_with_what_was_spent_and_others_go_on(scope: str, period: str) -> None:
    cast, other = Cast(model=PRICED), Cast(model=PRICED)
    recipe = cast.recipe("One", "Two", step={"error_handling": "skip"})
    keys = {"workspace": None, "recipe": recipe.pk, "agent": cast.agent.pk}
    own = budget(cast, "0.1", scope, period, keys[scope])
    run, elsewhere = cast.cook(recipe), other.cook(other.recipe("One"))
    first, theirs = sorted(claim(), key=lambda job: job.workspace_id != cast.workspace.pk)
    assert done(first, "0.099") == []
    run.refresh_from_db()
    assert (run.status, run.cost) == ("stopped", Decimal("0.099"))
    error = error_of(run)
    assert (error["code"], error["step"]) == ("budget_reached", 2)
    for word in ("$0.100", "$0.099", "Raise the budget", {"workspace": "the workspace"}.get(scope, f"this {scope}")):
        assert word in error["message"]
    assert assert_numbered_without_gap(run)[-2:] == ["step.failed", "execution.stopped"]
    assert (spend(own).reserved, spend(own).spent) == (NOTHING, Decimal("0.099"))
    done(theirs)
    elsewhere.refresh_from_db()
    assert elsewhere.status == "completed"
    change_budget(budget=own, limit=Decimal(5))
    cast.cook(recipe)
    assert len(claim()) == 1, "with room again it cooks"


@pytest.mark.django_db
def test_nothing_is_locked_or_counted_where_nothing_is_limited() -> None:
    cast = Cast(model=PRICED)
    own = budget(cast, "5", "recipe", "day", cast.recipe("Other").pk)
    cast.cook(cast.recipe("One"))
    (job,) = claim()
    done(job)
    assert not Reservation.objects.exists()
    assert not Spend.objects.filter(budget=own).exists()


@pytest.mark.django_db
def test_a_lost_worker_leaves_one_reservation_and_the_next_one_settles_it() -> None:
    cast = Cast(model=PRICED)
    own = budget(cast, "5")
    run = cast.cook(cast.recipe("One"))
    (job,) = claim()
    before = spend(own).reserved
    turns.give_back(ME, {job.step_id: job.fence})
    (again,) = claim()
    assert (spend(own).reserved, Reservation.objects.count()) == (before, 1)
    settle(job, reply=priced(job, "0.02"))
    assert (spend(own).spent, spend(own).reserved) == (Decimal("0.02"), before), "a refused answer is paid"
    settle(again, reply=priced(again, "0.03"))
    run.refresh_from_db()
    assert (spend(own).spent, spend(own).reserved, run.cost) == (Decimal("0.05"), NOTHING, Decimal("0.05"))


@pytest.mark.django_db
def test_what_is_cut_off_is_settled_and_what_nobody_settles_is_given_back() -> None:
    cast = Cast(model=PRICED)
    own = budget(cast, "5")
    recipe = cast.recipe("One", "Two", execution_config=SETTINGS)
    run = cast.cook(recipe)
    one, two = claim()
    runs.cancel(execution=run, user=cast.owner)
    keep_cut(Cut(one.step_id, one.fence, call_id(one.step_id, 1), priced(one, "0.04"), is_answer=True))
    assert spend(own).spent == Decimal("0.04")
    assert spend(own).reserved == Reservation.objects.get(step_id=two.step_id).amount
    paying.give_back_expired()
    assert Reservation.objects.count() == 1, "its worker may still tell"
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    paying.give_back_expired()
    assert (spend(own).reserved, Reservation.objects.count()) == (NOTHING, 0)


@pytest.mark.django_db
def test_what_was_spent_before_counts_and_a_deleted_budget_limits_nothing() -> None:
    cast = Cast(model=PRICED)
    recipe = cast.recipe("One")
    cast.cook(recipe)
    (job,) = claim()
    done(job, "0.5")
    own = budget(cast, "0.4", "recipe", "month", recipe.pk)
    assert spend(own).spent == Decimal("0.5")
    cast.cook(recipe)
    assert claim() == []
    delete_budget(budget=own)
    cast.cook(recipe)
    assert len(claim()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_run_waits_for_no_call_that_is_settled_at_that_moment() -> None:
    """As of a run inside of it: that one has the call's row and waits for the accounts that the end has."""
    cast = Cast(model=PRICED)
    budget(cast, "5")
    run = cast.cook(cast.recipe("One", "Two", execution_config=SETTINGS))
    one, two = claim()

    def end() -> None:
        settle(one, error=ModelRejected("No."))
        connection.close()

    thread = threading.Thread(target=end)
    with transaction.atomic():
        Reservation.objects.select_for_update().get(step_id=two.step_id)
        thread.start()
        thread.join(30)
    run.refresh_from_db()
    assert run.status == "failed"


@pytest.mark.slow
def test_parallel_steps_never_take_more_than_the_budget_and_nothing_stays_held_back(stack: Stack) -> None:
    """Real worker, real model server: 24 steps at once, money for about a third of them."""
    stack.models.clear()
    stack.models.on("", reply="Soup for all of us.", usage=Usage(100, 1500))
    cast = Cast(model=PRICED)
    cast.agent.agent_model_config.max_tokens = 2000
    cast.agent.agent_model_config.save()
    own = budget(cast, "0.1")
    run = ended(cast.cook(cast.recipe(*["Cook"] * 24, execution_config=SETTINGS)))
    assert (run.status, error_of(run)["code"]) == ("stopped", "budget_reached")
    wait_for(lambda: not Reservation.objects.filter(workspace=cast.workspace).exists(), 60)
    spent = Call.objects.filter(workspace=cast.workspace).aggregate(all=Sum("cost"))["all"]
    run.refresh_from_db()
    assert (spend(own).reserved, spend(own).spent, run.cost) == (NOTHING, spent, spent)
    assert Decimal("0.06") < spent <= Decimal("0.1"), "what calls under way held back was used once it was there"


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("LOAD") != "full", reason="LOAD=full, as `make chaos` has it, runs it")
def test_two_hundred_steps_at_once_in_recipes_inside_keep_to_the_budget(stack: Stack) -> None:
    """Four recipes of fifty steps at once inside of one, with money for a tenth of them."""
    stack.models.clear()
    stack.models.on("", reply="Soup for all of us.", usage=Usage(100, 1500))
    cast = Cast(model=PRICED)
    cast.agent.agent_model_config.max_tokens = 2000
    cast.agent.agent_model_config.save()
    own, most = budget(cast, "0.3"), Decimal("0.3")
    inside = cast.recipe(*["Cook"] * 50, execution_config={"mode": "parallel", "parallel_limit": 100})
    config = {"recipe": inside.template_id, "inputs": {}}
    steps = [{"kind": "recipe", "step_id": f"all_{number}", "config": config} for number in range(4)]
    run = ended(cast.cook(cast_recipe(cast, steps, execution_config={"mode": "parallel"})), 180)
    assert run.status in ("stopped", "failed")
    # Those beside the one that found no money are ended by the sweep, ten seconds apart.
    live = Execution.objects.filter(workspace=cast.workspace, status__in=LIVE_STATUSES)
    wait_for(lambda: not live.exists(), 120)
    wait_for(lambda: not Reservation.objects.filter(workspace=cast.workspace).exists(), 120)
    assert ExecutionStep.objects.filter(workspace=cast.workspace, kind="agent").count() == 200
    spent = Call.objects.filter(workspace=cast.workspace).aggregate(all=Sum("cost"))["all"]
    assert (spend(own).reserved, spend(own).spent) == (NOTHING, spent)
    assert most - Decimal("0.03") < spent <= most
