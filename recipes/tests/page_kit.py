"""What the recipe editor sends, and a recipe to edit."""

from typing import Any

from agents.models import Agent
from agents.tests.page_kit import Cast
from recipes.editor.draft import SETTINGS
from recipes.models import Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput


def step_fields(place: int, agent: Agent | None, prompt: str = "Write.", **changes: str) -> dict[str, str]:
    """One step's fields."""
    fields = {
        "step_id": f"step_{place + 1}",
        "max_iterations": "25",
        "name": f"Task {place + 1}",
        "agent_id": str(agent.pk) if agent else "",
        "prompt_template": prompt,
        "output_key": "",
        "error_handling": "stop",
        "max_retries": "",
        "timeout": "",
        **changes,
    }
    return {f"steps-{place}-{name}": value for name, value in fields.items()}


def input_fields(place: int, name: str, **changes: str) -> dict[str, str]:
    """One input's fields; `required` is only sent when ticked."""
    fields = {"name": name, "type": "string", "default": "", "description": "", **changes}
    return {f"inputs-{place}-{key}": value for key, value in fields.items()}


def recipe_fields(*rows: dict[str, str], **changes: str) -> dict[str, str]:
    """The whole form: basics, settings, and the given rows."""
    fields = {
        "version": "",
        "name": "Brief",
        "description": "",
        "tags": "",
        "template_id": "",
        "changelog": "",
        "settings-mode": "sequential",
        **{f"settings-{name}": "" for name in SETTINGS if name != "mode"},
    }
    for row in rows:
        fields |= row
    return {**fields, **changes}


def form_of(page: Any) -> dict[str, str]:
    """What a browser would send from the editor as it was rendered."""
    sent: dict[str, str] = {}
    for form in page.context["forms"].all:
        for name in form.fields:
            value = form[name].value()
            if name != "required" or value:
                sent[form[name].html_name] = "on" if value is True else str(value or "")
    return sent


def make_recipe(cast: Cast, agent: Agent, *prompts: str, **fields: Any) -> Recipe:
    """A saved recipe with one step a prompt."""
    steps = [
        StepInput(agent_id=agent.pk, prompt_template=prompt, name=f"Task {number}")
        for number, prompt in enumerate(prompts, 1)
    ]
    data = RecipeInput(**{"name": "Brief", "steps": steps, **fields})
    return create_recipe(workspace=cast.workspace, user=cast.owner_user, data=data)
