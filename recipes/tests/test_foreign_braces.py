"""Variables as other products write them are refused with the cure, and never sent to a model as they stand."""

import tracemalloc
from typing import Any

import pytest

from recipes.engine.templating import Output, TemplateError, check, render
from recipes.tests.test_checks_api import BASE
from workspaces.tests.rest import Company

TOLD = "{} would be sent as it stands, without the value. Write {}."
# What is written, and what is offered for it; nothing where it is text.
WRITTEN: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("Write about {{input.topic}}", [("{{input.topic}}", "{input.topic}")]),
    ("Write about {{ input.topic }}", [("{{ input.topic }}", "{input.topic}")]),
    ("Write about { input.topic }", [("{ input.topic }", "{input.topic}")]),
    ("Write about {input.topic }", [("{input.topic }", "{input.topic}")]),
    ("{{\n input.topic\n}}", [("{{\n input.topic\n}}", "{input.topic}")]),
    ("Of {{notes.title}}", [("{{notes.title}}", "{notes.title}")]),
    ("{{previous_output}}", [("{{previous_output}}", "{previous_output}")]),
    ("{{item}} {{ loop.number }}", [("{{item}}", "{item}"), ("{{ loop.number }}", "{loop.number}")]),
    ("Answer as {{name}}, { name } or {\"topic\": \"{input.topic}\"}", []),
    ("In braces: {{{input.topic}}}", []),
    ("As Dify has it: {{{{input.topic}}}}", []),
    ("function f({ a, b }) { return a }", []),
)  # fmt: skip


@pytest.mark.parametrize(("written", "offered"), WRITTEN)
def test_what_is_meant_as_a_variable_is_told_from_text(written: str, offered: list[tuple[str, str]]) -> None:
    found = check(written, inputs=["topic"], earlier=[Output(1, "notes")], local=["item", "loop"])
    assert found == [TOLD.format(old, new) for old, new in offered]


def test_three_and_four_braces_keep_their_meaning() -> None:
    shown = render("{{{input.topic}}} {{{{input.topic}}}}", inputs={"topic": "cats"}, earlier=[])
    assert shown == "{cats} {{input.topic}}"


@pytest.mark.django_db
def test_every_door_refuses_them_with_the_cure() -> None:
    company = Company()
    made = company.recipe("Write about {input.topic}.", inputs={"topic": {"type": "string"}})
    agent = made["steps"][0]["agent_id"]
    old, new = "{{input.topic}}", "{input.topic}"
    steps: list[dict[str, Any]] = [{"agent_id": agent, "prompt_template": f"Write about {old}."}]
    inputs = {"topic": {"type": "string"}}
    status, refused = company.editor.post(BASE, {"name": "Braces", "inputs": inputs, "steps": steps})
    assert (status, refused["error"]["fields"]) == (400, {"steps.0.prompt_template": [TOLD.format(old, new)]})
    status, refused = company.editor.patch(f"{BASE}/{made['id']}", {"steps": steps, "inputs": inputs})
    assert (status, refused["error"]["fields"]) == (400, {"steps.0.prompt_template": [TOLD.format(old, new)]})
    wait = {"kind": "wait", "config": {"for": "person"}, "prompt_template": "Is { input.topic } fine?"}
    status, refused = company.editor.post(BASE, {"name": "Braces", "inputs": inputs, "steps": [*made["steps"], wait]})
    assert status == 400
    assert any("{ input.topic } would be sent" in str(one) for one in refused["error"]["fields"].values()), refused
    status, found = company.editor.post(f"{BASE}/{made['id']}/validate", {"steps": steps, "inputs": inputs})
    (problem,) = found["details"]
    assert (status, problem["severity"], problem["text"]) == (200, "error", TOLD.format(old, new))
    assert problem["cures"] == [{"words": f"Use {new}", "old": old, "new": new}]


def test_a_long_value_that_stands_in_a_prompt_thousands_of_times_is_refused_before_it_is_made() -> None:
    tracemalloc.start()
    with pytest.raises(TemplateError) as refused:
        render("{input.a}" * 2_000, inputs={"a": "x" * 1_000_000}, earlier=())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "prompt_too_long"
    assert peak < 100_000_000
