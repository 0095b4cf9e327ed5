"""Kitchen, run list and editor by the Tab key alone: every stop is seen, none is covered, none holds the reader."""

from typing import Any

import pytest
from playwright.sync_api import Page

from automatos.testing import Stack
from automatos.tests.browser import WIDTHS, People
from recipes.tests.kit import ended
from recipes.tests.test_kitchen_browser import Room

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MOST_STOPS = 150
# Where the focus is: what it is called, and whether somebody who looks sees that it is there.
STOP = """async () => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const row = one.closest('tr, label, .field, .promptbox');
    const box = (one.matches('.cover') ? row ?? one : one).getBoundingClientRect();
    // Of a control that is stretched over a row, hidden in its label, or drawn, what is seen is around it or in it.
    const around = [one, one.parentElement, row, ...one.querySelectorAll('rect')];
    const outlined = around.filter(Boolean).some((each) => {
        const [own, after] = [getComputedStyle(each), getComputedStyle(each, '::after')];
        return own.outlineStyle !== 'none' || after.outlineStyle !== 'none' || own.boxShadow !== 'none'
            || (each.tagName === 'rect' && own.stroke !== 'none');
    });
    const [x, y] = [box.x + Math.min(box.width, innerWidth) / 2, box.y + Math.min(box.height, innerHeight) / 2];
    const above = document.elementFromPoint(x, y);
    const isOver = (each) => each.contains(one) || one.contains(each) || each.closest('label')?.contains(one);
    const name = (one.getAttribute('aria-label') || one.innerText || one.name || one.id || '').trim().slice(0, 40);
    return {
        name: `${one.tagName.toLowerCase()} ${name}`,
        outlined,
        inSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
        covered: Boolean(above) && !isOver(above),
    };
}"""


def walk(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key from the top of the page until it leaves the page, or comes round."""
    stops: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop["name"] == stops[0]["name"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"{page.url}: no end after {MOST_STOPS} stops, the last {[one['name'] for one in stops[-5:]]}")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_stop_of_the_keyboard_is_seen_and_none_holds_it(stack: Stack, people: People, width: int) -> None:
    room = Room(stack, people)
    done = ended(room.cook())
    stack.models.on(f"second {room.word}", status=401, error="Incorrect API key provided.")
    failed = ended(room.cook())
    recipe = done.recipe
    assert recipe
    edit = f"/w/{room.word}/recipes/{recipe.template_id}/edit/"
    wanted = {
        room.path(done): ["button Copy link", "a Output"],
        room.path(failed): ["button Retry from step 2", "a Edit agent"],
        f"/w/{room.word}/runs/?run={failed.pk}": ["input Choose run #2", "a Open kitchen"],
        edit: [],
        f"{edit}?step=step_2": ["textarea"],
    }
    for path, named in wanted.items():
        page = room.visitor.open(path, width=width)
        stops = walk(page)
        assert stops[0]["name"] == "a Skip to content", path
        for what in ("outlined", "inSight"):
            assert [one["name"] for one in stops if not one[what]] == [], f"{path}: not {what}"
        assert [one["name"] for one in stops if one["covered"]] == [], f"{path}: covered"
        found = [one["name"] for one in stops]
        places = [next((n for n, name in enumerate(found) if name.startswith(what)), -1) for what in named]
        if width == WIDTHS[0]:
            assert -1 not in places, (path, named, found)
            assert places == sorted(places), (path, named, found)
        page.context.close()
    assert not room.visitor.console
