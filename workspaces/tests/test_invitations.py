"""Invitations by link: made, mailed, sent again, withdrawn, accepted by whom they are for, and by nobody else."""

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from workspaces.members import invitation_services as invitations_services
from workspaces.models import AuditEntry, Invitation, Membership, Role, User
from workspaces.services import create_personal_workspace
from workspaces.tests.matrix_filters import drop_policies
from workspaces.tests.rest import Caller, Company, Json

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def somebody(email: str = "nora@example.net") -> tuple[User, Caller]:
    user = User.objects.create_user(email)
    client = Client()
    client.force_login(user)
    return user, Caller(client=client)


def invited(company: Company, email: str = "nora@example.net", role: str = "editor") -> Json:
    status, body = company.owner.post(
        f"/api/workspaces/{company.workspace.pk}/invitations", {"email": email, "role": role}
    )
    assert status == 201, body
    return dict(body)


def token_of(body: Json) -> str:
    return str(urlsplit(body["link"]).path.split("/")[2])


def role_of(user: User, company: Company) -> str | None:
    found = Membership.objects.filter(user=user, workspace=company.workspace).first()
    return found.role if found else None


def test_an_invitation_is_mailed_as_text_and_html_and_makes_a_member_once(company: Company) -> None:
    body = invited(company)
    assert (body["state"], body["sent_at"] is None, body["invited_by"]) == (
        "open",
        False,
        company.people[Role.OWNER].email,
    )
    (message,) = mail.outbox
    assert (message.to, company.workspace.name in message.subject) == (["nora@example.net"], True)
    assert isinstance(message, mail.EmailMultiAlternatives)
    assert body["link"] in str(message.body)
    assert f'href="{body["link"]}"' in str(message.alternatives[0][0])
    nora, caller = somebody()
    status, joined = caller.post("/api/invitations/accept", {"token": token_of(body)})
    assert (status, joined["role"], role_of(nora, company)) == (200, "editor", "editor")
    again = caller.post("/api/invitations/accept", {"token": token_of(body)})
    assert again[0] == 200, "using one's own invitation twice does no harm"
    _, other = somebody("nora2@example.net")
    assert other.post("/api/invitations/accept", {"token": token_of(body)})[0] == 403
    told = AuditEntry.objects.filter(workspace_id=company.workspace.pk, target_type="invitation").order_by("seq")
    assert [entry.action for entry in told] == ["invitation.created", "invitation.accepted"]
    assert told[1].actor_id == nora.pk


def test_only_a_hash_of_the_token_is_kept(company: Company) -> None:
    token = token_of(invited(company))
    row = Invitation.objects.values().get()
    assert token not in str(row)
    assert token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("change", ["expires_at", "revoked_at"])
def test_an_expired_or_withdrawn_invitation_opens_nothing(company: Company, change: str) -> None:
    body = invited(company)
    Invitation.objects.update(**{change: timezone.now() - timedelta(seconds=1)})
    nora, caller = somebody()
    status, refused = caller.post("/api/invitations/accept", {"token": token_of(body)})
    code = {"expires_at": "invitation_expired", "revoked_at": "invitation_revoked"}[change]
    assert (status, refused["error"]["code"], role_of(nora, company)) == (409, code, None)
    page = caller.client.get(f"/invitations/{token_of(body)}/")
    assert page.status_code == 410
    assert {"expires_at": "has expired", "revoked_at": "was withdrawn"}[change] in page.content.decode()


def test_a_wrong_token_is_told_as_unknown(company: Company) -> None:
    _, caller = somebody()
    for token in ("wrong", token_of(invited(company))[:-1], "\u2026"):
        assert caller.post("/api/invitations/accept", {"token": token})[0] == 404
        page = caller.client.get(f"/invitations/{quote(token)}/")
        assert (page.status_code, "no such invitation" in page.content.decode()) == (404, True)


