"""One visit to the agent form: what it starts with, what was typed, what became of saving it."""

from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from agents import services
from agents.drafts.steps import CUSTOM, NONE, PREDEFINED
from agents.form.conflict import EditConflict, conflict_of
from agents.form.forms import AgentForm, initial_of
from agents.model_choice import catalogue
from agents.models import Agent
from agents.pages.listing import agent_at
from agents.personas.queries import personas_for
from automatos.errors import Conflict, InvalidInput
from automatos.fields import whole
from workspaces.models import User, Workspace

KINDS = (
    (NONE, "No persona", "Only its name and description."),
    (PREDEFINED, "Predefined", "A tried way of working."),
    (CUSTOM, "Your own", "Write the prompt yourself."),
)
ADVANCED = ("top_p", "frequency_penalty", "presence_penalty", "effort", "response_schema")


class AgentEditor:
    """Holds the form of an agent. posted: None when the page is only opened."""

    def __init__(self, workspace: Workspace, agent: Agent, posted: QueryDict | None) -> None:
        self.workspace = workspace
        self.agent = agent
        self.posted = posted
        self.status = 422
        self.conflict: EditConflict | None = None
        self.cards = catalogue.cards(workspace)
        self.personas = list(personas_for(workspace))
        self.initial = initial_of(agent, [card.name for card in self.cards])
        self.form = self._form(data=posted) if posted is not None else self._form(initial=self.initial)

    def _form(self, **values: Any) -> AgentForm:
        return AgentForm(models=catalogue.names(self.cards), personas=self.personas, **values)

    def operate(self) -> bool:
        """Carry out a button that only changes the form, for people without scripts; False when none was pressed."""
        order = self.posted.get("do", "") if self.posted is not None else ""
        verb, _, rest = order.partition(":")
        if not verb or self.posted is None:
            return False
        values = {name: self.posted.get(name, "") for name in self.initial}
        if verb == "set":
            name, _, value = rest.partition(":")
            if name in values:
                values[name] = value
        elif verb == "own":
            prompt = next((one.system_prompt for one in self.personas if str(one.pk) == rest), "")
            values["persona_kind"] = CUSTOM
            values["custom_prompt"] = values["custom_prompt"].strip() or prompt
        self.form = self._form(initial=values)
        return True

    def save(self, user: User) -> Agent | None:
        """The saved agent; None when the form now says what is wrong."""
        is_complete = self.form.is_valid()
        data = self.form.to_input(self.agent)
        expected = self._expected_version()
        try:
            with transaction.atomic():
                saved = self._write(user, data, expected)
                # An unfinished form is tried as well, so that the service's problems show beside the form's own.
                transaction.set_rollback(not is_complete)
            return saved if is_complete else None
        except InvalidInput as error:
            self.form.take_problems(error.fields)
        except Conflict as error:
            self._note_conflict(error, data, expected)
        return None

    def _write(self, user: User, data: services.AgentInput, expected: int) -> Agent:
        return services.update_agent(agent=self.agent, user=user, data=data, expected_version=expected)

    def _expected_version(self) -> int:
        """The version the person knows: the one the form was opened with, or the one they chose to overwrite."""
        posted = self.posted or QueryDict()
        known = whole(posted.get("overwrite", "") or self.form.text("version"), 0)
        return known if isinstance(known, int) else 0

    def _note_conflict(self, error: Conflict, data: services.AgentInput, expected: int) -> None:
        self.status = error.http_status
        fresh = agent_at(workspace=self.workspace, key=str(self.agent.pk))
        if fresh.version == expected:
            self.form.add_error(None, error.message)
        else:
            self.conflict = conflict_of(fresh, data, expected)

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        form, complaints = self.form, self.form.complaints() if self.form.is_bound else []
        return {
            "form": form,
            "complaints": complaints,
            "general": list(form.non_field_errors()) if form.is_bound else [],
            "conflict": self.conflict,
            "cures": form.cures() if form.is_bound else {},
            "cards": self.cards,
            "providers": catalogue.providers(self.cards),
            "refused": catalogue.not_taken(form.model_name),
            "personas": self.personas,
            "persona_categories": list(dict.fromkeys(persona.category for persona in self.personas)),
            "kinds": KINDS,
            "advanced_open": any(name in form.errors for name in ADVANCED) if form.is_bound else False,
            "preview": self._preview(),
            **self._ways_out(),
        }

    def _preview(self) -> dict[str, str]:
        form, kind = self.form, self.form.text("persona_kind")
        persona = form.persona
        labels = {card.name: card.label for card in self.cards}
        spoken = {PREDEFINED: persona.name if persona else "Not chosen", CUSTOM: "Your own prompt"}
        fallback = form.text("fallback_model")
        categories = dict(form.fields["category"].widget.choices)
        return {
            "name": form.text("name"),
            "category": str(categories.get(form.text("category"), "")),
            "description": form.text("description"),
            "persona": spoken.get(kind, "None"),
            "model": labels.get(form.model_name, form.model_name),
            "fallback": f"Use {labels.get(fallback, fallback)}" if fallback else "Nothing: the step fails",
        }

    def _ways_out(self) -> dict[str, Any]:
        slug = self.workspace.slug
        return {
            "back": reverse("agent_detail", args=[slug, self.agent.slug]),
            "fresh": reverse("agent_edit", args=[slug, self.agent.slug]),
        }
