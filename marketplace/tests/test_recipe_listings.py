"""Recipes that are shared bring their agents along, or take own ones; and what comes with the product is installed."""

from typing import Any

import pytest

from agents.models import Agent, Skill
from agents.skills.source_services import add_upload
from marketplace.models import Entry, InstalledListing, Listing, ListingVersion
from marketplace.moderation.shared_seed_services import seed_listings
from marketplace.publishers.services import project_publisher
from marketplace.tests.desk_kit import Desk, archive
from marketplace.tests.test_listings import home, install, make
from marketplace.tests.test_submission_pages import browser, text_of
from recipes.models import Recipe
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


def cooked_by(desk: Company, agents: list[dict[str, Any]]) -> dict[str, Any]:
    steps = [
        {"agent_id": agent["id"], "step_id": f"s{number}", "name": f"Step {number}", "prompt_template": f"Do {number}."}
        for number, agent in enumerate(agents, 1)
    ]
    status, body = desk.editor.post("/api/workflow-recipes", {"name": "Two by two", "steps": steps})
    assert status == 201, body
    return dict(body)


def published(desk: Desk, recipe_id: str, name: str = "Two by two") -> ListingVersion:
    given = {"audience": "public", "name": name, "description": "Two steps."}
    answer = browser(desk).post(home(desk, f"share/recipe/{recipe_id}/"), given)
    assert answer.status_code == 302, text_of(answer)
    version = ListingVersion.objects.filter(workspace=desk.workspace).latest("submitted_at")
    assert desk.desk.post(f"/admin/moderation/listings/{version.pk}/", {"act": "approve"}).status_code == 302
    return version


def test_a_recipe_brings_its_agents_along_or_takes_own_ones() -> None:
    desk, other = Desk(), Company()
    ada, bo = make(desk, name="Ada"), make(desk, name="Bo", custom_prompt="password: hunter2!secret")
    version = published(desk, cooked_by(desk, [ada, bo, ada])["id"])
    assert "hunter2" not in str(version.body)
    assert sorted(version.body["agents"]) == ["ada", "bo"]
    own = make(other, name="Quill")
    page = browser(other).get(home(other, f"listings/{version.listing.slug}/install/"))
    assert "Use Quill" in text_of(page)
    row = install(browser(other), other, version.listing, **{"part:bo": own["id"]})
    recipe = Recipe.objects.get(pk=row.object_id)
    cooks = [step.agent.name for step in recipe.steps.order_by("order") if step.agent]
    assert cooks == ["Ada", "Quill", "Ada"]
    assert Agent.objects.visible().filter(workspace=other.workspace).count() == 2
    done = browser(other).post(home(other, f"installed/{row.pk}/uninstall/"), follow=True)
    assert "The recipe Two by two was deleted" in text_of(done)
    assert [agent.name for agent in Agent.objects.visible().filter(workspace=other.workspace)] == ["Quill"]


def test_a_wrong_stand_in_is_refused_and_nothing_is_half_made() -> None:
    desk, other = Desk(), Company()
    version = published(desk, cooked_by(desk, [make(desk)])["id"])
    stranger = make(desk, name="Theirs")
    path = home(other, f"listings/{version.listing.slug}/install/")
    for wrong in (stranger["id"], "nonsense"):
        answer = browser(other).post(path, {"part:ada": wrong})
        assert answer.status_code == 422
        assert "There is no such agent here." in text_of(answer)
    assert not Recipe.objects.filter(workspace=other.workspace).exists()
    assert not InstalledListing.objects.filter(workspace=other.workspace).exists()


def test_an_update_of_a_recipe_keeps_changed_and_added_steps() -> None:
    desk, other = Desk(), Company()
    ada = make(desk)
    source = cooked_by(desk, [ada, ada])
    first = published(desk, source["id"])
    row = install(browser(other), other, first.listing)
    path = f"/api/workflow-recipes/{row.object_id}"
    steps = other.editor.get(path)[1]["steps"]
    kept = [{**step, "prompt_template": "Ours."} if step["step_id"] == "s1" else step for step in steps]
    added = {"agent_id": steps[0]["agent_id"], "step_id": "mine", "prompt_template": "Also this."}
    status, body = other.editor.patch(path, {"steps": [*kept, added]})
    assert status == 200, body
    theirs = desk.editor.get(f"/api/workflow-recipes/{source['id']}")[1]["steps"]
    changed = [{**step, "prompt_template": f"New {step['step_id']}."} for step in theirs]
    assert desk.editor.patch(f"/api/workflow-recipes/{source['id']}", {"steps": changed})[0] == 200
    published(desk, source["id"])
    assert "New s2." in text_of(browser(other).get(home(other, f"installed/{row.pk}/update/")))
    done = browser(other).post(home(other, f"installed/{row.pk}/update/"), {"do": "accept", "number": "2"}, follow=True)
    assert "which you added" in text_of(done)
    recipe = Recipe.objects.get(pk=row.object_id)
    texts = {step.step_id: step.prompt_template for step in recipe.steps.all()}
    assert texts == {"s1": "Ours.", "s2": "New s2.", "mine": "Also this."}


