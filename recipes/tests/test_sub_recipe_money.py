"""What recipes inside of recipes cost: in the totals of the runs above, and in the budgets of all of them."""

import threading
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.test import Client

from automatos.errors import AppError
from automatos.llm.errors import ModelRejected
from recipes.engine import turns
from recipes.engine.ledger import Ledger
from recipes.engine.steps import Job, Outcome
from recipes.models import Call, Execution, ExecutionStep, Recipe
from recipes.tests.kit import Cast, error_of, wait_for
from recipes.tests.test_budgets import PRICED, budget, priced, spend
from recipes.tests.test_engine import ME, claim
from recipes.tests.test_loops import begun, cast_recipe
from recipes.tests.test_sub_recipes import child_of, inner, outer
from workspaces.budgets.reserving import Wish
from workspaces.models import Reservation, Role, Spend
from workspaces.tests.rest import Caller, key_of


def nested(cast: Cast) -> tuple[Recipe, Recipe, Recipe]:
    """Recipes in one another, the outermost first; the middle one cooks the innermost twice."""
    low = cast.recipe("Write {input.topic}", inputs={"topic": {}})

    def cooks(recipe: Recipe, times: int) -> Recipe:
        config = {"recipe": recipe.template_id, "inputs": {"topic": "{input.topic}"}}
        steps: list[dict[str, Any]] = [{"agent_id": cast.agent.id, "prompt_template": "Plan {input.topic}"}]
        steps += [{"kind": "recipe", "step_id": f"in_{n}", "config": config} for n in range(times)]
        return cast_recipe(cast, steps, inputs={"topic": {"default": "the sea"}})

    middle = cooks(low, 2)
    return cooks(middle, 1), middle, low


def spends(job: Job, cost: str) -> None:
    turns.take_turn(ME, [Outcome(job.step_id, job.fence, reply=priced(job, cost), attempt=1)], 0)


@pytest.mark.django_db
def test_what_runs_inside_took_is_in_the_totals_of_those_above() -> None:
    cast = Cast(model=PRICED)
    top, _, _ = nested(cast)
    execution = cast.cook(top)
    for cost in ("0.01", "0.02", "0.04", "0.08"):
        spends(begun()[0], cost)
    begun()
    execution.refresh_from_db()
    middle = child_of(execution)
    assert (execution.status, execution.cost, middle.cost) == ("completed", Decimal("0.01"), Decimal("0.02"))
    assert (execution.whole.cost, execution.whole.tokens, execution.whole.inside) == (Decimal("0.15"), 80, 3)
    assert (middle.whole.cost, middle.whole.inside) == (Decimal("0.14"), 2)
    # Calls, steps and runs agree with one another, with the run at the top, and with the usage page.
    whole = {
        model.objects.filter(workspace=cast.workspace).aggregate(cost=Sum("cost"))["cost"]
        for model in (Call, ExecutionStep, Execution)
    }
    assert whole == {Decimal("0.15")}
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    shown = api.get(f"/api/executions/{execution.pk}")[1]["totals"]
    assert (shown["cost"], shown["input_tokens"], shown["runs_inside"]) == (0.15, 40, 3)
    cast.cook(cast.recipe("Other"))
    for sort, number in (("dearest", 2), ("dearest&cost=0.15", 1), ("dearest&cost=0.16", 0)):
        rows = api.get(f"/api/executions?sort={sort}")[1]["items"]
        assert [row["totals"]["cost"] for row in rows] == [0.15, 0][:number]
    assert Decimal(api.get(f"/api/workspaces/{cast.workspace.pk}/usage")[1]["cost"]) == Decimal("0.15")
    client = Client()
    client.force_login(cast.owner)
    for page in (f"runs/{execution.pk}/", "runs/", f"recipes/{top.template_id}/", ""):
        assert "$0.15" in client.get(f"/w/{cast.workspace.slug}/{page}").content.decode(), page


