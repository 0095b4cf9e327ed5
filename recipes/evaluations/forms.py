"""The forms of a set, of a case, and of starting an evaluation."""

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import QueryDict

from automatos.errors import InvalidInput
from automatos.fields import TypedForm, number, plain, text_field
from recipes.cook_forms import CookForm
from recipes.evaluations import expectations
from recipes.evaluations.case_services import CaseInput, schemas_of
from recipes.evaluations.expectations import JUDGE, KINDS, LABELS, SCHEMA, USUAL
from recipes.evaluations.set_services import SetInput
from recipes.evaluations.start_services import DRAFT, Wish
from recipes.filling import FILE
from recipes.models import EvaluationCase, EvaluationSet, Recipe

# Empty lines for further expectations.
SPARE = 2
HINTS = {
    "contains": "a text that stands in the output",
    "regex": "an expression that is found in the output",
    "json_schema": "a schema that the output follows, as JSON",
    "exact": "the whole output",
    "similar": "a text that means the same",
    "judge": "points a model scores from 1 to 5, a line each",
}


def typed_number(value: Any) -> Any:
    """An input as a person would have typed it."""
    return value if isinstance(value, (str, bool)) or value is None else json.dumps(value, ensure_ascii=False)


def dollars(text: str) -> Decimal:
    """An amount; NaN, which services refuse by name, for what is none."""
    try:
        return Decimal(text.replace(",", "").removeprefix("$"))
    except InvalidOperation:
        return Decimal("NaN")


class SetForm(TypedForm):
    """What is decided about a set. passing is in percent."""

    name = text_field("Name", maxlength=120)
    description = text_field("What it is about", rows=2, maxlength=2000)
    budget = text_field("Budget", hint="US dollars that one evaluation may take.", inputmode="decimal", maxlength=14)
    passing = text_field("Passes at", hint="Percent of the cases that have to pass.", inputmode="decimal", maxlength=6)
    judge_model = text_field(
        "Judge", hint="provider:model, asked where a case expects a judge's word.", maxlength=160, spellcheck="false"
    )
    cron = text_field(
        "Evaluated by itself",
        hint="Five fields of cron: 0 6 * * 1 is Mondays at 6:00.",
        maxlength=120,
        spellcheck="false",
    )
    time_zone = text_field("Time zone", hint="An IANA name, such as Europe/Berlin.", maxlength=64, spellcheck="false")
    is_required = forms.BooleanField(
        label="A draft is published only after it passed this set",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "check"}),
    )

    def __init__(self, posted: QueryDict | None, one: EvaluationSet | None) -> None:
        start: dict[str, Any] = {"budget": "5", "passing": "90", "time_zone": "UTC"}
        if one is not None:
            names = ("name", "description", "judge_model", "is_required", "cron", "time_zone")
            start = {name: getattr(one, name) for name in names}
            start |= {"budget": f"{one.budget.normalize():f}", "passing": plain(round(100 * one.pass_at, 6))}
        super().__init__(posted, initial=start)

    def to_input(self) -> SetInput:
        """What was typed."""
        return SetInput(
            name=self.text("name"),
            description=self.text("description"),
            budget=dollars(self.text("budget") or "5"),
            pass_at=number(self.text("passing"), 90.0) / 100,
            judge_model=self.text("judge_model"),
            is_required=bool(self["is_required"].value()),
            cron=self.text("cron"),
            time_zone=self.text("time_zone") or "UTC",
        )

    def take_problems(self, fields: Mapping[str, Sequence[str]]) -> None:
        """As the services name them."""
        told = {name: texts for name, texts in fields.items() if name != "pass_at"}
        super().take_problems(told | ({"passing": ["Use a number from 0 to 100."]} if "pass_at" in fields else {}))


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of the form. problems: what is wrong with it."""

    place: int
    kind: str = ""
    what: str = ""
    least: str = ""
    problems: Sequence[str] = ()


class CaseForm:
    """One visit to the form of a case. case: None for a new one; posted: None when it is only opened."""

    def __init__(self, recipe: Recipe, case: EvaluationCase | None, posted: QueryDict | None) -> None:
        shown = copy(recipe)
        schema = schemas_of(recipe)[-1]
        shown.inputs = {name: entry for name, entry in schema.items() if entry.get("type") != FILE}
        shown.input_order = list(shown.inputs)
        self.inputs = CookForm(shown, posted)
        self.posted, self.problems, self.general = posted, dict[str, list[str]](), list[str]()
        if case is not None:
            known = {name: value for name, value in case.input_data.items() if name in self.inputs.fields}
            self.inputs.initial.update({name: typed_number(value) for name, value in known.items()})
        usual = case.name if case else ""
        self.name = posted.get("case_name", "")[:400] if posted is not None else usual
        self._lines = self._sent() if posted is not None else [_line(n, one) for n, one in enumerate(_of(case))]

    def _sent(self) -> list[Expected]:
        assert self.posted is not None
        found: list[Expected] = []
        for place in range(expectations.MOST + SPARE):
            kind = self.posted.get(f"kind-{place}", "")
            what = self.posted.get(f"what-{place}", "").replace("\r\n", "\n")
            if kind or what.strip():
                found.append(Expected(len(found), kind, what, self.posted.get(f"least-{place}", "")))
        return found

    @property
    def lines(self) -> list[Expected]:
        """The lines with what is wrong, and empty ones after them."""
        told = [
            Expected(one.place, one.kind, one.what, one.least, self.problems.get(f"expectations.{one.place}", ()))
            for one in self._lines
        ]
        return [*told, *(Expected(len(told) + n) for n in range(SPARE if told else SPARE + 1))]

    def to_input(self) -> CaseInput:
        """What was typed."""
        return CaseInput(
            name=self.name, input_data=self.inputs.input_data(), expectations=[_wanted(one) for one in self._lines]
        )

    def take(self, error: InvalidInput) -> None:
        """A service's problems at their places."""
        self.inputs.is_valid()
        inputs = {name: texts for name, texts in error.fields.items() if name.startswith("input_data")}
        self.inputs.take_problems(inputs)
        for name, texts in error.fields.items():
            if name in inputs:
                continue
            head, _, rest = name.partition(".")
            place = f"{head}.{rest.partition('.')[0]}" if head == "expectations" and rest else ""
            if place:
                self.problems.setdefault(place, []).extend(texts)
            else:
                self.general.extend(texts)

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        kinds = [(kind, LABELS[kind], HINTS[kind]) for kind in KINDS]
        return {"form": self, "inputs": self.inputs, "kinds": kinds, "general": [*self.general, *self._above()]}

    def _above(self) -> list[str]:
        return [str(text) for text in self.inputs.non_field_errors()] if self.posted is not None else []


