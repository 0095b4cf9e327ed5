"""Every POST that starts work takes an Idempotency-Key: sent again it answers as before and starts nothing new."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.generators import SchemaGenerator

from agents.models import Document
from recipes.models import Execution
from workspaces.models import IdempotentRequest
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
# What starts work of a worker or a model, by name of its operation. A new one belongs here, and takes the key.
STARTING = {
    "agent_drafts_create", "agent_drafts_trial", "agents_chat", "apps_sync", "deliveries_replay",
    "document_sites_create", "document_sites_refresh", "documents_create", "documents_refresh", "evaluations_start",
    "executions_fork_create", "executions_rerun_create", "executions_retry_create", "openai_chat_completions",
    "openai_responses",
    "plugin_imports_create", "plugins_submit", "recipe_proposals_create", "recipes_assess_quality", "recipes_execute",
    "recipes_learn", "recipes_try_step", "skill_sources_create", "skill_sources_sync",
    "workflow_recipes_executions_fork_create", "workflow_recipes_executions_rerun_create",
    "workflow_recipes_executions_retry_create", "workflows_execute", "workflows_hire", "workflows_plan",
}  # fmt: skip


def test_the_document_names_the_key_at_each_of_them() -> None:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    posts = [methods["post"] for methods in document["paths"].values() if "post" in methods]
    keyed = {
        one["operationId"]
        for one in posts
        if any(parameter["name"] == "Idempotency-Key" for parameter in one.get("parameters", ()))
    }
    assert keyed == STARTING


def test_a_text_sent_twice_is_one_document_and_another_one_is_refused() -> None:
    company = Company()
    key, body = {"Idempotency_Key": "key-1"}, {"title": "Otters", "text": "Otters hold hands."}
    first = company.editor.post("/api/documents", body, **key)
    assert company.editor.post("/api/documents", body, **key) == first
    assert first[0] == 201
    assert Document.objects.filter(workspace=company.workspace).count() == 1
    status, refused = company.editor.post("/api/documents", {**body, "title": "Others"}, **key)
    assert (status, refused["error"]["code"]) == (409, "idempotency_key_reused")
    status, refused = company.editor.post("/api/documents", {"title": ""}, Idempotency_Key="key-2")
    assert status == 400
    assert not IdempotentRequest.objects.filter(workspace=company.workspace, key="key-2").exists()
    # Somebody else who happens on the key does not get that answer.
    assert company.admin.post("/api/documents", body, **key)[1]["id"] != first[1]["id"]


def test_a_file_sent_twice_is_one_document() -> None:
    company = Company()

    def sent(content: bytes) -> Any:
        file = SimpleUploadedFile("otters.txt", content, "text/plain")
        return company.editor.client.post("/api/documents", {"file": file}, headers={"Idempotency-Key": "key-1"})

    first, again, other = sent(b"Otters hold hands."), sent(b"Otters hold hands."), sent(b"Others do not.")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409), again.content
    assert (again.json(), again.headers["Location"]) == (first.json(), first.headers["Location"])
    assert Document.objects.filter(workspace=company.workspace).count() == 1


def test_a_step_tried_twice_is_one_run() -> None:
    company = Company()
    made = company.recipe("Write about otters.")
    path = f"/api/workflow-recipes/{made['id']}/draft/steps/{made['steps'][0]['step_id']}/try"
    first = company.editor.post(path, {}, Idempotency_Key="key-1")
    assert first[0] == 202, first
    assert company.editor.post(path, {}, Idempotency_Key="key-1") == first
    assert Execution.objects.filter(workspace=company.workspace).count() == 1
    assert company.editor.post(path, {}, Idempotency_Key="key-2")[1]["execution_id"] != first[1]["execution_id"]
