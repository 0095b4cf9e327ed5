"""Whatever is sent to the API, the answer has one shape, names the cause, and is never a 500."""

from typing import Any

import pytest

from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"nonsense", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b"1", 400),
    (b'"text"', 400),
    (b"NaN", 400),
    (b'{"name": NaN}', 400),
    (b'{"name": 1e999}', 400),
    (b'{"name": "\xff\xfe"}', 400),
    (b'{"name": "a\\u0000b"}', 400),
    (b'{"name": "\\ud800"}', 400),
    (b'{"a\\u0000b": 1}', 400),
    (b'{"name": ' + b"9" * 5000 + b"}", 400),
    (b'{"name": 99999999999999999999}', 400),
    (b'{"name": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
    (b"[" * 100_000 + b"]" * 100_000, 400),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    (b'{"name": "' + b"x" * (4 * 1024 * 1024) + b'"}', 413),
]


@pytest.mark.parametrize("path", ["/api/agents", "/api/workflow-recipes"])
@pytest.mark.parametrize(("body", "expected"), BODIES, ids=lambda value: str(value)[:24])
def test_a_hostile_body_is_refused_in_the_one_shape(company: Company, path: str, body: bytes, expected: int) -> None:
    status, answer = company.editor.send("POST", path, body)
    assert status == expected
    assert set(answer["error"]) <= {"code", "message", "fields", "request_id"}
    assert answer["error"]["message"]
    assert answer["error"]["request_id"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=" + "9" * 400, "limit"),
        ("offset=-1", "offset"),
        ("offset=" + "9" * 30, "offset"),
        ("ordering=password", "ordering"),
        ("ordering=--name", "ordering"),
        ("ordering=workspace__members", "ordering"),
        ("status=nix", "status"),
        ("category=nix", "category"),
        ("search=a%00b", "search"),
        ("status=%00", "status"),
        ("%00=1", "query"),
    ],
)
def test_a_bad_list_parameter_is_400_and_named(company: Company, query: str, field: str) -> None:
    status, answer = company.viewer.get(f"/api/agents?{query}")
    assert status == 400
    assert field in answer["error"]["fields"] or field == "query"


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nix",
        "/api/agents/",
        "/api/agents/nix",
        "/api/agents/123",
        "/api/workflow-recipes/%00",
        "/api/workflow-recipes/a/b/c",
        "/api/executions/nix",
        "/api/executions/00000000-0000-0000-0000-000000000000/steps/99999999999999999999999",
    ],
)
def test_an_unknown_address_is_a_404_in_json(company: Company, path: str) -> None:
    status, answer = company.owner.get(path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_other_refusals_have_the_same_shape(company: Company) -> None:
    assert company.owner.delete("/api/agents")[1]["error"]["code"] == "method_not_allowed"
    assert company.owner.send("OPTIONS", "/api/agents")[0] == 405
    response = company.owner.client.post("/api/agents", "name=A", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert company.owner.get("/api/agents", Accept="image/png")[1]["error"]["code"] == "not_acceptable"


def test_lists_page_search_and_order(company: Company) -> None:
    for name in ("Ada", "Bob", "Cid"):
        company.agent(name=name, description="works")
    first: Any = company.viewer.get("/api/agents?limit=2&search=WORKS&ordering=-name")[1]
    assert [item["name"] for item in first["items"]] == ["Cid", "Bob"]
    assert (first["total"], first["limit"], first["offset"], first["previous"]) == (3, 2, 0, None)
    second = company.viewer.get(first["next"])[1]
    assert [item["name"] for item in second["items"]] == ["Ada"]
    assert second["next"] is None
    assert company.viewer.get(second["previous"])[1]["items"] == first["items"]
    assert company.viewer.get("/api/agents?offset=50")[1]["items"] == []


def test_a_callers_request_id_comes_back(company: Company) -> None:
    answer = company.owner.get("/api/nix", X_Request_ID="my-request-1234")[1]
    assert answer["error"]["request_id"] == "my-request-1234"
