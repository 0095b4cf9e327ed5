"""The secrets that triggers share with their senders: sealed in their row, shown once, rotated with an overlap."""

import logging
from datetime import timedelta

from django.utils import timezone

from recipes.models import RecipeTrigger
from workspaces.credentials.sealing import Place, Unreadable, seal, unseal

logger = logging.getLogger(__name__)

KIND = "trigger"
# How long the secret before the last one is still good.
OVERLAP = timedelta(hours=24)


def keep(trigger: RecipeTrigger, secret: str, before: str = "") -> None:
    """Seal a secret into the row, which the caller saves. before: the one that is good for a while yet."""
    kept = {"secret": secret, **({"before": before} if before else {})}
    trigger.key_id, trigger.secret = seal(kept, _place(trigger))
    trigger.rotated_at = timezone.now() if before else trigger.rotated_at


def known(trigger: RecipeTrigger) -> list[str]:
    """The secrets that are good now, the newest first; none where the master key is gone."""
    try:
        kept = unseal(trigger.secret, trigger.key_id, _place(trigger))
    except Unreadable as error:
        logger.warning("Trigger %s takes nothing in until its secret is rotated: %s", trigger.pk, error.message)
        return []
    overlaps = trigger.rotated_at is not None and timezone.now() < trigger.rotated_at + OVERLAP
    return [kept["secret"], *([kept["before"]] if overlaps and "before" in kept else [])]


def _place(trigger: RecipeTrigger) -> Place:
    return Place(trigger.workspace_id, trigger.pk, KIND)
