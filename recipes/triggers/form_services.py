"""Forms that start a recipe: opened by their address, filled in by members or by whoever has it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing

from automatos.errors import NotFound, NotSignedIn
from recipes.models import Execution, RecipeTrigger, TriggerDelivery, TriggerKind
from recipes.runs.input_files import NONE as NO_FILES
from recipes.runs.input_files import Uploads
from recipes.triggers import configs, shared_secrets
from recipes.triggers.delivery_services import Taken, origin_of, take
from recipes.triggers.hook_services import limit
from workspaces.models import Membership, User
from workspaces.scope.tenancy import Purpose, system_scope

# What one address may send in a minute, whatever the form takes.
PER_ADDRESS = 10
SALT = "recipes.triggers.form"


def workspace_of(form_id: UUID, token: str) -> UUID:
    """The workspace of the form at this address; NotFound when there is none, or the token is not the form's."""
    with system_scope(Purpose.SIGN_IN):
        rows = RecipeTrigger.objects.filter(kind=TriggerKind.FORM, deleted_at=None, workspace__deleted_at=None)
        trigger = rows.filter(pk=form_id, recipe__deleted_at=None).first()
    # A rotated address is gone at once: whoever had it is to have it no more.
    known = shared_secrets.known(trigger)[:1] if trigger else []
    if trigger is None or not any(hmac.compare_digest(one.encode(), token.encode()) for one in known):
        raise NotFound()
    return trigger.workspace_id


def opened(form_id: UUID, workspace_id: UUID, user: User | None) -> RecipeTrigger:
    """The form, in its workspace's scope. Raises NotSignedIn or NotFound for whoever may not fill it in."""
    rows = RecipeTrigger.objects.filter(pk=form_id, workspace_id=workspace_id, deleted_at=None)
    trigger = rows.select_related("recipe", "workspace", "owner").first()
    if trigger is None:
        raise NotFound()
    if trigger.config.get("audience") == configs.LINK:
        return trigger
    if user is None:
        raise NotSignedIn("Sign in to fill in this form.")
    if not Membership.objects.filter(workspace_id=workspace_id, user=user).exists():
        raise NotFound()
    return trigger


@dataclass(frozen=True, slots=True)
class Sender:
    """Who fills in a form: a person, where one is signed in, and the network it comes from."""

    user: User | None
    address: str


def fill_in(
    trigger: RecipeTrigger, values: Mapping[str, Any], key: str, sender: Sender, uploads: Uploads = NO_FILES
) -> Taken:
    """Start a run with what was typed and the files. key: of this opening, which starts one run."""
    limit(f"form:{trigger.pk}:{sender.address}", PER_ADDRESS)
    limit(f"form:{trigger.pk}", trigger.per_minute)
    is_public = trigger.config.get("audience") == configs.LINK
    origins = [origin_of(trigger)] if is_public else []
    return take(
        trigger, f"form:{key}", dict(values), origins=origins, user=None if is_public else sender.user, uploads=uploads
    )


def ticket_of(trigger: RecipeTrigger, delivery: TriggerDelivery) -> str:
    """What leads whoever filled in the form to its run, and nobody else to another one."""
    return signing.dumps(str(delivery.execution_id), salt=f"{SALT}.{trigger.pk}")


def run_of(trigger: RecipeTrigger, ticket: str) -> Execution:
    """The run of a ticket; NotFound for one that is not this form's."""
    try:
        key = UUID(signing.loads(ticket, salt=f"{SALT}.{trigger.pk}"))
    except (signing.BadSignature, ValueError):
        raise NotFound() from None
    found = Execution.objects.filter(pk=key, trigger_id=trigger.pk, workspace_id=trigger.workspace_id).first()
    if found is None:
        raise NotFound()
    return found
