"""An agent as something others can have: packed as a document, installed, compared, updated, cleaned up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from agents.copies.services import read_document
from agents.model_choice.catalogue import cards, providers
from agents.models import Agent, AgentStatus, Persona, Skill
from agents.personas.services import PersonaInput, create_persona, delete_persona
from agents.queries import agents_of
from agents.services import create_agent, delete_agent, update_agent
from agents.versions.document import as_text, document_of
from automatos.errors import Conflict, NotFound
from automatos.llm.registry import VENDORS
from marketplace.listings.kinds import Body, Change, Made, Need, Packed, Part
from marketplace.models import EnabledPlugin
from tools.assignments.lookup import switches_for_agent
from tools.assignments.services import assign_apps
from tools.composio.access import key_state
from tools.models import ComposioAppCache, ComposioConnection, in_catalogue
from workspaces.models import Credential, Membership, User, Workspace

# What belongs to a document itself; `apps` and a persona's text are the marketplace's additions.
OWN = ("apps",)
PERSONA_TEXTS = ("name", "category", "system_prompt", "description", "voice_description")
MODEL_PLACES = ("provider", "model_id")


def packed_agent(agent: Agent) -> dict[str, Any]:
    """The agent without ids and without the address of a server of the workspace's own."""
    body = document_of(agent)
    body["skills"] = [{"slug": row["slug"], "name": row["name"]} for row in body["skills"]]
    body["plugins"] = [{"slug": row["slug"], "name": row["name"]} for row in body["plugins"]]
    body["persona"] = _persona(agent.persona)
    body["apps"] = sorted(switches_for_agent(agent.workspace_id, agent.pk))
    model = dict(body["agent_model_config"])
    if model.get("provider") not in VENDORS:
        model |= dict.fromkeys(MODEL_PLACES, "")
    if str(model.get("fallback_model_id") or "").partition(":")[0] not in (*VENDORS, ""):
        model["fallback_model_id"] = ""
    return {**body, "agent_model_config": model}


def private_words(workspace: Workspace) -> dict[str, str]:
    """Names only this workspace has, each with what it is."""
    names = Membership.objects.filter(workspace=workspace).values_list("user__name", "user__email")
    found = {name: "Name of a member" for name, _ in names if " " in name.strip()}
    found |= dict.fromkeys(Credential.objects.filter(workspace=workspace).values_list("name", flat=True), "Credential")
    return found | {str(workspace.pk): "Id of this workspace"}


def install_agent(workspace: Workspace, user: User, body: Body, note: str = "Installed from the marketplace.") -> Made:
    """The agent of a copy, ready to work, with its persona and the apps that this workspace knows."""
    persona = _own_persona(workspace, body)
    reading = read_document(workspace, _document(body, persona))
    agent = create_agent(workspace=workspace, user=user, data=reading.data, status=AgentStatus.ACTIVE, note=note)
    known = _known_apps(workspace, body)
    if known:
        assign_apps(workspace=workspace, agent_id=agent.pk, apps=known, user=user)
    made = [{"kind": "agent", "id": str(agent.pk), "name": agent.name}]
    if persona is not None:
        made.append({"kind": "persona", "id": str(persona.pk), "name": persona.name})
    return Made(agent.pk, made, [f"It works without the {one.kind} {one.name}." for one in reading.missing])


def needs_of(workspace: Workspace, body: Body) -> list[Need]:
    """Model key, connections and skills, each with whether it is here and where to get it."""
    found: list[Need] = []
    model = body.get("agent_model_config") or {}
    if provider := str(model.get("provider") or ""):
        ready = {card.name: card for card in providers(cards(workspace))}
        card = ready.get(provider)
        href = reverse("workspace_credentials", args=[workspace.slug])
        text = f"It thinks with {provider}:{model.get('model_id', '')}."
        found.append(
            Need("model", card.label if card else provider, text, bool(card and card.ready), href, "Add a key")
        )
    found += _apps_needed(workspace, [str(app) for app in body.get("apps") or ()])
    found += _skills_needed(workspace, body.get("skills") or ())
    return found + _plugins_needed(workspace, body.get("plugins") or ())


