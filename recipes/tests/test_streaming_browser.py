"""A run's page while its text streams in: nothing moves, nothing takes long, the text is that of the record."""

import pytest
from playwright.sync_api import Page, Response, expect

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.kit import ended, final_output
from recipes.tests.test_kitchen_browser import PATIENT, Room, is_live, is_recorded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MOST_SHIFT = 0.01
# Every kind of block that is shown in another way as text than as HTML, and more of it than the panel holds.
MARKDOWN = "\n\n".join(
    [
        "# Tides and harbours",
        "The sea **rises** and falls twice a day, and every harbour has [its own table](https://example.org). " * 3,
        "- one\n- two, which is *much longer* than the line of a phone can hold\n- three",
        "| Harbour | High water | Low water |\n| --- | --- | --- |\n| Brest | 04:12 | 10:31 |",
        "```python\ndef tide(hour):\n    return 3.2 * hour  # metres\n```",
        "> What is quoted stands apart.",
        *(f"Paragraph {number}. " + "Ships wait for water under the keel. " * 6 for number in range(6)),
    ]
)
WATCH = """() => {
    window.shifts = [];
    const name = (node) => node?.outerHTML?.slice(0, 80) ?? node?.textContent.slice(0, 30);
    const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (one.hadRecentInput) continue;
            const sources = one.sources.map(
                (source) => `${name(source.node)}: ${box(source.previousRect)} -> ${box(source.currentRect)}`);
            window.shifts.push({ value: one.value, at: Math.round(one.startTime), sources });
        }
    }).observe({ type: 'layout-shift', buffered: true });
}"""


def pieces(text: str, length: int = 24) -> list[str]:
    """The text as a model sends it: cut anywhere."""
    return [text[start : start + length] for start in range(0, len(text), length)]


def shift_of(page: Page) -> tuple[float, str]:
    """How much moved on the page by itself, and what."""
    shifts = page.evaluate("window.shifts")
    lines = [f"{one['value']:.4f} at {one['at']}: {one['sources']}" for one in shifts]
    return sum(one["value"] for one in shifts), "\n".join(lines)


def test_nothing_moves_while_three_steps_of_markdown_stream_in(stack: Stack, people: People) -> None:
    room = Room(stack, people)
    ends = {"first": "", "second": "\n\n- the\n- end", "third": "\n\n| the | end |\n| - | - |\n| of | it |"}
    holds = [
        stack.models.hold(
            f"{name} {room.word}", chunks=pieces(MARKDOWN + end), chunk_delay=0.03, after_chunks=1, times=1
        )
        for name, end in ends.items()
    ]
    execution = room.cook()
    holds[0].wait_for_requests(1)
    pages = {width: room.visitor.open(room.path(execution), width=width) for width in (1440, 360)}
    for page in pages.values():
        page.evaluate(WATCH)
        is_live(page)
    for hold in holds:
        hold.release()
    for page in pages.values():
        is_recorded(page)
        expect(page.locator("run-kitchen")).to_have_attribute("data-assessed", "yes", timeout=PATIENT)
    for width, page in pages.items():
        moved, what = shift_of(page)
        assert moved <= MOST_SHIFT, f"At {width} px moved {moved:.3f}:\n{what}"


