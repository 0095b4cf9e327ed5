"""The OpenAPI document is complete enough that a generated client works."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from automatos.local.addresses import PROJECT

Operation = dict[str, Any]
# What somebody else decides the shape of.
LEFT_OPEN = {"/api/webhooks/clerk", "/api/composio/webhook", "/hooks/{hook_id}", "/hooks/{hook_id}/{wait_id}"}
# A recipe also answers to its template_id, so this id may be a word; sessions and passkeys have numbers.
WORDS = {"recipe_id", "session_id", "passkey_id"}
# Clerk or Composio is who calls it, with a signature and no credential.
UNSIGNED = {"clerk_webhook", "composio_webhook", "hooks_receive", "hooks_resume"}
# Adds something that a plan counts; a run too many is 429.
PLANNED = {
    "agents_create", "agents_import", "agents_duplicate", "recipes_create", "documents_create", "documents_restore",
    "agents_chat",
}  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, Operation]]:
    return [(path, method, found) for path, methods in document["paths"].items() for method, found in methods.items()]


def test_it_is_valid_and_made_without_a_warning(document: dict[str, Any]) -> None:
    validate_schema(document)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS, list(GENERATOR_STATS._warn_cache) + list(GENERATOR_STATS._error_cache)


def test_each_operation_has_a_name_of_its_own_and_says_what_it_does(document: dict[str, Any]) -> None:
    found = operations(document)
    names = Counter(operation["operationId"] for _, _, operation in found)
    assert [name for name, number in names.items() if number > 1 or re.search(r"_\d+$", name)] == []
    assert [path for path, _, operation in found if not operation.get("description")] == []
    assert [path for path, _, operation in found if not 0 < len(operation.get("summary", "")) <= 92] == []


def test_what_generators_of_clients_ask_for_is_there(document: dict[str, Any]) -> None:
    found = operations(document)
    assert document["servers"]
    assert document["info"]["license"]["name"]
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for _, _, operation in found for tag in operation["tags"]} == described
    assert [path for path, _, operation in found if "security" not in operation] == []
    assert list(untyped_nullables(document["components"], "")) == []


def untyped_nullables(node: Any, place: str) -> Iterator[str]:
    """Where `nullable` stands without a type, which OpenAPI 3.0.3 gives no meaning."""
    if isinstance(node, dict):
        if node.get("nullable") is True and "type" not in node:
            yield place
        for name, one in node.items():
            yield from untyped_nullables(one, f"{place}/{name}")


def test_every_form_has_its_file_and_no_body_is_left_open(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    without, left_open = [], []
    for path, _, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], content["schema"])
            files = [one for one in schema.get("properties", {}).values() if one.get("format") == "binary"]
            # Of a run's start, each file is a part of the name of its input.
            if kind == "multipart/form-data" and not files and operation["operationId"] != "recipes_execute":
                without.append(path)
            if not schema.get("properties"):
                left_open.append(path)
    assert without == []
    assert set(left_open) == LEFT_OPEN


def test_the_types_of_events_are_those_that_are_written(document: dict[str, Any]) -> None:
    told = document["components"]["schemas"]["EventOut"]["properties"]["type"]
    named = set(told.get("enum") or document["components"]["schemas"][_ref(told)]["enum"])
    families = "|".join(sorted({name.partition(".")[0] for name in named}))
    written = set()
    for path in (PROJECT / "recipes").rglob("*.py"):
        if "tests" not in path.parts and path.name != "event_types.py":
            written |= set(re.findall(rf'"((?:{families})\.[a-z_]+)"', path.read_text()))
    # The first is a message that brings text as it is written; the others are columns of tables.
    others = {"execution.text", "execution.events", "step.order", "step.execution_id", "step.agent_name"}
    assert written - others == named


def _ref(node: dict[str, Any]) -> str:
    return str((node.get("$ref") or node["allOf"][0]["$ref"]).rpartition("/")[2])


def test_each_id_in_an_address_has_its_format(document: dict[str, Any]) -> None:
    assert sum("_id}" in path for path, _, _ in operations(document)) > 50
    for path, method, operation in operations(document):
        declared = {found["name"]: found for found in operation.get("parameters", []) if found["in"] == "path"}
        assert set(declared) == set(re.findall(r"{(\w+)}", path)), (method, path)
        for name, parameter in declared.items():
            if name.endswith("_id") and name not in WORDS:
                assert parameter["schema"].get("format") == "uuid", (method, path, name)


def test_each_operation_says_which_errors_it_gives(document: dict[str, Any]) -> None:
    missing = []
    for path, method, operation in operations(document):
        needed = {"400", "401", "406"} | (set() if operation["operationId"] in UNSIGNED else {"403", "429"})
        needed |= {"404"} if "{" in path else set()
        needed |= {"413"} if "requestBody" in operation else set()
        needed |= {"415"} if "requestBody" in operation and operation["operationId"] not in UNSIGNED else set()
        needed |= {"402"} if operation["operationId"] in PLANNED else set()
        if left_out := needed - set(operation["responses"]):
            missing.append((method, path, sorted(left_out)))
    assert missing == []
