"""Agents of plugins, made here as drafts: the template's persona, its tools as ours, its model as one there is."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from agents.model_choice.catalogue import ModelCard, cards
from agents.model_choice.choice import ModelInput
from agents.models import AgentStatus
from agents.personas.services import PersonaInput, create_persona
from agents.queries import agents_of
from agents.services import AgentInput, create_agent
from marketplace.enabling.agent_services import Mapped
from marketplace.hooks.tool_names import OURS
from marketplace.listings.kinds import Made
from workspaces.models import User, Workspace

# A template that names no tools may use all, and gets those that read.
TOOLS = {name.lower(): ours for name, ours in OURS.items() if name != "Skill"}
READING = ("file_list", "file_read", "web_fetch")
# Tools whose work is done without one: skills and commands of the plugin are tools of the agent anyway.
GIVEN = ("skill", "slashcommand", "todowrite", "todoread", "taskcreate", "taskupdate", "tasklist", "taskget")
SHELL = ("bash", "bashoutput", "killshell", "killbash", "powershell")
SAME, LONGEST_NAME = ("", "inherit", "default"), 120


class PluginAgents:
    """For the marketplace."""

    def mapped(self, workspace: Workspace, templates: Sequence[Mapping[str, Any]]) -> list[Mapped]:
        """What each template's tools and model are here."""
        known = cards(workspace)
        return [_mapped(template, known) for template in templates]

    def make(self, workspace: Workspace, user: User | None, template: Mapping[str, Any], plugin_id: UUID) -> Made:
        """A draft with the template's persona, tools and model, that has the plugin."""
        (mapped,) = self.mapped(workspace, [template])
        name = _name(str(template["name"]))
        about = str(template.get("description") or "")[:10_000]
        words = PersonaInput(
            name=name,
            category="plugin",
            system_prompt=str(template.get("instructions") or "") or about or name,
            description=about,
        )
        persona = create_persona(workspace=workspace, data=words)
        provider, _, model = mapped.model.partition(":")
        data = AgentInput(
            name=name,
            description=about[:300],
            persona_id=persona.pk,
            agent_model_config=ModelInput(provider=provider, model_id=model),
            tool_ids=mapped.tools,
            plugin_ids=[plugin_id],
        )
        note = "Made from a plugin's template."
        agent = create_agent(workspace=workspace, user=user, data=data, status=AgentStatus.DRAFT, note=note)
        rows = [("agent", agent.pk, agent.name), ("persona", persona.pk, persona.name)]
        return Made(agent.pk, [{"kind": kind, "id": str(pk), "name": said} for kind, pk, said in rows], mapped.notes)

    def addresses(self, workspace: Workspace, agent_ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, str]]:
        """Of those that are still there: the page's address and the name."""
        rows = agents_of(workspace).filter(pk__in=agent_ids)
        return {row.pk: (reverse("agent_detail", args=[workspace.slug, row.slug]), row.name) for row in rows}


AGENTS = PluginAgents()


def _mapped(template: Mapping[str, Any], known: Sequence[ModelCard]) -> Mapped:
    tools, notes = _tools([str(one) for one in template.get("tools") or ()])
    wanted = str(template.get("model") or "")
    model = _model(wanted, known)
    if wanted.lower() not in SAME and not model:
        notes.append(f"Its model {wanted} cannot answer here, so it thinks with the default model.")
    return Mapped(tools, model, notes)


def _tools(wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ids of ours, and a sentence for each that is not given."""
    if not wanted or "*" in wanted:
        return list(READING), ["It names no tools; it gets those that read. Give it more on its page."]
    found: dict[str, None] = {}
    notes: dict[str, None] = {}
    for one in wanted:
        name = one.partition("(")[0].strip()
        plain = name.lower()
        if plain in TOOLS:
            found |= dict.fromkeys(TOOLS[plain])
        elif plain.startswith("mcp__"):
            notes[f"{name} comes from an MCP server: connect the server and give the agent its tools."] = None
        elif plain in SHELL:
            notes[f"{name} starts programs, and nothing of a package runs here."] = None
        elif plain == "websearch":
            notes["WebSearch: connect an app or an MCP server that searches."] = None
        elif plain not in GIVEN:
            notes[f"There is no tool {name[:80]} here."] = None
    return list(found), list(notes)


def _model(wanted: str, known: Sequence[ModelCard]) -> str:
    """The first model that can answer and is called so, or has this word in its name: `sonnet`, a full id."""
    word = wanted.lower().strip()
    if word in SAME:
        return ""
    ready = [card for card in known if card.ready and card.provider == "anthropic"]
    exact = [card.name for card in ready if card.name == f"anthropic:{word}"]
    return next(iter([*exact, *(card.name for card in ready if f"-{word}-" in f"-{card.name.partition(':')[2]}-")]), "")


def _name(text: str) -> str:
    """`code:reviewer-one` as people write it: Code reviewer one."""
    words = " ".join(text.replace(":", " ").replace("-", " ").replace("_", " ").split()) or "Agent"
    return (words[0].upper() + words[1:])[:LONGEST_NAME]
