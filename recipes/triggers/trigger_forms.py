"""The form of a trigger: what it listens to, how messages are verified and known, and what a recipe takes of them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from automatos.errors import InvalidInput
from automatos.fields import TypedForm, choice_field, dressed, number_field, plain, text_field, whole
from recipes.cook_forms import CookForm
from recipes.models import Recipe, RecipeTrigger, TriggerKind
from recipes.triggers import configs, queries, signing, sources, trigger_services
from recipes.triggers.forms import take_problems, typed
from recipes.triggers.trigger_services import TriggerInput
from workspaces.models import User

SCHEMES = (("standard", "Standard Webhooks"), ("hmac", "HMAC of the body, in a header"))
KNOWN_BY = (
    ("", "As usual"),
    ("id", "Its webhook-id"),
    ("header", "A header"),
    ("field", "A field of the body"),
    ("body", "The whole body"),
)
PLACE = "place-"
NEW = {
    TriggerKind.WEBHOOK: "New webhook",
    TriggerKind.FORM: "New form",
    TriggerKind.RECIPE: "New start after a run",
    TriggerKind.APP: "New start by an app",
    TriggerKind.WAIT: "New secret of a step",
}
AUDIENCES = ((configs.MEMBERS, "Members of this workspace"), (configs.LINK, "Whoever has the link"))


def tick_field(label: str) -> forms.BooleanField:
    """A box to tick."""
    return forms.BooleanField(label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "check"}))


class TriggerForm(TypedForm):
    """What a trigger of any kind is set to; the page shows the fields of its kind."""

    name = text_field("Name", hint="What runs and the log call it.", maxlength=120)
    scheme = choice_field("Signature", SCHEMES, hint="How the sender proves that a message is its own.")
    known_by = choice_field("A message is known by", KNOWN_BY, hint="The same message twice starts one run.")
    known_name = text_field("Name of that header or field", hint="Such as X-GitHub-Delivery, or event.id.")
    per_minute = number_field("Messages a minute at most", whole=True)
    header = text_field("Header of the signature", spellcheck="false")
    sign_prefix = text_field("Before the signature", spellcheck="false")
    algorithm = choice_field("Algorithm", [(name, name.upper()) for name in signing.ALGORITHMS])
    encoding = choice_field("Written as", [(name, name) for name in signing.ENCODINGS])
    timestamp_header = text_field("Header of the time", hint="Seconds since 1970; then time.body is signed.")
    audience = choice_field(
        "Who may fill it in", AUDIENCES, hint="What others than members write counts as from outside."
    )
    shows_output = tick_field("Show the result to whoever filled it in")
    completed = tick_field("When a run is done")
    failed = tick_field("When a run failed")
    secret = text_field("Secret of the sender", hint="Only if the sender gives one; otherwise one is made.")

    def __init__(self, recipe: Recipe, kind: str, posted: QueryDict | None, start: Mapping[str, Any]) -> None:
        super().__init__(posted, initial=dict(start))
        self.kind = kind
        if kind in (TriggerKind.RECIPE, TriggerKind.APP):
            label = "After a run of" if kind == TriggerKind.RECIPE else "Event"
            self.fields["listens_to"] = dressed(choice_field(label, sources.choices(recipe, kind)))
        if kind == TriggerKind.WAIT:
            self.fields["step"] = dressed(choice_field("Step that waits", queries.message_steps(recipe)))
            return
        for name in recipe.ordered_inputs:
            label = f"{name.replace('_', ' ').capitalize()}, from"
            self.fields[f"{PLACE}{name}"] = dressed(text_field(label, placeholder="issue.title", spellcheck="false"))

    @property
    def places(self) -> list[Any]:
        """The fields that say where each input stands in a message."""
        return [self[name] for name in self.fields if name.startswith(PLACE)]

    def config(self) -> dict[str, Any]:
        """The settings that were typed."""
        match self.kind:
            case TriggerKind.FORM:
                return {"audience": self.text("audience"), "shows_output": bool(self["shows_output"].value())}
            case TriggerKind.RECIPE:
                return {"on": [end for end in configs.ENDS if self[end].value()]}
            case TriggerKind.APP:
                return {}
        scheme = self.text("scheme") or signing.STANDARD
        names = ["known_by", "known_name"]
        if scheme == signing.HMAC:
            names += ["header", "algorithm", "encoding", "timestamp_header"]
        given = {name: self.text(name) for name in names if self.text(name)}
        given |= {"step": self.text("step")} if self.kind == TriggerKind.WAIT else {}
        return {"scheme": scheme, **given, **({"prefix": self.text("sign_prefix")} if scheme == signing.HMAC else {})}


class TriggerEditor:
    """One visit to the form of a trigger. trigger: None for a new one; posted: None when it is only opened.

    asked: its kind, and the step that waits, as the address says for a new one.
    """

    def __init__(
        self, recipe: Recipe, trigger: RecipeTrigger | None, posted: QueryDict | None, asked: QueryDict
    ) -> None:
        self.recipe, self.trigger, self.posted = recipe, trigger, posted
        kind = trigger.kind if trigger is not None else (posted or asked).get("kind", "")
        self.kind = TriggerKind(kind) if kind in TriggerKind.values else TriggerKind.WEBHOOK
        self.inputs = CookForm(recipe, posted)
        self.inputs.without_files()
        self.inputs.initial.clear()
        start: dict[str, Any] = {
            "completed": trigger is None,
            "audience": configs.MEMBERS,
            "scheme": signing.STANDARD,
            "per_minute": "60",
            **_hmac(signing.DEFAULTS),
        }
        if trigger is None and self.posted is None:
            start["step"] = asked.get("step", "")
        if trigger is not None:
            start |= {**_hmac(trigger.config), "name": trigger.name, "per_minute": plain(trigger.per_minute)}
            start["listens_to"] = str(trigger.after_recipe_id or trigger.app_event_id or "")
            start |= dict.fromkeys(trigger.config.get("on", ()), True)
            start |= {f"{PLACE}{name}": path for name, path in trigger.input_map.items()}
            self.inputs.initial.update({name: typed(value) for name, value in trigger.input_data.items()})
        self.form = TriggerForm(recipe, self.kind, posted, start)
        self.secret = ""

    def save(self, user: User) -> RecipeTrigger | None:
        """The trigger, with `secret` set where it is new; None when the forms now say what is wrong."""
        try:
            if self.trigger is None:
                made, self.secret = trigger_services.add_trigger(recipe=self.recipe, user=user, data=self._data())
                return made
            key = self.trigger.pk
            return trigger_services.change_trigger(recipe=self.recipe, trigger_id=key, user=user, data=self._data())
        except InvalidInput as error:
            take_problems(_at_fields(error), self.form, self.inputs)
        return None

    def _data(self) -> TriggerInput:
        form, number = self.form, whole(self.form.text("per_minute"), 60)
        is_start = self.kind != TriggerKind.WAIT
        places = {name: form.text(f"{PLACE}{name}") for name in self.recipe.ordered_inputs if is_start}
        given = self.inputs.input_data() if is_start else {}
        return TriggerInput(
            name=form.text("name"),
            kind=self.kind,
            listens_to=form.text("listens_to") if "listens_to" in form.fields else "",
            config=form.config(),
            input_map={name: place for name, place in places.items() if place},
            # A tick that is not set is no fixed value: the message may say so.
            input_data={name: value for name, value in given.items() if value is not False},
            per_minute=number,
            is_paused=bool(self.trigger and self.trigger.is_paused),
            secret=form.text("secret") if self.trigger is None else "",
        )

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        was_sent = self.posted is not None
        return {
            "recipe": self.recipe,
            "trigger": self.trigger,
            "kind": self.kind,
            "title": self.trigger.name if self.trigger else NEW[self.kind],
            "form": self.form,
            "inputs": self.inputs,
            "complaints": [*self.form.complaints(), *self.inputs.complaints()] if was_sent else [],
            "general": list(self.form.non_field_errors()) if was_sent else [],
            "most": configs.MOST_A_MINUTE,
        }


def _hmac(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under the names of the form's fields: a form has a prefix of its own."""
    return {"sign_prefix" if name == "prefix" else name: value for name, value in config.items()}


def _at_fields(error: InvalidInput) -> InvalidInput:
    """The service's problems under the names of the form's fields."""
    fields = {
        name.replace("input_map.", PLACE, 1) if name.startswith("input_map.") else name.removeprefix("config."): texts
        for name, texts in error.fields.items()
    }
    fields |= {"completed": fields.pop("on")} if "on" in fields else {}
    return InvalidInput(error.message, fields=_hmac(fields))
