"""Writing and changing a recipe in its editor, without scripts; and the pure parts of it."""

from typing import Any

import pytest

from agents.models import Conversation
from agents.services import delete_agent
from agents.tests.page_kit import Cast
from automatos.durations import seconds_of, words_of
from automatos.tests.queries import asked
from recipes.chat.answer_services import Question, ask
from recipes.editor import body as bodies
from recipes.editor import moves
from recipes.models import Recipe, Schedule, Trigger
from recipes.services import as_input, update_recipe
from recipes.tests.page_kit import Editor, make_recipe
from workspaces.tests.matrix_filters import drop_policies

pages = pytest.mark.django_db


@pages
def test_an_editor_writes_and_publishes_a_recipe_with_inputs_steps_and_settings() -> None:
    cast = Cast()
    quill, argus = cast.agent("Quill"), cast.agent("Argus")
    editor = Editor(cast.editor, cast.root)
    assert Recipe.objects.get(workspace=cast.workspace).version == 0
    editor.open("start").send("entry-add:inputs", b_name="Brief", b_tags="news, short").send(
        "entry-add:inputs", **{"inputs-0-name": "topic", "inputs-0-default": "tea"}
    )
    changes = {"inputs-1-name": "words", "inputs-1-type": "integer", "inputs-1-default": "300", "inputs-1-required": ""}
    editor.send(**changes)
    editor.open("settings").send(c_total_timeout="1 h 30 min", c_backoff="1.5")
    assert editor.open("settings").fields()["c-total_timeout"] == "1 h 30 min"
    editor.open("step_1").send(
        "add:agent", s_agent_id=str(quill.pk), s_prompt_template="Of {input.topik}.", s_output_key="text"
    )
    assert "{input.topik} is no input of this recipe. Did you mean {input.topic}?" in editor.open("step_1").text
    editor.send("cure:{input.topik}:{input.topic}").open("step_2")
    editor.send("publish", s_agent_id=str(argus.pk), s_prompt_template="Check {txet}", s_timeout="2 min", s_name="Look")
    assert editor.answer.status_code == 422
    assert "1 problem to mend before this can be published." in editor.text
    editor.open("step_2").send("publish", s_prompt_template="Check {text}", s_error_handling="retry", s_max_retries="2")
    recipe = Recipe.objects.get(workspace=cast.workspace)
    assert (recipe.template_id, recipe.version, recipe.tags) == ("brief", 1, ["news", "short"])
    assert recipe.ordered_inputs == {
        "topic": {"type": "string", "required": True, "default": "tea"},
        "words": {"type": "integer", "required": False, "default": 300},
    }
    assert recipe.execution_config == {"mode": "sequential", "total_timeout": 5400, "backoff": 1.5}
    steps = recipe.steps.values_list(
        "name", "prompt_template", "output_key", "error_handling", "max_retries", "timeout"
    )
    assert list(steps) == [
        ("", "Of {input.topic}.", "text", "stop", 1, 300.0),
        ("Look", "Check {text}", "step_2", "retry", 2, 120.0),
    ]
    assert "version 1" in editor.text


@pages
def test_what_is_typed_is_a_draft_until_it_is_published_and_can_be_undone() -> None:
    cast = Cast()
    recipe = make_recipe(cast, cast.agent(), "One", "Two {previous_output}", outputs={"text": {"type": "string"}})
    before = as_input(Recipe.objects.get(pk=recipe.pk))
    editor = Editor(cast.editor, cast.root, "brief").open("step_1")
    editor.send().send(s_prompt_template="Other")
    assert as_input(Recipe.objects.get(pk=recipe.pk)) == before
    assert "Other</textarea>" in Editor(cast.owner, cast.root, "brief").open("step_1").text
    assert "One</textarea>" in editor.send("undo").text
    assert "Other</textarea>" in editor.send("redo").text
    editor.send("discard")
    assert "One</textarea>" in editor.open("step_1").text
    editor.send(s_name="Again").send("publish", s_name="Task 1")
    assert as_input(Recipe.objects.get(pk=recipe.pk)) == before
    assert Recipe.objects.get(pk=recipe.pk).version == 2


