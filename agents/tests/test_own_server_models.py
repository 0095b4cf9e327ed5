"""The models of a workspace's own server: offered wherever a model is chosen, once its credential was tested."""

from typing import Any

import pytest

from agents.models import Agent
from agents.tests.page_kit import Cast, agent_fields
from automatos.llm.registry import VENDORS
from automatos.llm.testing.server import ScriptedServer
from automatos.private_hosts import parse
from workspaces.credentials.checks import run_check
from workspaces.models import Credential, Role
from workspaces.tests.credential_kit import SECRET, made, stocked_company
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.django_db


def after_test(caller: Caller, own: dict[str, Any]) -> dict[str, Any]:
    """The test that was asked for at the API, carried out here and now."""
    assert caller.post(f"/api/credentials/{own['id']}/test")[0] == 202
    row = Credential.objects.get(pk=own["id"])
    run_check(row.workspace_id, row.pk)
    return dict(caller.get(f"/api/credentials/{own['id']}")[1]["test"])


def offered(caller: Caller) -> list[dict[str, Any]]:
    return [item for item in caller.get("/api/models")[1]["items"] if item["provider"] not in VENDORS]


def test_they_are_offered_everywhere_after_the_test_and_never_to_another_workspace(settings: Any) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS, settings.LLM_OUTSIDE_CALLS = parse(["127.0.0.1"]), True
    stranger, cast = stocked_company(), Cast()
    admin = Caller(key_of(cast.workspace, cast.owner_user, Role.OWNER))
    cast.agent("Nora")
    with ScriptedServer() as server:
        own = made(admin, "openai_compatible", base_url=server.openai_url, api_key=SECRET)
        assert offered(admin) == []
        assert (test := after_test(admin, own))["models"] == ["test-model"], test
    name = f"{own['server']}:test-model"
    # No page asks the server: it is gone by now.
    (model,) = offered(admin)
    assert (model["id"], model["configured"], model["source"]) == (name, True, "workspace")
    assert {model["capabilities"][name] for name in ("tools", "vision", "json_schema", "thinking")} == {None}
    for page in ("agents/nora/edit/", "agents/nora/playground/"):
        assert name in cast.editor.get(f"{cast.root}/{page}").content.decode()
    draft = cast.editor.post(f"{cast.root}/agents/new/")["Location"].replace("config", "model")
    text = cast.editor.get(draft).content.decode()
    assert "What it can do is not known" in text
    assert own["name"] in text
    assert offered(stranger.owner) == []
    typed = agent_fields(version="1", name="Nora", provider=own["server"], model=name)
    assert cast.editor.post(f"{cast.root}/agents/nora/edit/", typed).status_code == 302
    assert Agent.objects.get(workspace=cast.workspace).agent_model_config.model == name
    assert after_test(admin, own)["ok"] is False
    assert len(offered(admin)) == 1
    # Another address has other models.
    admin.patch(
        f"/api/credentials/{own['id']}", {"fields": {"base_url": "https://models.example.org/v1", "api_key": SECRET}}
    )
    assert offered(admin) == []
