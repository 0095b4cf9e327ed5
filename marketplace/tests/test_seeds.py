"""The plugins that come with the product are there, signed, scanned by rules, and honest about the model."""

import pytest

from marketplace.models import Plugin, PluginScan, PluginVersion
from marketplace.moderation.seed_services import seed_plugins
from marketplace.plugins.categories import seed_categories
from marketplace.tests.desk_kit import Desk

pytestmark = pytest.mark.django_db


def test_a_dozen_plugins_over_ten_categories_are_there_after_the_first_start() -> None:
    seed_categories()
    assert [seed_plugins(), seed_plugins()] == [12, 12]
    plugins = Plugin.objects.filter(is_system=True, is_public=True)
    assert plugins.count() == 12
    assert plugins.values("category").distinct().count() >= 10
    for version in PluginVersion.objects.filter(plugin__in=plugins):
        assert (version.status, version.signed_by is not None) == ("approved", True)
        scan = PluginScan.objects.get(version=version)
        assert (scan.model_state, scan.findings) == ("not_scanned", [])
        assert "No model has read it" in version.reason
    assert Desk().viewer.get("/api/marketplace/plugins")[1]["total"] == 12
