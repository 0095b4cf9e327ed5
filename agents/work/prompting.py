"""The system prompt, put together from its parts in one visible order: who, persona, instructions, skills."""

from collections.abc import Sequence
from dataclasses import dataclass

from automatos.skill_format.catalogue import catalogue_text
from automatos.skill_format.skill import Brief, tokens


@dataclass(frozen=True, slots=True)
class Assembled:
    """What the model is told before its task, exactly as it is sent."""

    system_prompt: str
    token_estimate: int


def assemble(
    *, name: str, description: str, persona_prompt: str, custom_prompt: str, skills: Sequence[Brief] = ()
) -> Assembled:
    """The one place where a system prompt is made: the runtime sends it and `/assembled-context` shows it."""
    identity = f"You are {name}." + (f" {description.strip()}" if description.strip() else "")
    parts = [part.strip() for part in (identity, persona_prompt, custom_prompt, catalogue_text(skills)) if part.strip()]
    text = "\n\n".join(parts)
    return Assembled(system_prompt=text, token_estimate=tokens(text))
