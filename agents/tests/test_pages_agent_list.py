"""The list of agents, through its address."""

import pytest
from django.test import Client

from agents import services
from agents.models import Agent
from agents.tests.page_kit import Cast
from automatos.tests.queries import asked

pytestmark = pytest.mark.django_db


def test_an_empty_workspace_offers_exactly_one_thing_to_do() -> None:
    cast = Cast()
    text = cast.editor.get(f"{cast.root}/agents/").content.decode()
    assert "No agents yet" in text
    assert text.count("Create the first agent") == 1
    assert "Clear filters" not in text


def test_a_search_without_hits_offers_to_clear_the_filters() -> None:
    cast = Cast()
    cast.agent("Quill")
    text = cast.viewer.get(f"{cast.root}/agents/?q=zebra").content.decode()
    assert "No agent matches" in text
    assert "Clear filters" in text
    assert "No agents yet" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=quill", {"Quill"}),
        ("q=news", {"Nora"}),
        ("category=legal", {"Lex"}),
        ("status=paused", {"Quill"}),
        ("category=nonsense&status=nonsense&sort=nonsense&page=77", {"Quill", "Nora", "Lex"}),
        ("q=%00", {"Quill", "Nora", "Lex"}),
    ],
)
def test_the_address_filters_the_list(query: str, found: set[str]) -> None:
    cast = Cast()
    services.change_status(agent=cast.agent("Quill"), user=cast.owner_user, status="paused")
    cast.agent("Nora", tags=["news"])
    cast.agent("Lex", category="legal")
    text = cast.viewer.get(f"{cast.root}/agents/?{query}").content.decode()
    assert {name for name in ("Quill", "Nora", "Lex") if f">{name}</a>" in text} == found


def test_a_deleted_agent_is_found_under_deleted_and_can_be_restored_there() -> None:
    cast = Cast()
    agent = cast.agent("Quill")
    services.delete_agent(agent=agent, user=cast.owner_user)
    assert "Quill" not in cast.owner.get(f"{cast.root}/agents/").content.decode()
    assert "Restore" in cast.owner.get(f"{cast.root}/agents/?status=deleted").content.decode()
    cast.owner.post(f"{cast.root}/agents/{agent.pk}/restore/")
    assert cast.owner.get(f"{cast.root}/agents/quill/").status_code == 200


def test_a_long_list_comes_in_pages_that_keep_the_filters() -> None:
    cast = Cast()
    for number in range(26):
        cast.agent(f"Cook {number:02}", category="legal")
    first = cast.viewer.get(f"{cast.root}/agents/?category=legal").content.decode()
    assert "Page 1 of 2" in first
    assert "category=legal&amp;page=2" in first
    second = cast.viewer.get(f"{cast.root}/agents/?category=legal&page=2").content.decode()
    assert "Cook 25" in second
    assert "Cook 00" not in second


def test_the_number_of_queries_does_not_grow_with_the_agents() -> None:
    cast = Cast()
    cast.agent()
    cast.viewer.get(f"{cast.root}/agents/")  # the first request of a session also notes the device
    counts = []
    for _ in range(2):
        with asked() as seen:
            cast.viewer.get(f"{cast.root}/agents/")
        counts.append(len(seen))
        for number in range(12):
            cast.agent(f"Cook {number}")
    assert counts[0] == counts[1]
    assert counts[1] <= 12


def test_a_stranger_gets_404_and_a_visitor_is_asked_to_sign_in() -> None:
    cast = Cast()
    agent = cast.agent()
    for path in ("", "new/", f"{agent.slug}/", f"{agent.slug}/edit/", f"{agent.slug}/delete/"):
        assert cast.stranger.get(f"{cast.root}/agents/{path}").status_code == 404
    assert Client().get(f"{cast.root}/agents/").status_code == 302


def test_another_workspaces_agent_is_the_same_404_as_an_unknown_one() -> None:
    cast, other = Cast(), Cast()
    foreign = other.agent()
    unknown = cast.owner.get(f"{cast.root}/agents/no-such-agent/")
    for key in (foreign.pk, foreign.slug):
        answer = cast.owner.get(f"{cast.root}/agents/{key}/")
        assert (answer.status_code, unknown.status_code) == (404, 404)
    assert cast.owner.post(f"{cast.root}/agents/{foreign.pk}/restore/").status_code == 404


def test_type_and_tag_narrow_the_list_and_the_table_shows_the_same_agents() -> None:
    cast = Cast()
    cast.agent("Quill", tags=["News", "short"], agent_type="devops")
    cast.agent("Nora", tags=["news"])
    for query, found in (
        ("type=devops", {"Quill"}),
        ("tag=news", {"Nora"}),
        ("tag=short", {"Quill"}),
        ("tag=x", set()),
    ):
        for view in ("", "&view=table"):
            text = cast.viewer.get(f"{cast.root}/agents/?{query}{view}").content.decode()
            assert {name for name in ("Quill", "Nora") if f">{name}</a>" in text} == found
    table = cast.viewer.get(f"{cast.root}/agents/?view=table&q=o").content.decode()
    assert "<table" in table
    assert 'name="view" value="table"' in table
    assert '<option value="short">' in table


def test_several_agents_change_their_status_after_a_question() -> None:
    cast = Cast()
    agents = [cast.agent(name) for name in ("Quill", "Nora", "Lex")]
    resting = services.change_status(agent=agents[2], user=None, status="maintenance")
    services.change_status(agent=resting, user=None, status="inactive")
    sent = {"agent": [str(agent.pk) for agent in agents], "status": "paused", "query": "sort=name"}
    question = cast.editor.post(f"{cast.root}/agents/", sent).content.decode()
    assert "Change 2 agents to paused?" in question
    assert "cannot go from inactive to paused" in question
    assert {agent.status for agent in Agent.objects.filter(workspace=cast.workspace)} == {"active", "inactive"}
    done = cast.editor.post(f"{cast.root}/agents/", {**sent, "confirmed": "1"})
    assert done["Location"] == f"{cast.root}/agents/?sort=name"
    assert {agent.name for agent in Agent.objects.filter(status="paused")} == {"Quill", "Nora"}


def test_only_editors_change_several_and_only_agents_of_their_workspace() -> None:
    cast, other = Cast(), Cast()
    foreign = other.agent("Foreign")
    sent = {"agent": [str(foreign.pk), "nonsense", "\x00"], "status": "paused", "confirmed": "1"}
    assert cast.viewer.post(f"{cast.root}/agents/", sent).status_code == 403
    assert cast.stranger.post(f"{cast.root}/agents/", sent).status_code == 404
    assert cast.editor.post(f"{cast.root}/agents/", sent).status_code == 302
    foreign.refresh_from_db()
    assert foreign.status == "active"
    wrong = {"agent": [str(cast.agent().pk)], "status": "draft", "confirmed": "1"}
    answer = cast.editor.post(f"{cast.root}/agents/", wrong, follow=True).content.decode()
    assert "Choose at least one agent and a status" in answer
