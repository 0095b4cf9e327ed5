"""The forms of an API: what was typed, what is wrong with it, and what there is to choose from."""

from typing import Any

from django import forms

from tools.models import RemoteService
from tools.remote.forms import JudgedForm, ServiceForm

LARGEST_UPLOAD = 3_000_000


class DocumentForm(JudgedForm):
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


class SettingsForm(ServiceForm):
    """How an API is used."""

    parts = "operations"

    base_url = forms.CharField(
        label="Where requests go",
        required=False,
        max_length=2000,
        help_text="Empty: as the document says.",
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "url", "autocomplete": "off"}),
    )
    field_order: tuple[str, ...] = ("name", "base_url", "credential_id", "is_trusted")


class ImportForm(SettingsForm, DocumentForm):
    """A new API: how it is used, and its document."""

    field_order = ("name", "url", "file", "base_url", "credential_id", "is_trusted")


def first_values(service: RemoteService) -> dict[str, Any]:
    """What the form of an API begins with."""
    return {name: getattr(service, name) for name in ("name", "base_url", "credential_id", "is_trusted")}
