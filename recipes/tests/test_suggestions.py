"""Suggestions: taken up in a draft that shows its difference, published, and judged by the runs that follow."""

import dataclasses
from math import isclose
from typing import Any

import pytest

from recipes.models import Recipe, RecipeSuggestion
from recipes.quality.intervals import difference_of_means, difference_of_shares, mean_of, share_of, student
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import CASES, Step
from recipes.tests.quality_kit import assess, ended_run
from recipes.tests.test_learning import case, send
from recipes.tests.test_quality_doors import client_of

pytestmark = pytest.mark.django_db
ADDED = "Answer as briefly as the task allows."
WELL = dataclasses.replace(CASES[0], steps=(Step(duration=2),), duration=2)
SLOW = dataclasses.replace(
    WELL, status="failed", steps=(Step("failed", code="x", output="", duration=40),), duration=40
)


class Shop:
    """A recipe whose one run suggests a shorter prompt and a tool, and who asks about it."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.recipe: Recipe = self.cast.recipe("Write.")
        self.client = client_of(self.cast)
        assess(ended_run(self.cast, self.recipe, case(duration=40, attempt=2)))
        self.base = f"/api/workflow-recipes/{self.recipe.pk}"

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer."""
        return send(self.client, method, f"{self.base}/{path}", self.cast, body)

    def found(self, kind: str = "prompt_rewrite") -> dict[str, Any]:
        """The newest suggestion of this type."""
        items = self.send("GET", "suggestions")[1]["items"]
        one: dict[str, Any] = next(one for one in items if one["type"] == kind)
        return one

    def accept(self, kind: str = "prompt_rewrite", **body: object) -> tuple[int, Any]:
        """Take it up."""
        return self.send("POST", f"suggestions/{self.found(kind)['id']}/accept", body)

    def prompt(self) -> str:
        """What the next run's step is asked."""
        return str(self.recipe.steps.get().prompt_template)


def test_an_accepted_suggestion_is_a_draft_with_its_difference_and_publishing_makes_the_version() -> None:
    shop = Shop()
    status, made = shop.accept()
    assert (status, made["status"], made["accepted_version"], made["effect"]) == (200, "drafted", None, None)
    assert [line["text"].strip() for line in made["difference"] if line["kind"] == "add"] == ["", ADDED]
    shop.recipe.refresh_from_db()
    assert (shop.recipe.version, shop.prompt()) == (1, "Write.")
    draft = shop.send("GET", "draft")[1]
    assert draft["body"]["steps"][0]["prompt_template"] == f"Write.\n\n{ADDED}"
    assert draft["changes"] == made["difference"]
    assert shop.accept()[1]["error"]["code"] == "drafted"
    # Runs that suggest the same meanwhile open no second one.
    assess(ended_run(shop.cast, shop.recipe, case(duration=40)))
    assert shop.found()["status"] == "drafted"
    assert shop.send("POST", "publish", {})[1]["version"] == 2
    assert shop.prompt() == f"Write.\n\n{ADDED}"
    assert (shop.found()["status"], shop.found()["accepted_version"]) == ("accepted", 2)
    assert shop.accept()[1]["error"]["code"] == "decided"


@pytest.mark.parametrize("act", ["undo", "discard", "by hand"])
def test_a_suggestion_whose_change_is_not_in_the_draft_any_more_is_open_again(act: str) -> None:
    shop = Shop()
    shop.accept()
    if act == "undo":
        assert "took up a suggestion for step 1" in shop.send("POST", "draft/undo", {})[1]["undone"]
    elif act == "discard":
        assert shop.send("DELETE", "draft")[0] == 204
    else:
        body = shop.send("GET", "draft")[1]["body"]
        body["steps"][0]["prompt_template"], body["description"] = "Write.", "Other"
        assert shop.send("PUT", "draft", {"body": body})[0] == 200
        assert shop.send("POST", "publish", {})[0] == 200
    assert (shop.found()["status"], shop.found()["accepted_version"]) == ("open", None)
    assert shop.accept()[0] == 200


