"""Forms: inviting, giving away."""

from collections.abc import Sequence
from typing import Any

from django import forms

from automatos.fields import choice_field, text_field
from workspaces.forms import WorkspaceForm
from workspaces.models import Membership, Role

# What each role may do, as the forms say it.
ROLE_LABELS = (
    (Role.VIEWER.value, "Viewer: sees everything"),
    (Role.EDITOR.value, "Editor: creates, changes and cooks"),
    (Role.ADMIN.value, "Admin: also deletes, and manages members"),
    (Role.OWNER.value, "Owner: also hands over and deletes the workspace"),
)


class InviteForm(WorkspaceForm):
    """Whom to invite, as what."""

    email = text_field("E-mail address", autocomplete="off", inputmode="email", spellcheck="false", maxlength=254)
    role = choice_field("Role", ROLE_LABELS)

    def __init__(self, by: Role, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"role": Role.EDITOR}, **kwargs)
        self.fields["role"].widget.choices = roles_to_give(by)


class TransferForm(WorkspaceForm):
    """Who is to own the workspace."""

    member = choice_field("New owner", ())

    def __init__(self, members: Sequence[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(m.user_id), f"{m.user.display_name} ({m.user.email})") for m in members]
        self.fields["member"].widget.choices = [("", "Choose a member"), *choices]
        self.known = {value for value, _ in choices}

    def clean_member(self) -> str:
        """One of the members offered."""
        value: str = self.cleaned_data["member"]
        if value not in self.known:
            raise forms.ValidationError("Choose who is to own the workspace.")
        return value


def roles_to_give(by: Role) -> list[tuple[str, str]]:
    """The roles somebody of this role may give, with what they mean."""
    return [(role, label) for role, label in ROLE_LABELS if role != Role.OWNER or by == Role.OWNER]
