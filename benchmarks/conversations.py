"""How fast answers and lists are beside 100,000 runs, 60,000 answers and as many audit entries.

`python -m benchmarks.conversations`

Starts PostgreSQL and Valkey of its own in a folder that is thrown away. Measured is the server's part under the
product's own role and row-level security: median and worst of `--rounds` requests in milliseconds, and with `--plans`
how PostgreSQL answered the two slowest statements of each, as that role in that scope. Exits with 1 when a statement
reads more than 20,000 rows of a table (but for sums of 30 days), or a median is over 200 ms.
"""

import argparse
import hashlib
import shutil
import statistics
import sys
import time
import uuid
from typing import Any

from benchmarks import run_list  # makes the folder and names it before Django is there

import django  # isort: skip
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from automatos.local import servers
from benchmarks.machine import describe_machine
from benchmarks.plans import Explained, shown

TALKS = """
INSERT INTO conversations (id, workspace_id, agent_id, user_id, title, is_kept, is_listed, created_at, updated_at)
SELECT md5('talk' || n)::uuid, %(workspace)s, %(agent)s, %(user)s, 'Talk ' || n, false, true, now(),
  now() - n * interval '1 min' FROM generate_series(0, %(talks)s - 1) n
"""
# One conversation has 2,000 answers in a line, each message a few hundred characters; the others share the rest.
ANSWERS = """
INSERT INTO recipe_executions (id, workspace_id, conversation_id, user_id, recipe_name, recipe_version, status, mode,
  input_data, output_data, current_step, total_steps, unfinished_steps, last_seq, input_tokens, output_tokens, cost,
  tool_calls, retry_delay, backoff, triggered_by, created_at, started_at, completed_at, deadline_at, number)
SELECT md5('answer' || n)::uuid, %(workspace)s, md5('talk' || CASE WHEN n < 2000 THEN 0 ELSE n %% %(talks)s END)::uuid,
  %(user)s, 'Agent', 1, 'completed', 'sequential',
  jsonb_build_object('message', repeat(md5(n::text) || ' ', 10),
    'parent', CASE WHEN n BETWEEN 1 AND 1999 THEN md5('answer' || (n - 1))::uuid END),
  jsonb_build_object('final_output', 'Said ' || n || repeat(' word', 100)), 1, 1, 0, 5, 100, 50, 0.001, 0, 2, 2,
  CASE WHEN n < 2000 THEN 'playground' ELSE 'chat' END, at, at, at + interval '2 s', now() + interval '1 day',
  %(runs)s + n + 1
FROM (SELECT n, now() - (60000 - n) * interval '10 s' AS at FROM generate_series(0, %(answers)s - 1) n) made
"""
ASSESSED = """
UPDATE recipe_executions SET assessed_at = completed_at, quality_score = 80 WHERE completed_at IS NOT NULL
"""
STEPS = """
INSERT INTO execution_steps (id, workspace_id, execution_id, "order", step_id, name, prompt_template, output_key, kind,
  branch, agent_id, agent_name, error_handling, max_retries, max_iterations, timeout, depends_on, waiting_on,
  status, attempt, fence, prompt, model, output, input_tokens, output_tokens, cost, tool_calls, started_at,
  completed_at)
SELECT gen_random_uuid(), workspace_id, id, 1, 'answer', 'Answer', '', 'answer', 'agent', '', %(agent)s, 'Agent',
  'stop', 0, 25, 60, '{}', 0, 'completed', 1, 1, '', '', output_data ->> 'final_output', 100, 50, 0.001, 0, started_at,
  completed_at
FROM recipe_executions WHERE workspace_id = %(workspace)s AND conversation_id IS NOT NULL
"""
# As many as there are answers, of 40 kinds; the last ones are looked at whether they are whole, which these are not.
AUDITED = """
INSERT INTO audit_log (workspace_id, seq, at, actor_id, actor, via, credential, ip, request_id, action, target_type,
  target_id, target, before, after, previous_hash, hash)
SELECT %(workspace)s, 1000000 + n, now() - (%(answers)s - n) * interval '10 s', %(user)s, 'owner@example.org', 'page',
  '', '', '', (ARRAY['agent', 'recipe', 'run', 'member'])[1 + n %% 4] || '.changed_' || n %% 10,
  (ARRAY['agent', 'recipe', 'run', 'member'])[1 + n %% 4], n::text, 'Thing ' || n,
  jsonb_build_object('name', 'Thing ' || n), jsonb_build_object('name', 'Other ' || n), md5(n::text), md5((n + 1)::text)
FROM generate_series(0, %(answers)s - 1) n
"""


