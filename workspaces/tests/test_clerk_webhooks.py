"""Clerk's messages at their door: signed ones are worked in once, in whatever order they come."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from workspaces.models import ApiKey, ClerkEvent, Membership, User, Workspace
from workspaces.services import create_personal_workspace
from workspaces.tests.clerk_kit import Instance, Json, instance, message, signed_headers
from workspaces.tests.rest import Caller, key_of

__all__ = ["instance"]
pytestmark = pytest.mark.django_db
DOOR = "/api/webhooks/clerk"
T0 = int(time.time() * 1000) - 600_000


def deliver(body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    response = Client().post(DOOR, body, content_type="application/json", headers=headers)
    return response.status_code, response.json()


def tell(kind: str, data: Json, **more: Any) -> str:
    """Deliver a good message; what became of it."""
    status, answer = deliver(*message(kind, data, **more))
    assert status == 200, answer
    return str(answer["outcome"])


def person(sub: str = "user_ada", *, at: int = 0, email: str = "", verified: bool = True, **fields: Any) -> Json:
    """A person as Clerk writes them, as of `at` ms after T0."""
    addresses: list[Json] = [
        {"id": "idn_0", "email_address": "other@example.org", "verification": {"status": "verified"}}
    ]
    if email:
        status = {"status": "verified" if verified else "unverified", "strategy": "email_code"}
        addresses.append({"id": "idn_1", "email_address": email, "verification": status})
    return {
        "id": sub, "object": "user", "first_name": "Ada", "last_name": "Lovelace", "email_addresses": addresses,
        "primary_email_address_id": "idn_1" if email else None, "created_at": T0, "updated_at": T0 + at, **fields,
    }  # fmt: skip


def member(sub: str, role: str = "org:member", *, at: int = 0, org: str = "org_acme") -> Json:
    """A membership as Clerk writes it."""
    return {
        "id": f"orgmem_{sub}", "object": "organization_membership", "role": role, "updated_at": T0 + at,
        "organization": {"id": org, "name": "Acme & Co", "slug": "acme", "object": "organization"},
        "public_user_data": {"user_id": sub, "first_name": "Ada", "last_name": None, "identifier": "ada@example.org"},
    }  # fmt: skip


def roles(org: str = "org_acme") -> dict[str | None, str]:
    """Who is what in the organisation's workspace."""
    rows = Membership.objects.filter(workspace__clerk_org_id=org)
    return dict(rows.values_list("user__clerk_id", "role"))


def test_only_signed_messages_are_taken(instance: Instance) -> None:
    body, good = message("user.created", person())
    now, msg = time.time(), good["svix-id"]
    other = "v1,MzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ="
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        (body.replace(b"Ada", b"Eve"), good),
        (body, {**good, "svix-id": "msg_other"}),
        (body, {**good, "svix-signature": other}),
        (body, {**good, "svix-signature": ""}),
        (body, {**good, "svix-signature": good["svix-signature"].replace("v1,", "v2,")}),
        (body, {**good, "svix-signature": "v1"}),
        (body, {**good, "svix-signature": "v1,,,"}),
        (body, {**good, "svix-signature": "v1,é"}),
        (body, {**good, "svix-timestamp": str(int(now) + 1)}),
        (body, {**good, "svix-timestamp": "soon"}),
        (body, {**good, "svix-timestamp": "nan"}),
        (body, {name: value for name, value in good.items() if name != "svix-timestamp"}),
        (body, signed_headers(body, msg, now - 310)),
        (body, signed_headers(body, msg, now + 310)),
        (b"\xff\xfe", good),
    ]
    for sent, headers in wrong:
        assert deliver(sent, headers)[0] == 401, headers
    assert not User.objects.filter(clerk_id="user_ada").exists()
    assert not ClerkEvent.objects.exists()
    print(f"\n{len(wrong)} wrong messages, 0 taken")


def test_both_names_of_the_headers_and_several_signatures_do(instance: Instance) -> None:
    body, headers = message("user.created", person())
    two = {**headers, "svix-signature": f"v1,AAAA v1a,xyz {headers['svix-signature']}"}
    assert deliver(body, two) == (200, {"outcome": "applied"})
    body, _ = message("user.updated", person(at=1))
    assert deliver(body, signed_headers(body, "msg_2", time.time() - 290, "webhook")) == (200, {"outcome": "applied"})


