"""The first sight of a Clerk person or organisation: accounts and workspaces made from the claims alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from workspaces.models import AuditEntry, Membership, Role, User, Workspace
from workspaces.services import create_personal_workspace, create_workspace
from workspaces.tests.clerk_kit import Instance, Json, instance
from workspaces.tests.rest import Caller

__all__ = ["instance"]
pytestmark = pytest.mark.django_db
ACME: Json = {"id": "org_acme", "slg": "acme", "rol": "admin"}


def ask(token: str, path: str = "/api/me", **headers: str) -> tuple[int, Any]:
    return Caller(client=Client(headers={"Authorization": f"Bearer {token}"})).get(path, **headers)


def roles(sub: str) -> dict[str, str]:
    """The person's role in each workspace, by its address."""
    return dict(Membership.objects.filter(user__clerk_id=sub).values_list("workspace__slug", "role"))


def test_one_person_gets_one_account_and_one_workspace(instance: Instance) -> None:
    for _ in range(3):
        assert ask(instance.token("user_ada", name="Ada Lovelace"))[0] == 200
    user = User.objects.get(clerk_id="user_ada")
    assert user.name == "Ada Lovelace"
    assert not user.has_usable_password()
    assert Workspace.objects.get(memberships__user=user).kind == Workspace.Kind.PERSONAL
    entry = AuditEntry.objects.get(action="user.created", target_id=str(user.pk))
    assert (entry.via, entry.after) == ("clerk", {"clerk_id": "user_ada"})


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_make_one_account_and_one_organisation(instance: Instance) -> None:
    token = instance.token("user_ada", o=ACME)

    def one(_: int) -> int:
        try:
            return ask(token)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(24)))
    print(f"\n24 first requests at once: {User.objects.count()} account, {Workspace.objects.count()} workspaces")
    assert set(statuses) == {200}
    assert User.objects.filter(clerk_id="user_ada").count() == 1
    assert Workspace.objects.filter(memberships__user__clerk_id="user_ada").count() == 2


@pytest.mark.parametrize(
    "claims", [{}, {"email": "ada@example.org"}, {"email": "ADA@example.org", "email_verified": True}]
)
def test_a_token_never_takes_over_an_account_with_the_same_address(instance: Instance, claims: Json) -> None:
    ada = User.objects.create_user("ada@example.org", "a good password")
    create_personal_workspace(user=ada)
    status, me = ask(instance.token("user_ada", **claims))
    assert status == 200
    assert me["id"] != str(ada.pk)
    assert me["email"] != ada.email
    ada.refresh_from_db()
    assert (ada.clerk_id, ada.has_usable_password()) == (None, True)


def test_a_verified_address_in_the_claims_is_taken_when_it_is_free(instance: Instance) -> None:
    assert (
        ask(instance.token("user_ada", email="ada@example.org", email_verified=True))[1]["email"] == "ada@example.org"
    )
    assert ask(instance.token("user_bob", email="bob@example.org"))[1]["email"].endswith("@clerk.invalid")


def test_ids_that_differ_in_case_only_are_two_people(instance: Instance) -> None:
    assert ask(instance.token("user_aB"))[1]["id"] != ask(instance.token("user_Ab"))[1]["id"]


@pytest.mark.parametrize("sub", ["user_'; DROP TABLE users; --", "../admin", "ada@example.org", "ü", "x" * 120])
def test_any_text_is_a_fine_id(instance: Instance, sub: str) -> None:
    assert ask(instance.token(sub))[0] == 200
    assert User.objects.get(clerk_id=sub).is_staff is False


@pytest.mark.parametrize(
    "claims",
    [
        {"o": ACME},
        {"v": None, "org_id": "org_acme", "org_slug": "acme", "org_role": "org:admin"},
    ],
)
def test_an_organisation_becomes_a_shared_workspace_of_its_first_admin(instance: Instance, claims: Json) -> None:
    assert ask(instance.token("user_ada", **claims))[0] == 200
    workspace = Workspace.objects.get(clerk_org_id="org_acme")
    assert (workspace.slug, workspace.kind) == ("acme", Workspace.Kind.SHARED)
    assert roles("user_ada")["acme"] == Role.OWNER
    assert workspace.memberships.get().from_clerk


