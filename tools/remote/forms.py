"""What the forms of MCP servers and of APIs share."""

from collections.abc import Mapping
from typing import Any

from django import forms

from workspaces.credentials import queries as credential_queries
from workspaces.credentials.types import HTTP_TYPES
from workspaces.models import Workspace


class JudgedForm(forms.Form):
    """A form whose values the service judges, which names the fields."""

    def complain(self, fields: Mapping[str, list[str]]) -> None:
        """Show what the service said, at its fields."""
        for name, texts in fields.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)

    def choices_of(self, name: str, choices: list[Any]) -> None:
        """What there is to choose for a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class ServiceForm(JudgedForm):
    """How a service is called and used. noun: what it is to people; parts: what it brings."""

    noun, parts = "service", "tools"

    name = forms.CharField(
        max_length=40, strip=True, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    credential_id = forms.ChoiceField(
        label="Credential",
        required=False,
        help_text="Sent as a header, to this address alone. Add one under Settings, Credentials.",
        widget=forms.Select(attrs={"class": "select"}),
    )
    is_trusted = forms.BooleanField(required=False)

    def __init__(self, workspace: Workspace, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields[
            "name"
        ].help_text = f"Small letters, digits and hyphens; it stands before the names of its {self.parts}."
        self.fields["is_trusted"].label = f"Trust what it says of its {self.parts}"
        self.fields[
            "is_trusted"
        ].help_text = (
            f"For a {self.noun} of your own: its descriptions then make no call wait for a person. Results always do."
        )
        rows = credential_queries.credentials_of(workspace).filter(type_id__in=HTTP_TYPES)
        self.choices_of("credential_id", [("", "None"), *((str(row.pk), row.name) for row in rows)])

    @property
    def values(self) -> dict[str, Any]:
        """As the services take them."""
        return {**self.cleaned_data, "credential_id": self.cleaned_data["credential_id"] or None}
