"""Questions of a hostile server: whatever their shape, they become a form or nothing."""

from typing import Any, cast

import pytest
from mcp_types import ElicitRequestFormParams, ElicitRequestURLParams

from tools.contract import Onlookers
from tools.mcp.oauth.wire import _covers
from tools.mcp.onlooking import Hearing, form_schema

HEARING = Hearing("shop", "order", cast(Onlookers, None))


@pytest.mark.parametrize("required", [[["a"], "a"], [{"a": 1}, "a", "b"], [None, 1, "a"]])
def test_names_of_needed_fields_may_be_anything(required: list[Any]) -> None:
    assert form_schema({"properties": {"a": {"type": "string"}}, "required": required})["required"] == ["a"]


@pytest.mark.parametrize(
    "part", [{"type": ["string"]}, {"enum": [[1], {"a": 1}]}, {"oneOf": [1, {"const": []}]}, 1, None]
)
def test_a_field_may_be_anything(part: Any) -> None:
    asked = HEARING._question(ElicitRequestFormParams(message="?", requested_schema={"properties": {"a": part}}))
    assert asked is not None
    assert asked.schema["properties"]["a"] == {"type": "string"}


@pytest.mark.parametrize(
    "url", ["http://[", "javascript:alert(1)", "https://", "http://a\x00b/", f"https://a/{'a' * 3000}"]
)
def test_a_page_that_is_none_of_the_web_is_not_shown(url: str) -> None:
    assert HEARING._question(ElicitRequestURLParams(message="?", url=url, elicitation_id="1")) is None


def test_a_resource_covers_whole_parts_of_a_path() -> None:
    own = "https://a.example/mcp-of-others/x"
    assert not _covers("https://a.example/mcp", own)
    assert all(_covers(one, own) for one in ("https://a.example", "https://A.example/mcp-of-others/", own))
