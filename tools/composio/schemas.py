"""A schema from outside as we can check arguments with it: bounded, local, and without what could be turned on us."""

from typing import Any

import orjson

from automatos.checking import unstorable_text
from automatos.json_schema import is_schema
from tools.contract import Schema

LONGEST = 60_000
DEEPEST = 12
MOST_NODES = 4_000
LONGEST_TEXT = 2_000
# A pattern from outside could keep a processor busy for ever, and a reference could be fetched from anywhere.
LEFT_OUT = ("pattern", "patternProperties", "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor")
# In place of a list that is left out: a schema without its choices or limits takes more, one with none of them nothing.
CUT: Any = object()
ANYTHING: Schema = {"type": "object", "properties": {}}


def usable(raw: object) -> Schema:
    """The schema of an object; one that takes anything where it cannot be used at all."""
    budget = [MOST_NODES]
    found = _cleaned(raw, 0, budget)
    if not isinstance(found, dict):
        return dict(ANYTHING)
    found["type"] = "object"
    if not isinstance(found.get("properties"), dict):
        found["properties"] = {}
    required = found.get("required")
    found["required"] = [name for name in required if name in found["properties"]] if isinstance(required, list) else []
    if is_schema(found) and len(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS)) <= LONGEST:
        return found
    names = _names_only(found)
    return names if is_schema(names) else dict(ANYTHING)


def _names_only(schema: Schema) -> Schema:
    """What is left of a schema that is too long, or wrong in some part: names, types and which are needed."""
    kept = {}
    for name, part in list(schema["properties"].items())[:60]:
        known = {key: part[key] for key in ("type", "enum") if isinstance(part, dict) and key in part}
        kept[name] = known if is_schema(known) else {}
    return {"type": "object", "properties": kept, "required": [name for name in schema["required"] if name in kept]}


def _cleaned(value: Any, depth: int, budget: list[int]) -> Any:
    """What is too deep or too much is left out where it stands, so that what stays is a schema still."""
    budget[0] -= 1
    if isinstance(value, (dict, list)) and (depth > DEEPEST or budget[0] < 0):
        return {} if isinstance(value, dict) else CUT
    if isinstance(value, dict):
        return _node(value, depth, budget)
    if isinstance(value, list):
        items = [_cleaned(item, depth + 1, budget) for item in value[:200]]
        return [item for item in items if item is not CUT]
    if isinstance(value, str):
        text = value[:LONGEST_TEXT].replace("\x00", " ")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if unstorable_text(text) else text
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return 0
    return value


def _node(value: dict[Any, Any], depth: int, budget: list[int]) -> Any:
    reference = value.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#/"):
        return {}
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key)[:200]
        if name in LEFT_OUT and _is_keyword(name, item):
            continue
        if (cleaned := _cleaned(item, depth + 1, budget)) is not CUT:
            found[name] = cleaned
    return _without_nullable(found)


def _is_keyword(name: str, item: object) -> bool:
    """Whether this is the schema's own word, and not a property of that name, whose value is a schema."""
    return isinstance(item, str) or name == "patternProperties"


def _without_nullable(node: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's `nullable` and boolean limits as JSON Schema 2020-12 writes them."""
    may_be_null = isinstance(node.get("nullable"), bool) and node.pop("nullable")
    if may_be_null and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
        if isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
    for limit, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(node.get(limit), bool) and node.pop(limit) and bound in node:
            node[limit] = node.pop(bound)
    return node