@pages
def test_two_editors_of_one_step_see_the_difference_and_nothing_is_overwritten() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One", "Two")
    late, other = (Editor(client, cast.root, "brief").open("step_1") for client in (cast.editor, cast.owner))
    other.send(s_prompt_template="Hers")
    late.send(s_prompt_template="Mine")
    assert late.answer.status_code == 409
    assert "Olga changed this part meanwhile." in late.text
    assert "added: </span>  Mine" in late.text
    assert "Mine</textarea>" in late.text
    assert "Hers</textarea>" in other.open("step_1").text
    late.send("overwrite", s_prompt_template="Mine")
    assert "Mine</textarea>" in other.open("step_1").text
    # Another step is nobody's business.
    first, second = late.open("step_1"), Editor(cast.owner, cast.root, "brief").open("step_2")
    second.send(s_prompt_template="Two of hers")
    assert first.send(s_prompt_template="Three").answer.status_code == 200


@pages
def test_publishing_after_somebody_else_published_shows_both() -> None:
    cast = Cast()
    recipe = make_recipe(cast, cast.agent(), "One", description="Old")
    editor = Editor(cast.editor, cast.root, "brief").open("step_1").send(s_prompt_template="Mine")
    update_recipe(recipe=recipe, user=cast.owner_user, data=as_input(recipe), changelog="Hers")
    editor.open("step_1").send("publish")
    assert editor.answer.status_code == 409
    assert "Published by Olga" in editor.text
    assert Recipe.objects.get(pk=recipe.pk).version == 2
    cast.editor.post(editor.path, {"do": "publish", "over": "2"})
    assert Recipe.objects.get(pk=recipe.pk).version == 3


@pages
def test_the_code_is_the_draft_and_tells_the_line_of_a_mistake() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One")
    editor = Editor(cast.editor, cast.root, "brief").open(view="code")
    code = editor.answer.context["code"]
    assert "agent: quill" in code
    wrong = cast.editor.post(editor.path, {"do": "code", "yaml": code.replace("prompt:", "promt:"), "view": "code"})
    assert wrong.status_code == 422
    assert "Line 9: There is no promt here." in wrong.content.decode()
    editor.answer = cast.editor.post(editor.path, {"do": "code", "yaml": code.replace("One", "Two")}, follow=True)
    assert "Two</textarea>" in editor.open("step_1").text
    answer = cast.viewer.get(f"{cast.root}/recipes/brief/export/")
    assert "One" in answer.content.decode()


@pages
def test_the_code_and_the_forms_of_schedules_say_the_same() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One")
    base = f"{cast.root}/recipes/brief"
    form = {"cron": "0 9 * * *", "time_zone": "UTC", "name": "Mornings"}
    assert cast.editor.post(f"{base}/schedules/new/", form).status_code == 302
    editor = Editor(cast.editor, cast.root, "brief")

    def code() -> str:
        return str(editor.open(view="code").answer.context["code"])

    def put(text: str) -> None:
        assert cast.editor.post(editor.path, {"do": "code", "yaml": text}).status_code == 302

    def triggers() -> str:
        return str(cast.editor.get(f"{base}/triggers/").content.decode())

    shown = code()
    assert "schedule_config:\n  type: cron\n  name: Mornings\n  cron: 0 9 * * *" in shown
    # Put back with another prompt, it changes nothing of what starts the recipe, whatever the form says later.
    put(shown.replace("One", "Two"))
    assert "The draft says otherwise" not in triggers()
    (schedule,) = found = Schedule.objects.filter(workspace=cast.workspace, deleted_at=None)
    assert cast.editor.post(f"{base}/schedules/{schedule.pk}/", {**form, "cron": "5 9 * * *"}).status_code == 302
    assert "cron: 5 9 * * *" in code()
    # Another time in the code is told beside the form, and can be dropped there.
    put(code().replace("5 9 * * *", "7 7 * * *"))
    assert "Publishing it puts this in place of everything below: at 7 7 * * *, UTC." in triggers()
    assert "cron: 7 7 * * *" in code()
    cast.editor.post(editor.path, {"do": "keep-starts"})
    assert "The draft says otherwise" not in triggers()
    assert "cron: 5 9 * * *" in code()
    put(code().replace("5 9 * * *", "7 7 * * *"))
    assert cast.editor.post(editor.path, {"do": "publish"}).status_code == 302
    schedule.refresh_from_db()
    assert schedule.cron == "7 7 * * *"
    put(code().split("schedule_config:")[0])
    assert "in place of everything below: nothing." in triggers()
    cast.editor.post(editor.path, {"do": "publish"})
    assert not found.all().exists()


