"""The wizard's form: the agent form filled from a draft, and every problem by the step it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from agents import services
from agents.drafts.outside import Outside
from agents.drafts.steps import STEPS
from agents.form.forms import AgentForm
from agents.models import Persona, Skill
from agents.services import AgentInput
from automatos.errors import InvalidInput
from automatos.fields import Complaint
from marketplace.models import EnabledPlugin
from tools.builtin import BUILTIN
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class StepState:
    """A step as the row of steps shows it. state: done, wrong or todo; wrong only where somebody has been."""

    slug: str
    title: str
    state: str


class DraftForm:
    """A draft's values judged as a whole. form: with the problems; blank: the same without them, to be filled in."""

    def __init__(
        self,
        workspace: Workspace,
        values: Mapping[str, Any],
        *,
        models: Sequence[tuple[str, str]],
        personas: Sequence[Persona],
        skills: Sequence[Skill],
        plugins: Sequence[EnabledPlugin] = (),
        outside: Outside | None = None,
    ) -> None:
        self.workspace = workspace
        self.values = values
        self.form = AgentForm(data=values, models=models, personas=personas)
        self.blank = AgentForm(initial=values, models=models, personas=personas)
        self.tools = [name for name in values.get("tools", []) if name in BUILTIN]
        known = {str(skill.pk): skill for skill in skills}
        self.skills = [known[key] for key in values.get("skills", []) if key in known]
        offered = {str(row.plugin_id): row for row in plugins}
        self.plugins = [offered[key] for key in values.get("plugins", []) if key in offered]
        self.outside = (outside or Outside()).chosen(values)
        self.is_good = self._judge()

    def data(self) -> AgentInput:
        """The agent as it would be created. Tools, skills and plugins that are gone meanwhile are left out."""
        given = self.form.to_input(None)
        return replace(
            given,
            tool_ids=self.tools,
            skill_ids=[UUID(str(skill.pk)) for skill in self.skills],
            plugin_ids=[row.plugin_id for row in self.plugins],
        )

    def _judge(self) -> bool:
        complete = self.form.is_valid()
        try:
            services.check_agent(workspace=self.workspace, data=self.data())
        except InvalidInput as error:
            self.form.take_problems(error.fields)
            return False
        return complete

    def complaints(self, step: str) -> list[Complaint]:
        """What is wrong in one step."""
        fields = next(one.fields for one in STEPS if one.slug == step)
        wrong = self.form.errors
        names = [name for name in self.form.fields if name in fields and name in wrong]
        return [
            Complaint(
                str(self.form[name].label),
                str(wrong[name][0]),
                self.form[name].id_for_label or str(self.form[name].auto_id),
            )
            for name in names
        ]

    def states(self, seen: Sequence[str]) -> list[StepState]:
        """Every step with what is to be said of it."""
        return [
            StepState(
                step.slug,
                step.title,
                "todo" if step.slug not in seen else "wrong" if self.complaints(step.slug) else "done",
            )
            for step in STEPS
        ]
