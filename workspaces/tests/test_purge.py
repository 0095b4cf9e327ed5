"""What time takes away: nothing before its 30 days, everything after."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from agents.models import Agent
from marketplace.models import AssignedPlugin, Plugin, PluginAgent, Publisher
from recipes.models import Execution, Recipe
from recipes.runs.tasks import purge as purge_runs
from tools.models import AgentAppAssignment, AgentRemoteTool, RemoteService, RemoteTool
from workspaces.models import AuditEntry, ClerkEvent, IdempotentRequest, Invitation, Role, User, Workspace
from workspaces.tasks import purge
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def ago(**span: float) -> dict[str, object]:
    return {"deleted_at": timezone.now() - timedelta(**span)}


def cooked(company: Company) -> Recipe:
    """A recipe with one run."""
    made = company.recipe("Hi")
    status, _ = company.editor.post(f"/api/workflow-recipes/{made['template_id']}/execute", {})
    assert status in (201, 202)
    return Recipe.objects.get(pk=made["id"])


def purged() -> None:
    """Both tasks, in the order that leaves most to do, twice as beat would."""
    for _ in range(2):
        purge()
        purge_runs()


def test_a_deleted_workspace_is_kept_for_30_days_and_then_gone_with_all_that_is_in_it(company: Company) -> None:
    cooked(company)
    Company()
    others = Workspace.objects.exclude(pk=company.workspace.pk).count()
    company.owner.delete(f"/api/workspaces/{company.workspace.pk}")
    Workspace.objects.filter(pk=company.workspace.pk).update(**ago(days=29, hours=23))
    purged()
    assert Execution.objects.filter(workspace=company.workspace).exists()
    Workspace.objects.filter(pk=company.workspace.pk).update(**ago(days=30, minutes=1))
    purged()
    assert not Workspace.objects.filter(pk=company.workspace.pk).exists()
    for model in (Execution, Recipe, Agent):
        assert not model._default_manager.filter(workspace_id=company.workspace.pk).exists()
    assert Workspace.objects.count() == others
    assert User.objects.filter(pk=company.people["owner"].pk).exists()  # type: ignore[index]
    told = AuditEntry.objects.get(action="workspace.purged")
    assert (told.target_id, told.workspace_id) == (str(company.workspace.pk), None)
    assert AuditEntry.objects.filter(workspace_id=company.workspace.pk, action="workspace.deleted").exists()


def test_a_workspace_with_more_runs_than_a_round_removes_goes_over_several(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.purging.MOST_BATCHES", 1)
    monkeypatch.setattr("recipes.runs.purging.RUNS_AT_ONCE", 1)
    recipe = cooked(company)
    company.editor.post(f"/api/workflow-recipes/{recipe.template_id}/execute", {})
    Workspace.objects.filter(pk=company.workspace.pk).update(**ago(days=31))
    runs = Execution.objects.filter(recipe=recipe)
    for left in (1, 0):
        purge()
        purge_runs()
        assert runs.count() == left
        assert Recipe.objects.filter(pk=recipe.pk).exists() is bool(left)
    purge()
    assert not Workspace.objects.filter(pk=company.workspace.pk).exists()


def test_a_live_workspace_is_never_touched(company: Company) -> None:
    recipe, idle = cooked(company), company.agent(name="Idle")
    Workspace.objects.update(created_at=timezone.now() - timedelta(days=900))
    purged()
    assert Recipe.objects.filter(pk=recipe.pk, executions__isnull=False).exists()
    assert Agent.objects.filter(pk=idle["id"]).exists()


def test_deleted_recipes_and_agents_go_unless_a_run_still_names_them(company: Company) -> None:
    kept, gone, recent = cooked(company), company.recipe("Hi"), company.recipe("Hi")
    Recipe.objects.filter(pk__in=[kept.pk, gone["id"]]).update(**ago(days=31))
    Recipe.objects.filter(pk=recent["id"]).update(**ago(days=29))
    Agent.objects.update(**ago(days=31))
    lonely = gone["steps"][0]["agent_id"]
    purged()
    assert set(Recipe.objects.values_list("pk", flat=True)) >= {kept.pk}
    assert {str(pk) for pk in Recipe.objects.values_list("pk", flat=True)} == {str(kept.pk), recent["id"]}
    assert not Agent.objects.filter(pk=lonely).exists()
    assert Agent.objects.filter(execution_steps__execution__recipe=kept).exists()
    assert Agent.objects.filter(recipe_steps__recipe_id=recent["id"]).exists()


def test_what_an_agent_was_given_goes_with_it(company: Company) -> None:
    """Tools, apps and plugins know an agent by its id alone, so no row of the database takes them along."""
    workspace = company.workspace
    gone, stays = company.agent(name="Gone"), company.agent(name="Stays")
    publisher = Publisher.objects.create(workspace=workspace, slug="ours", name="Ours")
    plugin = Plugin.objects.create(workspace=workspace, publisher=publisher, slug="tides", name="Tides")
    service = RemoteService.objects.create(workspace=workspace, kind="mcp", name="tracker", url="https://x.test/")
    tool = RemoteTool.objects.create(workspace=workspace, service=service, name="list")
    for one in (gone, stays):
        own = {"workspace": workspace, "agent_id": one["id"]}
        AssignedPlugin.objects.create(plugin=plugin, **own)
        PluginAgent.objects.create(plugin=plugin, slug="tides", version="1.0.0", name="pilot", **own)
        AgentAppAssignment.objects.create(app="github", **own)
        AgentRemoteTool.objects.create(tool=tool, **own)
    Agent.objects.filter(pk=gone["id"]).update(**ago(days=31))
    purged()
    for model in (AssignedPlugin, PluginAgent, AgentAppAssignment, AgentRemoteTool):
        assert {str(pk) for pk in model._default_manager.values_list("agent_id", flat=True)} == {stays["id"]}, model


def test_what_was_only_remembered_for_a_while_is_forgotten(company: Company) -> None:
    now = timezone.now()
    for hours in (23, 25):
        IdempotentRequest.objects.create(
            workspace=company.workspace,
            key=f"k{hours}",
            route="r",
            body_hash="h",
            created_at=now - timedelta(hours=hours),
        )
    for days in (29, 31):
        Invitation.objects.create(
            workspace=company.workspace,
            email=f"{days}@x.org",
            token_hash=str(days),
            expires_at=now - timedelta(days=days),
        )
        ClerkEvent.objects.create(id=f"msg_{days}", type="user.created", received_at=now - timedelta(days=days))
    purge()
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["k23"]
    assert list(Invitation.objects.values_list("email", flat=True)) == ["29@x.org"]
    assert list(ClerkEvent.objects.values_list("id", flat=True)) == ["msg_29"]


def test_sessions_that_ended_are_forgotten_with_their_devices(company: Company) -> None:
    now, user = timezone.now(), company.people[Role.OWNER]
    for key, hours in (("over", -1), ("goes-on", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
        UserSession.objects.create(session_key=key, user=user, ip="127.0.0.1", data={})
    UserSession.objects.update(last_seen_at=now - timedelta(hours=2))
    UserSession.objects.create(session_key="just-signing-in", user=user, ip="127.0.0.1", data={})
    purge()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["goes-on"]
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"goes-on", "just-signing-in"}