def test_clerks_roles_become_ours(instance: Instance) -> None:
    for sub, role in (("user_bob", "member"), ("user_ada", "admin"), ("user_eve", "admin"), ("user_kim", "billing")):
        assert ask(instance.token(sub, o={**ACME, "rol": role}))[0] == 200
    got = {sub: roles(sub)["acme"] for sub in ("user_bob", "user_ada", "user_eve", "user_kim")}
    assert got == {"user_bob": "editor", "user_ada": "owner", "user_eve": "admin", "user_kim": "editor"}


def test_a_role_that_changed_at_clerk_changes_here_but_the_last_owner_stays(instance: Instance) -> None:
    for sub, role in (("user_ada", "admin"), ("user_eve", "admin"), ("user_eve", "member"), ("user_ada", "member")):
        assert ask(instance.token(sub, o={**ACME, "rol": role}))[0] == 200
    assert (roles("user_ada")["acme"], roles("user_eve")["acme"]) == ("owner", "editor")


def test_a_membership_made_by_hand_is_not_clerks_to_change(instance: Instance) -> None:
    ask(instance.token("user_ada", o=ACME))
    ask(instance.token("user_bob"))
    bob, workspace = User.objects.get(clerk_id="user_bob"), Workspace.objects.get(clerk_org_id="org_acme")
    Membership.objects.create(user=bob, workspace=workspace, role=Role.VIEWER)
    assert ask(instance.token("user_bob", o=ACME))[0] == 200
    assert roles("user_bob")["acme"] == Role.VIEWER


def test_the_active_organisation_is_where_a_request_goes(instance: Instance) -> None:
    ask(instance.token("user_ada", o=ACME))
    here = Caller(client=Client(headers={"Authorization": f"Bearer {instance.token('user_ada', o=ACME)}"}))
    assert here.post("/api/agents", {"name": "Quill"})[0] == 201
    assert ask(instance.token("user_ada", o=ACME), "/api/agents")[1]["total"] == 1
    assert ask(instance.token("user_ada"), "/api/agents")[1]["total"] == 0
    mine = Workspace.objects.get(memberships__user__clerk_id="user_ada", kind=Workspace.Kind.PERSONAL)
    named = {"X_Workspace_ID": str(mine.pk)}
    assert ask(instance.token("user_ada", o=ACME), "/api/agents", **named)[1]["total"] == 0


def test_an_organisation_opens_no_workspace_but_its_own(instance: Instance) -> None:
    other = create_workspace(name="acme", owner=User.objects.create_user("eve@example.org"))
    assert other.slug == "acme"
    assert ask(instance.token("user_ada", o=ACME))[0] == 200
    assert Workspace.objects.get(clerk_org_id="org_acme").slug == "acme-2"
    assert ask(instance.token("user_ada", o=ACME), "/api/agents", X_Workspace_ID=str(other.pk))[0] == 404


def test_what_a_clerk_caller_does_is_in_the_audit_log(instance: Instance) -> None:
    token = instance.token("user_ada", o=ACME, act={"iss": "https://dashboard.clerk.com", "sub": "user_support"})
    caller = Caller(client=Client(headers={"Authorization": f"Bearer {token}"}))
    assert caller.get("/api/me")[0] == 200
    workspace = Workspace.objects.get(clerk_org_id="org_acme")
    assert caller.post(f"/api/workspaces/{workspace.pk}/api-keys", {"name": "CI"})[0] == 201
    entries = {entry.action: entry for entry in AuditEntry.objects.filter(workspace_id=workspace.pk)}
    assert [entries[action].actor for action in ("workspace.created", "member.added")] == ["Clerk", "Clerk"]
    made = entries["api_key.created"]
    assert made.actor_id == User.objects.get(clerk_id="user_ada").pk
    assert (made.via, made.credential) == ("clerk", "sess_2aBcD, used by user_support")
