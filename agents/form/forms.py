"""The agent form: what a person types, turned into a service's input, and a service's problems put at their fields."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from agents.drafts.steps import CUSTOM, NONE, OTHER, PREDEFINED, model_of
from agents.model_choice.choice import EFFORTS, LIMITS, RANGES, ModelInput, most_output
from agents.models import Agent, Category, Persona
from agents.services import AgentInput
from automatos.fields import (
    TypedForm,
    choice_field,
    hidden_field,
    number,
    number_field,
    plain,
    split_tags,
    spread,
    text_field,
    whole,
)

NUMBERS = tuple(RANGES)
CONFIG = "agent_model_config"
# A service's name of a field: ours.
FIELD_NAMES = {
    **{name: name for name in ("name", "description", "category", "tags", "persona_id", "custom_prompt", "status")},
    f"{CONFIG}.provider": "model",
    f"{CONFIG}.model_id": "model",
    f"{CONFIG}.fallback_model_id": "fallback_model",
    **{f"{CONFIG}.{name}": name for name in (*NUMBERS, *LIMITS, "effort", "response_schema")},
}
EFFORT_WORDS = {"none": "None", "minimal": "Minimal", "xhigh": "Very high", "max": "The most it can"}


BROKEN = object()


class AgentForm(TypedForm):
    """Everything a person decides about an agent, in three sections: config, persona, model."""

    version = hidden_field()
    category = choice_field("Category", Category.choices, hint="What the agent is for. It decides the agent's type.")
    name = text_field("Name", autocomplete="off", maxlength=120)
    description = text_field("Description", hint="One or two sentences. The model reads them too.", rows=3)
    tags = text_field("Tags", hint="Separate them with commas.", autocomplete="off")
    persona_kind = forms.CharField(label="Persona", required=False)
    persona_id = forms.CharField(label="Persona", required=False)
    instructions = text_field("Extra instructions", hint="Added after the persona's prompt.", rows=4)
    custom_prompt = text_field("Your own prompt", hint="How the agent speaks and works, in your words.", rows=9)
    provider = forms.CharField(label="Provider", required=False)
    model = forms.CharField(label="Model", required=False)
    other_model = text_field(
        "Model name",
        hint="As provider:model, for example openai:gpt-5-mini, or as server:model at a server of your own.",
        autocomplete="off",
        spellcheck="false",
    )
    temperature = number_field("Temperature", hint="0 is precise, 2 is inventive.")
    max_tokens = number_field("Max output tokens", hint="About four characters each.", whole=True)
    top_p = number_field("Top p", hint="From 0 to 1. Leave 1 unless you know why.")
    frequency_penalty = number_field("Frequency penalty", hint="From -2 to 2. Above 0 repeats less.")
    presence_penalty = number_field("Presence penalty", hint="From -2 to 2. Above 0 changes the subject sooner.")
    fallback_model = choice_field(
        "If this model fails", [], hint="Used when it is overloaded, refuses, or a step says so."
    )
    effort = choice_field(
        "How hard to think",
        [("", "As the model likes"), *((name, EFFORT_WORDS.get(name, name.capitalize())) for name in EFFORTS)],
        hint="More finds more, takes longer and costs more.",
    )
    max_task_tokens = number_field("Tokens for one task", hint="In and out together. The task stops there.", whole=True)
    max_task_cost = number_field("Cost of one task", hint="US dollars. The task stops before it would cost more.")
    response_schema = text_field(
        "Answer schema",
        hint="A JSON Schema of an object. Every answer then is JSON of this form.",
        rows=6,
        spellcheck="false",
    )

    def __init__(self, *args: Any, models: Sequence[tuple[str, str]], personas: Sequence[Persona], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known_models = [name for name, _ in models]
        self.personas = personas
        fallback = self.text("fallback_model")
        choices = [("", "Nothing: the step fails"), *((name, f"Use {label}") for name, label in models)]
        if fallback and fallback not in self.known_models:
            choices.append((fallback, f"Use {fallback}"))
        self.fields["fallback_model"].widget = forms.Select(choices=choices, attrs={"class": "select"})

    @property
    def persona(self) -> Persona | None:
        """The chosen predefined persona."""
        if self.text("persona_kind") != PREDEFINED:
            return None
        return next((persona for persona in self.personas if str(persona.pk) == self.text("persona_id")), None)

    @property
    def model_name(self) -> str:
        """The chosen model as `provider:model`; empty when the chosen one is not of the chosen provider."""
        return model_of({name: self.text(name) for name in ("provider", "model", "other_model")})

    @property
    def schema(self) -> Any:
        """The schema of answers as it parses: None when there is none, BROKEN when it is no JSON."""
        text = self.text("response_schema")
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return BROKEN

    def clean(self) -> None:
        """What only this page can know: that a choice was begun and not finished."""
        kind = self.text("persona_kind")
        if kind == PREDEFINED and self.persona is None:
            self.add_error("persona_id", "Choose one of the personas, or choose no persona.")
        if kind == CUSTOM and not self.text("custom_prompt"):
            self.add_error("custom_prompt", "Write the prompt, or choose no persona.")
        if not self.model_name:
            where = "other_model" if self.text("provider") == OTHER else "model"
            self.add_error(where, "Name the model." if where == "other_model" else "Choose one of these models.")
        if self.schema is BROKEN:
            self.add_error("response_schema", "This is not JSON. Check the quotes, commas and brackets.")

    def to_input(self, agent: Agent | None) -> AgentInput:
        """What was typed, for create_agent or update_agent. An unchanged category keeps the agent's type."""
        kind = self.text("persona_kind")
        category = self.text("category")
        persona = self.persona
        texts = {PREDEFINED: self.text("instructions"), CUSTOM: self.text("custom_prompt")}
        same_category = agent is not None and agent.category == category
        return AgentInput(
            name=self.text("name"),
            description=self.text("description"),
            category=category,
            agent_type=agent.agent_type if agent and same_category else None,
            tags=split_tags(self.text("tags")),
            persona_id=UUID(str(persona.pk)) if persona else None,
            custom_prompt=texts.get(kind, ""),
            agent_model_config=self._model_input(),
        )

    def _model_input(self) -> ModelInput:
        usual = ModelInput()
        numbers = {name: number(self.text(name), getattr(usual, name)) for name in NUMBERS if name != "max_tokens"}
        return ModelInput(
            model_id=self.model_name,
            max_tokens=whole(self.text("max_tokens"), usual.max_tokens),
            fallback_model_id=self.text("fallback_model"),
            effort=self.text("effort"),
            response_schema=None if self.schema is BROKEN else self.schema,
            max_task_tokens=whole(self.text("max_task_tokens")),
            max_task_cost=_dollars(self.text("max_task_cost")),
            **numbers,
        )

    def take_problems(self, fields: Mapping[str, Sequence[str]]) -> None:
        """Show a service's problems where they belong."""
        placed, rest = spread(fields, FIELD_NAMES)
        for name, texts in placed.items():
            self.take("other_model" if name == "model" and self.text("provider") == OTHER else name, texts)
        for text in rest:
            self.add_error(None, text)

    def cures(self) -> dict[str, str]:
        """The nearest allowed value of each number that is out of range."""
        names = [name for name in self.errors if name in RANGES or name in LIMITS]
        return {name: cure for name in names if (cure := _nearest(name, self.text(name), self.model_name))}


