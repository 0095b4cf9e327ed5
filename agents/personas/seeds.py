"""The personas every installation has, from `personas.yaml`; and the end of those that were deleted."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from agents.models import Agent, Persona
from automatos.words import unwrapped
from workspaces.purging import UNDO, in_batches

FILE = Path(__file__).parent / "personas.yaml"


@cache
def personas() -> tuple[dict[str, Any], ...]:
    """The rows as the file has them, one dict of column values each."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple({**row, "system_prompt": unwrapped(row["system_prompt"])} for row in rows)


@transaction.atomic
def seed_personas() -> int:
    """Create or bring up to date every global persona; its id stays, so agents keep it. Gives back how many there are.

    What an administrator changed in a row of the file is replaced; other global personas are left alone.
    """
    for row in personas():
        columns = {name: value for name, value in row.items() if name != "slug"}
        Persona.objects.update_or_create(workspace=None, slug=row["slug"], defaults=columns)
    return len(personas())


def purge() -> int:
    """Remove personas whose 30 days of undo are over and which no agent wears any more; how many."""
    worn = Exists(Agent.objects.filter(persona=OuterRef("pk")))
    return in_batches(Persona.objects.filter(~worn, deleted_at__lt=timezone.now() - UNDO), action="persona.purged")
