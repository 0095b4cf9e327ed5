"""The forms of an API: what was typed, what is wrong with it, and what there is to choose from."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tools.models import RemoteService
from workspaces.credentials import queries as credential_queries
from workspaces.credentials.types import HTTP_TYPES
from workspaces.models import Workspace

LARGEST_UPLOAD = 3_000_000


class _Fields(forms.Form):
    """What both forms share: nothing is judged here but that a file can be read as text."""

    def complain(self, fields: Mapping[str, list[str]]) -> None:
        """Show what the service said, at its fields."""
        for name, texts in fields.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


class DocumentForm(_Fields):
    """A document: its address, or a file."""

    url = forms.CharField(
        label="Address of the document",
        required=False,
        max_length=2000,
        help_text="Such as https://api.example.com/openapi.json. It is read once, now.",
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "url", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="JSON or YAML, OpenAPI 3.0 or 3.1.",
        widget=forms.FileInput(attrs={"class": "input", "accept": ".json,.yaml,.yml"}),
    )

    def clean_file(self) -> str:
        """Its text; empty without one."""
        file = self.cleaned_data.get("file")
        if file is None:
            return ""
        if file.size > LARGEST_UPLOAD:
            raise forms.ValidationError(f"The file is larger than {LARGEST_UPLOAD // 1_000_000} MB.")
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is no text in UTF-8.") from None

    def clean(self) -> dict[str, Any]:
        """One of the two has to be there."""
        values = super().clean() or {}
        if not self.errors and not values.get("url") and not values.get("file"):
            self.add_error("url", "Give the address of the document, or choose a file.")
        return values


class _SettingsFields(forms.Form):
    name = forms.CharField(
        max_length=40,
        strip=True,
        help_text="Small letters, digits and hyphens; it stands before the names of its operations.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    base_url = forms.CharField(
        label="Where requests go",
        required=False,
        max_length=2000,
        help_text="Empty: as the document says.",
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "url", "autocomplete": "off"}),
    )
    credential_id = forms.ChoiceField(
        label="Credential",
        required=False,
        help_text="Sent as a header, to this address alone. Add one under Settings, Credentials.",
        widget=forms.Select(attrs={"class": "select"}),
    )
    is_trusted = forms.BooleanField(
        label="Trust what it says of its operations",
        required=False,
        help_text="For a service of your own: its descriptions then make no call wait for a person. Results always do.",
    )

    def __init__(self, workspace: Workspace, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = credential_queries.credentials_of(workspace).filter(type_id__in=HTTP_TYPES)
        field = self.fields["credential_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "None"), *((str(row.pk), row.name) for row in rows)]

    @property
    def values(self) -> dict[str, Any]:
        """As the services take them."""
        names = ("name", "base_url", "is_trusted")
        return {
            **{name: self.cleaned_data[name] for name in names},
            "credential_id": self.cleaned_data["credential_id"] or None,
        }


class SettingsForm(_SettingsFields, _Fields):
    """How an API is used."""


class ImportForm(_SettingsFields, DocumentForm):
    """A new API: how it is used, and its document."""

    field_order = ("name", "url", "file", "base_url", "credential_id", "is_trusted")


def first_values(service: RemoteService) -> dict[str, Any]:
    """What the form of an API begins with."""
    return {name: getattr(service, name) for name in ("name", "base_url", "credential_id", "is_trusted")}
