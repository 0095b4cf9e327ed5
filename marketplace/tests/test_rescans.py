"""A changed set of rules scans again what is approved, and the moderators are told what came out otherwise."""

from uuid import UUID

import pytest

from marketplace.models import PluginScan
from marketplace.moderation import queries
from marketplace.scanning.scale import RULES_VERSION
from marketplace.scans import jobs, rescans
from marketplace.tests.desk_kit import Desk, package
from workspaces.scope.tenancy import Purpose, system_scope

pytestmark = pytest.mark.django_db


def begun_for(version: str) -> list[UUID]:
    """Scans of one version that are begun until nothing is left to begin."""
    found: list[UUID] = []
    while more := rescans.begin():
        found += more
    return list(PluginScan.objects.filter(pk__in=found, version_id=UUID(version)).values_list("pk", flat=True))


def test_what_older_rules_approved_is_scanned_again_once_and_the_difference_is_shown() -> None:
    desk = Desk()
    body = desk.approved(package())
    assert begun_for(body["id"]) == []
    gone = {"key": "M-09:SKILL.md:1", "severity": "low", "title": "Old", "file": "SKILL.md", "line": 1}
    PluginScan.objects.filter(version_id=body["id"]).update(rules_version="2020.1.1", findings=[gone])
    begun = begun_for(body["id"])
    assert len(begun) == 1
    assert begun_for(body["id"]) == []
    jobs.run_scan(begun[0])
    scan = PluginScan.objects.get(pk=begun[0])
    assert (scan.state, scan.trigger, scan.rules_version) == ("done", "rules", RULES_VERSION)
    assert [item["key"] for item in scan.difference["gone"]] == [gone["key"]]
    with system_scope(Purpose.MODERATION):
        assert scan.pk in {row.pk for row in queries.rescans()}
    assert begun_for(body["id"]) == []
