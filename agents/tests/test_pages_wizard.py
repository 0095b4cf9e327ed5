"""The wizard: a draft on the server, a step for each address, an agent at the end."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from agents.drafts import jobs as draft_work
from agents.drafts.templates import templates
from agents.models import Agent, AgentDraft
from agents.tests.page_kit import Cast, persona
from tools.assignments.lookup import switches_for_agent
from tools.assignments.switches import GROUPS
from tools.models import (
    ComposioActionCache,
    ComposioAppCache,
    ComposioConnection,
    ComposioEntity,
    RemoteService,
    RemoteTool,
)
from tools.remote.queries import tools_of_agent
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
CONFIG = {"category": "writing", "name": "Nora", "description": "Writes news.", "tags": "news, short"}
MODEL = {
    "provider": "local",
    "model": "local:smollm2-135m-instruct",
    "temperature": "0.4",
    "max_tokens": "500",
    "top_p": "1",
    "frequency_penalty": "0",
    "presence_penalty": "0",
}


class Wizard:
    """One person's draft in one workspace."""

    def __init__(self, cast: Cast, client: Client | None = None, **start: str) -> None:
        self.client = client or cast.editor
        answer = self.client.post(f"{cast.root}/agents/new/", start)
        assert answer.status_code == 302, answer.content.decode()
        self.root = answer["Location"].removesuffix("config/")

    def send(self, step: str, order: str, **typed: Any) -> Any:
        return self.client.post(f"{self.root}{step}/", {**typed, "do": order})

    def page(self, step: str) -> str:
        return self.client.get(f"{self.root}{step}/").content.decode()

    @property
    def draft(self) -> AgentDraft:
        return AgentDraft.objects.get(pk=self.root.rstrip("/").rpartition("/")[2])


def test_five_steps_in_turn_make_an_agent_that_has_everything() -> None:
    cast, terse = Cast(), persona()
    wizard = Wizard(cast)
    assert wizard.send("config", "next", **CONFIG)["Location"].endswith("/persona/")
    kind = {"persona_kind": "predefined", "persona_id": str(terse.pk), "instructions": "In French."}
    assert wizard.send("persona", "next", **kind)["Location"].endswith("/model/")
    limits = {"max_task_tokens": "9,000", "max_task_cost": "0.25"}
    schema = {"response_schema": '{"type": "object", "properties": {}}'}
    assert wizard.send("model", "next", **MODEL, **limits, **schema)["Location"].endswith("/tools/")
    assert wizard.send("tools", "next", tools=["calculator", "web_fetch"])["Location"].endswith("/skills/")
    assert wizard.send("skills", "create")["Location"] == f"{cast.root}/agents/nora/"
    agent = Agent.objects.select_related("agent_model_config").get(workspace=cast.workspace)
    config = agent.agent_model_config
    assert (agent.tags, agent.persona, agent.custom_prompt) == (["news", "short"], terse, "In French.")
    assert agent.tool_ids == ["calculator", "web_fetch"]
    assert (config.max_task_tokens, float(config.max_task_cost or 0)) == (9000, 0.25)
    assert config.response_schema == {"type": "object", "properties": {}}
    assert agent.pk == wizard.draft.pk, "the face of the preview is drawn from the id"


def test_the_switch_to_share_leads_to_the_page_that_shows_the_copy() -> None:
    cast = Cast()
    wizard = Wizard(cast, template="translator")
    wizard.send("skills", "stay", share=["yes"])
    assert 'name="share" value="yes" checked' in wizard.page("skills")
    made = wizard.send("skills", "create", share=["yes"])["Location"]
    agent = Agent.objects.get(workspace=cast.workspace)
    assert made == f"{cast.root}/marketplace/share/agent/{agent.pk}/"
    assert cast.editor.get(made).status_code == 200


