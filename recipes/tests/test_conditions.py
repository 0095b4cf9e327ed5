"""Conditions: written at the page and through REST, decided by a worker, seen in the kitchen."""

import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agents.tests.page_kit import Cast as PageCast
from automatos.testing import Stack
from recipes.engine import turns
from recipes.engine.expressions import ExpressionError, evaluate, names
from recipes.engine.steps import Outcome
from recipes.models import Execution, Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, error_of, final_output
from recipes.tests.page_kit import Editor
from recipes.tests.test_engine import ME, claim, done, reply
from recipes.validation import StepInput
from workspaces.tests.rest import Caller, Company


def flow(agent: Any, expression: str = "score >= 7") -> list[dict[str, Any]]:
    """draft, then by its score: praise and send, or mend; then close."""
    return [
        {"agent_id": agent, "prompt_template": "Rate it", "output_key": "score", "step_id": "draft"},
        {"kind": "condition", "step_id": "check", "name": "Good enough", "config": {"expression": expression}},
        {"agent_id": agent, "prompt_template": "Praise it", "step_id": "praise", "under": "check", "branch": "then"},
        {"agent_id": agent, "prompt_template": "Send {previous_output}", "under": "check", "branch": "then"},
        {"agent_id": agent, "prompt_template": "Mend it", "output_key": "mended", "under": "check", "branch": "else"},
        {"agent_id": agent, "prompt_template": "Close {previous_output}", "step_id": "close"},
    ]


def cast_recipe(cast: Cast, **fields: Any) -> Recipe:
    steps = [StepInput(**step) for step in flow(cast.agent.id)]
    return create_recipe(
        workspace=cast.workspace, user=cast.owner, data=RecipeInput(name="Flow", steps=steps, **fields)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("score", "statuses", "result"),
    [
        ("8", ["completed", "completed", "completed", "completed", "skipped", "completed"], "Bye sent"),
        ("5", ["completed", "completed", "skipped", "skipped", "completed", "completed"], "Bye mended"),
    ],
)
def test_a_worker_takes_the_branch_and_says_so(stack: Stack, score: str, statuses: list[str], result: str) -> None:
    room = Room(stack)
    for said, answer in [
        ("Rate it", score), ("Praise it", "Bravo"), ("Send Bravo", "Parcel"), ("Mend it", "Thread"),
        ("Close Parcel", "Bye sent"), ("Close Thread", "Bye mended"),
    ]:  # fmt: skip
        stack.models.on(said, reply=answer)
    api = Caller(room.key)
    status, made = api.post("/api/workflow-recipes", {"name": "Flow", "steps": flow(str(room.cast.agent.pk))})
    assert status == 201, made
    assert [(s["kind"], s["under"], s["branch"]) for s in made["steps"]][1:3] == [
        ("condition", "", ""), ("agent", "check", "then"),
    ]  # fmt: skip
    _, started = api.post(f"/api/workflow-recipes/{made['template_id']}/execute", {})
    execution = ended(Execution.objects.get(pk=started["execution_id"]), 30)
    assert (execution.status, final_output(execution)) == ("completed", result)
    assert list(execution.steps.values_list("status", flat=True)) == statuses
    assert_numbered_without_gap(execution)
    events = {(e.step, e.type): e.data for e in execution.events.all()}
    assert events[2, "step.completed"]["branch"] == ("then" if score == "8" else "else")
    assert events[2, "step.completed"]["path"] == "check"
    one = api.send("GET", f"/api/executions/{execution.pk}/steps/check")[1]
    assert (one["order"], one["kind"], one["agent_id"], one["prompt"]) == (2, "condition", None, "score >= 7")
    assert one == api.send("GET", f"/api/executions/{execution.pk}/steps/2")[1]
    assert "Good enough" not in "".join(r.prompt for r in stack.models.requests), "conditions are told to no model"


