"""The page of an update shows a bounded part of it at once, and all of it in parts."""

import re
import time
from typing import Any

import pytest

from agents.tests.git_kit import GitServer
from agents.tests.page_kit import signed_in
from agents.tests.skill_kit import FILES, Kitchen, skill
from workspaces.models import Role

pytestmark = pytest.mark.django_db
LINES = re.compile(r'<span class="(add|del)">')


class Waiting(Kitchen):
    """A kitchen whose update waits, and its page."""

    def __init__(self, server: GitServer, settings: Any, files: dict[str, object]) -> None:
        super().__init__(server, settings)
        self.source = self.add()["id"]
        self.push({**FILES, **files})
        self.sync(self.source)
        self.path = f"/w/{self.company.workspace.slug}/skills/sources/{self.source}/update/"
        self.client = signed_in(self.company.people[Role.VIEWER])

    def waiting_commit(self) -> str:
        return str(self.pending()["commit"])

    def ask(self, query: str = "") -> tuple[int, Any]:
        return self.company.viewer.get(f"/api/skill-sources/{self.source}/pending{query}")

    def pending(self, query: str = "") -> Any:
        status, answer = self.ask(query)
        assert status == 200, answer
        return answer

    def page(self, query: str = "", status: int = 200) -> str:
        answer = self.client.get(self.path + query)
        assert answer.status_code == status
        return answer.content.decode()


def test_a_long_text_is_shown_by_its_beginning_and_whole_in_parts(server: GitServer, settings: Any) -> None:
    long = "\n".join(f"row {number}" for number in range(2_500)) + "\n" + "x" * 1_200
    waiting = Waiting(server, settings, {"skills/pdf/forms.md": long})
    page = waiting.page()
    assert "Show all 2,504 lines" in page  # one removed, 2,500 and three of the long one added
    assert "row 58<" in page
    assert "row 59<" not in page
    number = re.search(r'href="\?text=(\d+)"', page).group(1)  # type: ignore[union-attr]
    parts = [waiting.page(f"?text={number}&page={part}") for part in (1, 2, 3)]
    assert [len(LINES.findall(part)) for part in parts] == [1_000, 1_000, 504]
    assert f"?text={number}&amp;page=2" in parts[0]
    assert all(part.count('class="card-h"') == 1 for part in parts)
    for wrong in ("0", "99", "", "x", "\u0661", "%00", "9" * 400):
        waiting.page(f"?text={wrong}", status=404)


def test_the_api_gives_a_long_text_by_its_beginning_and_whole_in_parts(server: GitServer, settings: Any) -> None:
    long = "\n".join(f"row {number}" for number in range(2_500)) + "\n" + "x" * 1_200
    waiting = Waiting(server, settings, {"skills/pdf/forms.md": long})
    first = waiting.pending()
    (body, forms) = first["changed"][0]["files"]
    assert (body["path"], body["lines"]) == ("SKILL.md", [])
    assert (forms["path"], len(forms["lines"]), forms["total_lines"]) == ("forms.md", 60, 2_504)
    parts = [waiting.pending(f"?text={forms['text']}&offset={offset}") for offset in (0, 1_000, 2_000)]
    lines = [line for part in parts for line in part["changed"][0]["files"][0]["lines"]]
    assert [len(lines), lines[:60], "".join(line["text"] for line in lines[-3:])] == [
        2_504, forms["lines"], "x" * 1_200,
    ]  # fmt: skip
    assert [(part["total"], bool(part["next"]), bool(part["previous"])) for part in parts] == [
        (2_504, True, False), (2_504, True, True), (2_504, False, True),
    ]  # fmt: skip
    for query, status in (("?text=99", 404), ("?text=x", 400), ("?limit=21", 400), ("?text=1&limit=1001", 400)):
        assert waiting.ask(query)[0] == status, query


def test_the_api_gives_twenty_texts_at_once(server: GitServer, settings: Any) -> None:
    waiting = Waiting(
        server, settings, {f"skills/s{number:02}/SKILL.md": skill(f"s{number:02}") for number in range(45)}
    )
    pages = [waiting.pending(f"?offset={offset}") for offset in (0, 20, 40)]
    assert [len(page["added"]) for page in pages] == [20, 20, 5]
    assert [one["name"] for page in pages for one in page["added"]] == [f"s{number:02}" for number in range(45)]


def test_many_texts_are_shown_twenty_a_page(server: GitServer, settings: Any) -> None:
    waiting = Waiting(
        server, settings, {f"skills/s{number:02}/SKILL.md": skill(f"s{number:02}") for number in range(45)}
    )
    pages = [waiting.page(f"?page={number}") for number in (1, 2, 3)]
    assert [page.count('class="card-h"') for page in pages] == [20, 20, 5]
    shown = [name for page in pages for name in re.findall(r'id="text-\d+"[^>]*>(s\d\d)<', page)]
    assert shown == [f"s{number:02}" for number in range(45)]


def test_what_is_too_long_to_compare_can_be_read_nevertheless(server: GitServer, settings: Any) -> None:
    waiting = Waiting(server, settings, {"skills/pdf/forms.md": "\n".join(f"row {number}" for number in range(30_000))})
    page = waiting.page()
    assert "Too long to compare: 1 lines became these 30,000." in page
    number = re.search(r'href="\?text=(\d+)"', page).group(1)  # type: ignore[union-attr]
    assert "row 29999<" in waiting.page(f"?text={number}&page=99")


def test_texts_that_were_made_to_be_slow_to_compare_do_not_add_up(server: GitServer, settings: Any) -> None:
    old, new = "a\n" * 600, "".join("a\n" if number % 2 else f"line {number}\n" for number in range(600))
    places = [f"skills/pdf/{number}.md" for number in range(60)]
    waiting = Waiting(server, settings, dict.fromkeys(places, old))
    assert (
        waiting.company.editor.post(
            f"/api/skill-sources/{waiting.source}/accept", {"commit": waiting.waiting_commit()}
        )[0]
        == 200
    )
    waiting.push({**FILES, **dict.fromkeys(places, new)})
    waiting.sync(waiting.source)
    for ask, shown in ((waiting.page, "Show all"), (waiting.pending, "'del'")):
        began = time.process_time()
        assert shown in str(ask())
        assert time.process_time() - began < 3