def test_what_is_settled_of_a_long_answer_is_sent_once(stack: Stack, people: People) -> None:
    room = Room(stack, people)
    parts = [f"Paragraph {number}. " + "Water rises 🍲. " * 8 for number in range(80)]
    parts[40:40] = ["1. one", "2. two", "   under two", "3. three", "```\nA line\n\nof code\n```"]
    chunks = [*pieces("\n\n".join(parts), 50), "\n\nThe", " end."]
    first = stack.models.hold(f"first {room.word}", times=1)
    second = stack.models.hold(f"second {room.word}", chunks=chunks, chunk_delay=0.01, after_chunks=len(chunks) - 1)
    execution = room.cook()
    first.wait_for_requests(1)
    page = room.visitor.open(room.path(execution))
    is_live(page)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if is_refresh(answer) else None)
    first.release()
    expect(page.locator("[data-ref=stream]")).to_have_text("The", timeout=PATIENT)
    fresh = room.visitor.open(room.path(execution))
    assert page.locator("#out").inner_text() == fresh.locator("#out").inner_text()
    assert [page.locator(f"#out {what}").count() for what in ("ol", "ol > li", "pre")] == [1, 3, 1]
    whole = page.request.get(page.url, headers={"HX-Request": "true"}).body()
    # On a slow machine the last refresh came when less of it was settled.
    assert len(answers[-1].body()) < len(whole) - 4_000, "what the page holds is not sent again"
    second.release()
    is_recorded(page)
    page.goto(room.path(execution, "?step=2"))
    assert page.locator("#out p").count() == 81 + 4


def is_refresh(answer: Response) -> bool:
    return bool(answer.request.headers.get("shown-blocks"))


def test_whoever_watches_reads_what_was_kept_whatever_happens(stack: Stack, people: People) -> None:
    """A web process killed twice, a slow network, a tab that is put aside, and somebody who comes late."""
    room = Room(stack, people)
    chunks = pieces(MARKDOWN)
    first = stack.models.hold(f"first {room.word}", chunks=chunks, after_chunks=20, times=1)
    second = stack.models.hold(f"second {room.word}", chunks=chunks, chunk_delay=0.02, after_chunks=40, times=1)
    execution = room.cook()
    first.wait_for_requests(1)
    watching = [room.visitor.open(room.path(execution)) for _ in range(3)]
    for page in watching:
        is_live(page)
    _, slow, aside = watching
    slow.context.new_cdp_session(slow).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000},
    )
    lifecycle = aside.context.new_cdp_session(aside)
    lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
    for hold in (first, second):
        hold.wait_for_requests(1)
        stack.web.kill()
        stack.web.start()
        stack.wait_ready()
        hold.release()
    watching.append(room.visitor.open(room.path(execution)))
    lifecycle.send("Page.setWebLifecycleState", {"state": "active"})
    for page in watching:
        is_recorded(page)
        expect(page.locator("run-kitchen")).to_have_attribute("data-assessed", "yes", timeout=PATIENT)
    assert ended(execution).status == "completed"
    fresh = room.visitor.open(room.path(execution)).locator("main").inner_text()
    assert [page.locator("main").inner_text() == fresh for page in watching] == [True] * 4
    assert len(final_output(execution)) > 40
    outputs = execution.steps.order_by("order").values_list("output", flat=True)
    assert [text == MARKDOWN for text in outputs] == [True, True, False]


@pytest.mark.parametrize("width", [1440, 360])
def test_nothing_moves_while_an_agent_answers(stack: Stack, people: People, width: int) -> None:
    room = Room(stack, people)
    hold = stack.models.hold(f"tell {room.word}", chunks=pieces(MARKDOWN), chunk_delay=0.02, after_chunks=1)
    page = room.visitor.open(f"/w/{room.word}/agents/{room.cast.agent.slug}/playground/", width=width)
    page.get_by_label("Message").first.fill(f"tell {room.word}")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-ref=stream]")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()
    page.evaluate(WATCH)
    hold.release()
    expect(page.locator("agent-chat")).to_have_attribute("data-state", "done", timeout=PATIENT)
    expect(page.locator("agent-chat h3", has_text="Tides and harbours")).to_be_visible()
    expect(page.locator("#cooking-now")).to_be_hidden(timeout=PATIENT)
    expect(page.locator("#side .nav")).not_to_contain_text("cooking", timeout=PATIENT)
    moved, what = shift_of(page)
    assert moved <= MOST_SHIFT, f"Moved {moved:.3f}:\n{what}"
    page.keyboard.press("Tab")
    expect(page.locator("agent-chat[data-watched]")).to_have_count(0)
