"""The forms of a workspace's settings: what a person types; the services judge it."""

from typing import Any

from django import forms

from automatos.errors import Conflict, InvalidInput, NotAllowed
from automatos.fields import TypedForm, choice_field, text_field
from workspaces.models import Workspace


class WorkspaceForm(TypedForm):
    """A form that shows a service's refusal where it belongs."""

    def take_refusal(self, error: InvalidInput | Conflict | NotAllowed) -> None:
        """The error's texts at its fields; above the form what belongs to none of them."""
        named = [name for name in error.fields if name in self.fields]
        for name in named:
            self.take(name, error.fields[name])
        if not named:
            self.add_error(None, error.message)


class NewWorkspaceForm(WorkspaceForm):
    """A new shared workspace."""

    name = text_field("Name", hint="Your team's or project's name. You can change it later.", maxlength=120)


class GeneralForm(WorkspaceForm):
    """The workspace's name, address and policy of approvals."""

    name = text_field("Name", maxlength=120)
    slug = text_field(
        "Address",
        hint="Small letters, digits and hyphens. The address it has now goes on leading here.",
        autocomplete="off",
        spellcheck="false",
        maxlength=60,
    )
    approval_policy = choice_field(
        "Ask a person before an agent changes or sends something",
        Workspace.ApprovalPolicy.choices,
        hint="Text from web pages, files and other agents can try to give orders. Never leaves it to the agents.",
    )


class DeleteForm(WorkspaceForm):
    """The workspace's name, typed once more."""

    name = text_field("Type the name of the workspace", autocomplete="off", spellcheck="false")

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_name(self) -> str:
        """Blanks around it do not matter; everything else does."""
        typed: str = self.cleaned_data["name"]
        if typed.strip() != self.expected:
            raise forms.ValidationError(f"This is not the name. Type {self.expected} to delete it.")
        return typed
