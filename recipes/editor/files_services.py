"""Changes and reads: a recipe as a file with its agents, written, taken in, and put into a draft."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from agents.models import Agent
from agents.queries import agents_of
from agents.sharing.services import install_agent, packed_agent
from automatos.checking import unstorable_json
from automatos.errors import InvalidInput
from recipes import services
from recipes.editor import document as documents
from recipes.editor import services as drafts
from recipes.editor.body import STARTS, Body
from recipes.editor.document import Document
from recipes.models import Recipe
from recipes.queries import recipe as recipe_at
from workspaces.models import User, Workspace

NO_STARTS: Mapping[str, Any] = {}
# What a file needs not say of an agent.
QUIET = ("format", "format_version")


@dataclass(slots=True)
class Imported:
    """What an import made of a document. said: what to know of it, such as agents that came along."""

    recipe: Recipe
    document: Document
    said: list[str] = field(default_factory=list)


def export(recipe: Recipe, *, draft: bool = False, starts: Mapping[str, Any] = NO_STARTS) -> str:
    """The recipe with its agents as YAML: what is published, or the draft where it is asked for or all there is.

    starts: what starts the recipe; a draft that says so itself has the last word.
    """
    kept = drafts.draft_of(recipe) if draft or recipe.version == 0 else None
    body = {STARTS: starts, **drafts.body_now(recipe, kept), "template_id": ""}
    found = _agents_of(recipe.workspace, body)
    names = _file_names(found.values())
    brought = {names[str(agent.pk)]: agent_document(agent) for agent in found.values()}
    return documents.written(body, names, brought)


def as_code(workspace: Workspace, body: Body) -> str:
    """A draft as its editor shows it: without its agents, which it names by their addresses."""
    return documents.written(body, {str(agent.pk): agent.slug for agent in _agents_of(workspace, body).values()})


def agent_document(agent: Agent) -> dict[str, Any]:
    """The agent as a file has it: what a person decided, without ids and without what is not set."""
    packed = {name: value for name, value in packed_agent(agent).items() if name not in QUIET}
    if (packed.get("persona") or {}).get("system_prompt"):
        # One of the workspace's own gets another address where it is taken in.
        packed["persona"] = {name: value for name, value in packed["persona"].items() if name != "slug"}
    model = {name: value for name, value in packed["agent_model_config"].items() if value is not None}
    kept = {name: value for name, value in packed.items() if value not in (None, "", [])}
    return {**kept, "agent_model_config": model}


@transaction.atomic
def import_recipe(*, workspace: Workspace, user: User, text: str, publish: bool = False) -> Imported:
    """A new recipe from a file, as a draft unless it is to be published at once.

    An agent of the file that is here already, word for word, does the work; others are made. Raises InvalidInput under
    `yaml` with the line of everything that is wrong; nothing is made then.
    """
    document = _read(text)
    said: list[str] = []
    body = _with_agents(workspace, document, _brought(workspace, user, document, said))
    if not publish:
        return Imported(drafts.create_unpublished(workspace=workspace, user=user, body=body), document, said)
    try:
        made = services.create_recipe(workspace=workspace, user=user, data=drafts.as_input(body))
    except InvalidInput as error:
        raise with_lines(document, error) from None
    return Imported(recipe_at(workspace=workspace, key=made.pk), document, said)


def read_code(workspace: Workspace, text: str, *, template_id: str = "") -> tuple[Body, Document]:
    """A draft's body from what its code view sent; its agents are those of this workspace."""
    document = _read(text)
    body = _with_agents(workspace, document, {})
    return {**body, "template_id": body["template_id"] or template_id}, document


def _read(text: str) -> Document:
    """The file; InvalidInput for what no database holds, before anything is looked up by it."""
    document = documents.read(text)
    if told := [f"{name}: {problem}" for name, problem in unstorable_json(document.read.value)][:50]:
        raise InvalidInput(told[0], code="wrong_yaml", fields={"yaml": told})
    return document


def with_lines(document: Document, error: InvalidInput) -> InvalidInput:
    """A service's refusal with the line of each problem."""
    lines = sorted((document.line(name), text) for name, texts in error.fields.items() for text in texts)
    told = [f"Line {line}: {text}" for line, text in lines]
    return InvalidInput(told[0] if told else error.message, code="wrong_yaml", fields={"yaml": told})


def _agents_of(workspace: Workspace, body: Body) -> dict[str, Agent]:
    """The agents its steps name, by id, in the order of the steps."""
    keys = list(dict.fromkeys(str(step.get("agent_id") or "") for step in body["steps"]))
    known = {
        str(agent.pk): agent
        for agent in Agent.objects.filter(workspace=workspace, pk__in=drafts.uuids(keys)).select_related(
            "agent_model_config", "persona", "workspace"
        )
    }
    return {key: known[key] for key in keys if key in known}


def _file_names(agents: Iterable[Agent]) -> dict[str, str]:
    """What a file calls its agents, by id: their names, numbered where two are the same. Addresses would change."""
    found: dict[str, str] = {}
    for agent in agents:
        base = name = slugify(agent.name) or "agent"
        number = 1
        while name in found.values():
            number += 1
            name = f"{base}-{number}"
        found[str(agent.pk)] = name
    return found


def _brought(workspace: Workspace, user: User, document: Document, said: list[str]) -> dict[str, UUID]:
    """The agents of the file by their names in it: those here that are the same word for word, or new ones."""
    found: dict[str, UUID] = {}
    used = {step.get("agent_id") for step in document.body["steps"]}
    for key, wanted in document.agents.items():
        if key not in used:
            continue
        named = agents_of(workspace).filter(name=str(wanted.get("name") or ""), deleted_at=None)
        same = next(
            (agent for agent in named if agent.pk not in found.values() and agent_document(agent) == wanted), None
        )
        if same is not None:
            found[key] = same.pk
            continue
        try:
            made = install_agent(workspace, user, wanted, "Imported with a recipe.")
        except InvalidInput as error:
            line = document.read.line(("agents", key))
            texts = [
                f"Line {line}: agent {key}, {name}: {text}" for name, each in error.fields.items() for text in each
            ]
            raise InvalidInput(
                texts[0] if texts else error.message, code="wrong_yaml", fields={"yaml": texts or [error.message]}
            ) from None
        found[key] = UUID(str(made.object_id))
        said += [f"The agent {made.made[0]['name']} came along.", *made.said]
    return found


def _with_agents(workspace: Workspace, document: Document, brought: Mapping[str, UUID]) -> Body:
    """The body with ids in place of names; InvalidInput with the lines of names that nobody has."""
    wanted = {str(step["agent_id"]) for step in document.body["steps"] if step.get("agent_id")} - set(brought)
    ids: dict[str, str] = {key: str(value) for key, value in brought.items()}
    rows = agents_of(workspace)
    ids |= {str(pk): str(pk) for pk in rows.filter(pk__in=drafts.uuids(wanted)).values_list("pk", flat=True)}
    ids |= {slug: str(pk) for slug, pk in rows.filter(slug__in=wanted).values_list("slug", "pk")}
    wrong = []
    steps = []
    for place, step in enumerate(document.body["steps"]):
        key = step.get("agent_id")
        if key and key not in ids:
            line = document.read.line(("steps", place, "agent"))
            wrong.append(f"Line {line}: There is no agent {key[:60]} here, and the file brings none of this name.")
        steps.append({**step, "agent_id": ids[key]} if key in ids else step)
    if wrong:
        raise InvalidInput(wrong[0], code="wrong_yaml", fields={"yaml": wrong})
    return {**document.body, "steps": steps}
