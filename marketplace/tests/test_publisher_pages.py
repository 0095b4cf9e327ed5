"""The pages of a publisher and of reports: name, website, keys, what is reported and answered."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from automatos.tests.app_role import app_role
from marketplace.models import Publisher, PublisherKey
from marketplace.tests.desk_kit import Desk, package, post
from marketplace.tests.test_publishers import pem_of
from marketplace.tests.test_submission_pages import browser, text_of
from workspaces.models import AuditEntry, Role
from workspaces.scope.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
PUBLISHER = "/api/marketplace/publisher"


def home(desk: Desk, under: str = "publisher/") -> str:
    return f"/w/{desk.workspace.slug}/marketplace/{under}"


def verified(desk: Desk) -> Publisher:
    """The publisher of a workspace, known to the moderators."""
    desk.admin.patch(PUBLISHER, {"name": "Kestrel Works", "website": "https://kestrel.example"})
    Publisher.objects.filter(workspace=desk.workspace).update(is_verified=True, is_public=True)
    return Publisher.objects.get(workspace=desk.workspace)


def test_a_verified_publisher_that_renames_itself_is_verified_no_longer() -> None:
    desk = Desk()
    verified(desk)
    assert desk.admin.patch(PUBLISHER, {"name": "Kestrel Works"})[1]["is_verified"] is True
    assert desk.admin.patch(PUBLISHER, {"name": "Great Bank"})[1]["is_verified"] is False
    assert AuditEntry.objects.filter(workspace_id=desk.workspace.pk, action="publisher.unverified").count() == 1
    verified(desk)
    assert desk.admin.patch(PUBLISHER, {"website": "https://bank.example"})[1]["is_verified"] is False


def test_the_database_takes_the_mark_from_whoever_renames_past_the_services() -> None:
    desk = Desk()
    row = verified(desk)
    with app_role(), workspace_scope(desk.workspace.pk):
        Publisher.objects.filter(pk=row.pk).update(name="Great Bank")
    row.refresh_from_db()
    assert (row.name, row.is_verified) == ("Great Bank", False)


def test_nobody_takes_the_name_of_a_verified_publisher() -> None:
    verified(Desk())
    desk = Desk()
    for name in ("Kestrel Works", "kestrel  works", "\uff2bestrel Works"):
        status, body = desk.admin.patch(PUBLISHER, {"name": name})
        assert (status, list(body["error"]["fields"])) == (400, ["name"])
    assert desk.admin.patch(PUBLISHER, {"name": "Merlin Works"})[0] == 200


def test_name_and_website_are_changed_by_form_and_what_is_lost_is_said_first() -> None:
    desk = Desk()
    admin = browser(desk)
    assert desk.workspace.name in text_of(admin.get(home(desk)))
    answer = admin.post(home(desk, "publisher/edit/"), {"name": "", "website": "javascript:x"})
    assert answer.status_code == 422
    assert "it may not be empty" in text_of(answer)
    assert "beginning with https://" in text_of(answer)
    assert admin.post(home(desk, "publisher/edit/"), {"name": "Kestrel", "website": ""}).status_code == 302
    verified(desk)
    assert "not verified any more" in text_of(admin.get(home(desk, "publisher/edit/")))
    done = admin.post(home(desk, "publisher/edit/"), {"name": "Great Bank", "website": ""}, follow=True)
    assert "It is not verified any more" in text_of(done)
    assert browser(desk, Role.EDITOR).get(home(desk, "publisher/edit/")).status_code == 403


def test_a_key_is_added_and_revoked_by_form() -> None:
    desk, key = Desk(), Ed25519PrivateKey.generate()
    admin, new = browser(desk), home(desk, "publisher/keys/new/")
    assert admin.post(new, {"name": "Laptop", "public_key": "nonsense"}).status_code == 422
    assert admin.post(new, {"name": "Laptop", "public_key": pem_of(key)}).status_code == 302
    answer = admin.post(new, {"name": "Again", "public_key": pem_of(key)})
    assert (answer.status_code, "registered already" in text_of(answer)) == (409, True)
    row = PublisherKey.objects.get(workspace=desk.workspace)
    revoke = home(desk, f"publisher/keys/{row.pk}/revoke/")
    assert "Nothing can be signed with it" in text_of(admin.get(revoke))
    assert browser(Desk()).get(revoke).status_code == 404
    assert admin.post(revoke).status_code == 302
    assert "Revoked" in text_of(admin.get(home(desk)))


def reporter(desk: Desk) -> tuple[Client, str, str]:
    body = desk.approved(package("odd-one"))
    return browser(desk, Role.VIEWER), home(desk, f"plugins/{body['plugin_id']}/report/"), body["plugin_id"]


def test_a_plugin_is_reported_by_form_and_the_answer_stands_in_the_list() -> None:
    desk = Desk()
    viewer, path, plugin_id = reporter(desk)
    answer = viewer.post(path, {"kind": "", "details": ""})
    assert answer.status_code == 422
    assert "Choose one." in text_of(answer)
    answer = viewer.post(path, {"kind": "broken", "details": "It stops halfway.<script>"}, follow=True)
    assert "The moderators have your report" in text_of(answer)
    assert "It stops halfway.&lt;script&gt;" in answer.content.decode()
    assert viewer.post(path, {"kind": "other", "details": "Once more."}).status_code == 409
    row = desk.desk.get("/api/admin/plugins/reports").json()["items"][0]
    assert row["plugin_id"] == plugin_id
    given = {"state": "resolved", "resolution": "Its author mended it."}
    assert post(desk.desk, f"/api/admin/plugins/reports/{row['id']}", given)[0] == 200
    assert "Its author mended it." in text_of(viewer.get(home(desk, "reports/")))


def test_nobody_reports_what_they_cannot_see_nor_reads_others_reports() -> None:
    desk, other = Desk(), Desk()
    waiting = desk.submit(package())
    stranger = browser(other, Role.VIEWER)
    assert stranger.get(home(other, f"plugins/{waiting['plugin_id']}/report/")).status_code == 404
    viewer, path, _ = reporter(desk)
    viewer.post(path, {"kind": "broken", "details": "Only ours to read."})
    assert "Only ours to read." not in text_of(stranger.get(home(other, "reports/")))
    assert stranger.get(home(desk, "reports/")).status_code == 404
