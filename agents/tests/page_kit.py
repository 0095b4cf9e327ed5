"""A small cast for page tests: a workspace with an owner, an editor and a viewer, a stranger, and their browsers."""

import itertools
from typing import Any

from django.test import Client

from agents.model_choice.choice import ModelInput
from agents.models import Agent, Persona
from agents.services import AgentInput, create_agent
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services import create_workspace

_numbers = itertools.count(1)
MODEL = ModelInput(provider="local", model_id="smollm2-135m-instruct")


class Cast:
    """One workspace and the people around it; each has a client that is signed in."""

    def __init__(self) -> None:
        number = next(_numbers)
        people = {
            name: User.objects.create_user(f"{name}-{number}@example.org", name=name.capitalize())
            for name in ("olga", "ed", "vic", "sam")
        }
        self.owner_user, self.editor_user = people["olga"], people["ed"]
        self.workspace: Workspace = create_workspace(name=f"Bistro {number}", owner=self.owner_user)
        for user, role in ((people["ed"], Role.EDITOR), (people["vic"], Role.VIEWER)):
            Membership.objects.create(workspace=self.workspace, user=user, role=role)
        self.owner, self.editor, self.viewer, self.stranger = (signed_in(user) for user in people.values())
        self.root = f"/w/{self.workspace.slug}"

    def agent(self, name: str = "Quill", **fields: Any) -> Agent:
        """An active agent of this workspace."""
        fields.setdefault("agent_model_config", MODEL)
        data = AgentInput(name=name, **fields)
        return create_agent(workspace=self.workspace, user=self.owner_user, data=data)


def signed_in(user: User) -> Client:
    """A client of this user."""
    client = Client()
    client.force_login(user)
    return client


def persona(name: str = "Terse reviewer", **fields: Any) -> Persona:
    """A global persona."""
    given = {"category": "Engineering", "system_prompt": "Answer in one line.", "suggested_temperature": 0.3, **fields}
    slug = f"p-{next(_numbers)}"
    return Persona.objects.create(slug=slug, name=name, **given)


def agent_fields(**changes: str) -> dict[str, str]:
    """What the agent form sends for a good new agent, with changes."""
    return {
        "version": "",
        "category": "writing",
        "name": "Nora",
        "description": "Writes news.",
        "tags": "news, short",
        "persona_kind": "none",
        "persona_id": "",
        "instructions": "",
        "custom_prompt": "",
        "provider": "local",
        "model": "local:smollm2-135m-instruct",
        "other_model": "",
        "temperature": "0.4",
        "max_tokens": "500",
        "top_p": "1",
        "frequency_penalty": "0",
        "presence_penalty": "0",
        "fallback_model": "",
        **changes,
    }
