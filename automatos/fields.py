"""Form fields that leave the judging to the services: they keep what was typed and say where a problem belongs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

NOT_A_NUMBER = math.nan
CLASSES: dict[type[forms.Widget], str] = {
    forms.Select: "select",
    forms.Textarea: "input textarea",
    forms.TextInput: "input",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line of the summary above a form. anchor: the id of the field it is about."""

    label: str
    text: str
    anchor: str


def text_field(label: str, *, hint: str = "", rows: int = 0, **attrs: Any) -> forms.CharField:
    """A text field; rows makes it an area of that height."""
    widget: forms.Widget = forms.Textarea(attrs={"rows": rows, **attrs}) if rows else forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, help_text=hint, required=False, widget=widget)


def number_field(label: str, *, hint: str = "", whole: bool = False, **attrs: Any) -> forms.CharField:
    """A number, read later by `number` or `whole`."""
    return text_field(label, hint=hint, inputmode="numeric" if whole else "decimal", autocomplete="off", **attrs)


def choice_field(label: str, choices: Sequence[tuple[str, str]], *, hint: str = "") -> forms.CharField:
    """One of several in a drop-down list."""
    return forms.CharField(label=label, help_text=hint, required=False, widget=forms.Select(choices=choices))


def hidden_field() -> forms.CharField:
    """A value that only travels along."""
    return forms.CharField(required=False, widget=forms.HiddenInput())


def dressed(field: forms.Field) -> forms.Field:
    """The field, its control wearing the design system's class."""
    css = CLASSES.get(type(field.widget))
    if css:
        field.widget.attrs["class"] = f"{css} {field.widget.attrs.get('class', '')}".strip()
    return field


class TypedForm(forms.Form):
    """A form whose fields wear the design system's classes and whose problems come from a service."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dressed(field)

    def text(self, name: str) -> str:
        """What was typed, or what the form started with."""
        return str(self[name].value() or "").strip()

    def take(self, name: str, texts: Sequence[str]) -> None:
        """Show a service's texts at a field; the first is enough where the form already said something."""
        if not self.errors.get(name):
            for text in texts:
                self.add_error(name, text)

    def take_problems(self, fields: Mapping[str, Sequence[str]]) -> None:
        """A service's texts at their fields; the rest above the form."""
        self.is_valid()
        for name, texts in fields.items():
            if name in self.fields:
                self.take(name, texts)
            else:
                self.add_error(None, " ".join(texts))

    def complaints(self) -> list[Complaint]:
        """What is wrong, field by field, for the summary."""
        return [
            Complaint(str(self[name].label), str(self.errors[name][0]), self[name].id_for_label or self[name].auto_id)
            for name in self.fields
            if name in self.errors
        ]


def number(text: str, otherwise: float | None = None) -> Any:
    """The number; `otherwise` when nothing was typed; NaN, which every service refuses by name, for anything else."""
    if not text:
        return otherwise
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return NOT_A_NUMBER


def whole(text: str, otherwise: int | None = None) -> Any:
    """The whole number, else as `number`."""
    value = number(text, otherwise)
    is_whole = value is not None and math.isfinite(value) and float(value).is_integer()
    return int(value) if is_whole else (value if value is None else NOT_A_NUMBER)


def plain(value: Any) -> str:
    """A number as a person types it: 0.7, 2000, nothing for None."""
    if value is None or value == "":
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def split_tags(text: str) -> list[str]:
    """Tags typed with commas between them."""
    return [tag.strip() for tag in text.split(",") if tag.strip()]


def spread(fields: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> tuple[dict[str, list[str]], list[str]]:
    """A service's problems under this form's field names, and the texts that have no field here."""
    placed: dict[str, list[str]] = {}
    rest: list[str] = []
    for field, texts in fields.items():
        name = names.get(field, field)
        if name in names.values():
            placed.setdefault(name, []).extend(texts)
        else:
            rest.extend(f"{field}: {text}" for text in texts)
    return placed, rest