class Outside:
    """A wizard in a workspace with an app that is connected, and a server with a tool."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.wizard = Wizard(self.cast, template="translator")
        row = ComposioAppCache.objects.create(app_name="github", slug="github", display_name="GitHub", action_count=3)
        for name, category in (("LIST", "reads"), ("MAKE", "changes")):
            ComposioActionCache.objects.create(app=row, action=f"GITHUB_{name}", category=category)
        self.place = f"{self.cast.root}/agents/translator/apps/github/"

    def connect(self) -> None:
        workspace = self.cast.workspace
        entity = ComposioEntity.objects.create(workspace=workspace, entity_id=str(workspace.pk))
        ComposioConnection.objects.create(workspace=workspace, entity=entity, app="github", status="active")

    def tool(self, workspace: Workspace) -> RemoteTool:
        service = RemoteService.objects.create(workspace=workspace, kind="mcp", name="tracker", state="ok")
        return RemoteTool.objects.create(workspace=workspace, service=service, name="list_issues", digest="d")

    def create(self) -> Agent:
        agent: Agent = self.cast.editor.get(self.wizard.send("skills", "create")["Location"]).context["agent"]
        return agent

    def is_on(self, action: str) -> bool:
        agent = Agent.objects.get(workspace=self.cast.workspace)
        return switches_for_agent(self.cast.workspace.pk, agent.pk)["github"].action(action, "changes").is_on


def test_apps_are_connected_on_the_way_and_chosen_with_servers_tools(settings: Settings) -> None:
    settings.COMPOSIO_API_KEY = "key"
    outside = Outside()
    cast, wizard = outside.cast, outside.wizard
    assert "No app is connected yet" in wizard.page("tools")
    left = wizard.send("tools", "leave:apps", tools=["calculator"])["Location"]
    apps = cast.editor.get(left).text
    assert f'href="{wizard.root}tools/"' in apps, "the page of apps leads back"
    assert f'name="next" value="{wizard.root}tools/"' in apps, "and so does connecting one"
    assert wizard.draft.values["tools"] == ["calculator"]
    outside.connect()
    tool, theirs = outside.tool(cast.workspace), outside.tool(Cast().workspace)
    page = wizard.page("tools")
    assert 'name="apps" value="github"' in page
    assert "list_issues" in page
    chosen = {"apps": ["github", "nothing"], "remote_tools": [str(tool.pk), str(theirs.pk), "x"], "tools": []}
    assert wizard.send("tools", "next", **chosen).status_code == 303
    agent = outside.create()
    own = switches_for_agent(cast.workspace.pk, agent.pk)["github"]
    assert [own.group(group).is_on for group in GROUPS] == [True, True, False]
    assert [found.pk for found in tools_of_agent(cast.workspace, agent.pk)] == [tool.pk]


def test_each_action_of_an_app_has_its_switch(settings: Settings) -> None:
    settings.COMPOSIO_API_KEY = "key"
    outside = Outside()
    outside.connect()
    outside.wizard.send("tools", "next", apps=["github"])
    outside.create()
    cast, place = outside.cast, outside.place
    page = cast.editor.get(place, {"q": "make"}).text
    assert "github_make" in page
    assert "github_list" not in page
    assert cast.editor.post(place, {"do": "off:action:GITHUB_MAKE"}).status_code == 303
    assert (outside.is_on("GITHUB_MAKE"), outside.is_on("GITHUB_X")) == (False, True)
    cast.editor.post(place, {"do": "follow:action:GITHUB_MAKE"})
    assert outside.is_on("GITHUB_MAKE")
    cast.editor.post(place, {"do": "on:app:github"})
    assert "no such button" in cast.editor.get(place).text
    assert cast.viewer.post(place, {"do": "off:action:GITHUB_MAKE"}).status_code == 403
    assert cast.stranger.get(place).status_code == 404


def test_creating_twice_gives_one_agent() -> None:
    cast = Cast()
    wizard = Wizard(cast, template="translator")
    places = {wizard.send("skills", "create")["Location"] for _ in range(2)}
    assert places == {f"{cast.root}/agents/translator/"}
    assert Agent.objects.filter(workspace=cast.workspace).count() == 1


def test_an_autosave_keeps_what_was_typed_also_what_is_wrong() -> None:
    wizard = Wizard(Cast())
    answer = wizard.send("model", "autosave", **{**MODEL, "max_tokens": "many"})
    assert answer.status_code == 200
    assert b'id="preview"' in answer.content
    assert 'value="many"' in wizard.page("model")
    wizard.send("config", "autosave", name="Half a na")
    assert 'value="Half a na"' in wizard.page("config")
    assert "Half a na" in wizard.page("tools")


def test_an_autosave_that_a_later_sending_overtook_changes_nothing() -> None:
    wizard = Wizard(Cast())
    wizard.send("config", "next", **CONFIG, sent="1732.2.8")
    assert wizard.send("config", "autosave", name="No", sent="1732.2.7").status_code == 200
    assert wizard.draft.values["name"] == "Nora"
    for sent in ("1732.2.9", "1790.1.1", "", "1790.1.x", "1790.1." + "9" * 99):
        wizard.send("config", "autosave", name=f"Nora {sent}", sent=sent)
        assert wizard.draft.values["name"] == f"Nora {sent}"


def test_the_model_that_was_chosen_at_the_press_is_the_one_that_is_tried() -> None:
    wizard = Wizard(Cast())
    wizard.send("model", "test", **MODEL)
    wizard.send("model", "autosave", provider="other", other_model="")
    assert wizard.draft.work["trial"]["model"] == MODEL["model"]
    draft_work.run_trial(wizard.draft.workspace_id, wizard.draft.pk, wizard.draft.work["trial"]["token"])
    assert wizard.draft.work["trial"]["model"] == MODEL["model"]


def test_steps_are_visited_in_any_order_and_nothing_is_refused_on_the_way() -> None:
    wizard = Wizard(Cast())
    assert wizard.send("config", "go:skills", name="")["Location"].endswith("/skills/")
    assert wizard.send("skills", "go:model")["Location"].endswith("/model/")
    assert wizard.send("model", "exit", **{**MODEL, "top_p": "x"})["Location"].endswith("/agents/")
    assert 'value="x"' in wizard.page("model")


def test_continue_names_what_is_wrong_in_this_step_and_links_to_it() -> None:
    wizard = Wizard(Cast())
    answer = wizard.send("config", "next", **{**CONFIG, "name": " "})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "One thing to fix before you continue" in text
    assert 'href="#id_name"' in text
    assert "Writes news." in text
    assert " disabled" not in text


def test_creating_names_what_is_wrong_in_every_step_with_its_address() -> None:
    wizard = Wizard(Cast())
    wizard.send("model", "go:skills", **{**MODEL, "temperature": "9"})
    answer = wizard.send("skills", "create")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="{wizard.root}config/?check=1#id_name"' in text
    assert f'href="{wizard.root}model/?check=1#id_temperature"' in text
    assert 'id="id_temperature_error"' in wizard.client.get(f"{wizard.root}model/?check=1").content.decode()
    assert not Agent.objects.exists()


def test_more_tokens_than_the_model_writes_offers_its_limit_as_a_button() -> None:
    wizard = Wizard(Cast())
    typed = {**MODEL, "provider": "anthropic", "model": "anthropic:claude-haiku-4-5", "max_tokens": "200000"}
    text = wizard.send("model", "next", **typed).content.decode()
    assert "at most 64,000 tokens" in text
    assert 'value="set:max_tokens:64000"' in text
    mended = wizard.send("model", "set:max_tokens:64000", **typed)
    assert mended["Location"].endswith("/model/?check=1")
    assert 'value="64000"' in wizard.page("model")


def test_what_a_model_does_not_take_is_said_and_kept_for_another() -> None:
    wizard = Wizard(Cast())
    claude = {**MODEL, "provider": "anthropic", "model": "anthropic:claude-opus-5-5", "temperature": "0.3"}
    wizard.send("model", "autosave", **claude)
    text = wizard.page("model")
    assert "takes no such setting" in text
    assert 'type="range"' not in text
    wizard.send("model", "autosave", **{**claude, **MODEL, "temperature": "0.3"})
    assert re.search(r'type="range"[^>]*value="0.3"', wizard.page("model"))


def test_a_personas_prompt_becomes_ones_own_without_scripts() -> None:
    cast, terse = Cast(), persona()
    wizard = Wizard(cast)
    wizard.send("persona", f"own:{terse.pk}", persona_kind="predefined", persona_id=str(terse.pk))
    text = wizard.page("persona")
    assert 'value="custom" checked' in text
    assert "Answer in one line.</textarea>" in text


@pytest.mark.parametrize("slug", list(templates()))
def test_every_template_can_be_created_as_it_is(slug: str) -> None:
    cast = Cast()
    wizard = Wizard(cast, template=slug)
    answer = wizard.send("skills", "create")
    assert answer.status_code == 302, answer.content.decode()
    agent = Agent.objects.get(workspace=cast.workspace)
    assert (agent.name, tuple(agent.tool_ids)) == (templates()[slug].name, templates()[slug].tools)


def test_a_draft_is_its_owners_alone_and_gone_from_the_list_once_it_is_made() -> None:
    cast = Cast()
    wizard = Wizard(cast, template="translator")
    assert "Translator" in cast.editor.get(f"{cast.root}/agents/").content.decode()
    for other in (cast.owner, cast.stranger):
        assert other.get(f"{wizard.root}config/").status_code == 404
        assert other.post(f"{wizard.root}config/", CONFIG).status_code == 404
        assert other.post(f"{wizard.root}discard/").status_code == 404
    assert cast.viewer.get(f"{wizard.root}config/").status_code == 403
    wizard.send("skills", "create")
    assert "Your drafts" not in cast.editor.get(f"{cast.root}/agents/").content.decode()
    assert cast.editor.get(f"{wizard.root}model/")["Location"] == f"{cast.root}/agents/translator/"


def test_a_discarded_draft_can_be_brought_back() -> None:
    cast = Cast()
    wizard = Wizard(cast, template="translator")
    gone = cast.editor.post(f"{wizard.root}discard/", follow=True).content.decode()
    assert "Your drafts" not in gone
    assert f'action="{wizard.root}restore/"' in gone
    assert cast.editor.get(f"{wizard.root}config/").status_code == 404
    assert cast.editor.post(f"{wizard.root}restore/")["Location"] == f"{wizard.root}config/"
    assert "Translator" in wizard.page("config")


def test_hostile_values_are_kept_as_text_and_never_break_a_page() -> None:
    wizard = Wizard(Cast())
    for text in ("\x00", "<script>alert(1)</script>", "9" * 5000, "[" * 5000, "é" * 300, "nan", "snan", "1e999"):
        for step, fields in (("config", CONFIG), ("model", {**MODEL, "response_schema": "", "max_task_cost": ""})):
            answer = wizard.send(step, "next", **dict.fromkeys(fields, text))
            assert answer.status_code == 422
            assert b"<script>alert" not in answer.content
        wizard.send("skills", "autosave", skills=[text])
        assert wizard.send("tools", "next", tools=[text]).status_code == 303
    assert wizard.client.get(f"{wizard.root}nonsense/").status_code == 404
