"""Signing in at an MCP server with OAuth: found out, allowed, used, renewed, refused; nothing goes to others."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from automatos.private_hosts import parse
from tools.composio.tests.kit import signed_in, whole
from tools.mcp.tasks import read_mcp_server
from tools.mcp.tests.authority import Authority, authority, guarded, query
from tools.models import McpSignIn, RemoteService, RemoteTool
from workspaces.models import AuditEntry, Role, User
from workspaces.services import create_workspace, set_role

pytestmark = pytest.mark.django_db


class House:
    """A workspace with a server, and its owner at the browser."""

    def __init__(self, url: str) -> None:
        self.owner = User.objects.create_user("owner@example.org")
        self.workspace = create_workspace(name="Kitchen", owner=self.owner)
        self.client = signed_in(self.owner)
        self.root = f"/w/{self.workspace.slug}/mcp-servers/"
        self.service = RemoteService.objects.create(workspace=self.workspace, kind="mcp", name="tracker", url=url)

    def connect(self) -> str:
        """The button; the address the browser is sent to."""
        answer = whole(self.client.post(f"{self.root}{self.service.pk}/connect/"))
        self.said = answer.text
        return str(answer.headers.get("Refresh", "")).partition("url=")[2]

    def back(self, given: dict[str, str], client: Any = None) -> Any:
        """The browser comes back to the address that is everybody's."""
        client = client or self.client
        first = client.get(f"/mcp-signed-in?{query(given)}")
        return whole(client.get(first["Location"])) if first.status_code == 302 else first

    def read(self) -> RemoteService:
        read_mcp_server(str(self.workspace.pk), str(self.service.pk))
        return RemoteService.objects.get(pk=self.service.pk)

    @property
    def page(self) -> str:
        return str(self.client.get(f"{self.root}?server=tracker").text)

    @property
    def row(self) -> McpSignIn:
        return McpSignIn.objects.get()


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])


def test_an_account_is_connected_used_renewed_and_given_up() -> None:
    with authority() as at, guarded(at) as url:
        house = House(url)
        assert house.read().state == "error"
        assert "Connect an account" in house.page
        asked = house.connect()
        assert asked.startswith(f"{at.url}/authorize?")
        assert "scope=issues+offline_access" in asked
        assert f"resource={url.replace(':', '%3A').replace('/', '%2F')}" in asked
        assert house.row.state == "pending"
        answer = house.back(at.allow(asked))
        assert answer["Location"].endswith("?server=tracker")
        assert house.row.state == "active"
        (access,) = at.tokens
        assert access.encode() not in bytes(house.row.secret), "it is sealed"
        assert house.read().state == "ok"
        assert at.url in house.page
        McpSignIn.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
        assert house.read().state == "ok"
        assert [form["grant_type"] for form in at.asked] == ["authorization_code", "refresh_token"]
        assert {form["resource"] for form in at.asked} == {url}
        house.client.post(f"{house.root}{house.service.pk}/do/", {"do": "sign_out"})
        assert not McpSignIn.objects.exists()
        assert house.read().state == "error"
        done = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"remote_service.signed_in", "remote_service.signed_out"} <= done


def test_a_call_that_needs_more_access_asks_a_person_for_it() -> None:
    with authority() as at, guarded(at) as url:
        house = House(url)
        api, header = f"/api/mcp-servers/{house.service.pk}", {"X-Workspace-ID": str(house.workspace.pk)}
        link = whole(house.client.post(f"{api}/sign-in", headers=header)).json()["url"]
        house.back(at.allow(link))
        assert house.read().state == "ok"
        at.needs = "issues:write"
        tool = RemoteTool.objects.get(name="open_issue")
        attempt = {"arguments": {"title": "Leak"}}

        def tried() -> dict[str, Any]:
            sent = house.client.post(
                f"{api}/tools/{tool.pk}/try", attempt, content_type="application/json", headers=header
            )
            found: dict[str, Any] = whole(sent).json()
            return found

        assert "wants more access for this: issues:write" in str(tried())
        assert (house.row.state, house.row.wants) == ("active", "issues:write")
        assert house.client.get(api, headers=header).json()["sign_in"]["wants"] == "issues:write"
        assert "Allow more access" in house.page
        asked = house.connect()
        assert "scope=issues+offline_access+issues%3Awrite" in asked
        house.back(at.allow(asked))
        assert house.row.wants == ""
        assert "Issue 1 was opened." in str(tried())
        assert house.client.delete(f"{api}/sign-in", headers=header).status_code == 204
        assert not McpSignIn.objects.exists()
        assert house.client.get(api, headers=header).json()["sign_in"] is None


