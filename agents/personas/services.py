"""Changes: the personas of a workspace. The global ones are everyone's and are not changed here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import Persona
from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from automatos.rows import added, locked
from automatos.slugs import insert_with_slug
from workspaces.audit import log as audit
from workspaces.models import Workspace

LONGEST_PROMPT = 200_000
MOST_MODELS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaInput:
    """Everything a person decides about a persona. suggested_models: `provider:model` each."""

    name: str
    category: str
    system_prompt: str
    description: str = ""
    voice_description: str = ""
    tags: Sequence[str] = ()
    suggested_temperature: float = 0.7
    suggested_models: Sequence[str] = ()


NAMES = tuple(field.name for field in fields(PersonaInput))


def as_input(persona: Persona) -> PersonaInput:
    """The persona as it is."""
    return PersonaInput(**{name: getattr(persona, name) for name in NAMES})


@transaction.atomic
def create_persona(*, workspace: Workspace, data: PersonaInput) -> Persona:
    """A persona of this workspace, or InvalidInput naming each wrong field."""
    columns = _checked(data)
    persona = insert_with_slug(
        lambda slug: added(Persona(workspace=workspace, slug=slug, **columns)),
        name=data.name,
        longest=60,
        otherwise="persona",
    )
    audit.record_row("persona.created", persona, after=columns)
    return persona


@transaction.atomic
def update_persona(*, persona: Persona, data: PersonaInput) -> Persona:
    """The persona with everything as in `data`; agents that wear it speak that way from their next step on."""
    persona = lock_persona(persona)
    before, after = {name: getattr(persona, name) for name in NAMES}, _checked(data)
    for name, value in after.items():
        setattr(persona, name, value)
    persona.save(update_fields=list(after))
    audit.record_row("persona.updated", persona, **audit.changes(before, after, after))
    return persona


@transaction.atomic
def delete_persona(*, persona: Persona) -> None:
    """Out of the choice. Agents that wear it keep it until they are given another one."""
    persona = lock_persona(persona)
    persona.deleted_at = timezone.now()
    persona.save(update_fields=["deleted_at"])
    audit.record_row("persona.deleted", persona, before={"deleted_at": None}, after={"deleted_at": persona.deleted_at})


def duplicate_persona(*, workspace: Workspace, persona: Persona) -> Persona:
    """A copy of a persona, global or not, as the workspace's own."""
    return create_persona(workspace=workspace, data=replace(as_input(persona), name=f"{persona.name[:113]} (copy)"))


@transaction.atomic
def restore_persona(*, workspace: Workspace, persona_id: UUID) -> Persona:
    """A deleted persona back in the choice; NotFound when there is none."""
    persona = Persona.objects.select_for_update().filter(workspace=workspace, pk=persona_id).first()
    if persona is None:
        raise NotFound()
    if persona.deleted_at is not None:
        before = {"deleted_at": persona.deleted_at}
        persona.deleted_at = None
        persona.save(update_fields=["deleted_at"])
        audit.record_row("persona.restored", persona, before=before, after={"deleted_at": None})
    return persona


def lock_persona(persona: Persona) -> Persona:
    """The row as it is now, ours until the transaction ends. Conflict for a global one."""
    if persona.workspace_id is None:
        raise Conflict(f"{persona.name} belongs to every workspace. Duplicate it and change your copy.")
    return locked(Persona.objects.all(), workspace_id=persona.workspace_id, pk=persona.pk, deleted_at=None)


def _checked(data: PersonaInput) -> dict[str, Any]:
    problems = Problems()
    columns: dict[str, Any] = {
        "name": problems.text("name", data.name, longest=120, required=True),
        "category": problems.text("category", data.category, longest=40, required=True),
        "system_prompt": problems.text("system_prompt", data.system_prompt, longest=LONGEST_PROMPT, required=True),
        "description": problems.text("description", data.description, longest=10_000),
        "voice_description": problems.text("voice_description", data.voice_description, longest=300),
        "tags": problems.tags("tags", data.tags),
        "suggested_temperature": data.suggested_temperature,
        "suggested_models": list(dict.fromkeys(name.strip() for name in data.suggested_models if name.strip())),
    }
    problems.number("suggested_temperature", data.suggested_temperature, low=0, high=2)
    if len(columns["suggested_models"]) > MOST_MODELS:
        problems.add("suggested_models", f"Name {MOST_MODELS} models or fewer.")
    for name in columns["suggested_models"]:
        problems.text("suggested_models", name, longest=120)
        if ":" not in name:
            problems.add("suggested_models", f"{name[:60]!r} lacks its provider: write it as provider:model.")
    problems.raise_any()
    return columns