def _dollars(text: str) -> Decimal | None:
    value = number(text)
    return None if value is None else Decimal(str(value))


def _nearest(name: str, typed: str, model: str) -> str:
    low, high = {**RANGES, **LIMITS}[name]
    if name == "max_tokens":
        high = min(high, most_output(model) or high)
    value = number(typed, None)
    if value is None or math.isnan(value):
        return ""
    return plain(high if value > high else low if value < low else None)


def initial_of(agent: Agent, known_models: Sequence[str]) -> dict[str, str]:
    """What the form starts with: the agent as it is."""
    config = agent.agent_model_config
    given, known = ModelInput.of(config), config.model in known_models
    return {
        "version": str(agent.version),
        "category": agent.category,
        "name": agent.name,
        "description": agent.description,
        "tags": ", ".join(agent.tags),
        "persona_kind": PREDEFINED if agent.persona_id else CUSTOM if agent.custom_prompt else NONE,
        "persona_id": str(agent.persona_id or ""),
        "instructions": agent.custom_prompt if agent.persona_id else "",
        "custom_prompt": "" if agent.persona_id else agent.custom_prompt,
        "provider": config.provider if known else OTHER,
        "model": config.model if known else "",
        "other_model": "" if known else config.model,
        "fallback_model": given.fallback_model_id,
        "effort": given.effort,
        "response_schema": json.dumps(given.response_schema, indent=2) if given.response_schema else "",
        "max_task_tokens": plain(given.max_task_tokens),
        "max_task_cost": plain(float(given.max_task_cost) if given.max_task_cost is not None else None),
        **{name: plain(getattr(given, name)) for name in NUMBERS},
    }
