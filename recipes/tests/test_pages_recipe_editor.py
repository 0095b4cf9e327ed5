"""Writing and changing a recipe in its editor, without scripts."""

import pytest

from agents.models import Conversation
from agents.services import delete_agent
from agents.tests.page_kit import Cast
from automatos.tests.queries import asked
from recipes.chat.answer_services import Question, ask
from recipes.models import Recipe, Trigger
from recipes.services import as_input
from recipes.tests.page_kit import form_of, input_fields, make_recipe, recipe_fields, step_fields
from workspaces.tests.matrix_filters import drop_policies

pytestmark = pytest.mark.django_db


def test_an_editor_writes_a_recipe_with_inputs_and_steps() -> None:
    cast = Cast()
    quill, argus = cast.agent("Quill"), cast.agent("Argus")
    sent = recipe_fields(
        input_fields(0, "topic", required="on", default="tea", description="About what"),
        input_fields(1, "words", type="integer", default="300"),
        step_fields(0, quill, "Write {input.words} words about {input.topic}.", output_key="text"),
        step_fields(1, argus, "Check {text}.", error_handling="retry", max_retries="2", timeout="30"),
        **{"settings-total_timeout": "90", "settings-backoff": "1.5"},
    )
    answer = cast.editor.post(f"{cast.root}/recipes/new/", sent, follow=True)
    assert answer.redirect_chain == [(f"{cast.root}/recipes/brief/", 302)]
    recipe = Recipe.objects.get(workspace=cast.workspace)
    assert recipe.inputs == {
        "topic": {"type": "string", "required": True, "default": "tea", "description": "About what"},
        "words": {"type": "integer", "required": False, "default": 300},
    }
    assert recipe.execution_config == {"mode": "sequential", "total_timeout": 90, "backoff": 1.5}
    steps = recipe.steps.values_list("name", "output_key", "error_handling", "max_retries", "timeout")
    assert list(steps) == [("Task 1", "text", "stop", 1, 300.0), ("Task 2", "step_2", "retry", 2, 30.0)]


