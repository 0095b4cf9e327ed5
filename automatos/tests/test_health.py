"""What balancers ask, and the document of the API."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from recipes.models import Worker


def test_health_asks_nothing_of_anyone(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "Set-Cookie" not in response.headers
    assert client.post("/health").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_ready_names_the_worker_that_is_missing_late_or_there(client: Client) -> None:
    Worker.objects.all().delete()
    response = client.get("/ready")
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert {name: check["status"] for name, check in checks.items()} == {
        "database": "ok", "redis": "ok", "worker": "failed", "storage": "ok",
    }  # fmt: skip
    assert "No worker" in checks["worker"]["reason"]
    worker = Worker.objects.create(host="h", pid=1, heartbeat_at=timezone.now() - timedelta(seconds=16))
    assert client.get("/ready").status_code == 503
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now())
    assert client.get("/ready").json()["status"] == "ready"
    worker.delete()


@pytest.mark.django_db(transaction=True)
def test_ready_names_a_redis_that_is_gone(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"]["status"] == "failed"
    assert response.json()["checks"]["redis"]["reason"]


@pytest.mark.django_db(transaction=True)
def test_ready_names_a_storage_that_cannot_be_written(client: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    options = {"location": tmp_path / "file" / "below"}
    backend = "automatos.storage.folder.Folder"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    assert client.get("/ready").json()["checks"]["storage"]["status"] == "failed"


def test_the_api_document_is_valid_and_complete() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    for path in ("/api/agents/{agent_id}:", "/api/workflow-recipes/{recipe_id}/execute:", "/api/executions:"):
        assert path in out.getvalue()
