"""The playground in a real browser: an answer that streams, branches, keeping, files, and the plain form."""

import pytest
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from recipes.models import Approval
from recipes.tests.chat_kit import Room, call, with_tools

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PATIENT = 45_000
# What happens at the end of a run has the page asked for once more, when somebody points at something already.
LOADED_AGAIN = """async () => {
  const chat = document.querySelector('agent-chat');
  while (chat.isLoading) await new Promise((later) => setTimeout(later, 20));
  await chat.load();
}"""
# Two frames: what a press changed on the page is drawn before the button is let go.
DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


class Playground(Room):
    """A room with somebody at its browser."""

    def __init__(self, stack: Stack, people: People) -> None:
        super().__init__(stack)
        self.visitor: Visitor = people.as_user(self.cast.owner)
        self.path = f"/w/{self.cast.workspace.slug}/agents/{self.cast.agent.slug}/playground/"

    def say(self, page: Page, text: str) -> None:
        page.get_by_label("Message", exact=True).fill(text)
        page.get_by_label("Message", exact=True).press("Control+Enter")


@pytest.fixture
def room(stack: Stack, people: People) -> Playground:
    return Playground(stack, people)


def answered(page: Page, text: str) -> None:
    expect(page.locator("article").last.locator(".prose")).to_have_text(text, timeout=PATIENT)
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=PATIENT)


def test_an_answer_streams_in_with_its_tools_unfolded(room: Playground) -> None:
    with_tools(room.cast.agent, "calculator")
    room.stack.models.on("how much", round=0, tool_calls=[call("calculator", expression="6*7")])
    held = room.stack.models.hold("how much", chunks=["It is ", "**42**."], after_chunks=1)
    page = room.visitor.open(room.path)
    room.say(page, "how much")
    expect(page.locator("[data-ref=stream]")).to_have_text("It is ", timeout=PATIENT)
    expect(page.locator("details.call[open] code").first).to_have_text("calculator")
    held.release()
    answered(page, "It is 42.")
    assert "6*7 = 42" in page.locator("details.call[open]").first.inner_text()
    fresh = room.visitor.open(page.url)
    assert page.locator("article").inner_text() == fresh.locator("article").inner_text()
    assert not room.visitor.console


def test_stop_cuts_an_answer_off(room: Playground) -> None:
    held = room.stack.models.hold("for long", after_chunks=1)
    page = room.visitor.open(room.path)
    room.say(page, "for long")
    page.get_by_role("button", name="Stop").click(timeout=PATIENT)
    expect(page.get_by_text("The answer was stopped.").first).to_be_visible(timeout=PATIENT)
    held.release()


def test_a_message_edited_starts_a_branch_and_both_stay(room: Playground) -> None:
    room.stack.models.on("first", reply="One.")
    room.stack.models.on("other", reply="Two.")
    page = room.visitor.open(room.path)
    room.say(page, "first")
    answered(page, "One.")
    page.get_by_role("link", name="Edit and send again").click()
    room.say(page, "other")
    answered(page, "Two.")
    expect(page.get_by_text("2 of 2")).to_be_visible()
    page.get_by_role("link", name="Version before").click()
    answered(page, "One.")


def test_a_conversation_is_kept_deleted_and_brought_back(room: Playground) -> None:
    page = room.visitor.open(room.path)
    room.say(page, "Remember me")
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=PATIENT)
    page.get_by_label("Name of the conversation").fill("Soups")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("link", name="Soups")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Soups")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Soups")).to_be_visible()


def test_a_conversation_that_was_left_is_listed_and_found_by_its_words(room: Playground) -> None:
    page = room.visitor.open(room.path)
    room.say(page, "Which soup has leeks?")
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=PATIENT)
    page.goto(room.path)
    expect(page.get_by_text("A new conversation")).to_be_visible()
    page.get_by_label("Search conversations").fill("LEEKS")
    page.get_by_label("Search conversations").press("Enter")
    page.get_by_role("link", name="Which soup has leeks?").click()
    expect(page.locator("article")).to_contain_text("Which soup has leeks?")
    page.get_by_label("Search conversations").fill("dumplings")
    page.get_by_label("Search conversations").press("Enter")
    expect(page.get_by_text("No conversation has these words.")).to_be_visible()


