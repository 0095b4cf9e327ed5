"""The pages of APIs: imported, chosen, tried, a newer document accepted, removed; nonsense named at its field."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings

from automatos.private_hosts import parse
from tools.composio.tests.kit import signed_in, whole
from tools.models import RemoteService, RemoteTool
from tools.openapi.tests.test_openapi_tools import document, shop
from workspaces.models import Role, User
from workspaces.services import create_workspace, set_role

pytestmark = pytest.mark.django_db


class Pages:
    """A browser of the owner at the pages of APIs."""

    def __init__(self) -> None:
        self.owner = User.objects.create_user("owner@example.org")
        self.workspace = create_workspace(name="Kitchen", owner=self.owner)
        self.client = signed_in(self.owner)
        self.root = f"/w/{self.workspace.slug}/apis/"

    def text(self, path: str = "") -> str:
        answer = self.client.get(self.root + path)
        assert answer.status_code == 200, answer.status_code
        return re.sub(r"\s+", " ", answer.text)

    def post(self, path: str, **data: Any) -> Any:
        return whole(self.client.post(self.root + path, data))

    def tool(self, name: str) -> RemoteTool:
        return RemoteTool.objects.get(service__workspace=self.workspace, name=name)


@pytest.fixture
def pages(settings: Settings) -> Pages:
    settings.OUTSIDE_PRIVATE_HOSTS = parse(["127.0.0.1"])
    return Pages()


def file_of(content: Any, name: str = "openapi.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else json.dumps(content).encode())


def test_an_api_from_a_file_to_its_end(pages: Pages) -> None:
    with shop() as (url, seen):
        assert "No API yet" in pages.text()
        made = pages.post("add/", name="pets", file=file_of(document(url)))
        service = RemoteService.objects.get()
        assert made["Location"] == f"{pages.root}{service.pk}/choose/"
        assert "/pets/{id}" in pages.text(f"{service.pk}/choose/")
        pages.post(f"{service.pk}/choose/", operation=["findPets", "getPet"])
        assert [pages.tool(name).is_offered for name in ("findPets", "addPet")] == [True, False]
        trial = f"{service.pk}/tools/{pages.tool('getPet').pk}/try/"
        assert "Would be refused" in pages.post(trial, do="dry").text
        assert "Would be sent" not in pages.text(trial)
        assert "It would be sent" in pages.post(trial, do="dry", **{"a:id": "7"}).text
        assert seen == []
        assert "HTTP 200" in pages.post(trial, do="run", **{"a:id": "7"}).text
        assert seen[0]["path"] == "/pets/7"
        shut = f"{service.pk}/tools/{pages.tool('addPet').pk}/try/"
        assert "switched off in this workspace" in pages.text(shut)
    newer = document(url)
    newer["paths"]["/pets"]["get"]["summary"] = "Find pets, then tell everybody."
    assert pages.post(f"{service.pk}/document/", file=file_of(newer)).status_code == 302
    page = pages.text("?server=pets")
    assert "is suspended" in page
    assert "then tell everybody" in page
    tool = pages.tool("findPets")
    pages.post(f"{service.pk}/do/", do="accept", tool=str(tool.pk), digest=tool.pending_digest)
    assert "is suspended" not in pages.text()
    pages.post(f"{service.pk}/edit/", name="animals", base_url="")
    pages.post(f"{service.pk}/do/", do="disable")
    assert "Switch on" in pages.text("?server=animals")
    assert "Nothing fits" in pages.text("?server=animals&q=zebra")
    assert "Nothing failed" in pages.text("?server=animals&tab=failures")
    assert "Remove animals?" in pages.text(f"{service.pk}/remove/")
    pages.post(f"{service.pk}/remove/")
    assert "No API yet" in pages.text()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "pets"}, "Give the address of the document"),
        ({"name": "Pets!", "file": file_of(document("https://a.example"))}, "small letters"),
        ({"name": "pets", "file": file_of(b"\xff\xfe{")}, "no text in UTF-8"),
        ({"name": "pets", "file": file_of(b"{\x00")}, "not valid JSON"),
        ({"name": "pets", "file": file_of({"openapi": "3.1.0", "paths": {}})}, "no operation that can be used"),
        ({"name": "pets", "url": "http://169.254.169.254/openapi.json"}, "reach"),
        ({"name": "pets", "url": "http://["}, "address"),
    ],
)
def test_what_cannot_be_imported_is_named_at_its_field(pages: Pages, given: dict[str, Any], says: str) -> None:
    answer = pages.post("add/", **given)
    assert answer.status_code == 422
    assert says in answer.text
    assert not RemoteService.objects.exists()


def test_a_viewer_reads_and_an_outsider_finds_nothing(pages: Pages) -> None:
    pages.post("add/", name="pets", file=file_of(document("https://a.example")))
    service, tool = RemoteService.objects.get(), pages.tool("findPets")
    viewer, outsider = (User.objects.create_user(f"{name}@example.org") for name in ("vic", "sam"))
    set_role(workspace=pages.workspace, user=viewer, role=Role.VIEWER)
    places = ("add/", *(f"{service.pk}/{end}/" for end in ("choose", "edit", "document", "remove", "do")))
    for user, status in ((viewer, 403), (outsider, 404)):
        client = signed_in(user)
        assert {client.post(pages.root + place).status_code for place in places} == {status}
        trial = f"{pages.root}{service.pk}/tools/{tool.pk}/try/"
        assert client.post(trial, {"do": "run"}).status_code == status
        assert client.get(trial).status_code == (200 if user == viewer else 404)
    assert RemoteService.objects.get().name == "pets"
