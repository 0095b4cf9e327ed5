"""The types of credentials every installation has: read from `types.yaml`, kept up to date."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from workspaces.models import CredentialType

FILE = Path(__file__).parent / "types.yaml"
SECRET, HOSTS, CHOICE, INTEGER, URL, HOST_KEYS = "secret", "hosts", "choice", "integer", "url", "host_keys"
# Types whose credentials pay for model calls, by the provider in front of a model's name.
PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "openai_compatible": "openai_compatible"}
# Opens git repositories of the servers whose keys it names.
SSH_KEY = "ssh_key"
# Types that are sent as a header to the hosts they name, and to no other.
HTTP_TYPES = ("http_header", "basic_auth", "bearer_token")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a type. kind: one of the words above, or text. choices: value and label each."""

    name: str
    title: str
    kind: str = "text"
    help: str = ""
    required: bool = False
    default: str = ""
    choices: list[list[str]] = field(default_factory=list)

    @property
    def is_secret(self) -> bool:
        return self.kind == SECRET


def specs_of(kind: CredentialType) -> list[FieldSpec]:
    """The fields of a type, in order."""
    return [FieldSpec(**spec) for spec in kind.fields]


@cache
def types() -> tuple[dict[str, Any], ...]:
    """The rows as the file has them, one dict of column values each; each field checked by its shape."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for row in rows:
        for spec in row["fields"]:
            FieldSpec(**spec)
    return tuple(rows)


@transaction.atomic
def seed_credential_types() -> int:
    """Create or bring up to date every type, in the file's order. Gives back how many there are."""
    for position, row in enumerate(types()):
        columns = {name: value for name, value in row.items() if name != "slug"}
        CredentialType.objects.update_or_create(slug=row["slug"], defaults={**columns, "position": position})
    return len(types())
