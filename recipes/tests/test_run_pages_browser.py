"""Pages of runs in a browser: what is allowed for a run, tested and proposed is clean in both themes and widths."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from recipes.models import Approval, Execution, Recipe, RecipeDraft
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended
from workspaces.models import Workspace
from workspaces.tests.rest import Caller

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PATIENT = 45_000


class Hall:
    """A room whose workspace asks before anything is changed, and its owner at the browser."""

    def __init__(self, stack: Stack, people: People) -> None:
        self.room = Room(stack)
        Workspace.objects.filter(pk=self.room.cast.workspace.pk).update(approval_policy="always")
        self.visitor: Visitor = people.as_user(self.room.cast.owner)
        self.root = f"/w/{self.room.cast.workspace.slug}"

    def waiting(self) -> Execution:
        """A run that asks whether it may send something, twice."""
        word = f"job-{uuid4().hex[:6]}"
        posts = [
            {"tool_calls": [call("http_request", n, method="POST", url="https://api.example.com/notes", body="Hi")]}
            for n in (1, 2)
        ]
        self.room.stack.models.conversation(word, *posts, {"reply": "Finished."})
        with_tools(self.room.cast.agent, "http_request")
        return self.room.wait(self.room.cast.cook(self.room.cast.recipe(word)).pk, "waiting")

    def drafted(self, *steps: dict[str, Any], **work: Any) -> Recipe:
        """A recipe that was never published, with these steps in its draft."""
        inputs = {"topic": {"type": "text", "required": True, "description": "What it is about."}}
        body = {"name": "Harbours", "inputs": inputs, "steps": list(steps), "publish": False}
        status, made = Caller(self.room.key).post("/api/workflow-recipes", body)
        assert status == 201, made
        RecipeDraft.objects.filter(recipe=made["id"]).update(work=work)
        return Recipe.objects.get(pk=made["id"])


@pytest.fixture
def hall(stack: Stack, people: People) -> Hall:
    return Hall(stack, people)


def test_what_is_allowed_for_a_run_is_clean_wherever_it_stands(hall: Hall) -> None:
    run = hall.waiting()
    at = f"{hall.root}/runs/{run.pk}/"
    hall.visitor.check(at)
    page = hall.visitor.open(at)
    page.get_by_role("button", name="Approve for this run").click()
    expect(page.get_by_role("heading", name="Allowed for this run")).to_be_visible(timeout=PATIENT)
    assert ended(run).status == "completed"
    hall.visitor.check(at)
    hall.visitor.check(f"{hall.root}/approvals/")
    assert not Approval.objects.filter(step__execution=run, status="pending").exists()


def test_a_draft_from_words_its_test_run_and_the_form_of_a_call_are_clean(hall: Hall) -> None:
    agent = str(hall.room.cast.agent.pk)
    with_tools(hall.room.cast.agent, "http_request")
    first = {"order": 1, "agent_id": agent, "prompt_template": "Of {input.topic}"}
    arguments = {"url": "https://api.example.com", "method": "POST"}
    tool = {"order": 2, "step_id": "send", "agent_id": agent, "kind": "tool",
            "config": {"tool": "http_request", "arguments": arguments}}  # fmt: skip
    job = {"words": "Gather and send", "model": "openai:planner", "token": "t", "state": "done", "took": "3 s",
           "cost": "0.01", "body": "{}", "asked_at": timezone.now().isoformat()}  # fmt: skip
    recipe = hall.drafted(first, tool, proposal=job)
    at = f"{hall.root}/recipes/{recipe.template_id}"
    for path in (f"{at}/edit/?step=send", f"{at}/test/", f"{hall.root}/recipes/new/"):
        hall.visitor.check(path)
    page = hall.visitor.open(f"{at}/edit/?step=send")
    page.get_by_label("body", exact=False).first.focus()
    page.get_by_role("button", name="{input.topic}").last.click()
    expect(page.locator("#saved")).to_contain_text("Draft saved just now")
    body = json.loads(RecipeDraft.objects.get(recipe=recipe).body)
    assert body["steps"][1]["config"]["arguments"]["body"] == "{input.topic}"
    broken = hall.drafted({**first, "prompt_template": "Of {input.topik}"})
    hall.visitor.check(f"{hall.root}/recipes/{broken.template_id}/test/")