def _of(case: EvaluationCase | None) -> Sequence[Mapping[str, Any]]:
    return case.expectations if case else ()


def _line(place: int, one: Mapping[str, Any]) -> Expected:
    value = one[KINDS[one["type"]]]
    text = json.dumps(value, ensure_ascii=False, indent=1) if one["type"] == SCHEMA else value
    text = "\n".join(text) if isinstance(text, list) else text
    return Expected(place, one["type"], text, plain(one.get("at_least", "")))


def _wanted(one: Expected) -> dict[str, Any]:
    """The expectation as the services take it."""
    if one.kind not in KINDS:
        return {"type": one.kind}
    value: Any = one.what
    if one.kind == SCHEMA:
        try:
            value = json.loads(one.what)
        except (ValueError, RecursionError):
            value = one.what
    elif one.kind == JUDGE:
        value = one.what.splitlines()
    found = {"type": one.kind, KINDS[one.kind]: value}
    if one.kind in USUAL and one.least.strip():
        found["at_least"] = number(one.least.strip())
    return found


def wish_of(posted: QueryDict) -> Wish:
    """What the form of starting asks for."""
    versions: list[int | str] = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 10 else DRAFT
        for text in posted.getlist("version")[:50]
    ]
    models = [line.strip() for line in posted.get("models", "").splitlines() if line.strip()]
    own = [""] if posted.get("own") or not models else []
    budget = posted.get("budget", "").strip()
    return Wish(versions=versions, models=[*own, *models], budget=dollars(budget) if budget else None)
