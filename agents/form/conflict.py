"""Two people edit one agent: what the later one is shown before anything is overwritten."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from agents.models import Agent, AgentVersion, Persona
from agents.services import AgentInput, as_input
from agents.versions.document import changed, document_of
from automatos import textdiff
from automatos.fields import plain


@dataclass(frozen=True, slots=True)
class EditConflict:
    """Who saved meanwhile and when; mine: what saving mine now would change. theirs stays empty without a history."""

    who: str
    when: datetime
    base: int
    version: int
    mine: list[textdiff.Line]
    theirs: tuple[textdiff.Line, ...] = ()


def conflict_of(agent: Agent, data: AgentInput, base: int) -> EditConflict:
    """The saved agent against what was typed from version `base`."""
    return EditConflict(
        who=agent.edited_by.display_name if agent.edited_by else "someone",
        when=agent.edited_at,
        base=base,
        version=agent.version,
        theirs=_since(agent, base),
        mine=textdiff.compare(as_text(as_input(agent)), as_text(data)),
    )


def _since(agent: Agent, base: int) -> tuple[textdiff.Line, ...]:
    """What was saved since version `base`; empty when that one was not kept."""
    began = AgentVersion.objects.filter(agent=agent, version=base).first()
    return tuple(changed(began.snapshot, document_of(agent))) if began else ()


def as_text(data: AgentInput) -> str:
    """The agent as lines a person can compare."""
    model = data.agent_model_config
    name = f"{model.provider}:{model.model_id}" if model.provider else model.model_id
    persona = Persona.objects.filter(pk__in=[data.persona_id] if data.persona_id else []).first()
    numbers = ("temperature", "max_tokens", "top_p", "frequency_penalty", "presence_penalty")
    lines = [
        f"Name: {data.name}",
        f"Description: {data.description}",
        f"Category: {data.category}",
        f"Tags: {', '.join(data.tags)}",
        f"Persona: {persona.name if persona else 'none'}",
        f"Model: {name}",
        *(f"{number.replace('_', ' ').capitalize()}: {plain(float(getattr(model, number)))}" for number in numbers),
        f"Fallback model: {model.fallback_model_id or 'none'}",
        f"Effort: {model.effort or 'as the model likes'}",
        f"Limits of a task: {model.max_task_tokens or 'no'} tokens, {_amount(model.max_task_cost)} dollars",
        f"Answer schema: {json.dumps(model.response_schema) if model.response_schema else 'none'}",
        "Own prompt or instructions:",
        *data.custom_prompt.splitlines(),
    ]
    return "\n".join(lines)


def _amount(dollars: Decimal | None) -> str:
    return "no" if dollars is None else plain(float(dollars))
