"""The list of runs: numbers, filters in the address, one page in few queries, bulk with undo, CSV, REST, the panel."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.models import Execution, ExecutionStep, RunNumber, SavedView, Trigger
from recipes.runs.services import start
from recipes.tests.kit import Cast, ended
from recipes.tests.test_dashboard import browser_of, ran
from workspaces.models import Role, User
from workspaces.scope.tenancy import workspace_scope
from workspaces.services import set_role
from workspaces.tests.rest import Company


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


def numbered() -> None:
    """As at a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def listed(cast: Cast, query: str = "", user: User | None = None) -> list[UUID]:
    """The runs the page shows, in its order."""
    answer = browser_of(user or cast.owner).get(f"/w/{cast.workspace.slug}/runs/{query}")
    assert answer.status_code == 200, query
    return [row.run.pk for row in answer.context["page"].rows]


def step_of(run: Execution, status: str = "failed", **fields: Any) -> ExecutionStep:
    values = {"agent_name": "Quill", "order": 1, "step_id": "one", "name": "Read it", "output_key": "one", **fields}
    return ExecutionStep.objects.create(
        workspace_id=run.workspace_id, execution=run, prompt_template="x", status=status, timeout=60, **values
    )


# Each query, then which of the runs it finds: d done, f failed, a another one that is done.
ASKED = """
:fda ?sort=dearest:fad ?sort=longest:fda ?tab=failed:f ?tab=mine:d ?tab=cooking: ?status=completed:da
?recipe={second}:f ?version=2:a ?agent={helper}:f ?trigger=api:f ?person={other}:f ?cost=0.5:f ?duration=200:f
?error=model_auth:f ?from={day}&to={day}:d ?to={day}:da ?q=contoso:d ?q=price+cont:d ?q=fabrikam:a ?q=zebra:f
?q=contoso+fabrikam: ?q=%23{number}:d ?q={digits}:f ?page=2:
"""


def test_each_filter_finds_its_runs_and_no_others(cast: Cast) -> None:
    first, second = cast.recipe("one"), cast.recipe("two")
    other = User.objects.create_user("other@example.org", name="Other")
    set_role(workspace=cast.workspace, user=other, role=Role.EDITOR)
    helper = cast.add_agent("Helper")
    error = {"code": "model_auth", "message": "The key was refused at zebracrossing.", "step": 1}
    done = ran(cast, first, days_ago=3, input_data={"topic": "Contoso\nprices"}, cost=Decimal("0.01"))
    failed = ran(cast, second, "failed", error=error, user=other, recipe_version=4, triggered_by="api", cost=1)
    Execution.objects.filter(pk=failed.pk).update(completed_at=failed.created_at + timedelta(seconds=300))
    answer = ran(cast, first, days_ago=5, output_data={"final_output": "Fabrikam wins"}, user=None, recipe_version=2)
    step_of(failed, agent=helper)
    hidden = ran(cast, first, input_data={"topic": "Contoso"}, deleted_at=timezone.now())
    numbered()
    day = timezone.now().date() - timedelta(days=3)
    number = Execution.objects.get(pk=done.pk).number
    asked = ASKED.format(
        second=second.pk, helper=helper.pk, other=other.pk, day=day, number=number, digits=str(failed.pk)[:8]
    )
    named = {"d": done.pk, "f": failed.pk, "a": answer.pk}
    for line in asked.split():
        query, _, letters = line.rpartition(":")
        assert listed(cast, query) == [named[letter] for letter in letters], line
    assert hidden.pk not in listed(cast)
    page = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/?agent={helper.pk}&cost=0.5").content.decode()
    assert "Agent <b>Helper</b>" in page
    assert "The key was refused at zebracrossing." in page


MISTYPED = (
    "status=what recipe=what page=x q=%00 from=2026-99-99 cost=NaN cost=-1 duration=1e99 version=x agent=x run=x "
    "sort=x tab=x from=0001-01-01 q=%5Cu0000 page=99999999999 error=%27 q=%D7%A9%D7%9C "
    "q=%27+%26+%7C+%21%28%3A%2A"
)


@pytest.mark.parametrize("query", [*MISTYPED.split(), "q=" + "x" * 9000])
def test_a_mistyped_address_still_shows_the_list(cast: Cast, query: str) -> None:
    ran(cast, cast.recipe("one"))
    listed(cast, f"?{query}")
    zoned = browser_of(cast.owner)
    zoned.cookies["zone"] = "Nowhere/At all"
    assert zoned.get(f"/w/{cast.workspace.slug}/runs/?{query}").status_code == 200


