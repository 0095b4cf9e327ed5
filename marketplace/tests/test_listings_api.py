"""The REST of shared agents: shared, read, installed, updated, removed; roles and strangers."""

import pytest

from agents.models import Agent
from marketplace.models import Entry, InstalledListing, Listing, ListingReview
from marketplace.tests.desk_kit import Desk, signed_in
from marketplace.tests.test_listings import install, make, published, share
from workspaces.models import AuditEntry, Role
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db
LISTINGS, INSTALLED = "/api/marketplace/listings", "/api/marketplace/installed"


def test_an_agent_is_shared_and_stopped_over_rest() -> None:
    desk = Desk()
    agent = make(desk, custom_prompt="token: hunter2!secret")
    given = {"kind": "agent", "source_id": agent["id"], "audience": "workspace", "name": "Ada"}
    assert desk.viewer.post(LISTINGS, given)[0] == 403
    assert desk.editor.post(LISTINGS, {**given, "audience": "public"})[0] == 403
    status, body = desk.editor.post(LISTINGS, given)
    assert (status, body["status"], body["number"]) == (201, "shared", 1)
    assert [row["group"] for row in body["removed"]] == ["secret"]
    assert desk.editor.post(LISTINGS, given)[0] == 409
    assert desk.editor.post(LISTINGS, {**given, "kind": "nothing"})[0] == 400
    assert desk.viewer.get("/api/marketplace/shared")[1]["items"][0]["slug"] == body["slug"]
    shown = desk.viewer.get(f"{LISTINGS}/{body['slug']}")[1]
    assert shown["body"]["custom_prompt"] == "[Password or key removed]"
    assert desk.editor.delete(f"/api/marketplace/shared/{body['id']}")[0] == 204
    assert desk.editor.delete(f"/api/marketplace/shared/{body['id']}")[0] == 409
    assert desk.viewer.get(f"{LISTINGS}/{body['slug']}")[1]["version"] is None


def test_a_listing_is_installed_updated_and_removed_over_rest() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    slug = published(desk, agent["id"]).listing.slug
    assert [row["slug"] for row in other.viewer.get(f"{LISTINGS}?kind=agent")[1]["items"]] == [slug]
    assert other.viewer.post(f"{LISTINGS}/{slug}/install", {})[0] == 403
    status, body = other.editor.post(f"{LISTINGS}/{slug}/install", {})
    assert (status, body["number"], body["newer"], body["listing"]["installs"]) == (201, 1, 0, 0)
    assert other.editor.patch(f"{INSTALLED}/{body['id']}", {"number": 2})[0] == 409
    desk.editor.patch(f"/api/agents/{agent['id']}", {"custom_prompt": "Sing."})
    published(desk, agent["id"])
    assert other.viewer.get(INSTALLED)[1][0]["newer"] == 2
    status, updated = other.editor.patch(f"{INSTALLED}/{body['id']}", {"number": 2})
    assert (status, updated["number"]) == (200, 2)
    assert Agent.objects.get(pk=body["object_id"]).custom_prompt == "Sing."
    assert other.editor.delete(f"{INSTALLED}/{body['id']}")[0] == 403
    assert desk.admin.delete(f"{INSTALLED}/{body['id']}")[0] == 404
    status, done = other.admin.delete(f"{INSTALLED}/{body['id']}")
    assert (status, len(done["said"])) == (200, 1)
    assert Listing.objects.get(slug=slug).installs == 1


def test_workspaces_that_installed_a_listing_review_it_and_everybody_reads_that() -> None:
    desk, other = Desk(), Company()
    slug = published(desk, make(desk)["id"]).listing.slug
    path = f"{LISTINGS}/{slug}/reviews"
    assert other.editor.put(path, {"stars": 5})[1]["error"]["code"] == "not_installed"
    other.editor.post(f"{LISTINGS}/{slug}/install", {})
    assert other.viewer.put(path, {"stars": 5})[0] == 403
    status, refused = other.editor.put(path, {"stars": 6, "text": "x" * 2_001})
    assert (status, sorted(refused["error"]["fields"])) == (400, ["stars", "text"])
    assert other.editor.put(path, {"stars": 2, "text": "Slow."})[0] == 200
    assert other.editor.put(path, {"stars": 4, "text": "Faster now."})[1]["version"] == 1
    desk.editor.post(f"{LISTINGS}/{slug}/install", {})
    assert desk.editor.put(path, {"stars": 1})[0] == 200
    entry = Entry.objects.get(kind="agent", slug=slug)
    assert (entry.rating, entry.rating_count) == (2.5, 2)
    stranger = Company()
    assert [row["stars"] for row in stranger.viewer.get(path)[1]["items"]] == [1, 4]
    assert stranger.editor.delete(path)[0] == 404
    assert desk.editor.delete(path)[0] == 204
    entry.refresh_from_db()
    assert (entry.rating, entry.rating_count) == (4.0, 1)
    assert set(AuditEntry.objects.filter(action__startswith="listing.review").values_list("action", flat=True)) == {
        "listing.reviewed",
        "listing.review_removed",
    }


