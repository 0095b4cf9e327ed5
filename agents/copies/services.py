"""Changes that start from a document: bringing a version back, copying an agent, taking one in from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from agents.model_choice.choice import ModelInput
from agents.models import Agent, AgentStatus, Skill
from agents.personas.queries import personas_for
from agents.services import AgentInput, create_agent, update_agent
from agents.versions.document import FORMAT, FORMAT_VERSION, document_of
from agents.versions.log import version_of
from automatos.checking import Problems, unstorable_json
from automatos.errors import InvalidInput
from marketplace.enabling.queries import usable_in
from tools.builtin import BUILTIN
from workspaces.models import User, Workspace

TEXTS = ("name", "description", "category", "agent_type", "custom_prompt")
KNOWN = {"format", "format_version", *TEXTS, "tags", "persona", "agent_model_config", "tools", "skills", "plugins"}
MODEL_TEXTS = ("provider", "model_id", "fallback_model_id", "effort")
MODEL_FIELDS = {field.name for field in fields(ModelInput)}
EXACT = ("max_task_cost",)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a document names and this workspace does not have. kind: persona, tool, skill or plugin."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as this workspace can take it: the agent without what is missing."""

    data: AgentInput
    missing: Sequence[Missing]


def restore_version(*, agent: Agent, version: int, user: User | None, expected_version: int | None = None) -> Agent:
    """An earlier version as the newest one. What it names and is gone meanwhile is left out.

    NotFound for a version that never was; Conflict when somebody edited since expected_version.
    """
    reading = read_document(agent.workspace, version_of(agent, version).snapshot)
    gone = ", ".join(f"{one.kind} {one.name}" for one in reading.missing)
    note = f"Version {version} brought back" + (f", without {gone}." if gone else ".")
    return update_agent(agent=agent, user=user, data=reading.data, expected_version=expected_version, note=note)


def duplicate_agent(*, agent: Agent, user: User | None) -> Agent:
    """A copy of the agent, inactive until somebody looked at it."""
    document = document_of(agent)
    document["name"] = f"{agent.name[:113]} (copy)"
    reading = read_document(agent.workspace, document)
    return create_agent(
        workspace=agent.workspace,
        user=user,
        data=reading.data,
        status=AgentStatus.INACTIVE,
        note=f"Copied from {agent.name}, version {agent.version}.",
    )


def import_agent(*, workspace: Workspace, user: User | None, document: Any, leave_out: bool = False) -> Agent:
    """A new, inactive agent from a document that export wrote.

    InvalidInput names each wrong field, and each persona, tool and skill this workspace does not have, unless
    leave_out says to do without them.
    """
    reading = read_document(workspace, document)
    if reading.missing and not leave_out:
        raise InvalidInput(
            "The file names things that are not in this workspace. Add them first, or import without them.",
            code="missing_parts",
            fields=_as_fields(reading.missing),
        )
    gone = ", ".join(f"{one.kind} {one.name}" for one in reading.missing)
    note = "Imported" + (f" without {gone}." if gone else ".")
    return create_agent(workspace=workspace, user=user, data=reading.data, status=AgentStatus.INACTIVE, note=note)


