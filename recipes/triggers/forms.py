"""The form of a schedule: when, what becomes of missed ticks, and what the recipe starts with."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from automatos.errors import InvalidInput
from automatos.fields import TypedForm, choice_field, dressed, text_field
from automatos.local_time import time_zones
from recipes.cook_forms import CookForm
from recipes.models import MissedPolicy, Recipe, Schedule
from recipes.triggers import cron, schedule_services
from recipes.triggers.schedule_services import ScheduleInput
from workspaces.models import User

# What many want, as cron and in words.
EXAMPLES = (
    ("0 * * * *", "Every hour"),
    ("0 9 * * *", "Every day at 9:00"),
    ("0 9 * * 1-5", "Weekdays at 9:00"),
    ("0 9 * * 1", "Mondays at 9:00"),
    ("0 6 1 * *", "The first of each month at 6:00"),
)


class ScheduleForm(TypedForm):
    """When a recipe starts by itself. Its inputs are a `CookForm` beside it."""

    cron = text_field(
        "When",
        hint=f"Five fields: {cron.FIELDS}. 30 9 * * 1-5 is 9:30 on weekdays.",
        spellcheck="false",
        autocomplete="off",
        maxlength=120,
    )
    missed_policy = choice_field(
        "Times that were missed",
        MissedPolicy.choices,
        hint="While nothing ran for more than five minutes, or the plan had no room.",
    )
    name = text_field("Name", hint="What runs and the log call it.", maxlength=120)

    def __init__(self, posted: QueryDict | None, start: Mapping[str, Any]) -> None:
        super().__init__(posted, initial=dict(start))
        zones = [(name, name) for name in time_zones()]
        self.fields["time_zone"] = dressed(choice_field("Time zone", zones))
        self.order_fields(["cron", "time_zone", "missed_policy", "name"])

    def to_input(self, inputs: CookForm, *, is_paused: bool) -> ScheduleInput:
        """What was typed."""
        return ScheduleInput(
            cron=self.text("cron"),
            time_zone=self.text("time_zone") or "UTC",
            name=self.text("name"),
            missed_policy=self.text("missed_policy") or MissedPolicy.SKIP,
            input_data=inputs.input_data(),
            is_paused=is_paused,
        )


def _own_zone() -> str:
    """The reader's time zone, as far as a schedule can have it."""
    name = timezone.get_current_timezone_name()
    return name if name in time_zones() else "UTC"


class ScheduleEditor:
    """One visit to the form of a schedule. schedule: None for a new one; posted: None when it is only opened."""

    def __init__(self, recipe: Recipe, schedule: Schedule | None, posted: QueryDict | None, *, cron: str = "") -> None:
        self.recipe, self.schedule, self.posted = recipe, schedule, posted
        self.inputs = CookForm(recipe, posted)
        self.files = self.inputs.without_files()
        start: dict[str, Any] = {"time_zone": _own_zone(), "missed_policy": MissedPolicy.SKIP, "cron": cron}
        if schedule is not None:
            start = {name: getattr(schedule, name) for name in ("cron", "time_zone", "missed_policy", "name")}
            known = {name: value for name, value in schedule.input_data.items() if name in self.inputs.fields}
            self.inputs.initial.update({name: typed(value) for name, value in known.items()})
        self.form = ScheduleForm(posted, start)

    def save(self, user: User) -> bool:
        """Make or change the schedule; False when the forms now say what is wrong."""
        data = self.form.to_input(self.inputs, is_paused=bool(self.schedule and self.schedule.is_paused))
        recipe = self.recipe
        try:
            if self.schedule is None:
                schedule_services.add_schedule(recipe=recipe, user=user, data=data)
            else:
                key = self.schedule.pk
                schedule_services.change_schedule(recipe=recipe, schedule_id=key, user=user, data=data)
        except InvalidInput as error:
            take_problems(error, self.form, self.inputs)
            return False
        return True

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        was_sent = self.posted is not None
        return {
            "recipe": self.recipe,
            "schedule": self.schedule,
            "form": self.form,
            "inputs": self.inputs,
            "files": self.files,
            "needs_file": any(is_needed for _, is_needed in self.files),
            "examples": EXAMPLES,
            "complaints": [*self.form.complaints(), *self.inputs.complaints()] if was_sent else [],
            "general": list(self.form.non_field_errors()) if was_sent else [],
        }


def take_problems(error: InvalidInput, form: TypedForm, inputs: CookForm) -> None:
    """A service's problems at the fields of the form, or at those of the recipe's inputs beside it."""
    own = {name: texts for name, texts in error.fields.items() if not name.startswith("input_data")}
    form.take_problems(own or ({"": [error.message]} if not error.fields else {}))
    inputs.is_valid()
    inputs.take_problems({name: texts for name, texts in error.fields.items() if name not in own})


def typed(value: Any) -> Any:
    """An input as a person would have typed it."""
    return value if isinstance(value, (str, bool)) or value is None else json.dumps(value, ensure_ascii=False)
