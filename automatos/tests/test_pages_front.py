"""The frame of every page, over HTTP: ways in, refusals, headers, search."""

import re
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from agents.services import AgentInput, create_agent
from automatos.demo import DEMO_EMAIL
from automatos.tests.queries import asked
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services import create_personal_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> User:
    """A person with a personal workspace."""
    user = User.objects.create_user("ines@example.com", "kitchen-pass-1", name="Ines Moreau")
    create_personal_workspace(user=user)
    return user


@pytest.fixture
def browser_of_ines(ines: User) -> Client:
    """Ines, signed in."""
    client = Client()
    client.force_login(ines)
    return client


def home_of(user: User) -> str:
    """The address of a user's first workspace."""
    return f"/w/{user.workspaces.get().slug}/"


def test_the_landing_page_offers_sign_up_sign_in_and_the_demo(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "/accounts/signup/" in page
    assert "/accounts/login/" in page
    assert ('action="/demo/"' in page) is settings.EMBEDDED_DATABASE


def test_with_an_external_database_there_is_no_demo_door(client: Client, settings: object) -> None:
    settings.EMBEDDED_DATABASE = False  # type: ignore[attr-defined]
    User.objects.create_user(DEMO_EMAIL)
    assert "/demo/" not in client.get("/").content.decode()
    assert client.post("/demo/").status_code == 404


def test_one_click_enters_the_demo_kitchen(client: Client, settings: object) -> None:
    settings.EMBEDDED_DATABASE = True  # type: ignore[attr-defined]
    create_personal_workspace(user=User.objects.create_user(DEMO_EMAIL, name="Demo"))
    answer = client.post("/demo/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/w/")
    assert answer.status_code == 200


def test_the_demo_door_opens_by_post_only(client: Client) -> None:
    assert client.get("/demo/").status_code == 405


def test_a_signed_in_visitor_is_sent_to_their_workspace(browser_of_ines: Client, ines: User) -> None:
    assert browser_of_ines.get("/").headers["Location"] == home_of(ines)


def test_nobody_signed_in_goes_to_sign_in_and_back(client: Client, ines: User) -> None:
    answer = client.get(home_of(ines) + "?tab=runs")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=%2Fw%2F")


def test_a_stranger_gets_the_same_404_as_for_a_workspace_that_does_not_exist(
    browser_of_ines: Client,
) -> None:
    theirs = Workspace.objects.create(slug="theirs", name="Theirs")
    seen = [browser_of_ines.get(path) for path in (f"/w/{theirs.slug}/", "/w/no-such-place/", "/no-such-page")]
    assert [answer.status_code for answer in seen] == [404, 404, 404]
    pages = {re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode()) for answer in seen}
    assert len(pages) == 1


def test_the_frame_costs_two_queries_and_names_every_workspace(browser_of_ines: Client, ines: User) -> None:
    shared = Workspace.objects.create(slug="northwind", name="Northwind Labs")
    Membership.objects.create(workspace=shared, user=ines, role=Role.VIEWER)
    from automatos.context import shell
    from automatos.tests.requests import page_request

    request = page_request(ines, "northwind")
    with asked() as seen:
        frame = shell(request)["shell"]
        names = [membership.workspace.name for membership in frame.memberships]
    assert len(seen) == 2
    assert names == ["Ines Moreau's workspace", "Northwind Labs"]
    labels = [place.label for group in frame.palette for place in group.places]
    assert "Create an agent" not in labels


def test_every_place_of_the_frame_leads_to_a_page(browser_of_ines: Client, ines: User) -> None:
    from automatos.context import shell
    from automatos.tests.requests import page_request

    frame = shell(page_request(ines, ines.workspaces.get().slug))["shell"]
    places = [place for group in [*frame.nav, *frame.palette] for place in group.places]
    assert len(places) > 10
    for place in places:
        assert browser_of_ines.get(place.href).status_code == 200, place


def test_an_answer_carries_the_callers_request_id_or_a_new_one(client: Client) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-12345678"})["X-Request-ID"] == "abc-12345678"
    forged = client.get("/", headers={"X-Request-ID": "x" * 300})["X-Request-ID"]
    assert len(forged) == 32


def test_a_role_too_low_is_named_on_the_page_and_in_a_toast_for_htmx(ines: User) -> None:
    client = Client()
    client.force_login(ines)
    workspace = Workspace.objects.create(slug="northwind", name="Northwind Labs")
    Membership.objects.create(workspace=workspace, user=ines, role=Role.VIEWER)
    page = client.get("/w/northwind/agents/new/")
    assert page.status_code == 403
    assert "editor" in page.content.decode().lower()
    fragment = client.get("/w/northwind/agents/new/", headers={"HX-Request": "true"})
    assert fragment.status_code == 403
    assert fragment["HX-Reswap"] == "none"
    assert "editor" in fragment["HX-Trigger"].lower()


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/no-such-page", "/api/nothing", "/health"])
def test_every_answer_has_the_content_security_policy(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy


def test_an_unknown_page_is_a_page_and_an_unknown_api_address_is_json(client: Client) -> None:
    assert b"Nothing was found at this address" in client.get("/no-such-page").content
    assert client.get("/api/nothing").json()["error"]["code"] == "not_found"


def test_a_fault_of_ours_is_a_page_with_the_request_id(
    browser_of_ines: Client, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser_of_ines.raise_request_exception = False
    monkeypatch.setattr("automatos.views.home_of", None)
    answer = browser_of_ines.get("/")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()


def test_the_theme_comes_from_the_cookie_and_nonsense_is_ignored(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert '<html lang="en">' in client.get("/").content.decode()


def test_search_finds_agents_by_name_and_only_in_this_workspace(browser_of_ines: Client, ines: User) -> None:
    mine, other = ines.workspaces.get(), Workspace.objects.create(slug="other", name="Other")
    for workspace in (mine, other):
        create_agent(workspace=workspace, user=ines, data=AgentInput(name=f"Quill of {workspace.slug}"))
    groups = browser_of_ines.get(f"{home_of(ines)}search", {"q": "quill"}).json()["groups"]
    assert [item["label"] for group in groups for item in group["items"]] == [f"Quill of {mine.slug}"]
    assert browser_of_ines.get(groups[0]["items"][0]["href"]).status_code == 200


@pytest.mark.parametrize("question", ["", "%", "\0", "'; drop", "x" * 5000, "e3b0", str(UUID(int=7))])
def test_search_takes_any_text(browser_of_ines: Client, ines: User, question: str) -> None:
    answer = browser_of_ines.get(f"{home_of(ines)}search", {"q": question})
    assert answer.status_code == 200
    assert isinstance(answer.json()["groups"], list)
