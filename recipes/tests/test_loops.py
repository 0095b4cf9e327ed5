"""Loops: written through REST and at the page, cooked by a worker, seen in the kitchen."""

import json
import random
from typing import Any

import pytest

from automatos.testing import Stack
from recipes.engine import templating, turns
from recipes.engine.looping import LoopError, items_of
from recipes.engine.steps import Job, Outcome
from recipes.engine.templating import Output, TemplateError, render
from recipes.models import Execution, Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output
from recipes.tests.test_engine import ME, done
from recipes.validation import StepInput
from workspaces.tests.rest import Caller, Company


def flow(agent: Any, over: str = "{plan.topics}", **config: Any) -> list[dict[str, Any]]:
    """plan; for each topic: rate it, praise the good ones; then close."""
    return [
        {"agent_id": agent, "prompt_template": "Plan", "output_key": "plan", "step_id": "plan"},
        {"kind": "loop", "step_id": "each", "output_key": "praises", "config": {"over": over, **config}},
        {"agent_id": agent, "prompt_template": "Rate {item.name}, {loop.number} of {loop.count}", "step_id": "rate",
         "output_key": "rate", "under": "each", "branch": "body"},
        {"kind": "condition", "step_id": "good", "config": {"expression": "rate.score >= 5 and loop.index < 9"},
         "under": "each", "branch": "body"},
        {"agent_id": agent, "prompt_template": "Praise {item.name} with {rate.score}", "under": "good",
         "branch": "then", "error_handling": "skip"},
        {"agent_id": agent, "prompt_template": "Close {praises} and {praises.0}", "step_id": "close"},
    ]  # fmt: skip


def cast_recipe(cast: Cast, steps: list[dict[str, Any]], **fields: Any) -> Recipe:
    data = RecipeInput(name="Loop", steps=[StepInput(**step) for step in steps], **fields)
    return create_recipe(workspace=cast.workspace, user=cast.owner, data=data)


def begun() -> list[Job]:
    """What a worker has at work after its turns that find more to do."""
    jobs: list[Job] = []
    while True:
        turn = turns.take_turn(ME, [], 20)
        jobs += turn.jobs
        if not turn.more:
            return jobs


@pytest.mark.slow
def test_a_worker_goes_through_a_list(stack: Stack) -> None:
    room = Room(stack)
    names = ["tides", "moons", "sand"]
    topics = {"topics": [{"name": name} for name in names]}
    stack.models.on("Plan", reply=f"```json\n{json.dumps(topics)}\n```")
    for number, (name, score) in enumerate(zip(names, (7, 3, 9), strict=True), 1):
        stack.models.on(f"Rate {name}, {number} of 3", reply=json.dumps({"score": score}))
    stack.models.on("Praise tides with 7", reply="Oh tides")
    stack.models.on("Praise sand with 9", reply="Oh sand")
    stack.models.on("Close", reply="Bye")
    api = Caller(room.key)
    status, made = api.post("/api/workflow-recipes", {"name": "Flow", "steps": flow(str(room.cast.agent.pk))})
    assert status == 201, made
    _, started = api.post(f"/api/workflow-recipes/{made['template_id']}/execute", {})
    execution = ended(Execution.objects.get(pk=started["execution_id"]), 30)
    assert (execution.status, final_output(execution)) == ("completed", "Bye")
    expected = ["Oh tides", {"score": 3}, "Oh sand"]
    assert json.loads((execution.output_data or {})["outputs"]["praises"]) == expected
    last = execution.steps.get(order=6)
    assert last.prompt == f"Close {json.dumps(expected, separators=(',', ':'))} and Oh tides"
    told = assert_numbered_without_gap(execution)
    assert (execution.total_steps, told.count("steps.added"), execution.current_step) == (12, 1, 6)
    assert told.count("step.skipped") == 1
    one = api.send("GET", f"/api/executions/{execution.pk}/steps/each.3.rate")[1]
    assert (one["prompt"], one["iteration"]) == ("Rate sand, 3 of 3", 3)


