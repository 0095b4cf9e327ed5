"""The forms of workflows: a goal with its limits and team, and what of each stage a person changed."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from agents.models import Agent, AgentStatus
from automatos.fields import TypedForm, choice_field, number, number_field, plain, text_field
from recipes.models import Workflow, WorkflowStatus
from recipes.workflows.names import STAGES
from recipes.workflows.planning import LONGEST_GOAL
from recipes.workflows.services import WorkflowInput
from workspaces.models import Workspace

ON_ERROR_WORDS = {"abort": "Abort the run", "skip": "Skip the stage", "retry": "Try once more, then abort"}
MINUTE = 60.0


class WorkflowForm(TypedForm):
    """What a person decides about a workflow. Times in minutes."""

    goal = text_field("Goal", rows=5, maxlength=LONGEST_GOAL, placeholder="Say what should be done, in your own words.")
    name = text_field("Name", hint="By default the first words of the goal.", autocomplete="off", maxlength=160)
    lead = choice_field("Lead", [], hint="Its model plans, puts the results together and answers.")
    max_cost = number_field("At most, in US dollars", hint="A run that would spend more stops. Empty for no limit.")
    minutes = number_field("At most, in minutes", hint="A run that takes longer is ended.")

    def __init__(
        self, workspace: Workspace, workflow: Workflow | None, posted: QueryDict | None = None, **more: Any
    ) -> None:
        super().__init__(posted, initial=_initial(workflow, more))
        self.workflow, self.posted = workflow, posted
        rows = Agent.objects.visible().filter(workspace=workspace, status=AgentStatus.ACTIVE)
        self.agents = list(rows.select_related("agent_model_config").order_by("name", "id")[:200])
        leads = [("", "The first agent of the team"), *((str(one.pk), one.name) for one in self.agents)]
        widget = self.fields["lead"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = leads

    @property
    def team(self) -> list[dict[str, Any]]:
        """The agents with whether each may be picked; none ticked means all of them."""
        chosen = set(self.posted.getlist("agent")) if self.posted is not None else _team(self.workflow)
        return [{"agent": one, "is_chosen": str(one.pk) in chosen} for one in self.agents]

    @property
    def stages(self) -> list[dict[str, Any]]:
        """Each stage with what a person changed of it."""
        kept: Mapping[str, Any] = self.workflow.stages if self.workflow else {}
        return [
            {
                "stage": stage,
                "prompt": self._typed(f"prompt-{stage.key}", str(kept.get(stage.key, {}).get("prompt", ""))),
                "on_error": self._typed(
                    f"on_error-{stage.key}", str(kept.get(stage.key, {}).get("on_error") or stage.on_error)
                ),
                "choices": ON_ERROR_WORDS.items(),
            }
            for stage in STAGES
        ]

    def _typed(self, name: str, otherwise: str) -> str:
        return self.posted.get(name, otherwise) if self.posted is not None else otherwise

    def to_input(self) -> WorkflowInput:
        """What was typed."""
        posted = self.posted if self.posted is not None else QueryDict()
        stages = {
            row["stage"].key: {"prompt": row["prompt"].replace("\r\n", "\n"), "on_error": row["on_error"]}
            for row in self.stages
        }
        return WorkflowInput(
            goal=self.text("goal"),
            name=self.text("name"),
            description=self.workflow.description if self.workflow else "",
            status=self.workflow.status if self.workflow else WorkflowStatus.DRAFT,
            lead_id=_uuid(self.text("lead")),
            agent_ids=[key for value in posted.getlist("agent") if (key := _uuid(value))],
            stages=stages,
            max_cost=_money(self.text("max_cost")),
            total_timeout=number(self.text("minutes"), 30.0) * MINUTE,
        )

    def take_problems(self, fields: Mapping[str, Any]) -> None:
        """A service's texts at this form's fields."""
        names = {"lead_id": "lead"}
        placed = {names.get(name, name): texts for name, texts in fields.items()}
        if placed.pop("total_timeout", None):
            placed["minutes"] = ["Use a number of minutes from 0.2 to 1,440."]
        super().take_problems(placed)


def _initial(workflow: Workflow | None, more: Mapping[str, Any]) -> dict[str, Any]:
    if workflow is None:
        return {"minutes": "30", **more}
    return {
        "goal": workflow.goal,
        "name": workflow.name,
        "lead": str(workflow.lead_id or ""),
        "max_cost": plain(float(workflow.max_cost)) if workflow.max_cost is not None else "",
        "minutes": plain(workflow.total_timeout / MINUTE),
    }


def _team(workflow: Workflow | None) -> set[str]:
    return {str(key) for key in workflow.agent_ids} if workflow else set()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)  # nobody's id: the service says that there is no such agent


def _money(text: str) -> Decimal | None:
    """Dollars; an impossible amount where it is no number, which the service refuses by name."""
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "").lstrip("$"))
    except InvalidOperation:
        return Decimal(-1)
    return value.quantize(Decimal("0.0001")) if value.is_finite() and abs(value) < 10**9 else Decimal(-1)