def test_days_are_those_of_the_readers_zone(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"))
    Execution.objects.filter(pk=run.pk).update(created_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    client = browser_of(cast.owner)
    client.cookies["zone"] = "Asia/Tokyo"
    root = f"/w/{cast.workspace.slug}/runs/"
    assert [row.run.pk for row in client.get(f"{root}?from=2026-11-21").context["page"].rows] == [run.pk]
    page = client.get(root).content.decode()
    assert "08:30" in page
    assert "Times are Asia/Tokyo." in page


def test_a_page_of_many_runs_takes_few_questions_and_leads_on(cast: Cast, django_assert_max_num_queries: Any) -> None:
    recipe = cast.recipe("one")
    for number in range(55):
        step_of(ran(cast, recipe, "failed" if number % 3 else "running"), "failed" if number % 3 else "running")
    client = browser_of(cast.owner)
    with django_assert_max_num_queries(42):
        answer = client.get(f"/w/{cast.workspace.slug}/runs/")
    assert len(answer.context["page"].rows) == 50
    assert "?page=2" in answer.content.decode()
    assert len(listed(cast, "?page=2")) == 5


def test_tabs_count_what_they_list_and_every_way_a_run_starts_can_be_asked_for(cast: Cast) -> None:
    outer = ran(cast, cast.recipe("one"), "failed")
    ran(cast, cast.recipe("two"), "failed", parent_step=step_of(outer), triggered_by=Trigger.RECIPE)
    answer = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/?tab=failed")
    assert len(answer.context["page"].rows) == 1
    assert {tab.value: tab.count for tab in answer.context["tabs"]}["failed"] == "1"
    assert {value for value, _ in answer.context["choices"]["trigger"]} == set(Trigger.values)


def test_runs_of_evaluations_are_listed_where_somebody_looks_for_them(cast: Cast) -> None:
    recipe = cast.recipe("one")
    shown = ran(cast, recipe, input_data={"topic": "harbour"})
    tried = ran(cast, recipe, "failed", triggered_by=Trigger.EVALUATION, cost=2, input_data={"topic": "harbour"})
    for query in ("", f"?recipe={recipe.pk}", "?tab=mine", "?status=completed"):
        assert listed(cast, query) == [shown.pk], query
    assert listed(cast, "?tab=failed") == []
    assert listed(cast, "?trigger=evaluation") == [tried.pk]
    assert set(listed(cast, "?q=harbour")) == {shown.pk, tried.pk}
    context = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/").context
    assert {tab.value: tab.count for tab in context["tabs"]}["failed"] == "0"
    days = context["fortnight"]
    assert (days.runs, days.failed, days.cost) == (1, 0, 2 + shown.cost), "what they cost was spent all the same"


def test_an_empty_list_a_filter_without_hits_and_a_tab_without_runs_say_so(cast: Cast) -> None:
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/"
    assert "Nothing has cooked here yet" in client.get(root).content.decode()
    ran(cast, cast.recipe("one"))
    page = client.get(f"{root}?q=nonsense&cost=4").content.decode()
    assert "No run matches" in page
    assert "Clear filters" in page
    assert "No run failed." in client.get(f"{root}?tab=failed").content.decode()


def test_runs_are_stopped_deleted_and_brought_back_together(cast: Cast) -> None:
    recipe = cast.recipe("one")
    live, done = cast.cook(recipe), ran(cast, recipe)
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/"
    both = [str(live.pk), str(done.pk)]
    answer = client.post(f"{root}bulk/", {"action": "delete", "run": both, "next": f"{root}?tab=mine"})
    assert answer.headers["Location"] == f"{root}?tab=mine"
    page = client.get(root).content.decode()
    assert "1 run was deleted." in page
    assert "stop what still cooks first" in page
    assert listed(cast) == [live.pk]
    assert client.get(f"{root}{done.pk}/").status_code == 404
    assert (
        client.post(f"{root}bulk/", {"action": "stop", "run": both, "next": "//evil.example"}).headers["Location"]
        == root
    )
    assert Execution.objects.get(pk=live.pk).status == "cancelled"
    client.post(f"{root}restore/", {"run": [str(done.pk)]})
    assert sorted(listed(cast)) == sorted([live.pk, done.pk])
    assert client.post(f"{root}restore/", {"run": [str(done.pk)]}).status_code == 404


def test_a_viewer_and_a_stranger_change_nothing(cast: Cast) -> None:
    done = ran(cast, cast.recipe("one"))
    viewer = User.objects.create_user("looks@example.org")
    set_role(workspace=cast.workspace, user=viewer, role=Role.VIEWER)
    for user, code in ((viewer, 403), (Cast().owner, 404)):
        for path in ("bulk/", "restore/"):
            answer = browser_of(user).post(
                f"/w/{cast.workspace.slug}/runs/{path}", {"action": "delete", "run": [done.pk]}
            )
            assert answer.status_code == code
    assert browser_of(Cast().owner).get(f"/w/{cast.workspace.slug}/runs/export.csv").status_code == 404
    other = Cast()
    answer = browser_of(other.owner).post(
        f"/w/{other.workspace.slug}/runs/bulk/", {"action": "delete", "run": [done.pk]}
    )
    assert answer.status_code == 302
    assert Execution.objects.get(pk=done.pk).deleted_at is None
    assert listed(other, "?q=topic") == []


def test_the_list_as_csv_is_narrowed_and_holds_no_formula(cast: Cast) -> None:
    recipe = cast.recipe("one")
    ran(cast, recipe)
    error = {"code": "x", "message": '=HYPERLINK("http://evil.example")'}
    ran(cast, recipe, "failed", error=error)
    answer = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/export.csv?tab=failed")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["status"], row["duration_seconds"], row["error"]) for row in rows] == [
        ("failed", "90.0", "'" + str(error["message"]))
    ]


def test_the_panel_says_what_failed_where_and_how_often(cast: Cast) -> None:
    recipe = cast.recipe("one")
    error = {"code": "model_auth", "message": "The key was refused.", "step": 1}
    runs = [ran(cast, recipe, "failed", error=error, input_data={"topic": "soup"}) for _ in range(3)]
    step_of(runs[1], error=error)
    root = f"/w/{cast.workspace.slug}/runs/"
    page = browser_of(cast.owner).get(f"{root}?run={runs[1].pk}").content.decode()
    panel = page.split('id="run-panel"')[1].split("</aside>")[0]
    for text in ("Step 1 of 1 failed", "Read it", "The key was refused.", "soup", "2 more runs failed the same way"):
        assert text in panel, text
    assert f"run={runs[2].pk}" in panel
    assert f"run={runs[0].pk}" in panel
    theirs = ran(other := Cast(), other.recipe("x"))
    assert 'id="run-panel"' not in browser_of(cast.owner).get(f"{root}?run={theirs.pk}").content.decode()


def test_the_rest_list_takes_the_same_filters_and_names_what_it_cannot_read(db: None) -> None:
    company, cast = Company(), Cast()
    cast.workspace, cast.owner = company.workspace, company.people[Role.OWNER]
    cast.agent = cast.add_agent("Quill")
    recipe = cast.recipe("one")
    dear = ran(cast, recipe, cost=5, input_data={"topic": "Contoso"})
    ran(cast, recipe, cost=1)
    for query in ("cost=2", "search=contoso", "search=cont&cost=1", f"recipe={recipe.template_id}&cost=2"):
        _, body = company.viewer.get(f"/api/executions?{query}")
        assert [one["execution_id"] for one in body["items"]] == [str(dear.pk)], query
    status, refused = company.viewer.get("/api/executions?cost=much&from=x")
    assert status == 400
    assert set(refused["error"]["fields"]) == {"cost", "from"}
    text = company.viewer.client.get("/api/executions/csv?cost=2").content.decode()
    assert len(text.splitlines()) == 2


@pytest.mark.django_db(transaction=True)
def test_runs_begun_at_once_get_numbers_without_gap_or_double() -> None:
    cast, other = Cast(), Cast()
    recipe = cast.recipe("one")
    other.cook(other.recipe("x"))

    def cook(_: int) -> None:
        with workspace_scope(cast.workspace.pk):
            start(workspace=cast.workspace, recipe=recipe, input_data={}, user=cast.owner, trigger="api")  # type: ignore[arg-type]
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cook, range(12)))
    with workspace_scope(cast.workspace.pk):
        given = Execution.objects.filter(recipe=recipe).order_by("number").values_list("number", flat=True)
        assert list(given) == list(range(1, 13))
        assert RunNumber.objects.get(workspace=cast.workspace).last == 12
    with workspace_scope(other.workspace.pk):
        assert Execution.objects.get(workspace=other.workspace).label == "#1"


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_the_list_is_walked_by_keyboard_and_sound_everywhere(stack: Stack, people: People) -> None:
    stack.models.clear()
    cast = Cast()
    recipe = cast.recipe("one", "two")
    runs = [ended(cast.cook(recipe)) for _ in range(2)]
    visitor = people.as_user(cast.owner)
    root = f"/w/{cast.workspace.slug}/runs/"

    def opened(page: Page) -> None:
        page.locator("#save-view summary").click()
        expect(page.get_by_label("Name of the tab")).to_be_visible()

    visitor.check(f"{root}?run={runs[0].pk}&status=completed", opened)
    page = visitor.open(root)
    page.locator("tr[data-run] .cover").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url(f"**?run={runs[0].pk}")
    page.locator("#run-panel").wait_for()
    page.keyboard.press("Space")
    page.get_by_text("1 chosen").wait_for()
    page.keyboard.press("Escape")
    page.locator("#run-panel").wait_for(state="detached")
    assert page.locator(f"#run-{runs[0].pk} .check").is_checked()
    page.locator(".bulk").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 run was back.").wait_for()
    assert page.locator("tr[data-run]").count() == 2
    visitor.check(f"{root}?tab=failed")


