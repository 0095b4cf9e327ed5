"""Messages from Composio: signed by the right project, taken in once, and believed for their own workspace only."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from automatos.tests.app_role import app_role
from tools.composio import connections, triggers
from tools.composio.access import Access
from tools.composio.testing import StandIn
from tools.composio.testing.server import signed
from tools.composio.tests.kit import decide, filled, signed_in, whole
from tools.models import ComposioConnection, ComposioEntity, ComposioEvent, ComposioTrigger
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("composio")]
PATH = "/api/composio/webhook"


@pytest.fixture
def workspace(composio: StandIn, settings: Any) -> Workspace:
    """A workspace with GitHub connected and one event listened to."""
    settings.PUBLIC_URL = "https://automatos.example"
    made = create_workspace(name="Kitchen", owner=User.objects.create_user("owner@example.org"))
    filled(made)
    with app_role():
        manager = connections.ComposioEntityManager(made.pk)
        link = manager.connect("github", lambda state: f"http://127.0.0.1:1/{state}")
        state = decide(link).rsplit("/", 1)[1].split("?")[0]
        manager.finish(state)
        triggers.listen(made.pk, "github", "GITHUB_COMMIT_EVENT", {"owner": "o", "repo": "r"}, None)
    return made


def message(workspace_id: Any, **more: Any) -> dict[str, Any]:
    trigger = ComposioTrigger.objects.first()
    return {
        "id": "evt_1",
        "timestamp": "2026-11-29T00:00:00Z",
        "type": "composio.trigger.message",
        "metadata": {
            "trigger_slug": "GITHUB_COMMIT_EVENT",
            "trigger_id": trigger.trigger_id if trigger else "ti",
            "connected_account_id": ComposioConnection.objects.get().account_id,
            "user_id": str(workspace_id),
        },
        "data": {"id": "c0ffee"},
        **more,
    }


def send(payload: dict[str, Any], secret: str, **more: Any) -> Any:
    body, headers = signed(payload, secret, **more)
    return Client().post(PATH, body, "application/json", headers=headers)


def test_an_event_is_kept_once_however_often_it_is_delivered(workspace: Workspace, composio: StandIn) -> None:
    payload = message(workspace.pk)
    first = send(payload, composio.secret, message_id="msg_1")
    assert (first.status_code, first.json()["outcome"]) == (200, "applied")
    assert send(payload, composio.secret, message_id="msg_1").json()["outcome"] == "again"
    event = ComposioEvent.objects.get()
    assert (event.workspace_id, event.kind, event.app, event.data) == (
        workspace.pk,
        "trigger",
        "github",
        {"id": "c0ffee"},
    )
    client, header = signed_in(User.objects.get()), {"X-Workspace-ID": str(workspace.pk)}
    assert client.get("/api/composio/events", headers=header).json()["total"] == 1
    assert "c0ffee" not in client.get(f"/w/{workspace.slug}/apps/github/?tab=events").text


@pytest.mark.parametrize(("change", "status"), [("secret", 401), ("age", 401), ("ahead", 401), ("tampered", 401)])
def test_what_is_not_signed_rightly_is_refused(
    workspace: Workspace, composio: StandIn, change: str, status: int
) -> None:
    secret = "whsec_wrong" if change == "secret" else composio.secret
    age = {"age": 400, "ahead": -400}.get(change, 0)
    body, headers = signed(message(workspace.pk), secret, age=age)
    if change == "tampered":
        body = body.replace(b"c0ffee", b"badbad")
    answer = Client().post(PATH, body, "application/json", headers=headers)
    assert answer.status_code == status
    assert not ComposioEvent.objects.exists()


def test_a_message_without_headers_or_sense_is_refused(workspace: Workspace, composio: StandIn) -> None:
    for body in (b"", b"[]", b"nonsense", b"{}", b'{"metadata": 1}'):
        assert Client().post(PATH, body, "application/json").status_code in (400, 401)
    body, headers = signed(message(workspace.pk, data={"text": "a\u0000b"}), composio.secret)
    assert Client().post(PATH, body, "application/json", headers=headers).status_code == 400


def test_a_project_speaks_for_its_own_workspace_only(
    workspace: Workspace, composio: StandIn, credential_types: None
) -> None:
    from workspaces.credentials import services as credentials

    owner = User.objects.get()
    other = create_workspace(name="Other", owner=owner)
    row = credentials.create(
        workspace=other, user=owner, type_slug="composio", name="Own", fields={"api_key": "ak_other"}
    )
    triggers.keep_secret(
        Access("ak_other", workspace_id=other.pk, credential_id=row.pk), "sub", "https://x", "whsec_other"
    )
    assert send(message(workspace.pk), "whsec_other").status_code == 401
    # The installation's secret is not good for a workspace with a project of its own.
    assert send(message(other.pk), composio.secret).status_code == 401
    assert send(message(other.pk), "whsec_other").json()["outcome"] == "ignored"
    assert send(message(uuid4()), composio.secret).json()["outcome"] == "ignored"
    assert not ComposioEvent.objects.exists()


def test_an_expired_account_is_known_before_a_run_needs_it(workspace: Workspace, composio: StandIn) -> None:
    account = ComposioConnection.objects.get().account_id
    payload = message(workspace.pk, type="composio.connected_account.expired", data={"id": account})
    assert send(payload, composio.secret).json()["outcome"] == "applied"
    row = ComposioConnection.objects.get()
    assert (row.status, "expired" in row.problem) == ("error", True)
    assert "needs reconnecting" in signed_in(User.objects.get()).get(f"/w/{workspace.slug}/apps/").text


def test_a_message_breaks_the_account_of_its_own_workspace_only(workspace: Workspace, composio: StandIn) -> None:
    mine = ComposioConnection.objects.get()
    payload = message(workspace.pk, type="composio.connected_account.expired", data={"id": mine.account_id})
    other = create_workspace(name="Other", owner=User.objects.get())
    entity = ComposioEntity.objects.create(workspace=other, entity_id=str(other.pk))
    claimed = {"app": "github", "status": "active", "account_id": mine.account_id}
    theirs = ComposioConnection.objects.create(workspace=other, entity=entity, **claimed)
    nobody = {**payload, "metadata": {"connected_account_id": mine.account_id}}
    assert send(nobody, composio.secret).json()["outcome"] == "ignored"
    assert send(payload, composio.secret).json()["outcome"] == "applied"
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("error", "active")


def test_a_trigger_that_the_app_ended_says_so(workspace: Workspace, composio: StandIn) -> None:
    assert send(message(workspace.pk, type="composio.trigger.disabled"), composio.secret).status_code == 200
    assert ComposioTrigger.objects.get().status == "disabled"


def test_listening_is_asked_for_and_ended_over_the_api(workspace: Workspace, composio: StandIn) -> None:
    client, header = signed_in(User.objects.get()), {"X-Workspace-ID": str(workspace.pk)}
    kinds = whole(client.get("/api/composio/apps/github/events", headers=header)).json()
    assert [kind["slug"] for kind in kinds["items"]] == ["GITHUB_COMMIT_EVENT"]
    wrong = {"app": "github", "event": "GITHUB_COMMIT_EVENT", "config": {}}
    answer = whole(client.post("/api/composio/triggers", wrong, "application/json", headers=header))
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["config"])
    right = {**wrong, "config": {"owner": "o", "repo": "other"}}
    made = whole(client.post("/api/composio/triggers", right, "application/json", headers=header))
    assert made.status_code == 201
    gone = whole(client.delete(f"/api/composio/triggers/{made.json()['id']}", headers=header))
    assert gone.status_code == 204
    assert len(composio.world.triggers) == 1
