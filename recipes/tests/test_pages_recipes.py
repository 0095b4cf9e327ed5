"""The list of recipes, one recipe, its Cook form and its versions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.services import change_status, delete_agent
from agents.tests.page_kit import Cast
from automatos.tests.queries import asked
from recipes.models import Execution, ExecutionStep, Recipe, Trigger
from recipes.runs.services import start
from recipes.services import delete_recipe
from recipes.tests.page_kit import Editor, make_recipe
from recipes.tests.test_engine import claim, done, failed

pytestmark = pytest.mark.django_db


def add_run(recipe: Recipe, status: str, seconds: int = 10) -> Execution:
    """A run that is over, with one step."""
    now = timezone.now()
    end = now + timedelta(seconds=seconds)
    run = Execution.objects.create(
        workspace=recipe.workspace, recipe=recipe, recipe_name=recipe.name, recipe_version=1, status=status,
        total_steps=1, unfinished_steps=0, triggered_by="page", deadline_at=end, started_at=now, completed_at=end,
    )  # fmt: skip
    step = recipe.steps.all()[0]
    assert step.agent is not None
    ExecutionStep.objects.create(
        workspace=recipe.workspace, execution=run, agent=step.agent, agent_name=step.agent.name, step_id=step.step_id,
        order=1, prompt_template="x", output_key="x", status=status, started_at=now, completed_at=end,
        input_tokens=100, output_tokens=50,
    )  # fmt: skip
    return run


def test_the_list_counts_real_runs_and_links_to_the_last() -> None:
    cast = Cast()
    recipe = make_recipe(cast, cast.agent(), "One")
    for status in ("completed", "completed", "failed"):
        run = add_run(recipe, status)
    text = cast.viewer.get(f"{cast.root}/recipes/").content.decode()
    assert "<b>3</b> runs" in text
    assert "<b>67%</b> done" in text
    assert "<b>10.0 s</b>" in text
    assert f"{cast.root}/runs/{run.pk}/" in text
    user = cast.owner_user
    for end in (lambda job: done(job, "x"), failed):
        start(workspace=cast.workspace, recipe=recipe, input_data={}, user=user, trigger=Trigger.PAGE)
        end(claim()[0])
    agent_page = cast.viewer.get(f"{cast.root}/agents/").content.decode()
    assert "<b>2</b> runs" in agent_page, "what the engine summed up"
    assert "<b>50%</b> of steps done" in agent_page


def test_empty_and_without_hits_are_two_different_messages() -> None:
    cast = Cast()
    assert "Write the first recipe" in cast.editor.get(f"{cast.root}/recipes/").content.decode()
    make_recipe(cast, cast.agent(), "One")
    none = cast.editor.get(f"{cast.root}/recipes/?q=zebra").content.decode()
    assert "Clear filters" in none
    assert "Write the first recipe" not in none


def test_the_number_of_queries_does_not_grow_with_the_recipes() -> None:
    cast = Cast()
    cast.viewer.get(f"{cast.root}/recipes/")  # the first request of a session also notes the device
    counts = []
    for round_ in range(2):
        for number in range(1 + 9 * round_):
            agent = cast.agent(f"Cook {round_} {number}")
            add_run(make_recipe(cast, agent, "One", "Two"), "completed")
        with asked() as seen:
            cast.viewer.get(f"{cast.root}/recipes/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[1] <= 14


def test_a_recipe_whose_agent_is_paused_or_deleted_says_so_before_cook_is_pressed() -> None:
    cast = Cast()
    agent = cast.agent("Quill")
    make_recipe(cast, agent, "One")
    path = f"{cast.root}/recipes/brief/"
    assert f'action="{path}cook/"' in cast.editor.get(path).content.decode()
    change_status(agent=agent, user=cast.owner_user, status="paused")
    paused = cast.editor.get(path).content.decode()
    assert "It cannot cook yet." in paused
    assert "Agent Quill is paused." in paused
    assert f'action="{path}cook/"' not in paused
    assert "Agent Quill is paused." in cast.editor.get(f"{cast.root}/recipes/?state=stuck").content.decode()
    refused = cast.editor.post(f"{path}cook/", {"token": "t"})
    assert refused.status_code == 422
    delete_agent(agent=agent, user=cast.owner_user)
    assert "Agent Quill was deleted." in cast.editor.get(path).content.decode()
    assert not Execution.objects.filter(workspace=cast.workspace).exists()


INPUTS = {
    "topic": {"type": "string", "required": True},
    "words": {"type": "integer", "default": 300},
    "formal": {"type": "boolean", "default": True},
    "names": {"type": "array", "default": ["a"]},
}


def cook_fields(**changes: str) -> dict[str, str]:
    fields = {"input-topic": "tea", "input-words": "", "input-formal": "on", "input-names": '["b", "c"]', "token": "t1"}
    return {**fields, **changes}


def test_cook_starts_a_run_with_typed_inputs_and_leads_to_its_kitchen() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "About {input.topic}", inputs=INPUTS)
    form = cast.editor.get(f"{cast.root}/recipes/brief/").content.decode()
    assert 'name="input-words" value="300"' in form
    answer = cast.editor.post(f"{cast.root}/recipes/brief/cook/", cook_fields())
    run = Execution.objects.get(workspace=cast.workspace)
    assert answer["Location"] == f"{cast.root}/runs/{run.pk}/"
    assert run.input_data == {"topic": "tea", "words": 300, "formal": True, "names": ["b", "c"]}
    assert (run.triggered_by, run.user) == ("page", cast.editor_user)


def test_an_unticked_box_is_no_and_wrong_inputs_are_named_with_what_was_typed() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "About {input.topic}", inputs=INPUTS)
    path = f"{cast.root}/recipes/brief/cook/"
    wrong = cook_fields(**{"input-topic": " ", "input-words": "many"})
    answer = cast.editor.post(path, wrong)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_input-topic_error"' in text
    assert 'id="id_input-words_error"' in text
    assert 'value="many"' in text
    sent = cook_fields()
    del sent["input-formal"]
    cast.editor.post(path, sent)
    assert Execution.objects.get(workspace=cast.workspace).input_data["formal"] is False


def test_the_same_form_sent_twice_is_one_run_and_two_forms_are_two() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "About {input.topic}", inputs=INPUTS)
    path = f"{cast.root}/recipes/brief/cook/"
    places = [cast.editor.post(path, cook_fields())["Location"] for _ in range(2)]
    assert places[0] == places[1]
    other = cast.owner.post(path, cook_fields(token="t2"))["Location"]
    changed = cast.editor.post(path, cook_fields(**{"input-topic": "coffee"}))["Location"]
    assert len({places[0], other, changed}) == 3
    assert Execution.objects.filter(workspace=cast.workspace).count() == 3


def test_a_viewer_sees_who_may_cook_and_cannot_do_it_by_address() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One")
    text = cast.viewer.get(f"{cast.root}/recipes/brief/").content.decode()
    assert "Editors can cook recipes. Ask Olga." in text
    assert "/cook/" not in text
    for path in ("cook/", "copy/", "edit/", "versions/restore/", "delete/"):
        assert cast.viewer.post(f"{cast.root}/recipes/brief/{path}").status_code == 403
    assert cast.editor.post(f"{cast.root}/recipes/brief/delete/").status_code == 403


def test_versions_are_compared_and_an_earlier_one_comes_back() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One", description="Old words")
    path = f"{cast.root}/recipes/brief/"
    Editor(cast.editor, cast.root, "brief").open("start").send(
        "publish", b_description="New words", changelog="Reworded"
    )
    text = cast.viewer.get(f"{path}versions/?from=1&to=2").content.decode()
    assert "removed: </span>Description: Old words" in text
    assert "added: </span>Description: New words" in text
    assert "Reworded" in text
    assert cast.viewer.get(f"{path}versions/?from=x&to=99").status_code == 200
    back = cast.editor.post(f"{path}versions/restore/", {"version": "1"}, follow=True).content.decode()
    assert "Version 1 is back, as version 3." in back
    assert "Old words" in back
    for wrong in ("", "99", "²", "-1"):
        assert cast.editor.post(f"{path}versions/restore/", {"version": wrong}).status_code == 404


def test_a_copy_opens_in_the_editor() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One")
    answer = cast.editor.post(f"{cast.root}/recipes/brief/copy/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{cast.root}/recipes/brief-copy/edit/"
    assert Recipe.objects.filter(workspace=cast.workspace).count() == 2


def test_deleting_keeps_the_runs_and_can_be_undone() -> None:
    cast = Cast()
    recipe = make_recipe(cast, cast.agent(), "One")
    run = add_run(recipe, "completed")
    assert "Its 1 run stays readable" in cast.owner.get(f"{cast.root}/recipes/brief/delete/").content.decode()
    gone = cast.owner.post(f"{cast.root}/recipes/brief/delete/", follow=True).content.decode()
    assert f'action="{cast.root}/recipes/{recipe.pk}/restore/"' in gone
    assert cast.owner.get(f"{cast.root}/recipes/brief/").status_code == 404
    assert cast.owner.get(f"{cast.root}/runs/{run.pk}/").status_code == 200
    make_recipe(cast, cast.agent("Other"), "Two")
    back = cast.owner.post(f"{cast.root}/recipes/{recipe.pk}/restore/", follow=True)
    assert back.redirect_chain[-1][0] == f"{cast.root}/recipes/brief-2/"


def test_another_workspaces_recipe_is_404() -> None:
    cast, other = Cast(), Cast()
    foreign = make_recipe(other, other.agent(), "One")
    for path in (f"{foreign.pk}/", "brief/", "brief/edit/", "brief/versions/", "nothing/"):
        assert cast.owner.get(f"{cast.root}/recipes/{path}").status_code == 404
    assert cast.owner.post(f"{cast.root}/recipes/{foreign.pk}/restore/").status_code == 404
    delete_recipe(recipe=foreign, user=None)
    assert other.stranger.get(f"{other.root}/recipes/").status_code == 404
