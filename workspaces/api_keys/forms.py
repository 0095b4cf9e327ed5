"""The forms of API keys: what a person types; the services judge it."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from automatos.fields import choice_field, number_field, text_field, whole
from workspaces.forms import WorkspaceForm
from workspaces.members.forms import ROLE_LABELS
from workspaces.scope.permissions import NEEDED_ROLE, allowed

NEVER = ""
EXPIRIES = ((NEVER, "Never"), ("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))
OVERLAPS = (("0", "At once"), ("1", "In an hour"), ("24", "In a day"), ("72", "In 3 days"), ("168", "In a week"))
LIMIT_HINT = "Requests a minute. Leave it empty for this installation's usual limit."


class KeyChangeForm(WorkspaceForm):
    """What may be changed of a key."""

    name = text_field("Name", hint="Which program uses it.", autocomplete="off", maxlength=120)
    rate_limit = number_field("Rate limit (optional)", hint=LIMIT_HINT, whole=True)

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        return {"name": self.text("name"), "rate_limit": whole(self.text("rate_limit"))}


class KeyForm(KeyChangeForm):
    """A new key. holder: the role of whoever makes it, which the key cannot exceed."""

    role = choice_field("Role", [], hint="The most it may do, as long as you may do it too.")
    expires = choice_field("Expires", EXPIRIES)

    def __init__(self, holder: str, posted: QueryDict | None, **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        self.holder = holder
        choices = [(role, label) for role, label in ROLE_LABELS if allowed(holder, FIRST_ACTION_OF[role])]
        self.fields["role"].widget.choices = choices
        self.ticked = set(posted.getlist("scopes")) if posted is not None else set()

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The actions the holder may do, by what they are done to, those ticked marked."""
        actions = [action for action in NEEDED_ROLE if allowed(self.holder, action)]
        return [
            {
                "label": resource.replace("_", " ").capitalize().replace("Api", "API"),
                "scopes": [(action, action.partition(":")[2], action in self.ticked) for action in found],
            }
            for resource, found in groupby(actions, lambda action: action.partition(":")[0])
        ]

    def values(self) -> dict[str, Any]:
        """As create_api_key takes them."""
        days = self.text("expires")
        known = days in dict(EXPIRIES) and days != NEVER
        return {
            **super().values(),
            "role": self.text("role"),
            "scopes": sorted(self.ticked),
            "expires_at": timezone.now() + timedelta(days=int(days)) if known else None,
        }


class RotateForm(WorkspaceForm):
    """When the old key ends."""

    overlap_hours = choice_field(
        "The old key ends", OVERLAPS, hint="Until then both work: time to change your programs."
    )


# An action that only this role and those above may do.
FIRST_ACTION_OF = {
    "viewer": "workspace:read",
    "editor": "agents:write",
    "admin": "workspace:write",
    "owner": "workspace:delete",
}
