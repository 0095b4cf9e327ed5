"""Retry, run again from a step, pause and resume, as people press them: in the kitchen, the run list and its panel."""

import re
from typing import Any

import pytest
from django.test import Client

from recipes.models import Call, Execution
from recipes.tests.chat_kit import with_tools
from recipes.tests.kit import Cast
from recipes.tests.test_dashboard import browser_of
from recipes.tests.test_engine import claim, done, failed
from recipes.tests.test_loops import cast_recipe
from recipes.tests.test_reruns import api_of
from workspaces.models import Role, User
from workspaces.services import set_role

BUTTONS = ("retry", "begin", "pause", "resume")


class Kitchen:
    """One run's page in a browser, and the others that it leads to."""

    def __init__(self, client: Client, cast: Cast) -> None:
        self.client, self.root = client, f"/w/{cast.workspace.slug}/runs/"

    def text(self, run: Execution, query: str = "") -> str:
        """The page without its line breaks."""
        answer = self.client.get(f"{self.root}{run.pk}/{query}")
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.content.decode())

    def listed(self, run: Execution) -> tuple[str, str]:
        """The list of runs with this one in the panel: its line, and the panel."""
        text = self.client.get(f"{self.root}?run={run.pk}").content.decode()
        line, panel = text.split(f'id="run-{run.pk}"')[1].split("</tr>")[0], text.split('id="run-panel"')[1]
        return line, re.sub(r"\s+", " ", panel.split("</aside>")[0])

    def press(self, run: Execution, what: str, **fields: str) -> tuple[Execution, str]:
        """The run whose page comes next, and what that page says."""
        answer: Any = self.client.post(f"{self.root}{run.pk}/{what}/", fields, follow=True)
        (address, status), *_ = answer.redirect_chain
        assert (status, answer.status_code) == (302, 200)
        return Execution.objects.get(pk=address.split("/")[-2]), answer.content.decode()


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


