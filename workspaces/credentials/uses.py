"""What would miss a credential. Apps that use credentials name a function in settings.CREDENTIAL_USES that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from workspaces.models import Credential


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that uses a credential: its name and its page."""

    name: str
    href: str


def uses_of(credential: Credential) -> list[Use]:
    """Everything that would miss it."""
    lookups = [cast(Callable[[Credential], list[Use]], import_string(path)) for path in settings.CREDENTIAL_USES]
    return [use for lookup in lookups for use in lookup(credential)]
