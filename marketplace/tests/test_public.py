"""The marketplace without signing in: only where the operator says so, only what everybody has, and only to read."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from marketplace.models import Listing, Plugin
from marketplace.tests.desk_kit import Desk, package

pytestmark = pytest.mark.django_db


def test_everybody_reads_the_marketplace_where_it_is_open(settings: Any) -> None:
    desk, slug = Desk(), f"open-{uuid4().hex[:6]}"
    body = desk.approved(package(slug))
    hidden = f"hidden-{uuid4().hex[:6]}"
    desk.scanned(package(hidden))
    Listing.objects.create(
        kind="agent", slug=f"own-{slug}", name="Ours", workspace=desk.workspace, audience="workspace",
        publisher=Plugin.objects.get(pk=body["plugin_id"]).publisher,
    )  # fmt: skip
    anyone = Client(raise_request_exception=False)
    places = ("/marketplace/", f"/marketplace/plugins/{slug}/", f"/marketplace/listings/own-{slug}/")
    assert [anyone.get(place).status_code for place in places] == [404, 404, 404]
    settings.MARKETPLACE_PUBLIC = True
    listed = anyone.get(f"/marketplace/?q={slug}")
    assert listed.status_code == 200
    assert f'href="/marketplace/plugins/{slug}/"' in listed.content.decode()
    page = anyone.get(f"/marketplace/plugins/{slug}/?file=manifest.json").content.decode()
    assert "Text of manifest.json" in page
    assert "Sign in" in page
    assert "Enable it" not in page
    assert anyone.get(f"/marketplace/plugins/{hidden}/").status_code == 404
    assert anyone.get(places[2]).status_code == 404, "it is the workspace's own"
    assert anyone.get(f"/marketplace/plugins/{slug}/?version=9.9.9").status_code == 404
    assert anyone.post("/marketplace/").status_code == 405
    assert desk.decide(body["id"], "block", "It is hostile after all.")[0] == 200
    assert anyone.get(f"/marketplace/plugins/{slug}/").status_code == 404
