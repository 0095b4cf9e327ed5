"""The form of a credential, made from the fields of its type. A secret is never put back into a page."""

from collections.abc import Mapping, Sequence

from django import forms
from django.http import QueryDict

from automatos.errors import InvalidInput
from automatos.fields import TypedForm, choice_field, dressed, text_field
from automatos.llm.registry import COMPATIBLE
from workspaces.credentials.types import CHOICE, HOST_KEYS, HOSTS, INTEGER, FieldSpec, specs_of
from workspaces.models import Credential, CredentialType

PREFIX = "field_"


class CredentialForm(TypedForm):
    """A name, and one control for each field of the type. credential: None for a new one."""

    name = text_field(
        "Name", hint="What you call it here. Only for telling credentials apart.", autocomplete="off", maxlength=120
    )

    def __init__(self, kind: CredentialType, credential: Credential | None, posted: QueryDict | None) -> None:
        self.kind, self.credential = kind, credential
        super().__init__(posted, initial=_initial(kind, credential))
        if kind.slug == COMPATIBLE:
            self.fields["name"].help_text = _server_hint(credential)
        for spec in specs_of(kind):
            self.fields[PREFIX + spec.name] = self._control(spec)

    def _control(self, spec: FieldSpec) -> forms.Field:
        label = spec.title if spec.required else f"{spec.title} (optional)"
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        if spec.is_secret:
            attrs = {**attrs, "class": "input", "autocomplete": "new-password"}
            secret = forms.PasswordInput(attrs=attrs, render_value=False)
            return forms.CharField(label=label, help_text=self._secret_hint(spec), required=False, widget=secret)
        if spec.kind == CHOICE:
            return dressed(choice_field(label, [(value, text) for value, text in spec.choices], hint=spec.help))
        if spec.kind == INTEGER:
            attrs["inputmode"] = "numeric"
        return dressed(text_field(label, hint=spec.help, rows=3 if spec.kind in (HOSTS, HOST_KEYS) else 0, **attrs))

    def _secret_hint(self, spec: FieldSpec) -> str:
        hint = self.credential.hints.get(spec.name) if self.credential else None
        if hint is None:
            return spec.help
        shown = f"The one kept here ends in {hint.removeprefix('…')}." if hint else "There is one kept here."
        return f"{shown} Leave this empty to keep it."

    def given(self) -> dict[str, str | None]:
        """Text by the type's names, as the service takes it."""
        return {spec.name: str(self[PREFIX + spec.name].data or "") for spec in specs_of(self.kind)}

    def take_refusal(self, error: InvalidInput) -> None:
        """A service's texts at their fields; the rest above the form."""
        self.is_valid()
        placed: Mapping[str, Sequence[str]] = error.fields
        for name, texts in placed.items():
            own = PREFIX + name.removeprefix("fields.") if name.startswith("fields.") else name
            if own in self.fields:
                self.take(own, texts)
            else:
                self.add_error(None, " ".join(texts))


def _server_hint(credential: Credential | None) -> str:
    """What the name of a model server is for."""
    if credential is not None:
        return f"Its models go on being called {credential.server}:… when you rename it."
    return "Stands in front of its models: those of a server called Mine are mine:llama3 and so on."


def _initial(kind: CredentialType, credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {"name": kind.name, **{PREFIX + spec.name: spec.default for spec in specs_of(kind)}}
    return {"name": credential.name, **{PREFIX + name: value for name, value in credential.values.items()}}
