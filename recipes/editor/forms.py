"""The recipe editor's forms: basics, inputs, steps, settings; and where a service's problems belong in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from automatos.fields import Complaint, TypedForm, choice_field, hidden_field, number_field, text_field
from recipes.editor.draft import OFF, ON, Draft, Row
from recipes.models import ErrorHandling, Mode, StepKind

TYPE_WORDS = [
    ("string", "Text"),
    ("number", "Number"),
    ("integer", "Whole number"),
    ("boolean", "Yes or no"),
    ("array", "List (JSON)"),
    ("object", "Object (JSON)"),
]


EXPRESSION_HINT = "For example: score >= 7, or contains(lower(previous_output), 'yes')."
ARGUMENTS_HINT = 'A JSON object; texts in it take variables: {"expression": "{input.number} * 2"}'
# Where a service's field of a step stands in the form.
FIELDS = {
    "config.expression": "expression", "under": "when", "branch": "when", "config.for": "waits_for",
    "config.within": "seconds", "config.seconds": "seconds", "config.until": "seconds",
    "config.tool": "tool", "config.arguments": "arguments",
}  # fmt: skip


class BasicsForm(TypedForm):
    """What the recipe is called and for."""

    version = hidden_field()
    name = text_field("Name", autocomplete="off", maxlength=160)
    description = text_field("Description", hint="What it makes, and for whom.", rows=3)
    tags = text_field("Tags", hint="Separate them with commas.", autocomplete="off")
    template_id = text_field(
        "Address", hint="Small letters, digits and -. Made from the name when empty.", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip
    changelog = text_field("What changed", hint="One line for the list of versions.", autocomplete="off", maxlength=300)


class InputForm(TypedForm):
    """One thing a run asks for."""

    name = text_field("Name", autocomplete="off", spellcheck="false", placeholder="topic")
    type = choice_field("Type", TYPE_WORDS)
    default = text_field("Default", autocomplete="off")
    description = text_field("What to enter", autocomplete="off")
    required = forms.BooleanField(
        label="Required", required=False, widget=forms.CheckboxInput(attrs={"class": "check"})
    )


class StepForm(TypedForm):
    """One task for one agent, or a condition."""

    @property
    def is_condition(self) -> bool:
        """Whether it decides instead of asking an agent."""
        return self.text("kind") == StepKind.CONDITION

    @property
    def is_tool(self) -> bool:
        """Whether it is one tool call."""
        return self.text("kind") == StepKind.TOOL

    @property
    def is_wait(self) -> bool:
        """Whether it waits for a person or a time."""
        return self.text("kind") == StepKind.WAIT

    step_id = hidden_field()
    max_iterations = hidden_field()
    kind = hidden_field()
    config = hidden_field()
    name = text_field("Name", autocomplete="off", maxlength=160)
    agent_id = choice_field("Agent", [])
    prompt_template = text_field("Prompt", rows=5, spellcheck="true")
    output_key = text_field("Output key", hint="Later steps name the result by it.", autocomplete="off",
                            spellcheck="false")  # fmt: skip
    expression = text_field("Condition", hint=EXPRESSION_HINT, autocomplete="off", spellcheck="false")
    when = choice_field("Runs", [])
    tool = text_field("Tool", hint="Its name, as on the agent page.", autocomplete="off", spellcheck="false")
    arguments = text_field("Arguments", hint=ARGUMENTS_HINT, rows=3, spellcheck="false")
    waits_for = choice_field("Waits for", [("person", "An answer of a person"), ("time", "A time")])
    seconds = number_field("Seconds", hint="How long it waits. A person has a week when empty.")
    error_handling = choice_field("If it fails", ErrorHandling.choices)
    max_retries = number_field("Retries", hint="0 to 20.", whole=True)
    timeout = number_field("Time limit", hint="Seconds.")

    def __init__(
        self,
        *args: Any,
        agents: Sequence[tuple[str, str]],
        whens: Sequence[tuple[str, str]],
        output_key: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        gone = self.text("when")
        if gone and gone not in dict(whens):
            whens = [*whens, (gone, "After a condition that is gone")]
        self.fields["when"].widget = forms.Select(choices=whens, attrs={"class": "select"})
        self.fields["expression"].widget.attrs["class"] = "input mono"
        self.fields["agent_id"].widget = forms.Select(
            choices=[("", "Choose an agent"), *agents], attrs={"class": "select"}
        )
        self.fields["prompt_template"].widget.attrs["class"] = "input textarea mono"
        self.fields["output_key"].widget.attrs["placeholder"] = output_key
        for name in ("max_retries", "timeout"):
            self.fields[name].widget.attrs["placeholder"] = "as set below"


class SettingsForm(TypedForm):
    """How a run goes, for all its steps."""

    mode = choice_field("Steps run", Mode.choices, hint="At once: a step waits only for the outputs its prompt names.")
    total_timeout = number_field("Whole run", hint="Seconds; 600 when empty.")
    timeout_per_step = number_field("Each step", hint="Seconds; 300 when empty.")
    max_retries = number_field("Retries", hint="For steps that try again; 1 when empty.", whole=True)
    retry_delay = number_field("Wait before a retry", hint="Seconds; 2 when empty.")
    backoff = number_field("Then times", hint="Each further wait is so many times longer; 2 when empty.")
    quality_threshold = number_field("Quality to expect", hint="0 to 1; runs below it are shown. 0.7 when empty.")
    auto_learning = choice_field(
        "Learn from runs", [(ON, "Yes"), (OFF, "No")], hint="Keep what each run teaches, and tell the next ones."
    )


class EditorForms:
    """All the forms of a draft. bound: whether problems may be shown in them."""

    def __init__(self, draft: Draft, agents: Sequence[tuple[str, str]], *, bound: bool) -> None:
        self.basics = BasicsForm(**_values(draft.basics, "", bound))
        self.inputs = [
            InputForm(prefix=f"inputs-{place}", **_values(row, f"inputs-{place}", bound))
            for place, row in enumerate(draft.inputs)
        ]
        keys = draft.output_keys()
        self.steps = [
            StepForm(
                prefix=f"steps-{place}", agents=agents, output_key=keys[place], whens=draft.whens(place),
                **_values(row, f"steps-{place}", bound),
            )
            for place, row in enumerate(draft.steps)
        ]  # fmt: skip
        self.settings = SettingsForm(prefix="settings", **_values(draft.settings, "settings", bound))
        self.general: list[str] = []

    @property
    def all(self) -> list[TypedForm]:
        """Every form, in the order of the page."""
        return [self.basics, *self.inputs, *self.steps, self.settings]

    def check(self) -> bool:
        """What only this page can see: an input without a name, or two of one name. False when something is wrong."""
        for form in self.all:
            form.is_valid()
        seen: set[str] = set()
        for form in self.inputs:
            name = form.text("name")
            if not name and (form.text("default") or form.text("description")):
                form.add_error("name", "Give the input a name, or remove it.")
            elif name in seen:
                form.add_error("name", f"Another input is called {name} already.")
            seen.add(name) if name else None
        return not any(form.errors for form in self.all)

    def take_problems(self, fields: Mapping[str, Sequence[str]], deleted: Mapping[str, str]) -> None:
        """Show a service's problems where they belong. deleted: names of deleted agents by id."""
        for field, texts in fields.items():
            form, name = self._place(field)
            if form is None or name not in form.fields:
                self.general.extend(texts if field == "steps" else (f"{field}: {text}" for text in texts))
            elif name == "agent_id":
                gone = deleted.get(form.text("agent_id"))
                form.take(name, [f"{gone} was deleted. Choose another agent." if gone else "Choose who does this."])
            else:
                form.take(name, texts)

    def _place(self, field: str) -> tuple[TypedForm | None, str]:
        """The form and the field of it that a service's dotted name means."""
        kind, _, rest = field.partition(".")
        if kind == "steps" and rest:
            place, _, name = rest.partition(".")
            name = FIELDS.get(name, name)
            return (self.steps[int(place)], name) if place.isdigit() and int(place) < len(self.steps) else (None, name)
        if kind == "inputs" and rest:
            for form in self.inputs:
                name = form.text("name")
                if rest == name:
                    return form, "name"
                if name and rest.startswith(f"{name}."):
                    return form, rest.removeprefix(f"{name}.")
            return None, rest
        if kind == "execution_config":
            return self.settings, rest
        return self.basics, field

    def complaints(self) -> list[Complaint]:
        """What is wrong, in the order of the page, naming the step or input."""
        found = list(self.basics.complaints())
        for title, forms_ in (("Input", self.inputs), ("Step", self.steps)):
            for number, form in enumerate(forms_, start=1):
                found += [
                    Complaint(f"{title} {number}, {one.label.lower()}", one.text, one.anchor)
                    for one in form.complaints()
                ]
        return found + self.settings.complaints()


def _values(row: Row, prefix: str, bound: bool) -> dict[str, Any]:
    """A row as what a form begins with, or as what was sent to it."""
    if not bound:
        return {"initial": row}
    return {"data": {f"{prefix}-{name}" if prefix else name: value for name, value in row.items()}}
