"""Making and changing an agent through its form."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agents import services
from agents.models import Agent
from agents.tests.page_kit import MODEL, Cast, agent_fields, persona

pytestmark = pytest.mark.django_db


def test_every_problem_is_named_at_its_field_and_what_was_typed_stays() -> None:
    cast = Cast()
    cast.agent("Quill")
    typed = agent_fields(version="1", name=" ", description="Keeps me", max_tokens="0", top_p="many", model="")
    answer = cast.editor.post(f"{cast.root}/agents/quill/edit/", typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    for field in ("name", "max_tokens", "top_p", "model"):
        assert f"#id_{field}" in text
        assert f'id="id_{field}_error"' in text
    assert "4 things to fix" in text
    assert "Keeps me" in text
    assert 'value="many"' in text
    assert Agent.objects.get(workspace=cast.workspace).name == "Quill"


def test_a_number_out_of_range_offers_the_nearest_one_also_without_scripts() -> None:
    cast = Cast()
    cast.agent("Quill")
    typed = agent_fields(version="1", temperature="9")
    path = f"{cast.root}/agents/quill/edit/"
    text = cast.editor.post(path, typed).content.decode()
    assert 'value="set:temperature:2"' in text
    mended = cast.editor.post(path, {**typed, "do": "set:temperature:2"})
    assert mended.status_code == 200
    assert 'value="2"' in mended.content.decode()
    assert "Nora" in mended.content.decode()
    assert Agent.objects.get(workspace=cast.workspace).name == "Quill"


def test_a_predefined_persona_keeps_the_extra_instructions() -> None:
    cast, terse = Cast(), persona()
    cast.agent("Nora")
    typed = agent_fields(version="1", persona_kind="predefined", persona_id=str(terse.pk), instructions="In French.")
    cast.editor.post(f"{cast.root}/agents/nora/edit/", typed)
    agent = Agent.objects.get(workspace=cast.workspace)
    assert (agent.persona, agent.custom_prompt) == (terse, "In French.")
    page = cast.editor.get(f"{cast.root}/agents/nora/").content.decode()
    assert "Answer in one line." in page
    assert "In French." in page


def test_choosing_a_kind_of_persona_and_nothing_more_is_an_error_there() -> None:
    cast = Cast()
    cast.agent("Nora")
    for kind, field in (("predefined", "persona_id"), ("custom", "custom_prompt")):
        answer = cast.editor.post(f"{cast.root}/agents/nora/edit/", agent_fields(version="1", persona_kind=kind))
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_personas_prompt_becomes_ones_own_without_scripts() -> None:
    cast, terse = Cast(), persona()
    cast.agent("Nora")
    typed = agent_fields(persona_kind="predefined", persona_id=str(terse.pk), do=f"own:{terse.pk}")
    text = cast.editor.post(f"{cast.root}/agents/nora/edit/", typed).content.decode()
    assert 'value="custom" checked' in text
    assert "Answer in one line.</textarea>" in text


def test_a_model_that_is_not_in_the_catalogue_can_be_named() -> None:
    cast = Cast()
    cast.agent("Nora")
    path = f"{cast.root}/agents/nora/edit/"
    cast.editor.post(path, agent_fields(version="1", provider="other", other_model="openai:my-own-model"))
    assert Agent.objects.get(workspace=cast.workspace).agent_model_config.model == "openai:my-own-model"
    assert 'value="openai:my-own-model"' in cast.editor.get(path).content.decode()
    wrong = cast.editor.post(path, agent_fields(version="2", provider="other", other_model=""))
    assert wrong.status_code == 422


def test_opening_and_saving_the_form_changes_nothing_but_the_version() -> None:
    cast, terse = Cast(), persona()
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    model = replace(MODEL, effort="high", response_schema=schema, max_task_tokens=9, max_task_cost=Decimal("0.5"))
    agent = cast.agent(
        "Quill",
        persona_id=terse.pk,
        custom_prompt="Short.",
        tags=["a", "b"],
        agent_type="devops",
        agent_model_config=model,
        tool_ids=["calculator"],
    )
    before = services.as_input(agent)
    page = cast.editor.get(f"{cast.root}/agents/quill/edit/")
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert cast.editor.post(f"{cast.root}/agents/quill/edit/", sent).status_code == 302
    agent = Agent.objects.select_related("agent_model_config").get(pk=agent.pk)
    assert services.as_input(agent) == before
    assert (agent.version, agent.edited_by) == (2, cast.editor_user)


def test_the_second_of_two_editors_sees_who_was_first_and_may_overwrite() -> None:
    cast = Cast()
    cast.agent("Quill", description="First")
    path = f"{cast.root}/agents/quill/edit/"
    cast.owner.post(path, agent_fields(name="Quill", version="1", description="Hers"))
    mine = agent_fields(name="Quill", version="1", description="Mine")
    late = cast.editor.post(path, mine)
    text = late.content.decode()
    assert late.status_code == 409
    assert "Changed by Olga" in text
    assert "What Olga changed" in text
    assert "Description: First" in text
    assert "Description: Hers" in text
    assert "Description: Mine" in text
    assert "Mine</textarea>" in text
    assert Agent.objects.get(workspace=cast.workspace).description == "Hers"
    assert cast.editor.post(path, {**mine, "overwrite": "2"}).status_code == 302
    assert Agent.objects.get(workspace=cast.workspace).description == "Mine"


def test_a_viewer_is_told_who_may_change_agents_and_cannot_do_it_by_address() -> None:
    cast = Cast()
    cast.agent("Quill")
    text = cast.viewer.get(f"{cast.root}/agents/quill/").content.decode()
    assert "Editors can change agents." in text
    assert "Ask Olga" in text
    assert f"{cast.root}/agents/quill/edit/" not in text
    assert cast.viewer.get(f"{cast.root}/agents/quill/edit/").status_code == 403
    assert cast.viewer.post(f"{cast.root}/agents/new/", agent_fields()).status_code == 403
    assert cast.editor.post(f"{cast.root}/agents/quill/delete/").status_code == 403
    assert "Admins can delete agents." in cast.editor.get(f"{cast.root}/agents/quill/").content.decode()


def test_only_the_allowed_moves_are_offered_and_done() -> None:
    cast = Cast()
    cast.agent("Quill")
    page = cast.editor.get(f"{cast.root}/agents/quill/status/").content.decode()
    assert 'value="paused"' in page
    assert 'value="retired"' not in page
    answer = cast.editor.post(f"{cast.root}/agents/quill/status/", {"status": "paused"}, follow=True)
    assert "Quill is paused now." in answer.content.decode()
    answer = cast.editor.post(f"{cast.root}/agents/quill/status/", {"status": "retired"}, follow=True)
    assert "cannot go from paused to retired" in answer.content.decode()
    answer = cast.editor.post(f"{cast.root}/agents/quill/status/", {"status": "\x00"}, follow=True)
    assert answer.status_code == 200


def test_deleting_asks_first_and_can_be_undone_from_the_message() -> None:
    cast = Cast()
    agent = cast.agent("Quill")
    assert "No recipe names it." in cast.owner.get(f"{cast.root}/agents/quill/delete/").content.decode()
    gone = cast.owner.post(f"{cast.root}/agents/quill/delete/", follow=True).content.decode()
    assert "Quill was deleted." in gone
    assert f'action="{cast.root}/agents/{agent.pk}/restore/"' in gone
    assert cast.owner.get(f"{cast.root}/agents/quill/").status_code == 404
    back = cast.owner.post(f"{cast.root}/agents/{agent.pk}/restore/", follow=True)
    assert "Quill is back." in back.content.decode()


@pytest.mark.parametrize("field", ["name", "description", "custom_prompt", "provider", "model", "category", "version"])
def test_hostile_text_in_any_field_is_an_error_not_a_crash(field: str) -> None:
    cast = Cast()
    cast.agent("Quill")
    for text in ("\x00", "<script>alert(1)</script>", "9" * 5000, "é" * 300):
        typed = agent_fields(persona_kind="custom", custom_prompt="x")
        answer = cast.editor.post(f"{cast.root}/agents/quill/edit/", {**typed, field: text})
        assert answer.status_code in (302, 409, 422)
        assert b"<script>alert" not in answer.content


def test_what_the_chosen_model_does_not_take_is_said_and_kept_in_the_form_and_on_the_agents_page() -> None:
    cast = Cast()
    cast.agent("Nora")
    path, claude = f"{cast.root}/agents/nora/edit/", "anthropic:claude-opus-5-5"
    typed = agent_fields(version="1", provider="anthropic", model=claude, temperature="0.4")
    assert 'type="range"' in cast.editor.get(path).content.decode()
    looked = cast.editor.post(path, {**typed, "do": "look"}).content.decode()
    assert "takes no such setting" in looked
    assert 'type="range"' not in looked
    assert cast.editor.post(path, typed).status_code == 302
    config = Agent.objects.select_related("agent_model_config").get(workspace=cast.workspace).agent_model_config
    assert (config.model, config.temperature) == (claude, 0.4)
    page = cast.viewer.get(f"{cast.root}/agents/nora/").content.decode()
    assert '<dt>Temperature</dt><dd class="num">Not taken</dd>' in page
