"""The form of an MCP server: what was typed, what is wrong with it, and what there is to choose from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from tools.models import RemoteService
from tools.remote.forms import ServiceForm
from workspaces.models import Workspace

Transport = RemoteService.Transport


class ServerForm(ServiceForm):
    """Where a server is, and how it is used."""

    noun = "server"

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
    field_order = ("name", "transport", "url", "command", "credential_id", "is_trusted")

    def __init__(self, workspace: Workspace, *args: Any, **more: Any) -> None:
        super().__init__(workspace, *args, **more)
        self.choices_of("command", [("", "None"), *((name, name) for name in settings.MCP_COMMANDS)])
        if not settings.MCP_COMMANDS:
            del self.fields["command"]
            self.choices_of("transport", [one for one in Transport.choices if one[0] != Transport.STDIO])


def proposed_values(query: Mapping[str, str]) -> dict[str, str]:
    """What the form of a new server begins with: what a link proposed, which nobody took over yet."""
    longest = {"name": 40, "transport": 20, "url": 2000, "command": 100}
    return {"transport": "http"} | {name: query[name][:most] for name, most in longest.items() if query.get(name)}


def first_values(service: RemoteService) -> dict[str, Any]:
    """What the form of a server begins with."""
    names = ("name", "transport", "url", "command", "credential_id", "is_trusted")
    return {name: getattr(service, name) for name in names}