def test_the_invitation_of_a_deleted_workspace_is_unknown(company: Company) -> None:
    body = invited(company)
    company.owner.delete(f"/api/workspaces/{company.workspace.pk}")
    assert somebody()[1].post("/api/invitations/accept", {"token": token_of(body)})[0] == 404


def test_another_address_is_told_so_and_a_confirmed_further_one_is_good(company: Company) -> None:
    body = invited(company)
    other, caller = somebody("other@example.net")
    page = caller.client.get(f"/invitations/{token_of(body)}/")
    assert page.status_code == 403
    assert "made for nora@example.net, and you are signed in as other@example.net" in page.content.decode()
    EmailAddress.objects.create(user=other, email="nora@example.net", verified=False)
    assert caller.post("/api/invitations/accept", {"token": token_of(body)})[0] == 403
    EmailAddress.objects.filter(user=other).update(verified=True)
    assert caller.post("/api/invitations/accept", {"token": token_of(body)})[0] == 200


def test_inviting_again_refreshes_and_a_member_is_a_conflict(company: Company) -> None:
    first = invited(company)
    second = invited(company, email="Nora@Example.net", role="viewer")
    assert (first["id"], second["role"]) == (second["id"], "viewer")
    _, caller = somebody()
    assert caller.post("/api/invitations/accept", {"token": token_of(first)})[0] == 404
    assert caller.post("/api/invitations/accept", {"token": token_of(second)})[0] == 200
    path = f"/api/workspaces/{company.workspace.pk}/invitations"
    status, body = company.owner.post(path, {"email": "nora@example.net"})
    assert (status, body["error"]["code"]) == (409, "already_a_member")


def test_another_workspaces_members_and_invitations_do_not_count(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_policies(monkeypatch)
    monkeypatch.setattr(invitations_services, "MOST_OPEN", 1)
    other = Company()
    member = other.people[Role.EDITOR].email
    first = invited(company, email=member)
    assert invited(other)["id"] != first["id"]
    assert invited(company, email=member, role="viewer")["id"] == first["id"]
    status, _ = other.owner.post(f"/api/workspaces/{other.workspace.pk}/invitations", {"email": member})
    assert status == 409


def test_an_invitation_elsewhere_is_another_one(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_policies(monkeypatch)
    here, there = invited(company), invited(Company())
    assert here["id"] != there["id"]
    assert invited(company)["id"] == here["id"]


def test_an_expired_one_is_sent_again_under_a_new_link(company: Company) -> None:
    first = invited(company)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    path = f"/api/workspaces/{company.workspace.pk}/invitations/{first['id']}"
    assert company.viewer.get(path)[1]["state"] == "expired"
    assert company.editor.post(f"{path}/resend")[0] == 403
    status, again = company.admin.post(f"{path}/resend")
    assert (status, again["state"], again["link"] != first["link"], len(mail.outbox)) == (200, "open", True, 2)
    assert somebody()[1].post("/api/invitations/accept", {"token": token_of(again)})[0] == 200
    assert company.admin.post(f"{path}/resend")[0] == 404


def test_an_admin_withdraws_and_it_is_gone_from_the_list(company: Company) -> None:
    body = invited(company)
    path = f"/api/workspaces/{company.workspace.pk}/invitations"
    assert company.editor.delete(f"{path}/{body['id']}")[0] == 403
    assert company.admin.delete(f"{path}/{body['id']}")[0] == 204
    assert company.admin.delete(f"{path}/{body['id']}")[0] == 404
    assert company.viewer.get(path)[1]["total"] == 0
    assert company.outsider.get(f"{path}/{body['id']}")[0] == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({"email": "nonsense"}, "email"), ({"email": ""}, "email"), ({"email": "a@b.org", "role": "king"}, "role")],
)
def test_what_cannot_be_invited_is_named(company: Company, body: Json, field: str) -> None:
    status, answer = company.owner.post(f"/api/workspaces/{company.workspace.pk}/invitations", body)
    assert (status, list(answer["error"]["fields"])) == (400, [field])


