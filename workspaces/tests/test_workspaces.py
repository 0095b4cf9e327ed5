"""Workspaces at the API: made, renamed, moved to another address, deleted and brought back."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from workspaces.models import AuditEntry, Role, User, Workspace, WorkspaceSlug
from workspaces.services import create_personal_workspace, create_workspace
from workspaces.tests.rest import Caller, Company, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def person(company: Company, role: Role) -> Caller:
    """A member with a browser."""
    client = Client()
    client.force_login(company.people[role])
    return Caller(client=client)


def without_token(page: bytes) -> bytes:
    """A page as far as it may be compared: the CSRF token differs each time."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"", page)


def actions(workspace: Workspace) -> list[str]:
    return list(AuditEntry.objects.filter(workspace_id=workspace.pk).order_by("seq").values_list("action", flat=True))


def test_anybody_makes_a_shared_workspace_and_owns_it(company: Company) -> None:
    status, made = person(company, Role.VIEWER).post("/api/workspaces", {"name": "Pastry"})
    assert (status, made["kind"], made["role"], made["slug"]) == (201, "shared", "owner", "pastry")
    assert actions(Workspace.objects.get(pk=made["id"])) == ["workspace.created"]


def test_an_admin_renames_and_an_editor_may_not(company: Company) -> None:
    path = f"/api/workspaces/{company.workspace.pk}"
    status, changed = company.admin.patch(path, {"name": "Bakery"})
    assert (status, changed["name"], changed["slug"]) == (200, "Bakery", company.workspace.slug)
    status, body = company.editor.patch(path, {"name": "Mine"})
    assert status == 403
    assert "takes admin" in body["error"]["message"]
    entry = AuditEntry.objects.filter(workspace_id=company.workspace.pk, action="workspace.updated").get()
    assert (entry.before, entry.after) == ({"name": company.workspace.name}, {"name": "Bakery"})
    assert (entry.actor_id, entry.via) == (company.people[Role.ADMIN].pk, "api_key")


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("", "may not be empty"),
        ("My Team", "Use small letters"),
        ("a--b", "Use small letters"),
        ("-a", "Use small letters"),
        ("new", "an address of the product"),
        ("x" * 61, "shorten it to 60"),
    ],
)
def test_an_address_no_page_can_have_is_refused_with_the_cure(company: Company, slug: str, text: str) -> None:
    status, body = company.owner.patch(f"/api/workspaces/{company.workspace.pk}", {"slug": slug})
    assert (status, list(body["error"]["fields"])) == (400, ["slug"])
    assert text in body["error"]["fields"]["slug"][0]


def test_no_other_workspace_gets_an_address_that_is_or_was_taken(company: Company) -> None:
    old = company.workspace.slug
    path = f"/api/workspaces/{company.workspace.pk}"
    assert company.owner.patch(path, {"slug": "bakery-now"})[0] == 200
    other = create_workspace(name="Other", owner=company.people[Role.OWNER])
    owner = person(company, Role.OWNER)
    for taken in (old, "bakery-now"):
        status, body = owner.patch(f"/api/workspaces/{other.pk}", {"slug": taken})
        assert (status, list(body["error"]["fields"])) == (400, ["slug"])
        assert create_workspace(name=taken, owner=company.people[Role.OWNER]).slug == f"{taken}-2"
    assert company.owner.patch(path, {"slug": old})[1]["slug"] == old
    assert set(WorkspaceSlug.objects.filter(workspace=company.workspace).values_list("slug", flat=True)) == {
        old,
        "bakery-now",
    }


def test_an_old_address_leads_members_on_for_ever_and_strangers_nowhere(company: Company) -> None:
    old = company.workspace.slug
    company.owner.patch(f"/api/workspaces/{company.workspace.pk}", {"slug": "moved"})
    company.owner.patch(f"/api/workspaces/{company.workspace.pk}", {"slug": "moved-again"})
    viewer = person(company, Role.VIEWER).client
    for slug in (old, "moved"):
        answer = viewer.get(f"/w/{slug}/agents/?q=a%20b")
        assert (answer.status_code, answer["Location"]) == (301, "/w/moved-again/agents/?q=a%20b")
        assert "no-cache" in answer["Cache-Control"]
        assert viewer.post(f"/w/{slug}/agents/new/").status_code == 308
    stranger = Client()
    stranger.force_login(company.stranger)
    there, never = stranger.get(f"/w/{old}/"), stranger.get("/w/never-was/")
    assert there.status_code == never.status_code == 404
    assert without_token(there.content) == without_token(never.content)
    assert Client().get(f"/w/{old}/").status_code == 302


def test_only_an_owner_deletes_and_then_every_door_is_closed(company: Company) -> None:
    path = f"/api/workspaces/{company.workspace.pk}"
    assert company.admin.delete(path)[0] == 403
    assert company.outsider.delete(path)[0] == 404
    assert company.owner.delete(path)[0] == 204
    assert company.viewer.get("/api/agents")[0] == 404
    assert person(company, Role.VIEWER).client.get(f"/w/{company.workspace.slug}/").status_code == 404
    assert company.owner.delete(path)[0] == 404


