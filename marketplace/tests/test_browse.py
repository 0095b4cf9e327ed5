"""The marketplace's list through its page and the API: what is there, how it is found, narrowed and ordered."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.browse import indexing
from marketplace.models import Entry
from marketplace.moderation.seed_services import seed_plugins
from marketplace.plugins.categories import seed_categories
from marketplace.tests.desk_kit import Desk, package, post, signed_in
from workspaces.models import Role

pytestmark = pytest.mark.django_db
NAME = re.compile(r'<a class="cover" href="[^"]*/marketplace/plugins/([^/"]+)/">')


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def page(desk: Desk) -> "Page":
    return Page(desk)


class Page:
    """The list as a viewer sees it."""

    def __init__(self, desk: Desk) -> None:
        self.client: Client = signed_in(desk.people[Role.VIEWER])
        self.root = f"/w/{desk.workspace.slug}/marketplace/"

    def html(self, query: str = "") -> str:
        answer = self.client.get(f"{self.root}?{query}")
        assert answer.status_code == 200, answer.content[:300]
        return answer.content.decode()

    def slugs(self, query: str = "") -> list[str]:
        return NAME.findall(self.html(query))


def test_an_approved_plugin_is_listed_and_one_taken_away_is_gone(desk: Desk, page: Page) -> None:
    waiting = desk.scanned(package(f"wait-{uuid4().hex[:6]}"))
    body = desk.approved(package(f"shown-{uuid4().hex[:6]}", what="write release notes"))
    assert body["slug"] in page.slugs()
    assert waiting["slug"] not in page.slugs()
    html = page.html()
    for told in ("Safe</b>", "read by a person", "no signature", "1 skill", "Text only", "0</b> installs"):
        assert told in html, told
    assert desk.decide(body["id"], "deactivate", "It is to go away.")[0] == 200
    assert body["slug"] not in page.slugs()
    assert desk.viewer.get(f"/api/marketplace/plugins?search={body['slug']}")[1]["total"] == 0


def test_it_is_found_by_words_and_by_meaning(desk: Desk, page: Page) -> None:
    notes = desk.approved(package(f"changes-{uuid4().hex[:6]}", what="announce releases to customers"))["slug"]
    charts = desk.approved(package(f"graphs-{uuid4().hex[:6]}", what="draw diagrams of sales figures"))["slug"]
    assert page.slugs("q=diagrams")[0] == charts
    assert page.slugs("q=diag")[0] == charts  # a word is found by its beginning
    assert indexing.index() >= 2
    assert notes in page.slugs("q=tell+clients+about+the+new+version")[:3]
    assert desk.viewer.get("/api/marketplace/plugins?search=diagrams")[1]["items"][0]["slug"] == charts


def test_filters_and_orders_stand_in_the_address(desk: Desk, page: Page) -> None:
    seed_categories()
    seed_plugins()
    hosted = desk.approved(package(f"hosted-{uuid4().hex[:6]}", skills__x="", mcp__json=""), category="testing")["slug"]
    Entry.objects.filter(slug=hosted).update(reach=["host", "hook"], hosts=["api.example.org"], installs=9, rating=4.5)
    assert page.slugs()[0] == hosted
    assert page.slugs("sort=rating")[0] == hosted
    assert "api.example.org" in page.html()
    assert hosted in page.slugs("category=testing")
    assert hosted not in page.slugs("category=seo")
    for only in ("text", "no-hosts", "no-hooks", "signed", "text,signed"):
        found = page.slugs(f"only={only}")
        assert found, only
        assert hosted not in found, only
    assert hosted in page.slugs("only=no-servers")
    assert len(page.slugs("publisher=automatos")) == 12
    assert page.slugs("verdict=safe") == [hosted]
    empty = page.html("verdict=safe&only=text&category=testing")
    assert "Nothing matches" in empty
    assert "Without “Text only”: 1" in empty
    # Nonsense narrows nothing that it does not name, and never fails.
    for query in (
        "kind=x&sort=x&verdict=x&only=x,,y&page=99",
        "q=%00%27%22:*%5C|&",
        "q=" + "a" * 5000,
        "q=%F0%9F%8D%B3",
    ):
        page.html(query)
    assert page.slugs("category=%00none") == []
    assert page.slugs("publisher=nobody") == []


def test_a_list_of_any_length_takes_the_same_few_queries(desk: Desk, page: Page) -> None:
    seed_categories()
    seed_plugins()
    counts = []
    for query in ("q=incident", "publisher=automatos"):
        page.html(query)
        with CaptureQueriesContext(connection) as caught:
            page.html(query)
        counts.append(len(caught))
    assert counts[1] <= counts[0] < 30, counts


def test_the_api_narrows_and_refuses_by_name(desk: Desk) -> None:
    body = desk.approved(package(f"narrow-{uuid4().hex[:6]}"))
    status, found = desk.viewer.get(f"/api/marketplace/plugins?search={body['slug']}&verdict=safe&only=text")
    assert status == 200
    assert found["total"] == 1
    item = found["items"][0]
    assert (item["id"], item["version"], item["verdict"]) == (body["plugin_id"], "1.0.0", "safe")
    assert item["contents"]["skills"] == 1
    assert item["is_signed"] is False
    assert item["reach"] == []
    status, refused = desk.viewer.get("/api/marketplace/plugins?only=everything")
    assert status == 400
    assert "only" in refused["error"]["fields"]
    assert desk.viewer.get("/api/marketplace/plugins?ordering=-rating")[0] == 200
    assert desk.anonymous.get("/api/marketplace/plugins")[0] == 401


def test_moderators_feature_what_can_be_had(desk: Desk, page: Page) -> None:
    body = desk.approved(package(f"first-{uuid4().hex[:6]}"))
    path = f"/api/admin/plugins/{body['id']}/feature"
    assert post(desk.desk, path, {"featured": True})[0] == 400
    status, answer = post(desk.desk, path, {"featured": True, "note": "It says one thing, and says it well."})
    assert (status, answer["is_featured"]) == (200, True)
    assert "It says one thing, and says it well." in page.html()
    found = desk.viewer.get("/api/marketplace/plugins?featured=true")[1]["items"]
    assert [row["slug"] for row in found] == [body["slug"]]
    assert desk.admin.post(path, {"featured": False})[0] == 403
    assert post(desk.desk, path, {"featured": False})[1]["is_featured"] is False
    assert "chosen by the moderators" not in page.html()
    waiting = desk.scanned(package())
    assert post(desk.desk, f"/api/admin/plugins/{waiting['id']}/feature", {"featured": True, "note": "x"})[0] == 409
    review = f"/admin/moderation/{body['id']}/"
    assert "Feature it" in desk.desk.get(review).content.decode()
    assert desk.desk.post(f"{review}feature/", {"featured": "1", "note": "Short."}).status_code == 302
    assert "Stop featuring it" in desk.desk.get(review).content.decode()


def test_the_palette_finds_listings_by_the_beginning_of_a_word(desk: Desk, page: Page) -> None:
    body = desk.approved(package(f"zephyr-{uuid4().hex[:6]}"))
    groups = page.client.get(f"/w/{desk.workspace.slug}/search?q=zeph").json()["groups"]
    found = next(group["items"] for group in groups if group["label"] == "Marketplace")
    assert f"/w/{desk.workspace.slug}/marketplace/plugins/{body['slug']}/" in [item["href"] for item in found]
    assert page.client.get(found[0]["href"]).status_code == 200