def own_tabs(cast: Cast, query: str = "", user: User | None = None) -> list[tuple[str, str, bool]]:
    answer = browser_of(user or cast.owner).get(f"/w/{cast.workspace.slug}/runs/{query}")
    return [(tab.word, tab.address, tab.current) for tab in answer.context["tabs"] if tab.key]


def test_a_person_keeps_what_they_narrowed_the_list_to_as_a_tab(cast: Cast) -> None:
    ran(cast, cast.recipe("one"))
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/"
    page = client.get(f"{root}?sort=longest&cost=0.5&page=1&run=x").content.decode()
    assert 'name="query" value="cost=0.5&amp;sort=longest"' in page
    asked = {"name": " Dear  ones ", "query": "sort=longest&cost=0.5&run=x&odd=1"}
    assert client.post(f"{root}views/", asked)["Location"] == f"{root}?cost=0.5&sort=longest"
    assert own_tabs(cast, "?sort=longest&cost=0.5") == [("Dear ones", "?cost=0.5&sort=longest", True)]
    assert "Save this view" not in client.get(f"{root}?sort=longest&cost=0.5").content.decode()
    client.post(f"{root}views/", {"name": "Dear ones", "query": "cost=2"})
    assert own_tabs(cast) == [("Dear ones", "?cost=2", False)]
    viewer = User.objects.create_user("sees@example.org")
    set_role(workspace=cast.workspace, user=viewer, role=Role.VIEWER)
    browser_of(viewer).post(f"{root}views/", {"name": "Mine", "query": "tab=failed"})
    assert [own_tabs(cast, "", viewer), own_tabs(cast)] == [
        [("Mine", "?tab=failed", False)], [("Dear ones", "?cost=2", False)],
    ]  # fmt: skip
    view = SavedView.objects.get(user=cast.owner)
    assert browser_of(viewer).post(f"{root}views/{view.pk}/remove/").status_code == 404
    answer = client.post(f"{root}views/{view.pk}/remove/", follow=True)
    assert own_tabs(cast) == []
    assert "The tab Dear ones was removed." in answer.content.decode()
    client.post(f"{root}views/", {"name": view.name, "query": view.query})
    assert own_tabs(cast) == [("Dear ones", "?cost=2", False)]


