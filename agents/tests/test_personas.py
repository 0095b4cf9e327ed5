"""Personas over HTTP: everyone's and one's own."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Persona
from agents.personas import tasks as personas_tasks
from agents.tests.page_kit import Cast, persona
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
GOOD = {"name": "Terse", "category": "Support", "system_prompt": "Be brief.", "suggested_temperature": 0.3}


@pytest.fixture
def company() -> Company:
    return Company()


def made(company: Company, **changes: Any) -> dict[str, Any]:
    status, body = company.editor.post("/api/personas", {**GOOD, **changes})
    assert status == 201, body
    return dict(body)


def test_an_own_persona_can_be_worn_changed_and_taken_out_of_the_choice(company: Company) -> None:
    own = made(company, suggested_models=["openai:gpt-4o"])
    path = f"/api/personas/{own['id']}"
    assert (own["slug"], own["scope"], own["suggested_models"]) == ("terse", "workspace", ["openai:gpt-4o"])
    agent = company.agent(persona_id=own["id"])
    assert company.editor.patch(path, {"system_prompt": "One line."})[1]["name"] == "Terse"
    context = f"/api/agents/{agent['id']}/assembled-context"
    assert "One line." in company.viewer.get(context)[1]["system_prompt"]
    assert company.editor.delete(path)[0] == 403
    assert company.admin.delete(path)[0] == 204
    assert company.viewer.get(path)[0] == 404
    assert "One line." in company.viewer.get(context)[1]["system_prompt"]


def test_another_workspace_neither_sees_nor_changes_it(company: Company) -> None:
    path = f"/api/personas/{made(company)['id']}"
    assert company.outsider.get(path)[0] == 404
    assert company.outsider.patch(path, {"name": "Mine"})[0] == 404
    assert company.outsider.delete(path)[0] == 404


def test_a_global_persona_is_read_and_copied_but_not_changed(company: Company) -> None:
    path = f"/api/personas/{persona().pk}"
    assert company.viewer.get(path)[1]["scope"] == "global"
    assert company.owner.patch(path, {"name": "Mine"})[0] == 409
    assert company.owner.delete(path)[0] == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"category": ""}, "category"),
        ({"system_prompt": " "}, "system_prompt"),
        ({"suggested_temperature": 2.5}, "suggested_temperature"),
        ({"suggested_models": ["gpt"]}, "suggested_models"),
        ({"suggested_models": [f"openai:{n}" for n in range(11)]}, "suggested_models"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"slug_": "x"}, "slug_"),
    ],
)
def test_a_bad_value_names_its_field(company: Company, change: dict[str, Any], field: str) -> None:
    status, body = company.editor.post("/api/personas", {**GOOD, **change})
    assert status == 400
    assert body["error"]["fields"][field]
    assert not Persona.objects.filter(workspace=company.workspace).exists()


def test_the_page_filters_copies_deletes_and_undoes() -> None:
    cast = Cast()
    everyones = persona("Reviewer", category="Engineering")
    path = f"{cast.root}/personas/"
    assert "Reviewer" in cast.viewer.get(f"{path}?category=Engineering&q=review").content.decode()
    assert "No persona matches" in cast.viewer.get(f"{path}?q=zebra").content.decode()
    cast.editor.post(f"{path}{everyones.pk}/duplicate/")
    own = Persona.objects.get(workspace=cast.workspace)
    assert own.name == "Reviewer (copy)"
    assert cast.editor.get(f"{path}{everyones.pk}/").status_code == 404
    assert cast.editor.post(f"{path}{own.pk}/", {"name": "Mine"}).status_code == 422
    assert cast.editor.post(f"{path}{own.pk}/delete/").status_code == 403
    assert "Undo" in cast.owner.post(f"{path}{own.pk}/delete/", follow=True).content.decode()
    assert "Reviewer (copy)" not in cast.viewer.get(path).content.decode()
    cast.owner.post(f"{path}{own.pk}/restore/")
    assert "Reviewer (copy)" in cast.viewer.get(path).content.decode()


def test_a_deleted_one_goes_after_30_days_unless_it_is_worn(company: Company) -> None:
    fresh, old, worn = (made(company, name=name)["id"] for name in ("Fresh", "Old", "Worn"))
    company.agent(persona_id=worn)
    for pk, days in ((fresh, 29), (old, 31), (worn, 31)):
        assert company.admin.delete(f"/api/personas/{pk}")[0] == 204
        Persona.objects.filter(pk=pk).update(deleted_at=timezone.now() - timedelta(days=days))
    personas_tasks.purge_personas()
    left = Persona.objects.filter(workspace=company.workspace)
    assert set(left.values_list("name", flat=True)) == {"Fresh", "Worn"}
