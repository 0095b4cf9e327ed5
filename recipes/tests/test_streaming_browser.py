"""A run's page while its text streams in: nothing moves, nothing takes long, the text is that of the record."""

import pytest
from playwright.sync_api import Page, expect

from automatos.testing import Stack
from automatos.tests.browser import People
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
        stack.models.hold(f"{name} {room.word}", chunks=pieces(MARKDOWN + end), chunk_delay=0.03, after_chunks=1)
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