WRONG: list[tuple[int, dict[str, Any], str]] = [
    (1, {"config": {"expression": "scor >= 7"}}, "steps.1.config.expression"),
    (1, {"config": {"expression": "score >="}}, "steps.1.config.expression"),
    (1, {"config": {"expression": "score.__class__.__mro__()"}}, "steps.1.config.expression"),
    (1, {"config": {"expression": 7}}, "steps.1.config.expression"),
    (1, {"config": {}}, "steps.1.config.expression"),
    (1, {"config": {"expression": "score", "more": 1}}, "steps.1.config.more"),
    (1, {"prompt_template": "Hi"}, "steps.1.prompt_template"),
    (1, {"kind": "magic"}, "steps.1.kind"),
    (2, {"under": "nowhere"}, "steps.2.under"),
    (2, {"under": "draft"}, "steps.2.under"),
    (2, {"branch": "maybe"}, "steps.2.branch"),
    (2, {"under": ""}, "steps.2.branch"),
    (2, {"agent_id": None}, "steps.2.agent_id"),
    (5, {"prompt_template": "{check}"}, "steps.5.prompt_template"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("place", "change", "field"), WRONG)
def test_what_is_wrong_is_named_when_saving_and_when_validating(place: int, change: dict[str, Any], field: str) -> None:
    company = Company()
    api, steps = company.editor, flow(company.agent()["id"])
    _, good = api.post("/api/workflow-recipes", {"name": "Good", "steps": steps})
    steps[1]["output_key"] = "check"
    steps[place] |= change
    status, answer = api.post("/api/workflow-recipes", {"name": "Flow", "steps": steps})
    assert (status, field in answer["error"]["fields"]) == (400, True), answer
    status, found = api.post(f"/api/workflow-recipes/{good['id']}/validate", {"steps": steps})
    assert (status, found["valid"], field in found["problems"]) == (200, False, True)
    found = api.post(f"/api/workflow-recipes/{good['id']}/validate", {})[1]
    assert (found["valid"], found["problems"], found["details"]) == (True, {}, [])


@pytest.mark.django_db
def test_a_condition_that_cannot_be_decided_fails_with_the_reason() -> None:
    cast = Cast()
    execution = cast.cook(cast_recipe(cast))
    done(claim()[0], "rather good")
    turns.take_turn(ME, [], 5)
    execution.refresh_from_db()
    assert (execution.status, error_of(execution)["code"]) == ("failed", "expression_error")
    assert "compared" in error_of(execution)["message"]
    assert error_of(execution)["step"] == 2


# --- any flow, any order ---


@st.composite
def flows(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 7))):
        conditions = [one["step_id"] for one in steps if one["kind"] == "condition"]
        above = draw(st.sampled_from(["", *conditions]))
        kind = draw(st.sampled_from(["agent", "agent", "condition"]))
        keys = [one["output_key"] for one in steps if one["kind"] == "agent"]
        named = draw(st.sampled_from(["", *keys]))
        step = {"kind": kind, "step_id": f"s{place}", "output_key": f"k{place}", "under": above}
        step["branch"] = draw(st.sampled_from(["then", "else"])) if above else ""
        step["error_handling"] = draw(st.sampled_from(["stop", "skip", "skip"])) if kind == "agent" else "stop"
        if kind == "condition":
            step["config"] = {
                "expression": f"contains({named}, 'y')" if named else draw(st.sampled_from(["true", "1 > 2"]))
            }
        else:
            step["prompt_template"] = f"Do {{{named}}}" if named else "Do it"
        steps.append(step)
    return steps


