"""Going on after a failure without paying again, and trying again from any step with something else."""

from typing import Any

import pytest

from recipes.engine import turns
from recipes.engine.looping import LoopError
from recipes.engine.steps import Outcome
from recipes.engine.takeover import Past, taken_over
from recipes.models import Execution
from recipes.tests.kit import Cast, assert_numbered_without_gap, final_output
from recipes.tests.test_engine import ME, claim, done, failed
from recipes.tests.test_loops import begun, cast_recipe
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of


def api_of(cast: Cast, role: Role = Role.OWNER) -> Caller:
    return Caller(key_of(cast.workspace, cast.owner, role))


def said(jobs: Any) -> list[str]:
    return sorted(job.task.messages[-1].content for job in jobs)


@pytest.mark.django_db
def test_a_failed_run_goes_on_and_pays_nothing_twice() -> None:
    cast = Cast()
    api = api_of(cast)
    recipe = cast.recipe("One {input.word}", "Two {step_1}", "Three {previous_output}", inputs={"word": {}})
    execution = cast.cook(recipe, word="sea")
    (second,) = done(claim()[0], "first")
    assert api.post(f"/api/executions/{execution.pk}/retry")[0] == 409, "it is still under way"
    failed(second)
    status, made = api.post(f"/api/executions/{execution.pk}/retry", **{"Idempotency-Key": "again"})
    assert (status, made["total_steps"]) == (202, 3), made
    assert api.post(f"/api/executions/{execution.pk}/retry", **{"Idempotency-Key": "again"})[1] == made
    (job,) = claim()
    assert job.task.messages[-1].content == "Two first"
    done(done(job, "second")[0], "third")
    run = Execution.objects.get(pk=made["execution_id"])
    assert (run.status, final_output(run), run.source_id) == ("completed", "third", execution.pk)
    assert (run.input_tokens, run.unfinished_steps) == (20, 0)
    assert_numbered_without_gap(run)
    shown = api.get(f"/api/executions/{run.pk}")[1]
    assert [(one["taken_over"], one["cost"]) for one in shown["step_results"]] == [
        (True, 0.0), (False, 0.001), (False, 0.001),
    ]  # fmt: skip
    assert (shown["source_id"], shown["output_data"]["outputs"]["step_1"]) == (str(execution.pk), "first")
    assert api.post(f"/api/executions/{run.pk}/retry")[1]["error"]["code"] == "not_failed"


@pytest.mark.django_db
def test_a_rerun_begins_at_any_step_with_something_else() -> None:
    cast = Cast()
    api = api_of(cast)
    other = cast.add_agent("Brush", model="openai:other-model")
    recipe = cast.recipe("One {input.word}", "Two {step_1}", "Three {step_2}", inputs={"word": {"required": True}})
    execution = cast.cook(recipe, word="sea")
    done(done(done(claim()[0], "first")[0], "second")[0], "third")
    path = f"/api/workflow-recipes/{recipe.template_id}/executions/{execution.pk}"
    changes = {
        "input_data": {"word": "sand"},
        "steps": {"step_2": {"prompt_template": "Twice {step_1} in {input.word}", "agent_id": str(other.pk)},
                  "3": {"model": "openai:third-model"}},
    }  # fmt: skip
    status, made = api.post(f"{path}/rerun", {"from_step": "step_2", "overrides": changes})
    assert status == 202, made
    (job,) = claim()
    assert (job.task.messages[-1].content, job.task.model) == ("Twice first in sand", "openai:other-model")
    (job,) = done(job, "again")
    assert (job.task.messages[-1].content, job.task.model) == ("Three again", "openai:third-model")
    done(job, "end")
    agents = Execution.objects.get(pk=made["execution_id"]).steps.values_list("agent_name", flat=True)
    assert list(agents) == ["Quill", "Brush", "Quill"]
    for body, field in [
        ({"from_step": "9"}, "from_step"),
        ({"from_step": "2", "overrides": {"steps": {"1": {"prompt_template": "x"}}}}, "overrides.steps.1"),
        ({"from_step": "2", "overrides": {"steps": {"7": {}}}}, "overrides.steps.7"),
        ({"from_step": "2", "overrides": {"steps": {"2": {"prompt_template": "{gone}"}}}},
         "overrides.steps.2.prompt_template"),
        ({"from_step": "2", "overrides": {"steps": {"2": {"model": "nobody"}}}}, "overrides.steps.2.model"),
        ({"from_step": "2", "overrides": {"steps": {"2": {"agent_id": str(recipe.pk)}}}},
         "overrides.steps.2.agent_id"),
        ({"from_step": "2", "overrides": {"input_data": {"nope": 1}}}, "input_data.nope"),
        ({}, "from_step"),
    ]:  # fmt: skip
        status, answer = api.post(f"{path}/rerun", body)
        assert (status, field in answer["error"]["fields"]) == (400, True), (body, answer)
    assert (api.post(f"{path}/fork", {"from_step": "1"})[0], said(claim())) == (202, ["One sea"])
    assert api_of(cast, Role.VIEWER).post(f"{path}/rerun", {"from_step": "1"})[0] == 403
    assert api_of(Cast()).post(f"/api/executions/{execution.pk}/rerun", {"from_step": "1"})[0] == 404