def test_only_owners_invite_owners_and_a_personal_workspace_stays_ones_own(company: Company) -> None:
    path = f"/api/workspaces/{company.workspace.pk}/invitations"
    assert company.admin.post(path, {"email": "a@b.org", "role": "owner"})[0] == 403
    assert company.owner.post(path, {"email": "a@b.org", "role": "owner"})[0] == 201
    status, body = company.outsider.post(f"/api/workspaces/{company.elsewhere.pk}/invitations", {"email": "a@b.org"})
    assert (status, body["error"]["code"]) == (409, "personal")


def test_asking_to_add_a_member_sends_an_invitation(company: Company) -> None:
    status, body = company.admin.post(f"/api/workspaces/{company.workspace.pk}/members", {"email": "nora@example.net"})
    assert (status, body["state"], len(mail.outbox)) == (202, "open", 1)


def test_what_a_removed_admin_sent_is_withdrawn(company: Company) -> None:
    path = f"/api/workspaces/{company.workspace.pk}"
    body = company.admin.post(f"{path}/invitations", {"email": "second-me@example.net"})[1]
    company.owner.delete(f"{path}/members/{company.people[Role.ADMIN].pk}")
    status, refused = somebody("second-me@example.net")[1].post("/api/invitations/accept", {"token": token_of(body)})
    assert (status, refused["error"]["code"]) == (409, "invitation_revoked")


def test_a_key_accepts_nothing(company: Company) -> None:
    body = invited(company, email=company.stranger.email)
    assert company.outsider.post("/api/invitations/accept", {"token": token_of(body)})[0] == 403


def test_the_page_shows_the_link_once_also_when_the_mail_server_is_down(
    company: Company, settings: pytest.FixtureRequest
) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:9"  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # type: ignore[attr-defined]
    admin = Client()
    admin.force_login(company.people[Role.ADMIN])
    root = f"/w/{company.workspace.slug}/settings/members/"
    page = admin.post(f"{root}invite/", {"email": "nora@example.net", "role": "viewer"}).content.decode()
    assert "The mail server did not take the message." in page
    link = re.search(r'id="link"[^>]*>([^<]+)<', page)
    assert link
    assert "/invitations/" not in admin.get(root).content.decode().replace("settings/invitations", "")
    nora, caller = somebody()
    create_personal_workspace(user=nora)
    assert "Join " in caller.client.get(urlsplit(link[1]).path).content.decode()
    joined = caller.client.post(urlsplit(link[1]).path)
    assert (joined.status_code, joined["Location"]) == (302, f"/w/{company.workspace.slug}/")
    assert role_of(nora, company) == "viewer"


def test_the_page_says_at_the_field_what_is_wrong(company: Company) -> None:
    admin = Client()
    admin.force_login(company.people[Role.ADMIN])
    path = f"/w/{company.workspace.slug}/settings/members/invite/"
    for email in ("nonsense", ""):
        page = admin.post(path, {"email": email, "role": "viewer"})
        assert page.status_code == 422
        assert 'href="#id_email"' in page.content.decode()
    page = admin.post(path, {"email": company.people[Role.VIEWER].email, "role": "viewer"})
    assert (page.status_code, "is a member already" in page.content.decode()) == (422, True)
    assert admin.post(path, {"email": "a@b.org", "role": "owner"}).status_code == 422


def test_who_is_not_signed_in_signs_up_and_comes_back(company: Company) -> None:
    path = f"/invitations/{token_of(invited(company))}/"
    visitor = Client()
    page = visitor.get(path).content.decode()
    assert f'href="/accounts/signup/?next={path}"' in page
    assert f'href="/accounts/login/?next={path}"' in page
    form = {"email": "nora@example.net", "password1": "correct horse battery", "next": path}
    assert visitor.post("/accounts/signup/", form)["Location"] == path
    assert visitor.post(path)["Location"] == f"/w/{company.workspace.slug}/"
    assert role_of(User.objects.get(email="nora@example.net"), company) == "editor"
