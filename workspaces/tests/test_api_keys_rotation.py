"""API keys: rotated with an overlap, changed, and every change on record."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from workspaces.models import ApiKey, AuditEntry, Role
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def keys(company: Company) -> str:
    return f"/api/workspaces/{company.workspace.pk}/api-keys"


def test_a_rotated_key_and_its_successor_both_open_until_the_overlap_is_over(company: Company) -> None:
    old = company.admin.post(
        keys(company), {"name": "CI", "role": "viewer", "scopes": ["agents:read"], "rate_limit": 99}
    )[1]
    status, new = company.admin.post(f"{keys(company)}/{old['id']}/rotate", {"overlap_hours": 2})
    assert status == 201
    assert {name: new[name] for name in ("name", "role", "scopes", "rate_limit", "replaces")} == {
        "name": "CI", "role": "viewer", "scopes": ["agents:read"], "rate_limit": 99, "replaces": old["id"],
    }  # fmt: skip
    assert [Caller(key["key"]).get("/api/agents")[0] for key in (old, new)] == [200, 200]
    left = ApiKey.objects.get(pk=old["id"]).expires_at
    assert left is not None
    assert timedelta(minutes=119) < left - timezone.now() < timedelta(minutes=121)
    ApiKey.objects.filter(pk=old["id"]).update(expires_at=timezone.now())
    assert [Caller(key["key"]).get("/api/agents")[0] for key in (old, new)] == [401, 200]


def test_a_rotated_key_is_rotated_once(company: Company) -> None:
    old = company.admin.post(keys(company), {"name": "CI"})[1]
    assert company.admin.post(f"{keys(company)}/{old['id']}/rotate")[0] == 201
    status, answer = company.admin.post(f"{keys(company)}/{old['id']}/rotate")
    assert (status, answer["error"]["code"]) == (409, "key_rotated")


def test_rotating_gives_nobody_more_than_they_have(company: Company) -> None:
    owners = company.owner.post(keys(company), {"name": "Top", "role": "owner"})[1]
    assert company.admin.post(f"{keys(company)}/{owners['id']}/rotate")[0] == 403
    editors = company.owner.post(keys(company), {"name": "Low", "role": "editor"})[1]
    new = company.admin.post(f"{keys(company)}/{editors['id']}/rotate")[1]
    assert new["user"] == company.people[Role.ADMIN].email
    assert company.outsider.post(f"{keys(company)}/{editors['id']}/rotate")[0] == 404
    assert company.editor.post(f"{keys(company)}/{editors['id']}/rotate")[0] == 403


@pytest.mark.parametrize("hours", [-1, 169, "soon"])
def test_an_overlap_outside_a_week_is_refused(company: Company, hours: object) -> None:
    old = company.admin.post(keys(company), {"name": "CI"})[1]
    status, answer = company.admin.post(f"{keys(company)}/{old['id']}/rotate", {"overlap_hours": hours})
    assert (status, list(answer["error"]["fields"])) == (400, ["overlap_hours"])


def test_a_key_that_was_to_expire_is_not_rotated_into_one_that_never_does(company: Company) -> None:
    soon = timezone.now() + timedelta(days=30)
    old = company.admin.post(keys(company), {"name": "CI", "expires_at": soon.isoformat()})[1]
    new = company.admin.post(f"{keys(company)}/{old['id']}/rotate")[1]
    assert abs(datetime.fromisoformat(new["expires_at"]) - soon) < timedelta(minutes=1)


def test_name_and_limit_change_and_nothing_else(company: Company) -> None:
    made = company.admin.post(keys(company), {"name": "CI"})[1]
    path = f"{keys(company)}/{made['id']}"
    status, changed = company.admin.patch(path, {"name": "Build", "rate_limit": 50})
    assert (status, changed["name"], changed["rate_limit"]) == (200, "Build", 50)
    assert company.admin.patch(path, {"role": "owner"})[0] == 400
    assert company.admin.patch(path, {"rate_limit": 0})[0] == 400
    assert company.editor.patch(path, {"name": "Mine"})[0] == 403


def test_every_change_of_a_key_is_in_the_audit_log_without_its_text(company: Company) -> None:
    made = company.admin.post(keys(company), {"name": "CI"})[1]
    company.admin.patch(f"{keys(company)}/{made['id']}", {"name": "Build"})
    new = company.admin.post(f"{keys(company)}/{made['id']}/rotate")[1]
    company.admin.delete(f"{keys(company)}/{made['id']}")
    entries = AuditEntry.objects.filter(workspace_id=company.workspace.pk, target_type="api_key").order_by("seq")
    mine = [entry for entry in entries if entry.target_id in (made["id"], new["id"])]
    done = ["api_key.created", "api_key.changed", "api_key.rotated", "api_key.created", "api_key.revoked"]
    assert [entry.action for entry in mine] == done
    assert {entry.actor for entry in mine} == {company.people[Role.ADMIN].email}
    assert not any(secret in str(vars(entry)) for entry in mine for secret in (made["key"], new["key"]))