@pytest.mark.django_db
def test_a_loop_goes_on_with_the_rounds_it_has() -> None:
    cast = Cast()
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "each", "config": {"over": "input.names", "at_once": 2}},
        {"agent_id": cast.agent.id, "prompt_template": "Do {item}", "under": "each", "branch": "body"},
        {"agent_id": cast.agent.id, "prompt_template": "Close {previous_output}"},
    ]
    execution = cast.cook(cast_recipe(cast, steps, inputs={"names": {"type": "array"}}), names=["a", "b", "c", "d"])
    first, second = begun()
    (third,) = done(first, "did a")
    done(third, "did c")
    turns.take_turn(ME, [Outcome(second.step_id, second.fence, error=LoopError("no"))], 0)
    api = api_of(cast)
    _, made = api.post(f"/api/executions/{execution.pk}/retry")
    jobs = claim()
    assert said(jobs) == ["Do b"], "c is done, d comes after b"
    (job,) = done(jobs[0], "did b")
    (job,) = [*done(job, "did d"), *begun()]
    assert job.task.messages[-1].content == 'Close ["did a","did b","did c","did d"]'
    done(job, "closed")
    run = Execution.objects.get(pk=made["execution_id"])
    assert (run.status, run.unfinished_steps, run.steps.filter(taken_from=None).count()) == ("completed", 0, 4)
    _, made = api.post(f"/api/executions/{run.pk}/rerun", {"from_step": "each.3.step_2"})
    assert said(claim()) == ["Do c"]
    _, made = api.post(f"/api/executions/{run.pk}/rerun", {"from_step": "each"})
    assert said(begun()) == ["Do a", "Do b"]
    assert Execution.objects.get(pk=made["execution_id"]).total_steps == 6


def test_what_is_taken_over() -> None:
    def past(order: int, waits: tuple[int, ...], leads: tuple[int, ...], **more: Any) -> Past:
        usual: dict[str, Any] = {"path": f"s{order}", "kind": "agent", "status": "completed"}
        return Past(order=order, depends_on=waits, leads_to=leads, **(usual | more))

    # draft, check, then: praise, else: mend, close
    steps = [
        past(1, (), (2,)),
        past(2, (1,), (3, 4), kind="condition", output="then"),
        past(3, (2,), (5,), parent=2, branch="then"),
        past(4, (2,), (5,), parent=2, branch="else", status="skipped"),
        past(5, (3, 4), (), status="failed"),
    ]
    went_on = taken_over(steps)
    assert (set(went_on.finished), set(went_on.anew), dict(went_on.waiting_on)) == ({1, 2, 3, 4}, {5}, {5: 0})
    from_praise = taken_over(steps, [3])
    assert (set(from_praise.anew), set(from_praise.finished)) == ({3, 5}, {1, 2, 4})
    assert taken_over(steps, [2]).anew == {2, 3, 4, 5}
    assert taken_over(steps, [4]).anew == {5}, "a branch that is not taken stays so"