@pages
def test_a_recipe_begins_from_a_sample_a_file_or_an_answer_in_its_own_workspace_alone(monkeypatch: Any) -> None:
    drop_policies(monkeypatch)
    cast, other = Cast(), Cast()
    new = f"{cast.root}/recipes/new/"
    assert "Research brief" in cast.editor.get(new).content.decode()
    page = cast.editor.post(new, {"how": "sample:sort-and-answer"}, follow=True)
    assert [node.name for node in page.context["nodes"]] == ["Is it urgent?", "Urgent"]
    assert not page.context["errors"]
    page = cast.editor.post(new, {"how": "yaml", "yaml": "name: [1"})
    assert (page.status_code, "Line 1" in page.content.decode()) == (422, True)
    talk = Conversation.objects.create(workspace=cast.workspace, agent=cast.agent(), user=cast.editor_user)
    answer = ask(conversation=talk, question=Question("Boil {it}."), user=talk.user, trigger=Trigger.PLAYGROUND)
    assert cast.editor.get(f"{new}?answer={answer.pk}").status_code == 200
    page = cast.editor.post(new, {"how": f"answer:{answer.pk}"}, follow=True)
    assert page.context["body"]["steps"][0]["prompt_template"] == "Boil {{it}}."
    assert other.editor.get(f"{other.root}/recipes/new/?answer={answer.pk}").status_code == 404
    assert cast.viewer.post(new, {"how": "blank"}).status_code == 403


@pages
def test_a_step_of_a_deleted_agent_says_so_and_keeps_the_rest() -> None:
    cast = Cast()
    agent = cast.agent("Quill")
    make_recipe(cast, agent, "One")
    delete_agent(agent=agent, user=cast.owner_user)
    editor = Editor(cast.editor, cast.root, "brief").open("step_1")
    assert "Quill (deleted)" in editor.text
    assert editor.send("publish", s_name="New").answer.status_code == 422


@pages
def test_hostile_values_are_errors_not_crashes() -> None:
    cast = Cast()
    make_recipe(cast, cast.agent(), "One", inputs={"a": {"type": "string"}})
    for part in ("step_1", "start", "settings"):
        for text in ("\x00", "9" * 4500, "<script>alert(1)</script>", "\\u0000 \u202e"):
            editor = Editor(cast.editor, cast.root, "brief").open(part)
            sent = {
                name: text if name[1:2] == "-" or "inputs" in name else value for name, value in editor.fields().items()
            }
            answer = cast.editor.post(editor.path, {**sent, "do": "publish"}, follow=True)
            assert answer.status_code in (200, 400, 422), (part, text[:9], answer.status_code)
            assert b"<script>alert" not in answer.content
            cast.editor.post(editor.path, {"do": "discard"})
    for order in ("up:nothing", "drop:a", "drop:a:b", "entry-remove:inputs:²", "add:nonsense", "cure:x", "nonsense"):
        answer = cast.editor.post(editor.path, {"do": order, "step": "step_1"}, follow=True)
        assert answer.status_code in (200, 400, 422), order


@pages
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


@pages
def test_a_recipe_begins_from_a_description() -> None:
    cast = Cast()
    cast.agent("Argus", description="Checks facts and figures.")
    quill = cast.agent("Quill", description="Summarises long texts.")
    new = f"{cast.root}/recipes/new/"
    words = "Check the facts {here}, then summarise the text. Finally translate it"
    body = cast.editor.post(new, {"how": "described", "words": words}, follow=True).context["body"]
    assert [step["prompt_template"] for step in body["steps"]] == [
        "Check the facts {{here}}.\n\n{input.subject}",
        "Summarise the text.\n\n{previous_output}",
        "Translate it.\n\n{previous_output}",
    ]
    assert body["steps"][1]["agent_id"] == str(quill.pk)
    assert cast.editor.post(new, {"how": "described", "words": " "}).status_code == 422


def laid(*rows: tuple[str, str, str]) -> bodies.Body:
    """A body of steps: id, under, branch."""
    steps = [{"step_id": key, "kind": "agent", "under": under, "branch": branch} for key, under, branch in rows]
    return {**bodies.blank(), "steps": steps}


