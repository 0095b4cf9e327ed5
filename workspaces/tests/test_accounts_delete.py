"""Deleting an account, through its page: what is said before, what is gone after, and when it is refused."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from workspaces.api_keys.services import create_api_key
from workspaces.models import ApiKey, AuditEntry, Membership, Role, User, Workspace
from workspaces.services import create_workspace, set_role
from workspaces.tests.account_kit import PASSWORD, confirmed, is_signed_in, person, sign_in, with_app
from workspaces.tests.matrix_filters import drop_policies
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> User:
    return person()


def test_it_asks_for_the_password_and_says_what_is_lost(ines: User) -> None:
    client = sign_in(ines)
    assert client.get("/accounts/delete/").headers["Location"].startswith("/accounts/reauthenticate/")
    page = confirmed(client).get("/accounts/delete/").content.decode()
    assert "<strong>Ines Moreau&#x27;s workspace</strong> goes with its agents" in page
    assert "for 30 days" in page
    assert User.objects.filter(is_active=True).exists()


def test_nothing_leads_back_to_who_deleted_their_account(ines: User) -> None:
    phone = sign_in(ines)
    client, _, _ = with_app(ines)
    personal = ines.workspaces.get()
    _, key = create_api_key(workspace=personal, user=ines, name="CI", role="viewer")
    assert "Your account is deleted" in client.post("/accounts/delete/").content.decode()
    assert (is_signed_in(client), is_signed_in(phone)) == (False, False)
    assert Client().post("/accounts/login/", {"login": "ines@example.com", "password": PASSWORD}).status_code == 200
    assert Caller(key).get("/api/me")[0] == 401
    assert ApiKey.objects.get().revoked_at
    assert not EmailAddress.objects.exists()
    assert not Authenticator.objects.exists()
    left = str(User.objects.values().get())
    assert "ines" not in left.lower()


def test_the_personal_workspace_waits_to_be_brought_back_and_the_address_is_free(ines: User) -> None:
    client = confirmed(sign_in(ines))
    workspace = ines.workspaces.get()
    client.post("/accounts/delete/")
    workspace.refresh_from_db()
    assert workspace.deleted_at
    assert workspace.deleted_by == ines
    assert Client().post("/accounts/signup/", {"email": "ines@example.com", "password1": PASSWORD}).status_code == 302


def test_the_last_owner_of_a_shared_workspace_is_refused_and_told_which(ines: User) -> None:
    shared = create_workspace(name="Northwind Labs", owner=ines)
    client = confirmed(sign_in(ines))
    page = client.get("/accounts/delete/").content.decode()
    assert f'href="/w/{shared.slug}/">Northwind Labs' in page
    assert "Delete my account" not in page
    answer = client.post("/accounts/delete/")
    assert answer.status_code == 409
    assert "last owner of Northwind Labs" in answer.content.decode()
    assert is_signed_in(client)
    assert not Workspace.objects.exclude(deleted_at=None).exists()


def test_a_shared_workspace_is_told_that_they_left_and_not_that_its_keys_were_revoked(
    ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_policies(monkeypatch)
    shared = create_workspace(name="Northwind Labs", owner=person("Omar Diaz"))
    set_role(workspace=shared, user=ines, role=Role.VIEWER)
    for workspace in (shared, ines.workspaces.get(kind=Workspace.Kind.PERSONAL)):
        create_api_key(workspace=workspace, user=ines, name="CI", role="viewer")
    confirmed(sign_in(ines)).post("/accounts/delete/")
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    told = AuditEntry.objects.filter(workspace_id=shared.pk).order_by("seq")
    assert [entry.action for entry in told][-2:] == ["api_key.created", "member.left"]


def test_with_another_owner_the_shared_workspace_goes_on(ines: User) -> None:
    shared = create_workspace(name="Northwind Labs", owner=ines)
    omar = person("Omar Diaz")
    set_role(workspace=shared, user=omar, role=Role.OWNER)
    client = confirmed(sign_in(ines))
    assert "You leave 1 shared workspace" in client.get("/accounts/delete/").content.decode()
    client.post("/accounts/delete/")
    shared.refresh_from_db()
    assert shared.deleted_at is None
    assert list(Membership.objects.filter(workspace=shared).values_list("user", flat=True)) == [omar.pk]
