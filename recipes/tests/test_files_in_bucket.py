"""Files of runs and documents at the front doors while they are kept in a bucket of a real S3 store."""

import urllib.error
import urllib.request
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.knowledge import ingest
from agents.models import Document
from automatos.tests.s3_server import S3Server
from recipes.tests.kit import Cast
from recipes.tests.test_purge_conversations import talked
from tools.files import StoredRunFiles, remove_run_files
from workspaces.models import Role
from workspaces.tests.rest import Company, key_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(s3: S3Server, settings: Any) -> S3Server:
    """The store, as the product's own, with links to it."""
    settings.STORAGES = {**settings.STORAGES, "default": s3.storage}
    settings.FILES_LINKS = True
    return s3


def keys(bucket: S3Server) -> list[str]:
    return [each["Key"] for each in bucket.client().list_objects_v2(Bucket=bucket.bucket).get("Contents", [])]


def test_a_file_of_a_run_is_fetched_by_whoever_may_and_for_minutes(bucket: S3Server) -> None:
    cast = Cast()
    run = talked(cast, 0)
    assert keys(bucket) == [f"runs/{cast.workspace.pk}/{run.pk}/_inputs/note.txt"]
    files = StoredRunFiles(cast.workspace.pk, run.pk)
    async_to_sync(files.write)("Bericht (1).txt", b"done")
    listed = [(entry.name, entry.size) for entry in async_to_sync(files.list)()]
    assert listed == [("Bericht (1).txt", 4), ("note.txt", 4)]
    member, stranger = Client(), Client()
    member.force_login(cast.owner)
    stranger.force_login(Company().stranger)
    path = f"/w/{cast.workspace.slug}/runs/{run.pk}/files/"
    answer = member.get(f"{path}note.txt")
    assert (answer.status_code, answer["Cache-Control"], answer["Referrer-Policy"]) == (302, "no-store", "no-referrer")
    with urllib.request.urlopen(answer["Location"]) as got:
        assert (got.read(), got.headers["Content-Disposition"]) == (b"soup", 'attachment; filename="note.txt"')
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(answer["Location"].partition("?")[0])
    key = {"X-API-Key": key_of(cast.workspace, cast.owner, Role.OWNER)}
    told = Client(headers=key).get(f"/api/executions/{run.pk}/files/note.txt/content")
    assert (told.status_code, told.content) == (200, b"soup")
    assert member.get(f"{path}absent.txt").status_code == 404
    assert member.get(f"{path}..%2F..%2Fx").status_code == 404
    assert stranger.get(f"{path}note.txt").status_code == 404
    assert remove_run_files(cast.workspace.pk, run.pk) == 8
    assert keys(bucket) == []


def test_a_document_is_kept_and_read_there_and_nothing_is_half_written_when_it_is_gone(
    bucket: S3Server, settings: Any
) -> None:
    company = Company()

    def send(text: bytes) -> Any:
        body = {"file": SimpleUploadedFile("soup.txt", text), "title": "Soup"}
        return company.editor.client.post("/api/documents", body, headers={"X-API-Key": company.editor.key})

    answer = send(b"Boil the water.")
    assert answer.status_code == 201
    (name,) = keys(bucket)
    assert name.startswith(f"documents/{company.workspace.pk}/")
    ingest.run_read(company.workspace.pk, Document.objects.get().pk)
    assert company.viewer.get(f"/api/documents/{answer.json()['id']}")[1]["status"] == "ready"
    options = {**bucket.storage["OPTIONS"], "endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = {**settings.STORAGES, "default": {**bucket.storage, "OPTIONS": options}}
    refused = send(b"Boil it twice.")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "storage_down")
    assert Document.objects.count() == 1
