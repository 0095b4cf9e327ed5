"""The cast of the REST tests: a workspace with one member of each role, an outsider, and somebody not signed in."""

from typing import Any
from uuid import uuid4

from django.test import Client

from workspaces.api_keys.services import create_api_key
from workspaces.models import Role, User, Workspace
from workspaces.services import create_personal_workspace, create_workspace, set_role

Json = dict[str, Any]


class Caller:
    """Speaks JSON to the API with one credential."""

    def __init__(self, key: str = "", client: Client | None = None) -> None:
        self.key = key
        self.client = client or Client(headers={"X-API-Key": key} if key else None)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and parsed body of any request; underscores in header names stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = self.client.generic if isinstance(body, (bytes, str)) else getattr(self.client, method.lower())
        if isinstance(body, (bytes, str)):
            response = answer(method, path, body, content_type="application/json", headers=named)
        else:
            response = answer(path, headers=named, **data)
        return response.status_code, response.json() if response.content else None

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return self.send("PATCH", path, body)

    def put(self, path: str, body: Any) -> tuple[int, Any]:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> tuple[int, Any]:
        return self.send("DELETE", path)


class Company:
    """One workspace of its own; `company.editor.post(…)` calls the API with that member's key."""

    def __init__(self) -> None:
        word = uuid4().hex[:8]
        self.people = {role: User.objects.create_user(f"{role}-{word}@example.org") for role in Role}
        self.workspace: Workspace = create_workspace(name=f"Company {word}", owner=self.people[Role.OWNER])
        for role, person in self.people.items():
            set_role(workspace=self.workspace, user=person, role=role)
        self.owner, self.admin, self.editor, self.viewer = (
            Caller(key_of(self.workspace, self.people[role], role)) for role in Role
        )
        self.stranger = User.objects.create_user(f"stranger-{word}@example.org")
        self.elsewhere = create_personal_workspace(user=self.stranger)
        self.outsider = Caller(key_of(self.elsewhere, self.stranger, Role.OWNER))
        self.anonymous = Caller()

    def agent(self, **fields: Any) -> Json:
        """An agent made at the API."""
        status, body = self.editor.post("/api/agents", {"name": "Quill", **fields})
        assert status == 201, body
        return dict(body)

    def recipe(self, *prompts: str, **fields: Any) -> Json:
        """A recipe made at the API, all its steps by one agent."""
        agent_id = fields.pop("agent_id", None) or self.agent()["id"]
        steps = [{"agent_id": agent_id, "order": n, "prompt_template": text} for n, text in enumerate(prompts, 1)]
        status, body = self.editor.post("/api/workflow-recipes", {"name": "Brief", "steps": steps, **fields})
        assert status == 201, body
        return dict(body)


def key_of(workspace: Workspace, user: User, role: str) -> str:
    """A fresh API key's text."""
    return create_api_key(workspace=workspace, user=user, name="Test", role=role)[1]


def without_request_id(body: Json) -> Json:
    """An error body as far as it may be compared."""
    return {name: value for name, value in body["error"].items() if name != "request_id"}
