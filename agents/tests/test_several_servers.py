"""Several model servers of a workspace's own side by side: each agent's calls go to the one it names."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from agents.models import Agent
from agents.tests.page_kit import Cast
from automatos.private_hosts import parse
from workspaces.credentials.provider_keys import ask_keys, read_keys
from workspaces.credentials.types import seed_credential_types
from workspaces.models import Credential, Role
from workspaces.tests.credential_kit import made
from workspaces.tests.rest import Caller, key_of

pytestmark = pytest.mark.django_db
FIRST, SECOND = "http://127.0.0.1:18888/v1", "http://127.0.0.1:18889/v1"


@pytest.fixture
def cast(settings: Any) -> Cast:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    seed_credential_types()
    return Cast()


@pytest.fixture
def admin(cast: Cast) -> Caller:
    return Caller(key_of(cast.workspace, cast.owner_user, Role.OWNER))


def address(cast: Cast, provider: str) -> str:
    """Where a call to this provider's models goes, or nothing."""
    keys = read_keys(ask_keys([cast.workspace.pk], connection.cursor().connection.execute))
    own = keys[cast.workspace.pk].credentials.get(provider) if keys else None
    return own.base_url if own else ""


def agent(admin: Caller, **model: Any) -> tuple[int, Any]:
    body = {"name": "Nora", "description": "d", "category": "research", "agent_type": "custom"}
    return admin.post("/api/agents", {**body, "agent_model_config": {"model_id": "plain", **model}})[:2]


def test_a_second_server_takes_nothing_over(cast: Cast, admin: Caller) -> None:
    first = made(admin, "openai_compatible", base_url=FIRST, api_key="k1")
    status, nora = agent(admin, provider="openai_compatible")
    assert status == 201, nora
    # An old name becomes that of the server as soon as there is one.
    assert nora["agent_model_config"]["provider"] == first["server"] != ""
    second = made(admin, "openai_compatible", "Second", base_url=SECOND, api_key="k2")
    assert second["server"] not in ("", first["server"])
    assert [address(cast, name) for name in (first["server"], second["server"], "openai_compatible")] == [
        FIRST,
        SECOND,
        FIRST,
    ]
    admin.delete(f"/api/credentials/{first['id']}")
    # Its agents fail by name; they do not go to the other one.
    assert address(cast, first["server"]) == ""
    third = made(admin, "openai_compatible", first["name"], base_url=SECOND, api_key="k3")
    assert third["server"] != first["server"]
    assert admin.post(f"/api/credentials/{first['id']}/restore")[0] in (200, 409)


@pytest.mark.parametrize("name", ["openai", "Local", "agent", "日本語", "-", "x" * 120])
def test_a_servers_name_is_no_providers_and_fits(admin: Caller, name: str) -> None:
    server = made(admin, "openai_compatible", name, base_url=FIRST)["server"]
    assert 0 < len(server) <= 40
    assert server not in ("openai", "local", "agent")
    status, nora = agent(admin, provider="", model_id=f"{server}:llama3:8b")
    assert (status, nora["agent_model_config"]["provider"], nora["agent_model_config"]["model_id"]) == (
        201,
        server,
        "llama3:8b",
    )


def test_a_server_nobody_has_is_refused_with_those_there_are(admin: Caller) -> None:
    mine = made(admin, "openai_compatible", base_url=FIRST)["server"]
    status, error = agent(admin, provider="elsewhere")
    assert status == 400
    (text,) = error["error"]["fields"]["agent_model_config.provider"]
    assert mine in text
    assert "local, openai, anthropic" in text


def test_the_kind_of_a_server_brings_its_address(admin: Caller) -> None:
    row = made(admin, "openai_compatible", preset="groq", api_key="gsk")
    assert row["values"]["base_url"] == "https://api.groq.com/openai/v1"
    for fields in ({"preset": "azure"}, {"preset": ""}, {"preset": "azure", "base_url": "https://YOUR-RESOURCE.x/v1"}):
        status, error = admin.post("/api/credentials", {"type": "openai_compatible", "name": "B", "fields": fields})[:2]
        assert status == 400, fields
        assert "fields.base_url" in error["error"]["fields"]


def test_old_names_move_to_the_server_that_took_their_calls(cast: Cast, admin: Caller) -> None:
    for name in ("Old one", "New one"):
        made(admin, "openai_compatible", name, base_url=FIRST)
    cast.agent("Nora")
    config = Agent.objects.get(name="Nora").agent_model_config
    config.provider, config.model_id = "openai_compatible", "plain"
    config.fallback_model_id = "openai_compatible:small:1b"
    config.save()
    Credential.objects.update(server="")
    with connection.schema_editor(atomic=False) as editor:
        import_module("workspaces.migrations.0010_server_names").name_servers(apps, editor)
        for statement in import_module("agents.migrations.0012_models_name_their_server").NAME_SERVERS.split(";\n"):
            editor.execute(statement, params=None) if statement.strip() else None
    config.refresh_from_db()
    assert dict(Credential.objects.values_list("name", "server")) == {"Old one": "old-one", "New one": "new-one"}
    assert (config.model, config.fallback_model_id) == ("new-one:plain", "new-one:small:1b")
