"""One visit to the recipe editor: what it starts with, what was typed, what became of saving it."""

import json
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from agents.models import Agent, AgentStatus
from agents.queries import agents_of
from automatos.errors import Conflict, InvalidInput, PlanLimit
from automatos.fields import whole
from recipes import services
from recipes.editor.compare import EditConflict, conflict_of
from recipes.editor.draft import Draft
from recipes.editor.forms import EditorForms
from recipes.editor.moves import carry_out
from recipes.models import Execution, Recipe
from recipes.queries import recipe as recipe_at
from recipes.validation import MOST_FIELDS, MOST_STEPS
from workspaces.models import User, Workspace


class RecipeEditor:
    """Holds the draft and its forms. recipe: None for a new one; posted: None when the page is only opened.

    answer: the answer of a conversation whose message becomes the first step of a new recipe.
    """

    def __init__(
        self, workspace: Workspace, recipe: Recipe | None, posted: QueryDict | None, answer: Execution | None = None
    ) -> None:
        self.workspace = workspace
        self.recipe = recipe
        self.posted = posted
        self.status = 422
        self.focus = ""
        self.conflict: EditConflict | None = None
        if posted is not None:
            self.draft = Draft.of_post(posted)
        else:
            self.draft = Draft.of_recipe(recipe) if recipe else Draft.of_answer(answer) if answer else Draft.blank()
        self.agents = list(agents_of(workspace).select_related(None).only("name", "status"))
        self.deleted = self._deleted_agents()
        self.forms = self._forms(bound=False)

    def _deleted_agents(self) -> dict[str, str]:
        """The names of agents the recipe's saved steps still name and that are gone, by id."""
        steps = self.recipe.steps.all() if self.recipe else []
        return {str(step.agent_id): step.agent.name for step in steps if step.agent and step.agent.deleted_at}

    def _forms(self, *, bound: bool) -> EditorForms:
        choices = [(str(agent.pk), _agent_label(agent)) for agent in self.agents]
        choices += [(key, f"{name} (deleted)") for key, name in self.deleted.items()]
        return EditorForms(self.draft, choices, bound=bound)

    def operate(self) -> bool:
        """Carry out a button that only rearranges the form; False when the form is to be saved."""
        order = self.posted.get("do", "") if self.posted is not None else ""
        if not order:
            return False
        self.focus = carry_out(self.draft, order)
        self.forms = self._forms(bound=False)
        return True

    def save(self, user: User) -> Recipe | None:
        """The saved recipe; None when the forms now say what is wrong."""
        self.forms = self._forms(bound=True)
        if not self.forms.check():
            return None
        data = self.draft.to_input(self.recipe)
        known = whole((self.posted or QueryDict()).get("overwrite", "") or self.draft.basics["version"], 0)
        expected = known if isinstance(known, int) else 0
        try:
            if self.recipe is None:
                return services.create_recipe(workspace=self.workspace, user=user, data=data)
            changelog = self.draft.basics["changelog"]
            return services.update_recipe(
                recipe=self.recipe, user=user, data=data, changelog=changelog, expected_version=expected
            )
        except InvalidInput as error:
            self.forms.take_problems(error.fields, self.deleted)
        except PlanLimit as error:
            self.status = error.http_status
            self.forms.general.append(error.message)
        except Conflict as error:
            self._note_conflict(error, data, expected)
        return None

    def _note_conflict(self, error: Conflict, data: services.RecipeInput, expected: int) -> None:
        if self.recipe is None:
            raise error
        self.status = error.http_status
        fresh = recipe_at(workspace=self.workspace, key=self.recipe.pk)
        self.conflict = conflict_of(fresh, data, expected)

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        draft, forms = self.draft, self.forms
        by_id = {str(agent.pk): agent for agent in self.agents}
        return {
            "recipe": self.recipe,
            "forms": forms,
            "complaints": forms.complaints() if self.conflict is None and self.posted is not None else [],
            "general": forms.general,
            "conflict": self.conflict,
            "focus": self.focus,
            "removed": json.dumps(draft.removed) if draft.removed else "",
            "removed_what": _removed_words(draft),
            "steps": [
                {
                    "form": form,
                    "variables": draft.variables(place),
                    "agent": by_id.get(form.text("agent_id")),
                    "whens": len(draft.whens(place)) > 1 or form.text("when"),
                }
                for place, form in enumerate(forms.steps)
            ],
            "no_agents": not self.agents,
            "more_steps": len(forms.steps) < MOST_STEPS,
            "more_inputs": len(forms.inputs) < MOST_FIELDS,
            **self._ways_out(),
        }

    def _ways_out(self) -> dict[str, str]:
        slug = self.workspace.slug
        if self.recipe is None:
            return {"back": reverse("recipes", args=[slug])}
        return {
            "back": reverse("recipe_detail", args=[slug, self.recipe.template_id]),
            "fresh": reverse("recipe_edit", args=[slug, self.recipe.template_id]),
        }


def _agent_label(agent: Agent) -> str:
    if agent.status == AgentStatus.ACTIVE:
        return agent.name
    return f"{agent.name} ({agent.get_status_display().lower()})"


def _removed_words(draft: Draft) -> str:
    if not draft.removed:
        return ""
    what = "Step" if draft.removed["kind"] == "steps" else "Input"
    name = draft.removed["row"]["name"]
    return f"{what} “{name}” was removed." if name else f"{what} {draft.removed['place'] + 1} was removed."