def test_the_page_of_a_listing_takes_and_shows_reviews() -> None:
    desk, other = Desk(), Company()
    slug = published(desk, make(desk)["id"]).listing.slug
    path = f"/w/{other.workspace.slug}/marketplace/listings/{slug}/"
    page = signed_in(other.people[Role.EDITOR])
    assert "Your review" not in page.get(path).content.decode()
    other.editor.post(f"{LISTINGS}/{slug}/install", {})
    assert "Your review" in page.get(path).content.decode()
    for stars, words in (("", "1 to 5 stars"), ("x", "1 to 5 stars"), ("3", "is published"), ("3", "is published")):
        answer = page.post(f"{path}review/", {"stars": stars, "text": "<b>Fine</b>"}, follow=True)
        assert words in answer.content.decode()
    shown = page.get(path).content.decode()
    assert "&lt;b&gt;Fine" in shown
    assert "3.0 of 5 stars" in shown
    assert "is taken back" in page.post(f"{path}review/", {"do": "remove"}, follow=True).content.decode()
    assert "no review of yours" in page.post(f"{path}review/", {"do": "remove"}, follow=True).content.decode()


def test_who_has_it_no_more_takes_a_review_back_on_its_page() -> None:
    desk, other = Desk(), Company()
    slug = published(desk, make(desk)["id"]).listing.slug
    installed = other.editor.post(f"{LISTINGS}/{slug}/install", {})[1]["id"]
    assert other.editor.put(f"{LISTINGS}/{slug}/reviews", {"stars": 2, "text": "Slow <b>here</b>."})[0] == 200
    assert other.admin.delete(f"{INSTALLED}/{installed}")[0] == 200
    path, page = f"/w/{other.workspace.slug}/marketplace/listings/{slug}/", signed_in(other.people[Role.EDITOR])
    html = page.get(path).content.decode()
    assert ("Take it back" in html, "Publish as" in html, "2 of 5 stars: Slow &lt;b&gt;" in html) == (True, False, True)
    assert "Take it back" not in signed_in(other.people[Role.VIEWER]).get(path).content.decode()
    assert page.post(f"{path}review/", {"do": "remove"}).status_code == 302
    assert not ListingReview.objects.exists()
    assert "Your review" not in page.get(path).content.decode()


def test_a_review_goes_with_a_listing_that_nobody_there_sees_any_more() -> None:
    desk, other = Desk(), Company()
    share(signed_in(desk.people[Role.ADMIN]), desk, make(desk)["id"], "link")
    listing = Listing.objects.get(audience="link")
    row = install(signed_in(other.people[Role.EDITOR]), other, listing, link=listing.token)
    assert other.editor.put(f"{LISTINGS}/{listing.slug}/reviews", {"stars": 1})[0] == 200
    assert other.admin.delete(f"{INSTALLED}/{row.pk}")[0] == 200
    assert (InstalledListing.objects.exists(), ListingReview.objects.exists()) == (False, False)


def test_a_moderator_takes_a_review_away_and_its_workspace_reads_why() -> None:
    desk, other = Desk(), Company()
    slug = published(desk, make(desk)["id"]).listing.slug
    other.editor.post(f"{LISTINGS}/{slug}/install", {})
    path = f"{LISTINGS}/{slug}/reviews"
    review = other.editor.put(path, {"stars": 1, "text": "Call Ada on 555-0100."})[1]["id"]
    away = f"/api/admin/reviews/{review}/take-away"
    for caller in (other.owner, desk.owner, other.anonymous):
        assert caller.post(away, {"reason": "It names a person."})[0] in (401, 403)
    moderator = Caller(client=desk.desk)
    assert moderator.post(away, {"reason": " "})[0] == 400
    assert moderator.post(away, {"reason": "It names a person."})[0] == 204
    assert moderator.post(away, {"reason": "It names a person."})[0] == 404
    assert other.viewer.get(path)[1]["items"] == []
    assert Entry.objects.get(kind="agent", slug=slug).rating_count == 0
    entry = AuditEntry.objects.get(action="listing.review_taken_away")
    assert (entry.workspace_id, entry.after) == (other.workspace.pk, {"reason": "It names a person."})
    # The same on the desk's page.
    other.editor.put(path, {"stars": 1, "text": "Again: <i>555-0100</i>."})
    root = "/admin/moderation/reviews/"
    html = desk.desk.get(f"{root}?tab=listings").content.decode()
    assert ("&lt;i&gt;555-0100" in html, slug in html) == (True, True)
    review = str(ListingReview.objects.get().pk)
    desk.desk.post(f"{root}{review}/", {"tab": "listings", "reason": ""})
    assert ListingReview.objects.exists()
    answer = desk.desk.post(f"{root}{review}/", {"tab": "listings", "reason": "It names a person."}, follow=True)
    assert ("The review is gone." in answer.content.decode(), ListingReview.objects.exists()) == (True, False)
    assert signed_in(other.people[Role.OWNER]).get(root).status_code == 302