@pytest.mark.django_db
def test_the_budget_of_a_recipe_in_the_middle_holds_below_it() -> None:
    cast = Cast(model=PRICED)
    top, middle, low = nested(cast)
    own = budget(cast, "0.1", "recipe", "run", middle.pk)
    each = budget(cast, "0.05", "recipe", "run", low.pk)
    execution = cast.cook(top)
    for cost in ("0.5", "0.05", "0.02"):
        spends(begun()[0], cost)
    # One run of the innermost recipe has nothing to do with the other one's budget.
    (job,) = begun()
    kept = sorted(Spend.objects.filter(budget=each).values_list("spent", flat=True))
    assert kept == [Decimal(0), Decimal("0.02")]
    spends(job, "0.03")
    begun()
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert (spend(own).spent, spend(own).window) == (Decimal("0.1"), str(child_of(execution).pk))
    # The next run of the middle recipe has room of its own; too dear, it stops all.
    execution = cast.cook(top)
    spends(begun()[0], "0")
    spends(begun()[0], "0.099")
    assert begun() == []
    execution.refresh_from_db()
    assert execution.status == "stopped"


@pytest.mark.django_db
def test_the_budget_of_the_recipe_at_the_top_holds_inside() -> None:
    cast = Cast(model=PRICED)
    whole = outer(cast, inner(cast))
    own = budget(cast, "0.1", "recipe", "run", whole.pk)
    execution = cast.cook(whole)
    (plan,) = claim()
    turns.take_turn(ME, [Outcome(plan.step_id, plan.fence, reply=priced(plan, "0.099"), attempt=1)], 0)
    assert begun() == [], "no room for what the recipe inside would do"
    execution.refresh_from_db()
    assert (child_of(execution).status, execution.status) == ("stopped", "stopped")
    assert error_of(execution)["code"] == "budget_reached"
    assert "budget of this recipe" in error_of(execution)["message"]
    assert (spend(own).spent, spend(own).reserved) == (Decimal("0.099"), Decimal(0))


def slow_money(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """The thread `ends` counts money only once it may: set when it is about to, and what lets it go on."""
    holds, goes_on = threading.Event(), threading.Event()
    move_money = Ledger.move_money

    def slowly(ledger: Ledger, wishes: Sequence[Wish] = ()) -> dict[UUID, AppError]:
        if threading.current_thread().name == "ends":
            holds.set()  # it has the steps of the run above
            goes_on.wait(20)
        return move_money(ledger, wishes)

    monkeypatch.setattr(Ledger, "move_money", slowly)
    return holds, goes_on


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_inside_that_has_no_money_waits_for_no_one_who_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One ends the run above and counts money, the other counts money and lets the step above go on: no deadlock."""
    cast = Cast(model=PRICED)
    low = cast.recipe("Write")
    steps: list[dict[str, Any]] = [
        {"kind": "recipe", "step_id": "inside", "config": {"recipe": low.template_id}},
        {"agent_id": cast.agent.id, "prompt_template": "Other"},
    ]
    execution = cast.cook(cast_recipe(cast, steps, execution_config={"mode": "parallel"}))
    own = budget(cast, "100")
    (other,) = [job for job in turns.take_turn(ME, [], 2).jobs if job.execution_id == execution.pk]
    budget(cast, "0.000001", "recipe", "run", low.pk)
    holds, goes_on = slow_money(monkeypatch)
    problems: list[BaseException] = []

    def turn(outcomes: list[Outcome], limit: int) -> None:
        try:
            turns.take_turn(ME, outcomes, limit)
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    failed = Outcome(other.step_id, other.fence, error=ModelRejected("No."), attempt=1)
    ends = threading.Thread(target=turn, args=([failed], 0), name="ends")
    ends.start()
    assert holds.wait(20)
    begins = threading.Thread(target=turn, args=([], 5), name="begins")
    begins.start()
    wait_for(lambda: _waiting() == 1, what="nobody waits for the step above")
    goes_on.set()
    ends.join(30)
    begins.join(30)
    assert not problems, problems
    execution.refresh_from_db()
    assert (execution.status, child_of(execution).status) == ("failed", "stopped")
    assert (spend(own).reserved, Reservation.objects.count()) == (Decimal(0), 0)


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s",
                       [connection.settings_dict["NAME"]])  # fmt: skip
        return int(cursor.fetchone()[0])
