"""The form of an MCP server: what was typed, what is wrong with it, and what there is to choose from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from tools.models import RemoteService
from workspaces.credentials import queries as credential_queries
from workspaces.credentials.types import HTTP_TYPES
from workspaces.models import Workspace

Transport = RemoteService.Transport


class ServerForm(forms.Form):
    """Where a server is. Whether it can be used is decided by the service, which names the fields."""

    name = forms.CharField(
        max_length=40,
        strip=True,
        help_text="Small letters, digits and hyphens; it stands before the names of its tools.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    transport = forms.ChoiceField(
        label="Kind", choices=Transport.choices, widget=forms.Select(attrs={"class": "select"})
    )
    url = forms.CharField(
        label="Address",
        required=False,
        max_length=2000,
        help_text="Such as https://mcp.example.com/mcp.",
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "url", "autocomplete": "off"}),
    )
    command = forms.ChoiceField(required=False, widget=forms.Select(attrs={"class": "select"}))
    credential_id = forms.ChoiceField(
        label="Credential",
        required=False,
        help_text="Sent as a header, to this address alone. Add one under Settings, Credentials.",
        widget=forms.Select(attrs={"class": "select"}),
    )
    is_trusted = forms.BooleanField(
        label="Trust what it says of its tools",
        required=False,
        help_text="For a server of your own: its descriptions then make no call wait for a person. Results always do.",
    )

    def __init__(self, workspace: Workspace, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = credential_queries.credentials_of(workspace).filter(type_id__in=HTTP_TYPES)
        chosen = [("", "None"), *((str(row.pk), row.name) for row in rows)]
        self.choices_of("credential_id", chosen)
        self.choices_of("command", [("", "None"), *((name, name) for name in settings.MCP_COMMANDS)])
        if not settings.MCP_COMMANDS:
            del self.fields["command"]
            self.choices_of("transport", [one for one in Transport.choices if one[0] != Transport.STDIO])

    def choices_of(self, name: str, choices: list[Any]) -> None:
        """What there is to choose for a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def values(self) -> dict[str, Any]:
        """As the services take them."""
        return {**self.cleaned_data, "credential_id": self.cleaned_data["credential_id"] or None}

    def complain(self, fields: Mapping[str, list[str]]) -> None:
        """Show what the service said, at its fields."""
        for name, texts in fields.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


def proposed_values(query: Mapping[str, str]) -> dict[str, str]:
    """What the form of a new server begins with: what a link proposed, which nobody took over yet."""
    longest = {"name": 40, "transport": 20, "url": 2000, "command": 100}
    return {"transport": "http"} | {name: query[name][:most] for name, most in longest.items() if query.get(name)}


def first_values(service: RemoteService) -> dict[str, Any]:
    """What the form of a server begins with."""
    names = ("name", "transport", "url", "command", "credential_id", "is_trusted")
    return {name: getattr(service, name) for name in names}