def test_an_owner_brings_a_deleted_workspace_back_as_it_was(company: Company) -> None:
    agent = company.agent()
    path = f"/api/workspaces/{company.workspace.pk}"
    company.owner.delete(path)
    owner = person(company, Role.OWNER)
    assert [one["id"] for one in owner.get("/api/workspaces?state=deleted")[1]["items"]] == [str(company.workspace.pk)]
    assert owner.get("/api/workspaces")[1]["total"] == 0
    assert company.admin.post(f"{path}/restore")[0] == 403
    status, refused = company.outsider.post(f"{path}/restore")
    unknown = company.outsider.post(f"/api/workspaces/{company.elsewhere.pk.hex[::-1]}/restore")
    assert (status, without_request_id(refused)) == (404, without_request_id(unknown[1]))
    status, back = owner.post(f"{path}/restore")
    assert (status, back["slug"], back["deleted_at"]) == (200, company.workspace.slug, None)
    assert owner.post(f"{path}/restore")[0] == 200
    assert company.viewer.get(f"/api/agents/{agent['id']}")[0] == 200
    assert actions(company.workspace)[-2:] == ["workspace.deleted", "workspace.restored"]


def test_the_earlier_of_two_deleted_workspaces_comes_back_as_well(company: Company) -> None:
    owner = person(company, Role.OWNER)
    later = create_workspace(name="Later", owner=company.people[Role.OWNER])
    for workspace in (company.workspace, later):
        assert owner.delete(f"/api/workspaces/{workspace.pk}")[0] == 204
    assert owner.post(f"/api/workspaces/{company.workspace.pk}/restore")[1]["slug"] == company.workspace.slug


def test_a_personal_workspace_goes_only_with_the_account(company: Company) -> None:
    own = create_personal_workspace(user=company.people[Role.OWNER])
    status, body = person(company, Role.OWNER).delete(f"/api/workspaces/{own.pk}")
    assert (status, body["error"]["code"]) == (409, "personal")


def test_the_pages_show_what_is_lost_ask_for_the_name_and_offer_to_undo(company: Company) -> None:
    company.agent()
    root = f"/w/{company.workspace.slug}/settings"
    browser = person(company, Role.OWNER).client
    asked = browser.get(f"{root}/delete/").content.decode()
    assert "1 agent<" in asked
    assert "4 api keys<" in asked.lower()
    assert "3 other members" in asked
    wrong = browser.post(f"{root}/delete/", {"name": "something"})
    assert wrong.status_code == 422
    assert 'href="#id_name"' in wrong.content.decode()
    done = browser.post(f"{root}/delete/", {"name": company.workspace.name}, follow=True)
    assert done.redirect_chain == [("/workspaces/", 302)]
    assert f'action="/workspaces/{company.workspace.pk}/restore/"' in done.content.decode()
    back = browser.post(f"/workspaces/{company.workspace.pk}/restore/", follow=True)
    assert back.redirect_chain == [(f"/w/{company.workspace.slug}/", 302)]
    assert back.status_code == 200


def test_who_may_not_restore_sees_who_may(company: Company) -> None:
    company.owner.delete(f"/api/workspaces/{company.workspace.pk}")
    browser = person(company, Role.ADMIN).client
    assert "Its owners can restore it." in browser.get("/workspaces/").content.decode()
    assert browser.post(f"/workspaces/{company.workspace.pk}/restore/").status_code == 403
    stranger = Client()
    stranger.force_login(company.stranger)
    assert stranger.post(f"/workspaces/{company.workspace.pk}/restore/").status_code == 404


def test_the_days_left_are_counted_down(company: Company) -> None:
    company.owner.delete(f"/api/workspaces/{company.workspace.pk}")
    past = timezone.now() - timedelta(days=12, minutes=1)
    Workspace.objects.filter(pk=company.workspace.pk).update(deleted_at=past)
    assert "Gone for good in 18 days." in person(company, Role.OWNER).client.get("/workspaces/").content.decode()


def test_who_belongs_nowhere_is_led_to_make_a_workspace() -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("alone@example.org"))
    page = browser.get("/", follow=True)
    assert page.redirect_chain == [("/workspaces/", 302)]
    assert "You belong to no workspace." in page.content.decode()
    made = browser.post("/workspaces/new/", {"name": "Mine"})
    assert made["Location"] == "/w/mine/settings/members/"
    assert browser.post("/workspaces/new/", {"name": " "}).status_code == 422


def test_nobody_signed_in_is_sent_to_sign_in_and_back() -> None:
    for path in ("/workspaces/", "/workspaces/new/"):
        assert Client().get(path)["Location"] == f"/accounts/login/?next={path.replace('/', '%2F')}"


def test_the_page_renames_moves_and_says_who_may(company: Company) -> None:
    root = f"/w/{company.workspace.slug}/settings/"
    admin = person(company, Role.ADMIN).client
    refused = admin.post(root, {"name": "", "slug": "No Good"})
    assert refused.status_code == 422
    assert {'href="#id_name"', 'href="#id_slug"'} <= set(re.findall(r'href="#id_[a-z]+"', refused.content.decode()))
    assert 'value="No Good"' in refused.content.decode(), "what was typed stays"
    assert admin.post(root, {"name": "Bar", "slug": "bar-now"})["Location"] == "/w/bar-now/settings/"
    viewer = person(company, Role.VIEWER).client
    assert "Admins can change the name and the address. Ask" in viewer.get("/w/bar-now/settings/").content.decode()
    assert viewer.post("/w/bar-now/settings/", {"name": "Mine", "slug": "mine"}).status_code == 403
    assert Workspace.objects.get(pk=company.workspace.pk).name == "Bar"
