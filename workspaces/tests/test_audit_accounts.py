"""The audit log of accounts and of the admin site: who came in, who could not, what moderators did."""

from datetime import datetime
from typing import Any

import pytest
from django.forms import BaseForm
from django.test import Client
from django.utils import timezone

from workspaces.audit.chain import verify
from workspaces.models import AuditEntry, Role, User, Workspace
from workspaces.scope.acting import SYSTEM, current
from workspaces.tests.account_kit import PASSWORD, confirmed, person, sign_in
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> User:
    return person()


def own(user: User) -> list[AuditEntry]:
    workspace = Workspace.objects.get(memberships__user=user, kind=Workspace.Kind.PERSONAL)
    return list(
        AuditEntry.objects.filter(workspace_id=workspace.pk).exclude(action="workspace.created").order_by("seq")
    )


def platform() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(workspace_id=None).order_by("seq"))


def test_coming_in_and_leaving_stand_in_the_persons_own_workspace(ines: User) -> None:
    client = sign_in(ines)
    client.post("/accounts/logout/")
    found = own(ines)
    assert [entry.action for entry in found] == ["account.signed_in", "account.signed_out"]
    assert {(entry.actor_id, entry.actor, entry.via, entry.ip) for entry in found} == {
        (ines.pk, ines.email, "session", "127.0.0.1")
    }
    assert all(len(entry.request_id) == 32 for entry in found)


def test_a_failed_sign_in_of_a_known_address_is_the_persons_to_see(ines: User) -> None:
    Client().post("/accounts/login/", {"login": ines.email.upper(), "password": "planted-wrong-word"})
    (entry,) = own(ines)
    assert (entry.action, entry.actor_id, entry.target_id) == ("account.sign_in_failed", None, str(ines.pk))
    assert not platform()


def test_a_failed_sign_in_of_an_unknown_address_names_no_address(ines: User) -> None:
    Client().post("/accounts/login/", {"login": "my-password-typed-here@example.org", "password": "planted"})
    (entry,) = platform()
    assert (entry.action, entry.target, entry.ip) == ("account.sign_in_failed", "an unknown address", "127.0.0.1")
    assert "typed" not in str(vars(entry))
    assert not own(ines)


def test_locks_of_an_account_are_noted_without_what_opens_them(ines: User) -> None:
    client = confirmed(sign_in(ines))
    fresh = "another-long-kitchen-word"
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    )
    assert answer.status_code == 302
    client.post("/accounts/sessions/")
    found = own(ines)
    assert "account.password_changed" in [entry.action for entry in found]
    assert "account.sessions_ended" in [entry.action for entry in found]
    assert not any(word in str(vars(entry)) for entry in found for word in (PASSWORD, fresh))


def test_another_name_is_noted_once(ines: User) -> None:
    client = sign_in(ines)
    for _ in range(2):
        assert client.post("/accounts/", {"name": "Ines Marin"}).status_code == 302
    (entry,) = [entry for entry in own(ines) if entry.action == "account.renamed"]
    assert (entry.before, entry.after, entry.actor_id) == ({"name": "Ines Moreau"}, {"name": "Ines Marin"}, ines.pk)


def test_a_deleted_account_is_noted(ines: User) -> None:
    workspace = Workspace.objects.get(memberships__user=ines)
    assert confirmed(sign_in(ines)).post("/accounts/delete/").status_code == 200
    actions = set(AuditEntry.objects.filter(workspace_id=workspace.pk).values_list("action", flat=True))
    assert {"workspace.deleted", "account.deleted"} <= actions
    assert verify(workspace.pk).intact


def moderator() -> Client:
    user = User.objects.create_superuser("mo@example.org", PASSWORD)
    client = Client()
    client.force_login(user)
    return client


def sent(form: BaseForm) -> dict[str, Any]:
    """What a browser sends of a form nobody touched."""
    found = dict[str, Any]()
    for bound in form:
        parts = bound.value()
        if isinstance(parts, datetime):
            parts = timezone.localtime(parts)
            found |= {f"{bound.html_name}_0": f"{parts:%Y-%m-%d}", f"{bound.html_name}_1": f"{parts:%H:%M:%S.%f}"}
        elif parts is not None:
            found[bound.html_name] = parts
    return found


def latest(workspace: Workspace) -> AuditEntry:
    found = AuditEntry.objects.filter(workspace_id=workspace.pk).order_by("seq").last()
    assert found is not None
    return found


def test_a_moderator_who_opens_a_row_is_noted_in_its_workspace() -> None:
    company, client = Company(), moderator()
    assert client.get(f"/admin/workspaces/workspace/{company.workspace.pk}/change/").status_code == 200
    entry = latest(company.workspace)
    assert (entry.action, entry.actor, entry.target_type) == ("moderation.opened", "mo@example.org", "workspace")
    agent = company.agent()
    assert client.get(f"/admin/agents/agent/{agent['id']}/change/").status_code == 200
    entry = latest(company.workspace)
    assert (entry.action, entry.target_type, entry.target_id) == ("moderation.opened", "agent", agent["id"])


def test_a_moderators_change_says_what_was_there_before() -> None:
    company, client = Company(), moderator()
    workspace = company.workspace
    address = f"/admin/workspaces/workspace/{workspace.pk}/change/"
    shown = client.get(address).context
    formset = shown["inline_admin_formsets"][0].formset
    form = sent(shown["adminform"].form) | {"name": "Renamed"} | sent(formset.management_form)
    for row in formset.initial_forms:
        form |= sent(row)
        if row.instance.role == Role.EDITOR:
            form[row.add_prefix("role")] = Role.VIEWER
    answer = client.post(address, form)
    assert answer.status_code == 302, answer.context["errors"]
    entry = latest(workspace)
    assert (entry.action, entry.via) == ("moderation.changed", "session")
    assert entry.before
    assert entry.after
    assert (entry.before["name"], entry.after["name"]) == (workspace.name, "Renamed")
    assert "viewer" in str(entry.after)
    assert "editor" in str(entry.before)


def test_a_moderators_removal_is_noted() -> None:
    company, client = Company(), moderator()
    User.objects.create_user("gone@example.org")
    gone = User.objects.get(email="gone@example.org")
    client.post(f"/admin/workspaces/user/{gone.pk}/delete/", {"post": "yes"})
    assert [(entry.action, entry.target_id) for entry in platform()] == [("moderation.removed", str(gone.pk))]
    assert company.workspace.memberships.count() == 4


def test_a_task_acts_as_the_system() -> None:
    assert current() == SYSTEM
