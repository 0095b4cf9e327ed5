"""One visit to a step of the wizard: what it shows, and where the pressed button leads."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from agents.drafts import services
from agents.drafts.forms import DraftForm
from agents.drafts.outside import on_offer
from agents.drafts.queries import skills_on_offer
from agents.drafts.steps import (
    BY_SLUG,
    CUSTOM,
    PREDEFINED,
    STEPS,
    is_running,
    model_of,
    posted,
    start_values,
    step_after,
    was_lost,
)
from agents.drafts.templates import templates
from agents.equipment.words import EFFECTS, about
from agents.form.editing import ADVANCED, KINDS
from agents.model_choice import catalogue
from agents.models import Agent, AgentDraft, Category, Persona
from agents.personas.queries import personas_for
from automatos.errors import InvalidInput, PlanLimit
from automatos.llm.registry import default_model
from marketplace.enabling.queries import usable_in
from tools.builtin import BUILTIN
from tools.contract import Tool
from workspaces.models import User, Workspace

# Pages to which a step may be left to connect something; they lead back to the draft.
PLACES = ("apps", "mcp_servers")


def blank_values(workspace: Workspace) -> dict[str, Any]:
    """What a new draft of this workspace starts with."""
    return start_values(default_model(), [card.name for card in catalogue.cards(workspace)])


def template_values(workspace: Workspace, slug: str) -> dict[str, Any] | None:
    """What a draft of this template starts with; None when there is no such template."""
    template = templates().get(slug)
    if template is None:
        return None
    persona = (
        personas_for(workspace).filter(workspace=None, slug=template.persona).first() if template.persona else None
    )
    return {**blank_values(workspace), **template.values(persona)}


class DraftEditor:
    """Holds a draft at one of its steps. checked: whether the step's problems are shown."""

    def __init__(self, draft: AgentDraft, step: str, *, checked: bool = False) -> None:
        self.draft = draft
        self.workspace: Workspace = draft.workspace
        self.step = BY_SLUG[step]
        self.checked = checked
        self.everything = False
        self.status = 422
        self.general: list[str] = []
        self.cards = catalogue.cards(self.workspace)
        self.personas: list[Persona] = list(personas_for(self.workspace))
        self.skills = skills_on_offer(self.workspace)
        self.plugins = list(usable_in(self.workspace))
        self.outside = on_offer(self.workspace)
        self.judge()

    def judge(self) -> None:
        """Look at the draft's values anew."""
        values = {**start_values(default_model(), [card.name for card in self.cards]), **self.draft.values}
        self.found = DraftForm(
            self.workspace,
            values,
            models=catalogue.names(self.cards),
            personas=self.personas,
            skills=self.skills,
            plugins=self.plugins,
            outside=self.outside,
        )

    def save(self, data: QueryDict) -> str:
        """Keep what was sent; gives back the pressed button's command."""
        order = data.get("do", "next")
        values = posted(self.step, data)
        verb, _, rest = order.partition(":")
        if verb == "set":
            name, _, value = rest.partition(":")
            if name in self.step.fields:
                values[name] = value
        if verb == "own":
            prompt = next((one.system_prompt for one in self.personas if str(one.pk) == rest), "")
            values["persona_kind"] = CUSTOM
            values["custom_prompt"] = str(values.get("custom_prompt") or "").strip() or prompt
        job = self.draft.work.get("proposal") or {}
        if job and data.get("waiting") == job.get("token"):
            # The page was drawn before the proposal came: what nobody touched there is not what the person wants.
            values = {name: value for name, value in values.items() if job["began"].get(name) != value}
        sent = data.get("sent", "")
        self.draft = services.save_draft(draft=self.draft, values=values, step=self.step.slug, sent=sent)
        self.judge()
        return order

    def leads_to(self, order: str) -> str | None:
        """The address a command leads to; None when this step has to be shown again, with its problems."""
        verb, _, rest = order.partition(":")
        if verb == "go" and rest in BY_SLUG:
            return self.address(rest)
        if verb == "exit":
            return reverse("agents", args=[self.workspace.slug])
        if verb == "next" and not self.found.complaints(self.step.slug):
            after = step_after(self.step.slug)
            return self.address(after.slug) if after else None
        if verb == "leave" and rest in PLACES:
            back = urlencode({"next": self.address(self.step.slug)})
            return f"{reverse(rest, args=[self.workspace.slug])}?{back}"
        here = {"set": {"check": "1"}, "stay": {}, "own": {}, "test": {}}
        return self.address(self.step.slug, **here[verb]) if verb in here else None

    def create(self, user: User) -> Agent | None:
        """The agent; None when the page has to say what is missing."""
        self.checked = self.everything = True
        if not self.found.is_good:
            return None
        try:
            return services.create_from_draft(
                draft=self.draft, user=user, data=self.found.data(), outside=self.found.outside
            )
        except (PlanLimit, InvalidInput) as error:
            self.status = error.http_status
            self.general.append(error.message)
            return None

    def address(self, step: str, **query: str) -> str:
        """The address of a step of this draft."""
        path = reverse("agent_draft", args=[self.workspace.slug, self.draft.pk, step])
        return f"{path}?{urlencode(query)}" if query else path

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        form = self.found.form if self.checked else self.found.blank
        model = model_of(self.found.values)
        return {
            "draft": self.draft,
            "step": self.step,
            "before": step_after(self.step.slug, -1),
            "after": step_after(self.step.slug),
            "states": self.found.states(self.draft.work.get("seen", [])),
            "form": form,
            "lines": self._lines() if self.checked else [],
            "general": self.general,
            "cures": self.found.form.cures() if self.checked else {},
            "kinds": KINDS,
            "personas": self.personas,
            "persona_categories": list(dict.fromkeys(persona.category for persona in self.personas)),
            "cards": self.cards,
            "providers": catalogue.providers(self.cards),
            "refused": catalogue.not_taken(model),
            "advanced_open": self.checked and any(name in self.found.form.errors for name in ADVANCED),
            "tools": [_tool_card(tool, self.found.tools) for tool in BUILTIN.values()],
            "outside": self.outside,
            "chosen_apps": self.found.outside.apps,
            "chosen_remote": {tool.pk for tool in self.found.outside.tools},
            "skills": self.skills,
            "chosen_skills": {str(skill.pk) for skill in self.found.skills},
            "plugins": self.plugins,
            "share": bool(self.found.values.get("share")),
            "chosen_plugins": {row.plugin_id for row in self.found.plugins},
            "preview": self._preview(model),
            "fresh_path": self.address(self.step.slug),
            **self._jobs(),
        }

    def _lines(self) -> list[dict[str, str]]:
        """The summary: each problem with the address of its field, of every step when all was asked for."""
        steps = STEPS if self.everything else (self.step,)
        return [
            {
                "label": complaint.label,
                "text": complaint.text,
                "href": f"{'' if step == self.step else self.address(step.slug, check='1')}#{complaint.anchor}",
                "where": "" if step == self.step else step.title,
            }
            for step in steps
            for complaint in self.found.complaints(step.slug)
        ]

    def _jobs(self) -> dict[str, Any]:
        trial, proposal = self.draft.work.get("trial"), self.draft.work.get("proposal")
        return {
            "trial": trial,
            "trial_runs": is_running(trial),
            "trial_lost": was_lost(trial),
            "proposal": proposal,
            "proposal_runs": is_running(proposal),
            "proposal_lost": was_lost(proposal),
        }

    def _preview(self, model: str) -> dict[str, Any]:
        form = self.found.blank
        kind, persona = form.text("persona_kind"), form.persona
        labels = {card.name: card.label for card in self.cards}
        spoken = {PREDEFINED: persona.name if persona else "Not chosen", CUSTOM: "Your own prompt"}
        fallback = form.text("fallback_model")
        return {
            "name": form.text("name"),
            "category": dict(Category.choices).get(form.text("category"), ""),
            "description": form.text("description"),
            "persona": spoken.get(kind, "None"),
            "model": labels.get(model, model),
            "temperature": "" if "temperature" in catalogue.not_taken(model) else form.text("temperature"),
            "max_tokens": form.text("max_tokens"),
            "fallback": labels.get(fallback, fallback),
            "tools": len(self.found.tools),
            "apps": len(self.found.outside.apps),
            "remote": len(self.found.outside.tools),
            "skills": len(self.found.skills),
            "plugins": len(self.found.plugins),
            "plugin_tokens": sum(row.version.token_estimate for row in self.found.plugins),
            "skill_tokens": sum(skill.metadata_tokens for skill in self.found.skills),
        }


def _tool_card(tool: Tool, chosen: list[str]) -> dict[str, Any]:
    return {"tool": tool, "about": about(tool), "chosen": tool.name in chosen, "effect": EFFECTS[tool.effects]}
