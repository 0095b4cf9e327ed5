"""Recipes as YAML: the same bytes after a round trip, bounded reading, and the line of everything that is wrong."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatos import yaml_files
from automatos.errors import InvalidInput
from recipes.editor import body as bodies
from recipes.editor import document as documents
from workspaces.tests.rest import Company

BASE = "/api/workflow-recipes"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    " \n\t:#-?[]{}&*!|>'\"%@`~0.eE", max_size=9
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"name": st.from_regex(r"[a-z]{1,8}", fullmatch=True), "type": st.sampled_from(["string", "list"])},
        optional={"default": VALUES, "description": TEXT, "required": st.booleans()},
    ),
    max_size=3,
    unique_by=lambda entry: str(entry["name"]),
)
STEPS = st.fixed_dictionaries(
    {"name": TEXT, "prompt_template": TEXT},
    optional={
        "output_key": TEXT, "under": TEXT, "error_handling": TEXT, "timeout": st.floats(1, 1000),
        "max_retries": st.integers(0, 9), "config": st.dictionaries(TEXT, VALUES, max_size=3), "agent_id": TEXT,
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_any_value_of_json_reads_back_as_it_was_written(value: dict[str, object]) -> None:
    text = yaml_files.written(value)
    assert repr(yaml_files.read(text).value) == repr(value)
    with patch.object(yaml_files, "LONG", 1):
        assert repr(yaml_files.read(yaml_files.written(value)).value) == repr(value)


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=4), ENTRIES, TEXT, TEXT)
def test_any_draft_is_the_same_file_after_a_round_trip(
    steps: list[dict[str, object]], inputs: list[dict[str, object]], name: str, description: str
) -> None:
    body = {**bodies.blank(), "name": name, "description": description, "inputs": inputs}
    for step in steps:
        body["steps"].append({"step_id": bodies.free_id(body), "kind": "agent", **step})
    text = documents.written(body, {})
    assert documents.written(documents.read(text).body, {}) == text


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("name: A\nsteps: [1", 2, "not YAML"),
        ("name: A\nname: B\nsteps: []", 2, "second time"),
        ("name: &a A\nsteps: []", 1, "References"),
        ("name: A\nsteps: !!python/name:os.system x", 2, "Tags"),
        ("name: A\nsteps:\n  - promt: Hi", 3, "no promt here"),
        ("name: A\nsteps:\n  - prompt: Hi\n    timeout: soon", 4, "should be a number"),
        ("name: A\nsteps:\n  - id: a\n  - id: a", 4, "each id once"),
        ("name: A\ninputs: [x]\nsteps: []", 2, "should be an object"),
        ("- 1", 1, "no recipe"),
        ("", 1, "no recipe"),
        ("format: other\nname: A", 1, "something else"),
        ("a: " + "[" * 100, 1, "nested deeper"),
        ("a: '\ud800'", 1, "surrogate"),
        ("a: \x07", 1, "cannot stand in YAML"),
        ("x: " + "a" * 1_000_001, 1, "are read"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        documents.read(text)
    assert f"Line {line}: " in refusal.value.message, refusal.value.message
    assert word in refusal.value.message


@pytest.mark.django_db
def test_a_recipe_travels_with_its_agents_and_comes_back_as_the_same_bytes() -> None:
    company, other = Company(), Company()
    agent = company.agent(name="Quill", description="Writes.", custom_prompt="Be brief.\n\nAlways.")["id"]
    steps = [
        {"agent_id": agent, "prompt_template": "Write about {input.topic}.\n", "output_key": "text", "timeout": 30},
        {"kind": "condition", "config": {"expression": "len(text) > 3"}, "step_id": "long"},
        {"agent_id": agent, "prompt_template": "Cut {text}", "under": "long", "branch": "then", "name": "Cut: 1"},
        {"kind": "wait", "config": {"for": "person"}, "prompt_template": "Good?\n  {text}", "error_handling": "skip"},
    ]
    inputs = {"topic": {"type": "string", "default": "no"}, "also": {"type": "number", "required": False}}
    fields = {"inputs": inputs, "tags": ["a"], "execution_config": {"total_timeout": 90}}
    made = company.editor.post(BASE, {"name": "Brief", "steps": steps, **fields})[1]
    text = company.viewer.client.get(f"{BASE}/{made['id']}/export").content.decode()
    assert "agent: quill" in text
    assert made["id"] not in text

    for caller, publish in ((company.editor, True), (other.editor, True), (other.editor, False)):
        status, copy = caller.post(f"{BASE}/import", {"yaml": text, "publish": publish})
        assert status == 201, copy
        assert (copy["version"], list(copy["inputs"]) if publish else []) == (
            int(publish),
            [*inputs] if publish else [],
        )
        assert caller.client.get(f"{BASE}/{copy['id']}/export").content.decode() == text
    assert [one["name"] for one in company.editor.get("/api/agents")[1]["items"]] == ["Quill"]
    assert [one["name"] for one in other.editor.get("/api/agents")[1]["items"]] == ["Quill"]

    wrong = text.replace("{input.topic}", "{input.topik}").replace("for: person", "for: nobody")
    status, body = company.editor.post(f"{BASE}/import", {"yaml": wrong, "publish": True})
    lines = {number for number, line in enumerate(wrong.splitlines(), 1) if "for: nobody" in line}
    told = body["error"]["fields"]["yaml"]
    assert status == 400
    assert lines <= {int(one.split(":")[0].removeprefix("Line ")) for one in told}, (lines, told)
    assert company.editor.post(f"{BASE}/import", {"yaml": text.replace("agent: quill", "agent: nobody")})[0] == 400
    assert company.viewer.post(f"{BASE}/import", {"yaml": text})[0] == 403
    assert other.editor.get(f"{BASE}/{made['id']}/export")[0] == 404