def test_a_message_being_written_survives_a_sign_out(room: Playground) -> None:
    page = room.visitor.open(room.path)
    message = page.get_by_label("Message", exact=True)
    message.fill("A long thought")
    session = next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    page.context.clear_cookies(name="sessionid")
    message.press("Control+Enter")
    page.wait_for_url("**/accounts/login/**")
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": room.visitor.base_url}])
    page.goto(room.path)
    assert message.input_value() == "A long thought"
    message.press("Control+Enter")
    expect(page.locator("article")).to_contain_text("A long thought", timeout=PATIENT)
    page.goto(room.path)
    assert message.input_value() == ""


def test_a_file_is_sent_along_and_a_wrong_one_is_refused(room: Playground) -> None:
    page = room.visitor.open(room.path)
    files = page.get_by_label("Files")
    files.set_input_files({"name": "a.exe", "mimeType": "application/x", "buffer": b"x"})
    room.say(page, "Read it")
    expect(page.locator("[data-summary]")).to_contain_text("is of no kind that can be read")
    assert page.get_by_label("Message", exact=True).input_value() == "Read it"
    files.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"soup,bread"})
    room.say(page, "Read it")
    expect(page.get_by_role("link", name="a.csv")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=PATIENT)
    page.get_by_text("The prompt as it was sent").click()
    expect(page.get_by_role("region", name="Message 2 sent")).to_contain_text("soup,bread")
    page.get_by_role("link", name="Edit and send again").click()
    expect(page.get_by_label("a.csv", exact=True)).to_be_checked()
    room.say(page, "Read it again")
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(page.get_by_role("link", name="a.csv")).to_be_visible()


def test_an_answer_becomes_a_step_of_a_recipe(room: Playground) -> None:
    held = room.stack.models.hold("Cook {soup}", after_chunks=1)
    page = room.visitor.open(room.path)
    room.say(page, "Cook {soup}")
    expect(page.locator("[data-ref=stream]")).to_be_visible(timeout=PATIENT)
    held.release()
    link = page.get_by_role("link", name="Turn into a recipe step")
    link.hover(timeout=PATIENT)
    page.evaluate(LOADED_AGAIN)
    page.mouse.down()
    page.evaluate(DRAWN)
    page.mouse.up()
    page.get_by_role("button", name="Make it a step").click()
    page.locator("a.node", has_text="Answer").first.click()
    expect(page.locator("[name=s-prompt_template]")).to_have_value("Cook {{soup}}")
    expect(page.locator("[name=s-agent_id]")).to_have_value(str(room.cast.agent.pk))


def test_it_works_as_a_plain_form(room: Playground) -> None:
    room.stack.models.on("plainly", reply="Plain answer.")
    page = room.visitor.open(room.path, script=False)
    page.locator("[name=message]").fill("plainly")
    page.get_by_role("button", name="Send").click()
    for _ in range(160):
        page.wait_for_timeout(250)
        page.reload()
        if "Plain answer." in page.content():
            break
    expect(page.locator("article .prose")).to_have_text("Plain answer.")


def test_the_pages_are_sound_in_both_themes_and_all_widths(room: Playground) -> None:
    execution = room.waiting()
    room.visitor.check(f"/w/{room.cast.workspace.slug}/approvals/")
    room.visitor.check(f"/w/{room.cast.workspace.slug}/runs/{execution.pk}/")
    with_tools(room.cast.agent, "calculator")
    sums = {"tool_calls": [call("calculator", expression="6*7")]}
    room.stack.models.conversation("how much", sums, {"reply": "It is *42*."})
    page = room.visitor.open(room.path)
    room.say(page, "how much")
    answered(page, "It is 42.")
    room.visitor.check(page.url.removeprefix(room.stack.url))
    room.visitor.check(room.path)


def test_a_waiting_call_is_approved_in_the_kitchen(room: Playground) -> None:
    execution = room.waiting()
    page = room.visitor.open(f"/w/{room.cast.workspace.slug}/runs/{execution.pk}/")
    expect(page.get_by_text("agent stranger").last).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#out")).to_have_text("Finished.", timeout=PATIENT)
    expect(page.get_by_role("link", name="a.html", exact=True).first).to_be_visible()
    assert Approval.objects.get(step__execution=execution).decided_by == room.cast.owner
