"""Agents that look things up and remember, through the real worker."""

from typing import Any

import pytest

from agents.knowledge import services as knowledge_services
from agents.models import Agent, Document, Memory
from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Call
from recipes.tests.kit import Cast, ended, final_output, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [ToolCall("call_1", tool, arguments)]}


def test_an_agent_searches_its_documents_and_the_text_counts_as_untrusted(stack: Stack, cast: Cast) -> None:
    text = "# Money\nThe daily meal allowance is 38 euros."
    row = knowledge_services.paste(workspace=cast.workspace, user=cast.owner, text=text, title="Rules")
    wait_for(lambda: Document.objects.get(pk=row.pk).status in ("ready", "error"))
    assert Document.objects.get(pk=row.pk).status == "ready"
    knowledge_services.give(workspace=cast.workspace, agent=cast.agent, document_ids=[row.pk])
    stack.models.conversation("lunch", call("search_knowledge", query="price of lunch"), {"reply": "38 euros [1]."})
    execution = ended(cast.cook(cast.recipe("lunch")))
    assert final_output(execution) == "38 euros [1]."
    said = stack.models.requests[-1].tool_results[0].content
    assert '<untrusted origin="document Rules">' in said
    assert "[1] Rules, Money" in said


def test_what_is_remembered_is_kept_once_and_recalled(stack: Stack, cast: Cast) -> None:
    Agent.objects.filter(pk=cast.agent.pk).update(tool_ids=["remember", "recall"])
    note = call("remember", text="Olga prefers green tea.", tags=["tea"])
    stack.models.conversation("note it", note, {"reply": "Noted."})
    assert final_output(ended(cast.cook(cast.recipe("note it")))) == "Noted."
    memory = Memory.objects.get(workspace=cast.workspace)
    assert (memory.agent, memory.tags, memory.origins) == (cast.agent, ["tea"], [])
    assert Call.objects.filter(pk=memory.pk, name="remember").exists()
    stack.models.conversation("which drink", call("recall", query="what does Olga drink"), {"reply": "Tea."})
    assert final_output(ended(cast.cook(cast.recipe("which drink")))) == "Tea."
    assert "Olga prefers green tea." in stack.models.requests[-1].tool_results[0].content
