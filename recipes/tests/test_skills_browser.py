"""From a repository to an agent's answer in a real browser, with the real worker and a real git server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from agents.models import Skill
from agents.services import equip_agent
from agents.tests.git_kit import GitServer, commit, git_server
from agents.tests.skill_kit import FILES, skill
from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.tests.kit import Cast, ended, final_output

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PATIENT = 45_000


@pytest.fixture
def reached(stack: Stack, tmp_path: Path) -> Iterator[GitServer]:
    """A git server that the stack's web and worker may reach; afterwards both are as before."""
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as server:
        more = {"GIT_CA_FILE": server.ca_file, "OUTSIDE_PRIVATE_HOSTS": f"localhost:{server.port}"}
        parts = (stack.web, stack.worker)
        before = [dict(part.environment) for part in parts]
        for part in parts:
            part.stop()
            part.environment = {**part.environment, **more}
            part.start()
        stack.wait_ready()
        yield server
        for part, environment in zip(parts, before, strict=True):
            part.stop()
            part.environment = environment
            part.start()
        stack.wait_ready()


def added(page: Page, url: str) -> None:
    """Add a repository, after a wrong address, and choose one of its two skills."""
    page.get_by_role("link", name="Add the first skills").click()
    page.get_by_label("Address").fill("ssh://nowhere")
    page.get_by_role("button", name="Fetch it").click()
    expect(page.locator("#summary")).to_contain_text("Address")
    page.get_by_label("Address").fill(url)
    page.get_by_role("button", name="Fetch it").click()
    expect(page.get_by_role("button", name="Use these skills")).to_be_visible(timeout=PATIENT)


def seen_update(page: Page) -> None:
    """Sync and open what an update would change."""
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("link", name="See what it would change").click(timeout=PATIENT)
    expect(page.locator("main")).to_contain_text("These agents have it: Quill.")
    expect(page.locator("main")).to_contain_text("asks for more tools: Bash")


def told(stack: Stack, cast: Cast, prompt: str) -> str:
    """What the agent gets when it loads the skill in a run."""
    load = {"tool_calls": [ToolCall("call_1", "load_skill", {"name": "pdf"})]}
    stack.models.conversation(prompt, load, {"reply": "Filled in."})
    assert final_output(ended(cast.cook(cast.recipe(prompt)))) == "Filled in."
    return stack.models.requests[-1].tool_results[0].content


def test_a_skill_is_added_chosen_used_updated_and_used_again(stack: Stack, people: People, reached: GitServer) -> None:
    stack.models.clear()
    cast = Cast()
    visitor, root = people.as_user(cast.owner), f"/w/{cast.workspace.slug}/skills/"
    commit(reached.root / "kitchen.git", FILES)
    visitor.check(root)
    page = visitor.open(root)
    added(page, reached.local_url("kitchen.git"))
    source = page.url.removeprefix(stack.url)
    visitor.check(source)
    page.get_by_label("Use letters").uncheck()
    page.get_by_role("button", name="Use these skills").click()
    expect(page.locator("main")).to_contain_text("1 of 2 skills in use")
    pdf = Skill.objects.get(workspace=cast.workspace, slug="pdf")
    equip_agent(agent=cast.agent, user=cast.owner, skill_ids=[pdf.pk])
    assert "Read forms.md first." in told(stack, cast, "a form")
    changed = {**FILES, "skills/pdf/SKILL.md": skill("pdf", body="Read nothing.", allowed_tools="Bash")}
    commit(reached.root / "kitchen.git", changed)
    page.goto(source)
    seen_update(page)
    visitor.check(page.url.removeprefix(stack.url))
    assert "Read forms.md first." in told(stack, cast, "before"), "it took effect before it was accepted"
    page.get_by_role("button", name="Accept the update").click()
    expect(page.locator("main")).to_contain_text("Its skills")
    assert "Read nothing." in told(stack, cast, "after")
    for path in (root, f"{root}pdf/", f"{root}pdf/?file=forms.md", f"{root}new/", f"{root}new/upload/"):
        visitor.check(path)
    for more in ("edit/", "delete/"):
        visitor.check(source + more)
