"""Runs of 50 parallel steps against one budget, one of two workers killed: `python -m benchmarks.budget`.

Says whether more was spent than the budget allows, and whether anything stays held back. Ends with 1 if so.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import django
from django.conf import settings
from django.core.management import call_command

from automatos.local import servers
from benchmarks.engine import DATA, Bench, model_server, wait_for, workers
from benchmarks.machine import describe_machine

# What the model server tells of each call, and its price, come to about a third of a cent.
MODEL = "openai:gpt-4o"
# Of one recipe.
MOST_STEPS = 50
AMOUNT = re.compile(r"the call may take \$(\d+(?:\.\d+)?)")


def spend_it(bench: Bench, steps: int, limit: Decimal, *, most: int, kill: bool) -> bool:
    """So many parallel steps, in runs of 50; whether the budget held, was used up, and nothing is left behind.

    most: tokens that an answer may have, which decide how much a call holds back.
    """
    from agents.models import AgentModelConfig
    from recipes.tests.kit import Cast
    from workspaces.budgets.services import create_budget
    from workspaces.models import Reservation, Spend
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.OPERATOR):
        cast = Cast(model=MODEL)
        AgentModelConfig.objects.filter(agent=cast.agent).update(max_tokens=most)
        config = {"mode": "parallel", "total_timeout": 300}
        recipe = cast.recipe(*["Cook"] * min(steps, MOST_STEPS), execution_config=config)
        budget = create_budget(workspace=cast.workspace, user=cast.owner, scope="workspace", period="day", limit=limit)
    bench.cast, bench.recipe = cast, recipe
    with model_server(0.5) as url, workers(2, url) as processes:
        with bench.inside():
            runs = [cast.cook(recipe) for _ in range(max(1, steps // MOST_STEPS))]
        if kill:
            wait_for(lambda: _begun(runs[0].pk), 30)
            processes[0].kill()
        wait_for(lambda: all(bench.ended(run) for run in runs), 300, 0.1)
        wait_for(lambda: not _held(cast.workspace.pk), 120, 0.5)
    with bench.inside():
        spend = Spend.objects.get(budget=budget)
        left = Reservation.objects.filter(workspace=cast.workspace).count()
        done = sum(run.steps.filter(status="completed").count() for run in runs)
    ends, cost = ", ".join(sorted({run.status for run in runs})), sum(run.cost for run in runs)
    print(
        f"{steps} steps, ${limit}, answers of {most} tokens at most{', a worker killed' if kill else ''}: runs {ends}, "
        f"{done} steps done, ${spend.spent} spent, ${cost} on the runs, ${spend.reserved:f} and {left} calls held back "
        f"at the end, a call holds back ${_held_back(runs)}"
    )
    is_used_up = ends == "completed" or limit - spend.spent <= _held_back(runs) * Decimal("1.05")
    return spend.spent <= limit and is_used_up and not spend.reserved and not left


def _held_back(runs: Sequence[Any]) -> Decimal:
    """What the call that found no room would have held back, as the run says; 0 where all found room."""
    told = (AMOUNT.search((run.error or {}).get("message", "")) for run in runs)
    return max((Decimal(found[1]) for found in told if found), default=Decimal(0))


def _begun(execution_id: UUID) -> bool:
    from recipes.models import ExecutionStep
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.OPERATOR):
        return ExecutionStep.objects.filter(execution=execution_id, status="running").exists()


def _held(workspace_id: UUID) -> bool:
    from workspaces.models import Reservation
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.OPERATOR):
        return Reservation.objects.filter(workspace=workspace_id).exists()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        bench = Bench()
        print(describe_machine())
        limits = (Decimal("0.05"), Decimal("0.1"))
        kept = [
            spend_it(bench, options.steps, limit, most=most, kill=kill)
            for limit in limits
            for most in (2000, 40)
            for kill in (False, True)
        ]
    finally:
        django.db.connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
