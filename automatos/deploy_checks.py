"""What `manage.py check --deploy` says beyond Django's own checks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def clerk_tokens_name_their_origin(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Without a list of origins, a Clerk token made for any other site of the same instance opens this one too."""
    if not settings.CLERK.on or settings.CLERK.authorized_parties:
        return []
    return [
        Warning(
            "CLERK_AUTHORIZED_PARTIES is empty: a token that any site of your Clerk instance obtained is taken here.",
            hint="List the origins your people sign in at, such as https://app.example.com, with commas between them.",
            id="automatos.W001",
        )
    ]
