"""The form that asks for a recipe's inputs, and starting a run from it once, however often it is sent."""

import hashlib
import json
import secrets
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from automatos.errors import InvalidInput
from automatos.fields import TypedForm, choice_field, dressed, text_field
from recipes.engine.attachments import Upload
from recipes.filling import FILE
from recipes.models import Execution, Recipe, Trigger
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads
from recipes.runs.services import Cause
from recipes.services import cook
from tools.files import LARGEST
from workspaces.doors.idempotency import once
from workspaces.models import User, Workspace

PREFIX = "input"
LONG_TEXT = ("array", "object")
NONE: Mapping[str, Sequence[str]] = {}
Files: TypeAlias = "MultiValueDict[str, UploadedFile[Any]]"


class CookForm(TypedForm):
    """One field for each input, by its type, filled with its default."""

    def __init__(self, recipe: Recipe, posted: QueryDict | None = None, files: "Files | None" = None) -> None:
        super().__init__(posted, files, prefix=PREFIX)
        self.schema: Mapping[str, Mapping[str, Any]] = recipe.ordered_inputs
        self.token = (posted.get("token", "") if posted is not None else "") or secrets.token_urlsafe(18)
        for name, entry in self.schema.items():
            self.fields[name] = dressed(_field(name, entry))
            self.initial[name] = _default(entry)

    def input_data(self) -> dict[str, Any]:
        """What was typed, by input name; empty fields are left out, so that the defaults stand."""
        given: dict[str, Any] = {}
        for name, entry in self.schema.items():
            if name not in self.fields or entry.get("type") == FILE:
                continue
            if entry.get("type") == "boolean":
                given[name] = bool(self[name].value())
            elif text := str(self[name].value() or "").replace("\r\n", "\n"):
                given[name] = _lines(text) if entry.get("type") == "array" else text
        return given

    def uploads(self) -> dict[str, Upload]:
        """The files that were chosen, by input."""
        found = {}
        for name, entry in self.schema.items():
            sent = self.files.get(self.add_prefix(name)) if entry.get("type") == FILE and name in self.fields else None
            if sent is not None:
                found[name] = Upload(sent.name or name, sent.read())
        return found

    def without_files(self) -> list[tuple[str, bool]]:
        """Takes the fields of files away, for what starts without a person; their labels, and which are required."""
        names = [name for name, entry in self.schema.items() if entry.get("type") == FILE and name in self.fields]
        found = [(str(self.fields[name].label), bool(self.schema[name].get("required"))) for name in names]
        for name in names:
            del self.fields[name]
        return found

    @property
    def takes_files(self) -> bool:
        """Whether it has to be sent with files."""
        return any(self.schema[name].get("type") == FILE for name in self.fields if name in self.schema)

    def take_problems(self, fields: Mapping[str, Sequence[str]]) -> None:
        """Show a service's problems at their fields."""
        for field, texts in fields.items():
            name = field.removeprefix("input_data.")
            for text in texts:
                self.add_error(name if name in self.fields else None, text)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The bound fields with what the template must know of each."""
        return [
            {
                "field": self[name],
                "optional": not entry.get("required"),
                "is_boolean": entry.get("type") == "boolean",
            }
            for name, entry in self.schema.items()
            if name in self.fields
        ]


def cook_once(
    *,
    workspace: Workspace,
    recipe: Recipe,
    user: User,
    form: CookForm,
    untrusted: Mapping[str, Sequence[str]] = NONE,
    kept: Uploads = NO_FILES,
) -> UUID:
    """The id of the run. The same form with the same inputs, sent twice, is one run. Raises as `services.cook` does.

    untrusted: the fields that began with what somebody outside wrote, each with where it came from. kept: files to take
    where no other was chosen.
    """
    data, uploads = form.input_data(), {**kept, **form.uploads()}
    cause = Cause(untrusted={name: origins for name, origins in untrusted.items() if name in data})

    def act() -> tuple[int, dict[str, Any]]:
        run = cook(
            workspace=workspace, recipe=recipe, input_data=data, user=user, trigger=Trigger.PAGE, cause=cause,
            uploads=uploads,
        )  # fmt: skip
        return 302, {"execution_id": str(run.pk)}

    digest = hashlib.sha256(json.dumps([form.token, data, digests(uploads)], sort_keys=True).encode()).hexdigest()
    _, body = once(workspace=workspace, user=user, route=f"page:cook:{recipe.pk}", key=digest, body=None, act=act)
    return UUID(body["execution_id"])


def start_once(*, workspace: Workspace, user: User, route: str, token: str, start: Callable[[], Execution]) -> UUID:
    """The id of the run that a button starts: of the same run, where the form came twice. Raises as `start` does."""

    def act() -> dict[str, Any]:
        return {"execution_id": str(start().pk)}

    return UUID(pressed_once(workspace=workspace, user=user, route=route, token=token, act=act)["execution_id"])


def pressed_once(
    *, workspace: Workspace, user: User, route: str, token: str, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What a button does, as JSON can tell it: what it did the first time, where the form came twice.

    route: what the button is for, however long. token: the form's, as `{% form_token %}` writes it; without one nothing
    tells two presses apart. Raises as `act` does.
    """
    # Both came from a browser: of any length, with any letters.
    key = hashlib.sha256(json.dumps([route, token]).encode()).hexdigest() if token else None
    _, body = once(workspace=workspace, user=user, route="page:button", key=key, body=None, act=lambda: (302, act()))
    return body


