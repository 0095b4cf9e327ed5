"""The kitchen in a real browser: live equals recorded, nothing lost when the web process dies, stop, tabs."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from recipes.models import Execution
from recipes.tests.kit import Cast, ended, wait_for
from recipes.tests.test_loops import cast_recipe, flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PATIENT = 45_000


class Room:
    """A cast with a browser, and a three-step recipe whose second step can be held."""

    def __init__(self, stack: Stack, people: People) -> None:
        stack.models.clear()
        self.stack, self.cast = stack, Cast()
        self.word = self.cast.workspace.slug
        self.visitor: Visitor = people.as_user(self.cast.owner)

    def cook(self) -> Execution:
        prompts = [f"{number} {self.word} {{input.topic}}" for number in ("first", "second", "third")]
        return self.cast.cook(self.cast.recipe(*prompts, inputs={"topic": {"type": "string"}}), topic="soup")

    def path(self, execution: Execution, query: str = "") -> str:
        return f"/w/{self.word}/runs/{execution.id}/{query}"


@pytest.fixture
def room(stack: Stack, people: People) -> Room:
    return Room(stack, people)


def is_live(page: Page) -> None:
    expect(page.locator("[data-ref=conn]")).to_have_text("Live", timeout=PATIENT)


def is_recorded(page: Page) -> None:
    expect(page.locator("[data-ref=conn]")).to_have_text("Recorded", timeout=PATIENT)


def events_on(page: Page) -> list[tuple[int, str]]:
    rows = page.locator(".events > li").evaluate_all(
        "rows => rows.map((row) => [Number(row.dataset.seq), row.querySelector('code').textContent])"
    )
    return [(seq, kind) for seq, kind in rows]


@pytest.mark.parametrize("query", ["", "?step=2", "?tab=events", "?step=2&tab=prompt"])
def test_the_live_page_ends_as_the_page_loaded_afresh(room: Room, query: str) -> None:
    held = room.stack.models.hold(f"second {room.word}", after_chunks=2)
    execution = room.cook()
    held.wait_for_requests(1)
    page = room.visitor.open(room.path(execution, query))
    is_live(page)
    held.release()
    is_recorded(page)
    fresh = room.visitor.open(room.path(execution, query))
    assert page.locator("main").inner_text() == fresh.locator("main").inner_text()
    assert page.locator("#side .nav").inner_text() == fresh.locator("#side .nav").inner_text()
    assert "Done in" in page.locator("main").inner_text()
    assert not room.visitor.console


def test_text_streams_in_and_a_reload_in_the_middle_loses_nothing(room: Room) -> None:
    chunks = ["**Soup** 🍲 ", "for <b>two</b> ", "and ", "bread"]
    held = room.stack.models.hold(f"second {room.word}", chunks=chunks, after_chunks=3)
    execution = room.cook()
    page = room.visitor.open(room.path(execution))
    stream = page.locator("[data-ref=stream][data-step='2']")
    expect(stream).to_have_text("**Soup** 🍲 for <b>two</b> and ", timeout=PATIENT)
    page.reload()
    expect(stream).to_have_text("**Soup** 🍲 for <b>two</b> and ", timeout=PATIENT)
    is_live(page)
    held.release()
    is_recorded(page)
    page.goto(room.path(execution, "?step=2"))
    assert page.locator("#out").inner_text().strip() == "Soup 🍲 for <b>two</b> and bread"
    assert page.locator("#out strong").inner_text() == "Soup"


def test_a_killed_and_restarted_web_process_leaves_no_gap_and_no_double(room: Room) -> None:
    held = room.stack.models.hold(f"second {room.word}")
    execution = room.cook()
    page = room.visitor.open(room.path(execution, "?tab=events"))
    is_live(page)
    held.wait_for_requests(1)
    room.stack.web.kill()
    try:
        expect(page.locator("[data-ref=conn]")).to_contain_text("Reconnecting, shown up to event", timeout=PATIENT)
        held.release()
        ended(execution)
    finally:
        room.stack.web.start()
        room.stack.wait_ready()
    is_recorded(page)
    kept = list(execution.events.values_list("seq", "type"))
    assert events_on(page) == kept
    assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1))


def test_stop_says_what_was_done_and_ends_the_run(room: Room) -> None:
    held = room.stack.models.hold(f"second {room.word}")
    execution = room.cook()
    held.wait_for_requests(1)
    page = room.visitor.open(room.path(execution))
    page.get_by_role("button", name="Stop", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 step of 3 done")
    dialog.get_by_role("button", name="Keep cooking").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Stop", exact=True).click()
    dialog.get_by_role("button", name="Stop the run").click()
    expect(page.locator("h1 + .pill")).to_contain_text("Cancelled after")
    assert ended(execution).status == "cancelled"
    held.release()


def test_stop_works_without_script(room: Room) -> None:
    held = room.stack.models.hold(f"second {room.word}")
    execution = room.cook()
    held.wait_for_requests(1)
    page = room.visitor.open(room.path(execution), script=False)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop the run").click()
    assert ended(execution).status == "cancelled"
    held.release()


def test_steps_and_tabs_are_chosen_by_keyboard_and_live_in_the_address(room: Room) -> None:
    execution = ended(room.cook())
    page = room.visitor.open(room.path(execution))
    page.locator("#ticket-2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stage-title")).to_have_text("Step 2")
    page.get_by_role("tab", name="Output").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#prompt")).to_contain_text(f"second {room.word} soup", timeout=PATIENT)
    expect(page.get_by_role("tab", name="Prompt")).to_be_focused()
    page.wait_for_url(lambda url: url.endswith("?step=2&tab=prompt"))
    page.keyboard.press("End")
    expect(page.locator(".events > li")).to_have_count(execution.last_seq)
    page.go_back()
    expect(page.locator("#prompt")).to_be_visible()
    assert not room.visitor.console


def test_a_finished_run_reads_in_full_without_script(room: Room) -> None:
    execution = ended(room.cook())
    page = room.visitor.open(room.path(execution), script=False)
    page.locator("#ticket-1").click()
    expect(page.locator("#out")).to_contain_text("Scripted answer to")
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".events > li")).to_have_count(execution.last_seq)


def test_scrolling_up_stops_following_and_the_position_holds(room: Room) -> None:
    chunks = [f"line {number}\n\n" for number in range(120)]
    held = room.stack.models.hold(f"second {room.word}", chunks=chunks, after_chunks=80)
    execution = room.cook()
    page = room.visitor.open(room.path(execution))
    expect(page.locator("#out")).to_contain_text("line 79", timeout=PATIENT)
    panel = page.locator("#panel")
    wait_for(lambda: panel.evaluate("p => p.scrollTop > 0"))
    panel.evaluate("p => { p.scrollTop = 200; }")
    jump = page.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_visible()
    assert "step=2" in page.url
    held.release()
    is_recorded(page)
    expect(page.locator("#stage-title")).to_have_text("Step 2")


def test_a_failed_run_opens_on_its_failed_step_with_the_cure(room: Room) -> None:
    room.stack.models.on(f"second {room.word}", status=401, error="Incorrect API key provided.")
    execution = ended(room.cook())
    page = room.visitor.open(room.path(execution))
    expect(page.locator("#stage-title")).to_have_text("Step 2")
    expect(page.locator("#out")).to_contain_text("does not accept the key (401).")
    expect(page.locator("#out")).not_to_contain_text("OPENAI_API_KEY")
    expect(page.get_by_role("link", name="Check the key")).to_have_attribute("href", re.compile("/credentials/"))
    expect(page.locator("#prompt")).to_contain_text(f"second {room.word} soup")
    expect(page.get_by_role("link", name="Edit agent")).to_be_visible()
    page.get_by_role("button", name="Cook again").first.click()
    page.wait_for_url(lambda url: str(execution.id) not in url and "/runs/" in url)
    again = Execution.objects.exclude(id=execution.id).get(workspace=room.cast.workspace)
    assert again.input_data == execution.input_data


def test_earlier_attempts_are_kept_and_shown_with_their_error(room: Room) -> None:
    room.stack.models.on(room.word, chunks=["half ", "an ", "answer"], cut_after=2, times=1)
    room.stack.models.on(room.word, reply="A whole answer.")
    settings = {"error_handling": "retry", "max_retries": 2}
    execution = ended(room.cast.cook(room.cast.recipe(room.word, step=settings, execution_config={"retry_delay": 0})))
    page = room.visitor.open(room.path(execution))
    expect(page.locator("#ticket-1")).to_contain_text("retried once")
    expect(page.locator(".stage-h")).to_contain_text("attempt 2 of 3")
    page.get_by_text("Attempt 1 failed").click()
    expect(page.locator("#attempt-1-1")).to_contain_text("Error code")
    expect(page.locator("#out")).to_have_text("A whole answer.")


def test_a_run_with_rounds_and_a_branch_not_taken_is_drawn_in_its_places(room: Room) -> None:
    topics = [{"name": f"topic-{number}"} for number in range(14)]
    room.stack.models.on("Plan", reply=json.dumps({"topics": topics}))
    room.stack.models.on("Rate topic-3", reply='{"score": 2}')
    room.stack.models.on("Rate", reply='{"score": 7}')
    execution = ended(room.cast.cook(cast_recipe(room.cast, flow(room.cast.agent.id))))
    assert execution.steps.filter(status="skipped").exists()
    page = room.visitor.open(room.path(execution))
    heat, parts = page.locator(".kheat").bounding_box(), page.locator(".kheat > i")
    assert heat
    tops = {round(box["y"]) for part in parts.all() if (box := part.bounding_box())}
    assert (parts.count(), tops) == (execution.steps.count(), {round(heat["y"])})
    folds = page.locator(".ticket.folded")
    assert folds.count() == 14
    assert folds.first.evaluate("one => getComputedStyle(one).maskImage") == "none"
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Round 14")
    room.visitor.check(room.path(execution))


@pytest.mark.parametrize("query", ["", "?tab=events", "?step=2&tab=prompt"])
def test_a_finished_run_is_accessible_in_both_themes_and_widths(room: Room, query: str) -> None:
    room.visitor.check(room.path(ended(room.cook()), query))


def test_a_live_run_and_its_question_before_stopping_are_accessible(room: Room) -> None:
    held = room.stack.models.hold(f"second {room.word}", after_chunks=2)
    execution = room.cook()
    held.wait_for_requests(1)
    room.visitor.check(room.path(execution), lambda page: page.get_by_role("button", name="Stop", exact=True).click())
    held.release()


def test_a_failed_run_is_accessible(room: Room) -> None:
    room.stack.models.on(f"second {room.word}", status=401, error="Incorrect API key provided.")
    room.visitor.check(room.path(ended(room.cook())))


LOADED_AGAIN = """async () => {
    const kitchen = document.querySelector('run-kitchen');
    while (kitchen.isLoading) await new Promise((go) => setTimeout(go, 50));
    await kitchen.load();
    document.querySelector('#ticket-1').dataset.untouched = 'yes';
}"""


def test_a_live_page_touches_only_what_reads_differently(room: Room) -> None:
    holds = [room.stack.models.hold(f"{name} {room.word}", times=1) for name in ("second", "third")]
    execution = room.cook()
    holds[0].wait_for_requests(1)
    page = room.visitor.open(room.path(execution))
    is_live(page)
    page.evaluate(LOADED_AGAIN)
    holds[0].release()
    expect(page.locator("#ticket-2.ok")).to_be_visible(timeout=PATIENT)
    expect(page.locator("#ticket-3.hot")).to_be_visible(timeout=PATIENT)
    expect(page.locator("#ticket-1[data-untouched]")).to_have_count(1)
    holds[1].release()


def test_a_pressed_stop_stays_pressed_until_there_is_an_answer(room: Room) -> None:
    hold = room.stack.models.hold(f"first {room.word}", times=1)
    execution = room.cook()
    hold.wait_for_requests(1)
    page = room.visitor.open(room.path(execution))
    is_live(page)
    page.evaluate("window.addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop the run").click()
    assert page.locator("#stop [aria-busy=true]").count() == 1, "at once, whatever the server does"
    page.evaluate(LOADED_AGAIN)
    assert page.locator("#stop [aria-busy=true]").count() == 1
    hold.release()
