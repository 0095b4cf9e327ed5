"""Members: the list, roles, removing, leaving, handing over, and the last owner who stays."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from automatos.errors import Conflict, NotAllowed
from workspaces.members import services as members_services
from workspaces.models import ApiKey, AuditEntry, Membership, Role, User, Workspace
from workspaces.scope import tenancy
from workspaces.services import create_personal_workspace, create_workspace, set_role
from workspaces.tests.rest import Caller, Company, key_of, without_request_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def browser(company: Company, role: Role) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


def address(company: Company, role: Role | None = None, rest: str = "members") -> str:
    path = f"/api/workspaces/{company.workspace.pk}/{rest}"
    return f"{path}/{company.people[role].pk}" if role else path


def role_of(company: Company, role: Role) -> str:
    return str(Membership.objects.get(workspace=company.workspace, user=company.people[role]).role)


def test_every_member_sees_the_others_owners_first(company: Company) -> None:
    status, body = company.viewer.get(address(company))
    assert (status, [item["role"] for item in body["items"]]) == (200, ["owner", "admin", "editor", "viewer"])
    assert company.viewer.get(f"{address(company)}?role=admin&search=admin-")[1]["total"] == 1
    assert company.viewer.get(f"{address(company)}?search=nobody")[1]["total"] == 0
    assert company.viewer.get(address(company, Role.EDITOR))[1]["email"] == company.people[Role.EDITOR].email


# Who, whom, into what: the status of the answer.
CHANGES = [
    ("owner", "viewer", "owner", 200),
    ("owner", "admin", "viewer", 200),
    ("owner", "owner", "admin", 409),
    ("admin", "viewer", "admin", 200),
    ("admin", "editor", "viewer", 200),
    ("admin", "admin", "editor", 200),
    ("admin", "viewer", "owner", 403),
    ("admin", "owner", "editor", 403),
    ("editor", "viewer", "editor", 403),
    ("viewer", "viewer", "owner", 403),
]


@pytest.mark.parametrize(("who", "whom", "into", "expected"), CHANGES)
def test_who_may_give_which_role(company: Company, who: str, whom: str, into: str, expected: int) -> None:
    caller: Caller = getattr(company, who)
    status, body = caller.patch(address(company, Role(whom)), {"role": into})
    assert status == expected, body
    assert role_of(company, Role(whom)) == (into if expected == 200 else whom)
    changes = AuditEntry.objects.filter(action="member.role_changed", target_id=str(company.people[Role(whom)].pk))
    told = changes.filter(before={"role": whom}, after={"role": into}).exists()
    assert told is (expected == 200)


def test_what_somebody_is_elsewhere_says_nothing_of_here(company: Company) -> None:
    other = Company()
    with pytest.raises(NotAllowed, match="last owner"):
        set_role(workspace=company.workspace, user=company.people[Role.OWNER], role=Role.VIEWER)
    guest = other.people[Role.OWNER]
    set_role(workspace=company.workspace, user=guest, role=Role.EDITOR)
    told = AuditEntry.objects.get(workspace_id=company.workspace.pk, target_id=str(guest.pk))
    assert (told.action, told.before) == ("member.added", None)


def test_an_unknown_role_and_an_unknown_member_are_named(company: Company) -> None:
    status, body = company.owner.patch(address(company, Role.VIEWER), {"role": "king"})
    assert (status, list(body["error"]["fields"])) == (400, ["role"])
    for person in (uuid4(), company.stranger.pk):
        status, body = company.owner.patch(f"{address(company)}/{person}", {"role": "viewer"})
        assert (status, body["error"]["code"]) == (404, "not_found")


def test_a_stranger_learns_nothing_of_a_member(company: Company) -> None:
    answers = [
        company.outsider.get(address(company, Role.EDITOR)),
        company.outsider.delete(address(company, Role.EDITOR)),
    ]
    nowhere = company.outsider.get(f"/api/workspaces/{uuid4()}/members/{uuid4()}")
    assert [(404, without_request_id(nowhere[1]))] * 2 == [(s, without_request_id(body)) for s, body in answers]


@pytest.mark.parametrize(
    ("who", "whom", "expected"), [("admin", "editor", 204), ("admin", "owner", 403), ("editor", "viewer", 403)]
)
def test_who_may_remove_whom(company: Company, who: str, whom: str, expected: int) -> None:
    status, _ = getattr(company, who).delete(address(company, Role(whom)))
    assert status == expected
    assert Membership.objects.filter(user=company.people[Role(whom)]).exists() is (expected != 204)


def test_who_is_removed_loses_page_and_key_at_once_and_for_good(company: Company) -> None:
    editor = browser(company, Role.EDITOR)
    page = f"/w/{company.workspace.slug}/agents/"
    assert editor.get(page).status_code == 200
    assert company.editor.get("/api/agents")[0] == 200
    company.admin.delete(address(company, Role.EDITOR))
    assert editor.get(page).status_code == 404
    assert company.editor.get("/api/agents")[0] == 401
    set_role(workspace=company.workspace, user=company.people[Role.EDITOR], role=Role.EDITOR)
    assert company.editor.get("/api/agents")[0] == 401, "an old key does not come back with the person"


def test_who_is_removed_keeps_their_keys_elsewhere(company: Company) -> None:
    editor = company.people[Role.EDITOR]
    elsewhere = Caller(key_of(create_personal_workspace(user=editor), editor, Role.OWNER))
    company.admin.delete(address(company, Role.EDITOR))
    assert elsewhere.get("/api/agents")[0] == 200


def test_anybody_leaves_but_not_the_last_owner_and_not_by_a_key(company: Company) -> None:
    path = address(company, rest="leave")
    assert company.viewer.post(path)[0] == 403
    assert Caller(client=browser(company, Role.VIEWER)).post(path)[0] == 204
    assert company.viewer.get("/api/agents")[0] == 401
    status, body = Caller(client=browser(company, Role.OWNER)).post(path)
    assert (status, body["error"]["code"]) == (409, "last_owner")
    assert "Make someone else an owner first" in body["error"]["message"]
    company.owner.patch(address(company, Role.ADMIN), {"role": "owner"})
    assert Caller(client=browser(company, Role.OWNER)).post(path)[0] == 204


def test_an_owner_hands_over_and_stays_as_admin(company: Company) -> None:
    path = address(company, rest="transfer")
    assert company.admin.post(path, {"user_id": str(company.people[Role.VIEWER].pk)})[0] == 403
    status, heir = company.owner.post(path, {"user_id": str(company.people[Role.VIEWER].pk)})
    assert (status, heir["role"], role_of(company, Role.OWNER)) == (200, "owner", "admin")
    status, _ = company.owner.post(path, {"user_id": str(company.people[Role.OWNER].pk)})
    assert status == 403, "not an owner any more"
    entry = AuditEntry.objects.get(action="workspace.transferred")
    assert (entry.before or {})["owner"] == company.people[Role.OWNER].email


@pytest.mark.parametrize(("target", "expected"), [("owner", 400), ("stranger", 404), ("nobody", 404)])
def test_a_workspace_goes_only_to_another_member(company: Company, target: str, expected: int) -> None:
    people = {"owner": company.people[Role.OWNER].pk, "stranger": company.stranger.pk, "nobody": uuid4()}
    assert company.owner.post(address(company, rest="transfer"), {"user_id": str(people[target])})[0] == expected
    assert role_of(company, Role.OWNER) == "owner"


def test_what_clerk_keeps_changes_only_there(company: Company, settings: pytest.FixtureRequest) -> None:
    from automatos.clerk_settings import ClerkSettings

    settings.CLERK = ClerkSettings(jwt_key="PEM")  # type: ignore[attr-defined]
    Membership.objects.filter(user=company.people[Role.EDITOR]).update(from_clerk=True)
    for status, body in (
        company.owner.patch(address(company, Role.EDITOR), {"role": "viewer"}),
        company.owner.delete(address(company, Role.EDITOR)),
    ):
        assert (status, body["error"]["code"]) == (409, "kept_by_clerk")
    Membership.objects.filter(user=company.people[Role.EDITOR]).update(role=Role.ADMIN)
    assert company.owner.patch(address(company, Role.EDITOR), {"role": "owner"})[0] == 200


def leave_at_once(workspace: Workspace, owners: list[User], results: list[str]) -> None:
    """Each owner leaves on a connection of their own, all at the same moment."""
    start = threading.Barrier(len(owners))

    def go(user: User) -> None:
        start.wait()
        try:
            with tenancy.workspace_scope(workspace.pk, user.pk):
                members_services.leave(workspace=workspace, user=user)
            results.append("left")
        except Conflict as error:
            results.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(user,)) for user in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_the_same_moment_one_stays() -> None:
    for _ in range(5):
        owners = [User.objects.create_user(f"{uuid4().hex}@example.org") for _ in range(2)]
        workspace = create_workspace(name="Race", owner=owners[0])
        set_role(workspace=workspace, user=owners[1], role=Role.OWNER)
        results: list[str] = []
        leave_at_once(workspace, owners, results)
        assert sorted(results) == ["last_owner", "left"]
        assert Membership.objects.filter(workspace=workspace, role=Role.OWNER).count() == 1


def test_the_page_shows_who_is_there_and_what_one_may_do(company: Company) -> None:
    page = f"/w/{company.workspace.slug}/settings/members/"
    seen = {role: browser(company, role).get(page).content.decode() for role in Role}
    for text in seen.values():
        assert all(person.email in text for person in company.people.values())
    assert "Admins can invite people. Ask" in seen[Role.VIEWER]
    assert 'name="email"' not in seen[Role.EDITOR]
    assert "Only owners can change owners." in seen[Role.ADMIN]
    assert "The last owner stays." in seen[Role.OWNER]
    assert (
        '<option value="owner">Owner</option>' not in seen[Role.ADMIN].split('id="members-title"')[1].split("rows")[1]
    )
    found = browser(company, Role.VIEWER).get(f"{page}?q=editor").content.decode()
    assert "1 found" in found


def test_the_pages_change_remove_leave_and_hand_over(company: Company) -> None:
    root = f"/w/{company.workspace.slug}/settings"
    owner, viewer = browser(company, Role.OWNER), company.people[Role.VIEWER]
    owner.post(f"{root}/members/{viewer.pk}/", {"role": "editor"})
    assert role_of(company, Role.VIEWER) == "editor"
    asked = owner.get(f"{root}/members/{viewer.pk}/remove/").content.decode()
    assert "1 API key of theirs stops working" in asked
    assert owner.post(f"{root}/members/{viewer.pk}/remove/").status_code == 302
    assert not Membership.objects.filter(user=viewer).exists()
    assert not ApiKey.objects.filter(user=viewer, revoked_at=None).exists()
    assert "You are the last owner" in owner.get(f"{root}/leave/").content.decode()
    assert owner.post(f"{root}/leave/").status_code == 409
    assert owner.post(f"{root}/transfer/", {"member": ""}).status_code == 422
    admin = company.people[Role.ADMIN]
    assert owner.post(f"{root}/transfer/", {"member": str(admin.pk)}).status_code == 302
    assert role_of(company, Role.ADMIN) == "owner"
    assert owner.post(f"{root}/leave/").status_code == 302
    assert owner.get(f"{root}/").status_code == 404


def test_the_page_asks_the_database_as_often_for_twenty_owners_as_for_one(
    company: Company, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page, owner = f"/w/{company.workspace.slug}/settings/members/", browser(company, Role.OWNER)
    with CaptureQueriesContext(connection) as few:
        owner.get(page)
    for _ in range(19):
        extra = User.objects.create_user(f"{uuid4().hex}@example.org")
        set_role(workspace=company.workspace, user=extra, role=Role.OWNER)
    with django_assert_max_num_queries(len(few)):
        assert owner.get(page).status_code == 200