def digests(uploads: Uploads) -> dict[str, list[str]]:
    """By input, the name and the hash of its file, to know the same ones again."""
    return {name: [one.name, hashlib.sha256(one.data).hexdigest()] for name, one in uploads.items()}


def _lines(text: str) -> Any:
    """A list, where it was written a line for each; what begins as JSON does stays text."""
    if text.lstrip().startswith("["):
        return text
    return [line.strip() for line in text.splitlines() if line.strip()]


def _field(name: str, entry: Mapping[str, Any]) -> forms.Field:
    label, hint, kind = name.replace("_", " ").capitalize(), str(entry.get("description", "")), entry.get("type")
    if kind == "boolean":
        tick = forms.CheckboxInput(attrs={"class": "check"})
        return forms.BooleanField(label=label, help_text=hint, required=False, widget=tick)
    if kind == FILE:
        chosen = forms.FileInput(attrs={"class": "input"})
        text = f"{hint} Up to {LARGEST // 1_000_000} MB.".strip()
        return forms.FileField(label=label, help_text=text, required=False, widget=chosen)
    if kind in ("number", "integer"):
        return text_field(label, hint=hint or "A number.", inputmode="decimal", autocomplete="off")
    if kind in LONG_TEXT:
        example = (
            'One a line, or a list such as ["a", "b"].' if kind == "array" else 'Write an object, such as {"a": 1}.'
        )
        return text_field(label, hint=f"{hint} {example}".strip(), rows=3, spellcheck="false")
    if kind == "choice":
        options = [str(option) for option in entry.get("options") or ()]
        return choice_field(label, [("", "Choose one"), *((option, option) for option in options)], hint=hint)
    return text_field(label, hint=hint, rows=8 if kind == "text" else 2)


def _default(entry: Mapping[str, Any]) -> Any:
    default = entry.get("default")
    if default is None or isinstance(default, (str, bool)):
        return default
    return json.dumps(default, ensure_ascii=False)


def of_parts(sent: QueryDict, files: Container[str]) -> dict[str, Any]:
    """What the parts of a form that are no files say."""
    found: dict[str, Any] = {name: sent[name] for name in sent if name not in files}
    if "untrusted_inputs" in sent:
        found["untrusted_inputs"] = sent.getlist("untrusted_inputs")
    try:
        found |= {"input_data": json.loads(found["input_data"])} if "input_data" in found else {}
    except (ValueError, RecursionError):
        raise InvalidInput("input_data: This is not JSON.", fields={"input_data": ["This is not JSON."]}) from None
    return found
