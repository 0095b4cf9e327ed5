"""While a release is rolled out, workers and web of the one before write into the new tables."""

from uuid import uuid4

import pytest
from django.db import connection

from recipes.models import Execution
from recipes.tests.kit import Cast, assert_numbered_without_gap, final_output
from recipes.tests.test_engine import claim, done

# As the release before this one starts a run: it names no column that is new.
EXECUTION = (
    "INSERT INTO recipe_executions (id, workspace_id, recipe_id, user_id, recipe_name, recipe_version, mode, "
    "status, input_data, total_steps, unfinished_steps, retry_delay, backoff, triggered_by, created_at, "
    "deadline_at, current_step, last_seq, input_tokens, output_tokens, cost, tool_calls) "
    "VALUES (%s, %s, %s, %s, 'Brief', 1, %s, 'pending', '{}'::jsonb, 3, 3, 2, 2, 'api', now(), "
    "now() + interval '600 s', 0, 0, 0, 0, 0, 0)"
)
STEPS = (
    'INSERT INTO execution_steps ("order", step_id, name, prompt_template, output_key, error_handling, max_retries, '
    "max_iterations, timeout, agent_id, id, workspace_id, execution_id, agent_name, depends_on, waiting_on, "
    "runnable_at, status, attempt, fence, prompt, model, output, input_tokens, output_tokens, cost, tool_calls) "
    'SELECT s."order", s.step_id, s.name, s.prompt_template, s.output_key, s.error_handling, s.max_retries, '
    "s.max_iterations, s.timeout, s.agent_id, gen_random_uuid(), %s, %s, a.name, v.waits::int[], "
    "cardinality(v.waits::int[]), CASE WHEN v.waits = '{}' THEN now() END, 'pending', 1, 0, '', '', '', "
    "0, 0, 0, 0 FROM recipe_steps s JOIN agents a ON a.id = s.agent_id "
    'JOIN unnest(%s::int[], %s::text[]) AS v("order", waits) ON v."order" = s."order" WHERE s.recipe_id = %s'
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "waits", "first"), [("sequential", ["{}", "{1}", "{2}"], 1), ("parallel", ["{}", "{}", "{1,2}"], 2)]
)
def test_a_run_of_the_release_before_comes_to_its_end(mode: str, waits: list[str], first: int) -> None:
    cast = Cast()
    recipe = cast.recipe("One", "Two", "{step_1} and {step_2}", execution_config={"mode": mode})
    key = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(EXECUTION, [key, cast.workspace.pk, recipe.pk, cast.owner.pk, mode])
        cursor.execute(STEPS, [cast.workspace.pk, key, [1, 2, 3], waits, recipe.pk])
    jobs = claim()
    assert len(jobs) == first
    while jobs:
        jobs = [*jobs[1:], *done(jobs[0], f"answer {jobs[0].order}")]
    execution = Execution.objects.get(pk=key)
    assert (execution.status, final_output(execution)) == ("completed", "answer 3")
    assert "answer 1 and answer 2" in execution.steps.get(order=3).prompt
    assert assert_numbered_without_gap(execution).count("step.completed") == 3
    assert [step.place for step in execution.steps.all()] == ["step_1", "step_2", "step_3"]