def test_without_a_secret_there_is_no_door(settings: Any) -> None:
    assert deliver(*message("user.created", person()))[0] == 404


def test_a_message_is_worked_in_once(instance: Instance) -> None:
    assert tell("user.created", person(), message_id="msg_1") == "applied"
    User.objects.filter(clerk_id="user_ada").update(name="By hand")
    assert tell("user.updated", person(at=5), message_id="msg_1") == "again"
    assert User.objects.get(clerk_id="user_ada").name == "By hand"
    assert tell("session.created", {"id": "sess_1"}) == "ignored"


@pytest.mark.django_db(transaction=True)
def test_the_same_message_many_times_at_once_is_worked_in_once(instance: Instance) -> None:
    sent = message("user.created", person(email="ada@example.org"))

    def one(_: int) -> str:
        try:
            return str(deliver(*sent)[1]["outcome"])
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(one, range(12)))
    assert sorted(outcomes) == ["again"] * 11 + ["applied"]
    assert User.objects.filter(clerk_id="user_ada").count() == 1


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"id": 5}, {"id": ""}, {"id": "user_\0"}, {"id": "user_x"}, {"id": "user_x", "updated_at": "now"},
     {"id": "user_x", "updated_at": True}, {"id": "user_x", "updated_at": 1e300}],
)  # fmt: skip
def test_a_signed_message_of_another_shape_is_400(instance: Instance, data: Any) -> None:
    for kind in ("user.updated", "organizationMembership.created", "organization.updated"):
        body, headers = message(kind, data)
        assert deliver(body, headers)[0] == 400
    assert not ClerkEvent.objects.exists()


def test_odd_parts_of_a_person_do_not_matter(instance: Instance) -> None:
    odd = person(
        first_name=7, last_name="\0", email_addresses=[None, 5, {"id": "idn_1"}], primary_email_address_id="idn_1"
    )
    assert tell("user.created", odd) == "applied"
    assert tell("user.created", person("user_bob", email="no address")) == "applied"
    emails = User.objects.exclude(clerk_id=None).values_list("email", flat=True)
    assert [email.endswith("@clerk.invalid") for email in emails] == [True, True]


def test_an_account_with_the_same_address_is_linked_only_when_clerk_verified_it(instance: Instance) -> None:
    User.objects.create_user("ada@example.org")

    def holder() -> tuple[str | None, str]:
        user = User.objects.get(email="ada@example.org")
        return user.clerk_id, user.name

    tell("user.created", person("user_eve", email="ada@example.org", verified=False))
    assert holder() == (None, "")
    tell("user.created", person("user_ada", email="Ada@Example.org"))
    assert holder() == ("user_ada", "Ada Lovelace")
    tell("user.created", person("user_mallory", email="ada@example.org"))
    assert holder() == ("user_ada", "Ada Lovelace")


def test_what_a_squatter_set_up_opens_nothing_after_linking(instance: Instance) -> None:
    squatter = User.objects.create_user("ada@example.org", "a password of the squatter's")
    key = key_of(create_personal_workspace(user=squatter), squatter, "owner")
    browser = Client()
    browser.force_login(squatter)
    assert browser.get("/api/me").status_code == 200
    tell("user.created", person(email="ada@example.org"))
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()
    assert browser.get("/api/me").status_code == 401
    assert Caller(key).get("/api/me")[0] == 401
    assert ApiKey.objects.get().revoked_at


def test_who_had_verified_the_address_keeps_their_password(instance: Instance) -> None:
    ada = User.objects.create_user("ada@example.org", "a good password")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    tell("user.created", person(email="ada@example.org"))
    ada.refresh_from_db()
    assert (ada.clerk_id, ada.has_usable_password()) == ("user_ada", True)


def test_staff_is_never_linked(instance: Instance) -> None:
    boss = User.objects.create_superuser("boss@example.org", "a good password")
    tell("user.created", person(email="boss@example.org"))
    boss.refresh_from_db()
    assert boss.clerk_id is None