class Agents:
    """Agents, for the marketplace."""

    permission, removal = "agents:write", "agents:delete"

    def pack(self, workspace: Workspace, source_id: UUID) -> Packed:
        """The agent as a copy."""
        agent = _agent(workspace, source_id)
        if agent is None:
            raise NotFound()
        return Packed(
            name=agent.name,
            description=agent.description,
            category=agent.category,
            tags=agent.tags,
            body=packed_agent(agent),
            face=agent.pk,
            href=self.href(workspace, agent.pk),
            known=private_words(workspace),
        )

    def needs(self, workspace: Workspace, body: Body) -> list[Need]:
        """What it needs to work."""
        return needs_of(workspace, body)

    def parts(self, workspace: Workspace, body: Body) -> list[Part]:
        """It comes alone."""
        return []

    def lines(self, body: Body) -> str:
        """As its history compares it, with its persona's words and its apps."""
        persona = body.get("persona") or {}
        apps = "\n".join(f"App: {app}" for app in body.get("apps") or ())
        words = f"Words of the persona:\n{persona['system_prompt']}" if persona.get("system_prompt") else ""
        return "\n".join(filter(None, [as_text(body), apps, words]))

    def install(self, workspace: Workspace, user: User, body: Body, choices: Mapping[str, str]) -> Made:
        """One agent."""
        return install_agent(workspace, user, body)

    def current(self, workspace: Workspace, object_id: UUID, made: Sequence[Mapping[str, str]]) -> Body | None:
        """As it would be packed now."""
        agent = _agent(workspace, object_id)
        return packed_agent(agent) if agent else None

    def update(self, workspace: Workspace, user: User, object_id: UUID, change: Change) -> Made:
        """Field by field: what was changed here stays, everything else becomes what the new version says."""
        agent = _agent(workspace, object_id)
        if agent is None:
            raise Conflict("The agent was deleted here.")
        merged, kept = merge(change.base, packed_agent(agent), change.new)
        reading = read_document(workspace, _document(merged, agent.persona if agent.persona_id else None))
        note = "Updated from the marketplace" + (f"; kept as changed here: {', '.join(kept)}." if kept else ".")
        update_agent(agent=agent, user=user, data=reading.data, note=note)
        said = [f"Kept as you changed it: {name}." for name in kept]
        return Made(
            object_id, change.made, said + [f"It works without the {one.kind} {one.name}." for one in reading.missing]
        )

    def uninstall(
        self, workspace: Workspace, user: User, object_id: UUID, made: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """The agent and the persona that came with it."""
        return remove_made(workspace, user, made)

    def href(self, workspace: Workspace, object_id: UUID) -> str:
        """The agent's page."""
        agent = _agent(workspace, object_id)
        return reverse("agent_detail", args=[workspace.slug, agent.slug]) if agent else ""

    def counts(self, body: Body) -> dict[str, int]:
        """Of a card."""
        return {"tools": len(body.get("tools") or ()), "skills": len(body.get("skills") or ())}

    def reach(self, body: Body) -> list[str]:
        """Apps and tools reach out of the platform."""
        return ["tool"] if body.get("apps") or body.get("tools") else []


AGENTS = Agents()


def merge(base: Body, current: Body, new: Body) -> tuple[dict[str, Any], list[str]]:
    """Of three copies one: what differs from base in `current` stays; the names of what stayed against `new`."""
    merged, kept = dict(new), []
    for name in current:
        if name == "agent_model_config":
            inner, names = merge(base.get(name) or {}, current[name] or {}, new.get(name) or {})
            merged[name] = inner
            kept += names
        elif current[name] != base.get(name):
            merged[name] = current[name]
            if current[name] != new.get(name):
                kept.append(name.replace("_", " "))
    return merged, kept


def remove_made(workspace: Workspace, user: User, made: Sequence[Mapping[str, str]]) -> list[str]:
    """Delete agents and personas that an installation made, unless something else uses them by now; what was done."""
    said: list[str] = []
    for row in made:
        if row["kind"] == "agent" and (agent := _agent(workspace, UUID(row["id"]))):
            delete_agent(agent=agent, user=user)
            said.append(f"The agent {agent.name} was deleted; it can be restored for 30 days.")
    for row in made:
        if row["kind"] == "persona":
            said += _remove_persona(workspace, UUID(row["id"]))
    return said


def _remove_persona(workspace: Workspace, persona_id: UUID) -> list[str]:
    persona = Persona.objects.filter(workspace=workspace, pk=persona_id, deleted_at=None).first()
    if persona is None:
        return []
    users = agents_of(workspace).filter(persona=persona).count()
    if users:
        return [f"The persona {persona.name} stays: {users} other agent{'s wear' if users > 1 else ' wears'} it."]
    delete_persona(persona=persona)
    return [f"The persona {persona.name} was deleted."]


def _agent(workspace: Workspace, agent_id: UUID) -> Agent | None:
    rows = agents_of(workspace).select_related("agent_model_config", "persona")
    return rows.filter(pk=agent_id).first()


def _persona(persona: Persona | None) -> dict[str, Any] | None:
    """By its slug; one of the workspace's own with its words."""
    if persona is None:
        return None
    named: dict[str, Any] = {"slug": persona.slug, "name": persona.name}
    if persona.workspace_id is None:
        return named
    return {**named, **{name: getattr(persona, name) for name in PERSONA_TEXTS}, "tags": list(persona.tags)}


def _own_persona(workspace: Workspace, body: Body) -> Persona | None:
    """The persona that comes along, made here; None when there is none, or a global one is meant."""
    given = body.get("persona") or {}
    if not given.get("system_prompt"):
        return None
    texts = {name: str(given.get(name) or "") for name in PERSONA_TEXTS}
    tags = [str(tag) for tag in given.get("tags") or ()]
    return create_persona(workspace=workspace, data=PersonaInput(tags=tags, **texts))  # type: ignore[arg-type]


def _document(body: Body, persona: Persona | None) -> dict[str, Any]:
    """The body as a document that this workspace reads."""
    found = {name: value for name, value in body.items() if name not in OWN}
    if persona is not None:
        found["persona"] = {"id": str(persona.pk), "slug": persona.slug, "name": persona.name}
    elif found.get("persona"):
        found["persona"] = {name: found["persona"].get(name, "") for name in ("slug", "name")}
    return found


def _known_apps(workspace: Workspace, body: Body) -> list[str]:
    wanted = [str(app) for app in body.get("apps") or ()]
    own = key_state(workspace.pk).catalogue(workspace.pk)
    rows = ComposioAppCache.objects.filter(in_catalogue(own), slug__in=wanted)
    known = set(rows.values_list("slug", flat=True))
    return [app for app in wanted if app in known]


def _apps_needed(workspace: Workspace, apps: Sequence[str]) -> list[Need]:
    rows = ComposioConnection.objects.filter(workspace=workspace, app__in=apps, status="active")
    connected = set(rows.values_list("app", flat=True))
    return [
        Need(
            "app",
            app,
            "It acts through your own account there.",
            app in connected,
            reverse("app_detail", args=[workspace.slug, app]),
            "Connect",
        )
        for app in apps
    ]


def _skills_needed(workspace: Workspace, skills: Sequence[Any]) -> list[Need]:
    wanted = {str(row.get("slug")): str(row.get("name")) for row in skills if isinstance(row, Mapping)}
    rows = Skill.objects.filter(workspace=workspace, deleted_at=None, is_enabled=True, slug__in=wanted)
    here = set(rows.values_list("slug", flat=True))
    href = f"{reverse('marketplace', args=[workspace.slug])}?kind=skill&q="
    return [
        Need("skill", name, "It does its work with this skill.", slug in here, href + slug, "Find it")
        for slug, name in wanted.items()
    ]


def _plugins_needed(workspace: Workspace, plugins: Sequence[Any]) -> list[Need]:
    wanted = {str(row.get("slug")): str(row.get("name")) for row in plugins if isinstance(row, Mapping)}
    rows = EnabledPlugin.objects.filter(workspace=workspace, plugin__slug__in=wanted)
    here = set(rows.values_list("plugin__slug", flat=True))
    href = f"{reverse('marketplace', args=[workspace.slug])}?kind=plugin&q="
    return [
        Need("plugin", name, "It does its work with this plugin.", slug in here, href + slug, "Find it")
        for slug, name in wanted.items()
    ]