@pytest.mark.django_db
def test_any_flow_ends_right_on_the_tables() -> None:
    cast = Cast()

    @settings(deadline=None, max_examples=12, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    @given(flows(), st.sampled_from(["sequential", "parallel"]), st.randoms(use_true_random=False))
    def any_flow(steps: list[dict[str, Any]], mode: str, rng: random.Random) -> None:
        agents = [{**step, "agent_id": cast.agent.id} if step["kind"] == "agent" else step for step in steps]
        data = RecipeInput(name="Any", steps=[StepInput(**step) for step in agents], execution_config={"mode": mode})
        execution = cast.cook(create_recipe(workspace=cast.workspace, user=cast.owner, data=data))
        work_through(execution, rng)
        check(execution, steps)

    any_flow()


def work_through(execution: Execution, rng: random.Random) -> None:
    """Play the worker until the run is over: answers and errors in any order, some told twice."""
    held = claim()
    for _ in range(50):
        execution.refresh_from_db()
        if not execution.is_live:
            return
        rng.shuffle(held)
        count = rng.randint(1, 3)
        some, held = held[:count], held[count:]
        outcomes = [
            Outcome(job.step_id, job.fence, reply=reply(rng.choice(["yes", "no"])))
            if rng.random() < 0.8
            else Outcome(job.step_id, job.fence, error=ExpressionError("Not today."))
            for job in some
        ]
        held += turns.take_turn(ME, outcomes + outcomes[:1], 10).jobs
    raise AssertionError("The run does not come to its end.")


def check(execution: Execution, steps: list[dict[str, Any]]) -> None:
    found = {step.step_id: step for step in execution.steps.all()}
    assert_numbered_without_gap(execution)
    ends = list(execution.events.filter(type__in=["step.completed", "step.skipped", "step.failed"]))
    assert len({event.step for event in ends}) == len(ends), "each step is settled once"
    if execution.status == "failed":
        assert not {step.status for step in found.values()} & {"pending", "running"}
        return
    assert (execution.status, execution.unfinished_steps) == ("completed", 0)
    assert {step.status for step in found.values()} <= {"completed", "skipped"}
    for step in steps:
        if step["under"] and found[step["under"]].output != step["branch"]:
            assert found[step["step_id"]].status == "skipped"


# --- the language ---


@settings(max_examples=300)
@given(st.text(st.one_of(st.sampled_from("abx._[]()'\"<>=!+-*/%,0123 notandrinlen"), st.characters()), max_size=60))
def test_no_text_does_more_than_decide_or_complain(text: str) -> None:
    with suppress(ExpressionError):
        assert evaluate(text, {"x": 1}, {"a": '{"b": [1, 2]}', "b": "no"}) in (True, False)
    with suppress(ExpressionError):
        names(text)


@pytest.mark.parametrize(
    "expression",
    [
        "a.__class__", "a.format(a)", "'%999999999d' % 1", "'a' * 1000000", "[1] * 1000000", "9 ** 99", "1 << 99",
        "(lambda: 1)()", "[x for x in a]", "f'{a}'", "__import__('os')", "len.__self__", "a.b.c", "1 / 0", "a[9]",
        "input.secret()", "text(a)(a)", "{1: 2}", "b'x'", "1j", "a if a else a", "(a := 1)", "*a", "x" * 3000,
    ],
)  # fmt: skip
def test_what_conditions_are_not_for_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, {"x": 1}, {"a": "[1, 2]"})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("score >= 7", True), ("review.mood == 'good'", True), ("review.tags[0] in ['x', 'y']", True),
        ("contains(lower(text_of), 'yes')", True), ("empty(nothing) and not empty(review)", True),
        ("number(share) > 40", True), ("len(review.tags) == 1", True), ("starts_with(text_of, 'Well')", True),
        ("input.count * 2 == 6", True), ("input['name'] == 'Ada'", True), ("yes_no == true", True),
        ("score < 3 or score + 1 == 9", True), ("not ends_with(text_of, '!')", False), ("review.none == null", True),
    ],
)  # fmt: skip
def test_values_and_comparisons(expression: str, expected: bool) -> None:
    outputs = {
        "score": " 8\n", "review": '{"mood": "good", "tags": ["x"], "none": null}', "text_of": "Well, YES!",
        "nothing": " ", "share": "41%", "yes_no": "true",
    }  # fmt: skip
    assert evaluate(expression, {"count": 3, "name": "Ada"}, outputs) is expected


# --- pages ---


@pytest.mark.django_db
def test_the_editor_adds_saves_and_shows_a_condition() -> None:
    cast = PageCast()
    agent = cast.agent()
    editor = Editor(cast.editor, cast.root).open("start").send(b_name="Rated").open("step_1")
    editor.send("add:condition", s_agent_id=str(agent.pk), s_prompt_template="Rate it", s_output_key="score")
    condition = editor.page.part
    editor.send(s_name="Good", s_expression="scor > 7")
    assert "scor is no input and no output of an earlier step. Did you mean score?" in editor.text
    editor.send("cure:scor:score").send(f"add-in:agent:{condition}:then")
    inside = editor.page.part
    editor.send("publish", s_agent_id=str(agent.pk), s_prompt_template="Praise it")
    recipe = Recipe.objects.get(workspace=cast.workspace)
    rows = [(step.kind, step.under, step.branch) for step in recipe.steps.all()]
    assert rows == [("agent", "", ""), ("condition", "", ""), ("agent", condition, "then")]
    detail = cast.viewer.get(f"{cast.root}/recipes/{recipe.template_id}/").content.decode()
    assert "score &gt; 7" in detail
    assert "only if Good" in detail
    editor = Editor(cast.editor, cast.root, recipe.template_id).open(inside)
    assert "If not Good" in editor.text
    graph = editor.open(inside, view="graph").text
    assert '<svg class="graph"' in graph
    editor.open(condition).send(f"remove:{condition}")
    assert [(step["step_id"], step.get("under")) for step in editor.page.body["steps"]][1] == (inside, "")
    assert editor.send("undo").page.body["steps"][2]["under"] == condition


@pytest.mark.django_db
def test_the_kitchen_shows_which_branch_was_taken(client: Any) -> None:
    cast = Cast()
    execution = cast.cook(cast_recipe(cast))
    done(claim()[0], "5")
    jobs = claim()
    assert [job.order for job in jobs] == [5]
    client.force_login(cast.owner)
    root = f"/w/{cast.workspace.slug}/runs/{execution.pk}/"
    page = client.get(f"{root}?step=2").content.decode()
    assert "The condition was not true." in page
    assert "score &gt;= 7" in page
    assert "only if Good enough" in page
    assert "It stands in a branch that was not taken." in client.get(f"{root}?step=3").content.decode()
    assert client.get(f"{root}?step=2&tab=events").status_code == 200
