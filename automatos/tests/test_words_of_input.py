"""Words of an enumeration are taken in any case, and a name nobody knows is told with the nearest one there is."""

from dataclasses import replace
from functools import cache
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from automatos.rest_schema import takes_body
from automatos.tests.hostile_bodies import END, FORM, JSON, MULTIPART, part
from workspaces.doors.endpoints import SignedInView
from workspaces.models import Role, User
from workspaces.tests.matrix import World, filled, signed_in
from workspaces.tests.matrix_doors import PERSON, STAFF, Door, operations
from workspaces.tests.rest import Company

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_database")]


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


# What takes fields that nobody here named: other people's messages, and bodies in the shape of other people's APIs.
OPEN = {
    "clerk_webhook", "composio_webhook", "hooks_receive", "hooks_resume", "openai_chat_completions",
    "openai_embeddings", "openai_responses",
}  # fmt: skip
# What takes files, as a form.
FILES = {"documents_create", "plugins_submit", "plugins_upload", "skill_sources_create"}
# What a key may not do for its person, and is refused before the body is looked at.
PERSONS_OWN = {"workspaces_leave"}


# What clients of OpenAI's API ask, who may add names of their own to the query.
OPENAI = {
    "openai_models",
    "openai_model",
    "openai_response",
    "openai_response_delete",
    "openai_response_items",
}


@cache
def documented() -> dict[str, list[str]]:
    """The query parameters of each operation that has some, by its name, as the OpenAPI document says."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found = [one for methods in document["paths"].values() for one in methods.values()]
    return {
        one["operationId"]: [each["name"] for each in one["parameters"] if each["in"] == "query"]
        for one in found
        if "parameters" in one
    }


def each() -> list[Door]:
    """Each operation that may take a body."""
    return [door for door in operations() if door.method != "GET" and door.name not in OPEN]


def client_of(world: World, door: Door) -> Client:
    """Somebody who may."""
    if door.audience == STAFF:
        return signed_in(User.objects.create_user(f"{uuid4().hex}@example.org", is_staff=True))
    return world.members[Role.OWNER] if door.audience == PERSON else world.keys[Role.OWNER]


def test_each_operation_names_a_field_it_does_not_know_and_the_nearest_one(world: World) -> None:
    wrong = []
    doors = [door for door in each() if isinstance(door.body, dict) and door.name not in FILES]
    assert len(doors) > 90
    for door in doors:
        known = next(iter(door.body), "")
        unknown = f"{known}x" if known else "zzzzzz"
        answer = world.ask(client_of(world, door), replace(door, body={**door.body, unknown: "x"}), world.ids)
        said = answer.raw.decode(errors="replace")
        if answer.status != 400 or f'"{unknown}":' not in said or (known and f"Did you mean {known}?" not in said):
            wrong.append(f"{door.label} ({door.name}) with {unknown}: {answer.status} {answer.raw[:200]!r}")
    assert not wrong, "\n".join(wrong)


def test_an_operation_that_takes_no_body_names_what_was_sent(world: World) -> None:
    wrong = []
    doors = [door for door in each() if door.body is None and door.name not in PERSONS_OWN]
    assert len(doors) > 60
    for door in doors:
        client = client_of(world, door)
        answer = world.ask(client, replace(door, body={"zzzzzz": "x"}), world.ids)
        if answer.status != 400 or b'"zzzzzz"' not in answer.raw:
            wrong.append(f"{door.label} ({door.name}): {answer.status} {answer.raw[:200]!r}")
        if b"takes no" in world.ask(client, replace(door, body={}), world.ids).raw:
            wrong.append(f"{door.label} ({door.name}) refuses an empty body")
    path = f"/api/agents/{world.ids['Agent', 'pk']}/duplicate"
    for kind, raw in ((MULTIPART, part(b'name="zzzzzz"', b"x") + END), (FORM, b"zzzzzz=x"), (JSON, b'["x"]')):
        assert world.keys[Role.OWNER].generic("POST", path, raw, content_type=kind).status_code == 400, kind
    for kind, raw in ((MULTIPART, END), (FORM, b""), (JSON, b"")):
        assert world.keys[Role.OWNER].generic("POST", path, raw, content_type=kind).status_code == 201, kind
    assert not wrong, "\n".join(wrong)


def test_each_operation_names_a_query_parameter_it_does_not_know_and_the_nearest_one(world: World) -> None:
    wrong = []
    doors = [door for door in operations() if door.name not in {*OPEN, *OPENAI, *PERSONS_OWN}]
    assert len(doors) > 350
    for door in doors:
        known = documented().get(door.name, ())
        near = next((name for name in known if len(name) > 3), "")
        unknown = f"{near}x" if near else "zzzzzz"
        answer = world.ask(client_of(world, door), door, world.ids, more=f"{unknown}=1")
        said = answer.raw.decode(errors="replace")
        if answer.status != 400 or f'"{unknown}":' not in said or (near and f"Did you mean {near}?" not in said):
            wrong.append(f"{door.label} ({door.name}) with {unknown}: {answer.status} {answer.raw[:200]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ["/api/agents?search=&limit=1&workspace_id={0}", "/v1/models?api-version=2024-10-21"])
def test_a_query_parameter_that_is_known_or_that_clients_of_openai_add_is_taken(path: str) -> None:
    company = Company()
    status, answer = company.viewer.get(path.format(company.workspace.pk))
    assert status == 200, answer


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_form_with_a_file_names_a_field_it_does_not_know(world: World, name: str) -> None:
    door = next(door for door in operations() if door.name == name)
    path, _ = filled(door, world.ids)
    file = b"---\nname: soup\ndescription: Cook soup.\n---\nBoil water."
    parts = [part(b'name="file"; filename="SKILL.md"', file), part(b'name="filex"', b"x")]
    for sent, status in ((parts, 400), (parts[:1], 201)):
        answer = client_of(world, door).post(path, b"".join(sent) + END, content_type=MULTIPART)
        assert answer.status_code == status, answer.content
        assert (b"Did you mean file?" in answer.content) == (status == 400)


def test_the_document_says_which_operations_take_a_body(world: World) -> None:
    """They are refused one by it."""
    views = [(door, resolve(filled(door, world.ids)[0]).func.cls) for door in operations()]  # type: ignore[attr-defined]
    ours = [(door, view) for door, view in views if issubclass(view, SignedInView)]
    assert len(ours) > 250
    assert not [door.label for door, view in ours if takes_body(view, door.method) != (door.body is not None)]