@pytest.mark.parametrize(
    ("order", "ids", "under"),
    [
        (lambda body: moves.up(body, "d"), ["a", "d", "c", "t", "e"], {}),
        (lambda body: moves.down(body, "a"), ["c", "t", "e", "a", "d"], {}),
        (lambda body: moves.up(body, "a"), ["a", "c", "t", "e", "d"], {}),
        (lambda body: moves.up(body, "t"), ["a", "t", "c", "e", "d"], {"t": ""}),
        (lambda body: moves.drop(body, "d", "t"), ["a", "c", "d", "t", "e"], {"d": "c"}),
        (lambda body: moves.drop(body, "c", "t"), ["a", "c", "t", "e", "d"], {}),
        (lambda body: moves.remove(body, "c"), ["a", "t", "e", "d"], {"t": "", "e": ""}),
        (
            lambda body: moves.add(body, "agent", under="c", branch="else"),
            ["a", "c", "t", "e", "step_6", "d"],
            {"step_6": "c"},
        ),
        (lambda body: moves.add(body, "agent", after="c"), ["a", "c", "t", "e", "step_6", "d"], {"step_6": ""}),
        (lambda body: moves.copy(body, "a"), ["a", "step_6", "c", "t", "e", "d"], {}),
    ],
)
def test_steps_move_with_what_stands_under_them(order: Any, ids: list[str], under: dict[str, str]) -> None:
    body = laid(("a", "", ""), ("c", "", ""), ("t", "c", "then"), ("e", "c", "else"), ("d", "", ""))
    moved, _ = order(body)
    assert [step["step_id"] for step in moved["steps"]] == ids
    for key, above in under.items():
        assert (bodies.step_at(moved, key) or {}).get("under", "") == above


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("10 min", 600, "10 min"), ("90", 90, "1 min 30 s"), ("1h30m", 5400, "1 h 30 min"),
        ("2 days", 172_800, "2 days"),
        ("1.5 h", 5400, "1 h 30 min"), ("0.5", 0.5, "0.5 s"), ("soon", None, ""), ("", None, ""), ("-5", None, ""),
        ("10 parsecs", None, ""),
    ],
)  # fmt: skip
def test_lengths_of_time_read_as_people_write_them(text: str, seconds: float | None, words: str) -> None:
    assert seconds_of(text) == seconds
    assert words_of(seconds) == words


@pytest.mark.django_db
def test_a_recipe_inside_is_chosen_and_given_its_inputs_by_fields() -> None:
    cast = Cast()
    agent = cast.agent()
    inputs = {"topic": {"type": "string", "required": True}, "lines": {"type": "array"}}
    inner = make_recipe(cast, agent, "Write {input.topic}", name="Inner", inputs=inputs)
    other = make_recipe(cast, agent, "Hello", name="Other")
    editor = Editor(cast.editor, cast.root).open("start").send(b_name="Outer").open("step_1")
    editor.send("add:recipe", s_agent_id=str(agent.pk), s_prompt_template="Plan.")
    assert editor.page.part == "step_2"
    assert "Choose a recipe: give" not in editor.text, "nothing is wrong before anything was chosen"
    editor.send(s_recipe=str(inner.pk))
    editor.open("step_2")
    assert "Inner" in editor.text.split('<span class="nm"><b>2</b>')[1].split("</a>")[0], "the outline names it"
    assert 's-arg:text:topic"' in editor.text
    assert 's-arg:list:lines"' in editor.text
    editor.send(**{"s-arg:text:topic": "{step_1}", "s-arg:list:lines": "a\nb"})
    kept = editor.open("step_2").page.step["config"]
    assert kept == {"recipe": str(inner.pk), "inputs": {"topic": "{step_1}", "lines": ["a", "b"]}}
    editor.send("publish", **{"s-arg:text:topic": "{step_1}", "s-arg:list:lines": "a\nb", "s_leaves": "outputs"})
    saved = Recipe.objects.get(workspace=cast.workspace, name="Outer").steps.get(order=2)
    assert saved.config == {**kept, "version": 1, "leaves": "outputs"}
    editor = Editor(cast.editor, cast.root, "outer").open("step_2")
    assert '<option value="1" selected>Version 1</option>' in editor.text
    assert f'<option value="{saved.recipe_id}">' not in editor.text, "it does not cook itself"
    editor.send(s_recipe=str(other.pk))
    assert editor.open("step_2").page.step["config"] == {"recipe": str(other.pk)}
    assert "Other asks for nothing." in editor.text