def fill(runs: int, answers: int) -> tuple[Any, Any, Any]:
    """Runs as the list's benchmark makes them, and answers beside: workspace, owner, agent."""
    from agents.models import Agent

    workspace, owner, ids = run_list.fill(runs)
    values = {"workspace": workspace.pk, "user": owner.pk, "agent": ids["agent"], "runs": runs, "answers": answers}
    values["talks"] = max(1, answers // 30)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE automatos_system")
        # A worker looks at each run of a recipe soon after its end.
        cursor.execute(ASSESSED)
        for statement in (TALKS, ANSWERS, STEPS, AUDITED):
            cursor.execute(statement, values)
        cursor.execute("RESET ROLE")
        cursor.execute("VACUUM ANALYZE conversations, recipe_executions, execution_steps, audit_log")
    from workspaces.scope.tenancy import workspace_scope

    with workspace_scope(workspace.pk):
        return workspace, owner, Agent.objects.get(pk=ids["agent"])


# Milliseconds.
MOST = 200
SUMS = ("the dashboard", "usage", "GET /api/workspaces/{id}/usage")


def measure(rounds: int, runs: int, answers: int, *, plans: bool) -> bool:
    """Fill, ask, print; whether nothing reads too much or takes too long."""
    from django.test import Client

    from recipes.chat import client_history
    from workspaces.scope.tenancy import workspace_scope
    from workspaces.tests.rest import key_of

    workspace, owner, agent = fill(runs, answers)
    with workspace_scope(workspace.pk):
        key = key_of(workspace, owner, "owner")
    page, api = Client(), Client(headers={"X-API-Key": key})
    page.force_login(owner)
    first = uuid.UUID(hex=hashlib.md5(b"talk0", usedforsecurity=False).hexdigest())
    history = [f"Said {n}{' word' * 100}" for n in range(2000, 2400)]

    def known() -> None:
        with workspace_scope(workspace.pk):
            assert "an answer the chat client sent" not in client_history.origins_of(agent, history)

    def ask(client: Client, path: str) -> Any:
        return lambda: _checked(client.get(path))

    page_of = f"/w/{workspace.slug}"
    questions = {
        "400 answers of a client's history": known,
        "GET /api/conversations/{id}, 2,000 answers": ask(api, f"/api/conversations/{first}"),
        "GET /api/conversations": ask(api, "/api/conversations"),
        "GET /api/executions": ask(api, "/api/executions"),
        "GET /api/executions?offset=50000": ask(api, "/api/executions?offset=50000"),
        "GET /api/executions?status=failed": ask(api, "/api/executions?status=failed"),
        "the playground, 2,000 turns": ask(
            page, f"/w/{workspace.slug}/agents/{agent.slug}/playground/?conversation={first}"
        ),
        "the run list": ask(page, f"{page_of}/runs/"),
        "the run list, page 1,000": ask(page, f"{page_of}/runs/?page=1000"),
        "the run list, words": ask(page, f"{page_of}/runs/?q=subject+777"),
        "the dashboard": ask(page, f"{page_of}/"),
        "an agent's runs": ask(page, f"{page_of}/agents/{agent.slug}/runs/"),
        "usage": ask(page, f"{page_of}/settings/usage/"),
        "GET /api/workspaces/{id}/usage": ask(api, f"/api/workspaces/{workspace.pk}/usage"),
        "the audit log": ask(page, f"{page_of}/settings/audit/"),
        "the audit log, one kind": ask(page, f"{page_of}/settings/audit/?group=run"),
        "the audit log, words": ask(page, f"{page_of}/settings/audit/?search=thing+777"),
        "GET /api/workspaces/{id}/audit": ask(api, f"/api/workspaces/{workspace.pk}/audit"),
        "GET /api/recipes": ask(api, "/api/workflow-recipes"),
        "GET /api/tool-logs": ask(api, "/api/tool-logs"),
    }
    print(f"{runs:,} runs, {answers:,} answers; {describe_machine()}")
    sound = [_measured(name, question, rounds, plans=plans) for name, question in questions.items()]
    return all(sound)


def _checked(answer: Any) -> None:
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])


def _measured(name: str, question: Any, rounds: int, *, plans: bool) -> bool:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        question()
        times.append(1000 * (time.perf_counter() - began))
    print(f"{name[:48]:48} median {statistics.median(times):6.1f}  worst {max(times):6.1f}", flush=True)
    with Explained() as explained:
        question()
    assert explained.slowest(1), f"{name} asked nothing"
    print(*shown(explained, 2 if plans else 0), sep="\n", flush=True)
    # Sums of 30 days are made of all their rows.
    return statistics.median(times) <= MOST and (name in SUMS or not explained.wide())


def main() -> None:
    """Measure on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--answers", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--plans", action="store_true")
    wanted = parser.parse_args()
    held = servers.hold(run_list.DATA, servers.needed())
    try:
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        django.setup()
        call_command("migrate", verbosity=0)
        is_sound = measure(wanted.rounds, wanted.runs, wanted.answers, plans=wanted.plans)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(run_list.DATA, ignore_errors=True)
    sys.exit(not is_sound)


if __name__ == "__main__":
    main()