def test_a_token_before_the_message_loses_nothing(instance: Instance) -> None:
    ada = User.objects.create_user("ada@example.org")
    create_personal_workspace(user=ada)
    by_token = Caller(client=Client(headers={"Authorization": f"Bearer {instance.token('user_ada')}"}))
    assert by_token.post("/api/agents", {"name": "Quill"})[0] == 201
    tell("user.created", person(email="ada@example.org"))
    status, me = by_token.get("/api/me")
    assert (status, me["id"]) == (200, str(ada.pk))
    assert sorted(w["kind"] for w in me["workspaces"]) == ["personal", "shared"]
    shared = next(w["id"] for w in me["workspaces"] if w["kind"] == "shared")
    assert by_token.get("/api/agents", X_Workspace_ID=shared)[1]["total"] == 1


def test_a_changed_address_is_taken_over_when_it_is_free(instance: Instance) -> None:
    tell("user.created", person(email="ada@example.org"))
    User.objects.create_user("taken@example.org")
    tell("user.updated", person(at=1, email="taken@example.org"))
    assert User.objects.get(clerk_id="user_ada").email == "ada@example.org"
    tell("user.updated", person(at=2, email="new@example.org"))
    user = User.objects.get(clerk_id="user_ada")
    assert user.email == "new@example.org"
    assert EmailAddress.objects.get(user=user, primary=True).email == "new@example.org"


def test_what_is_older_changes_nothing(instance: Instance) -> None:
    tell("user.updated", person(at=10, email="new@example.org", first_name="\u202eAugusta\u200f"))
    tell("user.created", person(at=0, email="old@example.org"))
    user = User.objects.get(clerk_id="user_ada")
    assert (user.email, user.name) == ("new@example.org", "Augusta Lovelace")


@pytest.mark.parametrize("known", [True, False])
def test_a_removed_person_stays_out_whatever_comes_later(instance: Instance, known: bool) -> None:
    token = instance.token("user_ada")
    client = Caller(client=Client(headers={"Authorization": f"Bearer {token}"}))
    if known:
        assert client.get("/api/me")[0] == 200
    tell("user.deleted", {"id": "user_ada", "deleted": True, "object": "user"})
    assert client.get("/api/me")[0] == 401
    tell("user.updated", person(at=900_000, email="ada@example.org"))
    tell("organizationMembership.created", member("user_ada", at=900_000))
    assert client.get("/api/me")[0] == 401
    assert not User.objects.filter(clerk_id="user_ada", is_active=True).exists()


def test_members_come_change_and_go(instance: Instance) -> None:
    tell("organizationMembership.created", member("user_bob"))
    tell("organizationMembership.created", member("user_ada", "org:admin"))
    tell("organizationMembership.created", member("user_eve", "org:admin"))
    assert roles() == {"user_bob": "editor", "user_ada": "owner", "user_eve": "admin"}
    assert Workspace.objects.get(clerk_org_id="org_acme").name == "Acme & Co"
    tell("organizationMembership.updated", member("user_eve", "org:member", at=5))
    tell("organizationMembership.updated", member("user_eve", "org:admin", at=4))
    tell("organizationMembership.deleted", member("user_bob", at=0))
    assert roles() == {"user_ada": "owner", "user_eve": "editor"}


def test_an_old_token_does_not_bring_a_removed_member_back(instance: Instance) -> None:
    organisation = {"id": "org_acme", "slg": "acme", "rol": "member"}
    old = instance.token("user_bob", o=organisation, iat=int(time.time()) - 2)
    client = Caller(client=Client(headers={"Authorization": f"Bearer {old}"}))
    assert client.get("/api/me")[0] == 200
    tell("organizationMembership.deleted", member("user_bob"))
    assert client.get("/api/me")[0] == 401
    assert roles() == {}
    tell("organizationMembership.created", member("user_bob", at=1))
    assert roles() == {}
    later = instance.token("user_bob", o=organisation, iat=int(time.time()) + 3)
    assert Caller(client=Client(headers={"Authorization": f"Bearer {later}"})).get("/api/me")[0] == 200
    assert roles() == {"user_bob": "editor"}


def test_the_last_owner_hands_over_or_stays(instance: Instance) -> None:
    tell("organizationMembership.created", member("user_ada", "org:admin"))
    tell("organizationMembership.created", member("user_eve", "org:admin"))
    tell("organizationMembership.deleted", member("user_ada"))
    assert roles() == {"user_eve": "owner"}
    tell("organizationMembership.deleted", member("user_eve"))
    assert roles() == {"user_eve": "owner"}


