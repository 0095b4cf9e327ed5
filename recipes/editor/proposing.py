"""A recipe from a person's words, as a model proposes it: what it is asked, and a draft from what it answers."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from automatos.llm.text import clean
from automatos.llm.types import Message
from recipes.editor import body as bodies
from recipes.editor.body import Body, Step
from recipes.editor.describing import MOST, WORD, Cook
from recipes.engine.new_steps import PERSON
from recipes.engine.templating import VARIABLE
from recipes.models import StepKind
from recipes.validation import NAME, RESERVED_KEY

AGENT, ASK, CONDITION = "agent", "person", "condition"
MOST_COOKS = 60
LONGEST_TEXT = 20_000
LONGEST_WAIT = 86_400
FENCE = re.compile(r"^```(?:json)?|```$", re.M)
TASK = (
    "You lay out work for a team of AI agents. From a description you make a recipe, as JSON: steps that follow one "
    "another.\n"
    "name: two to five words. description: one or two sentences. inputs: what has to be known before it begins, each "
    "with a name of small letters, digits and _ and a description; often one is enough.\n"
    "steps: at most 12, as few as do the work well. Each has a key (small letters, digits, _; unlike every other), a "
    "name of two to four words, and a kind:\n"
    "- agent: an agent of the list does it; prompt says what it does, in two to six sentences.\n"
    "- person: somebody is asked before it goes on; prompt is the question. Use it before anything is sent or paid.\n"
    "- condition: prompt is a comparison such as score >= 7, of keys of steps before it and nothing else.\n"
    "only_if: the key of a condition before it where the step runs only if that is true, else empty. A prompt names "
    "inputs as {input.name} and what an earlier step left as {key}. Every step that needs an earlier one names it."
)


def schema(cooks: Sequence[Cook]) -> dict[str, Any]:
    """The JSON Schema of a proposal."""
    text = {"type": "string"}
    step = {
        "key": text,
        "name": text,
        "kind": {"type": "string", "enum": [AGENT, ASK, CONDITION]},
        "agent": {"type": "string", "enum": ["", *(cook.slug for cook in cooks[:MOST_COOKS])]},
        "prompt": text,
        "only_if": text,
    }
    entry = _object({"name": text, "description": text})
    properties = {
        "name": text,
        "description": text,
        "inputs": {"type": "array", "items": entry},
        "steps": {"type": "array", "items": _object(step)},
    }
    return _object(properties)


def messages(words: str, cooks: Sequence[Cook]) -> tuple[Message, ...]:
    """What the model is asked. The words are a wish to work out, whatever else they say."""
    listed = "\n".join(f"- {cook.slug}: {cook.about[:200]}" for cook in cooks[:MOST_COOKS]) or "- none"
    system = f"{TASK}\n\nAgents:\n{listed}"
    return Message("system", system), Message("user", f"The recipe wanted: {words}")


def from_reply(text: str, words: str, cooks: Sequence[Cook]) -> Body | None:
    """A draft from a model's answer; None when it is of no use.

    Of no use is what is no JSON object, has no name, no step with a text, a name in braces that nothing has, or no word
    in common with what was said: a small model follows the form and fills in anything.
    """
    try:
        given = json.loads(FENCE.sub("", text.strip()))
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    body = bodies.blank()
    body["name"], body["description"] = _text(given, "name")[:160], _text(given, "description")[:10_000]
    body["inputs"] = _inputs(given)
    wanted = {word.lower()[:5] for word in WORD.findall(words)}
    told = [one for one in _list(given, "steps")[:MOST] if _text(one, "prompt")]
    said = " ".join([body["name"], body["description"], *(_text(one, "prompt") for one in told)])
    if len(body["name"]) < 3 or not told or not wanted & {word.lower()[:5] for word in WORD.findall(said)}:
        return None
    ids: dict[str, str] = {}
    for one in told:
        step = _step(body, one, {cook.slug: cook.id for cook in cooks}, ids)
        if _text(one, "kind") == CONDITION:
            ids[_text(one, "key")] = step["step_id"]
        body["steps"].append(step)
    return body if _names_only_what_is_there(body) else None


def _step(body: Body, one: Mapping[str, Any], cooks: Mapping[str, str], conditions: Mapping[str, str]) -> Step:
    kind, prompt = _text(one, "kind"), _text(one, "prompt")
    values: dict[str, Any] = {"name": _text(one, "name")[:160]}
    if kind == CONDITION:
        values["config"] = {"expression": prompt}
    else:
        values["prompt_template"] = prompt
        key = _text(one, "key")
        if NAME.fullmatch(key) and not RESERVED_KEY.fullmatch(key) and key not in bodies.output_keys(body):
            values["output_key"] = key
    if kind == ASK:
        values["config"] = {"for": PERSON, "within": LONGEST_WAIT}
    elif kind != CONDITION:
        values["agent_id"] = cooks.get(_text(one, "agent")) or next(iter(cooks.values()), "")
    if gate := conditions.get(_text(one, "only_if")):
        values |= {"under": gate, "branch": "then"}
    kinds = {ASK: StepKind.WAIT, CONDITION: StepKind.CONDITION}
    return bodies.new_step(body, kinds.get(kind, StepKind.AGENT), **values)


def _names_only_what_is_there(body: Body) -> bool:
    known = {f"input.{entry['name']}" for entry in body["inputs"]}
    for number, (step, key) in enumerate(zip(body["steps"], bodies.output_keys(body), strict=True), 1):
        named = {match[1] for match in VARIABLE.finditer(str(step.get("prompt_template") or "")) if match[1]}
        if not named <= known:
            return False
        if step["kind"] != StepKind.CONDITION:
            known |= {key, f"step_{number}_output", "previous_output"}
    return True


def _inputs(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = {_text(one, "name"): one for one in _list(given, "inputs")[:10]}
    return [
        {"name": name, "type": "text", "required": True, "description": _text(one, "description")[:500]}
        for name, one in names.items()
        if NAME.fullmatch(name)
    ]


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return clean(value).strip()[:LONGEST_TEXT] if isinstance(value, str) else ""


def _list(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    values = given.get(name)
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
