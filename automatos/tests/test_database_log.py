"""What people write does not end up in PostgreSQL's log: expected clashes are looked for, and none is logged whole."""

import os
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from agents.models import Agent
from workspaces.models import Role, Workspace
from workspaces.tests.rest import Company

LOG = Path(os.environ["DATA"]) / "logs" / "postgres.log"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="another server's log"),
]


def test_equal_names_cause_no_error_in_the_database() -> None:
    company, secret, before = Company(), f"secret-{uuid4().hex}", LOG.read_text()
    for _ in range(3):
        for path, more in (
            ("/api/agents", {"description": secret}),
            ("/api/personas", {"description": secret, "text": secret}),
        ):
            company.editor.post(path, {"name": "Quill", **more})
    agent_id = company.agent()["id"]
    for template_id in ("dinner", "dinner", ""):
        steps = [{"agent_id": agent_id, "order": 1, "prompt_template": secret}]
        company.editor.post("/api/workflow-recipes", {"name": "Dinner", "template_id": template_id, "steps": steps})
    for _ in range(2):
        company.editor.post("/api/agents", {"name": "Once", "description": secret}, Idempotency_Key="key-1")
    assert Agent.objects.filter(workspace=company.workspace, name="Quill").count() >= 3
    added = LOG.read_text()[len(before) :]
    assert "ERROR" not in added, added
    assert secret not in added


def test_what_another_workspace_has_is_not_looked_for_by_an_error() -> None:
    """Addresses are one for all workspaces, whose rows nobody else sees."""
    first, second, name, before = Company(), Company(), f"Planted {uuid4().hex}", LOG.read_text()
    for company in (first, second):
        client = Client()
        client.force_login(company.people[Role.OWNER])
        made = [client.post("/workspaces/new/", {"name": name})["Location"].split("/")[2] for _ in range(2)]
        assert len(set(made)) == 2
        path = f"/api/workspaces/{company.workspace.pk}"
        assert company.owner.patch(path, {"slug": made[0]})[0] == 400
        agent = company.agent(name=name)["id"]
        shared = {"kind": "agent", "source_id": agent, "audience": "workspace", "name": name}
        assert company.owner.post("/api/marketplace/listings", shared)[0] == 201
        # Deleted, its address given away, and brought back.
        assert company.admin.delete(f"/api/agents/{agent}")[0] == 204
        company.agent(name=name)
        assert client.post(f"/w/{company.workspace.slug}/agents/{agent}/restore/").status_code == 302
    added = LOG.read_text()[len(before) :]
    assert "ERROR" not in added, added
    assert name.lower().replace(" ", "-") not in added


def test_a_second_start_causes_no_error_in_the_database() -> None:
    call_command("seed", stdout=StringIO())
    before = LOG.read_text()
    call_command("seed", stdout=StringIO())
    added = LOG.read_text()[len(before) :]
    assert "ERROR" not in added, added


def test_a_refused_statement_is_not_logged_with_what_it_held() -> None:
    secret = f"secret-{uuid4().hex}"
    Workspace.objects.create(name=secret, slug=secret)
    with pytest.raises(IntegrityError), transaction.atomic():
        Workspace.objects.create(name=secret, slug=secret)
    assert "duplicate key" in LOG.read_text()
    assert secret not in LOG.read_text()