@pytest.mark.parametrize(
    ("name", "query", "cure"),
    [
        (" ", "tab=failed", "Give the view a name"),
        ("x" * 41, "tab=failed", "Give the view a name"),
        ("All", "tab=all&sort=newest&page=3", "Set a filter"),
        ("Odd", "cost=much", "Use a number"),
        ("Long", f"q={'%F0%9F%8D%B2' * 700}", "Shorten the search"),
        ("Thirteen", "tab=mine", "You have 12 saved views"),
    ],
)
def test_a_view_that_cannot_be_kept_says_what_to_do(cast: Cast, name: str, query: str, cure: str) -> None:
    numbers = range(12 if name == "Thirteen" else 0)
    SavedView.objects.bulk_create(
        SavedView(workspace=cast.workspace, user=cast.owner, name=f"View {number}", query="tab=mine")
        for number in numbers
    )
    answer = browser_of(cast.owner).post(
        f"/w/{cast.workspace.slug}/runs/views/", {"name": name, "query": query}, follow=True
    )
    assert answer.status_code == 200
    assert cure in answer.content.decode()
    assert SavedView.objects.count() == len(numbers)


def test_what_took_long_is_found_also_where_much_did(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = cast.recipe("one")
    runs = [ran(cast, recipe) for _ in range(3)]
    long = timezone.now() + timedelta(hours=1)
    Execution.objects.filter(pk__in=[run.pk for run in runs[:2]]).update(completed_at=long)
    found = listed(cast, "?duration=1000")
    assert sorted(found) == sorted(run.pk for run in runs[:2])
    monkeypatch.setattr("recipes.runs.filters.MOST_FOUND", 1)
    assert listed(cast, "?duration=1000") == found
    assert listed(cast, "?duration=9999") == []