def test_a_failed_run_is_retried_from_its_step_and_a_finished_one_begun_anywhere(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    run = cast.cook(cast.recipe("One", "Two {step_1}", "Three {step_2}"))
    (second,) = done(claim()[0], "first")
    for what, why in (("retry", "Only a run that failed"), ("begin", "still under way"), ("resume", "not paused")):
        same, said = page.press(run, what, from_step="1")
        assert (same.pk, why in said) == (run.pk, True), what
    failed(second)
    text = page.text(run)
    assert text.index("Retry from step 2</button>") < text.index("Rerun with changed inputs</a> <form")
    line, panel = page.listed(run)
    assert f"{run.pk}/retry/" in line
    assert "Retry from step 2" in panel
    made, said = page.press(run, "retry")
    assert (made.source_id, made.triggered_by) == (run.pk, "page")
    assert "What was finished there is taken over." in said
    assert f"{made.pk}/" in page.text(run), "the old run leads to the one that goes on"
    assert f"{run.pk}/" in page.text(made).split("This run goes on from")[1]
    (third,) = done(claim()[0], "second")
    assert f"{made.pk}/retry/" not in page.text(made)
    done(third, "end")
    assert "Run again from here" in page.text(made, "?step=2")
    assert page.press(made, "retry")[0] == made
    assert "There is no step" in page.press(made, "begin", from_step="9\x00")[1]
    again, _ = page.press(made, "begin", from_step="2")
    assert (again.source_id, claim()[0].task.messages[-1].content) == (made.pk, "Two first")


def test_a_failed_step_is_mended_with_another_prompt_where_it_failed(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    recipe = cast.recipe("One", "Two {step_1}", "Three {step_2}")
    run = cast.cook(recipe)
    (second,) = done(claim()[0], "first")
    failed(second)
    text = page.text(run)
    assert "Two {step_1}</textarea>" in text
    assert f"recipes/{recipe.template_id}/edit/?step=step_2" in text
    same, said = page.press(run, "begin", from_step="2", prompt="Say {nothing}\r\nnow")
    assert same.pk == run.pk
    assert "Say {nothing}\nnow</textarea>" in said
    why = said.split('id="mend-wrong"')[1].split("</div>")[0]
    assert "{nothing} is not known here." in why
    assert "overrides" not in why
    assert "Say {nothing}" not in page.text(run), "it is said once"
    made, _ = page.press(run, "begin", from_step="2", prompt="Say {step_1}\r\nagain")
    assert (made.source_id, claim()[0].task.messages[-1].content) == (run.pk, "Say first\nagain")
    assert recipe.steps.get(order=2).prompt_template == "Two {step_1}"
    recipe.version += 1
    recipe.save(update_fields=["version"])
    assert "It does version 1 of the recipe; cook again for version 2." in page.text(run)


def test_a_failed_call_is_mended_with_other_arguments(cast: Cast) -> None:
    """Where it failed, and over REST; what is no call, no JSON or names nothing is refused by name."""
    page = Kitchen(browser_of(cast.owner), cast)
    with_tools(cast.agent, "calculator")
    config = {"tool": "calculator", "arguments": {"expression": "{step_1} +"}}
    steps: list[dict[str, Any]] = [{"prompt_template": "One"}, {"kind": "tool", "config": config}]
    run = cast.cook(cast_recipe(cast, [{**step, "agent_id": cast.agent.id} for step in steps]))
    (second,) = done(claim()[0], "6")
    failed(second)
    text = page.text(run)
    assert "Call calculator" in text, "called as in the editor"
    events = page.text(run, "?tab=events").split('id="panel"')[1].split('class="stage-f"')[0]
    assert ("step.failed" in events, "step_2" in events) == (True, False), "in the events too"
    assert (
        "&quot;expression&quot;: &quot;{step_1} +&quot;" in text.split('id="mend-arguments"')[1].split("</textarea>")[0]
    )
    for typed, why in (
        ("{", "This is not JSON"),
        ("[1]", "Write an object"),
        ('{"expression": "{gone}"}', "not known here"),
    ):
        same, said = page.press(run, "begin", from_step="2", arguments=typed)
        assert same.pk == run.pk
        assert why in said.split('id="mend-wrong"')[1].split("</div>")[0]
    made, _ = page.press(run, "begin", from_step="2", arguments='{"expression": "{step_1} * 7"}')
    (job,) = claim()
    assert job.call is not None
    assert (made.source_id, job.call.arguments) == (run.pk, {"expression": "6 * 7"})
    api, path = api_of(cast), f"/api/executions/{run.pk}/rerun"
    for step, given, field in (
        ("1", {"expression": "1"}, "overrides.steps.1.arguments"),
        ("2", {"expression": "{gone}"}, "overrides.steps.2.arguments"),
        ("2", {"expression": "\x00"}, "overrides.steps.2.arguments.expression"),
    ):
        body = {"from_step": step, "overrides": {"steps": {step: {"arguments": given}}}}
        status, answer = api.post(path, body)
        assert (status, field in answer["error"]["fields"]) == (400, True), answer
    body = {"from_step": "2", "overrides": {"steps": {"2": {"arguments": {"expression": "1 + 1"}}}}}
    assert api.post(path, body)[0] == 202
    assert [one.call.arguments for one in claim() if one.call] == [{"expression": "1 + 1"}]


def test_a_live_run_is_paused_and_resumed(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    run = cast.cook(cast.recipe("One", "Two"))
    (first,) = claim()
    assert f"{run.pk}/pause/" in page.text(run)
    assert f"{run.pk}/pause/" in page.listed(run)[1]
    assert "</i>1 cooking" in page.text(run)
    assert "The run is paused." in page.press(run, "pause")[1]
    assert "data-since" in page.text(run).split("Elapsed")[1].split("Tokens")[0], "its first step is still at work"
    assert done(first, "first") == []
    text, (line, panel) = page.text(run), page.listed(run)
    assert "data-since" not in text.split("Elapsed")[1].split("Tokens")[0]
    assert "</i>1 cooking" not in text
    assert all(f"{run.pk}/resume/" in shown for shown in (text, line, panel))
    assert "<strong>This run is paused.</strong>" in text
    assert 'title="Paused"' in line
    assert "is over, or paused already" in page.press(run, "pause")[1]
    assert "The run goes on" in page.press(run, "resume")[1]
    done(claim()[0], "second")
    assert "is over, or paused already" in page.press(run, "pause")[1]
    text = page.text(run)
    assert not [what for what in ("pause", "resume", "retry") if f"{run.pk}/{what}/" in text]


def test_who_may_not_run_neither_sees_nor_presses_them(cast: Cast) -> None:
    run = cast.cook(cast.recipe("One", "Two"))
    viewer = User.objects.create_user(f"viewer-{run.pk}@example.org")
    set_role(workspace=cast.workspace, user=viewer, role=Role.VIEWER)
    page = Kitchen(browser_of(viewer), cast)
    live = page.text(run)
    failed(claim()[0])
    text = live + page.text(run) + "".join(page.listed(run))
    assert not [what for what in BUTTONS if f"{run.pk}/{what}/" in text]
    outsider = browser_of(Cast().owner)
    for what in BUTTONS:
        assert page.client.post(f"{page.root}{run.pk}/{what}/", {"from_step": "1"}).status_code == 403, what
        assert outsider.post(f"{page.root}{run.pk}/{what}/", {"from_step": "1"}).status_code == 404, what
        assert browser_of(cast.owner).get(f"{page.root}{run.pk}/{what}/").status_code == 405, what
    assert Execution.objects.filter(source=run).count() == 0


def test_a_button_that_is_pressed_twice_starts_one_run(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    run = cast.cook(cast.recipe("One", "Two"))
    failed(done(claim()[0], "first")[0])
    token = page.text(run).split('name="token" value="')[1].partition('"')[0]
    for what in ("retry", "again"):
        made = [page.press(run, what, token=token)[0].pk for _ in range(2)]
        assert made[0] == made[1] != run.pk, what
    assert page.press(run, "again", token="another")[0].pk != made[0], "another press is another run"
    assert Execution.objects.count() == 4


def test_a_token_holds_for_one_button_and_odd_places_are_refused(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    run = cast.cook(cast.recipe("One", "Two"))
    failed(claim()[0])
    first, again = (page.press(run, "retry", token="t\0")[0] for _ in range(2))
    assert (first.pk != run.pk, again.pk) == (True, first.pk)
    assert page.press(run, "begin", from_step="1", token="t\0")[0].pk not in (run.pk, first.pk)
    # Places that begin alike are not the same place, and one that cannot be is said to be none.
    far = "1" * 300
    for place in ("\0", far, f"{far}2"):
        same, said = page.press(run, "begin", from_step=place, token="t")
        assert (same.pk, "There is no step" in said) == (run.pk, True)


def test_what_a_run_cost_is_said_with_why(cast: Cast) -> None:
    page = Kitchen(browser_of(cast.owner), cast)
    run = cast.cook(cast.recipe("One", "Two", "Three"))
    (last,) = done(done(claim()[0], "a")[0], "b")
    assert 'id="costs-title"' not in page.text(run), "its figures stand in the strip"
    done(last, "c")
    calls = list(Call.objects.filter(step__execution=run).order_by("step__order"))
    paid = {"openai:gpt-4o-mini": "0.75", "local:small": "0", "openai:odd": "0.25"}
    for call, (name, cost) in zip(calls, paid.items(), strict=True):
        Call.objects.filter(pk=call.pk).update(name=name, cost=cost, input_tokens=1200, output_tokens=30)
    card = page.text(run).split('id="costs-title"')[1].split("</section>")[0]
    first, second, third = re.findall(r"<li>.*?</li>", card)
    assert "1 call · 1.2k tokens in, 30 out · $0.150 in, $0.600 out for a million tokens" in first
    assert ("$0.750" in first, "75 %" in first) == (True, True)
    assert "its price is not known today" in second
    assert "runs on this machine and costs nothing" in third