def _as_fields(missing: Sequence[Missing]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in missing:
        field = "persona" if one.kind == "persona" else f"{one.kind}s"
        found.setdefault(field, []).append(f"There is no {one.kind} {one.name!r} in this workspace.")
    return found


def read_document(workspace: Workspace, document: Any) -> Reading:
    """The document as an AgentInput; InvalidInput naming each field that has the wrong shape."""
    problems = Problems()
    if not isinstance(document, Mapping):
        raise InvalidInput("The file is not an agent: it should hold an object with a name.")
    for place, text in unstorable_json(dict(document)):
        problems.add(place or "file", text)
    _check_format(document, problems)
    texts = {name: _text(document, name, problems) for name in TEXTS}
    tags = _texts(document, "tags", problems)
    tools, skills = _texts(document, "tools", problems), _named(document.get("skills"), "skills", problems)
    plugins = _named(document.get("plugins"), "plugins", problems)
    personas = _named([document["persona"]], "persona", problems) if document.get("persona") else []
    model = _model(document.get("agent_model_config"), problems)
    problems.raise_any()
    missing: list[Missing] = []
    persona_id = _persona(workspace, personas, missing)
    missing += [Missing("tool", name) for name in tools if name not in BUILTIN]
    data = AgentInput(
        name=texts["name"],
        description=texts["description"],
        category=texts["category"] or "general",
        agent_type=texts["agent_type"] or None,
        tags=tags,
        persona_id=persona_id,
        custom_prompt=texts["custom_prompt"],
        agent_model_config=model,
        tool_ids=[name for name in tools if name in BUILTIN],
        skill_ids=_skills(workspace, skills, missing),
        # Documents from before there were plugins leave an agent those it has.
        plugin_ids=_plugins(workspace, plugins, missing) if "plugins" in document else None,
    )
    return Reading(data, missing)


def _check_format(document: Mapping[str, Any], problems: Problems) -> None:
    if document.get("format", FORMAT) != FORMAT:
        problems.add("format", f"This should read {FORMAT}; the file is something else.")
    version = document.get("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        problems.add("format_version", f"This installation reads version {FORMAT_VERSION} of the format only.")
    for name in document:
        if name not in KNOWN:
            problems.add(str(name)[:60] or "file", f"There is no such field. There are: {', '.join(sorted(KNOWN))}.")


def _text(document: Mapping[str, Any], name: str, problems: Problems) -> str:
    value = document.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    problems.add(name, "This should be text.")
    return ""


def _texts(document: Mapping[str, Any], name: str, problems: Problems) -> list[str]:
    values = document.get(name) or []
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return list(dict.fromkeys(values))
    problems.add(name, "This should be a list of texts.")
    return []


def _named(values: Any, field: str, problems: Problems) -> list[tuple[str, str]]:
    """Things named by slug, or by {id, slug, name}: (id, slug) of each."""
    found = []
    for value in values if isinstance(values, list) else [values] if values else []:
        if isinstance(value, str) and value:
            found.append(("", value))
        elif isinstance(value, Mapping) and isinstance(value.get("slug"), str) and value["slug"]:
            found.append((str(value.get("id") or ""), value["slug"]))
        else:
            problems.add(field, "Name it by its slug, or as an object with a slug.")
    return found


def _model(values: Any, problems: Problems) -> ModelInput:
    if values is None:
        return ModelInput()
    if not isinstance(values, Mapping):
        problems.add("agent_model_config", "This should be an object.")
        return ModelInput()
    given: dict[str, Any] = {}
    for name, value in values.items():
        field = f"agent_model_config.{str(name)[:60]}"
        if name not in MODEL_FIELDS:
            problems.add(field, f"There is no such field. There are: {', '.join(sorted(MODEL_FIELDS))}.")
        elif problem := _wrong_kind(str(name), value):
            problems.add(field, problem)
        elif value is not None:
            given[name] = Decimal(str(value)) if name in EXACT else value
    return ModelInput(**given)


def _wrong_kind(name: str, value: Any) -> str:
    """What is wrong with the kind of a value of the model, in words; ranges are checked later."""
    if value is None:
        return ""
    if name in MODEL_TEXTS:
        return "" if isinstance(value, str) else "This should be text."
    if name == "response_schema":
        return "" if isinstance(value, Mapping) else "This should be an object."
    if name in EXACT:
        return "" if _is_decimal(value) else "This should be a number."
    whole = name.startswith("max_")
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    return "" if fits else f"This should be a {'whole ' if whole else ''}number."


def _is_decimal(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _persona(workspace: Workspace, named: Sequence[tuple[str, str]], missing: list[Missing]) -> UUID | None:
    for key, slug in named[:1]:
        personas = list(personas_for(workspace).filter(slug=slug))
        same = [one for one in personas if str(one.pk) == key]
        own_first = same or sorted(personas, key=lambda one: one.workspace_id is None)
        if own_first:
            return own_first[0].pk
        missing.append(Missing("persona", slug))
    return None


def _skills(workspace: Workspace, named: Sequence[tuple[str, str]], missing: list[Missing]) -> list[UUID]:
    rows = Skill.objects.filter(workspace=workspace, deleted_at=None, is_enabled=True)
    by_slug = {row.slug: row.pk for row in rows.filter(slug__in=[slug for _, slug in named]).only("slug")}
    missing += [Missing("skill", slug) for _, slug in named if slug not in by_slug]
    return list(dict.fromkeys(by_slug[slug] for _, slug in named if slug in by_slug))


def _plugins(workspace: Workspace, named: Sequence[tuple[str, str]], missing: list[Missing]) -> list[UUID]:
    rows = usable_in(workspace).filter(plugin__slug__in=[slug for _, slug in named])
    by_slug = {row.plugin.slug: row.plugin_id for row in rows}
    missing += [Missing("plugin", slug) for _, slug in named if slug not in by_slug]
    return list(dict.fromkeys(by_slug[slug] for _, slug in named if slug in by_slug))