def test_an_unknown_variable_is_an_error_at_that_step_that_names_what_there_is() -> None:
    cast = Cast()
    agent = cast.agent()
    sent = recipe_fields(
        input_fields(0, "topic"),
        step_fields(0, agent, "About {input.topic}", output_key="text"),
        step_fields(1, agent, "Check {txet} and {input.topik}"),
    )
    answer = cast.editor.post(f"{cast.root}/recipes/new/", sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_steps-1-prompt_template_error"' in text
    assert 'id="id_steps-0-prompt_template_error"' not in text
    assert "{txet} is not known here. You can use {input.topic}, {text}" in text
    assert "{input.topik} is not an input of this recipe." in text
    assert 'href="#id_steps-1-prompt_template">Step 2, prompt</a>' in text
    assert "Check {txet}" in text


def test_every_kind_of_problem_lands_at_its_field() -> None:
    cast = Cast()
    agent = cast.agent()
    sent = recipe_fields(
        input_fields(0, "My Topic"),
        input_fields(1, "many", type="integer", default="lots"),
        step_fields(0, None, output_key="Bad Key", max_retries="-1", timeout="soon"),
        step_fields(1, agent, ""),
        **{"name": "", "template_id": "Not Good", "settings-backoff": "99", "settings-max_retries": "1.5"},
    )
    text = cast.editor.post(f"{cast.root}/recipes/new/", sent).content.decode()
    for field in (
        "name", "template_id", "inputs-0-name", "inputs-1-default", "steps-0-agent_id", "steps-0-output_key",
        "steps-0-max_retries", "steps-0-timeout", "steps-1-prompt_template", "settings-backoff", "settings-max_retries",
    ):  # fmt: skip
        assert f'id="id_{field}_error"' in text, field
    assert "11 things to fix" in text
    assert not Recipe.objects.filter(workspace=cast.workspace).exists()


def test_inputs_of_one_name_or_without_a_name_are_refused() -> None:
    cast = Cast()
    rows = [input_fields(0, "topic"), input_fields(1, "topic"), input_fields(2, "", default="x"), input_fields(3, "")]
    sent = recipe_fields(*rows, step_fields(0, cast.agent()))
    text = cast.editor.post(f"{cast.root}/recipes/new/", sent).content.decode()
    assert "Another input is called topic already." in text
    assert 'id="id_inputs-2-name_error"' in text
    assert 'id="id_inputs-3-name_error"' not in text


def test_opening_and_saving_the_editor_changes_nothing_but_the_version() -> None:
    cast = Cast()
    recipe = make_recipe(
        cast, cast.agent(), "One {input.a}", "Two {previous_output}",
        inputs={
            "b": {"type": "array", "default": ["x", 1], "required": False},
            "a": {"type": "boolean", "required": True},
        },
        outputs={"text": {"type": "string"}}, tags=["t"], execution_config={"mode": "parallel", "retry_delay": 0.5},
    )  # fmt: skip
    before = as_input(Recipe.objects.get(pk=recipe.pk))
    sent = form_of(cast.editor.get(f"{cast.root}/recipes/brief/edit/"))
    assert cast.editor.post(f"{cast.root}/recipes/brief/edit/", sent).status_code == 302
    recipe = Recipe.objects.get(pk=recipe.pk)
    assert as_input(recipe) == before
    assert list(as_input(recipe).inputs) == ["b", "a"]
    assert recipe.version == 2


@pytest.mark.parametrize(
    ("button", "names", "focus"),
    [
        ("step-up:1", ["B", "A", "C"], "step-0-down"),
        ("step-up:2", ["A", "C", "B"], "step-1-up"),
        ("step-down:0", ["B", "A", "C"], "step-1-down"),
        ("step-down:1", ["A", "C", "B"], "step-2-up"),
        ("step-up:0", ["A", "B", "C"], ""),
        ("step-remove:1", ["A", "C"], "put-back"),
        ("step-copy:0", ["A", "A (copy)", "B", "C"], "id_steps-1-name"),
        ("step-add", ["A", "B", "C", None], "id_steps-3-name"),
        ("step-up:²", ["A", "B", "C"], ""),
        ("nonsense", ["A", "B", "C"], ""),
    ],
)
def test_the_editors_buttons_rearrange_what_was_typed(button: str, names: list[str], focus: str) -> None:
    cast = Cast()
    agent = cast.agent()
    rows = [step_fields(place, agent, f"Prompt {name}", name=name) for place, name in enumerate("ABC")]
    page = cast.editor.post(f"{cast.root}/recipes/new/", recipe_fields(*rows, do=button))
    forms = page.context["forms"].steps
    assert page.status_code == 200
    assert [form["name"].value() or None for form in forms] == names
    assert page.context["focus"] == focus
    assert len({form["step_id"].value() for form in forms}) == len(forms)
    assert not Recipe.objects.filter(workspace=cast.workspace).exists()


def test_a_removed_step_can_be_put_back_with_all_that_was_typed() -> None:
    cast = Cast()
    agent = cast.agent()
    rows = [step_fields(place, agent, f"Prompt {name}", name=name) for place, name in enumerate("ABC")]
    page = cast.editor.post(f"{cast.root}/recipes/new/", recipe_fields(*rows, do="step-remove:1"))
    assert "Step “B” was removed." in page.content.decode()
    sent = {**form_of(page), "removed": page.context["removed"], "do": "put-back"}
    page = cast.editor.post(f"{cast.root}/recipes/new/", sent)
    assert [form["prompt_template"].value() for form in page.context["forms"].steps] == [f"Prompt {n}" for n in "ABC"]


def test_a_spoilt_note_of_what_was_removed_does_no_harm() -> None:
    cast = Cast()
    row = step_fields(0, cast.agent())
    for note in ("{", "[]", '{"kind": "steps", "place": Infinity, "row": {}}', '{"kind": "x"}', "[" * 5000):
        answer = cast.editor.post(f"{cast.root}/recipes/new/", recipe_fields(row, removed=note, do="put-back"))
        assert answer.status_code == 200


def test_the_variables_on_offer_are_those_of_that_step() -> None:
    cast = Cast()
    agent = cast.agent()
    sent = recipe_fields(
        input_fields(0, "topic"), step_fields(0, agent, output_key="text"), step_fields(1, agent), do="insert:1:text"
    )
    page = cast.editor.post(f"{cast.root}/recipes/new/", sent)
    assert [step["variables"] for step in page.context["steps"]] == [
        ["input.topic"],
        ["input.topic", "previous_output", "text"],
    ]
    assert page.context["forms"].steps[1]["prompt_template"].value() == "Write. {text}"


def test_a_new_steps_output_key_never_collides() -> None:
    cast = Cast()
    agent = cast.agent()
    rows = [step_fields(0, agent, output_key="step_2"), step_fields(1, agent), step_fields(2, agent)]
    answer = cast.editor.post(f"{cast.root}/recipes/new/", recipe_fields(*rows))
    keys = list(Recipe.objects.get(workspace=cast.workspace).steps.values_list("output_key", flat=True))
    assert answer.status_code == 302
    assert len(set(keys)) == 3


def test_a_step_of_a_deleted_agent_says_so_and_keeps_the_rest() -> None:
    cast = Cast()
    agent = cast.agent("Quill")
    make_recipe(cast, agent, "One")
    delete_agent(agent=agent, user=cast.owner_user)
    page = cast.editor.get(f"{cast.root}/recipes/brief/edit/")
    assert "Quill (deleted)" in page.content.decode()
    answer = cast.editor.post(f"{cast.root}/recipes/brief/edit/", form_of(page))
    assert answer.status_code == 422
    assert "Quill was deleted. Choose another agent." in answer.content.decode()


def test_the_second_of_two_editors_sees_what_the_first_changed_and_may_overwrite() -> None:
    cast = Cast()
    recipe = make_recipe(cast, cast.agent(), "One", description="Old")
    path = f"{cast.root}/recipes/brief/edit/"
    opened = form_of(cast.editor.get(path))
    cast.owner.post(path, {**form_of(cast.owner.get(path)), "description": "Hers"})
    late = cast.editor.post(path, {**opened, "steps-0-prompt_template": "Mine"})
    text = late.content.decode()
    assert late.status_code == 409
    assert "Changed by Olga" in text
    assert "You began from version 1; the saved one is version 2." in text
    assert "Description: Hers" in text
    assert "Mine</textarea>" in text
    recipe.refresh_from_db()
    assert recipe.version == 2
    assert cast.editor.post(path, {**opened, "name": "Mine", "overwrite": "2"}).status_code == 302
    recipe.refresh_from_db()
    assert (recipe.name, recipe.description, recipe.version) == ("Mine", "Old", 3)


def test_hostile_values_are_errors_not_crashes() -> None:
    cast = Cast()
    agent = cast.agent()
    good = recipe_fields(input_fields(0, "a"), step_fields(0, agent))
    assert {"name", "steps-0-prompt_template"} <= good.keys()
    for field in good:
        for text in ("\x00", "9" * 4500, "<script>alert(1)</script>"):
            answer = cast.editor.post(f"{cast.root}/recipes/new/", {**good, field: text})
            assert answer.status_code in (302, 422), (field, text)
            assert b"<script>alert" not in answer.content
    many = recipe_fields(*(step_fields(place, agent) for place in range(60)))
    assert "keep 50 or fewer" in cast.editor.post(f"{cast.root}/recipes/new/", many).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_steps() -> None:
    cast = Cast()
    cast.editor.get(f"{cast.root}/recipes/")  # the first request of a session also notes the device
    counts = []
    for steps in (1, 12):
        recipe = make_recipe(cast, cast.agent(f"A{steps}"), *["Write"] * steps, template_id=f"r{steps}")
        with asked() as seen:
            cast.editor.get(f"{cast.root}/recipes/{recipe.template_id}/edit/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_an_answer_begins_a_recipe_in_its_own_workspace_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_policies(monkeypatch)
    cast, other = Cast(), Cast()
    talk = Conversation.objects.create(workspace=cast.workspace, agent=cast.agent(), user=cast.editor_user)
    answer = ask(conversation=talk, question=Question("Boil it."), user=talk.user, trigger=Trigger.PLAYGROUND)
    page = cast.editor.get(f"{cast.root}/recipes/new/?answer={answer.pk}")
    assert (page.status_code, "Boil it." in page.content.decode()) == (200, True)
    assert other.editor.get(f"{other.root}/recipes/new/?answer={answer.pk}").status_code == 404