@pytest.mark.django_db
def test_a_long_list_joins_in_windows_and_costs_the_same_a_step() -> None:
    cast = Cast()
    agent = cast.agent.id
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "each", "config": {"over": "input.names", "at_most": 130, "at_once": 3}},
        {"agent_id": agent, "prompt_template": "Do {item}", "under": "each", "branch": "body"},
        {"agent_id": agent, "prompt_template": "Mend {previous_output}", "under": "each", "branch": "body"},
    ]
    names = [f"n{number}" for number in range(1, 121)]
    execution = cast.cook(cast_recipe(cast, steps, inputs={"names": {"type": "array"}}), names=names)
    jobs = begun()
    assert [job.task.messages[-1].content for job in jobs] == ["Do n1", "Do n2", "Do n3"], "three at once, no more"
    assert execution.steps.count() == 1 + 50 * 2, "a window of them"
    rng, most = random.Random(7), 0
    while jobs:
        job = jobs.pop(rng.randrange(len(jobs)))
        said = job.task.messages[-1].content
        jobs += done(job, said.replace("Do", "did").replace("Mend did", "mended"))
        jobs = jobs or begun()
        most = max(most, len(jobs))
    execution.refresh_from_db()
    assert most <= 3
    assert (execution.status, execution.total_steps, execution.unfinished_steps) == ("completed", 241, 0)
    assert json.loads(final_output(execution)) == [f"mended {name}" for name in names]
    assert assert_numbered_without_gap(execution).count("steps.added") == 3


@pytest.mark.django_db
def test_a_failed_item_does_as_its_step_says_and_loops_stand_in_loops() -> None:
    cast = Cast()
    agent = cast.agent.id
    steps: list[dict[str, Any]] = [
        {"kind": "loop", "step_id": "outer", "config": {"over": "input.groups"}},
        {"kind": "loop", "step_id": "inner", "output_key": "found", "under": "outer", "branch": "body",
         "config": {"over": "item.members"}},
        {"agent_id": agent, "prompt_template": "Greet {item}", "under": "inner", "branch": "body",
         "error_handling": "skip"},
        {"agent_id": agent, "prompt_template": "Sum {item.name}: {found}", "under": "outer", "branch": "body"},
    ]  # fmt: skip
    recipe = cast_recipe(cast, steps, inputs={"groups": {"type": "array"}}, execution_config={"mode": "parallel"})
    groups = [{"name": "A", "members": ["x", "y"]}, {"name": "B", "members": []}, {"name": "C", "members": ["z"]}]
    execution = cast.cook(recipe, groups=groups)
    jobs = {job.task.messages[-1].content: job for job in begun()}
    assert sorted(jobs) == ["Greet x", "Greet y", "Greet z", "Sum B: []"]
    assert execution.steps.filter(path="outer.3.inner.1.step_3").exists()
    turns.take_turn(ME, [Outcome(jobs["Greet y"].step_id, jobs["Greet y"].fence, error=LoopError("no"))], 0)
    last = [*done(jobs["Greet x"], "hi x"), *done(jobs["Greet z"], "hi z"), jobs["Sum B: []"], *begun()]
    assert sorted(job.task.messages[-1].content for job in last) == [
        'Sum A: ["hi x",null]', "Sum B: []", 'Sum C: ["hi z"]',
    ]  # fmt: skip
    for job in last:
        done(job, f"done {job.order}")
    execution.refresh_from_db()
    assert execution.status == "completed"
    assert len(json.loads(final_output(execution))) == 3
    other = cast.cook(recipe, groups=[{"name": "A"}])
    begun()
    other.refresh_from_db()
    assert (error_of(other)["code"], other.status) == ("expression_error", "failed")


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ('["a", 2]', ["a", 2]), ("```json\n[1]\n```", [1]), ("- one\n2. two\n\n* three\n", ["one", "two", "three"]),
        ("", []), ("one line", ["one line"]), ([1, {"x": 2}], [1, {"x": 2}]), ("5", [5]),
    ],
)  # fmt: skip
def test_what_a_list_may_be(value: Any, items: list[Any]) -> None:
    assert items_of({"over": "{input.it}"}, {"it": value}, [], {}) == items
    if isinstance(value, str):
        assert items_of({"over": "it"}, {}, [Output(1, "it", value)], {}) == items