def test_what_comes_back_is_believed_once_from_the_same_person() -> None:
    with authority() as at, guarded(at) as url:
        house = House(url)
        given = at.allow(house.connect())
        editor = User.objects.create_user("ed@example.org")
        set_role(workspace=house.workspace, user=editor, role=Role.EDITOR)
        for wrong, client in (
            (given, signed_in(editor)),
            ({**given, "state": given["state"][:-1] + "x"}, None),
            ({**given, "state": "kitchen.short"}, None),
        ):
            house.back(wrong, client)
            assert house.row.state == "pending"
        assert at.asked == []
        house.back({**given, "iss": "https://evil.example"})
        assert house.row.state == "error"
        assert at.asked == []
        house.back(given)
        assert (house.row.state, at.asked) == ("error", []), "a state is good once"
        house.back(at.allow(house.connect()))
        assert house.row.state == "active"
        at.denies = True
        assert "was not allowed" in house.back(at.allow(house.connect())).text


def test_a_grant_that_ended_asks_for_a_person_and_a_moved_server_gets_nothing() -> None:
    with authority() as at, guarded(at) as url:
        house = House(url)
        house.back(at.allow(house.connect()))
        at.refreshes.clear()
        McpSignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "Connect it again" in house.read().problem
        assert house.row.problem == "The authorization server gave no token. It says: That was used up."
        assert "Reconnect" in house.page
        house.back(at.allow(house.connect()))
        edited = {"name": "tracker", "transport": "http", "url": "https://elsewhere.example/mcp"}
        assert house.client.post(f"{house.root}{house.service.pk}/edit/", edited).status_code == 302
        assert not McpSignIn.objects.exists()


@pytest.mark.parametrize(
    ("names", "about", "says"),
    [
        ({"issuer": "https://evil.example"}, {}, "by another name"),
        ({"code_challenge_methods_supported": ["plain"]}, {}, "PKCE"),
        ({"registration_endpoint": None}, {}, "clients it knows"),
        ({"registration_endpoint": "http://169.254.169.254/"}, {}, "reach"),
        ({}, {"resource": "https://other.example/mcp"}, "another resource"),
        ({}, {"authorization_servers": ["http://169.254.169.254/"]}, "where to sign in"),
    ],
)
def test_metadata_that_is_wrong_leads_nowhere(names: dict[str, Any], about: dict[str, Any], says: str) -> None:
    with authority(names=names) as at, guarded(at, **about) as url:
        house = House(url)
        assert house.connect() == ""
        assert says in house.said
        assert not McpSignIn.objects.exists()


def test_our_own_name_is_a_document(settings: Settings) -> None:
    house = House("https://a.example/mcp")
    shape = house.client.get("/mcp-client.json").json()
    assert shape["client_id"] == "http://testserver/mcp-client.json"
    assert shape["redirect_uris"] == ["http://testserver/mcp-signed-in"]
    with authority(names={"client_id_metadata_document_supported": True}) as at, guarded(at) as url:
        settings.PUBLIC_URL = "https://kitchen.example"
        RemoteService.objects.update(url=url)
        assert "client_id=https%3A%2F%2Fkitchen.example%2Fmcp-client.json" in house.connect()
        assert at.clients == {}


def test_nobody_else_connects() -> None:
    house = House("https://a.example/mcp")
    viewer, outsider = (User.objects.create_user(f"{name}@example.org") for name in ("vic", "sam"))
    set_role(workspace=house.workspace, user=viewer, role=Role.VIEWER)
    for user, status in ((viewer, 403), (outsider, 404)):
        assert signed_in(user).post(f"{house.root}{house.service.pk}/connect/").status_code == status
        assert signed_in(user).get(f"{house.root}signed-in/?state=x").status_code == status
    assert Authority().tokens == set()


def test_what_no_column_and_no_header_holds_is_not_taken_over_from_the_other_side() -> None:
    with authority() as at, guarded(at, scopes_supported=["is\x00sues"]) as url:
        house = House(url)
        asked = house.connect()
        assert (house.row.state, house.row.scope.split()[0]) == ("pending", "issues")
        vars(at)["token"] = lambda form: (200, {"access_token": "a\r\nX-Role: admin", "token_type": "Bearer"})
        assert house.back(at.allow(asked)).status_code == 502
        assert house.row.state == "error"