def test_a_membership_made_by_hand_is_not_clerks_to_end(instance: Instance) -> None:
    tell("organizationMembership.created", member("user_ada", "org:admin"))
    tell("user.created", person("user_bob"))
    bob, workspace = User.objects.get(clerk_id="user_bob"), Workspace.objects.get(clerk_org_id="org_acme")
    Membership.objects.create(user=bob, workspace=workspace, role="viewer")
    tell("organizationMembership.updated", member("user_bob", "org:admin", at=3))
    tell("organizationMembership.deleted", member("user_bob"))
    assert roles() == {"user_ada": "owner", "user_bob": "viewer"}


def test_an_organisation_is_renamed_and_removed(instance: Instance) -> None:
    tell("organization.created", {"id": "org_acme", "name": "Acme", "slug": "acme", "updated_at": T0})
    assert not Workspace.objects.filter(clerk_org_id="org_acme").exists()
    tell("organizationMembership.created", member("user_ada", "org:admin"))
    tell("organizationMembership.created", member("user_bob"))
    tell("organization.updated", {"id": "org_acme", "name": "Acme Works", "slug": "acme-works", "updated_at": T0 + 9})
    tell("organization.updated", {"id": "org_acme", "name": "Acme Old", "slug": "acme", "updated_at": T0 + 8})
    workspace = Workspace.objects.get(clerk_org_id="org_acme")
    assert (workspace.name, workspace.slug) == ("Acme Works", "acme")
    tell("organization.deleted", {"id": "org_acme", "deleted": True, "object": "organization"})
    tell("organizationMembership.created", member("user_kim", at=10_000_000))
    assert roles() == {"user_ada": "owner"}


def test_another_organisations_members_are_not_touched(instance: Instance) -> None:
    for sub, role in (("user_max", "org:admin"), ("user_eve", "org:admin"), ("user_bob", "org:member")):
        tell("organizationMembership.created", member(sub, role, org="org_other"))
    others = roles("org_other")
    assert others == {"user_max": "owner", "user_eve": "admin", "user_bob": "editor"}
    tell("organizationMembership.created", member("user_ada", "org:admin"))
    tell("organizationMembership.deleted", member("user_ada"))
    assert roles() == {"user_ada": "owner"}  # there is nobody to hand over to in this one
    tell("organization.deleted", {"id": "org_acme", "deleted": True, "object": "organization"})
    assert roles("org_other") == others


def test_every_order_of_a_story_ends_the_same(instance: Instance) -> None:
    ends = set()
    for turn in range(6):
        sub, org = f"user_{uuid4().hex}", f"org_{uuid4().hex}"
        story: list[tuple[str, Json]] = [
            ("user.created", person(sub, at=0, email=f"old{turn}@example.org")),
            ("user.updated", person(sub, at=5, email=f"new{turn}@example.org", first_name="Augusta")),
            ("organizationMembership.created", member(sub, "org:member", at=1, org=org)),
            ("organizationMembership.updated", member(sub, "org:admin", at=2, org=org)),
        ]
        shift = story[turn % 4 :] + story[: turn % 4]
        for kind, data in shift if turn < 4 else story[::-1]:
            tell(kind, data)
        user = User.objects.get(clerk_id=sub)
        role = Membership.objects.get(user=user, workspace__clerk_org_id=org).role
        ends.add((user.name, user.email[:3], role in {"admin", "owner"}))
    assert ends == {("Augusta Lovelace", "new", True)}


def test_a_closed_account_stays_as_it_is(instance: Instance) -> None:
    tell("user.created", person(email="ada@example.org"))
    User.objects.filter(clerk_id="user_ada").update(is_active=False)
    tell("user.updated", person(at=1000, email="new@example.org", first_name="Eve"))
    closed = User.objects.get(clerk_id="user_ada")
    assert (closed.email, closed.is_active) == ("ada@example.org", False)
    assert "Eve" not in closed.name


def test_a_closed_account_with_the_address_is_not_linked(instance: Instance) -> None:
    closed = User.objects.create_user("ada@example.org", is_active=False)
    tell("user.created", person(email="ada@example.org"))
    closed.refresh_from_db()
    assert closed.clerk_id is None
    assert User.objects.get(clerk_id="user_ada").is_active