def test_what_comes_with_the_product_is_listed_once_and_each_can_be_installed() -> None:
    number = seed_listings(project_publisher())
    assert seed_listings(project_publisher()) == number == 16
    listings = list(Listing.objects.filter(is_system=True).order_by("slug"))
    assert [sum(row.kind == kind for row in listings) for kind in ("agent", "recipe")] == [10, 6]
    assert ListingVersion.objects.filter(listing__in=listings).count() == 16
    assert Entry.objects.filter(kind__in=("agent", "recipe"), is_public=True, is_system=True).count() == 16
    company = Company()
    admin = browser(company)
    shown = text_of(admin.get(home(company, "?kind=recipe")))
    assert shown.count("Comes with the product") == 6
    assert "static scan only" not in shown
    for listing in listings:
        row = install(admin, company, listing)
        page = text_of(admin.get(home(company, f"listings/{listing.slug}/")))
        assert "Comes with the product" in page
        assert "Read by a moderator" not in page
        if listing.kind == "agent":
            agent = Agent.objects.get(pk=row.object_id)
            assert (agent.status, bool(agent.custom_prompt)) == ("active", True)
        else:
            assert Recipe.objects.get(pk=row.object_id).steps.count() == 2


def test_a_skill_is_shared_with_its_files_and_becomes_a_source_elsewhere() -> None:
    desk, other = Desk(), Company()
    text = "---\nname: tidy\ndescription: Tidies up.\n---\nLook into notes.md. The password: hunter2!secret\n"
    data = archive({"tidy/SKILL.md": text, "tidy/notes.md": "Begin at the top.\n"})
    workspace, user = desk.workspace, desk.moderator
    with workspace_scope(workspace.pk):
        source = add_upload(workspace=workspace, user=user, data=data, filename="tidy.zip")
    skill = Skill.objects.get(source=source)
    given = {"audience": "public", "name": "Tidy", "description": "Tidies up."}
    assert browser(desk).post(home(desk, f"share/skill/{skill.pk}/"), given).status_code == 302
    version = ListingVersion.objects.get(workspace=workspace)
    assert "hunter2" not in str(version.body)
    assert desk.desk.post(f"/admin/moderation/listings/{version.pk}/", {"act": "approve"}).status_code == 302
    assert "Begin at the top." in text_of(browser(other).get(home(other, f"listings/{version.listing.slug}/")))
    row = install(browser(other), other, version.listing)
    made = Skill.objects.get(workspace=other.workspace)
    assert (made.source.kind, made.is_enabled, made.description) == ("marketplace", True, "Tidies up.")
    assert made.files.get().content == "Begin at the top.\n"
    Skill.objects.filter(pk=skill.pk).update(body="Look everywhere.\n")
    assert browser(desk).post(home(desk, f"share/skill/{skill.pk}/"), given).status_code == 302
    newer = ListingVersion.objects.get(workspace=workspace, number=2)
    assert desk.desk.post(f"/admin/moderation/listings/{newer.pk}/", {"act": "approve"}).status_code == 302
    path = home(other, f"installed/{row.pk}/update/")
    assert "Look everywhere." in text_of(browser(other).get(path))
    browser(other).post(path, {"do": "accept", "number": "2"})
    made.refresh_from_db()
    assert (made.body.strip(), made.is_enabled) == ("Look everywhere.", True)
    done = browser(other).post(home(other, f"installed/{row.pk}/uninstall/"), follow=True)
    assert "was removed, also from agents" in text_of(done)
    assert not Skill.objects.filter(workspace=other.workspace, deleted_at=None).exists()