def test_another_agent_is_named_and_what_cannot_be_taken_up_says_why() -> None:
    shop = Shop()
    other, stranger = shop.cast.add_agent("Brush"), Cast()
    status, refused = shop.accept("tool_addition")
    assert (status, list(refused["error"]["fields"])) == (400, ["agent_id"])
    status, refused = shop.accept("tool_addition", agent_id=str(stranger.agent.pk))
    assert (status, list(refused["error"]["fields"])) == (400, ["agent_id"])
    assert shop.accept("tool_addition", agent_id=str(shop.cast.agent.pk))[1]["error"]["code"] == "nothing_to_change"
    assert shop.send("GET", "draft")[1]["exists"] is False, "what is refused leaves no draft"
    assert shop.accept("tool_addition", agent_id=str(other.pk))[0] == 200
    assert shop.send("POST", f"suggestions/{shop.found()['id']}/dismiss")[1]["status"] == "dismissed"
    assess(ended_run(shop.cast, shop.recipe, case("failed")))
    whole = RecipeSuggestion.objects.get(recipe=shop.recipe, step_id="")
    assert shop.send("POST", f"suggestions/{whole.pk}/accept", {})[1]["error"]["code"] == "no_step"


def test_the_next_runs_say_whether_it_helped() -> None:
    shop = Shop()
    shop.accept()
    shop.send("POST", "publish", {})
    shop.recipe.refresh_from_db()
    taken_up = shop.found()["id"]
    effect = shop.found()["effect"]
    assert (effect["verdict"], effect["before_version"], effect["after_version"], effect["after_runs"]) == (
        "too_few", 1, 2, 0,
    )  # fmt: skip
    before = [ended_run(shop.cast, shop.recipe, SLOW, recipe_version=1, cost="0.02") for _ in range(7)]
    after = [ended_run(shop.cast, shop.recipe, WELL, cost=cost) for cost in ("0.02", "0.03", "0.02", "0.03", "0.01")]
    assess(*before, *after)
    items = shop.send("GET", "suggestions?status=accepted")[1]["items"]
    (effect,) = [one["effect"] for one in items if one["id"] == taken_up]
    told = {one["name"]: one for one in effect["measures"]}
    assert (effect["verdict"], effect["before_runs"], effect["after_runs"]) == ("better", 8, 5)
    assert {name: one["verdict"] for name, one in told.items()} == {
        "success_rate": "better", "quality": "better", "cost": "unclear", "duration_ms": "better",
    }  # fmt: skip
    assert (told["success_rate"]["before"]["value"], told["success_rate"]["after"]["value"]) == (1 / 8, 1.0)
    assert isclose(told["cost"]["after"]["value"], 0.022)
    # By hand: s = 0.00836660, t(4) = 2.776445, so half is t·s/√5.
    assert isclose(told["cost"]["after"]["high"] - 0.022, 2.776445 * 0.0083666 / 5**0.5, rel_tol=2e-3)
    page = shop.client.get(f"/w/{shop.cast.workspace.slug}/recipes/{shop.recipe.template_id}/quality/").content.decode()
    assert "Yes: better in success and quality and time." in page
    assert "$0.022 ±" in page
    overview = shop.client.get(f"/w/{shop.cast.workspace.slug}/recipes/{shop.recipe.template_id}/").content.decode()
    assert "Yes: better in success and quality and time." in overview


# Count of degrees of freedom and the two-sided 95 % point of Student's distribution, from a printed table.
STUDENT = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (19, 2.093), (60, 2.000), (1e9, 1.960)]


def test_intervals_are_those_of_the_tables() -> None:
    for freedom, exact in STUDENT:
        assert isclose(student(freedom), exact, rel_tol=3e-3), freedom
    # 1, 2, 3, 4, 5: mean 3, s² = 2.5.
    found = mean_of(5, 15.0, 55.0)
    assert found is not None
    assert found.half is not None
    assert isclose(found.half, 2.776 * (2.5 / 5) ** 0.5, rel_tol=2e-3)
    assert mean_of(0, 0.0, 0.0) is None
    assert mean_of(1, 3.0, 9.0) == dataclasses.replace(found, low=None, high=None)
    assert mean_of(5, 15.0, None) == dataclasses.replace(found, low=None, high=None)
    # Wilson of 8 of 10, and Newcombe's first example of 1998: 56 of 70 less 48 of 80.
    wilson = share_of(8, 10)
    assert wilson is not None
    assert wilson.low is not None
    assert wilson.high is not None
    assert isclose(wilson.low, 0.4902, abs_tol=1e-4)
    assert isclose(wilson.high, 0.9433, abs_tol=1e-4)
    shift = difference_of_shares((48, 80), (56, 70))
    assert shift is not None
    assert (round(shift[0], 4), round(shift[1], 4)) == (0.0524, 0.3339)
    # Welch: 1 to 5 against 3, 4, 5, 6, 7: shift 2, standard error 1, 8 degrees of freedom.
    welch = difference_of_means((5, 15.0, 55.0), (5, 25.0, 135.0))
    assert welch is not None
    assert isclose(welch[0], 2 - 2.306, rel_tol=1e-2)
    assert isclose(welch[1], 2 + 2.306, rel_tol=1e-3)
