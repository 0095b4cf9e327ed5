"""What the recipe editor sends, and a recipe to edit."""

import re
from typing import Any

from django.test import Client

from agents.models import Agent
from agents.tests.page_kit import Cast
from recipes.models import Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput


class Editor:
    """The editor of one recipe in a browser without scripts: what a page shows is what it sends."""

    def __init__(self, client: Client, root: str, key: str = "") -> None:
        self.client = client
        self.path = f"{root}/recipes/{key}/edit/"
        if not key:
            self.path = client.post(f"{root}/recipes/new/", {"how": "blank"}).headers["Location"]
        self.answer: Any = None

    def open(self, step: str = "", **query: str) -> "Editor":
        """The page with this step, `start` or `settings`."""
        self.answer = self.client.get(self.path, {"step": step, **query} if step or query else query)
        return self

    @property
    def text(self) -> str:
        """The page that was answered last."""
        return str(self.answer.content.decode())

    @property
    def page(self) -> Any:
        """What it was made of."""
        return self.answer.context["page"]

    def fields(self) -> dict[str, str]:
        """What a browser would send from the part that is shown."""
        context = self.answer.context
        page = context["page"]
        forms = [context["form"]] if context["form"] else []
        if page.part == "start":
            forms = [context["basics"]["texts"], *context["basics"]["inputs"], *context["basics"]["outputs"]]
        elif page.part == "settings":
            forms = [context["settings"]]
        sent = {"part": page.part_name, "step": page.part, "was": str(context["was"])}
        for form in forms:
            for name in form.fields:
                value = form[name].value()
                if name != "required" or value:
                    sent[form[name].html_name] = "on" if value is True else str(value or "")
        return sent

    def send(self, do: str = "", **changes: str) -> "Editor":
        """The part that is shown with these changes; `s_name` stands for the field `s-name`."""
        sent = self.fields() | {re.sub(r"^([bsc])_", r"\1-", name): value for name, value in changes.items()}
        self.answer = self.client.post(self.path, {**sent, "do": do}, follow=True)
        if self.answer.redirect_chain:
            self.path = self.answer.redirect_chain[-1][0].partition("?")[0]
        return self


def make_recipe(cast: Cast, agent: Agent, *prompts: str, **fields: Any) -> Recipe:
    """A saved recipe with one step a prompt."""
    steps = [
        StepInput(agent_id=agent.pk, prompt_template=prompt, name=f"Task {number}")
        for number, prompt in enumerate(prompts, 1)
    ]
    data = RecipeInput(**{"name": "Brief", "steps": steps, **fields})
    return create_recipe(workspace=cast.workspace, user=cast.owner_user, data=data)
