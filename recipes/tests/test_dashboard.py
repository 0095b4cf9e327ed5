"""The dashboard: real numbers, few queries, a calm start."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.analytics.dashboard import dashboard
from recipes.analytics.usage import usage
from recipes.models import Execution, Recipe
from recipes.runs import sums
from recipes.tests.kit import Cast, ended
from workspaces.models import Role, User
from workspaces.services import set_role
from workspaces.tests.matrix_filters import drop_policies


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


def ran(cast: Cast, recipe: Recipe, status: str = "completed", *, days_ago: int = 0, **fields: Any) -> Execution:
    """A run as it stands in the database afterwards."""
    began = timezone.now() - timedelta(days=days_ago)
    values = {"input_tokens": 100, "output_tokens": 50, "cost": Decimal("0.25"), "user": cast.owner}
    values |= {"recipe_version": 1, "triggered_by": "page", "completed_at": began + timedelta(seconds=90), **fields}
    return Execution.objects.create(
        workspace=cast.workspace,
        recipe=recipe,
        recipe_name=recipe.name,
        status=status,
        total_steps=1,
        unfinished_steps=0 if status == "completed" else 1,
        created_at=began,
        started_at=began,
        deadline_at=began + timedelta(minutes=10),
        **values,
    )


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(cast: Cast, path: str = "") -> str:
    answer = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_sums_of_very_many_runs_are_kept_for_a_minute(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = cast.recipe("one")
    ran(cast, recipe)
    assert dashboard(cast.workspace).columns[-1][1] == 1
    ran(cast, recipe)
    monkeypatch.setattr(sums, "MANY", 2)
    for _ in range(2):
        shown, report = dashboard(cast.workspace), usage(cast.workspace)
        listed = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/").context
        assert (shown.columns[-1][1], report.runs, listed["fortnight"].runs) == (2, 2, 2)
        ran(cast, recipe)
    assert len(dashboard(cast.workspace).recent) == 4
    assert len(listed["page"].rows) == 3, "runs themselves are those of now"


def test_the_figures_are_those_of_the_runs(cast: Cast) -> None:
    recipe = cast.recipe("one")
    for days_ago in (0, 1, 1, 20):
        ran(cast, recipe, days_ago=days_ago)
    ran(cast, recipe, "failed")
    ran(Cast(), Cast().recipe("x"))
    board = dashboard(cast.workspace)
    figures = {figure.name: (figure.value, figure.note) for figure in board.figures}
    assert figures["Runs, last 7 days"] == ("4", "")
    assert figures["Finished"] == ("75.0%", "1 failed")
    assert figures["Median run"][0] == "1 min 30 s"
    assert figures["Tokens"][0] == "600"
    assert [day[1:] for day in board.columns[-2:]] == [(2, 0), (1, 1)]
    assert len(board.columns) == 14
    assert board.spend == Decimal("1.00")
    assert board.spend_note == "$0.071 a day, 300% more than the two weeks before"


def test_a_new_workspace_sees_one_action(cast: Cast) -> None:
    def action() -> str:
        main = page_of(cast).split('<main id="main"')[1].split("</main>")[0]
        assert "Nothing has cooked here yet" in main
        assert main.count('class="btn') == 1
        return main

    assert "Create the first recipe" in action()
    Agent.objects.filter(workspace=cast.workspace).update(deleted_at=timezone.now())
    assert "Create the first agent" in action()


def test_what_another_workspace_has_is_not_ones_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_policies(monkeypatch)
    other = Cast()
    ran(other, other.recipe("one"))
    assert "Create the first recipe" in page_of(cast)
    Agent.objects.filter(workspace=cast.workspace).update(deleted_at=timezone.now())
    assert "Create the first agent" in page_of(cast)
    board = dashboard(cast.workspace)
    assert (board.has_runs, board.has_recipes, board.has_agents) == (False, False, False)


def test_the_dashboard_asks_no_more_of_the_database_for_many_runs(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    recipe = cast.recipe("one")
    for number in range(30):
        ran(cast, recipe, "running" if number % 2 else "completed")
    with django_assert_max_num_queries(6):
        board = dashboard(cast.workspace)
        assert (len(board.live), len(board.recent)) == (6, 6)


def test_another_workspaces_run_is_the_same_404_as_an_unknown_one(cast: Cast) -> None:
    other = Cast()
    theirs = ran(other, other.recipe("one"))
    client = browser_of(cast.owner)
    for path in ("", "stop/", "again/"):
        answers = [
            client.generic("POST" if path else "GET", f"/w/{cast.workspace.slug}/runs/{key}/{path}")
            for key in (theirs.id, cast.agent.id)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_a_viewer_is_told_the_role_it_takes_and_cannot_stop(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"), "running")
    cast.recipe("x")
    viewer = User.objects.create_user(f"viewer-{run.id}@example.org")
    set_role(workspace=cast.workspace, user=viewer, role=Role.VIEWER)
    client = browser_of(viewer)
    root = f"/w/{cast.workspace.slug}"
    page = client.get(f"{root}/runs/{cast.cook(cast.recipe('y')).id}/").content.decode()
    assert f"Editors can stop this run. Ask {cast.owner.display_name}." in page
    for path in ("", "/agents/", "/agents/quill/playground/", "/recipes/", "/skills/", "/knowledge/", "/settings/"):
        answer = client.get(f"{root}{path}/".replace("//", "/"), follow=True)
        assert answer.status_code == 200, path
        assert f"Ask {cast.owner.display_name}." in answer.content.decode() or not path, path
        assert "Ask ." not in answer.content.decode()
    answer = client.post(f"/w/{cast.workspace.slug}/runs/{run.id}/stop/")
    assert answer.status_code == 403
    assert Execution.objects.get(id=run.id).status == "running"


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_dashboard_and_list_are_accessible_with_and_without_runs(stack: Stack, people: People) -> None:
    stack.models.clear()
    cast = Cast()
    visitor = people.as_user(cast.owner)
    visitor.check(f"/w/{cast.workspace.slug}/")
    visitor.check(f"/w/{cast.workspace.slug}/runs/")
    ended(cast.cook(cast.recipe("one", "two")))
    visitor.check(f"/w/{cast.workspace.slug}/")
    visitor.check(f"/w/{cast.workspace.slug}/runs/")
