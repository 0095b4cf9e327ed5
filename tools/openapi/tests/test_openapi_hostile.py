"""OpenAPI documents made to break whoever reads or calls them: each is read in bounds, or refused by name."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tools.contract import ToolProblem
from tools.mcp.tests.test_servers_api import House
from tools.openapi.calling import request_of
from tools.openapi.loading import load
from tools.openapi.reading import read

APIS = "/api/openapi-tools"


@pytest.fixture
def house(db: None) -> House:
    return House()


def document(schemas: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    operation = {"operationId": "make", "requestBody": body}
    info = {"title": "Chain", "version": "1"}
    return {
        "openapi": "3.0.0",
        "info": info,
        "paths": {"/a": {"post": operation}},
        "components": {"schemas": schemas},
        **more,
    }


def test_a_long_chain_of_references_is_followed(house: House) -> None:
    """Real documents have hundreds of schemas that name one another."""
    chain = {
        f"S{at}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{at + 1}"}}}
        for at in range(600)
    }
    chain["S600"] = {"type": "string"}
    given = document(chain, servers=[{"url": "https://a.example"}])
    answer = house.post(APIS, {"name": "chain", "document": json.dumps(given)})
    assert answer.status_code == 201, answer.json()
    schema = read(load(json.dumps(given))).operations["make"]["inputSchema"]
    assert schema["$defs"]["S600"] == {"type": "string"}


def test_variables_of_a_server_that_name_one_another_do_not_grow() -> None:
    names = [f"v{at}" for at in range(20)]
    variables = {name: {"default": f"{{{after}}}" * 50} for name, after in pairwise(names)}
    found = read(document({}, servers=[{"url": "https://{v0}{v1}", "variables": variables}]))
    assert len(found.base_url) <= 2_000
    plain = read(document({}, servers=[{"url": "https://{at}.example", "variables": {"at": {"default": "a"}}}]))
    assert plain.base_url == "https://a.example"


def test_a_value_with_a_thousand_places_in_the_path_is_refused() -> None:
    parameters = [{"argument": "key", "name": "key", "in": "path"}]
    request = {"method": "GET", "path": "/" + "{key}" * 10_000, "parameters": parameters, "body": {}}
    with pytest.raises(ToolProblem, match="Give a shorter key"):
        request_of("https://a.example", request, {"key": "x" * 300_000})