def test_what_a_loop_does_not_go_through() -> None:
    with pytest.raises(LoopError, match="object"):
        items_of({"over": "it"}, {}, [Output(1, "it", '{"a": []}')], {})
    with pytest.raises(LoopError, match="2 at most"):
        items_of({"over": "it", "at_most": 2}, {}, [Output(1, "it", "[1, 2, 3]")], {})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{r.score}/{r.tags.1}/{r.who.name}", "7/b/Ada"), ("{r.who}", '{"name": "Ada"}'), ("{input.o.x}", "1"),
        ("{r.tags}", '["a", "b"]'),
        ("{item.n} of {loop.count}", "9 of 4"), ("{{r.score}}", "{r.score}"), ("{gone.x}", ""),
        ("{r.nope}", None), ("{r.tags.2}", None), ("{other.x}", None), ("{loop.nope}", None),
    ],
)  # fmt: skip
def test_fields_of_structured_values(template: str, expected: str | None) -> None:
    earlier = [Output(1, "r", '{"score": 7, "tags": ["a", "b"], "who": {"name": "Ada"}}'), Output(2, "gone", "")]
    local = {"item": {"n": 9}, "loop": {"index": 0, "number": 1, "count": 4}}
    if expected is None:
        with pytest.raises(TemplateError):
            render(template, inputs={"o": {"x": 1}}, earlier=earlier, local=local)
    else:
        assert render(template, inputs={"o": {"x": 1}}, earlier=earlier, append=False, local=local) == expected
    known = templating.check(template, inputs=["o"], earlier=earlier, local=["item", "loop"])
    # Escaped braces around a name that is known are other products' way of writing it, so the check asks.
    assert bool(known) is (template in {"{other.x}", "{loop.nope}", "{{r.score}}"})


WRONG: list[tuple[int, dict[str, Any], str]] = [
    (1, {"config": {"over": ""}}, "steps.1.config.over"),
    (1, {"config": {"over": "{nowhere}"}}, "steps.1.config.over"),
    (1, {"config": {"over": "plan", "at_most": 1001}}, "steps.1.config.at_most"),
    (1, {"config": {"over": "plan", "at_once": "two"}}, "steps.1.config.at_once"),
    (1, {"config": {"over": "plan", "until": 1}}, "steps.1.config.until"),
    (1, {"output_key": "item"}, "steps.1.output_key"),
    (2, {"branch": "then"}, "steps.2.branch"),
    (2, {"prompt_template": "{item} {loop.nope}"}, "steps.2.prompt_template"),
    (2, {"prompt_template": "{praises}"}, "steps.2.prompt_template"),
    (4, {"prompt_template": "{step_3_output}"}, "steps.4.prompt_template"),
    (5, {"prompt_template": "{item}"}, "steps.5.prompt_template"),
    (5, {"prompt_template": "{rate.score}"}, "steps.5.prompt_template"),
]


@pytest.mark.django_db
def test_what_is_wrong_with_a_loop_is_named() -> None:
    company = Company()
    api, agent = company.editor, company.agent()["id"]
    status, good = api.post("/api/workflow-recipes", {"name": "Good", "steps": flow(agent)})
    assert status == 201, good
    for place, change, field in WRONG:
        steps = flow(agent)
        steps[place] |= change
        status, found = api.post(f"/api/workflow-recipes/{good['id']}/validate", {"steps": steps})
        assert (status, field in found["problems"]) == (200, True), (place, change, found)
    empty = [*flow(agent)[:2], {"agent_id": agent, "prompt_template": "Close"}]
    _, found = api.post(f"/api/workflow-recipes/{good['id']}/validate", {"steps": empty})
    assert "steps.1.config.over" in found["problems"]
    for value in (0, 101, 1.5):
        change = {"execution_config": {"parallel_limit": value}}
        assert api.patch(f"/api/workflow-recipes/{good['id']}", change)[0] == 400
