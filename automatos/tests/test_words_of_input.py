"""Words of an enumeration are taken in any case, and a name nobody knows is told with the nearest one there is."""

import pytest

from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


def test_a_word_of_an_enumeration_is_taken_in_any_case() -> None:
    company = Company()
    for category, kept in (("Writing", "writing"), ("HR", "hr"), (" Research ", "research")):
        status, made = company.editor.post("/api/agents", {"name": "Quill", "category": category})
        assert (status, made.get("category")) == (201, kept), made
    status, found = company.viewer.get("/api/agents?category=HR&status=Active")
    assert (status, found["total"]) == (200, 1)
    keys = f"/api/workspaces/{company.workspace.pk}/api-keys"
    assert company.admin.post(keys, {"name": "K", "role": "Viewer"})[1]["role"] == "viewer"
    status, refused = company.editor.post("/api/agents", {"name": "Quill", "category": "Wriitng"})
    assert (status, "writing" in refused["error"]["fields"]["category"][0]) == (400, True)


@pytest.mark.parametrize(("name", "meant"), [("Category", "category"), ("custom_promt", "custom_prompt")])
def test_an_unknown_field_is_named_with_the_nearest_one(name: str, meant: str) -> None:
    status, refused = Company().editor.post("/api/agents", {"name": "Quill", name: "x"})
    assert status == 400
    assert f"Did you mean {meant}?" in refused["error"]["fields"][name][0]
    status, refused = Company().editor.post("/api/agents", {"name": "Quill", "zzzzzz": "x"})
    assert (status, "Did you mean" in refused["error"]["message"]) == (400, False)
