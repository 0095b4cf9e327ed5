"""What entries hold: what changed, by whom and how; never a secret, never a whole prompt."""

import hashlib
from typing import Any

import pytest
from django.test import Client

from workspaces.audit import log as audit
from workspaces.audit.values import HIDDEN, MOST_BYTES, is_secret, plain, shortened
from workspaces.models import AuditEntry, Role
from workspaces.tests.credential_kit import stocked_company
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def entries(company: Company, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(workspace_id=company.workspace.pk, action=action).order_by("seq"))


def only(company: Company, action: str) -> AuditEntry:
    (entry,) = entries(company, action)
    return entry


def after(entry: AuditEntry) -> dict[str, Any]:
    assert entry.after is not None
    return dict(entry.after)


def test_an_agents_life_is_recorded_with_what_it_was_before(company: Company) -> None:
    agent = company.agent(name="Nora", agent_model_config={"temperature": 0.4})
    path = f"/api/agents/{agent['id']}"
    company.editor.patch(path, {"tags": ["news"], "agent_model_config": {"temperature": 0.9}})
    company.editor.post(f"{path}/status", {"status": "paused"})
    company.admin.delete(path)
    assert after(only(company, "agent.created"))["name"] == "Nora"
    changed = only(company, "agent.updated")
    assert changed.before == {"tags": [], "agent_model_config": {"temperature": 0.4}}
    assert changed.after == {"tags": ["news"], "agent_model_config": {"temperature": 0.9}}
    moved = only(company, "agent.status_changed")
    assert (moved.before, moved.after) == ({"status": "active"}, {"status": "paused"})
    gone = only(company, "agent.deleted")
    assert (gone.target_type, gone.target_id, gone.target) == ("agent", agent["id"], "Nora")
    assert gone.actor == company.people[Role.ADMIN].email


def test_a_recipes_life_is_recorded_step_by_step(company: Company) -> None:
    recipe = company.recipe("Write.", "Check.", name="Soup")
    path = f"/api/workflow-recipes/{recipe['id']}"
    steps = [dict(step, prompt_template=f"{step['prompt_template']} Twice.") for step in recipe["steps"][:1]]
    assert company.editor.patch(path, {"steps": [*steps, recipe["steps"][1]]})[0] == 200
    company.admin.delete(path)
    changed, name = only(company, "recipe.updated"), recipe["steps"][0]["step_id"]
    assert changed.before == {"version": 1, "steps": {name: {"prompt_template": "Write."}}}
    assert changed.after == {"version": 2, "steps": {name: {"prompt_template": "Write. Twice."}}}
    assert only(company, "recipe.deleted").target == "Soup"


def test_a_run_is_recorded_when_it_starts_and_when_somebody_ends_it(company: Company) -> None:
    recipe = company.recipe("Write.")
    run = company.editor.post(f"/api/workflow-recipes/{recipe['id']}/execute", {"input_data": {}})[1]["execution_id"]
    started = only(company, "run.started")
    assert (started.target_id, after(started)["recipe_id"]) == (run, recipe["id"])
    assert (started.via, started.actor) == ("api_key", company.people[Role.EDITOR].email)
    assert company.editor.post(f"/api/executions/{run}/cancel")[0] == 200
    assert only(company, "run.cancelled").before == {"status": "pending"}


def test_what_is_refused_leaves_no_entry(company: Company) -> None:
    agent = company.agent()
    before = AuditEntry.objects.count()
    assert company.editor.patch(f"/api/agents/{agent['id']}", {"name": ""})[0] == 400
    assert company.editor.post(f"/api/agents/{agent['id']}/status", {"status": "draft"})[0] == 409
    assert AuditEntry.objects.count() == before


def test_a_browsers_change_says_so_and_carries_its_request(company: Company) -> None:
    client = Client(headers={"X-Request-ID": "from-the-browser-1"})
    client.force_login(company.people[Role.OWNER])
    path = f"/w/{company.workspace.slug}/settings/"
    client.post(path, {"name": "Renamed", "slug": company.workspace.slug})
    entry = only(company, "workspace.updated")
    assert (entry.via, entry.request_id, entry.ip) == ("session", "from-the-browser-1", "127.0.0.1")


def test_planted_secrets_are_in_no_entry() -> None:
    company = stocked_company()
    names = [
        "password", "old_password", "secret", "client_secret", "api_key", "apiKey", "OPENAI_API_KEY", "key_hash",
        "access_token", "token", "Authorization", "Set-Cookie", "private_key", "signing_key", "passphrase", "pem",
    ]  # fmt: skip
    planted = {name: f"planted-{number}" for number, name in enumerate(names)}
    nested = {"deep": [{"er": planted}], "headers": planted, **planted}
    audit.record(
        "agent.updated", workspace_id=company.workspace.pk, target=("agent", 1, "Q"), before=nested, after=nested
    )
    key = company.admin.post(f"/api/workspaces/{company.workspace.pk}/api-keys", {"name": "CI", "role": "viewer"})[1]
    secret = {"type": "openai", "name": "Ours", "fields": {"api_key": "sk-planted-0123456789abcdef"}}
    assert company.admin.post("/api/credentials", secret)[0] == 201
    log = str(list(AuditEntry.objects.filter(workspace_id=company.workspace.pk).values()))
    assert "planted" not in log
    assert str(key["key"]) not in log
    assert after(only(company, "agent.updated"))["headers"]["password"] == HIDDEN


@pytest.mark.parametrize("name", ["max_tokens", "input_tokens", "name", "key", "prefix", "secrets_changed", "hashtags"])
def test_harmless_names_are_shown(name: str) -> None:
    assert not is_secret(name)


def test_a_long_prompt_is_kept_in_short_and_still_shows_each_change(company: Company) -> None:
    old, new = "Cook. " * 5000, "Cook. " * 5000 + "Well."
    agent = company.agent(custom_prompt=old)
    company.editor.patch(f"/api/agents/{agent['id']}", {"custom_prompt": new})
    entry = only(company, "agent.updated")
    assert entry.before != entry.after
    assert hashlib.sha256(new.strip().encode()).hexdigest() in after(entry)["custom_prompt"]
    assert len(after(entry)["custom_prompt"]) < 400


def test_values_read_back_as_they_were_sealed() -> None:
    odd: dict[str, Any] = {"a": 1e22, "b": -0.0, "c": 10**40, "d": float("nan"), "e": True, "f": (1, 2), "g": {3: None}}
    assert plain(odd) == {
        "a": "1e+22",
        "b": 0.0,
        "c": str(10**40),
        "d": "nan",
        "e": True,
        "f": [1, 2],
        "g": {"3": None},
    }
    many = plain({f"field{number}": "x" * 400 for number in range(500)})
    assert len(str(many)) < 2 * MOST_BYTES
    assert shortened("short") == "short"


def test_changes_keeps_only_what_differs() -> None:
    before = {"name": "A", "model": {"id": "m", "temperature": 0.1}, "same": [1]}
    after = {"name": "B", "model": {"id": "m", "temperature": 0.2}, "same": [1]}
    assert audit.changes(before, after, after) == {
        "before": {"name": "A", "model": {"temperature": 0.1}},
        "after": {"name": "B", "model": {"temperature": 0.2}},
    }
    assert audit.changes(before, before, before) == {}
