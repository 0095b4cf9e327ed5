"""The form of a persona."""

from agents.models import Persona
from agents.personas.services import PersonaInput
from automatos.fields import TypedForm, number, number_field, plain, split_tags, text_field


class PersonaForm(TypedForm):
    """What a person decides about a persona."""

    name = text_field("Name", autocomplete="off", maxlength=120)
    category = text_field("Category", hint="For example Engineering or Sales.", autocomplete="off", maxlength=40)
    description = text_field("Description", rows=2)
    voice_description = text_field("Voice", hint="How it sounds, in a line.", autocomplete="off", maxlength=300)
    system_prompt = text_field("Prompt", hint="What the model is told.", rows=12)
    suggested_temperature = number_field("Suggested temperature", hint="0 is precise, 2 is inventive.")
    suggested_models = text_field(
        "Suggested models", hint="As provider:model, with commas between them.", autocomplete="off", spellcheck="false"
    )
    tags = text_field("Tags", hint="Separate them with commas.", autocomplete="off")

    def to_input(self) -> PersonaInput:
        """What was typed."""
        return PersonaInput(
            name=self.text("name"),
            category=self.text("category"),
            system_prompt=self.text("system_prompt"),
            description=self.text("description"),
            voice_description=self.text("voice_description"),
            tags=split_tags(self.text("tags")),
            suggested_temperature=number(self.text("suggested_temperature"), 0.7),
            suggested_models=split_tags(self.text("suggested_models")),
        )


def initial_of(persona: Persona | None) -> dict[str, str]:
    """What the form starts with."""
    if persona is None:
        return {"suggested_temperature": "0.7"}
    texts = ("name", "category", "description", "voice_description", "system_prompt")
    return {
        **{name: getattr(persona, name) for name in texts},
        "suggested_temperature": plain(persona.suggested_temperature),
        "suggested_models": ", ".join(persona.suggested_models),
        "tags": ", ".join(persona.tags),
    }
