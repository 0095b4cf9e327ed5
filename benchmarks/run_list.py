"""How fast the list of runs answers beside 100,000 runs of its workspace: `python -m benchmarks.run_list`.

Starts PostgreSQL and Valkey of its own in a folder that is thrown away. Measured is the whole request in this process,
under the product's own role and row-level security, for the list as it is and with each filter: median and worst of
`--rounds`, in milliseconds.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workspaces.models import Workspace

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ["ALLOWED_HOSTS"] = "testserver"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from automatos.local import servers  # noqa: E402
from benchmarks.machine import describe_machine  # noqa: E402

# Four steps a run; each tenth failed, one in a thousand lives; over 180 days, ten recipes, five agents.
RUNS = """
INSERT INTO recipe_executions (id, workspace_id, recipe_id, user_id, recipe_name, recipe_version, status, mode,
  input_data, output_data, error, current_step, total_steps, unfinished_steps, last_seq, input_tokens, output_tokens,
  cost, tool_calls, retry_delay, backoff, triggered_by, created_at, started_at, completed_at, deadline_at, number)
SELECT gen_random_uuid(), %(workspace)s, (%(recipes)s::uuid[])[1 + n %% 10], %(user)s, 'Recipe ' || n %% 10, 1 + n %% 7,
  CASE WHEN n %% 1000 = 0 THEN 'running' WHEN n %% 10 = 1 THEN 'failed' ELSE 'completed' END, 'sequential',
  jsonb_build_object('topic', 'subject ' || n, 'text', repeat(md5(n::text) || ' ', 8)),
  CASE WHEN n %% 10 <> 1 THEN jsonb_build_object('final_output', repeat(md5((n * 7)::text) || ' word ', 20)) END,
  CASE WHEN n %% 10 = 1 THEN jsonb_build_object('code', 'code_' || n %% 200, 'message', 'It failed.', 'step', 3) END,
  4, 4, 0, 20, 1000, 500, (n %% 997) / 10000.0, 2, 2, 2, CASE WHEN n %% 3 = 0 THEN 'api' ELSE 'page' END, at, at,
  CASE WHEN n %% 1000 <> 0 THEN at + (10 + n %% 300) * interval '1 s' END, now() + interval '1 day', n + 1
FROM (SELECT n, now() - (n * 155.52) * interval '1 s' AS at FROM generate_series(0, %(count)s - 1) n) AS made
"""
STEPS = """
INSERT INTO execution_steps (id, workspace_id, execution_id, "order", step_id, name, prompt_template, output_key, kind,
  branch, agent_id, agent_name, error_handling, max_retries, max_iterations, timeout, depends_on, waiting_on,
  status, attempt, fence, prompt, model, output, input_tokens, output_tokens, cost, tool_calls, started_at,
  completed_at, error)
SELECT gen_random_uuid(), workspace_id, e.id, n, 'step_' || n, 'Step ' || n, '', 'step_' || n, 'agent', '',
  (%(agents)s::uuid[])[1 + (e.number + n) %% 5], 'Agent', 'stop', 0, 25, 60, '{}', 0,
  CASE WHEN e.status = 'failed' AND n = 3 THEN 'failed' ELSE 'completed' END, 1, 1, '', '', 'Some text.', 250, 125, 0,
  0, e.started_at, e.completed_at, e.error
FROM recipe_executions e, generate_series(1, 4) n WHERE e.workspace_id = %(workspace)s
"""


def _cast(cast: Any) -> tuple[list[Any], list[Any], Any]:
    """Ten recipes, five agents, and one with five steps."""
    recipes = [cast.recipe(f"recipe {n}").pk for n in range(10)]
    agents = [cast.agent.pk, *(cast.add_agent(f"Agent {n}").pk for n in range(4))]
    return recipes, agents, cast.add_agent("Rare").pk


def fill(count: int) -> tuple["Workspace", Any, dict[str, Any]]:
    """A workspace with so many runs, whoever owns it, and what the filters ask for."""
    from recipes.tests.kit import Cast
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.SEED):
        cast = Cast()
        recipes, agents, rare = _cast(cast)
    values: dict[str, Any] = {
        "workspace": cast.workspace.pk,
        "user": cast.owner.pk,
        "recipes": recipes,
        "agents": agents,
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE automatos_system")
        cursor.execute(RUNS, {**values, "count": count})
        cursor.execute(STEPS, values)
        cursor.execute(
            "UPDATE execution_steps SET agent_id = %s WHERE id IN (SELECT id FROM execution_steps LIMIT 5)", [rare]
        )
        cursor.execute("RESET ROLE")
        cursor.execute("VACUUM ANALYZE recipe_executions, execution_steps, run_numbers")
    return cast.workspace, cast.owner, {"recipe": recipes[0], "agent": agents[0], "rare": rare, "person": cast.owner.pk}


def questions(ids: dict[str, Any]) -> Iterator[str]:
    """The addresses that are measured."""
    yield from ("", "?page=40", "?tab=failed", "?tab=cooking", "?tab=needs", "?tab=mine", "?status=completed")
    yield from (f"?recipe={ids['recipe']}", f"?recipe={ids['recipe']}&version=3", f"?agent={ids['agent']}")
    yield from (f"?agent={ids['rare']}", "?trigger=api", f"?person={ids['person']}", "?cost=0.09", "?cost=0.0996")
    yield from ("?cost=99", "?duration=200", "?duration=309", "?duration=9999", "?error=code_11", "?error=none")
    yield from ("?q=subject+777", "?q=word", "?q=nothing", "?q=%23500", "?from=2026-11-01&to=2026-11-02")
    yield from ("?sort=longest", "?sort=dearest", "?status=cancelled")


def measure(rounds: int, count: int) -> None:
    """Fill, ask, print."""
    from django.test import Client

    workspace, owner, ids = fill(count)
    client = Client()
    client.force_login(owner)
    print(f"{count:,} runs; {describe_machine()}")
    for question in questions(ids):
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            answer = client.get(f"/w/{workspace.slug}/runs/{question}", headers={"HX-Request": "true"})
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, answer.status_code
        shown = (
            question.replace(str(ids["recipe"]), "one")
            .replace(str(ids["agent"]), "one")
            .replace(str(ids["rare"]), "rare")
        )
        print(f"{shown[:44]:44} median {statistics.median(times):6.1f}  worst {max(times):6.1f}", flush=True)


def main() -> None:
    """Measure on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        measure(wanted.rounds, wanted.runs)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
